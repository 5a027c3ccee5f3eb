/* test_http_call.c - HttpCall against a real server on this machine: what is sent, what becomes of
 * each kind of answer and of none, redirects, secrets, stop. */
#include "base/json_read.h"
#include "world.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

static int64_t resident_kb(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0, resident = 0;
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    if (file) (void)fclose(file);
    return resident * 4;
}

static int thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    while (tasks && readdir(tasks)) count++;
    if (tasks) (void)closedir(tasks);
    return count - 2;
}

static void test_success_carries_body_and_status(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.status, EXECUTION_SUCCEEDED);
    assert_int_equal(call->result.http_status, 200);
    assert_int_equal(call->result.error_type, 0);
    assert_string_equal(call->output, "hello");
    assert_false(call->result.output_truncated);
    world_end(&world);
}

static void test_sends_every_header_of_ours(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_new_call(&world, STR_NONE);
    char text[256], id[GUID_LENGTH + 1], job[GUID_LENGTH + 1], line[200];
    snprintf(text, sizeof text,
             "{\"url\":\"http://127.0.0.1:%d/echo\",\"headers\":{\"X-Own\":\"1\",\"X-Empty\":\"\","
             "\"Host\":\"inner.example\"}}",
             world.port);
    call->job.configuration = str_from_cstr(text);
    call->run.max_output_bytes = 8192;
    call_start(&world, call);
    assert_true(world_wait(&world, call));
    guid_format(call->execution.id, id);
    guid_format(call->job.id, job);
    snprintf(line, sizeof line, "X-Alphabet-Execution-Id: %s\r\n", id);
    assert_true(has(call->output, line));
    snprintf(line, sizeof line, "X-Alphabet-Job-Id: %s\r\n", job);
    assert_true(has(call->output, line));
    assert_true(has(call->output, "X-Alphabet-Attempt: 3\r\n"));
    assert_true(has(call->output, "X-Alphabet-Fence: 41\r\n"));
    snprintf(line, sizeof line, "Idempotency-Key: %s-1767323045000000\r\n", job);
    assert_true(has(call->output, line));
    char bare[33];
    sodium_bin2hex(bare, sizeof bare, call->execution.id.bytes, 16);
    snprintf(line, sizeof line, "traceparent: 00-%s-", bare);
    assert_true(has(call->output, line));
    assert_true(has(call->output, "User-Agent: Alphabet-Scheduler/"));
    assert_true(has(call->output, "X-Own: 1\r\n"));
    assert_true(has(call->output, "X-Empty:\r\n"));
    assert_true(has(call->output, "Host: inner.example\r\n"));
    assert_false(has(call->output, "Accept-Encoding"));
    assert_false(has(call->output, "X-Alphabet-Signature"));
    world_end(&world);
}

static void test_methods_and_bodies(void **state) {
    (void)state;
    static const struct {
        const char *rest, *start, *type, *end;
    } rows[] = {
        {"\"method\":\"GET\"", "GET /echo HTTP/1.1\r\n", NULL, "\r\n\r\n"},
        {"\"method\":\"post\"", "POST /echo", "Content-Length: 0\r\n", "\r\n\r\n"},
        {"\"method\":\"POST\",\"body\":{\"a\":[1,\"{{Job.Name}}\"]}", "POST /echo",
         "Content-Type: application/json\r\n", "{\"a\":[1,\"Nightly \\\"report\\\"\"]}"},
        {"\"method\":\"PUT\",\"body\":\"plain {{Job.Name}}\"", "PUT /echo",
         "Content-Type: text/plain; charset=utf-8\r\n", "plain Nightly \"report\""},
        {"\"method\":\"PATCH\",\"body\":\"{\\\"n\\\":\\\"{{Job.Name}}\\\"}\"", "PATCH /echo",
         "Content-Type: application/json\r\n", "{\"n\":\"Nightly \\\"report\\\"\"}"},
        {"\"method\":\"DELETE\"", "DELETE /echo", NULL, "\r\n\r\n"},
        {"\"method\":\"DELETE\",\"body\":\"x\"", "DELETE /echo", "Content-Length: 1\r\n", "x"},
        {"\"method\":\"POST\",\"headers\":{\"content-type\":\"text/csv\"},\"body\":\"a,b\"",
         "POST /echo", "content-type: text/csv\r\n", "a,b"},
    };
    struct world world;
    world_start(&world, &(struct world_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/echo\",%s}",
                                       world.port, rows[i].rest);
        assert_true(world_wait(&world, call));
        assert_string_equal(call->error, "");
        assert_true(strncmp(call->output, rows[i].start, strlen(rows[i].start)) == 0);
        if (rows[i].type) assert_true(has(call->output, rows[i].type));
        size_t len = strlen(call->output), end = strlen(rows[i].end);
        assert_true(len >= end && strcmp(call->output + len - end, rows[i].end) == 0);
    }
    struct call *call =
        world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\",\"method\":\"HEAD\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.status, EXECUTION_SUCCEEDED);
    assert_string_equal(call->output, "");
    world_end(&world);
}

