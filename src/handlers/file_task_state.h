/* file_task_state.h - a task from inside, for the files that do its parts: file_task.c (phases and
 * report), file_actions.c (delete, move, copy), file_pack.c, file_unpack.c.
 *
 *   Owns, Threads: as file_task.h.   Errors: file_task_fail ends the task, file_task_say counts.
 */
#ifndef ALPHABET_HANDLERS_FILE_TASK_STATE_H
#define ALPHABET_HANDLERS_FILE_TASK_STATE_H

#include "handlers/file_archive.h"
#include "handlers/file_copy.h"
#include "handlers/file_task.h"
#include "handlers/file_walk.h"

enum file_phase {
    PHASE_SELECT,
    PHASE_EACH,
    PHASE_VERIFY,
    PHASE_CLOSE,
    PHASE_REMOVE,
    PHASE_EXPIRE,
    PHASE_FOLDERS,
    PHASE_END,
};

enum file_outcome { OUTCOME_DONE, OUTCOME_SKIPPED, OUTCOME_FAILED, OUTCOME_NOTE };

/* A file that is in the archive, as it was then. */
struct packed_file {
    bool is_packed;
    struct stat status;
};

struct file_task {
    struct file_task_options options;
    const struct file_config *config;
    struct arena arena;   // as long as the task
    struct arena scratch; // forgotten between two files, once it is large
    atomic_bool is_stopped;
    enum file_phase phase;
    struct file_walk *walk;
    size_t at; // in the list of files
    struct buf report;
    bool is_taken; // the report was read
    int64_t done, skipped, failed, bytes;
    struct str first_failure;
    struct err fatal; // kind ERR_NONE = none
    struct str fatal_path;
    bool is_halted; // it was stopped before its end

    /* Move, Copy */
    bool is_into_folder;
    struct place made_folder; // made last; below NULL = none
    struct place dirty[2];    // folders with entries that are not flushed; below NULL = none
    /* Archive, Compress */
    struct file_draft draft;
    struct file_packer *packer;
    struct packed_file *packed;
    size_t packed_count;
    bool is_written;  // the archive is there, whole
    bool is_verified; // the archive was there already; packed says what of it is as it is here
    /* Decompress */
    int archive;
    struct file_unpacker *unpacker;
    bool is_checked; // the archive at hand was read once, and is fit
    int64_t entries; // in archives that were read
    char *bytes_at_hand;
};

/* A line of the report, and its count. verb: "deleted"; why may be NULL. */
void file_task_say(struct file_task *task, enum file_outcome outcome, const char *verb,
                   struct place place, const char *why);
/* Ends the task. */
void file_task_fail(struct file_task *task, struct place place, const struct err *err);
struct place file_task_source(const struct file_task *task, size_t index);
bool file_task_must_end(struct file_task *task);
/* Is it old enough, and there? Else says so. */
bool file_task_takes(struct file_task *task, struct place place, struct stat *ret);
struct place file_task_join(struct file_task *task, struct place folder, const char *tail);
struct place file_task_parent(struct file_task *task, struct place place);
/* Makes the folder that will hold it. */
bool file_task_make_parent(struct file_task *task, struct place place, struct err *err);

/* file_actions.c */
void file_task_prepare_target(struct file_task *task);
void file_task_delete(struct file_task *task, struct place place);
void file_task_move(struct file_task *task, struct place place, const char *tail);
void file_task_copy(struct file_task *task, struct place place, const char *tail);
void file_task_flush(struct file_task *task); // dirty folders

/* file_pack.c */
void file_task_pack(struct file_task *task, size_t index);
void file_task_close_archive(struct file_task *task);
void file_task_verify(struct file_task *task);
void file_task_remove_packed(struct file_task *task, size_t index);
void file_task_expire(struct file_task *task);

/* file_unpack.c */
bool file_task_unpack(struct file_task *task, size_t index); // one entry; is the archive done?
void file_task_close_source(struct file_task *task);

#endif
