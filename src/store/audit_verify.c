/* audit_verify.c - the chain recomputed, the same for every back end.
 *
 * Rows are dense from 1 and each hash is made over the one before, so a row that was changed, taken
 * out, put in or exchanged shows at that row or at the one behind it. What was cut off at the end
 * shows only to somebody who has kept the last hash.
 */
#include "store/audit_hash.h"

#include <string.h>

enum { PIECE = 256 }; // entries in memory at a time

struct verification {
    struct audit_check check;
    int64_t row;        // of the last good entry
    int64_t walk_after; // below 1 there should be nothing: look there too
    unsigned char hash[AUDIT_HASH_SIZE];
};

/* Is this the entry that follows? */
static bool follows(struct verification *v, const struct audit_entry *entry) {
    unsigned char hash[AUDIT_HASH_SIZE];
    audit_hash(v->hash, entry, hash);
    v->check.checked++;
    if (entry->row != v->row + 1 || memcmp(hash, entry->hash, sizeof hash) != 0) return false;
    v->row = v->walk_after = entry->row;
    memcpy(v->hash, hash, sizeof hash);
    return true;
}

/* *more: the chain holds so far and goes on. */
static bool verify_piece(struct store_tx *tx, struct verification *v, bool *more, struct err *err) {
    struct arena arena = {0};
    struct audit_entry *entries;
    size_t count = 0;
    bool ok = store_audit_walk(tx, v->walk_after, PIECE, &arena, &entries, &count, err);
    *more = ok && count > 0;
    for (size_t i = 0; *more && i < count; i++) {
        *more = follows(v, &entries[i]);
        if (!*more) v->check.broken_row = entries[i].row > 0 ? entries[i].row : 1;
    }
    arena_free(&arena);
    return ok;
}

bool store_audit_verify(struct store_tx *tx, struct audit_check *ret, struct err *err) {
    struct verification v = {.walk_after = INT64_MIN};
    for (bool more = true; more;)
        if (!verify_piece(tx, &v, &more, err)) return false;
    *ret = v.check;
    return true;
}