static void test_parameters_in_url_are_encoded(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    char text[256];
    snprintf(text, sizeof text,
             "{\"url\":\"http://127.0.0.1:%d/echo/{{Parameters.part}}?d={{Today:yyyyMMdd}}\","
             "\"parameters\":{\"part\":\"default\"}}",
             world.port);
    struct call *call = world_new_call(&world, str_from_cstr(text));
    call->execution.parameters = STR("{\"part\":\"a/b ?#&c\"}");
    call_start(&world, call);
    assert_true(world_wait(&world, call));
    assert_true(has(call->output, "GET /echo/a%2Fb%20%3F%23%26c?d=20260102 HTTP/1.1\r\n"));
    call = world_new_call(&world, str_from_cstr(text));
    call_start(&world, call);
    assert_true(world_wait(&world, call));
    assert_true(has(call->output, "GET /echo/default?d=20260102 HTTP/1.1\r\n"));
    world_end(&world);
}

static void test_status_decides_and_says_whether_to_retry(void **state) {
    (void)state;
    static const struct {
        const char *path, *rest;
        int status;
        bool never_retry;
    } rows[] = {
        {"status/204", "", EXECUTION_SUCCEEDED, false},
        {"status/500", "", EXECUTION_FAILED, false},
        {"status/404", ",\"successStatusCodes\":[404]", EXECUTION_SUCCEEDED, false},
        {"status/200", ",\"successStatusCodes\":[201]", EXECUTION_FAILED, false},
        {"status/404", ",\"retryOnStatusCodes\":[503]", EXECUTION_FAILED, true},
        {"status/503", ",\"retryOnStatusCodes\":[503]", EXECUTION_FAILED, false},
        {"redirect/302/http://127.0.0.1/", "", EXECUTION_FAILED, false},
    };
    struct world world;
    world_start(&world, &(struct world_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/%s\"%s}", world.port,
                                       rows[i].path, rows[i].rest);
        assert_true(world_wait(&world, call));
        assert_int_equal(call->result.status, rows[i].status);
        assert_int_equal(call->result.never_retry, rows[i].never_retry);
        if (rows[i].status == EXECUTION_FAILED) {
            assert_int_equal(call->result.error_type, ERROR_HTTP_STATUS);
            assert_true(call->result.http_status > 0);
            assert_true(has(call->error, "the target answered "));
            assert_true(call->output[0] != '\0');
        }
    }
    world_end(&world);
}

static void test_retry_after_is_passed_on(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(
        &world, "{\"url\":\"http://127.0.0.1:%d/status/503/retry-after/70\"}", world.port);
    assert_true(world_wait(&world, call));
    int64_t wait = utc_diff(call->result.retry_not_before, clock_now(clock_system())).us / 1000000;
    assert_in_range(wait, 65, 70);
    call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/status/500/retry-after/70\"}",
                      world.port);
    assert_true(world_wait(&world, call));
    assert_true(utc_is_none(call->result.retry_not_before));
    world_end(&world);
}

