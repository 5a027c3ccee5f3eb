/* file_actions.c - delete, move and copy, one file each; see file_task.h.
 *
 * A second run over what a crash left finishes it: a file that is there already with the same
 * content is not in the way. */
#include "handlers/file_task_state.h"

#include <string.h>

void file_task_prepare_target(struct file_task *task) {
    const struct file_plan *plan = task->options.plan;
    struct stat status;
    if (str_is_absent(task->config->destination)) return;
    task->is_into_folder =
        !file_walk_is_single(task->walk) || plan->destination_is_folder ||
        plan->destination.below[0] == '\0' ||
        (beneath_status(task->options.beneath, plan->destination, &status, NULL) &&
         S_ISDIR(status.st_mode));
}

static struct place target_of(struct file_task *task, const char *tail) {
    const struct place *destination = &task->options.plan->destination;
    return task->is_into_folder ? file_task_join(task, *destination, tail) : *destination;
}

/* --- flushing folders: once for many files of one folder --- */

static void flush(struct file_task *task, struct place *dirty) {
    struct err err = ERR_INIT;
    struct place place = *dirty;
    if (!place.below) return;
    dirty->below = NULL;
    if (!beneath_sync_folder(task->options.beneath, place, &err) && err.kind != ERR_NOT_FOUND)
        file_task_say(task, OUTCOME_FAILED, "failed to flush", place, err.msg);
}

static void note_dirty(struct file_task *task, struct place *dirty, struct place file) {
    struct place parent = file_task_parent(task, file);
    if (dirty->below && dirty->root == parent.root && strcmp(dirty->below, parent.below) == 0)
        return;
    flush(task, dirty);
    *dirty = parent;
}

void file_task_flush(struct file_task *task) {
    flush(task, &task->dirty[1]);
    flush(task, &task->dirty[0]);
}

/* --- actions --- */

void file_task_delete(struct file_task *task, struct place place) {
    struct err err = ERR_INIT;
    struct stat status;
    if (!file_task_takes(task, place, &status)) return;
    if (!task->config->is_dry) {
        if (!beneath_delete_file(task->options.beneath, place, &err)) {
            file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
            return;
        }
        note_dirty(task, &task->dirty[0], place);
    }
    task->bytes += status.st_size;
    file_task_say(task, OUTCOME_DONE, "deleted", place, NULL);
}

static const char *arrow(struct file_task *task, struct place to) {
    struct str root = beneath_root_path(task->options.beneath, to.root);
    return arena_printf(&task->scratch, "to %.*s/%s", STR_ARG(root), to.below).ptr;
}

/* By a copy that is flushed before the source goes. */
static bool move_between_systems(struct file_task *task, struct place from, struct place to,
                                 struct err *err) {
    const struct beneath *beneath = task->options.beneath;
    struct stat before, now;
    int64_t size;
    if (!beneath_status(beneath, from, &before, err) ||
        !file_copy(beneath, from, to, task->config->overwrites, &task->is_stopped, &size, err) ||
        !beneath_status(beneath, from, &now, err))
        return false;
    if (file_has_changed(&before, &now))
        return err_set(err, ERR_INVALID, "was changed after it was copied; it stays");
    return beneath_delete_file(beneath, from, err);
}

static bool move(struct file_task *task, struct place from, struct place to, struct err *err) {
    const struct beneath *beneath = task->options.beneath;
    bool is_other_system;
    if (!file_task_make_parent(task, to, err)) return false;
    if (beneath_rename(beneath, from, to, task->config->overwrites, &is_other_system, err))
        return true;
    if (is_other_system) {
        *err = (struct err)ERR_INIT;
        if (move_between_systems(task, from, to, err)) return true;
    }
    if (err->kind != ERR_CONFLICT) return false;
    /* What a crash left between copying and deleting. */
    if (file_same_content(beneath, from, to, &task->is_stopped))
        return beneath_delete_file(beneath, from, err);
    return err_set(err, ERR_CONFLICT, "%s is there already, and overwrite is false",
                   arrow(task, to) + strlen("to "));
}

void file_task_move(struct file_task *task, struct place place, const char *tail) {
    struct err err = ERR_INIT;
    struct stat status, there;
    struct place to = target_of(task, tail);
    if (!file_task_takes(task, place, &status)) return;
    if (task->config->is_dry) {
        if (!task->config->overwrites && beneath_status(task->options.beneath, to, &there, NULL)) {
            file_task_say(task, OUTCOME_FAILED, "would fail", place,
                          "is there already, and overwrite is false");
            return;
        }
    } else if (!move(task, place, to, &err)) {
        if (err.kind == ERR_TIMEOUT) return; // stopped: nothing was done to it
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
        return;
    } else {
        note_dirty(task, &task->dirty[0], place);
        note_dirty(task, &task->dirty[1], to);
    }
    task->bytes += status.st_size;
    file_task_say(task, OUTCOME_DONE, "moved", place, arrow(task, to));
}

void file_task_copy(struct file_task *task, struct place place, const char *tail) {
    struct err err = ERR_INIT;
    struct stat status, there;
    struct place to = target_of(task, tail);
    int64_t size;
    if (!file_task_takes(task, place, &status)) return;
    if (!task->config->overwrites && beneath_status(task->options.beneath, to, &there, NULL)) {
        bool same = S_ISREG(there.st_mode) && there.st_size == status.st_size &&
                    there.st_mtim.tv_sec == status.st_mtim.tv_sec &&
                    there.st_mtim.tv_nsec == status.st_mtim.tv_nsec;
        if (same)
            file_task_say(task, OUTCOME_SKIPPED, "skipped", place, "is there already");
        else
            file_task_say(task, OUTCOME_FAILED, "failed", place,
                          arena_printf(&task->scratch,
                                       "%s is there already, and overwrite is false",
                                       arrow(task, to) + strlen("to "))
                              .ptr);
        return;
    }
    if (!task->config->is_dry &&
        !(file_task_make_parent(task, to, &err) &&
          file_copy(task->options.beneath, place, to, task->config->overwrites, &task->is_stopped,
                    &size, &err))) {
        if (err.kind == ERR_TIMEOUT) return; // stopped: no part of it is left
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
        return;
    }
    task->bytes += status.st_size;
    file_task_say(task, OUTCOME_DONE, "copied", place, arrow(task, to));
}
