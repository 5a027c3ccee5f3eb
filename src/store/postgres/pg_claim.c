/* pg_claim.c - pending executions become running; orphans, heartbeats and requests to cancel.
 *
 * A claim asks once for the oldest of all queues, locking them past what other nodes are claiming,
 * and takes them with a second question. Of a job that queues up behind itself only one is taken,
 * under the lock of its row; what it held back is made up for by another pass.
 */
#include "store/postgres/pg_groups.h"
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

#include <stdlib.h>

/* ---- claim ----------------------------------------------------------------------------------- */

struct candidate {
    int64_t place, available_at, row, job_row;
    bool waits_for_its_job;
    struct str group; // absent = none
    int64_t group_limit;
};

struct claiming {
    struct store_tx *tx;
    const struct claim *claim;
    struct arena *arena;
    int64_t *left; // of each entry
    int64_t *rows; // claimed, in their order
    size_t count;
};

static int64_t left_in_all(const struct claiming *c) {
    return c->claim->limit - (int64_t)c->count;
}

static void bind_entries(struct pg_query *q, const struct claiming *c) {
    size_t count = c->claim->queue_count;
    struct pg_array places = pg_array_new(q, PG_ARRAY_I64, count);
    struct pg_array names = pg_array_new(q, PG_ARRAY_TEXT, count);
    struct pg_array most = pg_array_new(q, PG_ARRAY_I64, count);
    struct pg_array named = pg_array_new(q, PG_ARRAY_TEXT, count);
    for (size_t i = 0; i < count; i++) {
        struct str name = c->claim->queues[i].name;
        if (!str_is_absent(name)) pg_array_text(&named, name);
        if (c->left[i] <= 0) continue;
        pg_array_i64(&places, (int64_t)i);
        pg_array_text(&names, name);
        pg_array_i64(&most, c->left[i] < left_in_all(c) ? c->left[i] : left_in_all(c));
    }
    pg_array_bind(q, &places);
    pg_array_bind(q, &names);
    pg_array_bind(q, &most);
    pg_array_bind(q, &named);
    pg_i64(q, c->claim->now.us);
}

static bool ask_candidates(struct claiming *c, struct candidate **ret, size_t *count,
                           struct err *err) {
    struct pg_query q;
    pg_begin(&q, c->tx, SQL_CLAIM_CANDIDATES);
    bind_entries(&q, c);
    struct candidate *found = ARENA_ARRAY(c->arena, pg_rows(&q), struct candidate);
    *count = 0;
    while (pg_row(&q)) {
        struct candidate *candidate = &found[(*count)++];
        candidate->place = pg_read_i64(&q);
        candidate->available_at = pg_read_i64(&q);
        candidate->row = pg_read_i64(&q);
        candidate->job_row = pg_read_i64(&q);
        candidate->waits_for_its_job = pg_read_i64(&q) == CONCURRENCY_QUEUE;
        candidate->group = pg_read_text(&q, c->arena);
        candidate->group_limit = pg_read_i64(&q);
    }
    *ret = found;
    return pg_end(&q, err);
}

static bool has(const int64_t *rows, size_t count, int64_t row) {
    for (size_t i = 0; i < count; i++)
        if (rows[i] == row) return true;
    return false;
}

/* Which of the jobs that queue up behind themselves may have one started: those whose lock is free
 * and of which none runs now that it is ours. */
