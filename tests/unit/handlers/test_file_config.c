/* What a job may say about files, and what becomes of its paths when it runs. */
#include "base/json_read.h"
#include "handlers/file_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const roots[] = {"/tmp", "/usr/share/", "/usr/share/zoneinfo", NULL};

static struct beneath *make(void) {
    struct err err = ERR_INIT;
    struct beneath *beneath = beneath_new(roots, &err);
    if (!beneath) fail_msg("%s", err.msg);
    return beneath;
}

/* The only fault of a configuration is this one, "field: beginning of the message"; "" = none. */
static void check(const char *json, const char *expected) {
    struct beneath *beneath = make();
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    struct variables_known known = {0};
    struct file_config config;
    json_t *root = json_read(str_from_cstr(json), NULL);
    assert_non_null(root);
    bool ok = file_config_read(root, beneath, &known, &config, &faults);
    assert_int_equal(ok, faults.count == 0);
    struct str found = STR("");
    if (faults.count > 0)
        found = arena_printf(&arena, "%.*s: %.*s", STR_ARG(faults.items[0].field),
                             STR_ARG(faults.items[0].message));
    if (faults.count > 1 || (expected[0] == '\0') != (found.len == 0) ||
        !str_contains(found, str_from_cstr(expected)))
        fail_msg("%s\nexpected: %s\nfound %zu: %.*s", json, expected, faults.count, STR_ARG(found));
    json_decref(root);
    arena_free(&arena);
    beneath_free(beneath);
}

static void test_sound_configurations(void **state) {
    (void)state;
    static const char *const table[] = {
        "{\"operation\":\"Delete\",\"sourcePath\":\"/tmp/x\"}",
        "{\"operation\":\"dElEtE\",\"sourcePath\":\"/tmp/\",\"recursive\":true}",
        "{\"operation\":\"Delete\",\"sourcePath\":\"/tmp/**/*.x\",\"olderThanHours\":1,"
        "\"deleteEmptyDirectories\":true,\"overwrite\":false,\"deleteAfterDays\":0,"
        "\"destinationPath\":null}",
        "{\"operation\":\"Copy\",\"sourcePath\":\"/tmp/{{Today-1d:yyyyMMdd}}\",\"destinationPath\":"
        "\"/usr/share/zoneinfo\",\"overwrite\":true,\"dryRun\":true}",
        "{\"operation\":\"Archive\",\"sourcePath\":\"/tmp/a\",\"archivePath\":\"/tmp/b.zip\","
        "\"compression\":\"ZIP\",\"deleteAfterDays\":30}",
        "{\"operation\":\"Compress\",\"sourcePath\":\"/tmp/a\",\"archivePath\":\"/tmp/b.tar.zst\"}",
        "{\"operation\":\"Decompress\",\"sourcePath\":\"/tmp/*.zip\",\"destinationPath\":\"/tmp/o/"
        "\"}",
        "{\"operation\":\"Move\",\"sourcePath\":\"/tmp/{{Parameters.a}}/b\",\"destinationPath\":\"/"
        "tmp/c\"}",
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) check(table[i], "");
}

