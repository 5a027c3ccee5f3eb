/* workflow_runs.c - `alphabet workflows trigger, runs, run, cancel, retry`.
 *
 * A run that is waited for is asked about twice a second: it is a matter of seconds to hours, and
 * the answer says all there is to know, whatever was missed.
 */
#include "base/json_read.h"
#include "cli/graph.h"
#include "cli/lists.h"
#include "cli/output.h"
#include "cli/parameters.h"
#include "cli/workflows.h"

#include <time.h>

enum { ASK_AGAIN_MS = 500 };

/* ---- waiting --------------------------------------------------------------------------------- */

static int get_run(struct client *client, struct str id, json_t **ret) {
    struct invocation *invocation = client_invocation(client);
    struct reply reply;
    struct str path = arena_printf(&invocation->arena, V1 "/workflows/runs/%.*s", STR_ARG(id));
    int code = client_get(client, path, &reply);
    if (code == EXIT_OK) *ret = json_incref(reply.json);
    reply_free(&reply);
    return code;
}

static bool has_ended(const json_t *run) {
    return !str_equal(json_text(run, "status"), STR("Running"));
}

/* Each step whose status is not what it was. */
static void say_changes(const json_t *before, const json_t *run) {
    const json_t *steps = json_object_get(run, "jobs"), *old = json_object_get(before, "jobs");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        struct str status = json_text(step, "status"), error = json_text(step, "errorMessage");
        struct str name = json_text(step, "jobName");
        struct str was = before ? json_text(json_array_get(old, i), "status") : STR("Pending");
        if (str_equal(status, was)) continue;
        print_visible(str_is_absent(name) ? json_text(step, "jobId") : name, VISIBLE_ONE_LINE);
        (void)printf(": %.*s%s", STR_ARG(status), error.len ? ": " : "");
        print_visible(error, VISIBLE_ONE_LINE);
        (void)printf("\n");
    }
    (void)fflush(stdout);
}

static int wait_for_end(struct client *client, struct str id, bool follows, json_t **ret) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000L};
    json_t *run = NULL;
    int code;
    for (;;) {
        json_t *now = NULL;
        code = get_run(client, id, &now);
        if (code == EXIT_OK && follows) say_changes(run, now);
        json_decref(run);
        run = now;
        if (code != EXIT_OK || has_ended(run)) break;
        (void)nanosleep(&pause, NULL);
    }
    *ret = run;
    return code;
}

/* ---- show ------------------------------------------------------------------------------------ */

static void print_time(const struct invocation *invocation, const json_t *run, const char *title,
                       const char *name) {
    struct buf text = buf_with_max(0);
    if (!json_is_string(json_object_get(run, name))) return;
    buf_put_time(&text, json_object_get(run, name), clock_now(invocation->clock));
    print_field(title, buf_str(&text));
    buf_free(&text);
}

static void print_run(struct invocation *invocation, const json_t *run) {
    static const char *const texts[][2] = {
        {"status", "status"},          {"workflow", "workflowName"},
        {"workflow id", "workflowId"}, {"id", "id"},
        {"trigger", "trigger"},        {"by", "triggeredBy"},
        {"error", "errorMessage"},
    };
    if (invocation->json) {
        print_json(run);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        print_field(texts[i][0], json_text(run, texts[i][1]));
    print_time(invocation, run, "due", "scheduledFor");
    print_time(invocation, run, "began", "createdAt");
    print_time(invocation, run, "ended", "completedAt");
    (void)putchar('\n');
    graph_print(invocation, json_object_get(run, "jobs"), true);
}

int cli_workflows_run(struct invocation *invocation) {
    int code;
    json_t *run = NULL;
    char id[37];
    if (!id_parse(invocation->arguments[0], id))
        return complain_usage(invocation, "a run is named by its id, not %s",
                              invocation->arguments[0]);
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = get_run(client, str_from_cstr(id), &run);
    if (code == EXIT_OK) print_run(invocation, run);
    json_decref(run);
    client_close(client);
    return code;
}

static void print_runs(const struct invocation *invocation, const json_t *runs) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    struct buf text = buf_with_max(0);
    table_column(table, "BEGAN", TABLE_LEFT);
    table_column(table, "STATUS", TABLE_LEFT);
    table_column(table, "TRIGGER", TABLE_LEFT);
    table_column(table, "TOOK", TABLE_LEFT);
    table_column(table, "ERROR", TABLE_SHRINKS);
    table_column(table, "ID", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i);
        struct str status = json_text(run, "status");
        struct utc began = utc_of_json(json_object_get(run, "createdAt"));
        struct utc ended = utc_of_json(json_object_get(run, "completedAt"));
        buf_reset(&text);
        buf_put_time(&text, json_object_get(run, "createdAt"), now);
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, style_of_status(status), status);
        table_cell(table, STYLE_NONE, json_text(run, "trigger"));
        buf_reset(&text);
        if (!utc_is_none(ended)) buf_put_length(&text, utc_diff(ended, began).us / 1000);
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, STYLE_NONE, json_text(run, "errorMessage"));
        table_cell(table, STYLE_DIM, json_text(run, "id"));
    }
    buf_free(&text);
    table_print(table, stdout);
}