static bool free_jobs(struct claiming *c, const struct candidate *candidates, size_t count,
                      int64_t **ret, size_t *free_count, struct err *err) {
    int64_t *wanted = ARENA_ARRAY(c->arena, count, int64_t);
    size_t wanted_count = 0;
    *free_count = 0;
    *ret = wanted;
    for (size_t i = 0; i < count; i++)
        if (candidates[i].waits_for_its_job) wanted[wanted_count++] = candidates[i].job_row;
    if (wanted_count == 0) return true;
    struct pg_query lock, run;
    int64_t *locked, *running;
    size_t locked_count, running_count;
    pg_begin(&lock, c->tx, SQL_CLAIM_LOCK_JOBS);
    pg_i64s(&lock, wanted, wanted_count);
    pg_ask(&lock);
    pg_begin(&run, c->tx, SQL_CLAIM_RUNNING_JOBS);
    pg_i64s(&run, wanted, wanted_count);
    bool ok = pg_numbers(&run, c->arena, &running, &running_count, err);
    if (!pg_numbers(&lock, c->arena, &locked, &locked_count, ok ? err : NULL) || !ok) return false;
    for (size_t i = 0; i < locked_count; i++)
        if (!has(running, running_count, locked[i])) wanted[(*free_count)++] = locked[i];
    return true;
}

static bool groups_of(struct claiming *c, const struct candidate *candidates, size_t count,
                      struct pg_groups *ret, struct err *err) {
    struct str *names = ARENA_ARRAY(c->arena, count, struct str);
    size_t named = 0;
    for (size_t i = 0; i < count; i++)
        if (!str_is_absent(candidates[i].group)) names[named++] = candidates[i].group;
    return pg_groups_named(c->tx, names, named, c->arena, ret, err);
}

static bool take(struct claiming *c, const int64_t *rows, size_t count, struct err *err) {
    struct pg_query q;
    struct arena arena = {0};
    pg_begin(&q, c->tx, SQL_CLAIM);
    pg_i64s(&q, rows, count);
    pg_text(&q, c->claim->node_name);
    pg_i64(&q, c->claim->now.us);
    while (pg_row(&q)) {
        (void)pg_read_i64(&q);
        pg_count_pending(c->tx, pg_read_text(&q, &arena), -1);
        pg_count_executions(c->tx, EXECUTION_PENDING, -1);
        pg_count_executions(c->tx, EXECUTION_RUNNING, 1);
    }
    arena_free(&arena);
    return pg_end(&q, err);
}

/* What of the candidates may be started: of jobs that queue up behind themselves, and groups. */
struct openings {
    int64_t *jobs; // free; -row once one of it was chosen
    size_t job_count;
    struct pg_groups groups;
};

static bool job_lets(const struct candidate *candidate, struct openings *openings, int64_t **place,
                     bool *held_back) {
    *place = NULL;
    if (!candidate->waits_for_its_job) return true;
    for (size_t i = 0; i < openings->job_count; i++) {
        if (openings->jobs[i] == -candidate->job_row) *held_back = true;
        if (openings->jobs[i] == candidate->job_row) *place = &openings->jobs[i];
    }
    return *place != NULL;
}

/* May this one be started? *held_back: not now, because of one that was chosen before it. */
static bool may_start(const struct candidate *candidate, struct openings *openings,
                      bool *held_back) {
    int64_t *place;
    if (!job_lets(candidate, openings, &place, held_back)) return false;
    if (!str_is_absent(candidate->group)) {
        struct pg_group *group = pg_group_named(&openings->groups, candidate->group);
        if (!pg_group_start(group, candidate->group_limit)) {
            *held_back = group && group->is_locked;
            return false;
        }
    }
    if (place) *place = -candidate->job_row; // one of it runs now
    return true;
}

/* Chooses among the candidates, in their order. Behind one that was held back its line may hold
 * more that was not looked at and comes before the lines behind it: another pass will see. */
static void choose(struct claiming *c, const struct candidate *candidates, size_t count,
                   struct openings *openings, bool *again) {
    int64_t held_back_at = -1;
    for (size_t i = 0; i < count && left_in_all(c) > 0; i++) {
        const struct candidate *candidate = &candidates[i];
        bool held_back = false;
        if (*again && candidate->place != held_back_at) break;
        if (c->left[candidate->place] <= 0) continue;
        if (may_start(candidate, openings, &held_back)) {
            c->left[candidate->place]--;
            c->rows[c->count++] = candidate->row;
        } else if (held_back) {
            *again = true;
            held_back_at = candidate->place;
            if (str_is_absent(c->claim->queues[held_back_at].name)) break; // many lines as one
        }
    }
}

