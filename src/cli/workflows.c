/* workflows.c - `alphabet workflows …`: the workflows themselves. Their runs are in
 * workflow_runs.c. */
#include "cli/workflows.h"

#include "base/bounds.h"
#include "cli/graph.h"
#include "cli/input.h"
#include "cli/lists.h"
#include "cli/output.h"

enum { CANDIDATES = 10 };

/* ---- which one ------------------------------------------------------------------------------- */

static int complain_several(const struct invocation *invocation, const char *name,
                            const json_t *named) {
    int code =
        complain(invocation, EXIT_CONFLICT,
                 "%zu workflows are named %s; give the id of one:", json_array_size(named), name);
    for (size_t i = 0; i < json_array_size(named) && i < CANDIDATES; i++)
        (void)fprintf(stderr, "  %s\n",
                      json_string_value(json_object_get(json_array_get(named, i), "id")));
    return code;
}

static int find_by_name(struct client *client, const char *name, json_t **ret) {
    struct invocation *invocation = client_invocation(client);
    struct buf path = buf_with_max(0);
    struct list_answer list;
    buf_put(&path, STR(V1 "/workflows"));
    path_put_query(&path, "search", str_from_cstr(name));
    int code = list_get(client, buf_str(&path), 0, &list);
    buf_free(&path);
    if (code != EXIT_OK) return code;
    json_t *named = json_array();
    for (size_t i = 0; i < json_array_size(list.items); i++) {
        json_t *workflow = json_array_get(list.items, i);
        if (str_equal(json_text(workflow, "name"), str_from_cstr(name)))
            (void)json_array_append(named, workflow);
    }
    if (json_array_size(named) == 1)
        *ret = json_incref(json_array_get(named, 0));
    else if (json_array_size(named) == 0)
        code = complain(invocation, EXIT_NOT_FOUND, "no workflow is named %s", name);
    else
        code = complain_several(invocation, name, named);
    json_decref(named);
    list_free(&list);
    return code;
}

int workflow_find(struct client *client, const char *id_or_name, json_t **ret) {
    struct invocation *invocation = client_invocation(client);
    struct str name = str_from_cstr(id_or_name);
    struct reply reply;
    char id[37];
    if (!id_parse(id_or_name, id)) {
        if (name.len == 0 || !str_is_utf8(name) || str_utf8_count(name) > MAX_NAME)
            return complain(invocation, EXIT_USAGE,
                            "a workflow is named by its id, or by its name of 1 to 200 characters");
        return find_by_name(client, id_or_name, ret);
    }
    struct str path = arena_printf(&invocation->arena, V1 "/workflows/%s", id);
    int code = client_get(client, path, &reply);
    if (code == EXIT_OK) *ret = json_incref(reply.json);
    reply_free(&reply);
    return code;
}

int workflow_begin(struct invocation *invocation, struct client **client, json_t **workflow) {
    int code;
    *client = client_open(invocation, &code);
    if (*client == NULL) return code;
    code = workflow_find(*client, invocation->arguments[0], workflow);
    if (code == EXIT_OK) return code;
    client_close(*client);
    return code;
}

struct str workflow_path(struct invocation *invocation, const json_t *workflow, const char *rest) {
    return arena_printf(&invocation->arena, V1 "/workflows/%.*s%s",
                        STR_ARG(json_text(workflow, "id")), rest);
}

/* ---- list and show --------------------------------------------------------------------------- */

static void put_schedule(struct buf *buf, const json_t *workflow) {
    const json_t *schedule = json_object_get(workflow, "schedule");
    struct str type = json_text(schedule, "scheduleType");
    struct str zone = json_text(schedule, "timezone");
    if (!json_is_object(schedule)) {
        buf_put(buf, STR("with a root job"));
    } else if (str_equal(type, STR("Cron"))) {
        buf_put(buf, json_text(schedule, "scheduleExpression"));
        if (!str_equal(zone, STR("UTC"))) buf_printf(buf, " (%.*s)", STR_ARG(zone));
    } else if (str_equal(type, STR("Interval"))) {
        buf_put(buf, STR("every "));
        buf_put_length(buf, json_number(schedule, "intervalSeconds") * 1000);
    } else {
        buf_printf(buf, "once %.*s", STR_ARG(json_text(schedule, "runAt")));
    }
}

static void print_workflows(const struct invocation *invocation, const json_t *workflows) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    struct buf text = buf_with_max(0);
    table_column(table, "NAME", TABLE_SHRINKS);
    table_column(table, "JOBS", TABLE_RIGHT);
    table_column(table, "ENABLED", TABLE_LEFT);
    table_column(table, "SCHEDULE", TABLE_SHRINKS);
    table_column(table, "NEXT RUN", TABLE_LEFT);
    table_column(table, "LAST", TABLE_LEFT);
    table_column(table, "ID", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(workflows); i++) {
        const json_t *workflow = json_array_get(workflows, i);
        struct str last = json_text(json_object_get(workflow, "lastRun"), "status");
        bool enabled = json_is_true(json_object_get(workflow, "isEnabled"));
        table_cell(table, STYLE_NONE, json_text(workflow, "name"));
        table_cell_number(table, (int64_t)json_array_size(json_object_get(workflow, "jobs")));
        table_cell(table, enabled ? STYLE_NONE : STYLE_WARNING, enabled ? STR("yes") : STR("no"));
        buf_reset(&text);
        put_schedule(&text, workflow);
        table_cell(table, STYLE_NONE, buf_str(&text));
        buf_reset(&text);
        buf_put_time(&text, json_object_get(workflow, "nextRunAt"), now);
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, style_of_status(last), last);
        table_cell(table, STYLE_DIM, json_text(workflow, "id"));
    }
    buf_free(&text);
    table_print(table, stdout);
}

