/* file_task.c - see file_task.h.
 *
 * The files are selected first and worked on then, so that what an operation makes is never taken
 * for what it is to work on. A step goes on with small files for a few milliseconds, since handing
 * work to a thread costs more than deleting a file. */
#include "handlers/file_task_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STEP_MS = 20,
    MAX_REPORT = 16 * 1024 * 1024, // of one step
    MAX_SHOWN_PATH = 1000,
    MAX_SCRATCH = 1024 * 1024,
};

static void walk_skipped(void *context, struct place place, const char *why) {
    file_task_say(context, OUTCOME_SKIPPED, "skipped", place, why);
}

static void walk_failed(void *context, struct place place, const char *why) {
    file_task_say(context, OUTCOME_FAILED, "failed", place, why);
}

struct file_task *file_task_new(const struct file_task_options *options) {
    struct file_task *task = xcalloc(1, sizeof *task);
    const struct file_plan *plan = options->plan;
    task->options = *options;
    task->config = plan->config;
    task->report = buf_with_max(MAX_REPORT);
    task->draft.fd = task->draft.folder = task->archive = -1;
    struct file_walk_options walk = {
        .beneath = options->beneath,
        .source = plan->source,
        .is_pattern = plan->is_pattern,
        .is_recursive = task->config->is_recursive,
        .is_stopped = &task->is_stopped,
        .skipped = walk_skipped,
        .failed = walk_failed,
        .context = task,
    };
    task->walk = file_walk_new(&walk);
    return task;
}

static void let_go(struct file_task *task) {
    file_packer_free(task->packer);
    task->packer = NULL;
    file_draft_drop(&task->draft);
    file_task_close_source(task);
}

void file_task_free(struct file_task *task) {
    if (!task) return;
    let_go(task);
    file_walk_free(task->walk);
    free(task->packed);
    free(task->bytes_at_hand);
    buf_free(&task->report);
    arena_free(&task->scratch);
    arena_free(&task->arena);
    free(task);
}

void file_task_stop(struct file_task *task) {
    atomic_store(&task->is_stopped, true);
}

/* --- the report --- */

/* Names come from anywhere: what would break a line is shown as an escape. */
static void put_path(struct buf *out, const struct beneath *beneath, struct place place) {
    struct str below = str_slice(str_from_cstr(place.below), 0, MAX_SHOWN_PATH);
    buf_put(out, beneath_root_path(beneath, place.root));
    if (below.len > 0) buf_put_char(out, '/');
    for (size_t i = 0; i < below.len; i++) {
        unsigned char c = (unsigned char)below.ptr[i];
        if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_put_char(out, (char)c);
    }
}

void file_task_say(struct file_task *task, enum file_outcome outcome, const char *verb,
                   struct place place, const char *why) {
    struct buf line = buf_with_max(0);
    bool is_dry = task->config->is_dry && outcome == OUTCOME_DONE;
    buf_printf(&line, "%s%s ", is_dry ? "would be " : "", verb);
    size_t begin = line.len;
    put_path(&line, task->options.beneath, place);
    if (why) buf_printf(&line, ": %s", why);
    if (outcome == OUTCOME_FAILED && task->failed == 0)
        task->first_failure = arena_copy(&task->arena, str_slice(buf_str(&line), begin, line.len));
    buf_put_char(&line, '\n');
    buf_put(&task->report, buf_str(&line));
    buf_free(&line);
    task->done += outcome == OUTCOME_DONE;
    task->skipped += outcome == OUTCOME_SKIPPED;
    task->failed += outcome == OUTCOME_FAILED;
}

void file_task_fail(struct file_task *task, struct place place, const struct err *err) {
    struct buf path = buf_with_max(0);
    put_path(&path, task->options.beneath, place);
    task->fatal_path = arena_copy(&task->arena, buf_str(&path));
    task->fatal = *err;
    if (task->fatal.kind == ERR_NONE) task->fatal.kind = ERR_INVALID;
    task->phase = PHASE_END;
    buf_free(&path);
}

struct str file_task_report(struct file_task *task) {
    task->is_taken = true;
    return buf_str(&task->report);
}

static int64_t total_of(const struct file_task *task) {
    if (task->config->action == FILE_DECOMPRESS) return task->entries;
    return (int64_t)file_walk_count(task->walk);
}

