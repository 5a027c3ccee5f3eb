/* What a job may say about a handler, and which variables it may set. */
#include "base/json_read.h"
#include "handlers/code_config.h"
#include "handlers/environment_rules.h"

#include <stdlib.h>
#include <string.h>

static const char *const methods[] = {"Run", "Check", NULL};
static const char *const any[] = {"*", NULL};
static const char *const some[] = {"REPORT_*", "LOG_LEVEL", NULL};
static const char *const folders[] = {"/tmp", NULL};

static struct code_handlers *make(bool shell) {
    struct code_definition definitions[] = {
        {.name = STR("Report"),
         .executable = "/usr/bin/env",
         .methods = methods,
         .environment = some,
         .folders = folders},
        {.name = STR("Bare"), .executable = "/usr/bin/env"},
    };
    struct code_handlers_options options = {.shell = shell, .worker_count = 2};
    struct err err = ERR_INIT;
    struct code_handlers *handlers =
        code_handlers_new(&options, definitions, COUNT_OF(definitions), &err);
    if (!handlers) fail_msg("%s", err.msg);
    return handlers;
}

/* The faults of a configuration, "field: message" a line; "" when it is sound. */
static const char *faults_of(const char *json, bool shell, struct arena *arena) {
    struct code_handlers *handlers = make(shell);
    struct err err = ERR_INIT;
    struct faults faults = {.arena = arena};
    struct variables_known known = {0};
    struct code_config config;
    struct buf text = buf_with_max(0);
    json_t *root = json_read(str_from_cstr(json), &err);
    if (!root) fail_msg("%s: %s", json, err.msg);
    bool ok = code_config_read(root, handlers, &known, arena, &config, &faults);
    assert_int_equal(ok, faults.count == 0);
    buf_put(&text, STR(""));
    for (size_t i = 0; i < faults.count; i++)
        buf_printf(&text, "%.*s: %.*s\n", STR_ARG(faults.items[i].field),
                   STR_ARG(faults.items[i].message));
    const char *copy = arena_printf(arena, "%s", text.ptr ? text.ptr : "").ptr;
    buf_free(&text);
    json_decref(root);
    code_handlers_free(handlers);
    return copy;
}

static void check(const char *json, const char *expected) {
    struct arena arena = {0};
    const char *found = faults_of(json, true, &arena);
    bool fits = expected[0] ? strstr(found, expected) != NULL : found[0] == '\0';
    if (!fits) fail_msg("%s\nexpected: %s\nfound: %s", json, expected, found);
    arena_free(&arena);
}

static void test_sound_configurations(void **state) {
    (void)state;
    check("{\"handlerType\":\"Report\"}", "");
    check("{\"handlerType\":\"REPORT\",\"methodName\":\"Check\",\"parameters\":null}", "");
    check("{\"handlerType\":\"Report\",\"parameters\":{\"a\":[1,{\"b\":\"{{Today}}\"}]},"
          "\"environment\":{\"REPORT_DAY\":\"{{Today}}\",\"LOG_LEVEL\":\"info\"},"
          "\"workingDirectory\":\"/tmp/{{Job.Id}}\"}",
          "");
    check("{\"handlerType\":\"SampleJob\",\"methodName\":\"Whatever.It-Is\"}", "");
    check("{\"handlerType\":\"Shell\",\"parameters\":{\"script\":\"echo {{ }}\"}}", "");
}

static void test_every_fault_is_told(void **state) {
    (void)state;
    check("{}", "jobConfiguration.handlerType: is required; there are: Bare, CleanupJob, "
                "Report, ReportGenerationJob, SampleJob, Shell");
    check("{\"handlerType\":1}", "handlerType: must be a string");
    check("{\"handlerType\":\"x\",\"path\":\"/bin/x\"}", "jobConfiguration.path: there is no such");
    check("{\"handlerType\":\"x\",\"path\":\"/bin/x\"}", "handlerType: there is no handler x");
    check("{\"handlerType\":\"Report\",\"methodName\":\"Nope\"}", "there are: Run, Check");
    check("{\"handlerType\":\"Report\",\"methodName\":7}", "methodName: must be a text");
    check("{\"handlerType\":\"SampleJob\",\"methodName\":\"a b\"}", "methodName: must be a text");
    check("{\"handlerType\":\"Bare\",\"parameters\":[]}", "parameters: must be an object");
    check("{\"handlerType\":\"Bare\",\"parameters\":{\"a\":[0,\"{{Nope}}\"]}}",
          "jobConfiguration.parameters.a[1]: there is no variable {{Nope}}");
    check("{\"handlerType\":\"Bare\",\"environment\":{\"A\":\"\"}}", "Environment list");
    check("{\"handlerType\":\"Report\",\"environment\":{\"LOG_LEVEL\":1}}", "must be a string");
    check("{\"handlerType\":\"Report\",\"environment\":[]}", "environment: must be an object");
    check("{\"handlerType\":\"Bare\",\"workingDirectory\":\"/tmp\"}", "no working directories");
    check("{\"handlerType\":\"Report\",\"workingDirectory\":\"/tmpx\"}", "or below one");
    check("{\"handlerType\":\"Report\",\"workingDirectory\":\"tmp\"}", "or below one");
    check("{\"handlerType\":\"Shell\"}", "parameters.script: is required");
    check("{\"handlerType\":\"Shell\",\"parameters\":{\"script\":\"\"}}", "script: must be a text");
}