static void test_broken_answers_are_connection_failures(void **state) {
    (void)state;
    static const struct {
        const char *path, *says;
    } rows[] = {
        {"cut", "ended before it was complete"},
        {"nothing", "without an answer"},
        {"headers", "bytes of headers"},
        {"endless", "longer than"},
    };
    struct world world;
    world_start(&world, &(struct world_options){.max_response_bytes = 4 * 1024 * 1024});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *call =
            world_call(&world, "{\"url\":\"http://127.0.0.1:%d/%s\"}", world.port, rows[i].path);
        assert_true(world_wait(&world, call));
        assert_int_equal(call->result.status, EXECUTION_FAILED);
        assert_int_equal(call->result.error_type, ERROR_CONNECTION);
        if (!has(call->error, rows[i].says)) fail_msg("%s: %s", rows[i].path, call->error);
    }
    world_end(&world);
}

static void test_no_listener_and_no_name_are_connection_failures(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:1/\"}");
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONNECTION);
    assert_true(has(call->error, "no connection to 127.0.0.1:1"));
    call = world_call(&world, "{\"url\":\"http://no-such-host.invalid/\"}");
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONNECTION);
    assert_true(has(call->error, "no-such-host.invalid could not be resolved"));
    world_end(&world);
}

static void test_tls_that_fails_says_so_and_has_no_fallback(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    /* The target speaks plain HTTP. */
    struct call *call = world_call(&world, "{\"url\":\"https://127.0.0.1:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONNECTION);
    assert_true(has(call->error, "no secure connection to 127.0.0.1"));
    world_end(&world);
}

static void test_own_timeout_fires_on_time(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    int64_t start = target_now_ms();
    struct call *call = world_call(
        &world, "{\"url\":\"http://127.0.0.1:%d/silent\",\"timeoutSeconds\":1}", world.port);
    assert_true(world_wait(&world, call));
    assert_in_range(target_now_ms() - start, 900, 5000); // late only by what a busy machine adds
    assert_int_equal(call->result.error_type, ERROR_TIMEOUT);
    assert_true(has(call->error, "within the 1 s of timeoutSeconds"));
    world_end(&world);
}

static void test_long_output_keeps_head_and_tail(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    int64_t before = resident_kb();
    struct call *call =
        world_call(&world, "{\"url\":\"http://127.0.0.1:%d/big/50000000\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.status, EXECUTION_SUCCEEDED);
    assert_true(call->result.output_truncated);
    assert_true(call->result.output.len <= 1024);
    assert_true(strncmp(call->output, "headheadxxx", 11) == 0);
    assert_true(has(call->output, " bytes left out …\nxxx"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(resident_kb() - before < 5000);
#else
    (void)before;
#endif
    world_end(&world);
}

static void test_bytes_that_are_no_text_are_replaced(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/binary\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_string_equal(call->output, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                      "b\xc3\xa9");
    world_end(&world);
}

/* --- redirects --- */

static void test_redirects_are_followed_when_asked(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call =
        world_call(&world,
                   "{\"url\":\"http://127.0.0.1:%d/redirect/303//echo\",\"followRedirects\":true,"
                   "\"method\":\"POST\",\"body\":\"xyz-body\"}",
                   world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.status, EXECUTION_SUCCEEDED);
    assert_true(strncmp(call->output, "GET /", 5) == 0);
    assert_false(has(call->output, "xyz-body"));
    assert_false(has(call->output, "moved"));
    call = world_call(&world,
                      "{\"url\":\"http://127.0.0.1:%d/redirect/307/http://127.0.0.1:%d/echo\","
                      "\"followRedirects\":true,\"method\":\"POST\",\"body\":\"abc\"}",
                      world.port, world.port);
    assert_true(world_wait(&world, call));
    assert_true(strncmp(call->output, "POST /echo", 10) == 0);
    assert_true(has(call->output, "\r\n\r\nabc"));
    world_end(&world);
}

static void test_redirect_hops_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *location, *says;
    } rows[] = {
        {"file:///etc/passwd", "not followed"},
        {"gopher://127.0.0.1:70/", "not followed"},
        {"ftp://example.org/", "not followed"},
        {"http://user:pass@example.org/", "not followed"},
        {"http://127.0.0.1:6379/", "port 6379 is not allowed"},
    };
    struct world world;
    world_start(&world, &(struct world_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *call = world_call(
            &world, "{\"url\":\"http://127.0.0.1:%d/redirect/302/%s\",\"followRedirects\":true}",
            world.port, rows[i].location);
        assert_true(world_wait(&world, call));
        assert_int_equal(call->result.status, EXECUTION_FAILED);
        assert_int_equal(call->result.error_type, ERROR_HTTP_STATUS);
        if (!has(call->error, rows[i].says)) fail_msg("%s: %s", rows[i].location, call->error);
    }
    int before = world.server->requests;
    struct call *call = world_call(
        &world,
        "{\"url\":\"http://127.0.0.1:%d/loop\",\"followRedirects\":true,\"maxRedirects\":3}",
        world.port);
    assert_true(world_wait(&world, call));
    if (!has(call->error, "redirects too often")) fail_msg("%s", call->error);
    assert_int_equal(world.server->requests - before, 4);
    world_end(&world);
}

static void test_redirect_to_a_blocked_address_is_not_tried(void **state) {
    (void)state;
    struct str allowed[] = {STR("127.0.0.1")};
    struct world world;
    world_start(&world, &(struct world_options){
                            .is_guarded = true, .allowed = allowed, .allowed_count = 1});
    struct call *call = world_call(
        &world,
        "{\"url\":\"http://127.0.0.1:%d/redirect/302/http://169.254.169.254/latest/meta-data\","
        "\"followRedirects\":true}",
        world.port);
    assert_true(world_wait(&world, call));
    assert_true(has(call->error, "private or reserved address"));
    call = world_call(&world,
                      "{\"url\":\"http://127.0.0.1:%d/redirect/302/http://127.0.0.2:%d/ok\","
                      "\"followRedirects\":true}",
                      world.port, world.port);
    assert_true(world_wait(&world, call));
    assert_true(has(call->error, "private or reserved address"));
    world_end(&world);
}

static void test_private_headers_stay_with_their_origin(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call =
        world_call(&world,
                   "{\"url\":\"http://127.0.0.1:%d/redirect/302/http://127.0.0.2:%d/echo\","
                   "\"followRedirects\":true,\"headers\":{\"Authorization\":\"Bearer t0ken\","
                   "\"Cookie\":\"a=b\",\"X-Public\":\"yes\"}}",
                   world.port, world.port);
    assert_true(world_wait(&world, call));
    /* The server listens on 127.0.0.1 only, so the hop fails; the same origin keeps them. */
    assert_int_equal(call->result.error_type, ERROR_CONNECTION);
    call = world_call(&world,
                      "{\"url\":\"http://127.0.0.1:%d/redirect/302/http://localhost:%d/echo\","
                      "\"followRedirects\":true,\"headers\":{\"Authorization\":\"Bearer t0ken\","
                      "\"Cookie\":\"a=b\",\"X-Public\":\"yes\"}}",
                      world.port, world.port);
    assert_true(world_wait(&world, call));
    assert_string_equal(call->error, "");
    assert_true(has(call->output, "X-Public: yes"));
    assert_false(has(call->output, "t0ken"));
    assert_false(has(call->output, "Cookie"));
    call = world_call(&world,
                      "{\"url\":\"http://127.0.0.1:%d/redirect/302/http://127.0.0.1:%d/echo\","
                      "\"followRedirects\":true,\"headers\":{\"Authorization\":\"Bearer t0ken\"}}",
                      world.port, world.port);
    assert_true(world_wait(&world, call));
    assert_true(has(call->output, "Authorization: Bearer t0ken"));
    world_end(&world);
}

/* --- the guard, at the address really connected to --- */

static void test_blocked_addresses_are_never_connected_to(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){.is_guarded = true});
    static const char *const hosts[] = {"127.0.0.1",  "localhost", "2130706433",         "0x7f.1",
                                        "0177.0.0.1", "127.1",     "[::ffff:127.0.0.1]", "0"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct call *call =
            world_call(&world, "{\"url\":\"http://%s:%d/ok\"}", hosts[i], world.port);
        assert_true(world_wait(&world, call));
        assert_int_equal(call->result.status, EXECUTION_FAILED);
        assert_true(call->result.never_retry);
        if (!has(call->error, "private or reserved address"))
            fail_msg("%s: %s", hosts[i], call->error);
        /* A port where nothing listens gives the same words. */
        struct call *closed = world_call(&world, "{\"url\":\"http://%s:1/ok\"}", hosts[i]);
        assert_true(world_wait(&world, closed));
        assert_string_equal(closed->error, call->error);
    }
    assert_int_equal(world.server->requests, 0);
    assert_int_equal(world.server->open, 0);
    world_end(&world);
}

static void test_environment_proxy_is_ignored(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    char proxy[64] = "http_proxy=http://127.0.0.1:1";
    putenv(proxy);
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    unsetenv("http_proxy");
    assert_string_equal(call->output, "hello");
    world_end(&world);
}

/* --- secrets --- */

static char folder[] = "/tmp/alphabet-secrets-XXXXXX";

static void write_secret(const char *name, const char *value) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(value, file);
    fclose(file);
}

