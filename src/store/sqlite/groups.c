/* groups.c - see groups.h.
 *
 * The count of a group is written at once and not with the counts of the commit (writer.h), because
 * the next start in the same write asks for it. Only jobs that have a group pay for that.
 */
#include "store/sqlite/groups.h"

#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

static bool find_lane(struct store_tx *tx, int64_t group, int64_t limit, int64_t *ret,
                      struct err *err) {
    struct query q = query_begin(tx, SQL_LANE_FIND);
    query_i64(&q, group);
    query_i64(&q, limit);
    int64_t lane = query_row(&q) ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    *ret = lane;
    return true;
}

bool lane_of(struct store_tx *tx, const struct job *job, int64_t *ret, struct err *err) {
    *ret = 0;
    if (str_is_absent(job->concurrency_group) || job->concurrency_group.len == 0) return true;
    int64_t group;
    if (!name_id(tx, job->concurrency_group, &group, err) ||
        !find_lane(tx, group, job->concurrency_group_limit, ret, err))
        return false;
    if (*ret != 0) return true;
    struct query q = query_begin(tx, SQL_LANE_ADD);
    query_i64(&q, group);
    query_i64(&q, job->concurrency_group_limit);
    if (!query_run(&q, err)) return false;
    *ret = sqlite3_last_insert_rowid(q.connection->db);
    writer_of(tx)->has_lanes = true;
    return true;
}

bool group_has_room(struct store_tx *tx, int64_t lane, bool *ret, struct err *err) {
    *ret = true;
    if (lane == 0) return true;
    struct query q = query_begin(tx, SQL_LANE_ROOM);
    query_i64(&q, lane);
    int64_t room;
    if (!number_of_query(&q, &room, err)) return false;
    *ret = room > 0;
    return true;
}

bool group_started(struct store_tx *tx, int64_t lane, int64_t change, struct err *err) {
    if (lane == 0 || change == 0) return true;
    struct query q = query_begin(tx, SQL_GROUP_COUNT_ADD);
    query_i64(&q, change);
    query_i64(&q, lane);
    return query_run(&q, err);
}

static bool run_in_lane(struct store_tx *tx, enum sql_statement which, int64_t lane,
                        int64_t execution, struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, lane);
    query_i64(&q, execution);
    return query_run(&q, err);
}

bool pending_add(struct store_tx *tx, int64_t lane, int64_t execution, struct err *err) {
    return run_in_lane(tx, SQL_PENDING_ADD, lane, execution, err);
}

bool pending_remove(struct store_tx *tx, int64_t lane, int64_t execution, struct err *err) {
    return run_in_lane(tx, SQL_PENDING_REMOVE, lane, execution, err);
}

bool lane_change(struct store_tx *tx, const struct job_state *before, int64_t lane,
                 struct err *err) {
    if (!group_started(tx, before->lane, -before->running_count, err) ||
        !group_started(tx, lane, before->running_count, err))
        return false;
    if (before->live_count == before->running_count) return true;
    struct query q = query_begin(tx, SQL_PENDING_CHANGE_LANE);
    query_i64(&q, before->row);
    query_i64(&q, before->live_count - before->running_count);
    query_i64(&q, lane);
    query_i64(&q, before->lane);
    return query_run(&q, err);
}
