/* dependencies.c - jobs that depend on others, and the runs that wait for them.
 *
 * Who depends on a job is kept by the guid that dependencies name; that anybody does is counted in
 * the state of the job, which a settlement has at hand anyway. What waits is in a narrow table by
 * job, besides being Pending like everything else: so the end of a run finds the waiting ones by
 * two looks into an index, and nothing asks for them in between.
 */
#include "model/dependencies.h"
#include "store/sqlite/groups.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

/* ---- the other direction --------------------------------------------------------------------- */

static bool find_row(struct store_tx *tx, struct guid id, int64_t *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_ROW);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    int64_t row = query_row(&q) ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    *ret = row;
    return true;
}

/* `change` jobs more depend on this one, if it is there. */
static bool count_dependants(struct store_tx *tx, struct guid upstream, int64_t change,
                             struct err *err) {
    int64_t row;
    if (!find_row(tx, upstream, &row, err)) return false;
    if (row == 0) return true;
    struct job_state before, state;
    if (!job_state_need(tx, row, &before, err)) return false;
    state = before;
    state.dependant_count += change;
    return job_state_tie(tx, &before, &state, err) && job_state_note(tx, &before, &state, err);
}

static bool change_dependency(struct store_tx *tx, struct guid upstream, int64_t job, bool add,
                              struct err *err) {
    struct query q = query_begin(tx, add ? SQL_DEPENDENCY_ADD : SQL_DEPENDENCY_REMOVE);
    query_bytes(&q, upstream.bytes, sizeof upstream.bytes);
    query_i64(&q, job);
    return query_run(&q, err) && count_dependants(tx, upstream, add ? 1 : -1, err);
}

static bool has(const struct guid *ids, size_t count, struct guid id) {
    for (size_t i = 0; i < count; i++)
        if (guid_equal(ids[i], id)) return true;
    return false;
}

static bool guids_of_query(struct query *q, struct arena *arena, struct guid **ret, size_t *count,
                           struct err *err) {
    size_t found = 0, room = 0;
    struct guid *ids = ARENA_ARRAY(arena, 0, struct guid);
    while (query_row(q)) {
        if (found == room) {
            room = room ? room * 2 : 16;
            struct guid *larger = ARENA_ARRAY(arena, room, struct guid);
            memcpy(larger, ids, found * sizeof *ids);
            ids = larger;
        }
        ids[found++] = read_guid(q);
    }
    *ret = ids;
    *count = found;
    return query_end(q, err);
}

/* Makes `ids` the jobs that this one depends on. */
static bool set_dependencies(struct store_tx *tx, int64_t row, const struct guid *ids, size_t count,
                             struct arena *arena, struct err *err) {
    struct guid *old;
    size_t old_count;
    struct query q = query_begin(tx, SQL_DEPENDENCIES_OF);
    query_i64(&q, row);
    if (!guids_of_query(&q, arena, &old, &old_count, err)) return false;
    for (size_t i = 0; i < old_count; i++)
        if (!has(ids, count, old[i]) && !change_dependency(tx, old[i], row, false, err))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!has(old, old_count, ids[i]) && !change_dependency(tx, ids[i], row, true, err))
            return false;
    return true;
}

bool dependencies_follow(struct store_tx *tx, const struct job *job, int64_t row, struct err *err) {
    struct arena arena = {0};
    struct dependencies now;
    bool ok = dependencies_parse(job->dependencies, &arena, &now, err) &&
              set_dependencies(tx, row, now.jobs, job->is_deleted ? 0 : now.count, &arena, err);
    arena_free(&arena);
    return ok;
}

bool dependencies_remove(struct store_tx *tx, int64_t row, struct err *err) {
    const struct job none = {.is_deleted = true};
    return dependencies_follow(tx, &none, row, err);
}

bool dependants_count(struct store_tx *tx, struct guid job_id, int64_t *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_DEPENDANTS_COUNT);
    query_bytes(&q, job_id.bytes, sizeof job_id.bytes);
    return number_of_query(&q, ret, err);
}

bool sqlite_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                       size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_DEPENDANTS);
    query_bytes(&q, job_id.bytes, sizeof job_id.bytes);
    return rows_of_query(&q, arena, ret, count, err);
}

