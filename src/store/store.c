/* store.c - hands each call to the back end, and waits for a write where the caller asked to.
 *
 * The functions are one line each on purpose: the contract is in store.h, the work in the back
 * ends.
 */
#include "store/store.h"

#include "store/backend.h"
#include "store/words.h"

#include <pthread.h>

void store_close(struct store *store) {
    if (store) store->ops->close(store);
}

void store_submit(struct store *store, struct store_write *write) {
    store->ops->submit(store, write);
}

struct store_tx *store_read_begin(struct store *store, struct err *err) {
    return store->ops->read_begin(store, err);
}

void store_read_end(struct store_tx *tx) {
    if (tx) tx->ops->read_end(tx);
}

int64_t store_jobs_generation(struct store *store) {
    return store->ops->jobs_generation(store);
}

const struct store_figures *store_figures(struct store *store) {
    return store->ops->figures(store);
}

/* A write that somebody waits for. */
struct waiting_write {
    struct store_write write;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool answered;
};

static void wake_waiter(struct store_write *write) {
    struct waiting_write *waiting = (struct waiting_write *)(void *)write;
    (void)pthread_mutex_lock(&waiting->lock);
    waiting->answered = true;
    (void)pthread_cond_signal(&waiting->changed);
    (void)pthread_mutex_unlock(&waiting->lock);
}

bool store_write_wait(struct store *store, bool (*run)(struct store_tx *, void *, struct err *),
                      void *context, struct err *err) {
    struct waiting_write waiting = {
        .write = {.run = run, .done = wake_waiter, .context = context},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    store_submit(store, &waiting.write);
    (void)pthread_mutex_lock(&waiting.lock);
    while (!waiting.answered) (void)pthread_cond_wait(&waiting.changed, &waiting.lock);
    (void)pthread_mutex_unlock(&waiting.lock);
    (void)pthread_cond_destroy(&waiting.changed);
    (void)pthread_mutex_destroy(&waiting.lock);
    if (!waiting.write.ok && err) *err = waiting.write.err;
    return waiting.write.ok;
}

bool store_job_insert(struct store_tx *tx, struct job *job, struct err *err) {
    return tx->ops->job_insert(tx, job, err);
}

bool store_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                      struct err *err) {
    return tx->ops->job_update(tx, job, expected_revision, err);
}

bool store_job_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    return tx->ops->job_erase(tx, job_row, err);
}

bool store_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                   struct err *err) {
    return tx->ops->job_get(tx, id, arena, ret, err);
}

bool store_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                          struct err *err) {
    return tx->ops->job_get_by_row(tx, row, arena, ret, err);
}

bool store_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                    struct job_page *ret, struct err *err) {
    return tx->ops->job_list(tx, filter, arena, ret, err);
}

bool store_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                      struct job_page *ret, struct err *err) {
    return tx->ops->job_failed(tx, threshold, limit, arena, ret, err);
}

bool store_job_named(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                     struct job *ret, bool *found, struct err *err) {
    return tx->ops->job_named(tx, name, after_row, arena, ret, found, err);
}

bool store_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                    struct job **ret, size_t *count, struct err *err) {
    return tx->ops->job_walk(tx, walk, arena, ret, count, err);
}

bool store_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena, struct next_job **ret,
                     size_t *count, struct err *err) {
    return tx->ops->jobs_next(tx, limit, arena, ret, count, err);
}

bool store_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err) {
    return tx->ops->jobs_due(tx, before, ret, err);
}

bool store_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                    struct due_job **ret, size_t *count, struct err *err) {
    return tx->ops->due_jobs(tx, now, limit, arena, ret, count, err);
}

bool store_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count, struct err *err) {
    return tx->ops->plan_apply(tx, items, count, err);
}

bool store_execution_insert(struct store_tx *tx, struct new_execution *execution, struct err *err) {
    return tx->ops->execution_insert(tx, execution, err);
}

bool store_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err) {
    return tx->ops->wake_times(tx, ret, err);
}

bool store_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                 struct execution **ret, size_t *count, struct err *err) {
    return tx->ops->claim(tx, claim, arena, ret, count, err);
}

bool store_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    return tx->ops->settle(tx, items, count, err);
}

bool store_execution_progress(struct store_tx *tx, struct execution_progress *items, size_t count,
                              struct err *err) {
    return tx->ops->execution_progress(tx, items, count, err);
}

bool store_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                   int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                   struct err *err) {
    return tx->ops->orphans(tx, node_name, lease_before, limit, arena, ret, count, err);
}

