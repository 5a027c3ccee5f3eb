/* calls.c - each writing call as a write of its own: its arguments in a struct, a function that
 * makes the call with them inside the transaction, and one that posts it and waits.
 */
#include "calls.h"

struct job_insert_call {
    struct job *job;
};

static bool run_job_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct job_insert_call *call = context;
    return store_job_insert(tx, call->job, err);
}

bool do_job_insert(struct store *store, struct job *job, struct err *err) {
    struct job_insert_call call = {job};
    return store_write_wait(store, run_job_insert, &call, err);
}

struct job_update_call {
    const struct job *job;
    int64_t expected_revision;
};

static bool run_job_update(struct store_tx *tx, void *context, struct err *err) {
    const struct job_update_call *call = context;
    return store_job_update(tx, call->job, call->expected_revision, err);
}

bool do_job_update(struct store *store, const struct job *job, int64_t expected_revision,
                   struct err *err) {
    struct job_update_call call = {job, expected_revision};
    return store_write_wait(store, run_job_update, &call, err);
}

struct job_erase_call {
    int64_t job_row;
};

static bool run_job_erase(struct store_tx *tx, void *context, struct err *err) {
    const struct job_erase_call *call = context;
    return store_job_erase(tx, call->job_row, err);
}

bool do_job_erase(struct store *store, int64_t job_row, struct err *err) {
    struct job_erase_call call = {job_row};
    return store_write_wait(store, run_job_erase, &call, err);
}

struct plan_apply_call {
    struct plan_item *items;
    size_t count;
};

static bool run_plan_apply(struct store_tx *tx, void *context, struct err *err) {
    const struct plan_apply_call *call = context;
    return store_plan_apply(tx, call->items, call->count, err);
}

bool do_plan_apply(struct store *store, struct plan_item *items, size_t count, struct err *err) {
    struct plan_apply_call call = {items, count};
    return store_write_wait(store, run_plan_apply, &call, err);
}

struct execution_insert_call {
    struct new_execution *execution;
};

static bool run_execution_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct execution_insert_call *call = context;
    return store_execution_insert(tx, call->execution, err);
}

bool do_execution_insert(struct store *store, struct new_execution *execution, struct err *err) {
    struct execution_insert_call call = {execution};
    return store_write_wait(store, run_execution_insert, &call, err);
}

struct claim_call {
    const struct claim *claim;
    struct arena *arena;
    struct execution **ret;
    size_t *count;
};

static bool run_claim(struct store_tx *tx, void *context, struct err *err) {
    const struct claim_call *call = context;
    return store_claim(tx, call->claim, call->arena, call->ret, call->count, err);
}

bool do_claim(struct store *store, const struct claim *claim, struct arena *arena,
              struct execution **ret, size_t *count, struct err *err) {
    struct claim_call call = {claim, arena, ret, count};
    return store_write_wait(store, run_claim, &call, err);
}

struct settle_call {
    struct settlement *items;
    size_t count;
};

static bool run_settle(struct store_tx *tx, void *context, struct err *err) {
    const struct settle_call *call = context;
    return store_settle(tx, call->items, call->count, err);
}

bool do_settle(struct store *store, struct settlement *items, size_t count, struct err *err) {
    struct settle_call call = {items, count};
    return store_write_wait(store, run_settle, &call, err);
}

struct progress_call {
    struct execution_progress *items;
    size_t count;
};

static bool run_progress(struct store_tx *tx, void *context, struct err *err) {
    const struct progress_call *call = context;
    return store_execution_progress(tx, call->items, call->count, err);
}

bool do_execution_progress(struct store *store, struct execution_progress *items, size_t count,
                           struct err *err) {
    struct progress_call call = {items, count};
    return store_write_wait(store, run_progress, &call, err);
}

struct heartbeat_call {
    const struct node *node;
};

static bool run_heartbeat(struct store_tx *tx, void *context, struct err *err) {
    const struct heartbeat_call *call = context;
    return store_heartbeat(tx, call->node, err);
}

bool do_heartbeat(struct store *store, const struct node *node, struct err *err) {
    struct heartbeat_call call = {node};
    return store_write_wait(store, run_heartbeat, &call, err);
}

struct execution_cancel_call {
    struct guid id;
    struct str reason;
    struct utc now;
    struct arena *arena;
    enum cancel_result *ret;
    struct execution *ret_execution;
};

static bool run_execution_cancel(struct store_tx *tx, void *context, struct err *err) {
    const struct execution_cancel_call *call = context;
    return store_execution_cancel(tx, call->id, call->reason, call->now, call->arena, call->ret,
                                  call->ret_execution, err);
}