static void remove_folder(void) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_secrets_are_sent_and_never_shown(void **state) {
    (void)state;
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    write_secret("token", "canary-\"zwqv\"\n");
    struct world world;
    world_start(&world, &(struct world_options){.secrets = folder});
    struct call *call = world_call(
        &world,
        "{\"url\":\"http://127.0.0.1:%d/echo?k={{Secret.token}}\",\"method\":\"POST\","
        "\"headers\":{\"X-Key\":\"k {{Secret.token}}\"},\"body\":{\"t\":\"{{Secret.token}}\"}}",
        world.port);
    assert_true(world_wait(&world, call));
    assert_string_equal(call->error, "");
    assert_true(has(world.server->last, "?k=canary-%22zwqv%22 "));
    assert_true(has(world.server->last, "X-Key: k canary-\"zwqv\"\r\n"));
    assert_true(has(world.server->last, "{\"t\":\"canary-\\\"zwqv\\\"\"}"));
    assert_false(has(call->output, "canary"));
    assert_false(has(call->output, "zwqv"));
    assert_true(has(call->output, "X-Key: k ***\r\n"));
    assert_true(has(call->output, "{\"t\":\"***\"}"));

    call = world_call(&world, "{\"url\":\"http://{{Secret.token}}/\"}");
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONFIGURATION);
    assert_false(has(call->error, "canary"));
    call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/{{Secret.absent}}\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONFIGURATION);
    assert_true(has(call->error, "there is no secret named absent"));
    world_end(&world);
    remove_folder();
}

