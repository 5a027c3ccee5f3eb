/* calls.h - each writing call of store.h as a write of its own, which is what most tests need.
 *
 * Same name with `do_` for `store_`, the store in the place of the transaction.
 */
#ifndef ALPHABET_TESTS_STORE_CALLS_H
#define ALPHABET_TESTS_STORE_CALLS_H

#include "store/store.h"

bool do_job_insert(struct store *store, struct job *job, struct err *err);
bool do_job_update(struct store *store, const struct job *job, int64_t expected_revision,
                   struct err *err);
bool do_job_erase(struct store *store, int64_t job_row, struct err *err);
bool do_plan_apply(struct store *store, struct plan_item *items, size_t count, struct err *err);
bool do_execution_insert(struct store *store, struct new_execution *execution, struct err *err);
bool do_claim(struct store *store, const struct claim *claim, struct arena *arena,
              struct execution **ret, size_t *count, struct err *err);
bool do_settle(struct store *store, struct settlement *items, size_t count, struct err *err);
bool do_execution_progress(struct store *store, struct execution_progress *items, size_t count,
                           struct err *err);
bool do_release(struct store *store, const struct release *items, size_t count, struct err *err);
bool do_workflow_insert(struct store *store, struct workflow *workflow,
                        const struct workflow_member *members, size_t count, struct err *err);
bool do_workflow_update(struct store *store, const struct workflow *workflow,
                        int64_t expected_revision, const struct workflow_member *members,
                        size_t count, struct err *err);
bool do_run_insert(struct store *store, struct workflow_run *run, struct workflow_step *steps,
                   size_t count, bool *inserted, struct err *err);
bool do_run_update(struct store *store, const struct workflow_run *run, struct err *err);
bool do_steps_update(struct store *store, const struct workflow_step *steps, size_t count,
                     struct err *err);
bool do_runs_clear(struct store *store, struct utc created_before, int64_t limit, int64_t *ret,
                   struct err *err);
bool do_heartbeat(struct store *store, const struct node *node, struct err *err);
bool do_execution_cancel(struct store *store, struct guid id, struct str reason, struct utc now,
                         struct arena *arena, enum cancel_result *ret,
                         struct execution *ret_execution, struct err *err);
bool do_executions_clear(struct store *store, struct clear *clear, struct err *err);
bool do_executions_trim(struct store *store, struct trim *trim, struct err *err);
bool do_skips_clear(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                    struct err *err);
bool do_skip_insert(struct store *store, const struct skip_range *range, struct err *err);
bool do_idempotency_put(struct store *store, const struct idempotency *entry, struct err *err);
bool do_idempotency_expire(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err);
bool do_audit_append(struct store *store, struct audit_entry *entry, struct err *err);
bool do_refresh_expire(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                       struct err *err);
bool do_watch_update(struct store *store, const struct watch *watch, struct err *err);
bool do_search_index(struct store *store, int64_t limit, bool *more, struct err *err);
bool do_user_insert(struct store *store, struct user *user, struct err *err);
bool do_user_update(struct store *store, const struct user *user, struct err *err);
bool do_user_delete(struct store *store, int64_t user_row, struct err *err);
bool do_refresh_insert(struct store *store, const struct refresh_token *token, struct err *err);
bool do_refresh_mark_used(struct store *store, const unsigned char hash[TOKEN_HASH_SIZE],
                          struct utc at, struct err *err);
bool do_refresh_revoke_family(struct store *store, struct guid family, struct utc at,
                              struct err *err);
bool do_refresh_revoke_user(struct store *store, int64_t user_row, struct utc at, struct err *err);
bool do_token_insert(struct store *store, const struct access_token *token, struct err *err);
bool do_token_revoke(struct store *store, int64_t user_row, struct guid id, struct utc at,
                     struct err *err);
bool do_token_touch(struct store *store, struct guid id, struct utc at, struct err *err);
bool do_meta_set(struct store *store, struct str name, struct str value, struct err *err);

#endif