int cli_workflows_list(struct invocation *invocation) {
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    const char *job_name = option_value(invocation, "--job");
    struct buf path = buf_with_max(0);
    struct list_answer list = {0};
    json_t *job = NULL;
    if (job_name != NULL) code = job_find(client, job_name, &job);
    if (code == EXIT_OK) {
        buf_put(&path, STR(V1 "/workflows"));
        path_put_query(&path, "search", str_from_cstr(option_value(invocation, "--search")));
        path_put_query(&path, "jobId", json_text(job, "id"));
        code = list_get(client, buf_str(&path), list_limit(invocation), &list);
    }
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_workflows(invocation, list.items);
        list_print_rest(&list);
    }
    json_decref(job);
    list_free(&list);
    buf_free(&path);
    client_close(client);
    return code;
}

static void print_workflow(struct invocation *invocation, const json_t *workflow) {
    const json_t *last = json_object_get(workflow, "lastRun");
    struct buf text = buf_with_max(0);
    print_field("name", json_text(workflow, "name"));
    print_field("id", json_text(workflow, "id"));
    print_field("description", json_text(workflow, "description"));
    print_field("enabled",
                json_is_true(json_object_get(workflow, "isEnabled")) ? STR("yes") : STR("no"));
    put_schedule(&text, workflow);
    print_field("schedule", buf_str(&text));
    if (json_is_string(json_object_get(workflow, "nextRunAt"))) {
        buf_reset(&text);
        buf_put_time(&text, json_object_get(workflow, "nextRunAt"), clock_now(invocation->clock));
        print_field("next run", buf_str(&text));
    }
    if (json_is_object(last)) {
        buf_reset(&text);
        buf_printf(&text, "%.*s, ", STR_ARG(json_text(last, "status")));
        buf_put_time(&text, json_object_get(last, "createdAt"), clock_now(invocation->clock));
        buf_printf(&text, ", %.*s", STR_ARG(json_text(last, "id")));
        print_field("last run", buf_str(&text));
    }
    print_field("created by", json_text(workflow, "createdBy"));
    print_field("changed by", json_text(workflow, "lastModifiedBy"));
    buf_free(&text);
    (void)putchar('\n');
    graph_print(invocation, json_object_get(workflow, "jobs"), false);
}

int cli_workflows_show(struct invocation *invocation) {
    struct client *client;
    json_t *workflow;
    int code = workflow_begin(invocation, &client, &workflow);
    if (code != EXIT_OK) return code;
    if (invocation->json)
        print_json(workflow);
    else
        print_workflow(invocation, workflow);
    json_decref(workflow);
    client_close(client);
    return code;
}

/* ---- create, update, delete ------------------------------------------------------------------ */

static void report(const struct invocation *invocation, const char *what, const json_t *workflow) {
    if (invocation->json) {
        print_json(workflow);
        return;
    }
    (void)printf("%s ", what);
    print_visible(json_text(workflow, "name"), VISIBLE_ONE_LINE);
    (void)printf(" (%.*s)\n", STR_ARG(json_text(workflow, "id")));
}

int cli_workflows_create(struct invocation *invocation) {
    const char *file = option_value(invocation, "--file");
    json_t *definition, *workflow = NULL;
    struct reply reply;
    if (file == NULL) return complain_usage(invocation, "--file is missing");
    int code = input_read_json(invocation, file, &definition);
    if (code != EXIT_OK) return code;
    struct client *client = client_open(invocation, &code);
    if (client != NULL) {
        code = client_send(client, "POST", STR(V1 "/workflows"), definition, &reply);
        const char *id = json_string_value(reply.json);
        if (code == EXIT_OK && id != NULL) code = workflow_find(client, id, &workflow);
        if (code == EXIT_OK) report(invocation, "created", workflow);
        reply_free(&reply);
        client_close(client);
    }
    json_decref(workflow);
    json_decref(definition);
    return code;
}

int cli_workflows_update(struct invocation *invocation) {
    const char *file = option_value(invocation, "--file");
    struct client *client;
    json_t *workflow, *change;
    struct reply reply;
    if (file == NULL) return complain_usage(invocation, "--file is missing");
    int code = input_read_json(invocation, file, &change);
    if (code != EXIT_OK) return code;
    code = workflow_begin(invocation, &client, &workflow);
    if (code == EXIT_OK) {
        code = client_send(client, "PUT", workflow_path(invocation, workflow, ""), change, &reply);
        if (code == EXIT_OK) report(invocation, "updated", reply.json);
        reply_free(&reply);
        json_decref(workflow);
        client_close(client);
    }
    json_decref(change);
    return code;
}

/* The first fault decides the exit code, the rest goes on. */
int cli_workflows_delete(struct invocation *invocation) {
    int code, worst = EXIT_OK;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    for (size_t i = 0; i < invocation->argument_count && code != EXIT_UNREACHABLE; i++) {
        json_t *workflow = NULL;
        struct reply reply;
        code = workflow_find(client, invocation->arguments[i], &workflow);
        if (code == EXIT_OK) {
            code = client_send(client, "DELETE", workflow_path(invocation, workflow, ""), NULL,
                               &reply);
            if (code == EXIT_OK) report(invocation, "deleted", workflow);
            reply_free(&reply);
        }
        if (worst == EXIT_OK) worst = code;
        json_decref(workflow);
    }
    client_close(client);
    return worst;
}
