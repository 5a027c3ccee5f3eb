/* housekeeping.c - the pieces; see housekeeping.h.
 *
 * A piece goes on with the chores while there is time left in it, so a round in which there is
 * nothing to do is one write. A chore that has more to do than fits ends the piece.
 */
#include "engine/housekeeping.h"

#include "model/retention.h"

enum {
    PIECE_US = 5000, // what a piece may take of the committer
    LIMIT_FIRST = 100,
    LIMIT_LEAST = 10,
    LIMIT_MOST = 20000,
    JOBS_AT_A_TIME = 32,
    DAY_SECONDS = 86400,
};

void housekeeping_init(struct housekeeping *housekeeping, const struct clock *clock,
                       struct span keep_keys, struct span keep_executions) {
    *housekeeping = (struct housekeeping){
        .clock = clock,
        .keep_keys = keep_keys,
        .keep_executions = keep_executions,
        .write.run = housekeeping_run,
        .write.context = housekeeping,
    };
    for (size_t i = 0; i < COUNT_OF(housekeeping->limits); i++)
        housekeeping->limits[i] = LIMIT_FIRST;
}

void housekeeping_free(struct housekeeping *housekeeping) {
    arena_free(&housekeeping->arena);
}

void housekeeping_begin_round(struct housekeeping *housekeeping) {
    housekeeping->chore = CHORE_KEYS;
    housekeeping->after_row = 0;
}

static struct utc before_now(const struct housekeeping *housekeeping, struct span keep) {
    return utc_add(clock_now(housekeeping->clock), span_us(-keep.us));
}

/* ---- the chores: *more says whether there is more than was done
 * ---------------------------------- */

static bool expire_keys(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                        bool *more, struct err *err) {
    if (housekeeping->keep_keys.us == 0) return true;
    int64_t removed;
    struct utc before = before_now(housekeeping, housekeeping->keep_keys);
    if (!store_idempotency_expire(tx, before, limit, &removed, err)) return false;
    *more = removed == limit;
    return true;
}

static bool expire_tokens(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                          bool *more, struct err *err) {
    int64_t removed;
    if (!store_refresh_expire(tx, clock_now(housekeeping->clock), limit, &removed, err))
        return false;
    *more = removed == limit;
    return true;
}

static bool clear_executions(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                             bool *more, struct err *err) {
    if (housekeeping->keep_executions.us == 0) return true;
    struct clear clear = {.created_before = before_now(housekeeping, housekeeping->keep_executions),
                          .spare_own_retention = true,
                          .after_row = housekeeping->after_row,
                          .limit = limit};
    if (!store_executions_clear(tx, &clear, err)) return false;
    housekeeping->after_row = clear.after_row;
    *more = !clear.done;
    return true;
}

static bool clear_skips(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                        bool *more, struct err *err) {
    if (housekeeping->keep_executions.us == 0) return true;
    int64_t removed;
    struct utc before = before_now(housekeeping, housekeeping->keep_executions);
    if (!store_skips_clear(tx, before, limit, &removed, err)) return false;
    *more = removed == limit;
    return true;
}

static bool clear_runs(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                       bool *more, struct err *err) {
    if (housekeeping->keep_executions.us == 0) return true;
    int64_t removed;
    struct utc before = before_now(housekeeping, housekeeping->keep_executions);
    if (!store_runs_clear(tx, before, limit, &removed, err)) return false;
    *more = removed == limit;
    return true;
}

static bool trim_job(struct housekeeping *housekeeping, struct store_tx *tx, const struct job *job,
                     int64_t limit, bool *more, struct err *err) {
    struct retention retention;
    struct err unreadable = ERR_INIT;
    if (!retention_parse(job->retention, &retention, &unreadable)) return true; // keeps all
    struct span keep = span_seconds(retention.days * DAY_SECONDS);
    struct trim trim = {.job_row = job->row,
                        .keep = retention.count,
                        .created_before =
                            retention.days > 0 ? before_now(housekeeping, keep) : UTC_NONE,
                        .limit = limit};
    if (!store_executions_trim(tx, &trim, err)) return false;
    *more = !trim.done;
    return true;
}