int cli_workflows_runs(struct invocation *invocation) {
    struct client *client;
    struct list_answer list;
    json_t *workflow;
    int code = workflow_begin(invocation, &client, &workflow);
    if (code != EXIT_OK) return code;
    struct buf path = buf_with_max(0);
    buf_put(&path, workflow_path(invocation, workflow, "/runs"));
    path_put_query(&path, "status", str_from_cstr(option_value(invocation, "--status")));
    code = list_get(client, buf_str(&path), list_limit(invocation), &list);
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_runs(invocation, list.items);
        list_print_rest(&list);
    }
    list_free(&list);
    buf_free(&path);
    json_decref(workflow);
    client_close(client);
    return code;
}

/* ---- trigger, cancel, retry ------------------------------------------------------------------ */

/* A run that the command made, or made go on: with --wait or --follow its end. */
static int follow_run(struct client *client, struct str id, const char *done) {
    struct invocation *invocation = client_invocation(client);
    bool follows = option_given(invocation, "--follow") && !invocation->json;
    json_t *run = NULL;
    if (!option_given(invocation, "--wait") && !option_given(invocation, "--follow")) {
        (void)printf(invocation->json ? "%s\"%.*s\"\n" : "%s %.*s\n", invocation->json ? "" : done,
                     STR_ARG(id));
        return EXIT_OK;
    }
    if (follows) (void)fprintf(stderr, "%s %.*s\n", done, STR_ARG(id));
    int code = wait_for_end(client, id, follows, &run);
    if (code == EXIT_OK) {
        struct str status = json_text(run, "status");
        if (follows)
            (void)fprintf(stderr, "%.*s\n", STR_ARG(status));
        else
            print_run(invocation, run);
        code = str_equal(status, STR("Succeeded")) ? EXIT_OK : EXIT_FAILED;
    }
    json_decref(run);
    return code;
}

int cli_workflows_trigger(struct invocation *invocation) {
    struct client *client;
    json_t *workflow, *parameters;
    struct reply reply;
    int code = parameters_given(invocation, &parameters);
    json_t *body = json_object();
    if (json_object_size(parameters) > 0) (void)json_object_set(body, "parameters", parameters);
    if (code == EXIT_OK) code = workflow_begin(invocation, &client, &workflow);
    if (code == EXIT_OK) {
        code = client_send(client, "POST", workflow_path(invocation, workflow, "/trigger"), body,
                           &reply);
        struct str id = arena_copy(&invocation->arena, json_str_of(reply.json));
        reply_free(&reply);
        if (code == EXIT_OK) code = follow_run(client, id, "began");
        json_decref(workflow);
        client_close(client);
    }
    json_decref(body);
    json_decref(parameters);
    return code;
}

/* POST …/ACTION for the run that TEXT names; *ret_id is its id. */
static int change_run(struct client *client, const char *text, const char *action,
                      struct str *ret_id, json_t **ret) {
    struct invocation *invocation = client_invocation(client);
    struct reply reply;
    char id[37];
    if (!id_parse(text, id))
        return complain_usage(invocation, "a run is named by its id, not %s", text);
    struct str path = arena_printf(&invocation->arena, V1 "/workflows/runs/%s/%s", id, action);
    int code = client_send(client, "POST", path, NULL, &reply);
    if (code == EXIT_OK) *ret = json_incref(reply.json);
    *ret_id = arena_copy(&invocation->arena, str_from_cstr(id));
    reply_free(&reply);
    return code;
}

/* The first fault decides the exit code, the rest goes on. */
int cli_workflows_cancel(struct invocation *invocation) {
    int code, worst = EXIT_OK;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    for (size_t i = 0; i < invocation->argument_count && code != EXIT_UNREACHABLE; i++) {
        json_t *run = NULL;
        struct str id;
        code = change_run(client, invocation->arguments[i], "cancel", &id, &run);
        if (code == EXIT_OK && invocation->json)
            print_json(run);
        else if (code == EXIT_OK)
            (void)printf("%s %.*s\n",
                         has_ended(run) ? "cancelled" : "is being cancelled:", STR_ARG(id));
        if (worst == EXIT_OK) worst = code;
        json_decref(run);
    }
    client_close(client);
    return worst;
}

int cli_workflows_retry(struct invocation *invocation) {
    int code;
    json_t *run = NULL;
    struct str id;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = change_run(client, invocation->arguments[0], "retry", &id, &run);
    if (code == EXIT_OK) code = follow_run(client, id, "goes on:");
    json_decref(run);
    client_close(client);
    return code;
}
