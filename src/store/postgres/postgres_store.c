/* postgres_store.c - the life of a store on PostgreSQL, and the table of its functions; see
 * postgres_store.h.
 */
#include "store/postgres/postgres_store.h"

#include "store/postgres/pg_committer.h"
#include "store/postgres/pg_migrate.h"
#include "store/postgres/pg_pool.h"
#include "store/postgres/pg_tables.h"

#include <sodium.h>
#include <stdlib.h>

struct postgres_store {
    struct store store; // first
    struct pg_target target;
    struct pg_committer committer;
    struct pg_pool readers;
    _Atomic int64_t generation;
};

static struct postgres_store *of(struct store *store) {
    return (struct postgres_store *)(void *)store;
}

static void close_store(struct store *base) {
    struct postgres_store *store = of(base);
    pg_committer_stop(&store->committer);
    pg_pool_stop(&store->readers);
    free(store->target.text);
    free(store);
}

static void submit(struct store *base, struct store_write *write) {
    pg_committer_post(&of(base)->committer, write);
}

static struct store_tx *read_begin(struct store *base, struct err *err) {
    struct pg_connection *connection = pg_pool_take(&of(base)->readers, err);
    return connection ? &connection->tx : NULL;
}

static void read_end(struct store_tx *tx) {
    pg_pool_give(pg_connection_of(tx));
}

/* Other nodes change jobs as well, and asking whether one has would cost as much as what a cache
 * saves: so nothing that was read before counts as fresh. */
static int64_t jobs_generation(struct store *base) {
    return atomic_fetch_add(&of(base)->generation, 1);
}

static const struct store_figures *figures(struct store *base) {
    return &of(base)->committer.queue.figures;
}

static const struct store_ops postgres_ops = {
    .close = close_store,
    .submit = submit,
    .read_begin = read_begin,
    .read_end = read_end,
    .jobs_generation = jobs_generation,
    .figures = figures,
    .job_insert = postgres_job_insert,
    .job_update = postgres_job_update,
    .job_erase = postgres_job_erase,
    .job_get = postgres_job_get,
    .job_get_by_row = postgres_job_get_by_row,
    .job_list = postgres_job_list,
    .job_failed = postgres_job_failed,
    .job_named = postgres_job_named,
    .job_walk = postgres_job_walk,
    .jobs_next = postgres_jobs_next,
    .jobs_due = postgres_jobs_due,
    .due_jobs = postgres_due_jobs,
    .plan_apply = postgres_plan_apply,
    .execution_insert = postgres_execution_insert,
    .wake_times = postgres_wake_times,
    .claim = postgres_claim,
    .settle = postgres_settle,
    .execution_progress = postgres_execution_progress,
    .orphans = postgres_orphans,
    .heartbeat = postgres_heartbeat,
    .nodes = postgres_nodes,
    .execution_cancel = postgres_execution_cancel,
    .cancel_requests = postgres_cancel_requests,
    .executions_live = postgres_executions_live,
    .execution_get = postgres_execution_get,
    .execution_list = postgres_execution_list,
    .search_index = postgres_search_index,
    .execution_retries = postgres_execution_retries,
    .occurrences = postgres_occurrences,
    .skips = postgres_skips,
    .skip_insert = postgres_skip_insert,
    .watch_get = postgres_watch_get,
    .watches_due = postgres_watches_due,
    .watch_update = postgres_watch_update,
    .executions_clear = postgres_executions_clear,
    .executions_trim = postgres_executions_trim,
    .skips_clear = postgres_skips_clear,
    .job_ends = postgres_job_ends,
    .dependants = postgres_dependants,
    .waiting = postgres_waiting,
    .release = postgres_release,
    .workflow_insert = postgres_workflow_insert,
    .workflow_update = postgres_workflow_update,
    .workflow_get = postgres_workflow_get,
    .workflow_get_by_row = postgres_workflow_get_by_row,
    .workflow_list = postgres_workflow_list,
    .run_insert = postgres_run_insert,
    .run_get = postgres_run_get,
    .run_steps = postgres_run_steps,
    .run_update = postgres_run_update,
    .steps_update = postgres_steps_update,
    .run_list = postgres_run_list,
    .runs_clear = postgres_runs_clear,
    .running_room = postgres_running_room,
    .timeline = postgres_timeline,
    .totals = postgres_totals,
    .queues = postgres_queues,
    .idempotency_get = postgres_idempotency_get,
    .idempotency_put = postgres_idempotency_put,
    .idempotency_expire = postgres_idempotency_expire,
    .audit_append = postgres_audit_append,
    .audit_list = postgres_audit_list,
    .audit_walk = postgres_audit_walk,
    .user_insert = postgres_user_insert,
    .user_update = postgres_user_update,
    .user_delete = postgres_user_delete,
    .user_get = postgres_user_get,
    .user_get_by_row = postgres_user_get_by_row,
    .user_get_by_email = postgres_user_get_by_email,
    .user_list = postgres_user_list,
    .user_count = postgres_user_count,
    .refresh_insert = postgres_refresh_insert,
    .refresh_get = postgres_refresh_get,
    .refresh_mark_used = postgres_refresh_mark_used,
    .refresh_revoke_family = postgres_refresh_revoke_family,
    .refresh_expire = postgres_refresh_expire,
    .refresh_revoke_user = postgres_refresh_revoke_user,
    .token_insert = postgres_token_insert,
    .token_get = postgres_token_get,
    .token_list = postgres_token_list,
    .token_revoke = postgres_token_revoke,
    .token_touch = postgres_token_touch,
    .meta_get = postgres_meta_get,
    .meta_set = postgres_meta_set,
};

