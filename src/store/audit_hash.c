/* audit_hash.c - the byte layout of audit_hash.h, fed to SHA-256 piece by piece.
 *
 * Lengths stand before the bytes, so that moving a character from one field to the next changes the
 * hash; the row number is in it, so that taking an entry out or renumbering breaks the chain too.
 */
#include "store/audit_hash.h"

#include <sodium.h>

static void put_number(crypto_hash_sha256_state *state, uint64_t number) {
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> (8 * (sizeof bytes - 1 - i)));
    (void)crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void put_i64(crypto_hash_sha256_state *state, int64_t number) {
    put_number(state, sizeof number);
    put_number(state, (uint64_t)number);
}

static void put_text(crypto_hash_sha256_state *state, struct str text) {
    put_number(state, str_is_absent(text) ? UINT64_MAX : text.len);
    if (text.len) (void)crypto_hash_sha256_update(state, (const unsigned char *)text.ptr, text.len);
}

void audit_hash(const unsigned char previous[AUDIT_HASH_SIZE], const struct audit_entry *entry,
                unsigned char ret[AUDIT_HASH_SIZE]) {
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, previous, AUDIT_HASH_SIZE);
    put_i64(&state, entry->row);
    put_i64(&state, entry->at.us);
    put_text(&state, entry->actor);
    put_text(&state, entry->address);
    put_text(&state, entry->action);
    put_number(&state, sizeof entry->subject.bytes);
    (void)crypto_hash_sha256_update(&state, entry->subject.bytes, sizeof entry->subject.bytes);
    put_text(&state, entry->before);
    put_text(&state, entry->after);
    (void)crypto_hash_sha256_final(&state, ret);
}
