/* writer.c - the counts of a group and how they reach the file; see writer.h.
 *
 * A group of a thousand settlements touches one row of `totals` and, as a rule, one or two of
 * `timeline`. When the counts of one write are spread over more minutes or queues than there is
 * room for, they go straight to the table: that is as right, only slower, because the savepoint
 * covers it.
 */
#include "store/sqlite/writer.h"

enum { US_PER_MINUTE = 60 * 1000000 };

/* ---- minutes --------------------------------------------------------------------------------- */

static void bind_counts(struct query *q, const struct minute_counts *counts) {
    query_i64(q, counts->succeeded);
    query_i64(q, counts->failed);
    query_i64(q, counts->cancelled);
    query_i64(q, counts->duration_us);
}

/* Only what was taken away can leave a row that counts nothing. */
static bool takes_away(const struct minute_counts *counts) {
    return counts->succeeded < 0 || counts->failed < 0 || counts->cancelled < 0;
}

/* The hour or the day that the minute lies in. */
static bool write_long(struct store_tx *tx, int64_t span, const struct minute_counts *counts,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_TIMELINE_LONG_ADD);
    query_i64(&q, span);
    query_i64(&q, counts->minute / span);
    bind_counts(&q, counts);
    if (!query_run(&q, err)) return false;
    if (!takes_away(counts)) return true;
    q = query_begin(tx, SQL_TIMELINE_LONG_DROP_EMPTY);
    query_i64(&q, span);
    query_i64(&q, counts->minute / span);
    return query_run(&q, err);
}

static bool write_minute(struct store_tx *tx, const struct minute_counts *counts, struct err *err) {
    struct query q = query_begin(tx, SQL_TIMELINE_ADD);
    query_i64(&q, counts->minute);
    bind_counts(&q, counts);
    if (!query_run(&q, err) || !write_long(tx, MINUTES_AN_HOUR, counts, err) ||
        !write_long(tx, MINUTES_A_DAY, counts, err))
        return false;
    if (!takes_away(counts)) return true;
    q = query_begin(tx, SQL_TIMELINE_DROP_EMPTY);
    query_i64(&q, counts->minute);
    return query_run(&q, err);
}

static bool write_minutes(struct store_tx *tx, struct counts *counts, struct err *err) {
    for (size_t i = 0; i < counts->minute_count; i++)
        if (!write_minute(tx, &counts->minutes[i], err)) return false;
    counts->minute_count = 0;
    return true;
}

/* The counts of this minute, made when they are not there. NULL and err when making room fails. */
static struct minute_counts *minute_of(struct store_tx *tx, struct counts *counts, int64_t minute,
                                       struct err *err) {
    for (size_t i = counts->minute_count; i-- > 0;)
        if (counts->minutes[i].minute == minute) return &counts->minutes[i];
    if (counts->minute_count == MINUTES_AT_ONCE && !write_minutes(tx, counts, err)) return NULL;
    struct minute_counts *fresh = &counts->minutes[counts->minute_count++];
    *fresh = (struct minute_counts){.minute = minute};
    return fresh;
}

bool count_ended(struct store_tx *tx, enum execution_status status, struct utc started,
                 struct utc ended, int64_t change, struct err *err) {
    if (!execution_has_ended(status)) return true;
    struct minute_counts *minute =
        minute_of(tx, &writer_of(tx)->write, ended.us / US_PER_MINUTE, err);
    if (!minute) return false;
    if (status != EXECUTION_CANCELLED && utc_before(started, ended))
        minute->duration_us += change * utc_diff(ended, started).us;
    if (status == EXECUTION_SUCCEEDED) minute->succeeded += change;
    if (status == EXECUTION_FAILED) minute->failed += change;
    if (status == EXECUTION_CANCELLED) minute->cancelled += change;
    return true;
}

/* ---- counters by key ------------------------------------------------------------------------- */

