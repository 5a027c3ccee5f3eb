/* archive_library.h - libarchive, loaded when the first archive is packed or unpacked.
 *
 * It brings libraries along that take two megabytes of memory (libxml2, ICU, the C++ runtime), and
 * a server whose jobs touch no archive shall not hold them. So the program is built with its header
 * and not linked with it.
 *
 *     if (!archive_library_load(&err)) return NULL;
 *     struct archive *archive = libarchive()->archive_read_new();
 *
 *   Owns:    nothing; what is loaded stays until the process ends.
 *   Threads: any; the first one to come loads.
 *   Errors:  UNAVAILABLE when the library is missing or lacks a function.
 *   One more: its name in ARCHIVE_FUNCTIONS.
 */
#ifndef ALPHABET_HANDLERS_ARCHIVE_LIBRARY_H
#define ALPHABET_HANDLERS_ARCHIVE_LIBRARY_H

#include "base/err.h"

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_FUNCTIONS(X) \
    X(archive_entry_clear) \
    X(archive_entry_filetype) \
    X(archive_entry_free) \
    X(archive_entry_hardlink) \
    X(archive_entry_is_encrypted) \
    X(archive_entry_mtime) \
    X(archive_entry_mtime_nsec) \
    X(archive_entry_new) \
    X(archive_entry_pathname) \
    X(archive_entry_pathname_utf8) \
    X(archive_entry_perm) \
    X(archive_entry_set_filetype) \
    X(archive_entry_set_mtime) \
    X(archive_entry_set_pathname) \
    X(archive_entry_set_perm) \
    X(archive_entry_set_size) \
    X(archive_entry_size) \
    X(archive_entry_size_is_set) \
    X(archive_error_string) \
    X(archive_read_data) \
    X(archive_read_free) \
    X(archive_read_new) \
    X(archive_read_next_header) \
    X(archive_read_open_fd) \
    X(archive_read_support_filter_gzip) \
    X(archive_read_support_filter_zstd) \
    X(archive_read_support_format_tar) \
    X(archive_read_support_format_zip) \
    X(archive_write_add_filter_gzip) \
    X(archive_write_add_filter_zstd) \
    X(archive_write_close) \
    X(archive_write_data) \
    X(archive_write_fail) \
    X(archive_write_finish_entry) \
    X(archive_write_free) \
    X(archive_write_header) \
    X(archive_write_new) \
    X(archive_write_open_fd) \
    X(archive_write_set_bytes_in_last_block) \
    X(archive_write_set_bytes_per_block) \
    X(archive_write_set_filter_option) \
    X(archive_write_set_format_pax_restricted) \
    X(archive_write_set_format_zip)

struct archive_library {
#define ARCHIVE_FIELD(name) __typeof__(&(name)) name;
    ARCHIVE_FUNCTIONS(ARCHIVE_FIELD)
};

WARN_UNUSED bool archive_library_load(struct err *err);
/* What was loaded: only after archive_library_load has said true. */
const struct archive_library *libarchive(void);

#endif
