/* forecast.c - `alphabet forecast`: what is planned, and where it is too much. */
#include "cli/client.h"
#include "cli/output.h"

enum { CHART = 40 };

static struct str number_text(struct invocation *invocation, const json_t *object,
                              const char *member) {
    return arena_printf(&invocation->arena, "%.1f",
                        json_number_value(json_object_get(object, member)));
}

static struct str minute_text(struct invocation *invocation, const json_t *object) {
    struct civil c =
        civil_from_seconds(utc_seconds(utc_of_json(json_object_get(object, "bucket"))));
    return arena_printf(&invocation->arena, "%04d-%02d-%02d %02d:%02dZ", c.year, c.month, c.day,
                        c.hour, c.minute);
}

static void print_buckets(struct invocation *invocation, const json_t *forecast) {
    const json_t *buckets = json_object_get(forecast, "buckets");
    double workers = json_number_value(json_object_get(forecast, "workersTotal"));
    double most = workers;
    struct table *table = table_new();
    table_column(table, "FROM", TABLE_LEFT);
    table_column(table, "PLANNED", TABLE_RIGHT);
    table_column(table, "BUSY WORKERS", TABLE_RIGHT);
    table_column(table, "# within, ! beyond what this node has", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        double busy =
            json_number_value(json_object_get(json_array_get(buckets, i), "expectedBusyWorkers"));
        if (busy > most) most = busy;
    }
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *bucket = json_array_get(buckets, i);
        double busy = json_number_value(json_object_get(bucket, "expectedBusyWorkers"));
        char bar[CHART + 2] = " ";
        size_t length = most > 0 ? (size_t)(busy * CHART / most + 0.5) : 0;
        if (busy > 0 && length == 0) length = 1;
        for (size_t k = 0; k < length && k < CHART; k++)
            bar[k] = (double)k * most / CHART < workers ? '#' : '!';
        table_cell(table, STYLE_NONE, minute_text(invocation, bucket));
        table_cell_number(table, json_number(bucket, "plannedExecutions"));
        table_cell(table, STYLE_NONE, number_text(invocation, bucket, "expectedBusyWorkers"));
        table_cell(table, busy > workers ? STYLE_BAD : STYLE_GOOD, str_from_cstr(bar));
    }
    table_print(table, stdout);
}

static void print_collisions(struct invocation *invocation, const json_t *collisions) {
    struct table *table = table_new();
    (void)printf("\nMore than this node has workers:\n");
    table_column(table, "FROM", TABLE_LEFT);
    table_column(table, "BUSY WORKERS", TABLE_RIGHT);
    table_column(table, "OF WHICH", TABLE_RIGHT);
    table_column(table, "JOB", TABLE_SHRINKS);
    for (size_t i = 0; i < json_array_size(collisions); i++) {
        const json_t *collision = json_array_get(collisions, i);
        const json_t *jobs = json_object_get(collision, "jobs");
        for (size_t k = 0; k < json_array_size(jobs); k++) {
            const json_t *job = json_array_get(jobs, k);
            table_cell(table, STYLE_NONE, minute_text(invocation, collision));
            table_cell(table, STYLE_NONE,
                       number_text(invocation, collision, "expectedBusyWorkers"));
            table_cell(table, STYLE_NONE, number_text(invocation, job, "busyWorkers"));
            table_cell(table, STYLE_NONE, json_text(job, "jobName"));
        }
    }
    table_print(table, stdout);
}

static void print_forecast(struct invocation *invocation, const json_t *forecast) {
    const json_t *collisions = json_object_get(forecast, "collisions");
    print_buckets(invocation, forecast);
    (void)printf("\n%lld jobs run in that time on %lld workers",
                 (long long)json_number(forecast, "jobs"),
                 (long long)json_number(forecast, "workersTotal"));
    if (json_number(forecast, "unmeasuredJobs") > 0)
        (void)printf("; %lld of them never succeeded, and count as taking no time",
                     (long long)json_number(forecast, "unmeasuredJobs"));
    if (json_number(forecast, "sampled") > 1)
        (void)printf("; an estimate from about one in %lld of some jobs",
                     (long long)json_number(forecast, "sampled"));
    (void)puts(".");
    if (json_array_size(collisions) > 0) print_collisions(invocation, collisions);
}

int cli_forecast(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    buf_put(&path, STR(V1 "/forecast"));
    path_put_query(&path, "hours", str_from_cstr(option_value(invocation, "--hours")));
    path_put_query(&path, "bucketMinutes", str_from_cstr(option_value(invocation, "--bucket")));
    code = client_get(client, buf_str(&path), &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_forecast(invocation, reply.json);
    reply_free(&reply);
    buf_free(&path);
    client_close(client);
    return code;
}