bool store_heartbeat(struct store_tx *tx, const struct node *node, struct err *err) {
    return tx->ops->heartbeat(tx, node, err);
}

bool store_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                 struct err *err) {
    return tx->ops->nodes(tx, arena, ret, count, err);
}

bool store_execution_cancel(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                            struct arena *arena, enum cancel_result *ret,
                            struct execution *ret_execution, struct err *err) {
    return tx->ops->execution_cancel(tx, id, reason, now, arena, ret, ret_execution, err);
}

bool store_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                           struct cancel_request **ret, size_t *count, struct err *err) {
    return tx->ops->cancel_requests(tx, node_name, arena, ret, count, err);
}

bool store_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                           struct execution **ret, size_t *count, struct err *err) {
    return tx->ops->executions_live(tx, job_row, arena, ret, count, err);
}

bool store_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct execution *ret, struct err *err) {
    return tx->ops->execution_get(tx, id, arena, ret, err);
}

bool store_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                          struct arena *arena, struct execution_page *ret, struct err *err) {
    if (!words_check(filter->search, err)) return false;
    return tx->ops->execution_list(tx, filter, arena, ret, err);
}

bool store_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    return tx->ops->search_index(tx, limit, more, err);
}

bool store_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                             struct execution **ret, size_t *count, struct err *err) {
    return tx->ops->execution_retries(tx, id, arena, ret, count, err);
}

bool store_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                       int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                       struct err *err) {
    return tx->ops->occurrences(tx, job_row, from, to, limit, arena, ret, count, err);
}

bool store_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                 struct arena *arena, struct skip_range **ret, size_t *count, struct err *err) {
    return tx->ops->skips(tx, job_row, from, to, arena, ret, count, err);
}

bool store_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    return tx->ops->skip_insert(tx, range, err);
}

bool store_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    return tx->ops->executions_clear(tx, clear, err);
}

bool store_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    return tx->ops->executions_trim(tx, trim, err);
}

bool store_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                       struct err *err) {
    return tx->ops->skips_clear(tx, before, limit, ret, err);
}

bool store_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                     struct err *err) {
    return tx->ops->watch_get(tx, job_row, ret, found, err);
}

bool store_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                       struct watch **ret, size_t *count, struct err *err) {
    return tx->ops->watches_due(tx, now, limit, arena, ret, count, err);
}

bool store_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err) {
    return tx->ops->watch_update(tx, watch, err);
}

bool store_job_ends(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                    struct job_end *ret, struct err *err) {
    return tx->ops->job_ends(tx, ids, count, arena, ret, err);
}

bool store_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                      size_t *count, struct err *err) {
    return tx->ops->dependants(tx, job_id, arena, ret, count, err);
}

bool store_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                   struct waiting_run **ret, size_t *count, struct err *err) {
    return tx->ops->waiting(tx, filter, arena, ret, count, err);
}

bool store_release(struct store_tx *tx, const struct release *items, size_t count,
                   struct err *err) {
    return tx->ops->release(tx, items, count, err);
}

bool store_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                           const struct workflow_member *members, size_t count, struct err *err) {
    return tx->ops->workflow_insert(tx, workflow, members, count, err);
}

bool store_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                           int64_t expected_revision, const struct workflow_member *members,
                           size_t count, struct err *err) {
    return tx->ops->workflow_update(tx, workflow, expected_revision, members, count, err);
}

bool store_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                        struct workflow *ret, struct err *err) {
    return tx->ops->workflow_get(tx, id, arena, ret, err);
}

bool store_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                               struct workflow *ret, struct err *err) {
    return tx->ops->workflow_get_by_row(tx, row, arena, ret, err);
}

bool store_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                         struct arena *arena, struct workflow_page *ret, struct err *err) {
    return tx->ops->workflow_list(tx, filter, arena, ret, err);
}

bool store_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                      size_t count, bool *inserted, struct err *err) {
    return tx->ops->run_insert(tx, run, steps, count, inserted, err);
}

bool store_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                   struct workflow_run *ret, struct err *err) {
    return tx->ops->run_get(tx, id, arena, ret, err);
}

bool store_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                     struct workflow_step **ret, size_t *count, struct err *err) {
    return tx->ops->run_steps(tx, run_row, arena, ret, count, err);
}

bool store_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err) {
    return tx->ops->run_update(tx, run, err);
}

bool store_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                        struct err *err) {
    return tx->ops->steps_update(tx, steps, count, err);
}

bool store_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                    struct run_page *ret, struct err *err) {
    return tx->ops->run_list(tx, filter, arena, ret, err);
}

