/* stats.c - figures of the whole system: `alphabet timeline`. */
#include "cli/client.h"
#include "cli/output.h"

enum { CHART = 40 };

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
