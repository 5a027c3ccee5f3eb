/* beneath.h - files and folders inside the roots that the operator allows, and nowhere else.
 *
 * Each root is opened when the server starts. Whatever is touched later is found by the kernel from
 * that descriptor (openat2, RESOLVE_BENEATH): a path that leads out of its root by `..`, by a link,
 * by a link of /proc or over a mount point ends in an error, whoever swaps what meanwhile. Names
 * are compared only to find the root that a writer means.
 *
 *     struct beneath *beneath = beneath_new(paths, &err);
 *     struct place place;
 *     if (!beneath_find(beneath, STR("/srv/exchange/in/a.csv"), &arena, &place)) ...  // no root
 *     if (!beneath_open_file(beneath, place, &fd, &status, &err)) ...
 *
 *   Owns:    beneath_free closes the roots; descriptors handed out are the caller's.
 *   Threads: safe from any; it does not change.
 *   Errors:  NOT_FOUND: not there; CONFLICT: there already; INVALID: what it is instead. Messages
 *            say what is the matter and leave the name to the caller.
 *
 * What is read, moved or deleted is a regular file with one name: a second name (hard link) may lie
 * outside, and FIFOs, sockets and devices are no files. Links inside of a root may be passed on the
 * way, never as the last name.
 */
#ifndef ALPHABET_HANDLERS_BENEATH_H
#define ALPHABET_HANDLERS_BENEATH_H

#include "base/err.h"

#include <sys/stat.h>

enum { MAX_ROOTS = 64, MAX_PATH_BYTES = 4095, MAX_PATH_NAME = 255 };

struct beneath;

struct place {
    size_t root;
    const char *below; // from the root, without a slash at its ends; "" = the root itself
};

/* paths ends with NULL; none is fine. INVALID: not absolute, no folder, or the root of the system.
 */
WARN_UNUSED struct beneath *beneath_new(const char *const *paths, struct err *err);
void beneath_free(struct beneath *beneath);
size_t beneath_count(const struct beneath *beneath); // of NULL: 0
struct str beneath_root_path(const struct beneath *beneath, size_t root);
/* May everybody on this machine write into it? */
bool beneath_is_open_to_all(const struct beneath *beneath, size_t root);
/* Does the folder lie in a root, or is it one? Links are followed; a folder that is not there lies
 * nowhere. */
bool beneath_holds(const struct beneath *beneath, const char *folder);

/* The root that an absolute path names by its text, the deepest first. */
WARN_UNUSED bool beneath_find(const struct beneath *beneath, struct str path, struct arena *arena,
                              struct place *ret);

WARN_UNUSED bool beneath_open_folder(const struct beneath *beneath, struct place place, int *ret,
                                     struct err *err);
/* The folder that holds it, and its own name there. INVALID for a root, which nothing removes. */
WARN_UNUSED bool beneath_open_parent(const struct beneath *beneath, struct place place, int *ret,
                                     const char **ret_name, struct err *err);
/* For reading. */
WARN_UNUSED bool beneath_open_file(const struct beneath *beneath, struct place place, int *ret,
                                   struct stat *ret_status, struct err *err);
/* What is there, links not followed. */
WARN_UNUSED bool beneath_status(const struct beneath *beneath, struct place place, struct stat *ret,
                                struct err *err);
/* Makes it and what is missing above it; each takes the mode of the folder it lies in. */
WARN_UNUSED bool beneath_make_folders(const struct beneath *beneath, struct place place,
                                      struct err *err);
WARN_UNUSED bool beneath_delete_file(const struct beneath *beneath, struct place place,
                                     struct err *err);
/* CONFLICT: it is not empty. */
WARN_UNUSED bool beneath_delete_folder(const struct beneath *beneath, struct place place,
                                       struct err *err);
/* Renames a regular file. ret_other_system: it failed because the places lie on two file systems.
 */
WARN_UNUSED bool beneath_rename(const struct beneath *beneath, struct place from, struct place to,
                                bool replace, bool *ret_other_system, struct err *err);
/* Flushes the entries of the folder. */
WARN_UNUSED bool beneath_sync_folder(const struct beneath *beneath, struct place place,
                                     struct err *err);

/* A regular file with one name, or INVALID with what it is instead. */
WARN_UNUSED bool beneath_is_plain(const struct stat *status, struct err *err);
/* err for what a system call said; returns false. */
bool beneath_fail(struct err *err, int error);

#endif
