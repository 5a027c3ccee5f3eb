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

bool postgres_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    (void)tx;
    (void)cap;
    (void)ret;
    return missing(err);
}
