/* file_task.h - one FileOperation from its first file to its last, in steps.
 *
 *     struct file_task *task = file_task_new(&options);
 *     while (file_task_step(task)) show(file_task_report(task));   // a file each, or a few small
 * ones struct run_result result = file_task_result(task, &arena); file_task_free(task);
 *
 * A step may wait for the disk; between two files, and between two pieces of a large one, it looks
 * whether it was stopped. Then nothing half-written is left: the file at hand is as it was, and all
 * before it are done.
 *
 *   Owns:    the task; what the options point to is borrowed until file_task_free.
 *   Threads: one at a time; file_task_stop from any.   Errors: are the result.
 *   The life of a task:
 *
 *     SELECT -> EACH ----------------------> EXPIRE -> FOLDERS -> END
 *                | Archive, Compress            ^
 *                +-> VERIFY -> EACH             |
 *                +-> CLOSE -> REMOVE -----------+       any -> END when it is stopped or impossible
 */
#ifndef ALPHABET_HANDLERS_FILE_TASK_H
#define ALPHABET_HANDLERS_FILE_TASK_H

#include "base/clock.h"
#include "handlers/file_config.h"
#include "handlers/handler.h"

struct file_task_options {
    const struct beneath *beneath;
    const struct file_plan *plan;
    struct utc now;
    int64_t max_unpacked_bytes;
};

struct file_task;

struct file_task *file_task_new(const struct file_task_options *options);
void file_task_free(struct file_task *task);
WARN_UNUSED bool file_task_step(struct file_task *task); // more to do?
void file_task_stop(struct file_task *task);
/* What was said since the last call; until the next step. */
struct str file_task_report(struct file_task *task);
struct file_task_progress {
    int64_t done, total; // files that were found and seen to; 0 in all: not known yet
};
struct file_task_progress file_task_progress(const struct file_task *task);
/* After the last step; its texts live in the arena. The output is not in it. */
struct run_result file_task_result(const struct file_task *task, struct arena *arena);

#endif
