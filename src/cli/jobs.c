/* jobs.c - `alphabet jobs …`. */
#include "base/json_read.h"
#include "cli/follow.h"
#include "cli/input.h"
#include "cli/lists.h"
#include "cli/output.h"
#include "cli/parameters.h"

#include <stdlib.h>
#include <string.h>

/* ---- list and show ---- */

/* "30 2 * * MON-FRI (Europe/Berlin)", "every 5 min", "once 2026-…". */
static void put_schedule(struct buf *buf, const json_t *job) {
    struct str type = json_text(job, "scheduleType"), zone = json_text(job, "timezone");
    if (str_equal(type, STR("Cron"))) {
        buf_put(buf, json_text(job, "scheduleExpression"));
        if (!str_equal(zone, STR("UTC"))) buf_printf(buf, " (%.*s)", STR_ARG(zone));
    } else if (str_equal(type, STR("Interval"))) {
        buf_put(buf, STR("every "));
        buf_put_length(buf, json_number(job, "intervalSeconds") * 1000);
    } else {
        buf_printf(buf, "once %.*s", STR_ARG(json_text(job, "runAt")));
    }
}

static void print_jobs(const struct invocation *invocation, const json_t *jobs) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    struct buf text = buf_with_max(0);
    table_column(table, "NAME", TABLE_SHRINKS);
    table_column(table, "STATUS", TABLE_LEFT);
    table_column(table, "SCHEDULE", TABLE_SHRINKS);
    table_column(table, "NEXT RUN", TABLE_LEFT);
    table_column(table, "LAST", TABLE_LEFT);
    table_column(table, "FAILURES", TABLE_RIGHT);
    table_column(table, "ID", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        struct str status = json_text(job, "currentStatus");
        struct str last = json_text(job, "lastExecutionStatus");
        table_cell(table, STYLE_NONE, json_text(job, "name"));
        table_cell(table, style_of_status(status), status);
        buf_reset(&text);
        put_schedule(&text, job);
        table_cell(table, STYLE_NONE, buf_str(&text));
        buf_reset(&text);
        buf_put_time(&text, json_object_get(job, "nextRunAt"), now);
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, style_of_status(last), last);
        table_cell_number(table, json_number(job, "consecutiveFailures"));
        table_cell(table, STYLE_DIM, json_text(job, "id"));
    }
    buf_free(&text);
    table_print(table, stdout);
}

int cli_jobs_list(struct invocation *invocation) {
    static const char *const filters[][2] = {
        {"--status", "status"}, {"--tag", "tag"},      {"--queue", "queue"}, {"--search", "search"},
        {"--by", "createdBy"},  {"--type", "jobType"}, {"--sort", "sortBy"},
    };
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    struct list_answer list;
    buf_put(&path, STR(V1 "/jobs"));
    for (size_t i = 0; i < COUNT_OF(filters); i++)
        path_put_query(&path, filters[i][1],
                       str_from_cstr(option_value(invocation, filters[i][0])));
    if (option_given(invocation, "--descending"))
        path_put_query(&path, "sortDirection", STR("desc"));
    code = list_get(client, buf_str(&path), list_limit(invocation), &list);
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_jobs(invocation, list.items);
        list_print_rest(&list);
    }
    list_free(&list);
    buf_free(&path);
    client_close(client);
    return code;
}

