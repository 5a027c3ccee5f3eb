/* backfill_line.h - backfills with maxConcurrent: due times that wait to be queued, a few at a
 * time.
 *
 * Each job has at most one line. It is kept in the store, so that it survives what the executions
 * survive, and moved on whenever an execution of the job ends: as many executions are queued as
 * there is room for below the limit. Room counts the job's catch-up executions and retries that are
 * Pending or Running, whoever made them: never do more of a backfill run at once than was asked.
 * While the job is paused or disabled its line stands still; with the job it goes.
 *
 *     // in the transaction of the request
 *     if (!backfill_line_add(tx, &addition, arena, &added, err)) return false;
 *     // behind its commit
 *     backfill_lines_watch(lines, job_id);
 *     // an execution ended, a job was changed
 *     backfill_lines_look(lines, job_id);
 *
 *   Owns:    lines: which jobs have one; the lines themselves are the store's.
 *   Threads: any; backfill_line_add in its transaction. Writes are posted, nobody waits for them.
 *   Errors:  INVALID when a line would grow beyond BACKFILL_LINE_MAX, or there are BACKFILL_LINES.
 */
#ifndef ALPHABET_API_BACKFILL_LINE_H
#define ALPHABET_API_BACKFILL_LINE_H

#include "base/clock.h"
#include "engine/engine.h"
#include "store/store.h"

enum { BACKFILL_LINE_MAX = 10000, BACKFILL_LINES = 100 };

struct backfill_addition {
    const struct job *job;
    int64_t max_concurrent; // 0: the due times are not for the line; only leave out those in it
    struct str by;
    const struct utc *due; // ascending
    size_t count;
    struct utc now;
};

/* *ret: those of the due times that were in no line. With a limit they are put into the job's line,
 * which takes over the limit, and the line is moved on. */
WARN_UNUSED bool backfill_line_add(struct store_tx *tx, const struct backfill_addition *addition,
                                   struct arena *arena, struct utc **ret, size_t *ret_count,
                                   struct err *err);

struct backfill_lines;
struct backfill_lines *backfill_lines_new(struct store *store, const struct clock *clock);
/* Waits for what was posted. NULL is fine. */
void backfill_lines_free(struct backfill_lines *lines);
/* From now on the engine is poked when something was queued; NULL: not any more. Looks at every
 * line there is. */
void backfill_lines_set_engine(struct backfill_lines *lines, struct engine *engine);
void backfill_lines_watch(struct backfill_lines *lines, struct guid job_id);
/* Moves the line of this job on, when it has one. Cheap when no job has. */
void backfill_lines_look(struct backfill_lines *lines, struct guid job_id);

#endif