static void test_faults_of_each_field(void **state) {
    (void)state;
#define DELETE(path) "{\"operation\":\"Delete\",\"sourcePath\":" path "}"
#define WITH(more) "{\"operation\":\"Delete\",\"sourcePath\":\"/tmp/a\"," more "}"
#define PACK(more) "{\"operation\":\"Archive\",\"sourcePath\":\"/tmp/a\"," more "}"
    static const struct {
        const char *json, *fault;
    } table[] = {
        {"[]", "jobConfiguration: must be an object"},
        {"{}", "operation: must be one of"},
        {"{\"operation\":1,\"sourcePath\":\"/tmp/a\"}", "operation: must be one of"},
        {"{\"operation\":\"Delete\"}", "sourcePath: is required"},
        {DELETE("5"), "sourcePath: must be a string"},
        {DELETE("\"tmp/a\""), "sourcePath: must be an absolute path"},
        {DELETE("\"/etc/a\""), "lies outside of the folders that Scheduler:Jobs:AllowedFileRoots "
                               "allows: /tmp, /usr/share, /usr/share/zoneinfo"},
        {DELETE("\"/tmpx\""), "lies outside"},
        {DELETE("\"/\""), "lies outside"},
        {DELETE("\"/tmp/../etc\""), "must not contain '.'"},
        {DELETE("\"/tmp/./a\""), "must not contain '.'"},
        {DELETE("\"/tmp//a\""), "an empty part"},
        {DELETE("\"/tmp/a\\nb\""), "control characters"},
        {DELETE("\"/tmp/**/a/**\""), "may have ** once"},
        {DELETE("\"{{Parameters.path}}\""), "must be an absolute path"},
        {DELETE("\"/tmp/{{Nope}}\""), "no variable"},
        {DELETE("\"/tmp/{{Secret.x}}\""), "must not hold a secret"},
        {WITH("\"destinationPath\":\"/tmp/b\""), "destinationPath: belongs to Move, Copy"},
        {WITH("\"archivePath\":\"/tmp/b.zip\""), "archivePath: belongs to Archive"},
        {WITH("\"compression\":\"zip\""), "compression: belongs to"},
        {WITH("\"olderThanHours\":-1"), "olderThanHours: must be a whole number from 0 to 876000"},
        {WITH("\"olderThanHours\":1.5"), "olderThanHours: must be a whole number"},
        {WITH("\"deleteAfterDays\":1"), "deleteAfterDays: belongs to Archive"},
        {WITH("\"recursive\":1"), "recursive: must be true or false"},
        {WITH("\"overwrite\":true"), "overwrite: belongs to"},
        {WITH("\"command\":\"rm\""), "command: is no field"},
        {PACK("\"dryRun\":true"), "archivePath: is required"},
        {PACK("\"archivePath\":\"/tmp/b\""), "archivePath: must end with"},
        {PACK("\"archivePath\":\"/tmp/b.zip/\""), "archivePath: must not end with a slash"},
        {PACK("\"archivePath\":\"/tmp/*.zip\""), "only sourcePath may be a pattern"},
        {PACK("\"archivePath\":\"/tmp/b.zip\",\"compression\":\"tar.gz\""), "ends otherwise"},
        {PACK("\"archivePath\":\"/tmp/b.zip\",\"compression\":\"rar\""),
         "compression: must be one"},
        {PACK("\"archivePath\":\"/tmp/b.zip\",\"overwrite\":true"), "Archive never replaces"},
        {"{\"operation\":\"Copy\",\"sourcePath\":\"/tmp/a/\",\"destinationPath\":\"/tmp/a/b\"}",
         "destinationPath: must not lie inside sourcePath"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) check(table[i].json, table[i].fault);
}

/* What sourcePath becomes with this value of {{Parameters.p}}; the fault when there is one. */
static const char *planned(const char *source, const char *value, struct arena *arena,
                           struct file_plan *ret) {
    struct beneath *beneath = make();
    struct err err = ERR_INIT;
    struct execution execution = {0};
    struct job job = {.name = STR("J")};
    json_t *parameters = json_pack("{s:s}", "p", value);
    struct file_config config = {.action = FILE_ARCHIVE,
                                 .source = str_from_cstr(source),
                                 .archive = STR("/tmp/logs-{{Parameters.p}}-{{Job.Name}}.zip")};
    struct variables_context context = {
        .execution = &execution, .job = &job, .parameters = parameters};
    bool ok = file_config_plan(&config, beneath, &context, arena, ret, &err);
    json_decref(parameters);
    beneath_free(beneath);
    return ok ? ret->source.below : arena_printf(arena, "%s", err.msg).ptr;
}

static void test_paths_of_a_run(void **state) {
    (void)state;
    struct arena arena = {0};
    struct file_plan plan;
    assert_string_equal(planned("/tmp/{{Parameters.p}}", "a", &arena, &plan), "a");
    assert_false(plan.is_pattern);
    assert_string_equal(plan.archive.below, "logs-a-J.zip");
    assert_string_equal(plan.archive_names, "logs-*-*.zip");
    assert_string_equal(planned("/usr/share/zoneinfo/x{{Parameters.p}}/*", "1", &arena, &plan),
                        "x1/*");
    assert_int_equal(plan.source.root, 2);
    assert_true(plan.is_pattern);
    static const char *const values[] = {"..", "../x", "", "*", "a?", "\n", "/", "a/"};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (!strstr(planned("/tmp/{{Parameters.p}}", values[i], &arena, &plan), "Path: "))
            fail_msg("\"%s\" is taken", values[i]);
    assert_non_null(strstr(planned("/tmp/{{Parameters.q}}", "x", &arena, &plan), "sourcePath: "));
    arena_free(&arena);
}
