/* Access tokens: what we sign we take, and nothing else (CHECKLIST C1 to C6). */
#include "base/buf.h"
#include "identity/jwt.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const struct jwt_settings settings = {
    .issuer = STR_INIT("Alphabet"),
    .audience = STR_INIT("Alphabet.Clients"),
    .key = STR_INIT("0123456789abcdef0123456789abcdef"),
};

static struct utc now(void) {
    return utc_from_seconds(1790000000);
}

static struct jwt_claims good_claims(void) {
    return (struct jwt_claims){
        .subject = {{1, 2, 3}},
        .email = STR("ada@example.org"),
        .role = ROLE_USER,
        .generation = 7,
        .id = {{9}},
        .issued_at = now(),
        .expires_at = utc_add(now(), span_seconds(900)),
    };
}

static bool takes(struct str token, struct utc at) {
    struct arena arena = {0};
    struct jwt_claims claims;
    struct err err = ERR_INIT;
    bool ok = jwt_verify(&settings, token, at, &arena, &claims, &err);
    if (!ok) assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
    arena_free(&arena);
    return ok;
}

static struct str encode(struct arena *arena, struct str bytes) {
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *out = arena_alloc(arena, size);
    sodium_bin2base64(out, size, (const unsigned char *)bytes.ptr, bytes.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_from_cstr(out);
}

/* A token with this header and these claims, properly signed with our key. */
static struct str forge(struct arena *arena, const char *header, const char *claims) {
    struct str head = encode(arena, str_from_cstr(header));
    struct str body = encode(arena, str_from_cstr(claims));
    struct str part = arena_printf(arena, "%.*s.%.*s", STR_ARG(head), STR_ARG(body));
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)settings.key.ptr, settings.key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)part.ptr, part.len);
    crypto_auth_hmacsha256_final(&state, mac);
    struct str signature = encode(arena, (struct str){(const char *)mac, sizeof mac});
    return arena_printf(arena, "%.*s.%.*s", STR_ARG(part), STR_ARG(signature));
}

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define WHO \
    "\"sub\":\"01020300-0000-0000-0000-000000000000\",\"jti\":\"09000000-0000-0000-0000-" \
    "000000000000\"," \
    "\"email\":\"a@b\",\"role\":\"Admin\",\"gen\":7"
#define PARTIES "\"iss\":\"Alphabet\",\"aud\":\"Alphabet.Clients\",\"use\":\"access\""
#define TIMES "\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1790000900"

static void test_what_was_signed_is_taken_with_its_claims(void **state) {
    (void)state;
    struct arena arena = {0};
    struct jwt_claims claims = good_claims(), read;
    struct err err = ERR_INIT;
    struct str token = jwt_sign(&settings, &claims, &arena);
    assert_true(jwt_verify(&settings, token, now(), &arena, &read, &err));
    assert_true(guid_equal(read.subject, claims.subject));
    assert_true(guid_equal(read.id, claims.id));
    assert_true(str_equal(read.email, claims.email));
    assert_int_equal(read.role, ROLE_USER);
    assert_int_equal(read.generation, 7);
    assert_int_equal(read.expires_at.us, claims.expires_at.us);
    arena_free(&arena);
}

static void test_every_changed_byte_is_noticed(void **state) {
    (void)state;
    struct arena arena = {0};
    struct jwt_claims claims = good_claims();
    struct str token = jwt_sign(&settings, &claims, &arena);
    char *copy = xstr_dup(token);
    for (size_t i = 0; i < token.len; i++) {
        char kept = copy[i];
        copy[i] = kept == 'A' ? 'B' : 'A';
        assert_false(takes((struct str){copy, token.len}, now()));
        copy[i] = kept;
    }
    assert_true(takes((struct str){copy, token.len}, now()));
    free(copy);
    arena_free(&arena);
}