struct file_task_progress file_task_progress(const struct file_task *task) {
    struct file_task_progress progress = {.total = total_of(task)};
    if (task->phase == PHASE_SELECT) return (struct file_task_progress){0};
    progress.done = task->config->action == FILE_DECOMPRESS
                        ? task->done + task->skipped + task->failed
                        : (int64_t)task->at;
    if (progress.done > progress.total) progress.done = progress.total;
    return progress;
}

static const char *past_of(enum file_action action) {
    static const char *const words[] = {"deleted",  "moved",  "copied",
                                        "archived", "packed", "unpacked"};
    return words[action];
}

static void put_summary(struct file_task *task) {
    buf_printf(&task->report,
               "%s%" PRId64 " %s, %" PRId64 " skipped, %" PRId64 " failed; %" PRId64 " bytes\n",
               task->config->is_dry ? "dry run: would be " : "", task->done,
               past_of(task->config->action), task->skipped, task->failed, task->bytes);
}

struct run_result file_task_result(const struct file_task *task, struct arena *arena) {
    struct run_result result = {.status = EXECUTION_SUCCEEDED};
    const struct file_config *config = task->config;
    bool packs = config->action == FILE_COMPRESS || config->action == FILE_ARCHIVE;
    const char *left = packs && !task->is_written
                           ? "no archive was written, and nothing was removed"
                           : "each is whole";
    if (task->is_halted)
        result.error_message =
            arena_printf(arena, "stopped after %" PRId64 " of %" PRId64 " files; %s",
                         task->done + task->skipped + task->failed, total_of(task), left);
    else if (task->fatal.kind != ERR_NONE)
        result.error_message =
            arena_printf(arena, "%.*s: %s", STR_ARG(task->fatal_path), task->fatal.msg);
    else if (task->failed > 0)
        result.error_message = arena_printf(
            arena, "%" PRId64 " of %" PRId64 " files failed; the first: %.*s", task->failed,
            task->done + task->skipped + task->failed, STR_ARG(task->first_failure));
    else if (file_walk_is_cut(task->walk))
        result.error_message = arena_printf(
            arena, "there are more than %d files; the next run goes on", MAX_FILES_A_RUN);
    else
        return result;
    result.status = EXECUTION_FAILED;
    result.error_type = ERROR_FILE;
    return result;
}

/* --- helpers --- */

struct place file_task_source(const struct file_task *task, size_t index) {
    return (struct place){task->options.plan->source.root, file_walk_file(task->walk, index).below};
}

bool file_task_must_end(struct file_task *task) {
    if (!atomic_load(&task->is_stopped)) return false;
    task->is_halted = true;
    task->phase = PHASE_END;
    return true;
}

bool file_task_takes(struct file_task *task, struct place place, struct stat *ret) {
    struct err err = ERR_INIT;
    int64_t hours = task->config->older_than_hours;
    if (!beneath_status(task->options.beneath, place, ret, &err)) {
        bool is_gone = err.kind == ERR_NOT_FOUND;
        file_task_say(task, is_gone ? OUTCOME_SKIPPED : OUTCOME_FAILED,
                      is_gone ? "skipped" : "failed", place, is_gone ? "is gone" : err.msg);
        return false;
    }
    if (hours == 0 || ret->st_mtim.tv_sec <= utc_seconds(task->options.now) - hours * 3600)
        return true;
    char why[64];
    (void)snprintf(why, sizeof why, "is not older than %" PRId64 " h", hours);
    file_task_say(task, OUTCOME_SKIPPED, "skipped", place, why);
    return false;
}

struct place file_task_join(struct file_task *task, struct place folder, const char *tail) {
    if (folder.below[0] == '\0')
        return (struct place){folder.root, arena_copy(&task->scratch, str_from_cstr(tail)).ptr};
    return (struct place){folder.root,
                          arena_printf(&task->scratch, "%s/%s", folder.below, tail).ptr};
}

struct place file_task_parent(struct file_task *task, struct place place) {
    const char *slash = strrchr(place.below, '/');
    if (!slash) return (struct place){place.root, ""};
    struct str above = {place.below, (size_t)(slash - place.below)};
    return (struct place){place.root, arena_copy(&task->scratch, above).ptr};
}

