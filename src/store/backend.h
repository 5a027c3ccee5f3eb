/* backend.h - what a back end implements: one function for each of store.h, under the same name.
 *
 * Only the back ends and store.c include this. A back end's `struct store` and `struct store_tx`
 * begin with the two structs below, so that store.c finds the functions.
 *
 *   Owns, Threads, Errors: as store.h says for the function of the same name.
 */
#ifndef ALPHABET_STORE_BACKEND_H
#define ALPHABET_STORE_BACKEND_H

#include "store/store.h"

struct store_ops {
    void (*close)(struct store *store);
    void (*submit)(struct store *store, struct store_write *write);
    struct store_tx *(*read_begin)(struct store *store, struct err *err);
    void (*read_end)(struct store_tx *tx);
    int64_t (*jobs_generation)(struct store *store);
    const struct store_figures *(*figures)(struct store *store);

    bool (*job_insert)(struct store_tx *tx, struct job *job, struct err *err);
    bool (*job_update)(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                       struct err *err);
    bool (*job_erase)(struct store_tx *tx, int64_t job_row, struct err *err);
    bool (*job_get)(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                    struct err *err);
    bool (*job_get_by_row)(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                           struct err *err);
    bool (*job_list)(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                     struct job_page *ret, struct err *err);
    bool (*job_failed)(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                       struct job_page *ret, struct err *err);
    bool (*job_named)(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                      struct job *ret, bool *found, struct err *err);
    bool (*job_walk)(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                     struct job **ret, size_t *count, struct err *err);
    bool (*jobs_next)(struct store_tx *tx, int64_t limit, struct arena *arena,
                      struct next_job **ret, size_t *count, struct err *err);
    bool (*jobs_due)(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err);
    bool (*due_jobs)(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                     struct due_job **ret, size_t *count, struct err *err);
    bool (*plan_apply)(struct store_tx *tx, struct plan_item *items, size_t count, struct err *err);
    bool (*execution_insert)(struct store_tx *tx, struct new_execution *execution, struct err *err);
    bool (*wake_times)(struct store_tx *tx, struct wake_times *ret, struct err *err);
    bool (*claim)(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                  struct execution **ret, size_t *count, struct err *err);
    bool (*settle)(struct store_tx *tx, struct settlement *items, size_t count, struct err *err);
    bool (*execution_progress)(struct store_tx *tx, struct execution_progress *items, size_t count,
                               struct err *err);
    bool (*orphans)(struct store_tx *tx, struct str node_name, struct utc lease_before,
                    int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                    struct err *err);
    bool (*heartbeat)(struct store_tx *tx, const struct node *node, struct err *err);
    bool (*nodes)(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                  struct err *err);
    bool (*execution_cancel)(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                             struct arena *arena, enum cancel_result *ret,
                             struct execution *ret_execution, struct err *err);
    bool (*cancel_requests)(struct store_tx *tx, struct str node_name, struct arena *arena,
                            struct cancel_request **ret, size_t *count, struct err *err);
    bool (*executions_live)(struct store_tx *tx, int64_t job_row, struct arena *arena,
                            struct execution **ret, size_t *count, struct err *err);
    bool (*execution_get)(struct store_tx *tx, struct guid id, struct arena *arena,
                          struct execution *ret, struct err *err);
    bool (*execution_list)(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err);
    bool (*search_index)(struct store_tx *tx, int64_t limit, bool *more, struct err *err);
    bool (*execution_retries)(struct store_tx *tx, struct guid id, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err);
    bool (*occurrences)(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                        int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                        struct err *err);
    bool (*skips)(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                  struct arena *arena, struct skip_range **ret, size_t *count, struct err *err);
    bool (*skip_insert)(struct store_tx *tx, const struct skip_range *range, struct err *err);
    bool (*executions_clear)(struct store_tx *tx, struct clear *clear, struct err *err);
    bool (*executions_trim)(struct store_tx *tx, struct trim *trim, struct err *err);
    bool (*skips_clear)(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                        struct err *err);
    bool (*watch_get)(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                      struct err *err);
    bool (*watches_due)(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                        struct watch **ret, size_t *count, struct err *err);
    bool (*watch_update)(struct store_tx *tx, const struct watch *watch, struct err *err);
    bool (*job_ends)(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                     struct job_end *ret, struct err *err);
    bool (*dependants)(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                       size_t *count, struct err *err);
    bool (*waiting)(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                    struct waiting_run **ret, size_t *count, struct err *err);
    bool (*release)(struct store_tx *tx, const struct release *items, size_t count,
                    struct err *err);
    bool (*workflow_insert)(struct store_tx *tx, struct workflow *workflow,
                            const struct workflow_member *members, size_t count, struct err *err);
    bool (*workflow_update)(struct store_tx *tx, const struct workflow *workflow,
                            int64_t expected_revision, const struct workflow_member *members,
                            size_t count, struct err *err);
    bool (*workflow_get)(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct workflow *ret, struct err *err);
    bool (*workflow_get_by_row)(struct store_tx *tx, int64_t row, struct arena *arena,
                                struct workflow *ret, struct err *err);
    bool (*workflow_list)(struct store_tx *tx, const struct workflow_filter *filter,
                          struct arena *arena, struct workflow_page *ret, struct err *err);
    bool (*run_insert)(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                       size_t count, bool *inserted, struct err *err);
    bool (*run_get)(struct store_tx *tx, struct guid id, struct arena *arena,
                    struct workflow_run *ret, struct err *err);
    bool (*run_steps)(struct store_tx *tx, int64_t run_row, struct arena *arena,
                      struct workflow_step **ret, size_t *count, struct err *err);
    bool (*run_update)(struct store_tx *tx, const struct workflow_run *run, struct err *err);
    bool (*steps_update)(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                         struct err *err);
    bool (*run_list)(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                     struct run_page *ret, struct err *err);
    bool (*runs_clear)(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                       struct err *err);
    bool (*running_room)(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err);
    bool (*timeline)(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                     struct timeline_bucket *ret, struct err *err);
    bool (*totals)(struct store_tx *tx, struct totals *ret, struct err *err);
    bool (*queues)(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                   size_t *count, struct err *err);
    bool (*idempotency_get)(struct store_tx *tx, struct str scope, struct str key,
                            struct utc not_before, struct arena *arena, struct idempotency *ret,
                            struct err *err);
    bool (*idempotency_put)(struct store_tx *tx, const struct idempotency *entry, struct err *err);
    bool (*idempotency_expire)(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                               struct err *err);
    bool (*audit_append)(struct store_tx *tx, struct audit_entry *entry, struct err *err);
    bool (*audit_list)(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err);
    bool (*audit_walk)(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                       struct audit_entry **ret, size_t *count, struct err *err);
    bool (*user_insert)(struct store_tx *tx, struct user *user, struct err *err);
    bool (*user_update)(struct store_tx *tx, const struct user *user, struct err *err);
    bool (*user_delete)(struct store_tx *tx, int64_t user_row, struct err *err);
    bool (*user_get)(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                     struct err *err);
    bool (*user_get_by_row)(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                            struct err *err);
    bool (*user_get_by_email)(struct store_tx *tx, struct str email, struct arena *arena,
                              struct user *ret, struct err *err);
    bool (*user_list)(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                      struct user **ret, size_t *count, int64_t *total, struct err *err);
    bool (*user_count)(struct store_tx *tx, enum role role, int64_t *ret, struct err *err);
    bool (*refresh_insert)(struct store_tx *tx, const struct refresh_token *token, struct err *err);
    bool (*refresh_get)(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct refresh_token *ret, struct err *err);
    bool (*refresh_mark_used)(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                              struct utc at, struct err *err);
    bool (*refresh_revoke_family)(struct store_tx *tx, struct guid family, struct utc at,
                                  struct err *err);
    bool (*refresh_expire)(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err);
    bool (*refresh_revoke_user)(struct store_tx *tx, int64_t user_row, struct utc at,
                                struct err *err);
    bool (*token_insert)(struct store_tx *tx, const struct access_token *token, struct err *err);
    bool (*token_get)(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                      struct arena *arena, struct access_token *ret, struct err *err);
    bool (*token_list)(struct store_tx *tx, int64_t user_row, struct arena *arena,
                       struct access_token **ret, size_t *count, struct err *err);
    bool (*token_revoke)(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         struct err *err);
    bool (*token_touch)(struct store_tx *tx, struct guid id, struct utc at, struct err *err);
    bool (*meta_get)(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                     struct err *err);
    bool (*meta_set)(struct store_tx *tx, struct str name, struct str value, struct err *err);
};

/* What the functions about workflows say, the same for every back end. Each returns false. */
bool no_such_workflow(struct err *err);                                         // NOT_FOUND
bool no_such_run(struct err *err);                                              // NOT_FOUND
bool root_is_taken(struct str job, struct str other_workflow, struct err *err); // CONFLICT

struct store {
    const struct store_ops *ops;
};

struct store_tx {
    const struct store_ops *ops;
};

#endif
