/* test_workflow_json.c - what a workflow may be, and that what was written can be read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "good_job.h"
#include "model/workflow_json.h"

#define ID(n) "00000000-0000-7000-8000-00000000000" n

/* Jobs A (1) to F (6), of which F is deleted; 7 is a second A; D mentions A, E mentions "A" and
 * "Nobody"; C (3) starts the workflow in row 77. */
static bool find_job(void *context, struct guid id, struct workflow_job *ret) {
    (void)context;
    static const struct str names[] = {STR_INIT("A"), STR_INIT("B"), STR_INIT("C"), STR_INIT("D"),
                                       STR_INIT("E"), STR_INIT("F"), STR_INIT("A")};
    static const struct str mentions[] = {STR_INIT("A"), STR_INIT("Nobody")};
    unsigned number = id.bytes[15];
    if (number < 1 || number > 7) return false;
    *ret = (struct workflow_job){.name = names[number - 1],
                                 .row = number,
                                 .is_deleted = number == 6,
                                 .starts_workflow = number == 3 ? 77 : 0,
                                 .started_name = STR("other"),
                                 .mentions = mentions,
                                 .mention_count = number == 4   ? 1
                                                  : number == 5 ? 2
                                                                : 0};
    return true;
}

static struct workflow_rules rules_of(const struct bench *bench) {
    return (struct workflow_rules){.job_defaults = &bench->defaults, .find_job = find_job};
}

static bool read(struct bench *bench, const char *json, const struct workflow *base,
                 const struct job *schedule, struct workflow_definition *ret,
                 struct faults *faults) {
    struct workflow_rules rules = rules_of(bench);
    json_t *body = parsed(str_from_cstr(json));
    bool good = workflow_from_json(body, base ? JOB_REPLACE : JOB_CREATE, base, schedule, &rules,
                                   &bench->arena, ret, faults);
    json_decref(body);
    return good;
}

static struct workflow_definition made_workflow(struct bench *bench, const char *json,
                                                const struct workflow *base,
                                                const struct job *schedule) {
    struct faults faults = {.arena = &bench->arena};
    struct workflow_definition definition = {0};
    if (!read(bench, json, base, schedule, &definition, &faults))
        fail_msg("%s: %.*s %.*s", json, STR_ARG(faults.items[0].field),
                 STR_ARG(faults.items[0].message));
    return definition;
}

#define JOBS(list) "{\"name\":\"w\",\"jobs\":[" list "]}"
#define SCHEDULE(fields) \
    "{\"name\":\"w\",\"jobs\":[{\"jobId\":\"" ID("1") "\"}],\"schedule\":{" fields "}}"