static void test_shell_is_there_when_it_is_enabled(void **state) {
    (void)state;
    struct arena arena = {0};
    const char *found =
        faults_of("{\"handlerType\":\"Shell\",\"parameters\":{\"script\":\"id\"}}", false, &arena);
    assert_non_null(strstr(found, "Shell is switched off (Scheduler:Handlers:Shell:Enabled)"));
    arena_free(&arena);
}

static void test_a_handler_needs_a_sound_program(void **state) {
    (void)state;
    static const char *const nowhere[] = {"/no/such/folder", NULL};
    static const struct {
        struct code_definition definition;
        const char *expected;
    } cases[] = {
        {{.name = STR_INIT("A")}, "Scheduler:Handlers:A: needs an Executable or a Library"},
        {{.name = STR_INIT("A"), .executable = "bin/x"}, "no absolute path"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin/../bin/env"}, "no absolute path"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin"}, "no plain file"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin/nothing-of-the-kind"}, "No such file"},
        {{.name = STR_INIT("A"), .executable = "/etc/passwd"}, "not executable (chmod +x)"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin/env", .library = "/x"}, "exclude"},
        {{.name = STR_INIT("A"), .executable = "/proc/self/exe"}, "symbolic link"},
        {{.name = STR_INIT("Shell"), .executable = "/usr/bin/env"}, "takes no Executable"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin/env", .user = "no-such-user"}, "no user"},
        {{.name = STR_INIT("A"), .executable = "/usr/bin/env", .folders = nowhere}, "No such file"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct code_handlers_options options = {.shell = true, .worker_count = 1};
        struct err err = ERR_INIT;
        struct code_handlers *handlers = code_handlers_new(&options, &cases[i].definition, 1, &err);
        if (handlers || !strstr(err.msg, cases[i].expected))
            fail_msg("case %zu: expected %s, found %s", i, cases[i].expected, err.msg);
    }
}

static void test_the_deny_list_wins_over_every_allow_list(void **state) {
    (void)state;
    static const char *const denied[] = {"LD_PRELOAD",
                                         "LD_AUDIT",
                                         "ld_preload",
                                         "GCONV_PATH",
                                         "GLIBC_TUNABLES",
                                         "BASH_ENV",
                                         "ENV",
                                         "BASH_FUNC_x",
                                         "IFS",
                                         "PATH",
                                         "PYTHONPATH",
                                         "PYTHONSTARTUP",
                                         "PERL5LIB",
                                         "RUBYOPT",
                                         "NODE_OPTIONS",
                                         "JAVA_TOOL_OPTIONS",
                                         "_JAVA_OPTIONS",
                                         "LOCPATH",
                                         "TZDIR",
                                         "OPENSSL_CONF",
                                         "SSL_CERT_FILE",
                                         "http_proxy",
                                         "GIT_SSH_COMMAND",
                                         "ALPHABET_FENCE",
                                         "HOME",
                                         "TMPDIR"};
    struct str why;
    for (size_t i = 0; i < COUNT_OF(denied); i++)
        if (environment_allows(str_from_cstr(denied[i]), any, &why)) fail_msg("%s", denied[i]);
    static const char *const odd[] = {"", "A=B", "1A", "A B", "A-B", "\xc3\x84"};
    for (size_t i = 0; i < COUNT_OF(odd); i++)
        if (environment_allows(str_from_cstr(odd[i]), any, &why)) fail_msg("%s", odd[i]);
}

static void test_the_allow_list_takes_names_and_beginnings(void **state) {
    (void)state;
    struct str why;
    assert_true(environment_allows(STR("REPORT_DAY"), some, &why));
    assert_true(environment_allows(STR("LOG_LEVEL"), some, &why));
    assert_true(environment_allows(STR("ANYTHING"), any, &why));
    assert_false(environment_allows(STR("LOG_LEVELS"), some, &why));
    assert_false(environment_allows(STR("REPORT"), some, &why));
    assert_false(environment_allows(STR("ANYTHING"), NULL, &why));
}

static void test_parameters_get_safe_names(void **state) {
    (void)state;
    struct buf out = buf_with_max(0);
    environment_put_safe_name(&out, STR("older-than.Days 7\xc3\x84="));
    assert_string_equal(out.ptr, "OLDER_THAN_DAYS_7___");
    buf_free(&out);
}
