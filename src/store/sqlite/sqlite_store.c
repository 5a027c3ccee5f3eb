/* sqlite_store.c - opening and closing, and the table of functions; see sqlite_store.h.
 *
 * Who does what: committer.c writes, pool.c lends connections to readers, checkpointer.c copies the
 * log back, and the functions of the contract (tables.h) run named statements (queries.sql) on
 * whichever connection they are called with.
 */
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/committer.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct sqlite_store {
    struct store store; // first
    char *path;
    int lock_file;
    struct committer committer;
    struct pool readers;
};

static struct sqlite_store *store_of(struct store *store) {
    return (struct sqlite_store *)(void *)store;
}

/* ---- the contract's first page --------------------------------------------------------------- */

static void close_store(struct store *base) {
    struct sqlite_store *store = store_of(base);
    committer_stop(&store->committer);
    pool_stop(&store->readers);
    lock_file_release(store->lock_file);
    free(store->path);
    free(store);
}

static void submit(struct store *base, struct store_write *write) {
    committer_post(&store_of(base)->committer, write);
}

static struct store_tx *read_begin(struct store *base, struct err *err) {
    struct connection *connection = pool_take(&store_of(base)->readers, err);
    return connection ? &connection->tx : NULL;
}

static void read_end(struct store_tx *tx) {
    pool_give(connection_of(tx));
}

static int64_t jobs_generation(struct store *base) {
    return atomic_load(&store_of(base)->committer.generation);
}

static const struct store_figures *figures(struct store *base) {
    return &store_of(base)->committer.queue.figures;
}

static const struct store_ops sqlite_ops = {
    .close = close_store,
    .submit = submit,
    .read_begin = read_begin,
    .read_end = read_end,
    .jobs_generation = jobs_generation,
    .figures = figures,
    .job_insert = sqlite_job_insert,
    .job_update = sqlite_job_update,
    .job_erase = sqlite_job_erase,
    .job_get = sqlite_job_get,
    .job_get_by_row = sqlite_job_get_by_row,
    .job_list = sqlite_job_list,
    .job_failed = sqlite_job_failed,
    .job_named = sqlite_job_named,
    .job_walk = sqlite_job_walk,
    .jobs_next = sqlite_jobs_next,
    .jobs_due = sqlite_jobs_due,
    .due_jobs = sqlite_due_jobs,
    .plan_apply = sqlite_plan_apply,
    .execution_insert = sqlite_execution_insert,
    .wake_times = sqlite_wake_times,
    .claim = sqlite_claim,
    .settle = sqlite_settle,
    .execution_progress = sqlite_execution_progress,
    .orphans = sqlite_orphans,
    .heartbeat = sqlite_heartbeat,
    .nodes = sqlite_nodes,
    .execution_cancel = sqlite_execution_cancel,
    .cancel_requests = sqlite_cancel_requests,
    .executions_live = sqlite_executions_live,
    .execution_get = sqlite_execution_get,
    .execution_list = sqlite_execution_list,
    .search_index = sqlite_search_index,
    .execution_retries = sqlite_execution_retries,
    .occurrences = sqlite_occurrences,
    .skips = sqlite_skips,
    .skip_insert = sqlite_skip_insert,
    .watch_get = sqlite_watch_get,
    .watches_due = sqlite_watches_due,
    .watch_update = sqlite_watch_update,
    .executions_clear = sqlite_executions_clear,
    .executions_trim = sqlite_executions_trim,
    .skips_clear = sqlite_skips_clear,
    .job_ends = sqlite_job_ends,
    .dependants = sqlite_dependants,
    .waiting = sqlite_waiting,
    .release = sqlite_release,
    .workflow_insert = sqlite_workflow_insert,
    .workflow_update = sqlite_workflow_update,
    .workflow_get = sqlite_workflow_get,
    .workflow_get_by_row = sqlite_workflow_get_by_row,
    .workflow_list = sqlite_workflow_list,
    .run_insert = sqlite_run_insert,
    .run_get = sqlite_run_get,
    .run_steps = sqlite_run_steps,
    .run_update = sqlite_run_update,
    .steps_update = sqlite_steps_update,
    .run_list = sqlite_run_list,
    .runs_clear = sqlite_runs_clear,
    .running_room = sqlite_running_room,
    .timeline = sqlite_timeline,
    .totals = sqlite_totals,
    .queues = sqlite_queues,
    .idempotency_get = sqlite_idempotency_get,
    .idempotency_put = sqlite_idempotency_put,
    .idempotency_expire = sqlite_idempotency_expire,
    .audit_append = sqlite_audit_append,
    .audit_list = sqlite_audit_list,
    .audit_walk = sqlite_audit_walk,
    .user_insert = sqlite_user_insert,
    .user_update = sqlite_user_update,
    .user_delete = sqlite_user_delete,
    .user_get = sqlite_user_get,
    .user_get_by_row = sqlite_user_get_by_row,
    .user_get_by_email = sqlite_user_get_by_email,
    .user_list = sqlite_user_list,
    .user_count = sqlite_user_count,
    .refresh_insert = sqlite_refresh_insert,
    .refresh_get = sqlite_refresh_get,
    .refresh_mark_used = sqlite_refresh_mark_used,
    .refresh_revoke_family = sqlite_refresh_revoke_family,
    .refresh_expire = sqlite_refresh_expire,
    .refresh_revoke_user = sqlite_refresh_revoke_user,
    .token_insert = sqlite_token_insert,
    .token_get = sqlite_token_get,
    .token_list = sqlite_token_list,
    .token_revoke = sqlite_token_revoke,
    .token_touch = sqlite_token_touch,
    .meta_get = sqlite_meta_get,
    .meta_set = sqlite_meta_set,
};

