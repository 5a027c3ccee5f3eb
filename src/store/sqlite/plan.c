/* plan.c - due jobs, the plan that turns them into executions, and when to look again.
 *
 * The hot half of a run. For a job that fires: one look at its state, one insert, one update of the
 * state, all by key; see the migration for why each of them touches so few pages.
 */
#include "store/sqlite/groups.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

/* ---- new executions -------------------------------------------------------------------------- */

/* What an execution is born with; see the table's comment on fillers. */
struct birth {
    enum execution_status status;
    int64_t queue, node; // names.id; 0 = null
    int64_t fence;
    struct utc started_at, completed_at;
    bool has_details, has_inputs, waits;
};

static bool prepare_birth(struct store_tx *tx, const struct new_execution *execution, int64_t lane,
                          struct birth *birth, struct err *err) {
    struct writer *writer = writer_of(tx);
    *birth = (struct birth){
        .status = execution->status,
        .fence = writer->fence + 1,
        .has_details =
            !str_is_absent(execution->error_message) || !str_is_absent(execution->triggered_by) ||
            !str_is_absent(execution->parameters) || !guid_is_zero(execution->retry_parent_id),
        .has_inputs =
            !guid_is_zero(execution->workflow_run_id) || !str_is_absent(execution->inputs),
    };
    /* Under pause-all nothing starts, nor does one too many of a group: what was to be born running
     * waits instead. */
    bool may_run = !writer->paused_all;
    if (birth->status == EXECUTION_RUNNING && may_run && !group_has_room(tx, lane, &may_run, err))
        return false;
    if (birth->status == EXECUTION_RUNNING && !may_run) birth->status = EXECUTION_PENDING;
    birth->waits = birth->status == EXECUTION_PENDING && !utc_is_none(execution->waiting_since);
    if (birth->status == EXECUTION_RUNNING) {
        birth->started_at = birth->completed_at = execution->started_at;
    } else if (birth->status == EXECUTION_PENDING) {
        birth->started_at = birth->completed_at = execution->created_at;
    } else {
        birth->completed_at = execution->completed_at;
        birth->fence = 0;
    }
    if (!name_id(tx, execution->queue, &birth->queue, err)) return false;
    birth->node = birth->status == EXECUTION_PENDING ? birth->queue : 0;
    return birth->status != EXECUTION_RUNNING ||
           name_id(tx, execution->node_name, &birth->node, err);
}

static void query_id(struct query *q, int64_t id) { // 0 = null
    if (id == 0)
        query_null(q);
    else
        query_i64(q, id);
}

static bool insert_row(struct store_tx *tx, const struct new_execution *execution,
                       const struct birth *birth, int64_t row, int64_t previous, bool *inserted,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_EXECUTION_INSERT);
    query_i64(&q, row);
    query_bytes(&q, execution->id.bytes, sizeof execution->id.bytes);
    query_i64(&q, execution->job_row);
    query_i64(&q, previous);
    query_i64(&q, (int64_t)birth->status);
    query_i64(&q, (int64_t)execution->trigger);
    query_i64(&q, execution->retry_count);
    query_i64(&q, birth->queue);
    query_id(&q, birth->node);
    query_i64(&q, birth->fence);
    query_i64(&q, execution->scheduled_for.us);
    query_i64(&q, execution->created_at.us);
    query_i64(&q, execution->available_at.us);
    query_utc(&q, birth->started_at);
    query_utc(&q, birth->completed_at);
    query_i64(&q, (birth->has_details ? FLAG_HAS_DETAILS : 0) |
                      (birth->has_inputs ? FLAG_HAS_INPUTS : 0) | (birth->waits ? FLAG_WAITS : 0));
    if (!query_run(&q, err)) return err_wrap(err, "the execution cannot be stored");
    *inserted = query_changes(&q) > 0;
    return true;
}

static bool insert_details(struct store_tx *tx, const struct new_execution *execution, int64_t row,
                           struct err *err) {
    struct query q = query_begin(tx, SQL_DETAILS_INSERT);
    query_i64(&q, row);
    query_guid(&q, &execution->retry_parent_id);
    query_text(&q, execution->triggered_by);
    query_text(&q, execution->parameters);
    query_text(&q, execution->error_message);
    return query_run(&q, err);
}

static bool insert_inputs(struct store_tx *tx, const struct new_execution *execution, int64_t row,
                          struct err *err) {
    struct query q = query_begin(tx, SQL_INPUTS_INSERT);
    query_i64(&q, row);
    query_guid(&q, &execution->workflow_run_id);
    query_text(&q, execution->inputs);
    return query_run(&q, err);
}

