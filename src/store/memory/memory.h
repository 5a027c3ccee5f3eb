/* memory.h - what the files of the memory store share: the transaction, and each function of the
 * contract under its name with `memory_` before it.
 *
 * A function gets the base `struct store_tx` and asks for the tables with tables_of (to read) or
 * tables_to_change (to write; refuses a read transaction).
 *
 *   Owns, Threads, Errors: as store/store.h says for the function of the same name.
 */
#ifndef ALPHABET_STORE_MEMORY_MEMORY_H
#define ALPHABET_STORE_MEMORY_MEMORY_H

#include "store/backend.h"
#include "store/memory/table.h"

struct memory_tx {
    struct store_tx base;
    struct tables *tables; // the store's own when writing, a snapshot when reading
    bool writing;
    struct tables snapshot;   // of a read transaction
    struct memory_data *data; // likewise, where it came from
};

const struct tables *tables_of(const struct store_tx *tx);
struct tables *tables_to_change(struct store_tx *tx);

/* Values picked out of one table, for the calls that answer a list. */
struct selection {
    enum table_id table;
    const void **items;
    size_t count, capacity;
};

/* Room for every row of the table, in the arena. */
struct selection selection_new(const struct tables *tables, enum table_id table,
                               struct arena *arena);
void selection_add(struct selection *selection, const void *value);
/* Keeps `limit` items from `offset` on; what a negative number asks for is nothing. */
void selection_page(struct selection *selection, int64_t offset, int64_t limit);
typedef int selection_order(const void *a, const void *b, void *context);
void selection_sort(struct selection *selection, selection_order *order, void *context);

int compare_i64(int64_t a, int64_t b);
/* True when every word of `words` is a word of one of the texts, ASCII case folded. */
bool text_has_words(const struct str *texts, size_t count, struct str words);
bool text_contains_nocase(struct str text, struct str part);

/* ---- executions, for the other files ---- */

/* With the job's name and id; the texts go to the arena. */
void execution_read(const struct tables *tables, const struct execution *stored, bool with_output,
                    struct arena *arena, struct execution *ret);
/* Every item of the selection, without output, into an array in the arena. */
struct execution *execution_read_all(const struct tables *tables, const struct selection *selection,
                                     struct arena *arena);
const struct execution *execution_find(const struct tables *tables, struct guid id);
WARN_UNUSED bool execution_insert(struct tables *tables, struct new_execution *execution,
                                  struct err *err);
/* Keeps the job's live_count: `change` executions more are Pending or Running. */
void job_count_live(struct tables *tables, int64_t job_row, int64_t change);
/* The watch of a job that was written, `old` being what it was before (NULL = new). */
void keep_watch(struct tables *tables, const struct job *old, const struct job *job);
bool paused_all(const struct tables *tables);
/* Does this job, which is not deleted, depend on the one with the id? */
bool job_depends_on(const struct job *job, struct guid id);
bool job_has_dependants(const struct tables *tables, struct guid id);
/* Have the dependencies that a job is written with a form that can be read? */
WARN_UNUSED bool check_dependencies(const struct job *job, struct err *err);
/* Do as many executions of jobs of its group run as this job lets run? */
bool group_is_full(const struct tables *tables, const struct job *job);
void forget_member(struct tables *tables, int64_t job_row); // of any workflow: the job is erased

/* ---- the contract ---- */

bool memory_job_insert(struct store_tx *tx, struct job *job, struct err *err);
bool memory_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                       struct err *err);
bool memory_job_erase(struct store_tx *tx, int64_t job_row, struct err *err);
bool memory_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                    struct err *err);
bool memory_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                           struct err *err);
bool memory_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                     struct job_page *ret, struct err *err);
bool memory_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                       struct job_page *ret, struct err *err);
bool memory_job_named(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                      struct job *ret, bool *found, struct err *err);
bool memory_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                     struct job **ret, size_t *count, struct err *err);
bool memory_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                      struct next_job **ret, size_t *count, struct err *err);
bool memory_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err);
bool memory_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                     struct due_job **ret, size_t *count, struct err *err);
bool memory_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count, struct err *err);
bool memory_execution_insert(struct store_tx *tx, struct new_execution *execution, struct err *err);
bool memory_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err);
bool memory_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                  struct execution **ret, size_t *count, struct err *err);
bool memory_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err);
bool memory_execution_progress(struct store_tx *tx, struct execution_progress *items, size_t count,
                               struct err *err);