static bool is_spent(const struct housekeeping *housekeeping, struct mono began) {
    return mono_diff(clock_mono(housekeeping->clock), began).us >= PIECE_US;
}

static bool trim_jobs(struct housekeeping *housekeeping, struct store_tx *tx, int64_t limit,
                      bool *more, struct err *err) {
    struct mono began = clock_mono(housekeeping->clock);
    struct job_walk walk = {
        .after_row = housekeeping->after_row, .with_retention = true, .limit = JOBS_AT_A_TIME};
    struct job *jobs;
    size_t count;
    if (!store_job_walk(tx, &walk, &housekeeping->arena, &jobs, &count, err)) return false;
    *more = count == JOBS_AT_A_TIME;
    for (size_t i = 0; i < count; i++) {
        bool more_of_job = false;
        if (!trim_job(housekeeping, tx, &jobs[i], limit, &more_of_job, err)) return false;
        if (!more_of_job) housekeeping->after_row = jobs[i].row;
        *more = *more || more_of_job || (i + 1 < count && is_spent(housekeeping, began));
        if (more_of_job || is_spent(housekeeping, began)) return true;
    }
    return true;
}

/* ---- a piece --------------------------------------------------------------------------------- */

static bool do_chore(struct housekeeping *housekeeping, struct store_tx *tx, enum chore chore,
                     bool *more, struct err *err) {
    int64_t limit = housekeeping->limits[chore];
    switch (chore) {
    case CHORE_KEYS: return expire_keys(housekeeping, tx, limit, more, err);
    case CHORE_TOKENS: return expire_tokens(housekeeping, tx, limit, more, err);
    case CHORE_EXECUTIONS: return clear_executions(housekeeping, tx, limit, more, err);
    case CHORE_SKIPS: return clear_skips(housekeeping, tx, limit, more, err);
    case CHORE_RUNS: return clear_runs(housekeeping, tx, limit, more, err);
    case CHORE_JOBS: return trim_jobs(housekeeping, tx, limit, more, err);
    case CHORE_INDEX: return store_search_index(tx, limit, more, err);
    }
    return true;
}

/* Next time as much as would have taken PIECE_US, and never more than twice as much. */
static int64_t next_limit(int64_t limit, struct span took, bool more) {
    int64_t next = limit;
    if (took.us > PIECE_US)
        next = limit * PIECE_US / took.us;
    else if (more && took.us * 2 < PIECE_US)
        next = limit * 2;
    if (next < LIMIT_LEAST) next = LIMIT_LEAST;
    return next > LIMIT_MOST ? LIMIT_MOST : next;
}

static bool do_measured(struct housekeeping *housekeeping, struct store_tx *tx, enum chore chore,
                        bool *more, struct err *err) {
    struct mono began = clock_mono(housekeeping->clock);
    *more = false;
    if (!do_chore(housekeeping, tx, chore, more, err)) return false;
    struct span took = mono_diff(clock_mono(housekeeping->clock), began);
    housekeeping->limits[chore] = next_limit(housekeeping->limits[chore], took, *more);
    return true;
}

static bool sweep(struct housekeeping *housekeeping, struct store_tx *tx, struct mono began,
                  struct err *err) {
    while (housekeeping->chore < CHORES) {
        bool more;
        if (!do_measured(housekeeping, tx, housekeeping->chore, &more, err)) return false;
        if (more) break;
        housekeeping->chore++;
        housekeeping->after_row = 0;
        if (is_spent(housekeeping, began)) break;
    }
    housekeeping->more_to_sweep = housekeeping->chore < CHORES;
    return true;
}

bool housekeeping_run(struct store_tx *tx, void *context, struct err *err) {
    struct housekeeping *housekeeping = context;
    struct mono began = clock_mono(housekeeping->clock);
    arena_reset(&housekeeping->arena);
    housekeeping->more_to_sweep = housekeeping->more_to_index = false;
    if (housekeeping->index &&
        !do_measured(housekeeping, tx, CHORE_INDEX, &housekeeping->more_to_index, err))
        return false;
    if (housekeeping->sweep && !sweep(housekeeping, tx, began, err)) return false;
    housekeeping->took = mono_diff(clock_mono(housekeeping->clock), began);
    return true;
}
