/* stats.c - figures of the whole system: `alphabet stats` and `alphabet timeline`. */
#include "cli/client.h"
#include "cli/output.h"

enum { CHART = 40 };

/* ---- stats ---- */

static void print_count(const char *title, const json_t *stats, const char *member) {
    (void)printf("%-15s %lld\n", title, (long long)json_number(stats, member));
}

static void print_queues(const json_t *queues) {
    struct table *table = table_new();
    table_column(table, "QUEUE", TABLE_LEFT);
    table_column(table, "PENDING", TABLE_RIGHT);
    table_column(table, "OLDEST WAITS", TABLE_RIGHT);
    for (size_t i = 0; i < json_array_size(queues); i++) {
        const json_t *queue = json_array_get(queues, i);
        struct buf text = buf_with_max(0);
        double seconds = json_number_value(json_object_get(queue, "oldestWaitSeconds"));
        buf_put_length(&text, (int64_t)(seconds * 1000));
        table_cell(table, STYLE_NONE, json_text(queue, "name"));
        table_cell_number(table, json_number(queue, "pendingCount"));
        table_cell(table, STYLE_NONE, buf_str(&text));
        buf_free(&text);
    }
    table_print(table, stdout);
}

static void print_next(const struct invocation *invocation, const json_t *jobs) {
    struct table *table = table_new();
    table_column(table, "NEXT RUN", TABLE_LEFT);
    table_column(table, "JOB", TABLE_SHRINKS);
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        struct buf text = buf_with_max(0);
        buf_put_time(&text, json_object_get(job, "nextRunAt"), clock_now(invocation->clock));
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, STYLE_NONE, json_text(job, "jobName"));
        buf_free(&text);
    }
    table_print(table, stdout);
}

static void print_stats(const struct invocation *invocation, const json_t *stats) {
    long long hours = (long long)json_number(stats, "windowHours");
    double average = json_number_value(json_object_get(stats, "averageDurationSeconds"));
    struct buf text = buf_with_max(0);
    if (json_is_true(json_object_get(stats, "isPaused")))
        (void)printf("%sEverything is paused; `alphabet resume-all` ends that.%s\n",
                     style_begin(STYLE_WARNING), style_end(STYLE_WARNING));
    (void)printf(
        "%-15s %lld: %lld active, %lld failed, %lld paused, %lld disabled, %lld completed\n",
        "jobs", (long long)json_number(stats, "totalJobs"),
        (long long)json_number(stats, "activeJobs"), (long long)json_number(stats, "failedJobs"),
        (long long)json_number(stats, "pausedJobs"), (long long)json_number(stats, "disabledJobs"),
        (long long)json_number(stats, "completedJobs"));
    (void)printf("%-15s %.2f %% of the last %lld h\n", "success",
                 json_number_value(json_object_get(stats, "successRate")), hours);
    print_count("failures", stats, "recentFailureCount");
    buf_put_length(&text, (int64_t)(average * 1000));
    print_field("average", buf_str(&text));
    print_count("today", stats, "executionsToday");
    print_count("upcoming", stats, "upcomingExecutions");
    print_count("pending", stats, "pendingExecutions");
    print_count("running", stats, "runningExecutions");
    (void)printf("%-15s %lld of %lld busy\n\n", "workers",
                 (long long)json_number(stats, "workersBusy"),
                 (long long)json_number(stats, "workersTotal"));
    print_queues(json_object_get(stats, "queues"));
    const json_t *next = json_object_get(stats, "nextExecutions");
    if (json_array_size(next) > 0) (void)putchar('\n');
    if (json_array_size(next) > 0) print_next(invocation, next);
    buf_free(&text);
}

int cli_stats(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_get(client, STR(V1 "/dashboard/stats"), &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_stats(invocation, reply.json);
    reply_free(&reply);
    client_close(client);
    return code;
}

/* ---- timeline ---- */

static int64_t ended(const json_t *bucket) {
    return json_number(bucket, "successCount") + json_number(bucket, "failedCount") +
           json_number(bucket, "cancelledCount") + json_number(bucket, "runningCount");
}

/* A bar: succeeded #, failed !, cancelled -, running >; whatever there is any of shows. */
static struct str bar_of(struct arena *arena, const json_t *bucket, int64_t most) {
    static const struct {
        const char *member;
        char sign;
    } parts[] = {{"successCount", '#'},
                 {"failedCount", '!'},
                 {"cancelledCount", '-'},
                 {"runningCount", '>'}};
    char bar[COUNT_OF(parts) * (CHART + 1) + 1];
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        int64_t count = json_number(bucket, parts[i].member);
        int64_t length = most > 0 ? count * CHART / most : 0;
        if (count > 0 && length == 0) length = 1;
        for (; length > 0; length--) bar[at++] = parts[i].sign;
    }
    return arena_copy(arena, (struct str){bar, at});
}

static void print_timeline(struct invocation *invocation, const json_t *buckets) {
    struct table *table = table_new();
    int64_t most = 0;
    table_column(table, "FROM", TABLE_LEFT);
    table_column(table, "SUCCEEDED", TABLE_RIGHT);
    table_column(table, "FAILED", TABLE_RIGHT);
    table_column(table, "CANCELLED", TABLE_RIGHT);
    table_column(table, "RUNNING", TABLE_RIGHT);
    table_column(table, "# succeeded  ! failed  - cancelled  > running", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        int64_t count = ended(json_array_get(buckets, i));
        if (count > most) most = count;
    }
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *bucket = json_array_get(buckets, i);
        int64_t failed = json_number(bucket, "failedCount");
        struct civil c =
            civil_from_seconds(utc_seconds(utc_of_json(json_object_get(bucket, "bucket"))));
        struct str from = arena_printf(&invocation->arena, "%04d-%02d-%02d %02d:%02dZ", c.year,
                                       c.month, c.day, c.hour, c.minute);
        table_cell(table, STYLE_NONE, from);
        table_cell_number(table, json_number(bucket, "successCount"));
        table_cell(table, failed > 0 ? STYLE_BAD : STYLE_NONE,
                   arena_printf(&invocation->arena, "%lld", (long long)failed));
        table_cell_number(table, json_number(bucket, "cancelledCount"));
        table_cell_number(table, json_number(bucket, "runningCount"));
        struct str bar = bar_of(&invocation->arena, bucket, most);
        table_cell(table, failed > 0 ? STYLE_BAD : STYLE_GOOD, bar.len > 0 ? bar : STR(" "));
    }
    table_print(table, stdout);
}

int cli_timeline(struct invocation *invocation) {
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    struct reply reply;
    buf_put(&path, STR(V1 "/executions/timeline"));
    path_put_query(&path, "hours", str_from_cstr(option_value(invocation, "--hours")));
    path_put_query(&path, "bucketMinutes", str_from_cstr(option_value(invocation, "--bucket")));
    code = client_get(client, buf_str(&path), &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_timeline(invocation, reply.json);
    reply_free(&reply);
    buf_free(&path);
    client_close(client);
    return code;
}