/* What few executions have. */
static bool insert_more(struct store_tx *tx, const struct new_execution *execution,
                        const struct birth *birth, int64_t row, struct err *err) {
    return (!birth->has_details || insert_details(tx, execution, row, err)) &&
           (!birth->has_inputs || insert_inputs(tx, execution, row, err)) &&
           (!birth->waits ||
            waiting_add(tx, execution->job_row, row, execution->waiting_since, err));
}

/* The tables beside: for what is Pending, and for what was decided against. */
static bool note_birth(struct store_tx *tx, const struct birth *birth, int64_t lane, int64_t row,
                       struct err *err) {
    if (birth->status == EXECUTION_RUNNING) {
        note_started(writer_of(tx), birth->fence, birth->started_at);
        return group_started(tx, lane, 1, err);
    }
    if (birth->status == EXECUTION_PENDING)
        return pending_add(tx, lane, row, err) && count_pending(tx, birth->queue, 1, err);
    struct query q = query_begin(tx, SQL_ENDED_BADLY_ADD);
    query_i64(&q, (int64_t)birth->status);
    query_i64(&q, row);
    return query_run(&q, err);
}

/* Each of so many executions of a job is a page mark; see the migration. */
enum { MARK_EACH = 128 };

static bool mark(struct store_tx *tx, int64_t job_row, int64_t ordinal, int64_t row,
                 struct err *err) {
    if (ordinal % MARK_EACH != 0) return true;
    struct query q = query_begin(tx, SQL_HISTORY_MARK_ADD);
    query_i64(&q, job_row);
    query_i64(&q, ordinal);
    query_i64(&q, row);
    return query_run(&q, err);
}

bool execution_add(struct store_tx *tx, struct new_execution *execution, struct job_state *state,
                   struct err *err) {
    struct writer *writer = writer_of(tx);
    struct birth birth;
    int64_t row = writer->last_execution + 1;
    bool inserted = false;
    if (!prepare_birth(tx, execution, state->lane, &birth, err) ||
        !insert_row(tx, execution, &birth, row, state->last_execution, &inserted, err))
        return false;
    execution->inserted = inserted;
    execution->row = execution->fence = 0;
    if (!inserted) return true;
    if (!insert_more(tx, execution, &birth, row, err) ||
        !note_birth(tx, &birth, state->lane, row, err) ||
        !mark(tx, execution->job_row, state->ordinal + 1, row, err) ||
        !note_created(tx, row, execution->created_at, err))
        return false;
    execution->row = writer->last_execution = row;
    if (birth.status == EXECUTION_RUNNING) execution->fence = writer->fence = birth.fence;
    state->last_execution = row;
    state->execution_count++;
    state->ordinal++;
    if (!execution_has_ended(birth.status)) state->live_count++;
    if (birth.status == EXECUTION_RUNNING) state->running_count++;
    if (execution->retry_count == 0 && birth.status != EXECUTION_CANCELLED)
        state->last_run_created_at = utc_max(state->last_run_created_at, execution->created_at);
    count_executions(writer, birth.status, 1);
    return count_ended(tx, birth.status, birth.started_at, birth.completed_at, 1, err);
}

bool sqlite_execution_insert(struct store_tx *tx, struct new_execution *execution,
                             struct err *err) {
    struct job_state before, state;
    if (!job_state_need(tx, execution->job_row, &before, err)) return false;
    state = before;
    if (!execution_add(tx, execution, &state, err)) return false;
    if (!execution->inserted) return true;
    state.status = job_state_status(&state);
    struct query q = query_begin(tx, SQL_JOB_STATE_NEW_EXECUTION);
    query_i64(&q, (int64_t)state.status);
    query_i64(&q, state.live_count);
    query_i64(&q, state.running_count);
    query_i64(&q, state.execution_count);
    query_i64(&q, state.last_execution);
    query_i64(&q, state.ordinal);
    query_utc(&q, state.last_run_created_at);
    query_i64(&q, execution->job_row);
    return query_run(&q, err) && job_state_note(tx, &before, &state, err);
}

/* ---- plan ------------------------------------------------------------------------------------ */

bool sqlite_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                     struct due_job **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_DUE_JOBS);
    query_i64(&q, now.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    size_t found = 0, room = 0;
    struct due_job *due = ARENA_ARRAY(arena, 0, struct due_job);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 4 : 64;
            struct due_job *larger = ARENA_ARRAY(arena, room, struct due_job);
            memcpy(larger, due, found * sizeof *due);
            due = larger;
        }
        struct due_job *job = &due[found++];
        job->row = read_i64(&q);
        job->revision = read_i64(&q);
        job->wake_at = read_never(&q);
        job->next_run_at = read_never(&q);
        job->schedule_from = read_utc(&q);
        job->run_count = read_i64(&q);
        job->live_count = read_i64(&q);
        job->last_run_created_at = read_utc(&q);
        job->starts_workflow = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = due;
    *count = found;
    return true;
}