static bool write_key(struct store_tx *tx, enum sql_statement add, enum sql_statement drop_empty,
                      int64_t key, int64_t change, struct err *err) {
    if (change == 0) return true;
    struct query q = query_begin(tx, add);
    query_i64(&q, key);
    query_i64(&q, change);
    if (!query_run(&q, err)) return false;
    if (change > 0) return true;
    q = query_begin(tx, drop_empty);
    query_i64(&q, key);
    return query_run(&q, err);
}

static bool write_tally(struct store_tx *tx, struct tally *tally, enum sql_statement add,
                        enum sql_statement drop_empty, struct err *err) {
    for (size_t i = 0; i < tally->count; i++)
        if (!write_key(tx, add, drop_empty, tally->entries[i].key, tally->entries[i].change, err))
            return false;
    tally_clear(tally);
    return true;
}

static bool write_due(struct store_tx *tx, struct counts *counts, struct err *err) {
    return write_tally(tx, &counts->due, SQL_DUE_MINUTE_ADD, SQL_DUE_MINUTE_DROP_EMPTY, err);
}

static bool write_queues(struct store_tx *tx, struct counts *counts, struct err *err) {
    return write_tally(tx, &counts->queues, SQL_QUEUE_COUNT_ADD, SQL_QUEUE_COUNT_DROP_EMPTY, err);
}

static bool add_due(struct store_tx *tx, struct counts *counts, int64_t minute, int64_t change,
                    struct err *err) {
    if (tally_add(&counts->due, minute, change)) return true;
    return write_due(tx, counts, err) && tally_add(&counts->due, minute, change);
}

static bool add_queue(struct store_tx *tx, struct counts *counts, int64_t queue, int64_t change,
                      struct err *err) {
    if (tally_add(&counts->queues, queue, change)) return true;
    return write_queues(tx, counts, err) && tally_add(&counts->queues, queue, change);
}

bool count_due(struct store_tx *tx, struct utc next_run_at, int64_t change, struct err *err) {
    if (utc_is_never(next_run_at)) return true;
    return add_due(tx, &writer_of(tx)->write, next_run_at.us / US_PER_MINUTE, change, err);
}

bool count_pending(struct store_tx *tx, int64_t queue, int64_t change, struct err *err) {
    return add_queue(tx, &writer_of(tx)->write, queue, change, err);
}

static bool add_tallies(struct store_tx *tx, struct counts *sum, const struct counts *more,
                        struct err *err) {
    for (size_t i = 0; i < more->due.count; i++)
        if (!add_due(tx, sum, more->due.entries[i].key, more->due.entries[i].change, err))
            return false;
    for (size_t i = 0; i < more->queues.count; i++)
        if (!add_queue(tx, sum, more->queues.entries[i].key, more->queues.entries[i].change, err))
            return false;
    return true;
}

static void forget_counts(struct counts *counts) {
    counts->totals = (struct totals){0};
    counts->minute_count = 0;
    tally_clear(&counts->due);
    tally_clear(&counts->queues);
}

/* ---- totals ---------------------------------------------------------------------------------- */

void count_executions(struct writer *writer, enum execution_status status, int64_t change) {
    struct totals *totals = &writer->write.totals;
    switch (status) {
    case EXECUTION_PENDING: totals->pending += change; break;
    case EXECUTION_RUNNING: totals->running += change; break;
    case EXECUTION_SUCCEEDED: totals->succeeded += change; break;
    case EXECUTION_FAILED: totals->failed += change; break;
    case EXECUTION_CANCELLED: totals->cancelled += change; break;
    }
    totals->executions += change;
}

void count_jobs(struct writer *writer, enum job_status status, int64_t change) {
    struct totals *totals = &writer->write.totals;
    totals->jobs_by_status[status] += change;
    if (status == JOB_DELETED) return;
    totals->jobs += change;
    if (status != JOB_PAUSED && status != JOB_DISABLED) totals->jobs_enabled += change;
}

