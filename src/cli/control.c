/* control.c - what concerns everything at once: `pause-all`, `resume-all`, `clear-logs`, `audit`.
 */
#include "base/json_read.h"
#include "cli/lists.h"
#include "cli/output.h"

#include <stdlib.h>

/* One request of an admin; what it answered for people is up to the caller. */
static int ask(struct invocation *invocation, const char *method, struct str path,
               const json_t *body, void (*print)(const struct invocation *, const json_t *)) {
    int code;
    struct reply reply;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_send(client, method, path, body, &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print(invocation, reply.json);
    reply_free(&reply);
    client_close(client);
    return code;
}

static void print_paused(const struct invocation *invocation, const json_t *answer) {
    struct buf text = buf_with_max(0);
    struct str reason = json_text(answer, "reason");
    buf_put(&text, STR("everything is paused, since "));
    buf_put_time(&text, json_object_get(answer, "pausedAt"), clock_now(invocation->clock));
    buf_put(&text, STR(" by "));
    buf_put(&text, json_text(answer, "by"));
    if (reason.len > 0) buf_printf(&text, ": %.*s", STR_ARG(reason));
    print_visible(buf_str(&text), VISIBLE_ONE_LINE);
    (void)putchar('\n');
    long long cancelled = (long long)json_number(answer, "cancelled");
    if (option_given(invocation, "--cancel-running"))
        (void)printf("%lld running executions are being stopped\n", cancelled);
    buf_free(&text);
}

int cli_pause_all(struct invocation *invocation) {
    const char *reason = option_value(invocation, "--reason");
    json_t *body =
        json_pack("{s:b}", "cancelRunning", option_given(invocation, "--cancel-running"));
    if (reason != NULL) (void)json_object_set_new(body, "reason", json_string(reason));
    int code = ask(invocation, "POST", STR(V1 "/admin/pause-all"), body, print_paused);
    json_decref(body);
    return code;
}

static void print_resumed(const struct invocation *invocation, const json_t *answer) {
    (void)invocation;
    (void)printf("everything goes on; %lld paused jobs were resumed\n",
                 (long long)json_number(answer, "resumedJobs"));
}

int cli_resume_all(struct invocation *invocation) {
    return ask(invocation, "POST", STR(V1 "/admin/resume-all"), NULL, print_resumed);
}

static void print_cleared(const struct invocation *invocation, const json_t *answer) {
    (void)invocation;
    (void)printf("%lld executions were deleted\n", (long long)json_integer_value(answer));
}

int cli_clear_logs(struct invocation *invocation) {
    if (!option_given(invocation, "--older-than"))
        return complain_usage(invocation, "--older-than DAYS is missing");
    json_t *body = json_pack("{s:I}", "olderThanDays",
                             (json_int_t)option_number(invocation, "--older-than", 0));
    int code = ask(invocation, "DELETE", STR(V1 "/admin/clear-logs"), body, print_cleared);
    json_decref(body);
    return code;
}

/* ---- audit ---- */

static void print_entries(const struct invocation *invocation, const json_t *entries) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    struct buf text = buf_with_max(0);
    table_column(table, "#", TABLE_RIGHT);
    table_column(table, "AT", TABLE_LEFT);
    table_column(table, "WHO", TABLE_SHRINKS);
    table_column(table, "FROM", TABLE_LEFT);
    table_column(table, "ACTION", TABLE_LEFT);
    table_column(table, "OF", TABLE_LEFT);
    table_column(table, "CHANGED TO", TABLE_SHRINKS);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i), *after = json_object_get(entry, "after");
        char *changed = json_dumps(after, JSON_COMPACT | JSON_ENCODE_ANY);
        table_cell_number(table, json_number(entry, "sequence"));
        buf_reset(&text);
        buf_put_time(&text, json_object_get(entry, "at"), now);
        table_cell(table, STYLE_NONE, buf_str(&text));
        table_cell(table, STYLE_NONE, json_text(entry, "actor"));
        table_cell(table, STYLE_NONE, json_text(entry, "address"));
        table_cell(table, STYLE_NONE, json_text(entry, "action"));
        table_cell(table, STYLE_DIM, json_text(entry, "subjectId"));
        table_cell(table, STYLE_NONE, json_is_null(after) ? STR_NONE : str_from_cstr(changed));
        free(changed);
    }
    buf_free(&text);
    table_print(table, stdout);
}

static int audit_path(struct client *client, struct buf *path) {
    struct invocation *invocation = client_invocation(client);
    buf_put(path, STR(V1 "/admin/audit"));
    int code = path_put_job_and_times(client, path);
    if (code != EXIT_OK) return code;
    path_put_query(path, "actor", str_from_cstr(option_value(invocation, "--by")));
    path_put_query(path, "action", str_from_cstr(option_value(invocation, "--action")));
    return EXIT_OK;
}

int cli_audit(struct invocation *invocation) {
    int code;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    struct buf path = buf_with_max(0);
    struct list_answer list = {0};
    code = audit_path(client, &path);
    if (code == EXIT_OK) code = list_get(client, buf_str(&path), list_limit(invocation), &list);
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_entries(invocation, list.items);
        list_print_rest(&list);
    }
    list_free(&list);
    buf_free(&path);
    client_close(client);
    return code;
}

int cli_audit_verify(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_get(client, STR(V1 "/admin/audit/verify"), &reply);
    if (code == EXIT_OK) {
        bool valid = json_is_true(json_object_get(reply.json, "valid"));
        long long checked = (long long)json_number(reply.json, "checked");
        long long broken = (long long)json_number(reply.json, "brokenAt");
        if (invocation->json)
            print_json_text(buf_str(&reply.body));
        else if (valid)
            (void)printf("the audit record is whole: %lld entries fit to each other\n", checked);
        else
            (void)printf(
                "the audit record was changed: entry %lld does not fit to the one before it\n",
                broken);
        if (!valid) code = EXIT_FAILED;
    }
    reply_free(&reply);
    client_close(client);
    return code;
}