bool do_execution_cancel(struct store *store, struct guid id, struct str reason, struct utc now,
                         struct arena *arena, enum cancel_result *ret,
                         struct execution *ret_execution, struct err *err) {
    struct execution_cancel_call call = {id, reason, now, arena, ret, ret_execution};
    return store_write_wait(store, run_execution_cancel, &call, err);
}

struct skip_insert_call {
    const struct skip_range *range;
};

static bool run_skip_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct skip_insert_call *call = context;
    return store_skip_insert(tx, call->range, err);
}

bool do_skip_insert(struct store *store, const struct skip_range *range, struct err *err) {
    struct skip_insert_call call = {range};
    return store_write_wait(store, run_skip_insert, &call, err);
}

struct idempotency_put_call {
    const struct idempotency *entry;
};

static bool run_idempotency_put(struct store_tx *tx, void *context, struct err *err) {
    const struct idempotency_put_call *call = context;
    return store_idempotency_put(tx, call->entry, err);
}

bool do_idempotency_put(struct store *store, const struct idempotency *entry, struct err *err) {
    struct idempotency_put_call call = {entry};
    return store_write_wait(store, run_idempotency_put, &call, err);
}

struct idempotency_expire_call {
    struct utc before;
    int64_t limit;
    int64_t *ret;
};

static bool run_idempotency_expire(struct store_tx *tx, void *context, struct err *err) {
    const struct idempotency_expire_call *call = context;
    return store_idempotency_expire(tx, call->before, call->limit, call->ret, err);
}

bool do_idempotency_expire(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err) {
    struct idempotency_expire_call call = {before, limit, ret};
    return store_write_wait(store, run_idempotency_expire, &call, err);
}

struct audit_append_call {
    struct audit_entry *entry;
};

static bool run_audit_append(struct store_tx *tx, void *context, struct err *err) {
    const struct audit_append_call *call = context;
    return store_audit_append(tx, call->entry, err);
}

bool do_audit_append(struct store *store, struct audit_entry *entry, struct err *err) {
    struct audit_append_call call = {entry};
    return store_write_wait(store, run_audit_append, &call, err);
}

struct user_insert_call {
    struct user *user;
};

static bool run_user_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct user_insert_call *call = context;
    return store_user_insert(tx, call->user, err);
}

bool do_user_insert(struct store *store, struct user *user, struct err *err) {
    struct user_insert_call call = {user};
    return store_write_wait(store, run_user_insert, &call, err);
}

struct user_update_call {
    const struct user *user;
};

static bool run_user_update(struct store_tx *tx, void *context, struct err *err) {
    const struct user_update_call *call = context;
    return store_user_update(tx, call->user, err);
}

bool do_user_update(struct store *store, const struct user *user, struct err *err) {
    struct user_update_call call = {user};
    return store_write_wait(store, run_user_update, &call, err);
}

struct user_delete_call {
    int64_t user_row;
};

static bool run_user_delete(struct store_tx *tx, void *context, struct err *err) {
    const struct user_delete_call *call = context;
    return store_user_delete(tx, call->user_row, err);
}

bool do_user_delete(struct store *store, int64_t user_row, struct err *err) {
    struct user_delete_call call = {user_row};
    return store_write_wait(store, run_user_delete, &call, err);
}

struct refresh_insert_call {
    const struct refresh_token *token;
};

static bool run_refresh_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct refresh_insert_call *call = context;
    return store_refresh_insert(tx, call->token, err);
}

bool do_refresh_insert(struct store *store, const struct refresh_token *token, struct err *err) {
    struct refresh_insert_call call = {token};
    return store_write_wait(store, run_refresh_insert, &call, err);
}

struct refresh_mark_used_call {
    const unsigned char *hash;
    struct utc at;
};

static bool run_refresh_mark_used(struct store_tx *tx, void *context, struct err *err) {
    const struct refresh_mark_used_call *call = context;
    return store_refresh_mark_used(tx, call->hash, call->at, err);
}

bool do_refresh_mark_used(struct store *store, const unsigned char hash[TOKEN_HASH_SIZE],
                          struct utc at, struct err *err) {
    struct refresh_mark_used_call call = {hash, at};
    return store_write_wait(store, run_refresh_mark_used, &call, err);
}

struct refresh_revoke_family_call {
    struct guid family;
    struct utc at;
};

static bool run_refresh_revoke_family(struct store_tx *tx, void *context, struct err *err) {
    const struct refresh_revoke_family_call *call = context;
    return store_refresh_revoke_family(tx, call->family, call->at, err);
}