static void test_secret_cannot_break_a_header(void **state) {
    (void)state;
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    write_secret("bad", "a\r\nX-Evil: 1\n");
    struct world world;
    world_start(&world, &(struct world_options){.secrets = folder});
    struct call *call = world_call(&world,
                                   "{\"url\":\"http://127.0.0.1:%d/echo\",\"headers\":{\"X-A\":"
                                   "\"{{Secret.bad}}\"}}",
                                   world.port);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_CONFIGURATION);
    assert_true(has(call->error, "line break"));
    assert_int_equal(world.server->requests, 0);
    world_end(&world);
    remove_folder();
}

static void test_signature_can_be_verified(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(
        &world,
        "{\"url\":\"http://127.0.0.1:%d/echo\",\"method\":\"POST\",\"body\":\"{\\\"a\\\":1}\","
        "\"signingSecret\":\"s3cret-key\"}",
        world.port);
    assert_true(world_wait(&world, call));
    const char *at = strstr(world.server->last, "X-Alphabet-Signature: t=");
    assert_non_null(at);
    long time = 0;
    char given[65] = "", text[64], expected[65];
    assert_int_equal(sscanf(at, "X-Alphabet-Signature: t=%ld,v1=%64[0-9a-f]", &time, given), 2);
    assert_true(labs(time - (long)utc_seconds(clock_now(clock_system()))) <= 5);
    snprintf(text, sizeof text, "%ld.{\"a\":1}", time);
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state hmac;
    crypto_auth_hmacsha256_init(&hmac, (const unsigned char *)"s3cret-key", 10);
    crypto_auth_hmacsha256_update(&hmac, (unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&hmac, mac);
    sodium_bin2hex(expected, sizeof expected, mac, sizeof mac);
    assert_string_equal(given, expected);
    /* The next, unsigned call on the same handle carries none. */
    call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/echo\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_false(has(call->output, "X-Alphabet-Signature"));
    world_end(&world);
}

/* --- stop, and many at once --- */

static void wait_for(struct world *world, _Atomic int *counter, int value) {
    int64_t end = target_now_ms() + 20000;
    while (*counter != value && target_now_ms() < end) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_int_equal(*counter, value);
}

static void test_stop_closes_the_connection_at_once(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/silent\"}", world.port);
    wait_for(&world, &world.server->pending, 1);
    int64_t start = target_now_ms();
    call->run.stop_reason = STOP_CANCEL;
    world.handler->stop(world.handler, &call->run);
    world.handler->stop(world.handler, &call->run); // twice is harmless
    assert_true(world_wait(&world, call));
    wait_for(&world, &world.server->aborted, 1);
    assert_in_range(target_now_ms() - start, 0, 1000);
    assert_true(has(call->error, "request aborted after "));
    assert_true(has(call->error, " s: its connection was closed"));
    wait_for(&world, &world.server->open, 0);
    world_end(&world);
}

