/* memory_store.c - the life of a memory store: queue, committer, faults; see memory_store.h.
 *
 * Two parts. `struct memory_data` is what would lie on the disk: the tables, shared by every store
 * that was opened on them, under one lock that a group of writes holds from its first write to its
 * commit. `struct memory_store` is what a process has: the queue of posted writes, the faults it is
 * to suffer and, in threaded mode, the committer.
 *
 * A reader copies the arrays of rows under the lock and then reads its copy without it (table.h),
 * so that a read never waits for a long write and never sees half of one.
 */
#include "store/memory/memory_store.h"

#include "store/memory/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct memory_data {
    pthread_mutex_t lock;
    /* under the lock */
    struct tables tables;
    size_t stores; // that share these data
    size_t reads;  // open, each with versions of these tables
    /* any thread */
    _Atomic int64_t jobs_generation;
};

struct memory_store {
    struct store base;
    struct memory_data *data;
    struct store_figures figures; // there is no flush to measure: stays at zero
    bool manual;
    pthread_t committer; // threaded mode only
    pthread_mutex_t lock;
    pthread_cond_t posted;
    /* under the lock */
    struct store_write *first, *last;
    size_t pending;
    size_t fail_next, lose_answer_next;
    bool stopping;
};

static struct memory_store *of(struct store *store) {
    return (struct memory_store *)(void *)store;
}

static void lock(pthread_mutex_t *mutex) {
    int failed = pthread_mutex_lock(mutex);
    assert(!failed);
    (void)failed;
}

static void unlock(pthread_mutex_t *mutex) {
    (void)pthread_mutex_unlock(mutex);
}

/* ---- data ------------------------------------------------------------------------------------ */

static struct memory_data *data_new(void) {
    struct memory_data *data = xcalloc(1, sizeof *data);
    (void)pthread_mutex_init(&data->lock, NULL);
    return data;
}

/* Call with the lock held; gives it back. */
static void data_unlock_and_free_unused(struct memory_data *data) {
    bool unused = data->stores == 0 && data->reads == 0;
    unlock(&data->lock);
    if (!unused) return;
    tables_free(&data->tables);
    (void)pthread_mutex_destroy(&data->lock);
    free(data);
}

const struct tables *tables_of(const struct store_tx *tx) {
    return ((const struct memory_tx *)(const void *)tx)->tables;
}

struct tables *tables_to_change(struct store_tx *tx) {
    struct memory_tx *memory_tx = (struct memory_tx *)(void *)tx;
    assert(memory_tx->writing);
    return memory_tx->tables;
}

/* ---- groups ---------------------------------------------------------------------------------- */

enum fate { COMMITTED, COMMIT_FAILED, ANSWER_LOST };

static const struct store_ops memory_ops;

static void run_group(struct memory_data *data, struct store_write *first, enum fate fate) {
    struct memory_tx tx = {.base.ops = &memory_ops, .tables = &data->tables, .writing = true};
    lock(&data->lock);
    struct savepoint group = tables_savepoint(&data->tables);
    for (struct store_write *write = first; write; write = write->next) {
        struct savepoint before = tables_savepoint(&data->tables);
        write->err = (struct err)ERR_INIT;
        write->ok = write->run(&tx.base, write->context, &write->err);
        if (!write->ok) tables_rollback(&data->tables, &before);
    }
    if (fate == COMMIT_FAILED) tables_rollback(&data->tables, &group);
    if (tables_changed(&data->tables, TABLE_JOBS)) atomic_fetch_add(&data->jobs_generation, 1);
    tables_commit(&data->tables);
    unlock(&data->lock);
}

static void answer_group(struct store_write *first, enum fate fate) {
    for (struct store_write *write = first; write;) {
        struct store_write *next = write->next; // done may free the write
        if (fate != COMMITTED)
            write->ok = err_set(&write->err, ERR_UNAVAILABLE, "the store did not answer");
        write->next = NULL;
        write->done(write);
        write = next;
    }
}

/* Takes everything that was posted, and decides what will become of it. Call with the lock held. */
static struct store_write *take_group(struct memory_store *store, enum fate *fate) {
    struct store_write *first = store->first;
    store->first = store->last = NULL;
    store->pending = 0;
    *fate = COMMITTED;
    if (store->fail_next > 0) {
        store->fail_next--;
        *fate = COMMIT_FAILED;
    } else if (store->lose_answer_next > 0) {
        store->lose_answer_next--;
        *fate = ANSWER_LOST;
    }
    return first;
}

