/* file_copy.h - files written whole: under a temporary name first, flushed, then renamed.
 *
 *     struct file_draft draft;
 *     if (!file_draft_open(beneath, place, &draft, &err)) ...
 *     write(draft.fd, …);
 *     if (!file_draft_publish(&draft, replace, &err)) ...   // flushed, and there under its name
 *     file_draft_drop(&draft);                              // always; removes what was not
 * published
 *
 * The temporary name, `.alphabet-….tmp` beside the final one, follows from the final name, and its
 * writer holds a lock on it: what a crash left there is known to be left, and the next write of the
 * same file takes it away.
 *
 *   Owns:    a draft holds two descriptors until file_draft_drop.   Threads: one at a time.
 *   Errors:  those of beneath.h; CONFLICT: another run is writing this file, or it is there
 * already; TIMEOUT: stopped.
 */
#ifndef ALPHABET_HANDLERS_FILE_COPY_H
#define ALPHABET_HANDLERS_FILE_COPY_H

#include "handlers/beneath.h"

#include <stdatomic.h>

enum { FILE_CHUNK = 1024 * 1024 }; // between two looks at whether to stop

struct file_draft {
    int folder, fd; // -1 = none
    char temporary[40];
    const char *name; // part of the place's path
    bool is_published;
};

WARN_UNUSED bool file_draft_open(const struct beneath *beneath, struct place place,
                                 struct file_draft *ret, struct err *err);
WARN_UNUSED bool file_draft_publish(struct file_draft *draft, bool replace, struct err *err);
void file_draft_drop(struct file_draft *draft);

/* Copies a file with its mode and time. ret_size: its bytes. */
WARN_UNUSED bool file_copy(const struct beneath *beneath, struct place from, struct place to,
                           bool replace, const atomic_bool *is_stopped, int64_t *ret_size,
                           struct err *err);
/* Are they of one size, time and content? Reads both. */
WARN_UNUSED bool file_same_content(const struct beneath *beneath, struct place a, struct place b,
                                   const atomic_bool *is_stopped);
/* Has the file changed since the status was taken? */
bool file_has_changed(const struct stat *before, const struct stat *now);
/* What was written long enough ago goes to the disk now, so that the flush at the end, which
 * nothing can stop, is short. flushed begins as 0. */
void file_flush_behind(int fd, int64_t *flushed);
WARN_UNUSED bool file_write_all(int fd, const void *bytes, size_t size, struct err *err);

#endif