static void test_stop_right_after_start(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\"}", world.port);
    call->run.stop_reason = STOP_TIMEOUT;
    world.handler->stop(world.handler, &call->run);
    assert_true(world_wait(&world, call));
    assert_int_equal(call->result.error_type, ERROR_TIMEOUT);
    assert_true(has(call->error, "request aborted"));
    world_end(&world);
}

static struct world *stopping_world;

static void stop_from_inside(struct run *run, struct str more) {
    (void)more;
    run->stop_reason = STOP_CANCEL;
    stopping_world->handler->stop(stopping_world->handler, run);
}

static void test_stop_from_inside_progress(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    stopping_world = &world;
    char text[100];
    snprintf(text, sizeof text, "{\"url\":\"http://127.0.0.1:%d/endless\"}", world.port);
    struct call *call = world_new_call(&world, str_from_cstr(text));
    call->run.progress = stop_from_inside;
    call_start(&world, call);
    assert_true(world_wait(&world, call));
    if (!has(call->error, "request aborted")) fail_msg("%d %s", (int)call->is_done, call->error);
    assert_true(call->output[0] == 'x');
    wait_for(&world, &world.server->open, 0);
    world_end(&world);
}

static void test_two_thousand_slow_calls_on_one_thread(void **state) {
    (void)state;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &limit);
    enum { CALLS = 2000 };
    struct world world;
    world_start(&world, &(struct world_options){0});
    static struct call *calls[CALLS];
    int threads = thread_count();
    for (int i = 0; i < CALLS; i++)
        calls[i] = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/slow/3000\"}", world.port);
    int most = 0;
    bool all = false;
    int64_t end = target_now_ms() + 30000;
    while (!all && target_now_ms() < end) {
        uv_run(&world.loop, UV_RUN_ONCE);
        if (thread_count() > most) most = thread_count();
        all = true;
        for (int i = 0; all && i < CALLS; i++) all = calls[i]->is_done;
    }
    assert_true(all);
    for (int i = 0; i < CALLS; i++) assert_string_equal(calls[i]->output, "slow");
    assert_int_equal(world.server->most_pending, CALLS);
    assert_in_range(most, 1, threads);
    world_end(&world);
}

/* --- checking a configuration --- */

static void validate(const char *text, struct faults *faults, struct arena *arena) {
    struct err err = ERR_INIT;
    struct guard_options strict = {0};
    struct guard *guard = guard_new(&strict, &err);
    struct http_call_options options = {.guard = guard, .clock = clock_system()};
    json_t *json = json_read(str_from_cstr(text), &err);
    assert_non_null(json);
    *faults = (struct faults){.arena = arena};
    http_call_validate(&options, json, faults);
    json_decref(json);
    guard_free(guard);
}