/* ---- opening --------------------------------------------------------------------------------- */

static int64_t or_default(int64_t value, int64_t otherwise) {
    return value > 0 ? value : otherwise;
}

/* What cannot be understood is said before anything is asked of a server. */
static bool check_text(const char *text, struct err *err) {
    if (!postgres_library_load(err)) return false;
    char *why = NULL;
    PQconninfoOption *options = libpq()->PQconninfoParse(text, &why);
    if (options) {
        libpq()->PQconninfoFree(options);
        return true;
    }
    struct str rest = str_from_cstr(why);
    struct str line = str_trim(str_cut(&rest, '\n'));
    (void)err_set(err, ERR_INVALID, "the connection string cannot be understood: %.*s",
                  STR_ARG(line));
    libpq()->PQfreemem(why);
    return false;
}

struct store *postgres_store_open(const struct postgres_store_options *options, struct err *err) {
    if (!check_text(options->connection, err)) return NULL;
    if (sodium_init() < 0) return NULL;
    struct postgres_store *store = xcalloc(1, sizeof *store);
    store->store.ops = &postgres_ops;
    store->target = (struct pg_target){
        .ops = &postgres_ops,
        .text = xstrdup(options->connection),
        .statement_timeout_ms = or_default(options->statement_timeout_ms, 60000),
        .leases_by_caller = options->leases_by_caller,
    };
    pg_pool_start(&store->readers, &store->target,
                  (size_t)or_default(options->read_connections, 16));
    if (pg_committer_start(&store->committer, &store->target, err)) return &store->store;
    pg_pool_stop(&store->readers);
    free(store->target.text);
    free(store);
    return NULL;
}

/* The target of one that only looks. */
struct looking {
    struct pg_target target; // first
    struct postgres_store_look look;
};

static bool look_at(struct pg_connection *connection, struct err *err) {
    struct looking *looking = (struct looking *)(void *)(uintptr_t)connection->target;
    looking->look.newest = pg_migrate_newest();
    looking->look.server = libpq()->PQserverVersion(connection->conn) / 10000;
    return pg_migrate_version(connection, &looking->look.version, err);
}

bool postgres_store_look(const char *text, struct postgres_store_look *ret, struct err *err) {
    if (!check_text(text, err)) return false;
    struct looking looking = {.target = {
                                  .ops = &postgres_ops,
                                  .text = xstrdup(text),
                                  .statement_timeout_ms = 10000,
                              }};
    struct pg_connection *connection = pg_connection_new(&looking.target);
    bool ok = pg_connect(connection, look_at, err);
    pg_connection_close(connection);
    free(looking.target.text);
    if (ok) *ret = looking.look;
    return ok;
}
