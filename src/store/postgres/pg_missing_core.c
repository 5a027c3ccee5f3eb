/* pg_missing_core.c - likewise: jobs, plan, claim and settle. */
#include "store/postgres/pg_tables.h"

static bool missing(struct err *err) {
    return err_set(err, ERR_UNAVAILABLE, "this is not on PostgreSQL yet");
}

bool postgres_job_insert(struct store_tx *tx, struct job *job, struct err *err) {
    (void)tx;
    (void)job;
    return missing(err);
}

bool postgres_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                         struct err *err) {
    (void)tx;
    (void)job;
    (void)expected_revision;
    return missing(err);
}

bool postgres_job_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    (void)tx;
    (void)job_row;
    return missing(err);
}

bool postgres_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                      struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                             struct err *err) {
    (void)tx;
    (void)row;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                       struct job_page *ret, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                         struct job_page *ret, struct err *err) {
    (void)tx;
    (void)threshold;
    (void)limit;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_job_named(struct store_tx *tx, struct str name, int64_t after_row,
                        struct arena *arena, struct job *ret, bool *found, struct err *err) {
    (void)tx;
    (void)name;
    (void)after_row;
    (void)arena;
    (void)ret;
    (void)found;
    return missing(err);
}

bool postgres_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                       struct job **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)walk;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena, struct job **ret,
                        size_t *count, struct err *err) {
    (void)tx;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                       struct due_job **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)now;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                         struct err *err) {
    (void)tx;
    (void)items;
    (void)count;
    return missing(err);
}

bool postgres_execution_insert(struct store_tx *tx, struct new_execution *execution,
                               struct err *err) {
    (void)tx;
    (void)execution;
    return missing(err);
}

bool postgres_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err) {
    (void)tx;
    (void)ret;
    return missing(err);
}

bool postgres_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                    struct execution **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)claim;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    (void)tx;
    (void)items;
    (void)count;
    return missing(err);
}

bool postgres_execution_progress(struct store_tx *tx, struct execution_progress *items,
                                 size_t count, struct err *err) {
    (void)tx;
    (void)items;
    (void)count;
    return missing(err);
}

bool postgres_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                      int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                      struct err *err) {
    (void)tx;
    (void)node_name;
    (void)lease_before;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_heartbeat(struct store_tx *tx, const struct node *node, struct err *err) {
    (void)tx;
    (void)node;
    return missing(err);
}

bool postgres_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                    struct err *err) {
    (void)tx;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_execution_cancel(struct store_tx *tx, struct guid id, struct str reason,
                               struct utc now, struct arena *arena, enum cancel_result *ret,
                               struct execution *ret_execution, struct err *err) {
    (void)tx;
    (void)id;
    (void)reason;
    (void)now;
    (void)arena;
    (void)ret;
    (void)ret_execution;
    return missing(err);
}

bool postgres_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                              struct cancel_request **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)node_name;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)job_row;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                            struct execution *ret, struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                    struct arena *arena, struct skip_range **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)job_row;
    (void)from;
    (void)to;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    (void)tx;
    (void)range;
    return missing(err);
}