bool memory_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                    int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                    struct err *err);
bool memory_heartbeat(struct store_tx *tx, const struct node *node, struct err *err);
bool memory_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                  struct err *err);
bool memory_execution_cancel(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                             struct arena *arena, enum cancel_result *ret,
                             struct execution *ret_execution, struct err *err);
bool memory_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                            struct cancel_request **ret, size_t *count, struct err *err);
bool memory_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                            struct execution **ret, size_t *count, struct err *err);
bool memory_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                          struct execution *ret, struct err *err);
bool memory_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err);
bool memory_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err);
bool memory_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err);
bool memory_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                        int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                        struct err *err);
bool memory_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                  struct arena *arena, struct skip_range **ret, size_t *count, struct err *err);
bool memory_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err);
bool memory_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                      struct err *err);
bool memory_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                        struct watch **ret, size_t *count, struct err *err);
bool memory_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err);
bool memory_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err);
bool memory_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err);
bool memory_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                        struct err *err);
bool memory_job_ends(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                     struct job_end *ret, struct err *err);
bool memory_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                       size_t *count, struct err *err);
bool memory_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                    struct waiting_run **ret, size_t *count, struct err *err);
bool memory_release(struct store_tx *tx, const struct release *items, size_t count,
                    struct err *err);
bool memory_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                            const struct workflow_member *members, size_t count, struct err *err);
bool memory_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                            int64_t expected_revision, const struct workflow_member *members,
                            size_t count, struct err *err);
bool memory_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct workflow *ret, struct err *err);
bool memory_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                struct workflow *ret, struct err *err);
bool memory_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                          struct arena *arena, struct workflow_page *ret, struct err *err);
bool memory_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                       size_t count, bool *inserted, struct err *err);
bool memory_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                    struct workflow_run *ret, struct err *err);
bool memory_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                      struct workflow_step **ret, size_t *count, struct err *err);
bool memory_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err);
bool memory_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                         struct err *err);
bool memory_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                     struct run_page *ret, struct err *err);
bool memory_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                       struct err *err);
bool memory_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err);
bool memory_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                     struct timeline_bucket *ret, struct err *err);
bool memory_totals(struct store_tx *tx, struct totals *ret, struct err *err);
bool memory_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                   size_t *count, struct err *err);
bool memory_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                            struct utc not_before, struct arena *arena, struct idempotency *ret,
                            struct err *err);
bool memory_idempotency_put(struct store_tx *tx, const struct idempotency *entry, struct err *err);
bool memory_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                               struct err *err);
bool memory_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err);
bool memory_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err);
bool memory_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                       struct audit_entry **ret, size_t *count, struct err *err);
bool memory_user_insert(struct store_tx *tx, struct user *user, struct err *err);
bool memory_user_update(struct store_tx *tx, const struct user *user, struct err *err);
bool memory_user_delete(struct store_tx *tx, int64_t user_row, struct err *err);
bool memory_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                     struct err *err);
bool memory_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                            struct err *err);
bool memory_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                              struct user *ret, struct err *err);
bool memory_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                      struct user **ret, size_t *count, int64_t *total, struct err *err);
bool memory_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err);
bool memory_refresh_insert(struct store_tx *tx, const struct refresh_token *token, struct err *err);
bool memory_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct refresh_token *ret, struct err *err);
bool memory_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                              struct utc at, struct err *err);
bool memory_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                  struct err *err);
bool memory_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err);
bool memory_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                struct err *err);
bool memory_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err);
bool memory_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                      struct arena *arena, struct access_token *ret, struct err *err);
bool memory_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                       struct access_token **ret, size_t *count, struct err *err);
bool memory_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         struct err *err);
bool memory_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err);
bool memory_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                     struct err *err);
bool memory_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err);

#endif
