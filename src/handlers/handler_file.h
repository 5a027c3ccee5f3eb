/* handler_file.h - opens the program or library of a handler, if nobody else could have put it
 * there.
 *
 *     struct handler_file file;
 *     if (!handler_file_open("/usr/local/lib/alphabet/report.sh", &file, &err)) ...
 *     // execute file.fd: what was checked is what runs
 *     (void)close(file.fd);
 *
 * The path is absolute and without symbolic links. The file is a plain file that belongs to root or
 * to the user of the server, and nobody else may write to it; the same goes for its folder, and for
 * the folders above, which may also be sticky (/tmp). Checked at the start and before each run.
 *
 *   Owns:    the caller closes fd.   Threads: safe from any.
 *   Errors:  INVALID: what is wrong with which path, and how to mend it.
 */
#ifndef ALPHABET_HANDLERS_HANDLER_FILE_H
#define ALPHABET_HANDLERS_HANDLER_FILE_H

#include "base/err.h"

struct handler_file {
    int fd;
    bool is_script; // begins with "#!"
};

WARN_UNUSED bool handler_file_open(const char *path, bool must_be_executable,
                                   struct handler_file *ret, struct err *err);

#endif
