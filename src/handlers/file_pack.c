/* file_pack.c - Archive and Compress; see file_task.h.
 *
 * The archive is a draft until all is in it. Archive removes what it packed after the archive is
 * flushed and has its name, and only what is as it was when it was read. So a crash leaves either
 * the files, or the archive and some of them; the next run finds the archive there, reads it, and
 * removes the files whose bytes it holds. */
#include "handlers/file_glob.h"
#include "handlers/file_task_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *last_name(struct place place) {
    const char *slash = strrchr(place.below, '/');
    return slash ? slash + 1 : place.below;
}

/* An archive of this job that lies among the files it packs. */
static bool is_own_archive(struct file_task *task, struct place place) {
    const struct file_plan *plan = task->options.plan;
    size_t length = (size_t)(last_name(plan->archive) - plan->archive.below);
    return place.root == plan->archive.root && (size_t)(last_name(place) - place.below) == length &&
           strncmp(place.below, plan->archive.below, length) == 0 &&
           (strcmp(place.below, plan->archive.below) == 0 ||
            file_glob_match(plan->archive_names, last_name(place)));
}

static void give_up(struct file_task *task, struct place place, struct err *err) {
    file_packer_free(task->packer);
    task->packer = NULL;
    file_draft_drop(&task->draft);
    task->done = 0;
    file_task_fail(task, place, err);
}

/* Before the first file goes into it. False: the task goes on elsewhere, or has ended. */
static bool begin_archive(struct file_task *task, size_t index) {
    const struct beneath *beneath = task->options.beneath;
    struct place archive = task->options.plan->archive;
    struct err err = ERR_INIT;
    struct stat status;
    if (!task->packed) task->packed = xcalloc(file_walk_count(task->walk), sizeof *task->packed);
    if (!task->config->overwrites && beneath_status(beneath, archive, &status, &err)) {
        task->at = index;
        task->phase = PHASE_VERIFY;
        return false;
    }
    err = (struct err)ERR_INIT;
    if (task->config->is_dry) return true;
    if (file_task_make_parent(task, archive, &err) &&
        file_draft_open(beneath, archive, &task->draft, &err)) {
        task->packer = file_packer_new(task->draft.fd, task->config->compression, &err);
        if (task->packer) return true;
    }
    give_up(task, archive, &err);
    return false;
}

static void add_to_archive(struct file_task *task, size_t index, struct place place) {
    struct packed_file *packed = &task->packed[index];
    struct err err = ERR_INIT;
    const char *tail = place.below + file_walk_file(task->walk, index).tail;
    int fd;
    if (!beneath_open_file(task->options.beneath, place, &fd, &packed->status, &err)) {
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
        return;
    }
    enum pack_result result =
        file_packer_add(task->packer, fd, &packed->status, tail, &task->is_stopped, &err);
    (void)close(fd);
    if (result == PACK_BROKEN) give_up(task, place, &err);
    if (result == PACK_BROKEN || result == PACK_STOPPED) return;
    task->bytes += packed->status.st_size;
    task->packed_count++;
    if (result == PACK_CHANGED) {
        file_task_say(task, OUTCOME_FAILED, "failed", place, "was changed while it was packed");
        return;
    }
    packed->is_packed = true;
    if (task->config->action == FILE_COMPRESS)
        file_task_say(task, OUTCOME_DONE, "packed", place, NULL);
}

void file_task_pack(struct file_task *task, size_t index) {
    struct place place = file_task_source(task, index);
    struct stat status;
    if (is_own_archive(task, place)) {
        file_task_say(task, OUTCOME_SKIPPED, "skipped", place, "is an archive of this job");
        return;
    }
    if (!file_task_takes(task, place, &status)) return;
    if (task->is_verified) {
        if (!task->packed[index].is_packed)
            file_task_say(task, OUTCOME_FAILED, "failed", place,
                          "the archive is there already, and does not hold it as it is");
        else if (task->config->action == FILE_COMPRESS)
            file_task_say(task, OUTCOME_SKIPPED, "skipped", place, "is in the archive already");
        return;
    }
    if (!task->packer && !(task->config->is_dry && task->packed) && !begin_archive(task, index))
        return;
    if (task->config->is_dry) {
        task->bytes += status.st_size;
        file_task_say(task, OUTCOME_DONE,
                      task->config->action == FILE_ARCHIVE ? "archived" : "packed", place, NULL);
        return;
    }
    add_to_archive(task, index, place);
}

/* Comes here with every action, once all files were worked on. */
void file_task_close_archive(struct file_task *task) {
    struct err err = ERR_INIT;
    struct place archive = task->options.plan->archive;
    task->phase = task->config->action == FILE_ARCHIVE ? PHASE_REMOVE : PHASE_EXPIRE;
    if (!task->packer || task->packed_count == 0) return;
    if (!file_packer_close(task->packer, &err) ||
        !file_draft_publish(&task->draft, task->config->overwrites, &err)) {
        give_up(task, archive, &err);
        return;
    }
    task->is_written = true;
    file_packer_free(task->packer);
    task->packer = NULL;
    struct stat status;
    const char *size =
        fstat(task->draft.fd, &status) == 0
            ? arena_printf(&task->scratch, "%" PRId64 " bytes", (int64_t)status.st_size).ptr
            : NULL;
    file_task_say(task, OUTCOME_NOTE, "wrote", archive, size);
    file_draft_drop(&task->draft);
}