static bool pass(struct claiming *c, bool *again, struct err *err) {
    struct candidate *candidates;
    struct openings openings = {0};
    size_t count, before = c->count;
    *again = false;
    if (!ask_candidates(c, &candidates, &count, err)) return false;
    if (!free_jobs(c, candidates, count, &openings.jobs, &openings.job_count, err) ||
        !groups_of(c, candidates, count, &openings.groups, err))
        return false;
    choose(c, candidates, count, &openings, again);
    size_t taken = c->count - before;
    *again = *again && taken > 0 && left_in_all(c) > 0;
    return taken == 0 || take(c, c->rows + before, taken, err);
}

static bool read_claimed(struct claiming *c, struct execution **ret, struct err *err) {
    struct pg_query q;
    struct execution *found;
    size_t count;
    pg_begin(&q, c->tx, SQL_EXECUTION_HEADS_BY_ROW);
    pg_i64s(&q, c->rows, c->count);
    if (!pg_executions(&q, c->arena, &found, &count, err)) return false;
    struct execution *claimed = ARENA_ARRAY(c->arena, c->count, struct execution);
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = 0; j < count; j++)
            if (found[j].row == c->rows[i]) claimed[i] = found[j];
    *ret = claimed;
    return true;
}

bool postgres_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                    struct execution **ret, size_t *count, struct err *err) {
    bool paused = false;
    if (claim->limit > 0 && !pg_paused_all(tx, &paused, err)) return false;
    struct claiming c = {.tx = tx, .claim = claim, .arena = arena};
    if (claim->limit <= 0 || paused) {
        *ret = ARENA_ARRAY(arena, 0, struct execution);
        *count = 0;
        return true;
    }
    c.rows = ARENA_ARRAY(arena, (size_t)claim->limit, int64_t);
    c.left = ARENA_ARRAY(arena, claim->queue_count, int64_t);
    for (size_t i = 0; i < claim->queue_count; i++) c.left[i] = claim->queues[i].limit;
    bool again = true;
    while (again)
        if (!pass(&c, &again, err)) return false;
    if (!read_claimed(&c, ret, err)) return false;
    *count = c.count;
    return true;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

bool postgres_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                      int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                      struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_ORPHANS);
    pg_text(&q, node_name);
    pg_utc(&q, lease_before);
    pg_bool(&q, pg_connection_of(tx)->target->leases_by_caller);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_executions(&q, arena, ret, count, err);
}

bool postgres_heartbeat(struct store_tx *tx, const struct node *node, struct err *err) {
    (void)err;
    struct pg_query q;
    pg_begin(&q, tx, SQL_HEARTBEAT);
    pg_text(&q, node->name);
    pg_text(&q, node->version);
    pg_utc(&q, node->started_at);
    pg_utc(&q, node->heartbeat_at);
    pg_i64(&q, node->lease_until.us);
    pg_i64(&q, node->workers_busy);
    pg_i64(&q, node->workers_total);
    pg_bool(&q, pg_connection_of(tx)->target->leases_by_caller);
    pg_post(&q);
    return true;
}

bool postgres_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                    struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_NODES);
    size_t found = 0;
    struct node *nodes = ARENA_ARRAY(arena, pg_rows(&q), struct node);
    while (pg_row(&q)) {
        struct node *node = &nodes[found++];
        node->name = pg_read_text(&q, arena);
        node->version = pg_read_text(&q, arena);
        node->started_at = pg_read_utc(&q);
        node->heartbeat_at = pg_read_utc(&q);
        node->lease_until = pg_read_utc(&q);
        node->workers_busy = pg_read_i64(&q);
        node->workers_total = pg_read_i64(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = nodes;
    *count = found;
    return true;
}

/* ---- cancel ---------------------------------------------------------------------------------- */

static void request_cancel(struct store_tx *tx, int64_t row, struct str reason) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_CANCEL_REQUEST);
    pg_i64(&q, row);
    pg_text(&q, reason);
    pg_post(&q);
}

