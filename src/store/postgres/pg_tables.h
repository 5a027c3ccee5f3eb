/* pg_tables.h - each function of the contract, under its name with `postgres_` before it.
 *
 *   Owns, Threads, Errors: as store/store.h says for the function of the same name.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_TABLES_H
#define ALPHABET_STORE_POSTGRES_PG_TABLES_H

#include "store/postgres/pg_query.h"

bool postgres_job_insert(struct store_tx *tx, struct job *job, struct err *err);
bool postgres_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                         struct err *err);
bool postgres_job_erase(struct store_tx *tx, int64_t job_row, struct err *err);
bool postgres_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                      struct err *err);
bool postgres_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                             struct err *err);
bool postgres_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                       struct job_page *ret, struct err *err);
bool postgres_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                         struct job_page *ret, struct err *err);
bool postgres_job_named(struct store_tx *tx, struct str name, int64_t after_row,
                        struct arena *arena, struct job *ret, bool *found, struct err *err);
bool postgres_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                       struct job **ret, size_t *count, struct err *err);
bool postgres_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                        struct next_job **ret, size_t *count, struct err *err);
bool postgres_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err);
bool postgres_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                       struct due_job **ret, size_t *count, struct err *err);
bool postgres_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                         struct err *err);
bool postgres_execution_insert(struct store_tx *tx, struct new_execution *execution,
                               struct err *err);
bool postgres_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err);
bool postgres_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                    struct execution **ret, size_t *count, struct err *err);
bool postgres_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err);
bool postgres_execution_progress(struct store_tx *tx, struct execution_progress *items,
                                 size_t count, struct err *err);
bool postgres_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                      int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                      struct err *err);
bool postgres_heartbeat(struct store_tx *tx, const struct node *node, struct err *err);
bool postgres_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                    struct err *err);
bool postgres_execution_cancel(struct store_tx *tx, struct guid id, struct str reason,
                               struct utc now, struct arena *arena, enum cancel_result *ret,
                               struct execution *ret_execution, struct err *err);
bool postgres_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                              struct cancel_request **ret, size_t *count, struct err *err);
bool postgres_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err);
bool postgres_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                            struct execution *ret, struct err *err);
bool postgres_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                             struct arena *arena, struct execution_page *ret, struct err *err);
bool postgres_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err);
bool postgres_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                                struct execution **ret, size_t *count, struct err *err);
bool postgres_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                          int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                          struct err *err);
bool postgres_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                    struct arena *arena, struct skip_range **ret, size_t *count, struct err *err);
bool postgres_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err);
bool postgres_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                        struct err *err);
bool postgres_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                          struct watch **ret, size_t *count, struct err *err);
bool postgres_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err);
bool postgres_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err);
bool postgres_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err);
bool postgres_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                          struct err *err);
bool postgres_job_ends(struct store_tx *tx, const struct guid *ids, size_t count,
                       struct arena *arena, struct job_end *ret, struct err *err);
bool postgres_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena,
                         int64_t **ret, size_t *count, struct err *err);
bool postgres_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                      struct waiting_run **ret, size_t *count, struct err *err);
bool postgres_release(struct store_tx *tx, const struct release *items, size_t count,
                      struct err *err);
bool postgres_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                              const struct workflow_member *members, size_t count, struct err *err);
bool postgres_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                              int64_t expected_revision, const struct workflow_member *members,
                              size_t count, struct err *err);
bool postgres_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                           struct workflow *ret, struct err *err);
bool postgres_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                  struct workflow *ret, struct err *err);
bool postgres_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                            struct arena *arena, struct workflow_page *ret, struct err *err);
bool postgres_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                         size_t count, bool *inserted, struct err *err);
bool postgres_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                      struct workflow_run *ret, struct err *err);
bool postgres_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                        struct workflow_step **ret, size_t *count, struct err *err);
bool postgres_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err);
bool postgres_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                           struct err *err);
bool postgres_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                       struct run_page *ret, struct err *err);
bool postgres_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit,
                         int64_t *ret, struct err *err);
bool postgres_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err);
bool postgres_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                       struct timeline_bucket *ret, struct err *err);
bool postgres_totals(struct store_tx *tx, struct totals *ret, struct err *err);
bool postgres_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                     size_t *count, struct err *err);
bool postgres_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                              struct utc not_before, struct arena *arena, struct idempotency *ret,
                              struct err *err);
bool postgres_idempotency_put(struct store_tx *tx, const struct idempotency *entry,
                              struct err *err);
bool postgres_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit,
                                 int64_t *ret, struct err *err);
bool postgres_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err);
bool postgres_audit_list(struct store_tx *tx, const struct audit_filter *filter,
                         struct arena *arena, struct audit_entry **ret, size_t *count,
                         int64_t *total, struct err *err);
bool postgres_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                         struct audit_entry **ret, size_t *count, struct err *err);
bool postgres_user_insert(struct store_tx *tx, struct user *user, struct err *err);
bool postgres_user_update(struct store_tx *tx, const struct user *user, struct err *err);
bool postgres_user_delete(struct store_tx *tx, int64_t user_row, struct err *err);
bool postgres_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                       struct err *err);
bool postgres_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                              struct user *ret, struct err *err);
bool postgres_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                                struct user *ret, struct err *err);
bool postgres_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                        struct user **ret, size_t *count, int64_t *total, struct err *err);
bool postgres_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err);
bool postgres_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                             struct err *err);
bool postgres_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                          struct refresh_token *ret, struct err *err);
bool postgres_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                                struct utc at, struct err *err);
bool postgres_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                    struct err *err);
bool postgres_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                             struct err *err);
bool postgres_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                  struct err *err);
bool postgres_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err);
bool postgres_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct arena *arena, struct access_token *ret, struct err *err);
bool postgres_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                         struct access_token **ret, size_t *count, struct err *err);
bool postgres_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                           struct err *err);
bool postgres_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err);
bool postgres_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                       struct err *err);
bool postgres_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err);

/* ---- for the other files --------------------------------------------------------------------- */

/* Reads one row of execution_heads from the present column on. */
void pg_read_execution(struct pg_query *q, struct arena *arena, struct execution *ret);
/* Every row that the query answers (execution_heads, no output) into an array in the arena; ends
 * the query. */
WARN_UNUSED bool pg_executions(struct pg_query *q, struct arena *arena, struct execution **ret,
                               size_t *count, struct err *err);
/* Every row that the query answers (job_rows) into an array in the arena; ends the query. */
WARN_UNUSED bool pg_jobs_of_query(struct pg_query *q, struct arena *arena, struct job **ret,
                                  size_t *count, struct err *err);
/* New executions, in their order, of jobs that are locked: writes and counts them, also in the
 * jobs' state, which the caller writes (pg_jobs_write). */
WARN_UNUSED bool pg_executions_add(struct store_tx *tx, struct new_execution *const *executions,
                                   size_t count, struct err *err);
/* The watch of a job that was written: made, kept or removed. Does not wait. */
void pg_watch_follow(struct store_tx *tx, const struct job *job, int64_t row);
/* Both are NOT_FOUND, and return false. */
bool pg_no_such_job(struct err *err);
bool pg_no_such_execution(struct err *err);

#endif