static void test_a_forged_token_with_the_right_form_is_taken(void **state) {
    (void)
        state; /* so that the refusals below are for their reason and not for the forgery's form */
    struct arena arena = {0};
    assert_true(takes(forge(&arena, HS256, "{" PARTIES "," WHO "," TIMES "}"), now()));
    arena_free(&arena);
}

static void test_other_algorithms_and_headers_are_refused(void **state) {
    (void)state;
    static const char *const headers[] = {"{\"alg\":\"none\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"None\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"NONE\",\"typ\":\"JWT\"}",
                                          "{\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"hs256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":[\"HS256\"],\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS256\",\"typ\":\"JWE\"}",
                                          "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"crit\":[\"x\"]}",
                                          "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"zip\":\"DEF\"}",
                                          "[]",
                                          "null",
                                          "",
                                          "{"};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        assert_false(takes(forge(&arena, headers[i], "{" PARTIES "," WHO "," TIMES "}"), now()));
    arena_free(&arena);
}

static void test_wrong_claims_are_refused(void **state) {
    (void)state;
    static const char *const claims[] = {
        "{\"iss\":\"Other\",\"aud\":\"Alphabet.Clients\",\"use\":\"access\"," WHO "," TIMES "}",
        "{\"iss\":\"Alphabet\",\"aud\":\"Other\",\"use\":\"access\"," WHO "," TIMES "}",
        "{\"iss\":\"Alphabet\",\"aud\":[\"Alphabet.Clients\"],\"use\":\"access\"," WHO "," TIMES
        "}",
        "{\"iss\":\"Alphabet\",\"aud\":\"Alphabet.Clients\",\"use\":\"refresh\"," WHO "," TIMES "}",
        "{" PARTIES "," WHO "}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":\"9\"}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":-1}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1e300}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":9223372036854775807}",
        "{" PARTIES "," WHO ",\"iat\":1790000031,\"nbf\":1790000000,\"exp\":1790000900}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000031,\"exp\":1790000900}",
        "{" PARTIES "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1790000000}",
        "{" PARTIES "," TIMES "}",
        "{" PARTIES "," WHO "," TIMES ",\"exp\":1890000000}",
        "[]",
        "null",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(claims); i++)
        assert_false(takes(forge(&arena, HS256, claims[i]), now()));
    arena_free(&arena);
}

static void test_a_token_ends_when_it_says(void **state) {
    (void)state;
    struct arena arena = {0};
    struct jwt_claims claims = good_claims();
    struct str token = jwt_sign(&settings, &claims, &arena);
    assert_true(takes(token, utc_add(claims.expires_at, span_ms(-1))));
    assert_false(takes(token, claims.expires_at));
    assert_true(takes(token, utc_add(claims.issued_at, span_seconds(-JWT_LEEWAY_SECONDS))));
    assert_false(takes(token, utc_add(claims.issued_at, span_seconds(-JWT_LEEWAY_SECONDS - 1))));
    arena_free(&arena);
}

static void test_rubbish_is_refused(void **state) {
    (void)state;
    struct arena arena = {0};
    struct jwt_claims claims = good_claims();
    struct str token = jwt_sign(&settings, &claims, &arena);
    assert_false(takes(STR(""), now()));
    assert_false(takes(STR("."), now()));
    assert_false(takes(STR(".."), now()));
    assert_false(takes(STR("..."), now()));
    assert_false(takes(arena_printf(&arena, "%.*s.", STR_ARG(token)), now()));
    assert_false(takes(arena_printf(&arena, "%.*s=", STR_ARG(token)), now()));
    assert_false(takes(arena_printf(&arena, " %.*s", STR_ARG(token)), now()));
    assert_false(takes(str_slice(token, 0, token.len - 44), now()));
    char *huge = xmalloc(JWT_MAX + 1);
    memset(huge, 'A', JWT_MAX + 1);
    assert_false(takes((struct str){huge, JWT_MAX + 1}, now()));
    free(huge);
    arena_free(&arena);
}