static void *commit_until_stopped(void *context) {
    struct memory_store *store = context;
    lock(&store->lock);
    for (;;) {
        while (!store->first && !store->stopping)
            (void)pthread_cond_wait(&store->posted, &store->lock);
        if (!store->first) break;
        enum fate fate;
        struct store_write *first = take_group(store, &fate);
        unlock(&store->lock);
        run_group(store->data, first, fate);
        answer_group(first, fate);
        lock(&store->lock);
    }
    unlock(&store->lock);
    return NULL;
}

size_t memory_store_step(struct store *store) {
    struct memory_store *memory = of(store);
    assert(memory->manual);
    lock(&memory->lock);
    size_t count = memory->pending;
    enum fate fate = COMMITTED;
    struct store_write *first = count > 0 ? take_group(memory, &fate) : NULL;
    unlock(&memory->lock);
    if (!first) return 0;
    run_group(memory->data, first, fate);
    answer_group(first, fate);
    return count;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct store *memory_store_new(const struct memory_store_options *options) {
    struct memory_store *store = xcalloc(1, sizeof *store);
    store->base.ops = &memory_ops;
    store->manual = options->manual;
    histogram_init(&store->figures.commit_us, histogram_durations, HISTOGRAM_DURATIONS);
    histogram_init(&store->figures.commit_writes, histogram_sizes, HISTOGRAM_SIZES);
    store->data = options->share ? of(options->share)->data : data_new();
    lock(&store->data->lock);
    store->data->stores++;
    unlock(&store->data->lock);
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_cond_init(&store->posted, NULL);
    if (!store->manual && pthread_create(&store->committer, NULL, commit_until_stopped, store) != 0)
        abort(); // as when memory is out
    return &store->base;
}

static void memory_close(struct store *store) {
    struct memory_store *memory = of(store);
    if (memory->manual) {
        while (memory_store_step(store) > 0) continue;
    } else {
        lock(&memory->lock);
        memory->stopping = true;
        (void)pthread_cond_signal(&memory->posted);
        unlock(&memory->lock);
        (void)pthread_join(memory->committer, NULL);
    }
    lock(&memory->data->lock);
    memory->data->stores--;
    data_unlock_and_free_unused(memory->data);
    (void)pthread_cond_destroy(&memory->posted);
    (void)pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static void memory_submit(struct store *store, struct store_write *write) {
    struct memory_store *memory = of(store);
    write->next = NULL;
    lock(&memory->lock);
    if (memory->last)
        memory->last->next = write;
    else
        memory->first = write;
    memory->last = write;
    memory->pending++;
    (void)pthread_cond_signal(&memory->posted);
    unlock(&memory->lock);
}

static struct store_tx *memory_read_begin(struct store *base, struct err *err) {
    (void)err;
    struct memory_data *data = of(base)->data;
    struct memory_tx *tx = xcalloc(1, sizeof *tx);
    tx->base.ops = &memory_ops;
    tx->tables = &tx->snapshot;
    tx->data = data;
    lock(&data->lock);
    data->reads++;
    tables_snapshot(&data->tables, &tx->snapshot);
    unlock(&data->lock);
    return &tx->base;
}

static void memory_read_end(struct store_tx *base) {
    struct memory_tx *tx = (struct memory_tx *)(void *)base;
    lock(&tx->data->lock);
    tables_free(&tx->snapshot);
    tx->data->reads--;
    data_unlock_and_free_unused(tx->data);
    free(tx);
}

static int64_t memory_jobs_generation(struct store *store) {
    return atomic_load(&of(store)->data->jobs_generation);
}

static const struct store_figures *memory_figures(struct store *store) {
    return &of(store)->figures;
}

/* ---- manual mode and faults ------------------------------------------------------------------ */

static void note_answer(struct store_write *write) {
    write->done = NULL;
}

bool memory_store_write(struct store *store, bool (*run)(struct store_tx *, void *, struct err *),
                        void *context, struct err *err) {
    struct store_write write = {.run = run, .done = note_answer, .context = context};
    store_submit(store, &write);
    while (write.done) (void)memory_store_step(store);
    if (!write.ok && err) *err = write.err;
    return write.ok;
}

size_t memory_store_pending(struct store *store) {
    struct memory_store *memory = of(store);
    lock(&memory->lock);
    size_t pending = memory->pending;
    unlock(&memory->lock);
    return pending;
}

void memory_store_fail_next(struct store *store, size_t groups) {
    struct memory_store *memory = of(store);
    lock(&memory->lock);
    memory->fail_next = groups;
    unlock(&memory->lock);
}

void memory_store_lose_answer_next(struct store *store, size_t groups) {
    struct memory_store *memory = of(store);
    lock(&memory->lock);
    memory->lose_answer_next = groups;
    unlock(&memory->lock);
}

void memory_store_crash(struct store *store) {
    struct memory_store *memory = of(store);
    lock(&memory->lock);
    memory->first = memory->last = NULL;
    memory->pending = 0;
    unlock(&memory->lock);
}

static const struct store_ops memory_ops = {
    .close = memory_close,
    .submit = memory_submit,
    .read_begin = memory_read_begin,
    .read_end = memory_read_end,
    .jobs_generation = memory_jobs_generation,
    .figures = memory_figures,
    .job_insert = memory_job_insert,
    .job_update = memory_job_update,
    .job_erase = memory_job_erase,
    .job_get = memory_job_get,
    .job_get_by_row = memory_job_get_by_row,
    .job_list = memory_job_list,
    .job_failed = memory_job_failed,
    .job_named = memory_job_named,
    .job_walk = memory_job_walk,
    .jobs_next = memory_jobs_next,
    .jobs_due = memory_jobs_due,
    .due_jobs = memory_due_jobs,
    .plan_apply = memory_plan_apply,
    .execution_insert = memory_execution_insert,
    .wake_times = memory_wake_times,
    .claim = memory_claim,
    .settle = memory_settle,
    .execution_progress = memory_execution_progress,
    .orphans = memory_orphans,
    .heartbeat = memory_heartbeat,
    .nodes = memory_nodes,
    .execution_cancel = memory_execution_cancel,
    .cancel_requests = memory_cancel_requests,
    .executions_live = memory_executions_live,
    .execution_get = memory_execution_get,
    .execution_list = memory_execution_list,
    .search_index = memory_search_index,
    .execution_retries = memory_execution_retries,
    .occurrences = memory_occurrences,
    .skips = memory_skips,
    .skip_insert = memory_skip_insert,
    .watch_get = memory_watch_get,
    .watches_due = memory_watches_due,
    .watch_update = memory_watch_update,
    .executions_clear = memory_executions_clear,
    .executions_trim = memory_executions_trim,
    .skips_clear = memory_skips_clear,
    .job_ends = memory_job_ends,
    .dependants = memory_dependants,
    .waiting = memory_waiting,
    .release = memory_release,
    .workflow_insert = memory_workflow_insert,
    .workflow_update = memory_workflow_update,
    .workflow_get = memory_workflow_get,
    .workflow_get_by_row = memory_workflow_get_by_row,
    .workflow_list = memory_workflow_list,
    .run_insert = memory_run_insert,
    .run_get = memory_run_get,
    .run_steps = memory_run_steps,
    .run_update = memory_run_update,
    .steps_update = memory_steps_update,
    .run_list = memory_run_list,
    .runs_clear = memory_runs_clear,
    .running_room = memory_running_room,
    .timeline = memory_timeline,
    .totals = memory_totals,
    .queues = memory_queues,
    .idempotency_get = memory_idempotency_get,
    .idempotency_put = memory_idempotency_put,
    .idempotency_expire = memory_idempotency_expire,
    .audit_append = memory_audit_append,
    .audit_list = memory_audit_list,
    .audit_walk = memory_audit_walk,
    .user_insert = memory_user_insert,
    .user_update = memory_user_update,
    .user_delete = memory_user_delete,
    .user_get = memory_user_get,
    .user_get_by_row = memory_user_get_by_row,
    .user_get_by_email = memory_user_get_by_email,
    .user_list = memory_user_list,
    .user_count = memory_user_count,
    .refresh_insert = memory_refresh_insert,
    .refresh_get = memory_refresh_get,
    .refresh_mark_used = memory_refresh_mark_used,
    .refresh_revoke_family = memory_refresh_revoke_family,
    .refresh_expire = memory_refresh_expire,
    .refresh_revoke_user = memory_refresh_revoke_user,
    .token_insert = memory_token_insert,
    .token_get = memory_token_get,
    .token_list = memory_token_list,
    .token_revoke = memory_token_revoke,
    .token_touch = memory_token_touch,
    .meta_get = memory_meta_get,
    .meta_set = memory_meta_set,
};