static void test_every_fault_is_named_at_once(void **state) {
    (void)state;
    static const struct {
        const char *field, *message;
    } expected[] = {
        {"jobConfiguration.colour", "no field"},
        {"jobConfiguration.url", "absolute http or https URL"},
        {"jobConfiguration.method", "must be one of"},
        {"jobConfiguration.headers.X-Alphabet-Fence", "cannot be overridden"},
        {"jobConfiguration.headers.Idempotency-Key", "cannot be overridden"},
        {"jobConfiguration.headers.X A", "no valid header name"},
        {"jobConfiguration.headers.X-B", "line breaks"},
        {"jobConfiguration.headers.X-C", "no variable {{Nope}}"},
        {"jobConfiguration.headers.X-D", "must be a string"},
        {"jobConfiguration.body", "has no \"}}\""},
        {"jobConfiguration.timeoutSeconds", "from 1 to 86400"},
        {"jobConfiguration.maxRedirects", "from 0 to 20"},
        {"jobConfiguration.successStatusCodes[1]", "from 100 to 599"},
        {"jobConfiguration.retryOnStatusCodes", "must be an array"},
        {"jobConfiguration.followRedirects", "true or false"},
        {"jobConfiguration.signingSecret", "must not be empty"},
        {"jobConfiguration.parameters", "must be an object"},
    };
    struct arena arena = {0};
    struct faults faults;
    validate("{\"url\":\"ftp://example.org\",\"method\":\"TRACE\",\"headers\":{"
             "\"X-Alphabet-Fence\":\"1\",\"Idempotency-Key\":\"1\",\"X A\":\"1\","
             "\"X-B\":\"a\\r\\nb\",\"X-C\":\"{{Nope}}\",\"X-D\":5},\"body\":\"{{Today\","
             "\"timeoutSeconds\":0,\"maxRedirects\":21,\"successStatusCodes\":[200,99],"
             "\"retryOnStatusCodes\":503,\"followRedirects\":\"yes\",\"signingSecret\":\"\","
             "\"parameters\":[],\"colour\":\"red\"}",
             &faults, &arena);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        bool found = false;
        for (size_t j = 0; j < faults.count; j++)
            found = found ||
                    (str_equal(faults.items[j].field, str_from_cstr(expected[i].field)) &&
                     str_contains(faults.items[j].message, str_from_cstr(expected[i].message)));
        if (!found) fail_msg("no fault %s: %s", expected[i].field, expected[i].message);
    }
    assert_int_equal(faults.count, sizeof expected / sizeof expected[0]);
    arena_free(&arena);
}

static void test_sound_configurations_pass(void **state) {
    (void)state;
    static const char *const sound[] = {
        "{\"url\":\"https://example.org\"}",
        "{\"url\":\"https://{{Parameters.host}}:{{Parameters.port}}/a?b={{Today-1d:yyyyMMdd}}\"}",
        "{\"url\":\"{{Parameters.url}}\"}",
        "{\"url\":\"http://example.org/\",\"method\":null,\"body\":null,\"headers\":{\"A\":null}}",
        "{\"url\":\"http://example.org/\",\"body\":\"{{{{ not a variable\"}",
        "{\"url\":\"https://example.org\",\"signingSecret\":\"{{Secret.key}}\"}",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        struct faults faults;
        validate(sound[i], &faults, &arena);
        if (!faults_none(&faults)) fail_msg("%s: %.*s", sound[i], STR_ARG(faults.items[0].message));
    }
    arena_free(&arena);
}

static void test_a_configuration_that_became_wrong_fails_the_run(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    static const char *const wrong[] = {"", "{", "[]", "{\"url\":5}",
                                        "{\"url\":\"http://example.org/{{Parameters.none}}\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct call *call = world_call(&world, "%s", wrong[i]);
        assert_true(call->is_done); // at once
        assert_int_equal(call->result.error_type, ERROR_CONFIGURATION);
        assert_true(call->result.never_retry);
        assert_true(has(call->error, "jobConfiguration"));
    }
    world_end(&world);
}
