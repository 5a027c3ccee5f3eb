/* file_archive.h - archives written and read a file at a time: zip, tar.gz, tar.zst.
 *
 *     struct file_packer *packer = file_packer_new(fd, FILE_TAR_ZST, &err);
 *     file_packer_add(packer, source, &status, "sub/a.csv", &is_stopped, &err);
 *     file_packer_close(packer, &err);                     // whole now
 *
 *     struct file_unpacker *unpacker = file_unpacker_new(fd, &limits, &err);
 *     while (file_unpacker_next(unpacker, &entry, &err)) file_unpacker_read(unpacker, …);
 *
 * An archive comes from somewhere: a name that is absolute or holds `..`, a link, a device, or more
 * than the limits allow ends the reading with an error that says which.
 *
 *   Owns:    the packer and the unpacker; descriptors and what they point to are borrowed.
 *   Threads: one at a time, under a locale whose signs are UTF-8 (file_archive_locale).
 *   Errors:  INVALID: not an archive, an entry that is refused; LIMIT: too large; TIMEOUT: stopped.
 */
#ifndef ALPHABET_HANDLERS_FILE_ARCHIVE_H
#define ALPHABET_HANDLERS_FILE_ARCHIVE_H

#include "handlers/file_config.h"

#include <locale.h>
#include <stdatomic.h>

enum {
    MAX_ARCHIVE_ENTRIES = 1000000,
    MAX_ARCHIVE_RATIO = 200, // unpacked to packed, beyond ARCHIVE_FREE_BYTES
    ARCHIVE_FREE_BYTES = 64 * 1024 * 1024,
};

enum pack_result {
    PACK_DONE,
    PACK_CHANGED, // it is in the archive, and was written to meanwhile
    PACK_STOPPED, // the archive is of no use any more, as after PACK_BROKEN
    PACK_BROKEN,
};

struct file_packer;

WARN_UNUSED struct file_packer *file_packer_new(int fd, enum file_compression compression,
                                                struct err *err);
WARN_UNUSED enum pack_result file_packer_add(struct file_packer *packer, int fd,
                                             const struct stat *status, const char *name,
                                             const atomic_bool *is_stopped, struct err *err);
WARN_UNUSED bool file_packer_close(struct file_packer *packer, struct err *err);
void file_packer_free(struct file_packer *packer);

struct archived_file {
    const char *name; // relative, clean, without a slash at its end; until the next one
    bool is_folder;
    mode_t mode;  // 0 to 0777, writable by the owner alone
    int64_t size; // -1 = the archive does not say
    struct timespec modified;
};

struct file_unpacker;

/* max_bytes INT64_MAX: however much there is. */
WARN_UNUSED struct file_unpacker *file_unpacker_new(int fd, int64_t max_bytes, struct err *err);
/* False at the end and on a fault, which err->kind tells apart (ERR_NONE at the end). */
WARN_UNUSED bool file_unpacker_next(struct file_unpacker *unpacker, struct archived_file *ret,
                                    struct err *err);
/* The next bytes of the entry; 0 = its end, -1 = a fault. */
WARN_UNUSED int64_t file_unpacker_read(struct file_unpacker *unpacker, void *bytes, size_t size,
                                       struct err *err);
void file_unpacker_free(struct file_unpacker *unpacker);

/* For the thread that works with archives (uselocale); (locale_t)0 where there is none. */
locale_t file_archive_locale(void);

#endif