static bool job_end(struct store_tx *tx, struct guid id, struct arena *arena, struct job_end *ret,
                    struct err *err) {
    struct job_end end = {.id = id, .is_deleted = true};
    struct query q = query_begin(tx, SQL_JOB_END);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    if (query_row(&q)) {
        end.row = read_i64(&q);
        end.name = read_text(&q, arena);
        end.is_deleted = read_bool(&q);
        end.last_success_at = read_utc(&q);
        end.last_completed_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = end;
    return true;
}

bool sqlite_job_ends(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                     struct job_end *ret, struct err *err) {
    struct job_end *ends = ARENA_ARRAY(arena, count, struct job_end);
    for (size_t i = 0; i < count; i++)
        if (!job_end(tx, ids[i], arena, &ends[i], err)) return false;
    if (count > 0) memcpy(ret, ends, count * sizeof *ends);
    return true;
}

/* ---- runs that wait -------------------------------------------------------------------------- */

bool waiting_add(struct store_tx *tx, int64_t job_row, int64_t row, struct utc since,
                 struct err *err) {
    struct query q = query_begin(tx, SQL_WAITING_ADD);
    query_i64(&q, job_row);
    query_i64(&q, row);
    query_i64(&q, since.us);
    return query_run(&q, err);
}

bool waiting_remove(struct store_tx *tx, int64_t job_row, int64_t row, struct err *err) {
    struct query q = query_begin(tx, SQL_WAITING_REMOVE);
    query_i64(&q, job_row);
    query_i64(&q, row);
    return query_run(&q, err);
}

static struct query begin_waiting(struct store_tx *tx, const struct waiting_filter *filter) {
    bool by_upstream = filter->job_row == 0 && !guid_is_zero(filter->depends_on);
    struct query q = query_begin(tx, by_upstream            ? SQL_WAITING_FOR
                                     : filter->job_row != 0 ? SQL_WAITING_OF_JOB
                                                            : SQL_WAITING_ANY);
    if (filter->job_row != 0) query_i64(&q, filter->job_row);
    query_guid(&q, &filter->depends_on);
    return q;
}

bool sqlite_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                    struct waiting_run **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct waiting_run *runs = ARENA_ARRAY(arena, 0, struct waiting_run);
    struct query q = begin_waiting(tx, filter);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 4 : 16;
            struct waiting_run *larger = ARENA_ARRAY(arena, room, struct waiting_run);
            memcpy(larger, runs, found * sizeof *runs);
            runs = larger;
        }
        struct waiting_run *run = &runs[found++];
        run->execution_row = read_i64(&q);
        run->execution_id = read_guid(&q);
        run->job_row = read_i64(&q);
        run->dependencies = read_text(&q, arena);
        run->waiting_since = read_utc(&q);
        run->available_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = runs;
    *count = found;
    return true;
}

static bool set_inputs(struct store_tx *tx, const struct release *item, struct err *err) {
    struct query q = query_begin(tx, SQL_INPUTS_SET);
    query_i64(&q, item->execution_row);
    query_text(&q, item->inputs);
    return query_run(&q, err);
}

/* It is Pending at another time from now on, which its place in `pending` follows. */
static bool move(struct store_tx *tx, const struct release *item, int64_t job_row, bool inputs,
                 struct err *err) {
    struct job_state state;
    if (!job_state_need(tx, job_row, &state, err) ||
        !pending_remove(tx, state.lane, item->execution_row, err))
        return false;
    struct query q = query_begin(tx, SQL_WAITING_MOVE);
    query_i64(&q, item->available_at.us);
    query_i64(&q, item->still_waits ? 0 : FLAG_WAITS);
    query_i64(&q, inputs ? FLAG_HAS_INPUTS : 0);
    query_i64(&q, item->execution_row);
    return query_run(&q, err) && pending_add(tx, state.lane, item->execution_row, err);
}

static bool release(struct store_tx *tx, const struct release *item, struct err *err) {
    struct query q = query_begin(tx, SQL_WAITING_FIND);
    query_i64(&q, item->execution_row);
    int64_t job_row = query_row(&q) ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    if (job_row == 0) return true;
    bool inputs = !item->still_waits && !str_is_absent(item->inputs);
    return move(tx, item, job_row, inputs, err) && (!inputs || set_inputs(tx, item, err)) &&
           (item->still_waits || waiting_remove(tx, job_row, item->execution_row, err));
}

bool sqlite_release(struct store_tx *tx, const struct release *items, size_t count,
                    struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!release(tx, &items[i], err)) return false;
    return true;
}
