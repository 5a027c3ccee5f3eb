/* lists.c - see lists.h.
 *
 * Names are compared whole: the search of the API finds what contains the text, and of that only
 * the jobs whose name it is are meant.
 */
#include "cli/lists.h"

#include "base/bounds.h"
#include "base/guid.h"
#include "base/json_read.h"
#include "cli/output.h"
#include "cli/progress.h"

#include <string.h>

enum { CANDIDATES = 20 };

int64_t list_limit(const struct invocation *invocation) {
    return option_given(invocation, "--all") ? 0 : option_number(invocation, "--limit", 50);
}

int list_get(struct client *client, struct str path, int64_t limit, struct list_answer *ret) {
    int64_t size = limit > 0 && limit < MAX_PAGE_SIZE ? limit : MAX_PAGE_SIZE;
    struct buf page = buf_with_max(0);
    struct progress progress = progress_begin(client_invocation(client), "fetching");
    int code = EXIT_OK;
    *ret = (struct list_answer){.items = json_array()};
    for (int64_t number = 1; code == EXIT_OK; number++) {
        struct reply reply;
        buf_reset(&page);
        buf_put(&page, path);
        path_put_number(&page, "pageNumber", number);
        path_put_number(&page, "pageSize", size);
        code = client_get(client, buf_str(&page), &reply);
        json_t *items = json_object_get(reply.json, "items");
        size_t count = json_array_size(items);
        ret->total = json_number(reply.json, "totalCount");
        for (size_t i = 0; i < count; i++) {
            if (limit > 0 && (int64_t)json_array_size(ret->items) >= limit) break;
            (void)json_array_append(ret->items, json_array_get(items, i));
        }
        reply_free(&reply);
        int64_t have = (int64_t)json_array_size(ret->items);
        progress_show(&progress, have, limit > 0 && limit < ret->total ? limit : ret->total);
        if (count == 0 || number * size >= ret->total || (limit > 0 && have >= limit)) break;
    }
    progress_end(&progress);
    buf_free(&page);
    if (code != EXIT_OK) list_free(ret);
    return code;
}

void list_print_json(const struct list_answer *list) {
    size_t count = json_array_size(list->items);
    json_t *page = json_pack("{s:O, s:I, s:i, s:I}", "items", list->items, "totalCount",
                             (json_int_t)list->total, "pageNumber", 1, "pageSize",
                             (json_int_t)(count > 0 ? count : 1));
    print_json(page);
    json_decref(page);
}

void list_print_rest(const struct list_answer *list) {
    long long shown = (long long)json_array_size(list->items), total = (long long)list->total;
    if (shown < total)
        (void)fprintf(stderr, "%lld of %lld; --limit N or --all shows more.\n", shown, total);
}

void list_free(struct list_answer *list) {
    json_decref(list->items);
    *list = (struct list_answer){0};
}

/* ---- which job? ---- */

bool id_parse(const char *text, char ret[37]) {
    struct guid id;
    if (strlen(text) != GUID_LENGTH || !guid_parse(str_from_cstr(text), &id)) return false;
    guid_format(id, ret);
    return true;
}

static int find_by_id(struct client *client, const char *id, json_t **ret_job) {
    struct buf path = buf_with_max(0);
    struct reply reply;
    buf_put(&path, STR(V1 "/jobs"));
    path_put_segment(&path, str_from_cstr(id));
    int code = client_get(client, buf_str(&path), &reply);
    if (code == EXIT_OK) *ret_job = json_incref(reply.json);
    reply_free(&reply);
    buf_free(&path);
    return code;
}

static int complain_several(struct client *client, const char *name, const json_t *named) {
    struct invocation *invocation = client_invocation(client);
    struct table *table = table_new();
    size_t count = json_array_size(named);
    (void)complain(invocation, EXIT_CONFLICT, "%zu jobs are named %s; give the id of one:", count,
                   name);
    table_column(table, "ID", TABLE_LEFT);
    table_column(table, "STATUS", TABLE_LEFT);
    table_column(table, "CREATED BY", TABLE_LEFT);
    table_column(table, "CREATED", TABLE_LEFT);
    for (size_t i = 0; i < count && i < CANDIDATES; i++) {
        const json_t *job = json_array_get(named, i);
        table_cell(table, STYLE_NONE, json_text(job, "id"));
        table_cell(table, STYLE_NONE, json_text(job, "currentStatus"));
        table_cell(table, STYLE_NONE, json_text(job, "createdBy"));
        table_cell(table, STYLE_NONE, json_text(job, "createdAt"));
    }
    table_print(table, stderr);
    return EXIT_CONFLICT;
}

static int complain_none(struct client *client, const char *name, const json_t *similar) {
    struct invocation *invocation = client_invocation(client);
    size_t count = json_array_size(similar);
    int code = complain(invocation, EXIT_NOT_FOUND, "no job is named %s", name);
    struct buf line = buf_with_max(0);
    for (size_t i = 0; i < count && i < CANDIDATES; i++) {
        buf_reset(&line);
        buf_put_visible(&line, json_text(json_array_get(similar, i), "name"), VISIBLE_ONE_LINE);
        (void)fprintf(stderr, "  did you mean: %s\n", buf_str(&line).ptr);
    }
    buf_free(&line);
    return code;
}

int job_find(struct client *client, const char *id_or_name, json_t **ret_job) {
    struct invocation *invocation = client_invocation(client);
    struct str name = str_from_cstr(id_or_name);
    char id[37];
    if (id_parse(id_or_name, id)) return find_by_id(client, id, ret_job);
    if (name.len == 0 || !str_is_utf8(name) || str_utf8_count(name) > MAX_NAME)
        return complain(invocation, EXIT_USAGE,
                        "a job is named by its id, or by its name of 1 to 200 characters");
    struct buf path = buf_with_max(0);
    struct list_answer list;
    buf_put(&path, STR(V1 "/jobs"));
    path_put_query(&path, "search", name);
    int code = list_get(client, buf_str(&path), 0, &list);
    buf_free(&path);
    if (code != EXIT_OK) return code;
    json_t *named = json_array();
    for (size_t i = 0; i < json_array_size(list.items); i++) {
        json_t *job = json_array_get(list.items, i);
        if (str_equal(json_text(job, "name"), name)) (void)json_array_append(named, job);
    }
    if (json_array_size(named) == 1)
        *ret_job = json_incref(json_array_get(named, 0));
    else if (json_array_size(named) == 0)
        code = complain_none(client, id_or_name, list.items);
    else
        code = complain_several(client, id_or_name, named);
    json_decref(named);
    list_free(&list);
    return code;
}

int path_put_job_and_times(struct client *client, struct buf *path) {
    struct invocation *invocation = client_invocation(client);
    const char *job_name = option_value(invocation, "--job");
    struct str from, to;
    json_t *job = NULL;
    if (!option_time(invocation, "--from", &from) || !option_time(invocation, "--to", &to))
        return EXIT_USAGE;
    if (job_name != NULL) {
        int code = job_find(client, job_name, &job);
        if (code != EXIT_OK) return code;
    }
    path_put_query(path, "jobId", json_text(job, "id"));
    path_put_query(path, "fromDate", from);
    path_put_query(path, "toDate", to);
    json_decref(job);
    return EXIT_OK;
}