static void test_each_fault_names_its_culprit(void **state) {
    (void)state;
    static const struct {
        const char *json, *field, *message;
    } rows[] = {
        {"{\"jobs\":[{\"jobId\":\"" ID("1") "\"}]}", "name", "is required"},
        {"{\"name\":\"w\"}", "jobs", "is required"},
        {JOBS(""), "jobs", "must hold 1 to 1000 jobs, not 0"},
        {JOBS("7"), "jobs[0]", "must be an object"},
        {JOBS("{}"), "jobs[0].jobId", "is required"},
        {JOBS("{\"jobId\":\"x\"}"), "jobs[0].jobId", "must be the id of a job"},
        {JOBS("{\"jobId\":\"" ID("9") "\"}"), "jobs[0].jobId", "there is no job " ID("9")},
        {JOBS("{\"jobId\":\"" ID("6") "\"}"), "jobs[0].jobId",
         "job \"F\" (" ID("6") ") was deleted"},
        {JOBS("{\"jobId\":\"" ID("1") "\"},{\"jobId\":\"" ID("1") "\"}"), "jobs[1].jobId",
         "job \"A\" (" ID("1") ") stands in jobs[0] already"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID("2") "\"]}"),
         "jobs[0].dependsOn[0]", "job \"B\" (" ID("2") ") is not in the list of jobs"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID("9") "\"]}"),
         "jobs[0].dependsOn[0]", "job " ID("9") " is not in the list of jobs"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID("1") "\"]}"),
         "jobs[0].dependsOn[0]", "job \"A\" (" ID("1") ") cannot depend on itself"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependsOn\":[5]}"), "jobs[0].dependsOn[0]",
         "must be the id of a job"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID(
             "2") "\"]},"
                  "{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID("1") "\"]}"),
         "jobs",
         "go round in a circle: \"A\" (" ID("1") ") depends on \"B\" (" ID(
             "2") ") depends on \"A\" (" ID("1") ")"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"onFailure\":\"Halt\"}"), "jobs[0].onFailure",
         "must be one of Stop, Continue"},
        {JOBS("{\"jobId\":\"" ID("1") "\",\"dependOn\":[]}"), "jobs[0].dependOn",
         "is not a known field; did you mean \"dependsOn\"?"},
        {JOBS("{\"jobId\":\"" ID("3") "\"}"), "jobs[0].jobId",
         "\"C\" (" ID("3") ") depends on no job here, so its own schedule would start this "
                           "workflow, but it starts \"other\" already; give one of the two "
                           "workflows a schedule"},
        {JOBS("{\"jobId\":\"" ID("4") "\"}"), "jobs[0]",
         "\"D\" (" ID("4") ") mentions {{Jobs.A}}, and no job above it has that name; let it "
                           "depend on that job"},
        {JOBS("{\"jobId\":\"" ID("1") "\"},{\"jobId\":\"" ID(
             "7") "\"},"
                  "{\"jobId\":\"" ID("4") "\",\"dependsOn\":[\"" ID("1") "\",\"" ID("7") "\"]}"),
         "jobs[2]",
         "\"D\" (" ID("4") ") mentions {{Jobs.A}}, and 2 jobs above it have that name; rename "
                           "them"},
        {SCHEDULE("\"scheduleType\":\"Cron\""), "schedule.scheduleExpression", "is required"},
        {SCHEDULE("\"scheduleType\":\"Cron\",\"scheduleExpression\":\"@daily\",\"queue\":\"a\""),
         "schedule.queue", "is not a known field"},
        {SCHEDULE("\"scheduleType\":\"Interval\",\"intervalSeconds\":5,"
                  "\"intervalMode\":\"FixedDelay\""),
         "schedule.intervalMode", "FixedDelay is not for workflows; use FixedRate"},
        {SCHEDULE("\"scheduleType\":\"Interval\",\"intervalSeconds\":5,"
                  "\"concurrencyPolicy\":\"Queue\""),
         "schedule.concurrencyPolicy", "Queue is not for workflows; use Allow, Skip or Replace"},
        {SCHEDULE("\"scheduleType\":\"Interval\",\"intervalSeconds\":5,\"dstPolicy\":{\"x\":1}"),
         "schedule.dstPolicy.x", "is not a known field"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench bench = bench_open();
        struct faults faults = {.arena = &bench.arena};
        struct workflow_definition definition = {.workflow.row = 42};
        assert_false(read(&bench, rows[i].json, NULL, NULL, &definition, &faults));
        assert_int_equal(definition.workflow.row, 42);
        if (faults.count != 1) fail_msg("%s: %zu faults", rows[i].json, faults.count);
        assert_str(faults.items[0].field, rows[i].field);
        if (!str_starts_with(faults.items[0].message, str_from_cstr(rows[i].message)))
            assert_str(faults.items[0].message, rows[i].message);
        bench_close(&bench);
    }
}

static void test_all_faults_come_at_once(void **state) {
    (void)state;
    static const char *const expected[] = {"colour",
                                           "name",
                                           "jobs[0].jobId",
                                           "jobs[1].onFailure",
                                           "jobs[2].jobId",
                                           "jobs[1].dependsOn[0]",
                                           "schedule.scheduleType",
                                           "schedule.maxRuns"};
    struct bench bench = bench_open();
    struct faults faults = {.arena = &bench.arena};
    struct workflow_definition definition;
    assert_false(read(&bench,
                      "{\"colour\":1,\"name\":\"\",\"jobs\":[{\"jobId\":\"" ID(
                          "9") "\"},"
                               "{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID(
                                   "3") "\"],"
                                        "\"onFailure\":\"x\"},{\"jobId\":\"" ID(
                                            "2") "\"}],"
                                                 "\"schedule\":{\"maxRuns\":-1}}",
                      NULL, NULL, &definition, &faults));
    assert_int_equal(faults.count, COUNT_OF(expected));
    for (size_t i = 0; i < faults.count; i++) assert_str(faults.items[i].field, expected[i]);
    bench_close(&bench);
}

static void test_two_circles_and_what_hangs_below_them_are_told_once_each(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct faults faults = {.arena = &bench.arena};
    struct workflow_definition definition;
    assert_false(
        read(&bench,
             JOBS("{\"jobId\":\"" ID("4") "\",\"dependsOn\":[\"" ID(
                 "1") "\"]},"
                      "{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID(
                          "2") "\"]},"
                               "{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID(
                                   "1") "\"]},"
                                        "{\"jobId\":\"" ID("3") "\",\"dependsOn\":[\"" ID(
                                            "7") "\"]},"
                                                 "{\"jobId\":\"" ID("7") "\",\"dependsOn\":[\"" ID(
                                                     "3") "\"]}"),
             NULL, NULL, &definition, &faults));
    assert_int_equal(faults.count, 2);
    assert_true(str_starts_with(faults.items[0].message, STR("go round in a circle: \"A\"")));
    assert_true(str_starts_with(faults.items[1].message, STR("go round in a circle: \"C\"")));
    bench_close(&bench);
}