bool do_refresh_revoke_family(struct store *store, struct guid family, struct utc at,
                              struct err *err) {
    struct refresh_revoke_family_call call = {family, at};
    return store_write_wait(store, run_refresh_revoke_family, &call, err);
}

struct refresh_revoke_user_call {
    int64_t user_row;
    struct utc at;
};

static bool run_refresh_revoke_user(struct store_tx *tx, void *context, struct err *err) {
    const struct refresh_revoke_user_call *call = context;
    return store_refresh_revoke_user(tx, call->user_row, call->at, err);
}

bool do_refresh_revoke_user(struct store *store, int64_t user_row, struct utc at, struct err *err) {
    struct refresh_revoke_user_call call = {user_row, at};
    return store_write_wait(store, run_refresh_revoke_user, &call, err);
}

struct token_insert_call {
    const struct access_token *token;
};

static bool run_token_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct token_insert_call *call = context;
    return store_token_insert(tx, call->token, err);
}

bool do_token_insert(struct store *store, const struct access_token *token, struct err *err) {
    struct token_insert_call call = {token};
    return store_write_wait(store, run_token_insert, &call, err);
}

struct token_revoke_call {
    int64_t user_row;
    struct guid id;
    struct utc at;
};

static bool run_token_revoke(struct store_tx *tx, void *context, struct err *err) {
    const struct token_revoke_call *call = context;
    return store_token_revoke(tx, call->user_row, call->id, call->at, err);
}

bool do_token_revoke(struct store *store, int64_t user_row, struct guid id, struct utc at,
                     struct err *err) {
    struct token_revoke_call call = {user_row, id, at};
    return store_write_wait(store, run_token_revoke, &call, err);
}

struct token_touch_call {
    struct guid id;
    struct utc at;
};

static bool run_token_touch(struct store_tx *tx, void *context, struct err *err) {
    const struct token_touch_call *call = context;
    return store_token_touch(tx, call->id, call->at, err);
}

bool do_token_touch(struct store *store, struct guid id, struct utc at, struct err *err) {
    struct token_touch_call call = {id, at};
    return store_write_wait(store, run_token_touch, &call, err);
}

struct meta_set_call {
    struct str name;
    struct str value;
};

static bool run_meta_set(struct store_tx *tx, void *context, struct err *err) {
    const struct meta_set_call *call = context;
    return store_meta_set(tx, call->name, call->value, err);
}

bool do_meta_set(struct store *store, struct str name, struct str value, struct err *err) {
    struct meta_set_call call = {name, value};
    return store_write_wait(store, run_meta_set, &call, err);
}

struct refresh_expire_call {
    struct utc before;
    int64_t limit;
    int64_t *ret;
};

static bool run_refresh_expire(struct store_tx *tx, void *context, struct err *err) {
    const struct refresh_expire_call *call = context;
    return store_refresh_expire(tx, call->before, call->limit, call->ret, err);
}

bool do_refresh_expire(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                       struct err *err) {
    struct refresh_expire_call call = {before, limit, ret};
    return store_write_wait(store, run_refresh_expire, &call, err);
}

struct watch_update_call {
    const struct watch *watch;
};

static bool run_watch_update(struct store_tx *tx, void *context, struct err *err) {
    const struct watch_update_call *call = context;
    return store_watch_update(tx, call->watch, err);
}

bool do_watch_update(struct store *store, const struct watch *watch, struct err *err) {
    struct watch_update_call call = {watch};
    return store_write_wait(store, run_watch_update, &call, err);
}

struct search_index_call {
    int64_t limit;
    bool *more;
};

static bool run_search_index(struct store_tx *tx, void *context, struct err *err) {
    const struct search_index_call *call = context;
    return store_search_index(tx, call->limit, call->more, err);
}

bool do_search_index(struct store *store, int64_t limit, bool *more, struct err *err) {
    struct search_index_call call = {limit, more};
    return store_write_wait(store, run_search_index, &call, err);
}

struct executions_clear_call {
    struct clear *clear;
};

static bool run_executions_clear(struct store_tx *tx, void *context, struct err *err) {
    const struct executions_clear_call *call = context;
    return store_executions_clear(tx, call->clear, err);
}

bool do_executions_clear(struct store *store, struct clear *clear, struct err *err) {
    struct executions_clear_call call = {clear};
    return store_write_wait(store, run_executions_clear, &call, err);
}

struct executions_trim_call {
    struct trim *trim;
};