void totals_sum(struct totals *sum, const struct totals *more) {
    sum->jobs += more->jobs;
    sum->jobs_enabled += more->jobs_enabled;
    for (size_t i = 0; i < COUNT_OF(sum->jobs_by_status); i++)
        sum->jobs_by_status[i] += more->jobs_by_status[i];
    sum->executions += more->executions;
    sum->pending += more->pending;
    sum->running += more->running;
    sum->succeeded += more->succeeded;
    sum->failed += more->failed;
    sum->cancelled += more->cancelled;
}

static bool is_zero(const struct totals *t) {
    for (size_t i = 0; i < COUNT_OF(t->jobs_by_status); i++)
        if (t->jobs_by_status[i] != 0) return false;
    return !(t->jobs | t->jobs_enabled | t->executions | t->pending | t->running | t->succeeded |
             t->failed | t->cancelled);
}

static bool write_totals(struct store_tx *tx, struct err *err) {
    struct writer *writer = writer_of(tx);
    const struct totals *totals = &writer->group.totals;
    if (is_zero(totals) && writer->fence == writer->saved_fence &&
        writer->last_execution == writer->saved_last_execution)
        return true;
    struct query q = query_begin(tx, SQL_TOTALS_ADD);
    query_i64(&q, totals->jobs);
    query_i64(&q, totals->jobs_enabled);
    query_i64(&q, totals->executions);
    query_i64(&q, totals->pending);
    query_i64(&q, totals->running);
    query_i64(&q, totals->succeeded);
    query_i64(&q, totals->failed);
    query_i64(&q, totals->cancelled);
    for (size_t i = JOB_ACTIVE; i <= JOB_DELETED; i++) query_i64(&q, totals->jobs_by_status[i]);
    query_i64(&q, writer->fence);
    query_i64(&q, writer->last_execution);
    query_i64(&q, writer->running_mark);
    if (!query_run(&q, err)) return false;
    writer->group.totals = (struct totals){0};
    writer->saved_fence = writer->fence;
    writer->saved_last_execution = writer->last_execution;
    return true;
}

/* ---- what runs ------------------------------------------------------------------------------- */

/* The mark stays between one and two windows behind the newest row. */
enum { RUNNING_WINDOW = 4096 };

void note_started(struct writer *writer, int64_t fence, struct utc at) {
    writer->started[fence % STARTS_REMEMBERED] = (struct started){fence, at};
}

bool started_at(struct store_tx *tx, int64_t execution, int64_t fence, struct utc *ret,
                struct err *err) {
    const struct started *started = &writer_of(tx)->started[fence % STARTS_REMEMBERED];
    if (started->fence == fence) {
        *ret = started->at;
        return true;
    }
    struct query q = query_begin(tx, SQL_SETTLE_STARTED_AT);
    query_i64(&q, execution);
    return number_of_query(&q, &ret->us, err);
}

bool note_running(struct store_tx *tx, int64_t execution, bool runs, struct err *err) {
    if (execution > writer_of(tx)->running_mark) return true;
    struct query q = query_begin(tx, runs ? SQL_RUNNING_ADD : SQL_RUNNING_END);
    query_i64(&q, execution);
    return query_run(&q, err);
}

bool note_created(struct store_tx *tx, int64_t execution, struct utc created_at, struct err *err) {
    struct writer *writer = writer_of(tx);
    if (created_at.us >= writer->newest.us - CLOCK_SLACK_US) {
        writer->newest = utc_max(writer->newest, created_at);
        return true;
    }
    writer->newest = created_at;
    struct query q = query_begin(tx, SQL_CLOCK_STEP_ADD);
    query_i64(&q, execution);
    return query_run(&q, err);
}

static bool move_mark(struct store_tx *tx, struct err *err) {
    struct writer *writer = writer_of(tx);
    if (writer->last_execution - writer->running_mark < 2 * RUNNING_WINDOW) return true;
    int64_t mark = writer->last_execution - RUNNING_WINDOW;
    struct query q = query_begin(tx, SQL_RUNNING_PASS);
    query_i64(&q, writer->running_mark);
    query_i64(&q, mark);
    writer->running_mark = mark;
    return query_run(&q, err);
}

