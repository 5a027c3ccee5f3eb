/* pg_missing.c - what this back end cannot do yet, and says so. Who writes one takes it out of
 * here. */
#include "store/postgres/pg_tables.h"

static bool missing(struct err *err) {
    return err_set(err, ERR_UNAVAILABLE, "this is not on PostgreSQL yet");
}

bool postgres_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                             struct arena *arena, struct execution_page *ret, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    (void)tx;
    (void)limit;
    (void)more;
    return missing(err);
}

bool postgres_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                                struct execution **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                          int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                          struct err *err) {
    (void)tx;
    (void)job_row;
    (void)from;
    (void)to;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                        struct err *err) {
    (void)tx;
    (void)job_row;
    (void)ret;
    (void)found;
    return missing(err);
}

bool postgres_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                          struct watch **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)now;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err) {
    (void)tx;
    (void)watch;
    return missing(err);
}

bool postgres_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    (void)tx;
    (void)clear;
    return missing(err);
}

bool postgres_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    (void)tx;
    (void)trim;
    return missing(err);
}

bool postgres_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                          struct err *err) {
    (void)tx;
    (void)before;
    (void)limit;
    (void)ret;
    return missing(err);
}

bool postgres_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                       struct timeline_bucket *ret, struct err *err) {
    (void)tx;
    (void)from;
    (void)bucket_minutes;
    (void)count;
    (void)ret;
    return missing(err);
}

bool postgres_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    (void)tx;
    (void)ret;
    return missing(err);
}

bool postgres_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                     size_t *count, struct err *err) {
    (void)tx;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                              struct utc not_before, struct arena *arena, struct idempotency *ret,
                              struct err *err) {
    (void)tx;
    (void)scope;
    (void)key;
    (void)not_before;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_idempotency_put(struct store_tx *tx, const struct idempotency *entry,
                              struct err *err) {
    (void)tx;
    (void)entry;
    return missing(err);
}

bool postgres_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit,
                                 int64_t *ret, struct err *err) {
    (void)tx;
    (void)before;
    (void)limit;
    (void)ret;
    return missing(err);
}

bool postgres_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    (void)tx;
    (void)entry;
    return missing(err);
}

bool postgres_audit_list(struct store_tx *tx, const struct audit_filter *filter,
                         struct arena *arena, struct audit_entry **ret, size_t *count,
                         int64_t *total, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    (void)count;
    (void)total;
    return missing(err);
}

bool postgres_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                         struct audit_entry **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)after_row;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_user_insert(struct store_tx *tx, struct user *user, struct err *err) {
    (void)tx;
    (void)user;
    return missing(err);
}

bool postgres_user_update(struct store_tx *tx, const struct user *user, struct err *err) {
    (void)tx;
    (void)user;
    return missing(err);
}

bool postgres_user_delete(struct store_tx *tx, int64_t user_row, struct err *err) {
    (void)tx;
    (void)user_row;
    return missing(err);
}

bool postgres_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                       struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                              struct user *ret, struct err *err) {
    (void)tx;
    (void)row;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                                struct user *ret, struct err *err) {
    (void)tx;
    (void)email;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                        struct user **ret, size_t *count, int64_t *total, struct err *err) {
    (void)tx;
    (void)offset;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    (void)total;
    return missing(err);
}

bool postgres_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err) {
    (void)tx;
    (void)role;
    (void)ret;
    return missing(err);
}

bool postgres_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                             struct err *err) {
    (void)tx;
    (void)token;
    return missing(err);
}

bool postgres_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                          struct refresh_token *ret, struct err *err) {
    (void)tx;
    (void)hash;
    (void)ret;
    return missing(err);
}

bool postgres_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                                struct utc at, struct err *err) {
    (void)tx;
    (void)hash;
    (void)at;
    return missing(err);
}

bool postgres_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                    struct err *err) {
    (void)tx;
    (void)family;
    (void)at;
    return missing(err);
}

bool postgres_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                             struct err *err) {
    (void)tx;
    (void)before;
    (void)limit;
    (void)ret;
    return missing(err);
}

bool postgres_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                  struct err *err) {
    (void)tx;
    (void)user_row;
    (void)at;
    return missing(err);
}

bool postgres_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err) {
    (void)tx;
    (void)token;
    return missing(err);
}

bool postgres_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct arena *arena, struct access_token *ret, struct err *err) {
    (void)tx;
    (void)hash;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                         struct access_token **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)user_row;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                           struct err *err) {
    (void)tx;
    (void)user_row;
    (void)id;
    (void)at;
    return missing(err);
}

bool postgres_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err) {
    (void)tx;
    (void)id;
    (void)at;
    return missing(err);
}