static bool insert_skip(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    struct query q = query_begin(tx, SQL_SKIP_INSERT);
    query_i64(&q, range->job_row);
    query_i64(&q, range->from.us);
    query_i64(&q, range->to.us);
    query_i64(&q, (int64_t)range->reason);
    query_i64(&q, range->decided_at.us);
    return query_run(&q, err);
}

static bool resume(struct store_tx *tx, int64_t job_row, struct job_state *state, struct err *err) {
    state->revision++;
    if (state->status == JOB_PAUSED) state->status = JOB_ACTIVE;
    struct query q = query_begin(tx, SQL_JOB_RESUME);
    query_i64(&q, job_row);
    return query_run(&q, err);
}

static bool advance(struct store_tx *tx, const struct plan_item *item,
                    const struct job_state *state, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_STATE_PLAN);
    query_i64(&q, state->revision);
    query_i64(&q, (int64_t)state->status);
    query_never(&q, item->wake_at);
    query_never(&q, item->next_run_at);
    query_utc(&q, item->schedule_from);
    query_i64(&q, item->run_count);
    query_i64(&q, state->live_count);
    query_i64(&q, state->running_count);
    query_i64(&q, state->execution_count);
    query_i64(&q, state->last_execution);
    query_i64(&q, state->ordinal);
    query_utc(&q, state->last_run_created_at);
    query_i64(&q, item->job_row);
    return query_run(&q, err);
}

static bool apply(struct store_tx *tx, struct plan_item *item, struct err *err) {
    struct job_state before, state;
    bool found;
    if (!job_state_get(tx, item->job_row, &before, &found, err)) return false;
    item->applied =
        found && before.revision == item->revision && utc_equal(before.wake_at, item->old_wake_at);
    if (!item->applied) return true;
    state = before;
    if (item->resume && !resume(tx, item->job_row, &state, err)) return false;
    for (size_t i = 0; i < item->execution_count; i++)
        if (!execution_add(tx, &item->executions[i], &state, err)) return false;
    for (size_t i = 0; i < item->skip_count; i++)
        if (!insert_skip(tx, &item->skips[i], err)) return false;
    state.next_run_at = item->next_run_at;
    state.wake_at = item->wake_at;
    state.status = job_state_status(&state);
    return advance(tx, item, &state, err) && job_state_note(tx, &before, &state, err);
}

bool sqlite_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                       struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!apply(tx, &items[i], err)) return false;
    return true;
}

static bool earliest(struct store_tx *tx, enum sql_statement which, struct utc *ret,
                     struct err *err) {
    struct query q = query_begin(tx, which);
    struct utc t = query_row(&q) ? read_never(&q) : UTC_NEVER;
    if (!query_end(&q, err)) return false;
    *ret = t;
    return true;
}

bool sqlite_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err) {
    struct wake_times times;
    if (!earliest(tx, SQL_WAKE_JOB, &times.job, err) ||
        !earliest(tx, SQL_WAKE_PENDING, &times.pending, err) ||
        !earliest(tx, SQL_WAKE_WATCH, &times.watch, err))
        return false;
    *ret = times;
    return true;
}

/* ---- the ledger of skipped due times --------------------------------------------------------- */

bool sqlite_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                  struct arena *arena, struct skip_range **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_SKIPS);
    query_i64(&q, job_row);
    query_i64(&q, from.us);
    query_i64(&q, to.us);
    size_t found = 0, room = 0;
    struct skip_range *skips = ARENA_ARRAY(arena, 0, struct skip_range);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 16;
            struct skip_range *larger = ARENA_ARRAY(arena, room, struct skip_range);
            memcpy(larger, skips, found * sizeof *skips);
            skips = larger;
        }
        struct skip_range *skip = &skips[found++];
        skip->job_row = read_i64(&q);
        skip->from = read_utc(&q);
        skip->to = read_utc(&q);
        skip->reason = (enum skip_reason)read_i64(&q);
        skip->decided_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = skips;
    *count = found;
    return true;
}

bool sqlite_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    struct job_state state;
    bool found;
    if (!job_state_get(tx, range->job_row, &state, &found, err)) return false;
    return found ? insert_skip(tx, range, err) : no_such_job(err);
}