int cli_failed(struct invocation *invocation) {
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    struct reply reply;
    buf_put(&path, STR(V1 "/jobs/failed"));
    path_put_query(&path, "threshold", str_from_cstr(option_value(invocation, "--threshold")));
    code = client_get(client, buf_str(&path), &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_jobs(invocation, reply.json);
    reply_free(&reply);
    buf_free(&path);
    client_close(client);
    return code;
}

static struct str job_path(struct invocation *invocation, const json_t *job, const char *rest) {
    return arena_printf(&invocation->arena, V1 "/jobs/%.*s%s", STR_ARG(json_text(job, "id")), rest);
}

static void print_upcoming(struct client *client, const json_t *job) {
    struct reply reply;
    struct str path = job_path(client_invocation(client), job, "/upcoming?count=5");
    if (client_get(client, path, &reply) == EXIT_OK)
        for (size_t i = 0; i < json_array_size(reply.json); i++) {
            const json_t *due = json_array_get(reply.json, i);
            struct buf line = buf_with_max(0);
            buf_put_time(&line, json_object_get(due, "utc"),
                         clock_now(client_invocation(client)->clock));
            buf_printf(&line, ", local %.*s%s", STR_ARG(json_text(due, "local")),
                       json_is_true(json_object_get(due, "adjusted")) ? ", moved by daylight saving"
                                                                      : "");
            print_field(i == 0 ? "next runs" : "", buf_str(&line));
            buf_free(&line);
        }
    reply_free(&reply);
}

static void print_member(const json_t *job, const char *title, const char *name) {
    const json_t *value = json_object_get(job, name);
    if (value == NULL || json_is_null(value)) return;
    char *text = json_is_string(value) ? xstr_dup(json_str_of(value))
                                       : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    print_field(title, str_from_cstr(text));
    free(text);
}

static void print_job_time(const struct invocation *invocation, const json_t *job,
                           const char *title, const char *name) {
    struct buf text = buf_with_max(0);
    if (!json_is_string(json_object_get(job, name))) return;
    buf_put_time(&text, json_object_get(job, name), clock_now(invocation->clock));
    print_field(title, buf_str(&text));
    buf_free(&text);
}

/* Which jobs it waits for, with what each did last. */
static void print_dependencies(struct client *client, const json_t *job) {
    struct reply reply;
    if (!json_is_object(json_object_get(job, "dependencies"))) return;
    int code =
        client_get(client, job_path(client_invocation(client), job, "/dependencies"), &reply);
    const json_t *jobs = json_object_get(reply.json, "jobs");
    if (code == EXIT_OK) print_field("waits for", json_text(reply.json, "condition"));
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(jobs); i++) {
        const json_t *other = json_array_get(jobs, i);
        bool is_gone = json_is_true(json_object_get(other, "isDeleted"));
        bool is_open = json_is_true(json_object_get(other, "isWaitedFor"));
        struct str status = json_text(other, "lastExecutionStatus");
        struct buf line = buf_with_max(0);
        buf_put_visible(&line, json_text(other, "name"), VISIBLE_ONE_LINE);
        buf_printf(&line, " (%.*s), ", STR_ARG(json_text(other, "jobId")));
        if (status.len > 0)
            buf_printf(&line, "last %.*s, ", STR_ARG(status));
        else
            buf_put(&line, STR("has not run, "));
        buf_put(&line, is_gone   ? STR("deleted")
                       : is_open ? STR("the next run would wait for it")
                                 : STR("done for the next run"));
        print_field("", buf_str(&line));
        buf_free(&line);
    }
    reply_free(&reply);
}

static void print_job(struct client *client, const json_t *job) {
    static const char *const members[][2] = {
        {"queue", "queue"},
        {"tags", "tags"},
        {"configuration", "jobConfiguration"},
        {"retries", "retryPolicy"},
        {"timeout (s)", "timeoutSeconds"},
        {"concurrency", "concurrencyPolicy"},
        {"misfire", "misfirePolicy"},
        {"group", "concurrencyGroup"},
        {"group limit", "concurrencyGroupLimit"},
        {"exclusions", "exclusions"},
        {"created by", "createdBy"},
        {"changed by", "lastModifiedBy"},
    };
    const struct invocation *invocation = client_invocation(client);
    struct buf text = buf_with_max(0);
    print_member(job, "name", "name");
    print_member(job, "id", "id");
    print_member(job, "description", "description");
    print_member(job, "status", "currentStatus");
    print_job_time(invocation, job, "paused until", "pausedUntil");
    put_schedule(&text, job);
    print_field("schedule", buf_str(&text));
    print_upcoming(client, job);
    print_job_time(invocation, job, "last run", "lastExecutedAt");
    print_member(job, "last status", "lastExecutionStatus");
    print_member(job, "failures in row", "consecutiveFailures");
    print_member(job, "type", "jobType");
    for (size_t i = 0; i < COUNT_OF(members); i++) print_member(job, members[i][0], members[i][1]);
    print_dependencies(client, job);
    print_job_time(invocation, job, "created", "createdAt");
    print_job_time(invocation, job, "changed", "updatedAt");
    buf_free(&text);
}

/* Opens the client and finds the first argument's job: what most commands begin with. */
static int begin_with_job(struct invocation *invocation, struct client **client, json_t **job) {
    int code;
    *client = client_open(invocation, &code);
    if (*client == NULL) return code;
    code = job_find(*client, invocation->arguments[0], job);
    if (code == EXIT_OK) return code;
    client_close(*client);
    return code;
}

int cli_jobs_show(struct invocation *invocation) {
    struct client *client;
    json_t *job;
    int code = begin_with_job(invocation, &client, &job);
    if (code != EXIT_OK) return code;
    if (invocation->json)
        print_json(job);
    else
        print_job(client, job);
    json_decref(job);
    client_close(client);
    return code;
}

/* ---- create, update, delete ---- */

static void report(const struct invocation *invocation, const char *what, const json_t *job) {
    if (invocation->json) {
        print_json(job);
        return;
    }
    (void)printf("%s ", what);
    print_visible(json_text(job, "name"), VISIBLE_ONE_LINE);
    (void)printf(" (%.*s)\n", STR_ARG(json_text(job, "id")));
}

static int create_one(struct client *client, const json_t *definition) {
    struct reply reply;
    int code = client_send(client, "POST", STR(V1 "/jobs"), definition, &reply);
    if (code == EXIT_OK) report(client_invocation(client), "created", reply.json);
    reply_free(&reply);
    return code;
}

