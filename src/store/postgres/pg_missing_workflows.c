/* pg_missing_workflows.c - likewise: dependencies, the cap over all nodes, workflows. */
#include "store/postgres/pg_tables.h"

static bool missing(struct err *err) {
    return err_set(err, ERR_UNAVAILABLE, "this is not on PostgreSQL yet");
}

bool postgres_job_ends(struct store_tx *tx, const struct guid *ids, size_t count,
                       struct arena *arena, struct job_end *ret, struct err *err) {
    (void)tx;
    (void)ids;
    (void)count;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena,
                         int64_t **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)job_id;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                      struct waiting_run **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_release(struct store_tx *tx, const struct release *items, size_t count,
                      struct err *err) {
    (void)tx;
    (void)items;
    (void)count;
    return missing(err);
}

bool postgres_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                              const struct workflow_member *members, size_t count,
                              struct err *err) {
    (void)tx;
    (void)workflow;
    (void)members;
    (void)count;
    return missing(err);
}

bool postgres_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                              int64_t expected_revision, const struct workflow_member *members,
                              size_t count, struct err *err) {
    (void)tx;
    (void)workflow;
    (void)expected_revision;
    (void)members;
    (void)count;
    return missing(err);
}

bool postgres_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                           struct workflow *ret, struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                  struct workflow *ret, struct err *err) {
    (void)tx;
    (void)row;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                            struct arena *arena, struct workflow_page *ret, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                         size_t count, bool *inserted, struct err *err) {
    (void)tx;
    (void)run;
    (void)steps;
    (void)count;
    (void)inserted;
    return missing(err);
}

bool postgres_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                      struct workflow_run *ret, struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                        struct workflow_step **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)run_row;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err) {
    (void)tx;
    (void)run;
    return missing(err);
}

bool postgres_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                           struct err *err) {
    (void)tx;
    (void)steps;
    (void)count;
    return missing(err);
}

bool postgres_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                       struct run_page *ret, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit,
                         int64_t *ret, struct err *err) {
    (void)tx;
    (void)created_before;
    (void)limit;
    (void)ret;
    return missing(err);
}

bool postgres_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    (void)tx;
    (void)cap;
    (void)ret;
    return missing(err);
}
