/* file_unpack.c - Decompress; see file_task.h.
 *
 * An archive is read twice: first every name, kind and byte is looked at, and nothing is written
 * unless all of it is fit; then the files are written, a draft each. */
#include "handlers/file_task_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void file_task_close_source(struct file_task *task) {
    file_unpacker_free(task->unpacker);
    task->unpacker = NULL;
    if (task->archive >= 0) (void)close(task->archive);
    task->archive = -1;
}

static bool open_unpacker(struct file_task *task, struct err *err) {
    file_unpacker_free(task->unpacker);
    task->unpacker = file_unpacker_new(task->archive, task->options.max_unpacked_bytes, err);
    return task->unpacker != NULL;
}

/* Reads all of the archive and counts what is in it. */
static bool check_archive(struct file_task *task, struct err *err) {
    struct archived_file entry;
    int64_t count = 0;
    while (file_unpacker_next(task->unpacker, &entry, err)) {
        int64_t got = 1;
        while (got > 0 && !atomic_load(&task->is_stopped))
            got = file_unpacker_read(task->unpacker, task->bytes_at_hand, FILE_CHUNK, err);
        if (got != 0) return false;
        count += !entry.is_folder;
    }
    if (err->kind != ERR_NONE) return false;
    task->entries += count;
    return true;
}

static bool begin_source(struct file_task *task, struct place place, struct err *err) {
    struct stat status;
    if (!task->bytes_at_hand) task->bytes_at_hand = xmalloc(2 * (size_t)FILE_CHUNK);
    task->is_checked = false;
    return beneath_open_file(task->options.beneath, place, &task->archive, &status, err) &&
           open_unpacker(task, err);
}

static bool write_entry(struct file_task *task, const struct archived_file *entry, struct place to,
                        struct err *err) {
    const struct timespec times[2] = {entry->modified, entry->modified};
    struct file_draft draft;
    if (!file_task_make_parent(task, to, err) ||
        !file_draft_open(task->options.beneath, to, &draft, err))
        return false;
    int64_t got = 1, flushed = 0;
    while (got > 0 && !atomic_load(&task->is_stopped)) {
        file_flush_behind(draft.fd, &flushed);
        got = file_unpacker_read(task->unpacker, task->bytes_at_hand, FILE_CHUNK, err);
        if (got <= 0) break;
        task->bytes += got;
        if (!file_write_all(draft.fd, task->bytes_at_hand, (size_t)got, err)) got = -1;
    }
    bool ok = got == 0 || (got > 0 && err_set(err, ERR_TIMEOUT, "stopped"));
    if (ok && (fchmod(draft.fd, entry->mode) != 0 || futimens(draft.fd, times) != 0))
        ok = beneath_fail(err, errno);
    ok = ok && file_draft_publish(&draft, task->config->overwrites, err);
    file_draft_drop(&draft);
    return ok;
}

static void unpack_entry(struct file_task *task, const struct archived_file *entry) {
    struct place to = file_task_join(task, task->options.plan->destination, entry->name);
    struct err err = ERR_INIT;
    struct stat there;
    if (entry->is_folder) {
        if (!task->config->is_dry && !beneath_make_folders(task->options.beneath, to, &err))
            file_task_say(task, OUTCOME_FAILED, "failed", to, err.msg);
        return;
    }
    if (!task->config->overwrites && beneath_status(task->options.beneath, to, &there, NULL)) {
        bool same = S_ISREG(there.st_mode) && there.st_size == entry->size &&
                    there.st_mtim.tv_sec == entry->modified.tv_sec;
        file_task_say(task, same ? OUTCOME_SKIPPED : OUTCOME_FAILED, same ? "skipped" : "failed",
                      to, same ? "is there already" : "is there already, and overwrite is false");
        return;
    }
    if (task->config->is_dry || write_entry(task, entry, to, &err))
        file_task_say(task, OUTCOME_DONE, "unpacked", to, NULL);
    else if (err.kind != ERR_TIMEOUT)
        file_task_say(task, OUTCOME_FAILED, "failed", to, err.msg);
}

bool file_task_unpack(struct file_task *task, size_t index) {
    struct place place = file_task_source(task, index);
    struct archived_file entry;
    struct err err = ERR_INIT;
    struct stat status;
    if (task->archive < 0) {
        if (!file_task_takes(task, place, &status)) return true;
        if (begin_source(task, place, &err)) return false;
    } else if (!task->is_checked) {
        task->is_checked = true;
        if (check_archive(task, &err) && open_unpacker(task, &err)) return false;
    } else if (file_unpacker_next(task->unpacker, &entry, &err)) {
        unpack_entry(task, &entry);
        return false;
    }
    if (err.kind != ERR_NONE) {
        task->entries++;
        file_task_say(task, OUTCOME_FAILED, "failed", place, err.msg);
    }
    file_task_close_source(task);
    return true;
}