int cli_jobs_create(struct invocation *invocation) {
    const char *file = option_value(invocation, "--file");
    json_t *definitions;
    if (file == NULL) return complain_usage(invocation, "--file is missing");
    int code = input_read_json(invocation, file, &definitions);
    if (code != EXIT_OK) return code;
    struct client *client = client_open(invocation, &code);
    bool many = json_is_array(definitions);
    size_t count = many ? json_array_size(definitions) : 1;
    for (size_t i = 0; client != NULL && code == EXIT_OK && i < count; i++) {
        code = create_one(client, many ? json_array_get(definitions, i) : definitions);
        if (code != EXIT_OK && many)
            (void)complain(invocation, code,
                           "job %zu of the %zu in the file was not created, nor any behind it",
                           i + 1, count);
    }
    client_close(client);
    json_decref(definitions);
    return code;
}

int cli_jobs_update(struct invocation *invocation) {
    const char *file = option_value(invocation, "--file");
    struct client *client;
    json_t *job, *change;
    struct reply reply;
    if (file == NULL) return complain_usage(invocation, "--file is missing");
    int code = input_read_json(invocation, file, &change);
    if (code != EXIT_OK) return code;
    code = begin_with_job(invocation, &client, &job);
    if (code == EXIT_OK) {
        code = client_send(client, "PUT", job_path(invocation, job, ""), change, &reply);
        if (code == EXIT_OK) report(invocation, "updated", reply.json);
        reply_free(&reply);
        json_decref(job);
        client_close(client);
    }
    json_decref(change);
    return code;
}

/* One change for each of the arguments; the first fault decides the exit code, the rest goes on. */
static int for_each_job(struct invocation *invocation,
                        int (*change)(struct client *client, const json_t *job)) {
    int code, worst = EXIT_OK;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    for (size_t i = 0; i < invocation->argument_count && code != EXIT_UNREACHABLE; i++) {
        json_t *job = NULL;
        code = job_find(client, invocation->arguments[i], &job);
        if (code == EXIT_OK) code = change(client, job);
        if (worst == EXIT_OK) worst = code;
        json_decref(job);
    }
    client_close(client);
    return worst;
}

static int delete_one(struct client *client, const json_t *job) {
    struct invocation *invocation = client_invocation(client);
    struct reply reply;
    bool hard = option_given(invocation, "--hard");
    struct str path = job_path(invocation, job, hard ? "?hardDelete=true" : "");
    int code = client_send(client, "DELETE", path, NULL, &reply);
    if (code == EXIT_OK) report(invocation, hard ? "erased" : "deleted", job);
    reply_free(&reply);
    return code;
}

int cli_jobs_delete(struct invocation *invocation) {
    return for_each_job(invocation, delete_one);
}

static int pause_one(struct client *client, const json_t *job) {
    struct invocation *invocation = client_invocation(client);
    const char *until = option_value(invocation, "--until");
    json_t *body = until != NULL ? json_pack("{s:s}", "until", until) : NULL;
    struct reply reply;
    int code = client_send(client, "POST", job_path(invocation, job, "/pause"), body, &reply);
    if (code == EXIT_OK) report(invocation, "paused", reply.json);
    reply_free(&reply);
    json_decref(body);
    return code;
}

int cli_jobs_pause(struct invocation *invocation) {
    struct str until;
    if (!option_time(invocation, "--until", &until)) return EXIT_USAGE;
    return for_each_job(invocation, pause_one);
}

static int resume_one(struct client *client, const json_t *job) {
    struct invocation *invocation = client_invocation(client);
    struct reply reply;
    int code = client_send(client, "POST", job_path(invocation, job, "/resume"), NULL, &reply);
    if (code == EXIT_OK) report(invocation, "resumed", reply.json);
    reply_free(&reply);
    return code;
}

int cli_jobs_resume(struct invocation *invocation) {
    return for_each_job(invocation, resume_one);
}

/* ---- trigger ---- */

static int trigger_body(const struct invocation *invocation, json_t **ret) {
    const char *queue = option_value(invocation, "--queue");
    json_t *parameters;
    int code = parameters_given(invocation, &parameters);
    *ret = json_object();
    if (json_object_size(parameters) > 0) (void)json_object_set(*ret, "parameters", parameters);
    if (queue != NULL) (void)json_object_set_new(*ret, "queue", json_string(queue));
    json_decref(parameters);
    return code;
}

int cli_jobs_trigger(struct invocation *invocation) {
    struct client *client;
    json_t *job, *body;
    struct reply reply;
    int code = trigger_body(invocation, &body);
    if (code == EXIT_OK) code = begin_with_job(invocation, &client, &job);
    if (code == EXIT_OK) {
        code = client_send(client, "POST", job_path(invocation, job, "/trigger"), body, &reply);
        struct str id = arena_copy(&invocation->arena, json_str_of(reply.json));
        reply_free(&reply);
        if (code == EXIT_OK) code = follow_new(client, id);
        json_decref(job);
        client_close(client);
    }
    json_decref(body);
    return code;
}