bool file_task_make_parent(struct file_task *task, struct place place, struct err *err) {
    struct place parent = file_task_parent(task, place);
    if (task->made_folder.below && task->made_folder.root == parent.root &&
        strcmp(task->made_folder.below, parent.below) == 0)
        return true;
    if (!beneath_make_folders(task->options.beneath, parent, err)) return false;
    task->made_folder = parent;
    return true;
}

/* --- phases --- */

static void select_files(struct file_task *task) {
    struct err err = ERR_INIT;
    if (file_walk_step(task->walk, &err)) return;
    if (file_walk_failed(task->walk)) {
        file_task_fail(task, task->options.plan->source, &err);
        return;
    }
    task->phase = PHASE_EACH;
    file_task_prepare_target(task);
}

static void forget_scratch(struct file_task *task) {
    if (task->scratch.total < MAX_SCRATCH) return;
    file_task_flush(task);
    task->made_folder.below = NULL;
    arena_reset(&task->scratch);
}

static void work_on(struct file_task *task) {
    size_t index = task->at;
    struct place place;
    forget_scratch(task);
    if (index == file_walk_count(task->walk)) {
        task->at = 0;
        task->phase = PHASE_CLOSE;
        return;
    }
    place = file_task_source(task, index);
    const char *tail = place.below + file_walk_file(task->walk, index).tail;
    if (task->config->action == FILE_DECOMPRESS) {
        if (file_task_unpack(task, index)) task->at++;
        return;
    }
    task->at++;
    switch (task->config->action) {
    case FILE_DELETE: file_task_delete(task, place); break;
    case FILE_MOVE: file_task_move(task, place, tail); break;
    case FILE_COPY: file_task_copy(task, place, tail); break;
    case FILE_ARCHIVE:
    case FILE_COMPRESS: file_task_pack(task, index); break;
    case FILE_DECOMPRESS: break;
    }
}

static void remove_folders(struct file_task *task) {
    size_t count = file_walk_folder_count(task->walk);
    if (!task->config->deletes_empty || task->config->is_dry || task->at == count) {
        file_task_flush(task);
        task->phase = PHASE_END;
        return;
    }
    struct place place = {task->options.plan->source.root,
                          file_walk_folder(task->walk, count - ++task->at)};
    struct err err = ERR_INIT;
    if (beneath_delete_folder(task->options.beneath, place, &err))
        file_task_say(task, OUTCOME_NOTE, "removed empty folder", place, NULL);
    else if (err.kind != ERR_CONFLICT && err.kind != ERR_NOT_FOUND)
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
}

static void step_once(struct file_task *task) {
    switch (task->phase) {
    case PHASE_SELECT: select_files(task); break;
    case PHASE_EACH: work_on(task); break;
    case PHASE_VERIFY: file_task_verify(task); break;
    case PHASE_CLOSE: file_task_close_archive(task); break;
    case PHASE_REMOVE:
        if (task->at < file_walk_count(task->walk)) {
            file_task_remove_packed(task, task->at++);
        } else {
            task->at = 0;
            task->phase = PHASE_EXPIRE;
        }
        break;
    case PHASE_EXPIRE:
        file_task_expire(task);
        task->at = 0;
        if (task->phase != PHASE_END) task->phase = PHASE_FOLDERS;
        break;
    case PHASE_FOLDERS: remove_folders(task); break;
    case PHASE_END: break;
    }
}

bool file_task_step(struct file_task *task) {
    const struct clock *clock = clock_system();
    struct mono end = mono_add(clock_mono(clock), span_ms(STEP_MS));
    locale_t locale = file_archive_locale(), before = (locale_t)0;
    if (locale) before = uselocale(locale);
    if (task->is_taken) buf_reset(&task->report);
    task->is_taken = false;
    do {
        if (task->phase != PHASE_END && !file_task_must_end(task)) step_once(task);
    } while (task->phase != PHASE_END && mono_before(clock_mono(clock), end));
    if (task->phase == PHASE_END) {
        let_go(task);
        if (task->is_halted) file_task_flush(task);
        put_summary(task);
    }
    if (locale) {
        (void)uselocale(before);
        freelocale(locale);
    }
    return task->phase != PHASE_END;
}
