/* audit.c - the audit chain: appended, listed, walked.
 *
 * A page is found in one index, which holds the other columns that a filter asks for too: counting,
 * and sorting by row, never look into the table. What is read of the table is the page. The subject
 * has few entries, so it goes first; then actor and action, then the time. Where very much matches,
 * the page is soon filled from the newest row down, and only the count goes through the index.
 */
#include "store/audit_hash.h"
#include "store/sqlite/tables.h"

bool sqlite_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    unsigned char previous[AUDIT_HASH_SIZE] = {0};
    struct query q = query_begin(tx, SQL_AUDIT_LAST);
    int64_t last = query_row(&q) ? read_i64(&q) : 0;
    if (last != 0) read_bytes(&q, previous, sizeof previous);
    if (!query_end(&q, err)) return false;
    struct audit_entry appended = *entry;
    appended.row = last + 1;
    audit_hash(previous, &appended, appended.hash);
    q = query_begin(tx, SQL_AUDIT_APPEND);
    query_i64(&q, appended.row);
    query_i64(&q, appended.at.us);
    query_text(&q, appended.actor);
    query_text(&q, appended.address);
    query_text(&q, appended.action);
    query_guid(&q, &appended.subject);
    query_text(&q, appended.before);
    query_text(&q, appended.after);
    query_bytes(&q, appended.hash, sizeof appended.hash);
    if (!query_run(&q, err)) return false;
    *entry = appended;
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_entry(struct query *q, struct arena *arena, struct audit_entry *entry) {
    entry->row = read_i64(q);
    entry->at = read_utc(q);
    entry->actor = read_text(q, arena);
    entry->address = read_text(q, arena);
    entry->action = read_text(q, arena);
    entry->subject = read_guid(q);
    entry->before = read_text(q, arena);
    entry->after = read_text(q, arena);
    read_bytes(q, entry->hash, sizeof entry->hash);
}

static bool entries_of_query(struct query *q, struct arena *arena, struct audit_entry **ret,
                             size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct audit_entry *entries = ARENA_ARRAY(arena, 0, struct audit_entry);
    while (query_row(q)) {
        if (found == room) {
            room = room ? room * 2 : 32;
            struct audit_entry *larger = ARENA_ARRAY(arena, room, struct audit_entry);
            memcpy(larger, entries, found * sizeof *entries);
            entries = larger;
        }
        read_entry(q, arena, &entries[found++]);
    }
    if (!query_end(q, err)) return false;
    *ret = entries;
    *count = found;
    return true;
}

/* So many matches that sorting them costs more than walking past what does not match. */
enum { DENSE = 20000 };

/* By which index a filter is answered: the list, and the count. */
struct way {
    enum sql_statement list, count;
};

static struct way way_of(const struct audit_filter *filter) {
    bool actor = !str_is_absent(filter->actor), action = !str_is_absent(filter->action);
    if (!guid_is_zero(filter->subject))
        return (struct way){SQL_AUDIT_LIST_SUBJECT, SQL_AUDIT_COUNT_SUBJECT};
    if (actor && action)
        return (struct way){SQL_AUDIT_LIST_ACTOR_ACTION, SQL_AUDIT_COUNT_ACTOR_ACTION};
    if (actor) return (struct way){SQL_AUDIT_LIST_ACTOR, SQL_AUDIT_COUNT_ACTOR};
    if (action) return (struct way){SQL_AUDIT_LIST_ACTION, SQL_AUDIT_COUNT_ACTION};
    if (!utc_is_none(filter->from) || !utc_is_none(filter->to))
        return (struct way){SQL_AUDIT_LIST_AT, SQL_AUDIT_COUNT_AT};
    return (struct way){SQL_AUDIT_LIST, SQL_AUDIT_COUNT};
}

/* The first text behind all that the filter's action means: behind "job.", that is "job/"; behind
 * any other text, that text with a NUL. */
static struct str behind(struct str action, struct arena *arena) {
    if (str_is_absent(action)) return STR_NONE;
    bool prefix = str_ends_with(action, STR("."));
    char *bytes = arena_alloc(arena, action.len + 1); // zeroed
    if (action.len > 0) memcpy(bytes, action.ptr, action.len);
    if (prefix) bytes[action.len - 1]++;
    return (struct str){bytes, prefix ? action.len : action.len + 1};
}

static struct query filtered(struct store_tx *tx, enum sql_statement which,
                             const struct audit_filter *filter, struct str action_end) {
    struct query q = query_begin(tx, which);
    if (which == SQL_AUDIT_LIST || which == SQL_AUDIT_COUNT) return q;
    query_guid(&q, &filter->subject);
    query_text(&q, filter->actor);
    query_text(&q, filter->action);
    query_text(&q, action_end);
    query_utc(&q, filter->from);
    query_utc(&q, filter->to);
    return q;
}

bool sqlite_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err) {
    struct way way = way_of(filter);
    struct str action_end = behind(filter->action, arena);
    struct audit_entry *entries;
    size_t found;
    int64_t all;
    struct query q = filtered(tx, way.count, filter, action_end);
    if (!number_of_query(&q, &all, err)) return false;
    bool dense = all > DENSE && way.list != SQL_AUDIT_LIST && utc_is_none(filter->to);
    q = filtered(tx, dense ? SQL_AUDIT_LIST_DENSE : way.list, filter, action_end);
    query_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(&q, filter->offset);
    if (!entries_of_query(&q, arena, &entries, &found, err)) return false;
    *ret = entries;
    *count = found;
    *total = all;
    return true;
}

bool sqlite_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                       struct audit_entry **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_AUDIT_WALK);
    query_i64(&q, after_row);
    query_i64(&q, limit < 0 ? 0 : limit);
    return entries_of_query(&q, arena, ret, count, err);
}