static bool run_executions_trim(struct store_tx *tx, void *context, struct err *err) {
    const struct executions_trim_call *call = context;
    return store_executions_trim(tx, call->trim, err);
}

bool do_executions_trim(struct store *store, struct trim *trim, struct err *err) {
    struct executions_trim_call call = {trim};
    return store_write_wait(store, run_executions_trim, &call, err);
}

struct skips_clear_call {
    struct utc before;
    int64_t limit;
    int64_t *ret;
};

static bool run_skips_clear(struct store_tx *tx, void *context, struct err *err) {
    const struct skips_clear_call *call = context;
    return store_skips_clear(tx, call->before, call->limit, call->ret, err);
}

bool do_skips_clear(struct store *store, struct utc before, int64_t limit, int64_t *ret,
                    struct err *err) {
    struct skips_clear_call call = {before, limit, ret};
    return store_write_wait(store, run_skips_clear, &call, err);
}

struct release_call {
    const struct release *items;
    size_t count;
};

static bool run_release(struct store_tx *tx, void *context, struct err *err) {
    const struct release_call *call = context;
    return store_release(tx, call->items, call->count, err);
}

bool do_release(struct store *store, const struct release *items, size_t count, struct err *err) {
    struct release_call call = {items, count};
    return store_write_wait(store, run_release, &call, err);
}

struct workflow_insert_call {
    struct workflow *workflow;
    const struct workflow_member *members;
    size_t count;
};

static bool run_workflow_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct workflow_insert_call *call = context;
    return store_workflow_insert(tx, call->workflow, call->members, call->count, err);
}

bool do_workflow_insert(struct store *store, struct workflow *workflow,
                        const struct workflow_member *members, size_t count, struct err *err) {
    struct workflow_insert_call call = {workflow, members, count};
    return store_write_wait(store, run_workflow_insert, &call, err);
}

struct workflow_update_call {
    const struct workflow *workflow;
    int64_t expected_revision;
    const struct workflow_member *members;
    size_t count;
};

static bool run_workflow_update(struct store_tx *tx, void *context, struct err *err) {
    const struct workflow_update_call *call = context;
    return store_workflow_update(tx, call->workflow, call->expected_revision, call->members,
                                 call->count, err);
}

bool do_workflow_update(struct store *store, const struct workflow *workflow,
                        int64_t expected_revision, const struct workflow_member *members,
                        size_t count, struct err *err) {
    struct workflow_update_call call = {workflow, expected_revision, members, count};
    return store_write_wait(store, run_workflow_update, &call, err);
}

struct run_insert_call {
    struct workflow_run *run;
    struct workflow_step *steps;
    size_t count;
    bool *inserted;
};

static bool run_run_insert(struct store_tx *tx, void *context, struct err *err) {
    const struct run_insert_call *call = context;
    return store_run_insert(tx, call->run, call->steps, call->count, call->inserted, err);
}

bool do_run_insert(struct store *store, struct workflow_run *run, struct workflow_step *steps,
                   size_t count, bool *inserted, struct err *err) {
    struct run_insert_call call = {run, steps, count, inserted};
    return store_write_wait(store, run_run_insert, &call, err);
}

struct run_update_call {
    const struct workflow_run *run;
};

static bool run_run_update(struct store_tx *tx, void *context, struct err *err) {
    const struct run_update_call *call = context;
    return store_run_update(tx, call->run, err);
}

bool do_run_update(struct store *store, const struct workflow_run *run, struct err *err) {
    struct run_update_call call = {run};
    return store_write_wait(store, run_run_update, &call, err);
}

struct steps_update_call {
    const struct workflow_step *steps;
    size_t count;
};

static bool run_steps_update(struct store_tx *tx, void *context, struct err *err) {
    const struct steps_update_call *call = context;
    return store_steps_update(tx, call->steps, call->count, err);
}

bool do_steps_update(struct store *store, const struct workflow_step *steps, size_t count,
                     struct err *err) {
    struct steps_update_call call = {steps, count};
    return store_write_wait(store, run_steps_update, &call, err);
}

struct runs_clear_call {
    struct utc created_before;
    int64_t limit;
    int64_t *ret;
};

static bool run_runs_clear(struct store_tx *tx, void *context, struct err *err) {
    const struct runs_clear_call *call = context;
    return store_runs_clear(tx, call->created_before, call->limit, call->ret, err);
}

bool do_runs_clear(struct store *store, struct utc created_before, int64_t limit, int64_t *ret,
                   struct err *err) {
    struct runs_clear_call call = {created_before, limit, ret};
    return store_write_wait(store, run_runs_clear, &call, err);
}