static void test_a_thousand_jobs_and_not_one_more(void **state) {
    (void)state;
    for (size_t count = 1000; count <= 1001; count++) {
        struct bench bench = bench_open();
        struct buf list = buf_with_max(0);
        for (size_t i = 0; i < count; i++) buf_printf(&list, "%s{}", i ? "," : "");
        struct str json =
            arena_printf(&bench.arena, "{\"name\":\"w\",\"jobs\":[%.*s]}", (int)list.len, list.ptr);
        struct faults faults = {.arena = &bench.arena};
        struct workflow_definition definition;
        assert_false(read(&bench, json.ptr, NULL, NULL, &definition, &faults));
        assert_int_equal(faults.count + faults.more, count == 1000 ? 1000 : 1);
        buf_free(&list);
        bench_close(&bench);
    }
}

static void test_canonical_form_and_defaults(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct workflow_definition definition =
        made_workflow(&bench,
                      JOBS("{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID("1") "\",\"" ID(
                          "1") "\"]},{\"jobId\":\"" ID("1") "\",\"onFailure\":\"continue\"}"),
                      NULL, NULL);
    assert_str(
        definition.workflow.jobs,
        "[{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID(
            "1") "\"],\"onFailure\":\"Stop\"}"
                 ",{\"jobId\":\"" ID("1") "\",\"dependsOn\":[],\"onFailure\":\"Continue\"}]");
    assert_true(definition.workflow.is_enabled);
    assert_false(definition.has_schedule);
    assert_true(str_is_absent(definition.workflow.schedule));
    assert_str(definition.workflow.created_by, "ada@example.com");
    assert_int_equal(definition.jobs[0].row, 2);
    bench_close(&bench);
}

static void test_a_mention_of_a_job_further_up_is_met(void **state) {
    (void)state;
    struct bench bench = bench_open();
    (void)made_workflow(
        &bench,
        JOBS("{\"jobId\":\"" ID("1") "\"},"
                                     "{\"jobId\":\"" ID("2") "\",\"dependsOn\":[\"" ID(
                                         "1") "\"]},"
                                              "{\"jobId\":\"" ID("4") "\",\"dependsOn\":[\"" ID(
                                                  "2") "\"]}"),
        NULL, NULL);
    bench_close(&bench);
}

static void test_what_is_left_out_stays(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct workflow_definition first = made_workflow(
        &bench, SCHEDULE("\"scheduleType\":\"Cron\",\"scheduleExpression\":\"0 3 * * *\""), NULL,
        NULL);
    assert_true(first.has_schedule);
    assert_int_equal(first.schedule.type, JOB_WORKFLOW);
    assert_true(first.schedule.is_deleted);
    first.schedule.row = 9;
    first.schedule.run_count = 3;

    struct workflow_definition renamed = made_workflow(
        &bench, "{\"name\":\"v\",\"isEnabled\":false}", &first.workflow, &first.schedule);
    assert_str(renamed.workflow.name, "v");
    assert_str(renamed.workflow.jobs, first.workflow.jobs.ptr);
    assert_str(renamed.workflow.schedule, first.workflow.schedule.ptr);
    assert_int_equal(renamed.schedule.row, 9);
    assert_false(renamed.schedule.is_enabled);

    struct workflow_definition moved = made_workflow(
        &bench, "{\"schedule\":{\"scheduleType\":\"Interval\",\"intervalSeconds\":60}}",
        &first.workflow, &first.schedule);
    assert_int_equal(moved.schedule.row, 9);
    assert_int_equal(moved.schedule.run_count, 3);
    assert_int_equal(moved.schedule.interval_seconds, 60);

    struct workflow_definition bare =
        made_workflow(&bench, "{\"schedule\":{}}", &first.workflow, &first.schedule);
    assert_false(bare.has_schedule);
    assert_true(str_is_absent(bare.workflow.schedule));
    bench_close(&bench);
}

static void test_what_is_shown_can_be_sent_back(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct workflow_definition first =
        made_workflow(&bench,
                      SCHEDULE("\"scheduleType\":\"Cron\",\"scheduleExpression\":\"0 3 * * *\","
                               "\"timezone\":\"Europe/Berlin\",\"concurrencyPolicy\":\"Skip\""),
                      NULL, NULL);
    first.workflow.id.bytes[3] = 1;
    struct workflow_run run = {.status = EXECUTION_RUNNING};
    struct str name = STR("A");
    struct workflow_state last = {.last_run = &run, .job_names = &name};
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    workflow_to_json(&w, &first.workflow, &first.graph, &last);
    struct workflow_definition again =
        made_workflow(&bench, out.ptr, &first.workflow, &first.schedule);
    assert_str(again.workflow.jobs, first.workflow.jobs.ptr);
    assert_str(again.workflow.schedule, first.workflow.schedule.ptr);
    assert_str(again.workflow.name, "w");
    buf_free(&out);
    bench_close(&bench);
}
