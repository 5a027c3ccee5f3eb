/* user.h - people and programs that may call the API, and the tokens they hold.
 *
 * Tokens are never stored: only their SHA-256. Passwords only as an Argon2id string.
 *
 *   Owns: nothing; texts point into the reader's arena.   Threads: plain values.
 */
#ifndef ALPHABET_MODEL_USER_H
#define ALPHABET_MODEL_USER_H

#include "base/clock.h"
#include "base/guid.h"
#include "base/mem.h"
#include "model/names.h"

struct user {
    int64_t row;
    struct guid id;
    struct str email;         // lower case, unique
    struct str password_hash; // "$argon2id$…"
    enum role role;
    bool is_locked;          // by an admin
    struct utc locked_until; // after failed logins; UTC_NONE
    int64_t failed_logins;   // in a row
    /* Access tokens made before this generation are refused: password change, role change, logout.
     */
    int64_t token_generation;
    struct utc created_at;
    struct utc last_login_at; // UTC_NONE
};

enum { TOKEN_HASH_SIZE = 32 }; // SHA-256

struct refresh_token {
    unsigned char hash[TOKEN_HASH_SIZE];
    int64_t user_row;
    struct guid family; // all tokens that rotated out of one login
    struct utc created_at;
    struct utc expires_at;
    struct utc used_at;    // UTC_NONE; a second use revokes the family
    struct utc revoked_at; // UTC_NONE
};

struct access_token { // a personal access token, for scripts
    struct guid id;
    int64_t user_row;
    struct str user_email; // filled on reading
    unsigned char hash[TOKEN_HASH_SIZE];
    struct str prefix; // the first characters, to recognise it by
    struct str name;
    enum role role; // at most the user's own
    struct utc created_at;
    struct utc expires_at;   // UTC_NEVER = no expiry
    struct utc last_used_at; // UTC_NONE; kept to the hour
    struct utc revoked_at;   // UTC_NONE
};

#endif
