/* file_operation.h - the FileOperation job type: files deleted, moved, copied, packed and unpacked.
 *
 *     struct file_operation_options options = {.beneath = beneath, .machine_name = STR("web1")};
 *     struct handler *handler = file_operation_new(loop, &options, &err);
 *     file_operation_validate(&options, configuration, &faults);    // without a handler
 *
 * What each operation does is in docs/files.md. The work is done in steps (file_task.h) on libuv's
 * thread pool. At most FILE_STEPS of its threads do it at once, whatever the number of runs, which
 * take turns: the rest of the pool, which has four unless UV_THREADPOOL_SIZE says otherwise, is
 * there for lookups of names and for what comes. Only a run that was stopped is not made to wait.
 *
 * The output has a line for each file, while it runs, and a summary at the end. A file that failed
 * is listed, the rest is done, and the run is Failed/File.
 *
 *   Owns:    the handler, until handler->free; what the options point to is borrowed until then.
 *   Threads: the loop's; file_operation_validate from any.
 *   Errors:  none of its own. A run's own failure is its result.
 */
#ifndef ALPHABET_HANDLERS_FILE_OPERATION_H
#define ALPHABET_HANDLERS_FILE_OPERATION_H

#include "handlers/beneath.h"
#include "handlers/handler.h"
#include "handlers/secrets.h"

#include <uv.h>

enum { FILE_STEPS = 2 };

struct file_operation_options {
    const struct beneath *beneath; // NULL or without roots: the job type is off
    struct secrets *secrets;
    struct str machine_name;
    int64_t max_unpacked_bytes; // of one archive; 0: no limit
};

struct handler *file_operation_new(uv_loop_t *loop, const struct file_operation_options *options);
void file_operation_validate(const struct file_operation_options *options,
                             const json_t *configuration, struct faults *faults);

#endif
