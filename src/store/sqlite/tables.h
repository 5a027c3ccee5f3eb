/* tables.h - each function of the contract, under its name with `sqlite_` before it.
 *
 *   Owns, Threads, Errors: as store/store.h says for the function of the same name.
 */
#ifndef ALPHABET_STORE_SQLITE_TABLES_H
#define ALPHABET_STORE_SQLITE_TABLES_H

#include "store/sqlite/job_state.h"
#include "store/sqlite/query.h"

bool sqlite_job_insert(struct store_tx *tx, struct job *job, struct err *err);
bool sqlite_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                       struct err *err);
bool sqlite_job_erase(struct store_tx *tx, int64_t job_row, struct err *err);
bool sqlite_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                    struct err *err);
bool sqlite_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                           struct err *err);
bool sqlite_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                     struct job_page *ret, struct err *err);
bool sqlite_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                       struct job_page *ret, struct err *err);
bool sqlite_job_named(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                      struct job *ret, bool *found, struct err *err);
bool sqlite_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                     struct job **ret, size_t *count, struct err *err);
bool sqlite_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                      struct next_job **ret, size_t *count, struct err *err);
bool sqlite_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err);
bool sqlite_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                     struct due_job **ret, size_t *count, struct err *err);
bool sqlite_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count, struct err *err);
bool sqlite_execution_insert(struct store_tx *tx, struct new_execution *execution, struct err *err);
bool sqlite_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err);
bool sqlite_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                  struct execution **ret, size_t *count, struct err *err);
bool sqlite_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err);
bool sqlite_execution_progress(struct store_tx *tx, struct execution_progress *items, size_t count,
                               struct err *err);
bool sqlite_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                    int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                    struct err *err);
bool sqlite_heartbeat(struct store_tx *tx, const struct node *node, struct err *err);
bool sqlite_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                  struct err *err);
bool sqlite_execution_cancel(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                             struct arena *arena, enum cancel_result *ret,
                             struct execution *ret_execution, struct err *err);
bool sqlite_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                            struct cancel_request **ret, size_t *count, struct err *err);
bool sqlite_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                            struct execution **ret, size_t *count, struct err *err);
bool sqlite_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                          struct execution *ret, struct err *err);
bool sqlite_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err);
bool sqlite_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err);
bool sqlite_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err);
bool sqlite_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                        int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                        struct err *err);
bool sqlite_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                  struct arena *arena, struct skip_range **ret, size_t *count, struct err *err);
bool sqlite_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err);
bool sqlite_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                      struct err *err);
bool sqlite_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                        struct watch **ret, size_t *count, struct err *err);
bool sqlite_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err);
bool sqlite_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err);
bool sqlite_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err);
bool sqlite_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                        struct err *err);
bool sqlite_job_ends(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                     struct job_end *ret, struct err *err);
bool sqlite_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                       size_t *count, struct err *err);
bool sqlite_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                    struct waiting_run **ret, size_t *count, struct err *err);
bool sqlite_release(struct store_tx *tx, const struct release *items, size_t count,
                    struct err *err);
bool sqlite_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                            const struct workflow_member *members, size_t count, struct err *err);
bool sqlite_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                            int64_t expected_revision, const struct workflow_member *members,
                            size_t count, struct err *err);
bool sqlite_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct workflow *ret, struct err *err);
bool sqlite_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                struct workflow *ret, struct err *err);
bool sqlite_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                          struct arena *arena, struct workflow_page *ret, struct err *err);
bool sqlite_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                       size_t count, bool *inserted, struct err *err);
bool sqlite_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                    struct workflow_run *ret, struct err *err);
bool sqlite_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                      struct workflow_step **ret, size_t *count, struct err *err);
bool sqlite_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err);
bool sqlite_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                         struct err *err);
bool sqlite_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                     struct run_page *ret, struct err *err);
bool sqlite_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                       struct err *err);
bool sqlite_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err);
bool sqlite_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                     struct timeline_bucket *ret, struct err *err);
bool sqlite_totals(struct store_tx *tx, struct totals *ret, struct err *err);
bool sqlite_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                   size_t *count, struct err *err);
bool sqlite_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                            struct utc not_before, struct arena *arena, struct idempotency *ret,
                            struct err *err);