/* ---- opening --------------------------------------------------------------------------------- */

static int64_t or_default(int64_t value, int64_t otherwise) {
    return value > 0 ? value : otherwise;
}

/* SQLite would make the file readable for everybody whom the umask lets in; the log and its index
 * take the mode of the file. */
static bool make_file(const char *path, struct err *err) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return err_set(err, ERR_UNAVAILABLE, "%s cannot be opened: %s", path, strerror(errno));
    (void)close(descriptor);
    return true;
}

static bool use_log(struct connection *connection, struct err *err) {
    sqlite3_stmt *statement = NULL;
    int result =
        sqlite3_prepare_v2(connection->db, "pragma journal_mode = wal", -1, &statement, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(statement);
    bool ok = result == SQLITE_ROW || sqlite_failed(connection->db, result, err);
    if (ok && sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0)
        ok = err_set(err, ERR_UNAVAILABLE,
                     "the file system does not allow a write-ahead log (shared memory is needed)");
    (void)sqlite3_finalize(statement);
    return ok;
}

static struct connection *open_writer(const struct connection_options *options,
                                      struct writer *writer, struct err *err) {
    struct connection *connection = connection_open(options, err);
    if (!connection) return NULL;
    connection->writer = writer;
    connection->in_transaction = true; // from here on nobody but the committer begins one
    if (migrate_check(connection, err) && use_log(connection, err) && migrate(connection, err) &&
        writer_load(&connection->tx, err))
        return connection;
    connection_close(connection);
    return NULL;
}

static bool start(struct sqlite_store *store, const struct sqlite_store_options *options,
                  struct err *err) {
    struct connection_options writing = {
        .path = store->path,
        .ops = &sqlite_ops,
        .cache_kib = or_default(options->write_cache_kib, 24576),
        .max_pages = options->max_pages,
    };
    struct connection_options reading = writing;
    reading.cache_kib = or_default(options->read_cache_kib, 2048);
    if (!make_file(store->path, err)) return false;
    struct connection *writer = open_writer(&writing, &store->committer.writer, err);
    if (!writer) return false;
    struct connection *checkpointing = connection_open(&reading, err);
    if (!checkpointing) {
        connection_close(writer);
        return false;
    }
    reading.read_only = true;
    reading.commits = &store->committer.commits;
    store->committer.checkpointer.readers = &store->readers;
    pool_start(&store->readers, &reading, (size_t)or_default(options->read_connections, 16));
    store->committer.on_fatal = options->on_fatal;
    store->committer.fatal_context = options->fatal_context;
    store->committer.checkpointer.pages = or_default(options->checkpoint_pages, 4000);
    store->committer.checkpointer.at_most = or_default(options->checkpoint_at_most, 16000);
    committer_start(&store->committer, writer, checkpointing);
    return true;
}

struct store *sqlite_store_open(const struct sqlite_store_options *options, struct err *err) {
    sqlite_set_up();
    struct sqlite_store *store = xcalloc(1, sizeof *store);
    store->store.ops = &sqlite_ops;
    store->path = xstrdup(options->path);
    struct buf lock = buf_with_max(0);
    buf_printf(&lock, "%s.lock", store->path);
    store->lock_file = lock_file_take(lock.ptr, err);
    buf_free(&lock);
    if (store->lock_file >= 0 && start(store, options, err)) return &store->store;
    lock_file_release(store->lock_file);
    free(store->path);
    free(store);
    return NULL;
}
