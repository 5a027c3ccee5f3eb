/* password.c - Argon2id behind a gate; see password.h. libsodium does the hashing. */
#include "identity/password.h"

#include "base/bounds.h"
#include "base/mem.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_BYTES = 19456 * 1024, PASSES = 2 };
_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "the hash must fit");

struct password_gate {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    /* under lock */
    int places;
    int busy;
    int waiting;
    int waiting_max;
};

struct password_gate *password_gate_new(int at_once, int waiting) {
    struct password_gate *gate = xcalloc(1, sizeof *gate);
    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)pthread_cond_init(&gate->freed, NULL);
    gate->places = at_once;
    gate->waiting_max = waiting;
    return gate;
}

void password_gate_free(struct password_gate *gate) {
    if (gate == NULL) return;
    (void)pthread_cond_destroy(&gate->freed);
    (void)pthread_mutex_destroy(&gate->lock);
    free(gate);
}

static bool gate_enter(struct password_gate *gate, struct err *err) {
    bool entered = true;
    (void)pthread_mutex_lock(&gate->lock);
    if (gate->busy == gate->places && gate->waiting == gate->waiting_max) {
        entered = err_set(err, ERR_BUSY, "too many logins at once; try again in a moment");
    } else {
        gate->waiting++;
        while (gate->busy == gate->places) (void)pthread_cond_wait(&gate->freed, &gate->lock);
        gate->waiting--;
        gate->busy++;
    }
    (void)pthread_mutex_unlock(&gate->lock);
    return entered;
}

static void gate_leave(struct password_gate *gate) {
    (void)pthread_mutex_lock(&gate->lock);
    gate->busy--;
    (void)pthread_cond_signal(&gate->freed);
    (void)pthread_mutex_unlock(&gate->lock);
}

bool password_check_rules(struct str password, struct err *err) {
    if (!str_is_utf8(password)) return err_set_field(err, ERR_INVALID, "password", "must be UTF-8");
    size_t characters = str_utf8_count(password);
    if (characters < MIN_PASSWORD || characters > MAX_PASSWORD)
        return err_set_field(err, ERR_INVALID, "password",
                             "must have %d to %d characters; this one has %zu", MIN_PASSWORD,
                             MAX_PASSWORD, characters);
    for (size_t i = 0; i < password.len; i++)
        if ((unsigned char)password.ptr[i] < 0x20 || password.ptr[i] == 0x7F)
            return err_set_field(err, ERR_INVALID, "password",
                                 "must not contain control characters");
    return true;
}

static bool hash_now(struct str password, char ret[PASSWORD_HASH_SIZE], struct err *err) {
    if (crypto_pwhash_str_alg(ret, password.ptr, password.len, PASSES, MEMORY_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(err, ERR_UNAVAILABLE, "not enough memory to hash a password");
    return true;
}

bool password_hash(struct password_gate *gate, struct str password, char ret[PASSWORD_HASH_SIZE],
                   struct err *err) {
    if (!gate_enter(gate, err)) return false;
    char hash[PASSWORD_HASH_SIZE] = {0};
    bool ok = hash_now(password, hash, err);
    gate_leave(gate);
    if (ok) memcpy(ret, hash, sizeof hash);
    return ok;
}

bool password_verify(struct password_gate *gate, struct str hash, struct str password,
                     bool *ret_match, bool *ret_rehash, struct err *err) {
    if (!gate_enter(gate, err)) return false;
    bool ok = true, match = false, rehash = false;
    char text[PASSWORD_HASH_SIZE] = {0};
    if (hash.len == 0 || hash.len >= sizeof text || password.len > (size_t)MAX_PASSWORD * 4) {
        /* The same work as a verification, thrown away. */
        struct str bounded = str_slice(password, 0, (size_t)MAX_PASSWORD * 4);
        if (bounded.ptr == NULL) bounded = STR("");
        ok = hash_now(bounded, text, err);
    } else {
        memcpy(text, hash.ptr, hash.len);
        match = crypto_pwhash_str_verify(text, password.ptr ? password.ptr : "", password.len) == 0;
        rehash = match && crypto_pwhash_str_needs_rehash(text, PASSES, MEMORY_BYTES) != 0;
    }
    gate_leave(gate);
    sodium_memzero(text, sizeof text);
    if (!ok) return false;
    *ret_match = match;
    *ret_rehash = rehash;
    return true;
}

void password_generate(char ret[GENERATED_PASSWORD_SIZE]) {
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    for (size_t i = 0; i < GENERATED_PASSWORD_SIZE - 1; i++)
        ret[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    ret[GENERATED_PASSWORD_SIZE - 1] = '\0';
}
