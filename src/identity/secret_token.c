/* secret_token.c - see secret_token.h. */
#include "identity/secret_token.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TOKEN_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");

void secret_token_new(struct str prefix, char ret[SECRET_TOKEN_SIZE]) {
    unsigned char random[32];
    assert(prefix.len == 4);
    randombytes_buf(random, sizeof random);
    memcpy(ret, prefix.ptr, prefix.len);
    sodium_bin2base64(ret + prefix.len, SECRET_TOKEN_SIZE - prefix.len, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
}

void secret_token_hash(struct str token, unsigned char ret[TOKEN_HASH_SIZE]) {
    (void)crypto_hash_sha256(ret, (const unsigned char *)(token.ptr ? token.ptr : ""), token.len);
}