bool sqlite_idempotency_put(struct store_tx *tx, const struct idempotency *entry, struct err *err);
bool sqlite_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                               struct err *err);
bool sqlite_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err);
bool sqlite_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err);
bool sqlite_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                       struct audit_entry **ret, size_t *count, struct err *err);
bool sqlite_user_insert(struct store_tx *tx, struct user *user, struct err *err);
bool sqlite_user_update(struct store_tx *tx, const struct user *user, struct err *err);
bool sqlite_user_delete(struct store_tx *tx, int64_t user_row, struct err *err);
bool sqlite_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                     struct err *err);
bool sqlite_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                            struct err *err);
bool sqlite_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                              struct user *ret, struct err *err);
bool sqlite_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                      struct user **ret, size_t *count, int64_t *total, struct err *err);
bool sqlite_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err);
bool sqlite_refresh_insert(struct store_tx *tx, const struct refresh_token *token, struct err *err);
bool sqlite_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct refresh_token *ret, struct err *err);
bool sqlite_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                              struct utc at, struct err *err);
bool sqlite_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                  struct err *err);
bool sqlite_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err);
bool sqlite_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                struct err *err);
bool sqlite_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err);
bool sqlite_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                      struct arena *arena, struct access_token *ret, struct err *err);
bool sqlite_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                       struct access_token **ret, size_t *count, struct err *err);
bool sqlite_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         struct err *err);
bool sqlite_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err);
bool sqlite_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                     struct err *err);
bool sqlite_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err);

/* ---- for the other files --------------------------------------------------------------------- */

/* Reads the rows whose ids the query answers, one job each, into an array in the arena. */
WARN_UNUSED bool jobs_of_query(struct query *q, struct arena *arena, struct job **ret,
                               size_t *count, struct err *err);
/* Likewise executions, without output. */
WARN_UNUSED bool executions_of_query(struct query *q, struct arena *arena, struct execution **ret,
                                     size_t *count, struct err *err);
WARN_UNUSED bool execution_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                  struct execution *ret, struct err *err);

/* Binds status, from, to and queue of a filter, in this order; before them the job, when there is
 * one, and behind them the search. */
void bind_execution_scope(struct query *q, const struct execution_filter *filter, int64_t queue);
void bind_execution_filter(struct query *q, const struct execution_filter *filter, int64_t queue);

/* Of executions.flags. */
enum { FLAG_HAS_DETAILS = 1, FLAG_CANCEL_REQUESTED = 2, FLAG_WAITS = 4, FLAG_HAS_INPUTS = 8 };

/* Writes the execution and counts it, in `state` too, which the caller writes and notes. */
WARN_UNUSED bool execution_add(struct store_tx *tx, struct new_execution *execution,
                               struct job_state *state, struct err *err);
/* The watch of a job that was written: made, kept or removed. */
WARN_UNUSED bool watch_follow(struct store_tx *tx, const struct job *job, int64_t row,
                              struct err *err);
WARN_UNUSED bool watch_remove(struct store_tx *tx, int64_t row, struct err *err);
/* The dependencies of a job that was written (`row` is its), in the other direction too. */
WARN_UNUSED bool dependencies_follow(struct store_tx *tx, const struct job *job, int64_t row,
                                     struct err *err);
WARN_UNUSED bool dependencies_remove(struct store_tx *tx, int64_t row, struct err *err);
WARN_UNUSED bool dependants_count(struct store_tx *tx, struct guid job_id, int64_t *ret,
                                  struct err *err);
/* An execution of the job waits, or does no longer. */
WARN_UNUSED bool waiting_add(struct store_tx *tx, int64_t job_row, int64_t row, struct utc since,
                             struct err *err);
WARN_UNUSED bool waiting_remove(struct store_tx *tx, int64_t job_row, int64_t row, struct err *err);
/* Removes every execution of the job, what belongs to them, and their counts. */
WARN_UNUSED bool history_erase(struct store_tx *tx, int64_t job_row, struct err *err);
/* Both are NOT_FOUND, and return false. */
bool no_such_job(struct err *err);
bool no_such_execution(struct err *err);

#endif
