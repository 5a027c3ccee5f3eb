/* file_copy.c - see file_copy.h.
 *
 * What was written is flushed before it gets its name, and the folder after: at any instant the
 * name means the whole old file, the whole new one, or none. */
#include "handlers/file_copy.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TRIES = 10, FLUSH_BYTES = 32 * 1024 * 1024 };

/* --- drafts --- */

/* Takes away what a crash left under the temporary name. */
static bool clear_left_over(const struct file_draft *draft, struct err *err) {
    int fd = openat(draft->folder, draft->temporary,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 && errno == ENOENT) return true;
    if (fd < 0) return beneath_fail(err, errno);
    bool ok = fstat(fd, &status) == 0 && beneath_is_plain(&status, err);
    if (ok && flock(fd, LOCK_EX | LOCK_NB) != 0)
        ok = err_set(err, ERR_CONFLICT, "another run is writing it");
    if (ok && unlinkat(draft->folder, draft->temporary, 0) != 0 && errno != ENOENT)
        ok = beneath_fail(err, errno);
    (void)close(fd);
    return ok;
}

/* Between making and locking it, another run may have taken it for left over. */
static bool is_still_ours(const struct file_draft *draft) {
    struct stat by_name, by_fd;
    return flock(draft->fd, LOCK_EX | LOCK_NB) == 0 &&
           fstatat(draft->folder, draft->temporary, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(draft->fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
           by_name.st_dev == by_fd.st_dev;
}

static bool make_draft(struct file_draft *draft, struct err *err) {
    for (int i = 0; i < TRIES; i++) {
        draft->fd = openat(draft->folder, draft->temporary,
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (draft->fd >= 0) {
            if (is_still_ours(draft)) return true;
            (void)close(draft->fd);
            draft->fd = -1;
        } else if (errno != EEXIST) {
            return beneath_fail(err, errno);
        } else if (!clear_left_over(draft, err)) {
            return err_wrap(err, "its temporary file %s", draft->temporary);
        }
    }
    return err_set(err, ERR_CONFLICT, "another run is writing it");
}

bool file_draft_open(const struct beneath *beneath, struct place place, struct file_draft *ret,
                     struct err *err) {
    struct file_draft draft = {.folder = -1, .fd = -1};
    if (!beneath_open_parent(beneath, place, &draft.folder, &draft.name, err)) return false;
    (void)snprintf(draft.temporary, sizeof draft.temporary, ".alphabet-%016" PRIx64 ".tmp",
                   hash_str(str_from_cstr(draft.name), 0));
    if (make_draft(&draft, err)) {
        *ret = draft;
        return true;
    }
    (void)close(draft.folder);
    return false;
}

bool file_draft_publish(struct file_draft *draft, bool replace, struct err *err) {
    if (fsync(draft->fd) != 0) return beneath_fail(err, errno);
    if (renameat2(draft->folder, draft->temporary, draft->folder, draft->name,
                  replace ? 0 : RENAME_NOREPLACE) != 0)
        return beneath_fail(err, errno);
    draft->is_published = true;
    return fsync(draft->folder) == 0 || beneath_fail(err, errno);
}

void file_draft_drop(struct file_draft *draft) {
    if (draft->fd < 0) return;
    if (!draft->is_published) (void)unlinkat(draft->folder, draft->temporary, 0);
    (void)close(draft->fd);
    (void)close(draft->folder);
    draft->fd = draft->folder = -1;
}

/* --- copying --- */

bool file_write_all(int fd, const void *bytes, size_t size, struct err *err) {
    for (const char *at = bytes; size > 0;) {
        ssize_t got = write(fd, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return beneath_fail(err, errno);
        at += got;
        size -= (size_t)got;
    }
    return true;
}

void file_flush_behind(int fd, int64_t *flushed) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at - *flushed < FLUSH_BYTES) return;
    (void)sync_file_range(fd, *flushed, at - *flushed, SYNC_FILE_RANGE_WRITE);
    if (*flushed >= FLUSH_BYTES) // the one before this has had its time
        (void)sync_file_range(fd, *flushed - FLUSH_BYTES, FLUSH_BYTES, SYNC_FILE_RANGE_WAIT_BEFORE);
    *flushed = at;
}

/* One piece by way of memory, where the kernel cannot copy by itself. */
static ssize_t copy_piece(int from, int to, char *bytes, struct err *err) {
    ssize_t got = read(from, bytes, FILE_CHUNK);
    if (got <= 0) return got;
    return file_write_all(to, bytes, (size_t)got, err) ? got : -2;
}

static bool copy_bytes(int from, int to, const atomic_bool *is_stopped, int64_t *ret_size,
                       struct err *err) {
    char *bytes = NULL;
    int64_t size = 0, flushed = 0;
    ssize_t got = 1;
    while (got > 0 && !atomic_load(is_stopped)) {
        file_flush_behind(to, &flushed);
        if (!bytes) {
            got = copy_file_range(from, NULL, to, NULL, FILE_CHUNK, 0);
            /* Some file systems say 0 for files whose size they do not know. */
            if (got > 0 || (got == 0 && size > 0)) {
                size += got;
                continue;
            }
            bytes = xmalloc(FILE_CHUNK);
        }
        got = copy_piece(from, to, bytes, err);
        if (got > 0) size += got;
        if (got == -1 && errno == EINTR) got = 1;
    }
    int error = errno;
    free(bytes);
    if (got == -1) return beneath_fail(err, error);
    if (got < 0) return false;
    if (got > 0) return err_set(err, ERR_TIMEOUT, "stopped");
    *ret_size = size;
    return true;
}

bool file_has_changed(const struct stat *before, const struct stat *now) {
    return before->st_ino != now->st_ino || before->st_dev != now->st_dev ||
           before->st_size != now->st_size || before->st_mtim.tv_sec != now->st_mtim.tv_sec ||
           before->st_mtim.tv_nsec != now->st_mtim.tv_nsec;
}

static bool fill_draft(const struct file_draft *draft, int from, const struct stat *status,
                       const atomic_bool *is_stopped, int64_t *ret_size, struct err *err) {
    struct stat now;
    const struct timespec times[2] = {status->st_atim, status->st_mtim};
    if (!copy_bytes(from, draft->fd, is_stopped, ret_size, err)) return false;
    if (fstat(from, &now) != 0) return beneath_fail(err, errno);
    if (file_has_changed(status, &now))
        return err_set(err, ERR_INVALID, "was changed while it was read");
    if (fchmod(draft->fd, status->st_mode & 0777) != 0 || futimens(draft->fd, times) != 0)
        return beneath_fail(err, errno);
    return true;
}

bool file_copy(const struct beneath *beneath, struct place from, struct place to, bool replace,
               const atomic_bool *is_stopped, int64_t *ret_size, struct err *err) {
    struct file_draft draft;
    struct stat status, there;
    int fd;
    if (!beneath_open_file(beneath, from, &fd, &status, err)) return false;
    bool ok = true;
    if (!replace && beneath_status(beneath, to, &there, NULL))
        ok = err_set(err, ERR_CONFLICT, "is there already"); // known before much is read
    if (ok && (ok = file_draft_open(beneath, to, &draft, err))) {
        ok = fill_draft(&draft, fd, &status, is_stopped, ret_size, err) &&
             file_draft_publish(&draft, replace, err);
        file_draft_drop(&draft);
    }
    (void)close(fd);
    return ok;
}

/* --- comparing --- */

static ssize_t read_whole(int fd, char *bytes) {
    size_t size = 0;
    while (size < FILE_CHUNK) {
        ssize_t got = read(fd, bytes + size, FILE_CHUNK - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static bool same_bytes(int a, int b, const atomic_bool *is_stopped) {
    char *bytes = xmalloc(2 * (size_t)FILE_CHUNK);
    bool same = true;
    ssize_t got = 1;
    while (same && got > 0) {
        got = read_whole(a, bytes);
        same = !atomic_load(is_stopped) && got >= 0 && read_whole(b, bytes + FILE_CHUNK) == got &&
               memcmp(bytes, bytes + FILE_CHUNK, (size_t)got) == 0;
    }
    free(bytes);
    return same;
}

bool file_same_content(const struct beneath *beneath, struct place a, struct place b,
                       const atomic_bool *is_stopped) {
    struct stat status_a, status_b;
    int fd_a, fd_b;
    if (!beneath_open_file(beneath, a, &fd_a, &status_a, NULL)) return false;
    bool same = beneath_open_file(beneath, b, &fd_b, &status_b, NULL);
    if (same) {
        same = status_a.st_size == status_b.st_size &&
               (status_a.st_ino != status_b.st_ino || status_a.st_dev != status_b.st_dev) &&
               same_bytes(fd_a, fd_b, is_stopped);
        (void)close(fd_b);
    }
    (void)close(fd_a);
    return same;
}
