/* jwt.c - HS256 tokens; see jwt.h.
 *
 * The signature is checked before anything in the token is parsed, so that only what we signed
 * ourselves ever reaches the JSON reader's claims; the header, which must be read first to refuse
 * other algorithms, goes through the same strict reader.
 */
#include "identity/jwt.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "base/json_write.h"

#include <sodium.h>
#include <string.h>

static struct str base64url(struct arena *arena, struct str bytes) {
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(arena, size);
    sodium_bin2base64(text, size, (const unsigned char *)bytes.ptr, bytes.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_from_cstr(text);
}

/* Canonical base64url only: what it decodes to must encode to the same text again. */
static bool unbase64url(struct arena *arena, struct str text, struct str *ret) {
    unsigned char *bytes = arena_alloc(arena, text.len + 1);
    size_t len;
    const char *end;
    if (text.len == 0 ||
        sodium_base642bin(bytes, text.len + 1, text.ptr, text.len, NULL, &len, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != text.ptr + text.len)
        return false;
    struct str decoded = {(const char *)bytes, len};
    if (!str_equal(base64url(arena, decoded), text)) return false;
    *ret = decoded;
    return true;
}

static void sign(const struct jwt_settings *settings, struct str signed_part,
                 unsigned char mac[crypto_auth_hmacsha256_BYTES]) {
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)settings->key.ptr,
                                      settings->key.len);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)signed_part.ptr,
                                        signed_part.len);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

struct str jwt_sign(const struct jwt_settings *settings, const struct jwt_claims *claims,
                    struct arena *arena) {
    struct buf json = buf_with_max(0);
    struct json_writer w = json_writer(&json);
    json_object_begin(&w);
    json_field_str(&w, STR("iss"), settings->issuer);
    json_field_str(&w, STR("aud"), settings->audience);
    json_field_guid(&w, STR("sub"), claims->subject);
    json_field_str(&w, STR("email"), claims->email);
    json_field_str(&w, STR("role"), role_name(claims->role));
    json_field_i64(&w, STR("gen"), claims->generation);
    json_field_guid(&w, STR("jti"), claims->id);
    json_field_str(&w, STR("use"), STR("access"));
    json_field_i64(&w, STR("iat"), utc_seconds(claims->issued_at));
    json_field_i64(&w, STR("nbf"), utc_seconds(claims->issued_at));
    json_field_i64(&w, STR("exp"), utc_seconds(claims->expires_at));
    json_object_end(&w);
    struct str head = base64url(arena, STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
    struct str body = base64url(arena, buf_str(&json));
    buf_free(&json);
    struct str signed_part = arena_printf(arena, "%.*s.%.*s", STR_ARG(head), STR_ARG(body));
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    sign(settings, signed_part, mac);
    struct str signature = base64url(arena, (struct str){(const char *)mac, sizeof mac});
    return arena_printf(arena, "%.*s.%.*s", STR_ARG(signed_part), STR_ARG(signature));
}

static bool refuse(struct err *err, const char *why) {
    return err_set(err, ERR_UNAUTHENTICATED, "the access token is not valid: %s", why);
}

static bool read_object(struct arena *arena, struct str part, json_t **ret) {
    struct str json;
    if (!unbase64url(arena, part, &json)) return false;
    json_t *root = json_read(json, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return false;
    }
    *ret = root;
    return true;
}

static bool header_is_ours(struct arena *arena, struct str part) {
    json_t *header;
    if (!read_object(arena, part, &header)) return false;
    struct str algorithm = json_str_of(json_object_get(header, "alg"));
    struct str type = json_str_of(json_object_get(header, "typ"));
    bool ours = str_equal(algorithm, STR("HS256")) && str_equal(type, STR("JWT")) &&
                json_object_get(header, "crit") == NULL && json_object_get(header, "zip") == NULL;
    json_decref(header);
    return ours;
}

static bool claim_is(const json_t *claims, const char *name, struct str expected) {
    const json_t *value = json_object_get(claims, name);
    return json_is_string(value) && str_equal(json_str_of(value), expected);
}

static bool claim_seconds(const json_t *claims, const char *name, int64_t *ret) {
    const json_t *value = json_object_get(claims, name);
    if (!json_is_integer(value)) return false;
    *ret = json_integer_value(value);
    return *ret >= 0 && *ret < INT64_C(1) << 40;
}

static bool read_claims(const struct jwt_settings *settings, const json_t *claims, struct utc now,
                        struct arena *arena, struct jwt_claims *ret, struct err *err) {
    struct jwt_claims out = {0};
    int64_t issued, not_before, expires;
    int64_t seconds = utc_seconds(now);
    if (!claim_is(claims, "iss", settings->issuer)) return refuse(err, "another issuer");
    if (!claim_is(claims, "aud", settings->audience)) return refuse(err, "another audience");
    if (!claim_is(claims, "use", STR("access"))) return refuse(err, "not an access token");
    if (!claim_seconds(claims, "iat", &issued) || !claim_seconds(claims, "nbf", &not_before) ||
        !claim_seconds(claims, "exp", &expires))
        return refuse(err, "times are missing");
    if (expires <= seconds) return refuse(err, "it has expired");
    if (issued > seconds + JWT_LEEWAY_SECONDS || not_before > seconds + JWT_LEEWAY_SECONDS)
        return refuse(err, "it is not valid yet");
    const json_t *generation = json_object_get(claims, "gen");
    if (!guid_parse(json_str_of(json_object_get(claims, "sub")), &out.subject) ||
        !guid_parse(json_str_of(json_object_get(claims, "jti")), &out.id) ||
        !role_parse(json_str_of(json_object_get(claims, "role")), &out.role) ||
        !json_is_integer(generation) || !json_is_string(json_object_get(claims, "email")))
        return refuse(err, "claims are missing");
    out.email = arena_copy(arena, json_str_of(json_object_get(claims, "email")));
    out.generation = json_integer_value(generation);
    out.issued_at = utc_from_seconds(issued);
    out.expires_at = utc_from_seconds(expires);
    *ret = out;
    return true;
}

bool jwt_verify(const struct jwt_settings *settings, struct str token, struct utc now,
                struct arena *arena, struct jwt_claims *ret, struct err *err) {
    if (token.len > JWT_MAX) return refuse(err, "too long");
    struct str rest = token;
    struct str head = str_cut(&rest, '.');
    struct str body = str_cut(&rest, '.');
    struct str signature = rest;
    struct str mac;
    if (!header_is_ours(arena, head)) return refuse(err, "not a token of this server");
    if (!unbase64url(arena, signature, &mac) || mac.len != crypto_auth_hmacsha256_BYTES)
        return refuse(err, "no signature");
    unsigned char expected[crypto_auth_hmacsha256_BYTES];
    sign(settings, str_slice(token, 0, head.len + 1 + body.len), expected);
    if (sodium_memcmp(expected, mac.ptr, sizeof expected) != 0)
        return refuse(err, "wrong signature");
    json_t *claims;
    if (!read_object(arena, body, &claims)) return refuse(err, "unreadable");
    bool ok = read_claims(settings, claims, now, arena, ret, err);
    json_decref(claims);
    return ok;
}
