/* executions.c - `alphabet executions …`. */
#include "base/json_read.h"
#include "cli/follow.h"
#include "cli/lists.h"
#include "cli/output.h"

static void print_executions(const struct invocation *invocation, const json_t *executions) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    struct buf text = buf_with_max(0);
    table_column(table, "STATUS", TABLE_LEFT);
    table_column(table, "JOB", TABLE_SHRINKS);
    table_column(table, "TRIGGER", TABLE_LEFT);
    table_column(table, "STARTED", TABLE_LEFT);
    table_column(table, "TOOK", TABLE_RIGHT);
    table_column(table, "ATTEMPT", TABLE_RIGHT);
    table_column(table, "ID", TABLE_LEFT);
    table_column(table, "ERROR", TABLE_SHRINKS);
    for (size_t i = 0; i < json_array_size(executions); i++) {
        const json_t *execution = json_array_get(executions, i);
        struct str status = json_text(execution, "status");
        buf_reset(&text);
        buf_put(&text, status);
        if (str_equal(status, STR("Running")) &&
            json_is_integer(json_object_get(execution, "progressPercent")))
            buf_printf(&text, " %lld %%", (long long)json_number(execution, "progressPercent"));
        table_cell(table, style_of_status(status), buf_str(&text));
        table_cell(table, STYLE_NONE, json_text(execution, "jobName"));
        table_cell(table, STYLE_NONE, json_text(execution, "trigger"));
        buf_reset(&text);
        buf_put_time(&text, json_object_get(execution, "startedAt"), now);
        table_cell(table, STYLE_NONE, buf_str(&text));
        buf_reset(&text);
        if (json_is_integer(json_object_get(execution, "durationMs")))
            buf_put_length(&text, json_number(execution, "durationMs"));
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell_number(table, json_number(execution, "retryCount") + 1);
        table_cell(table, STYLE_DIM, json_text(execution, "id"));
        table_cell(table, STYLE_NONE, json_text(execution, "errorMessage"));
    }
    buf_free(&text);
    table_print(table, stdout);
}

static int put_filters(struct client *client, struct buf *path) {
    struct invocation *invocation = client_invocation(client);
    int code = path_put_job_and_times(client, path);
    if (code != EXIT_OK) return code;
    path_put_query(path, "status", str_from_cstr(option_value(invocation, "--status")));
    path_put_query(path, "queue", str_from_cstr(option_value(invocation, "--queue")));
    path_put_query(path, "search", str_from_cstr(option_value(invocation, "--search")));
    return EXIT_OK;
}

int cli_executions_list(struct invocation *invocation) {
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    struct list_answer list = {0};
    buf_put(&path, STR(V1 "/executions"));
    code = put_filters(client, &path);
    if (code == EXIT_OK) code = list_get(client, buf_str(&path), list_limit(invocation), &list);
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_executions(invocation, list.items);
        list_print_rest(&list);
    }
    list_free(&list);
    buf_free(&path);
    client_close(client);
    return code;
}

/* The argument as an id; "" after a complaint. */
static struct str execution_id(struct invocation *invocation, const char *text) {
    char id[37];
    if (id_parse(text, id)) return arena_copy(&invocation->arena, str_from_cstr(id));
    (void)complain_usage(invocation,
                         "%s is not the id of an execution; `alphabet executions list` shows them",
                         text);
    return STR_NONE;
}

int cli_executions_show(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct str id = execution_id(invocation, invocation->arguments[0]);
    if (str_is_absent(id)) return EXIT_USAGE;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_get(client, arena_printf(&invocation->arena, V1 "/executions/%.*s", STR_ARG(id)),
                      &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        execution_print(invocation, reply.json);
    reply_free(&reply);
    client_close(client);
    return code;
}

int cli_executions_tail(struct invocation *invocation) {
    int code;
    struct str id = execution_id(invocation, invocation->arguments[0]);
    if (str_is_absent(id)) return EXIT_USAGE;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = follow_output(client, id);
    client_close(client);
    return code;
}

int cli_executions_cancel(struct invocation *invocation) {
    int code, worst = EXIT_OK;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    for (size_t i = 0; i < invocation->argument_count && code != EXIT_UNREACHABLE; i++) {
        struct reply reply = {0};
        struct str id = execution_id(invocation, invocation->arguments[i]);
        code = EXIT_USAGE;
        if (!str_is_absent(id))
            code = client_send(
                client, "POST",
                arena_printf(&invocation->arena, V1 "/executions/%.*s/cancel", STR_ARG(id)), NULL,
                &reply);
        if (code == EXIT_OK && invocation->json)
            print_json_text(buf_str(&reply.body));
        else if (code == EXIT_OK)
            (void)printf("%s %.*s\n",
                         str_equal(json_text(reply.json, "status"), STR("Cancelled"))
                             ? "cancelled"
                             : "is being stopped:",
                         STR_ARG(id));
        if (worst == EXIT_OK) worst = code;
        reply_free(&reply);
    }
    client_close(client);
    return worst;
}

int cli_executions_retry(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct str id = execution_id(invocation, invocation->arguments[0]);
    if (str_is_absent(id)) return EXIT_USAGE;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_send(client, "POST",
                       arena_printf(&invocation->arena, V1 "/executions/%.*s/retry", STR_ARG(id)),
                       NULL, &reply);
    struct str fresh = arena_copy(&invocation->arena, json_str_of(reply.json));
    reply_free(&reply);
    if (code == EXIT_OK) code = follow_new(client, fresh);
    client_close(client);
    return code;
}
