/* Secrets in a configuration: what is masked, and what comes back. */
#include "good_job.h"

#include "model/mask.h"

static void test_names_of_secrets(void **state) {
    (void)state;
    static const char *const secret[] = {
        "signingSecret", "password",      "dbPassword",          "X-Api-Key",      "api_key",
        "APIKEY",        "Authorization", "proxy-authorization", "token",          "refreshToken",
        "cookie",        "Set-Cookie",    "privateKey",          "AWS_ACCESS_KEY", "credentials",
        "pwd",           "client.secret"};
    static const char *const plain[] = {"url",
                                        "method",
                                        "headers",
                                        "body",
                                        "Content-Type",
                                        "timeoutSeconds",
                                        "path",
                                        "operation",
                                        "handlerType",
                                        "methodName",
                                        "storedProcedureName",
                                        "",
                                        "databaseConnectionStringName",
                                        "Idempotency-Key",
                                        "pass",
                                        "compression"};
    for (size_t i = 0; i < COUNT_OF(secret); i++)
        if (!mask_is_secret_name(str_from_cstr(secret[i]))) fail_msg("%s", secret[i]);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (mask_is_secret_name(str_from_cstr(plain[i]))) fail_msg("%s", plain[i]);
}

static void test_references_are_no_secrets(void **state) {
    (void)state;
    static const char *const references[] = {"{{Secret.A}}", "{{ Secret.api-key_1.x }}",
                                             "Bearer {{Secret.A}}", "Basic {{Secret.A}}"};
    static const char *const secrets[] = {"",
                                          "{{}}",
                                          "{{Secret.}}",
                                          "{{Secret.A}}x",
                                          "x{{Secret.A}}",
                                          "{{Secret.A}}{{Secret.B}}",
                                          "{{Today}}",
                                          "{{",
                                          "}}",
                                          "{{Secret.A}",
                                          "Bearer abc",
                                          "Bearer ",
                                          "Bearer x{{Secret.A}}",
                                          "{{Secret.A B}}"};
    for (size_t i = 0; i < COUNT_OF(references); i++)
        if (!mask_is_reference(str_from_cstr(references[i]))) fail_msg("%s", references[i]);
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        if (mask_is_reference(str_from_cstr(secrets[i]))) fail_msg("%s", secrets[i]);
}

static void test_masking(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } table[] = {
        {"{}", "{}"},
        {"{\"url\":\"http://a:b@c/?d=\\\":\"}", "{\"url\":\"http://a:b@c/?d=\\\":\"}"},
        {"{\"signingSecret\":\"x\"}", "{\"signingSecret\":\"***\"}"},
        {"{\"a\":1,\"password\":\"x\\\"y\\\\\",\"b\":2}", "{\"a\":1,\"password\":\"***\",\"b\":2}"},
        {"{\"password\":12,\"b\":[1]}", "{\"password\":\"***\",\"b\":[1]}"},
        {"{\"b\":{\"token\":-1.5e3}}", "{\"b\":{\"token\":\"***\"}}"},
        {"{\"tokens\":[\"a\",{\"b\":\"]}\"}],\"c\":1}", "{\"tokens\":\"***\",\"c\":1}"},
        {"{\"credentials\":{\"user\":\"u\",\"x\":[1,2]}}", "{\"credentials\":\"***\"}"},
        {"{\"password\":null,\"token\":true,\"pwd\":\"\",\"cookie\":{}}",
         "{\"password\":null,\"token\":true,\"pwd\":\"\",\"cookie\":{}}"},
        {"{\"signingSecret\":\"{{Secret.KEY}}\"}", "{\"signingSecret\":\"{{Secret.KEY}}\"}"},
        {"{\"list\":[{\"password\":\"a\"},{\"password\":\"b\"}]}",
         "{\"list\":[{\"password\":\"***\"},{\"password\":\"***\"}]}"},
        {"{\"note\":\"password\",\"x\":\"token\"}", "{\"note\":\"password\",\"x\":\"token\"}"},
        /* A key spelt with escapes is still that key. */
        {"{\"pass\\u0077ord\":\"x\"}", "{\"pass\\u0077ord\":\"***\"}"},
        {"{\"\\\"password\":\"x\"}", "{\"\\\"password\":\"***\"}"},
        {"{ \"password\" : \"x\" , \"b\" : 1 }", "{ \"password\" : \"***\" , \"b\" : 1 }"},
        {"[{\"token\":\"x\"}]", "[{\"token\":\"***\"}]"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf out = buf_with_max(0);
        mask_put(&out, str_from_cstr(table[i].in));
        assert_str(buf_str(&out), table[i].out);
        json_decref(parsed(buf_str(&out)));
        buf_free(&out);
    }
}

static struct str restored(struct bench *bench, const char *value, const char *stored,
                           struct faults *faults) {
    json_t *a = parsed(str_from_cstr(value));
    json_t *b = stored != NULL ? parsed(str_from_cstr(stored)) : NULL;
    *faults = (struct faults){.arena = &bench->arena};
    mask_restore(a, b, STR("jobConfiguration"), faults);
    struct str text = json_dump(&bench->arena, a);
    json_decref(a);
    json_decref(b);
    return text;
}

static void test_what_was_masked_comes_back(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct faults faults;
    assert_str(restored(&bench, "{\"a\":\"***\",\"token\":\"***\",\"l\":[{\"pwd\":\"***\"}]}",
                        "{\"token\":{\"x\":1},\"l\":[{\"pwd\":\"p\"}]}", &faults),
               "{\"a\":\"***\",\"token\":{\"x\":1},\"l\":[{\"pwd\":\"p\"}]}");
    assert_int_equal(faults.count, 0);
    (void)restored(&bench, "{\"l\":[{\"pwd\":\"***\"},{\"pwd\":\"***\"}]}",
                   "{\"l\":[{\"pwd\":\"p\"}]}", &faults);
    assert_int_equal(faults.count, 1);
    assert_str(faults.items[0].field, "jobConfiguration.l[1].pwd");
    (void)restored(&bench, "{\"token\":\"***\"}", NULL, &faults);
    assert_int_equal(faults.count, 1);
    bench_close(&bench);
}