/* ---- the life of a write and of a group ------------------------------------------------------ */

void writer_begin_write(struct writer *writer) {
    forget_counts(&writer->write);
    writer->write_changed_jobs = false;
    writer->paused_all_before = writer->paused_all;
    writer->search_mark_before = writer->search_mark;
    writer->newest_before = writer->newest;
}

bool writer_keep_write(struct store_tx *tx, struct err *err) {
    struct writer *writer = writer_of(tx);
    totals_sum(&writer->group.totals, &writer->write.totals);
    for (size_t i = 0; i < writer->write.minute_count; i++) {
        const struct minute_counts *from = &writer->write.minutes[i];
        struct minute_counts *to = minute_of(tx, &writer->group, from->minute, err);
        if (!to) return false;
        to->succeeded += from->succeeded;
        to->failed += from->failed;
        to->cancelled += from->cancelled;
        to->duration_us += from->duration_us;
    }
    if (!add_tallies(tx, &writer->group, &writer->write, err)) return false;
    writer->group_changed_jobs |= writer->write_changed_jobs;
    return true;
}

void writer_undo_write(struct writer *writer) {
    writer->paused_all = writer->paused_all_before;
    writer->search_mark = writer->search_mark_before;
    writer->newest = writer->newest_before;
    names_forget(&writer->names);
    writer->jobs_since++;
}

bool writer_save(struct store_tx *tx, struct err *err) {
    struct counts *group = &writer_of(tx)->group;
    return write_minutes(tx, group, err) && write_due(tx, group, err) &&
           write_queues(tx, group, err) && move_mark(tx, err) && write_totals(tx, err);
}

static bool load_paused(struct store_tx *tx, bool *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_META_GET);
    query_text(&q, STR("paused_all"));
    struct arena arena = {0};
    bool paused = query_row(&q) && str_equal(read_text(&q, &arena), STR("1"));
    arena_free(&arena);
    *ret = paused;
    return query_end(&q, err);
}

/* The newest may be as much older than one before it as is no step. */
static bool load_newest(struct store_tx *tx, struct utc *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_HISTORY_LAST_CREATED);
    struct utc newest = {query_row(&q) ? read_i64(&q) + CLOCK_SLACK_US : 0};
    if (!query_end(&q, err)) return false;
    *ret = newest;
    return true;
}

bool writer_load(struct store_tx *tx, struct err *err) {
    struct writer *writer = writer_of(tx);
    struct query q = query_begin(tx, SQL_TOTALS_GET);
    int64_t fence = 0, last_execution = 0, running_mark = 0;
    if (query_row(&q)) {
        q.column = 14; // behind the totals themselves
        fence = read_i64(&q);
        last_execution = read_i64(&q);
        running_mark = read_i64(&q);
    }
    bool paused;
    if (!query_end(&q, err) || !load_paused(tx, &paused, err) ||
        !load_newest(tx, &writer->newest, err))
        return false;
    int64_t has_lanes;
    q = query_begin(tx, SQL_LANES_ANY);
    if (!number_of_query(&q, &has_lanes, err)) return false;
    writer->has_lanes = has_lanes != 0;
    q = query_begin(tx, SQL_SEARCH_MARK_GET);
    if (!number_of_query(&q, &writer->search_mark, err)) return false;
    /* What was given out in vain since is never given out again. */
    if (fence > writer->fence) writer->fence = fence;
    if (last_execution > writer->last_execution) writer->last_execution = last_execution;
    writer->saved_fence = fence;
    writer->saved_last_execution = last_execution;
    writer->running_mark = running_mark;
    forget_counts(&writer->group);
    writer->group_changed_jobs = false;
    writer->paused_all = paused;
    names_forget(&writer->names);
    writer->jobs_since++;
    return true;
}