static void cancel_pending(struct store_tx *tx, int64_t row, struct str queue, bool is_retry,
                           struct pg_job_state *job, struct str reason, struct utc now) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_CANCEL_PENDING);
    pg_i64(&q, row);
    pg_i64(&q, now.us);
    pg_text(&q, reason);
    pg_post(&q);
    pg_count_pending(tx, queue, -1);
    pg_count_executions(tx, EXECUTION_PENDING, -1);
    pg_count_executions(tx, EXECUTION_CANCELLED, 1);
    pg_count_ended(tx, EXECUTION_CANCELLED, UTC_NONE, now, 1);
    job->live_count--;
    if (is_retry) job->last_completed_at = utc_max(job->last_completed_at, now);
    pg_job_settle_status(job);
    pg_jobs_write(tx);
}

static bool cancel_locked(struct store_tx *tx, int64_t row, struct pg_job_state *job,
                          struct str reason, struct utc now, enum cancel_result *ret,
                          struct err *err) {
    struct pg_query q;
    struct arena arena = {0};
    pg_begin(&q, tx, SQL_CANCEL_LOCK);
    pg_i64(&q, row);
    bool lives = pg_row(&q);
    enum execution_status status = lives ? (enum execution_status)pg_read_i64(&q) : 0;
    struct str queue = lives ? pg_read_text(&q, &arena) : STR_NONE;
    bool is_retry = lives && pg_read_i64(&q) > 0;
    bool ok = pg_end(&q, err);
    *ret = !lives ? CANCEL_TOO_LATE : status == EXECUTION_PENDING ? CANCEL_DONE : CANCEL_REQUESTED;
    if (ok && *ret == CANCEL_DONE) cancel_pending(tx, row, queue, is_retry, job, reason, now);
    if (ok && *ret == CANCEL_REQUESTED) request_cancel(tx, row, reason);
    arena_free(&arena);
    return ok;
}

bool postgres_execution_cancel(struct store_tx *tx, struct guid id, struct str reason,
                               struct utc now, struct arena *arena, enum cancel_result *ret,
                               struct execution *ret_execution, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_CANCEL_FIND);
    pg_guid(&q, &id);
    bool found = pg_row(&q);
    int64_t row = found ? pg_read_i64(&q) : 0;
    int64_t job_row = found ? pg_read_i64(&q) : 0;
    if (!pg_end(&q, err)) return false;
    if (!found) return pg_no_such_execution(err);
    struct pg_job *job = pg_job_need(tx, job_row, err);
    enum cancel_result result;
    struct execution *now_is;
    size_t count;
    if (!job || !cancel_locked(tx, row, &job->state, reason, now, &result, err)) return false;
    pg_begin(&q, tx, SQL_EXECUTION_HEADS_BY_ROW);
    pg_i64s(&q, &row, 1);
    if (!pg_executions(&q, arena, &now_is, &count, err)) return false;
    if (count == 0) return pg_no_such_execution(err);
    *ret_execution = now_is[0];
    *ret = result;
    return true;
}

bool postgres_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                              struct cancel_request **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_CANCEL_REQUESTS);
    pg_text(&q, node_name);
    size_t found = 0;
    struct cancel_request *requests = ARENA_ARRAY(arena, pg_rows(&q), struct cancel_request);
    while (pg_row(&q)) {
        requests[found].row = pg_read_i64(&q);
        requests[found++].reason = pg_read_text(&q, arena);
    }
    if (!pg_end(&q, err)) return false;
    *ret = requests;
    *count = found;
    return true;
}
