/* signature.c - see signature.h. */
#include "handlers/signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void add(crypto_auth_hmacsha256_state *state, struct str s) {
    if (s.len > 0) crypto_auth_hmacsha256_update(state, (const unsigned char *)s.ptr, s.len);
}

void signature_write(struct str secret, struct utc now, struct str body, char out[SIGNATURE_ROOM]) {
    char time[24] = "";
    (void)snprintf(time, sizeof time, "%" PRId64, utc_seconds(now));
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.ptr, secret.len);
    add(&state, str_from_cstr(time));
    add(&state, STR("."));
    add(&state, body);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    (void)snprintf(out, SIGNATURE_ROOM, "t=%s,v1=%s", time, hex);
}