void file_task_remove_packed(struct file_task *task, size_t index) {
    struct place place = file_task_source(task, index);
    struct err err = ERR_INIT;
    struct stat now;
    if (!task->packed || !task->packed[index].is_packed || task->config->is_dry) return;
    bool ok = beneath_status(task->options.beneath, place, &now, &err);
    if (ok && file_has_changed(&task->packed[index].status, &now))
        ok = err_set(&err, ERR_INVALID, "was changed after it was packed; it stays");
    ok = ok && beneath_delete_file(task->options.beneath, place, &err);
    if (ok)
        file_task_say(task, OUTCOME_DONE, "archived", place, NULL);
    else if (err.kind == ERR_NOT_FOUND)
        file_task_say(task, OUTCOME_SKIPPED, "skipped", place, "is gone; the archive holds it");
    else
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
}

/* --- an archive that is there already --- */

/* The file of this run that has the name in the archive; the list is short of no more than the
 * names' common beginning, so a walk over it would do, but there may be a million. */
static const char *tail_at(const struct file_task *task, size_t index) {
    struct walked_file file = file_walk_file(task->walk, index);
    return file.below + file.tail;
}

static int by_tail(const void *a, const void *b, void *context) {
    return strcmp(tail_at(context, *(const size_t *)a), tail_at(context, *(const size_t *)b));
}

static size_t *sorted_by_tail(struct file_task *task) {
    size_t count = file_walk_count(task->walk);
    size_t *order = xcalloc(count, sizeof *order);
    for (size_t i = 0; i < count; i++) order[i] = i;
    qsort_r(order, count, sizeof *order, by_tail, task);
    return order;
}

static bool find_tail(const struct file_task *task, const size_t *order, const char *name,
                      size_t *ret) {
    size_t low = 0, high = file_walk_count(task->walk);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int sign = strcmp(tail_at(task, order[middle]), name);
        if (sign == 0) {
            *ret = order[middle];
            return true;
        }
        if (sign < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Is the entry at hand, byte for byte, what the descriptor gives? */
static bool is_same(struct file_task *task, int fd, struct err *err) {
    char *bytes = task->bytes_at_hand, *other = bytes + FILE_CHUNK;
    int64_t got = 1;
    while (got > 0 && !atomic_load(&task->is_stopped)) {
        got = file_unpacker_read(task->unpacker, bytes, FILE_CHUNK, err);
        for (int64_t at = 0; at < got;) {
            ssize_t more = read(fd, other, (size_t)(got - at));
            if (more <= 0 || memcmp(bytes + at, other, (size_t)more) != 0) return false;
            at += more;
        }
    }
    return got == 0 && read(fd, other, 1) == 0;
}

static void verify_entry(struct file_task *task, const struct archived_file *entry, size_t index,
                         struct err *err) {
    struct packed_file *packed = &task->packed[index];
    struct stat status;
    int fd;
    if (entry->is_folder || !beneath_open_file(task->options.beneath, file_task_source(task, index),
                                               &fd, &status, NULL))
        return;
    if (is_same(task, fd, err)) *packed = (struct packed_file){true, status};
    (void)close(fd);
}

void file_task_verify(struct file_task *task) {
    struct place archive = task->options.plan->archive;
    struct archived_file entry;
    struct err err = ERR_INIT;
    struct stat status;
    size_t index, *order = sorted_by_tail(task);
    if (!task->bytes_at_hand) task->bytes_at_hand = xmalloc(2 * (size_t)FILE_CHUNK);
    if (beneath_open_file(task->options.beneath, archive, &task->archive, &status, &err))
        task->unpacker = file_unpacker_new(task->archive, INT64_MAX, &err);
    while (task->unpacker && !atomic_load(&task->is_stopped) &&
           file_unpacker_next(task->unpacker, &entry, &err))
        if (find_tail(task, order, entry.name, &index)) verify_entry(task, &entry, index, &err);
    file_task_close_source(task);
    free(order);
    task->is_verified = task->is_written = true;
    task->phase = PHASE_EACH;
    if (err.kind == ERR_NONE) return;
    (void)err_wrap(&err, "is there already, and cannot be read");
    file_task_fail(task, archive, &err);
}

/* --- archives that are old enough to go --- */

static void expire_one(struct file_task *task, struct place place, int64_t limit) {
    struct err err = ERR_INIT;
    struct stat status;
    if (strcmp(place.below, task->options.plan->archive.below) == 0 ||
        !beneath_status(task->options.beneath, place, &status, &err) || !S_ISREG(status.st_mode) ||
        status.st_mtim.tv_sec > limit)
        return;
    if (task->config->is_dry)
        file_task_say(task, OUTCOME_NOTE, "would remove old archive", place, NULL);
    else if (beneath_delete_file(task->options.beneath, place, &err))
        file_task_say(task, OUTCOME_NOTE, "removed old archive", place, NULL);
    else
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
}

void file_task_expire(struct file_task *task) {
    const struct file_plan *plan = task->options.plan;
    int64_t days = task->config->delete_after_days;
    int64_t limit = utc_seconds(task->options.now) - days * 86400;
    const struct dirent *entry;
    int fd;
    if (days == 0) return;
    struct place folder = file_task_parent(task, plan->archive);
    if (!beneath_open_folder(task->options.beneath, folder, &fd, NULL)) return; // none was made yet
    DIR *list = fdopendir(fd);
    if (!list) abort(); // out of memory
    while (!file_task_must_end(task) && (entry = readdir(list)))
        if (file_glob_match(plan->archive_names, entry->d_name))
            expire_one(task, file_task_join(task, folder, entry->d_name), limit);
    (void)closedir(list);
}
