/* file_walk.h - which files does a sourcePath mean?
 *
 * A file means itself; a folder the files in it, with `recursive` also those of the folders below;
 * a pattern the files it fits, and with `recursive` what lies in folders it fits. Links are never
 * followed and nothing on another file system is entered.
 *
 *     struct file_walk *walk = file_walk_new(&options);
 *     while (file_walk_step(walk, &err)) ...           // one folder each
 *     for (size_t i = 0; i < file_walk_count(walk); i++) use(file_walk_file(walk, i));
 *     file_walk_free(walk);
 *
 *   Owns:    the list, until file_walk_free.   Threads: one at a time.
 *   Errors:  file_walk_step returns false at the end and on a fault; then file_walk_failed says so.
 *   Order:   as their names compare, files of a folder before those of the folders in it.
 */
#ifndef ALPHABET_HANDLERS_FILE_WALK_H
#define ALPHABET_HANDLERS_FILE_WALK_H

#include "handlers/beneath.h"

#include <stdatomic.h>

enum {
    MAX_FILES_A_RUN = 1000000, // further ones are left for the next run, and the run says so
    MAX_FILE_DEPTH = 100,
};

struct file_walk_options {
    const struct beneath *beneath;
    struct place source; // with a pattern, if there is one
    bool is_pattern, is_recursive;
    const atomic_bool *is_stopped;
    /* Told of each entry that is no file to work on; the text says what it is instead. */
    void (*skipped)(void *context, struct place place, const char *why);
    /* Told of a folder below the source that cannot be read. */
    void (*failed)(void *context, struct place place, const char *why);
    void *context;
};

struct walked_file {
    const char *below;
    size_t tail; // where the part begins that is kept at a destination
};

struct file_walk;

struct file_walk *file_walk_new(const struct file_walk_options *options);
void file_walk_free(struct file_walk *walk);
WARN_UNUSED bool file_walk_step(struct file_walk *walk, struct err *err); // more to do?
bool file_walk_failed(const struct file_walk *walk);
bool file_walk_is_cut(const struct file_walk *walk);    // there were more than MAX_FILES_A_RUN
bool file_walk_is_single(const struct file_walk *walk); // the source is one file
size_t file_walk_count(const struct file_walk *walk);
struct walked_file file_walk_file(const struct file_walk *walk, size_t index);
/* Folders below the source that were entered, each before those in it. */
size_t file_walk_folder_count(const struct file_walk *walk);
const char *file_walk_folder(const struct file_walk *walk, size_t index);

#endif
