/* file_config.h - the jobConfiguration of a FileOperation: read once, checked whole; its paths are
 * resolved when it runs.
 *
 *   operation               Delete, Move, Copy, Archive, Compress, Decompress; required
 *   sourcePath              a file, a folder or a pattern (file_glob.h); required
 *   destinationPath         Move, Copy: a file or a folder; Decompress: a folder
 *   archivePath             Archive, Compress: the file to write
 *   compression             Archive, Compress: zip, tar.gz, tar.zst; else as archivePath ends
 *   olderThanHours          only files changed longer ago than this
 *   deleteAfterDays         Archive: archives of this job that are older than this go
 *   recursive               also what lies in folders below
 *   deleteEmptyDirectories  Delete, Move, Archive: folders that are empty afterwards go
 *   overwrite               Move, Copy, Compress, Decompress: replace what is there
 *   dryRun                  say what would be done, and do nothing
 *
 *     struct file_config config;
 *     struct file_plan plan;
 *     if (!file_config_read(json, beneath, &known, &config, &faults)) ...
 *     if (!file_config_plan(&config, beneath, &context, &arena, &plan, &err)) ...
 *
 * Paths are absolute, without `.`, `..` and empty parts, and begin with a root by their text, which
 * is a help to the writer; what holds is beneath.h. Variables are replaced when it runs, and the
 * result is checked again; what a variable brings is never a pattern.
 *
 *   Owns:    texts of the config belong to `json`, those of the plan live in the arena.
 *   Threads: safe from any.   Errors: faults named by field; INVALID.
 */
#ifndef ALPHABET_HANDLERS_FILE_CONFIG_H
#define ALPHABET_HANDLERS_FILE_CONFIG_H

#include "handlers/beneath.h"
#include "handlers/variables.h"

#include <jansson.h>

enum {
    MAX_OLDER_THAN_HOURS = 876000,
    MAX_DELETE_AFTER_DAYS = 36500,
    MAX_PATH_TEMPLATE = 4095, // a path as it is written, with its variables
};

enum file_action {
    FILE_DELETE,
    FILE_MOVE,
    FILE_COPY,
    FILE_ARCHIVE,
    FILE_COMPRESS,
    FILE_DECOMPRESS,
};

enum file_compression { FILE_ZIP, FILE_TAR_GZ, FILE_TAR_ZST };

struct file_config {
    enum file_action action;
    struct str source, destination, archive; // as written; absent = none
    enum file_compression compression;
    int64_t older_than_hours, delete_after_days; // 0 = none
    bool is_recursive, deletes_empty, overwrites, is_dry;
};

/* The same with its variables replaced. */
struct file_plan {
    const struct file_config *config;
    struct place source, destination, archive;
    bool is_pattern;            // the source is one
    bool destination_is_folder; // it ends with a slash
    /* Names of archives of this job, as a pattern: each variable is a `*`. */
    const char *archive_names;
};

/* known may be NULL: variables were checked when the job was written. */
WARN_UNUSED bool file_config_read(const json_t *json, const struct beneath *beneath,
                                  const struct variables_known *known, struct file_config *ret,
                                  struct faults *faults);
WARN_UNUSED bool file_config_plan(const struct file_config *config, const struct beneath *beneath,
                                  const struct variables_context *context, struct arena *arena,
                                  struct file_plan *ret, struct err *err);
const char *file_compression_ending(enum file_compression compression); // ".tar.gz"

#endif