bool store_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                      struct err *err) {
    return tx->ops->runs_clear(tx, created_before, limit, ret, err);
}

bool store_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    return tx->ops->running_room(tx, cap, ret, err);
}

bool store_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                    struct timeline_bucket *ret, struct err *err) {
    return tx->ops->timeline(tx, from, bucket_minutes, count, ret, err);
}

bool store_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    return tx->ops->totals(tx, ret, err);
}

bool store_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                  size_t *count, struct err *err) {
    return tx->ops->queues(tx, arena, ret, count, err);
}

bool store_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                           struct utc not_before, struct arena *arena, struct idempotency *ret,
                           struct err *err) {
    return tx->ops->idempotency_get(tx, scope, key, not_before, arena, ret, err);
}

bool store_idempotency_put(struct store_tx *tx, const struct idempotency *entry, struct err *err) {
    return tx->ops->idempotency_put(tx, entry, err);
}

bool store_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                              struct err *err) {
    return tx->ops->idempotency_expire(tx, before, limit, ret, err);
}

bool store_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    return tx->ops->audit_append(tx, entry, err);
}

bool store_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                      struct audit_entry **ret, size_t *count, int64_t *total, struct err *err) {
    return tx->ops->audit_list(tx, filter, arena, ret, count, total, err);
}

bool store_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                      struct audit_entry **ret, size_t *count, struct err *err) {
    return tx->ops->audit_walk(tx, after_row, limit, arena, ret, count, err);
}

bool store_user_insert(struct store_tx *tx, struct user *user, struct err *err) {
    return tx->ops->user_insert(tx, user, err);
}

bool store_user_update(struct store_tx *tx, const struct user *user, struct err *err) {
    return tx->ops->user_update(tx, user, err);
}

bool store_user_delete(struct store_tx *tx, int64_t user_row, struct err *err) {
    return tx->ops->user_delete(tx, user_row, err);
}

bool store_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                    struct err *err) {
    return tx->ops->user_get(tx, id, arena, ret, err);
}

bool store_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                           struct err *err) {
    return tx->ops->user_get_by_row(tx, row, arena, ret, err);
}

bool store_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                             struct user *ret, struct err *err) {
    return tx->ops->user_get_by_email(tx, email, arena, ret, err);
}

bool store_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                     struct user **ret, size_t *count, int64_t *total, struct err *err) {
    return tx->ops->user_list(tx, offset, limit, arena, ret, count, total, err);
}

bool store_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err) {
    return tx->ops->user_count(tx, role, ret, err);
}

bool store_refresh_insert(struct store_tx *tx, const struct refresh_token *token, struct err *err) {
    return tx->ops->refresh_insert(tx, token, err);
}

bool store_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                       struct refresh_token *ret, struct err *err) {
    return tx->ops->refresh_get(tx, hash, ret, err);
}

bool store_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                             struct utc at, struct err *err) {
    return tx->ops->refresh_mark_used(tx, hash, at, err);
}

bool store_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                 struct err *err) {
    return tx->ops->refresh_revoke_family(tx, family, at, err);
}

bool store_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                          struct err *err) {
    return tx->ops->refresh_expire(tx, before, limit, ret, err);
}

bool store_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                               struct err *err) {
    return tx->ops->refresh_revoke_user(tx, user_row, at, err);
}

bool store_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err) {
    return tx->ops->token_insert(tx, token, err);
}

bool store_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                     struct arena *arena, struct access_token *ret, struct err *err) {
    return tx->ops->token_get(tx, hash, arena, ret, err);
}

bool store_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                      struct access_token **ret, size_t *count, struct err *err) {
    return tx->ops->token_list(tx, user_row, arena, ret, count, err);
}

bool store_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                        struct err *err) {
    return tx->ops->token_revoke(tx, user_row, id, at, err);
}

bool store_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err) {
    return tx->ops->token_touch(tx, id, at, err);
}

bool store_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                    struct err *err) {
    return tx->ops->meta_get(tx, name, arena, ret, err);
}

bool store_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err) {
    return tx->ops->meta_set(tx, name, value, err);
}

/* ---- for the back ends ----------------------------------------------------------------------- */

bool no_such_workflow(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such workflow");
}

bool no_such_run(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such workflow run");
}

bool root_is_taken(struct str job, struct str other_workflow, struct err *err) {
    return err_set(err, ERR_CONFLICT,
                   "the job \"%.*s\" starts the workflow \"%.*s\" already: a job can start one",
                   STR_ARG(job), STR_ARG(other_workflow));
}
