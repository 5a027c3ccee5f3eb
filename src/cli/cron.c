/* cron.c - `alphabet cron explain PATTERN`: what a pattern means and when it runs next. */
#include "base/json_read.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "schedule/explain.h"

static void print_table(struct str pattern, const json_t *answer) {
    if (!json_is_true(json_object_get(answer, "valid"))) {
        json_int_t position = json_integer_value(json_object_get(answer, "position"));
        print_visible(pattern, VISIBLE_ONE_LINE);
        (void)printf("\n%*s^\n", (int)position, "");
        print_visible(json_str_of(json_object_get(answer, "error")), VISIBLE_ONE_LINE);
        (void)putchar('\n');
        return;
    }
    (void)printf("%s\n", json_string_value(json_object_get(answer, "description")));
    const json_t *next = json_object_get(answer, "next");
    for (size_t i = 0; i < json_array_size(next); i++) {
        const json_t *due = json_array_get(next, i);
        (void)printf("%s  %s%s\n", json_string_value(json_object_get(due, "utc")),
                     json_string_value(json_object_get(due, "local")),
                     json_is_true(json_object_get(due, "adjusted")) ? "  (moved by daylight saving)"
                                                                    : "");
    }
}

int cli_cron_explain(struct invocation *invocation) {
    struct str from;
    if (!option_time(invocation, "--from", &from)) return EXIT_USAGE;
    struct explain_request request = {
        .expression = str_from_cstr(invocation->arguments[0]),
        .timezone = str_from_cstr(option_value(invocation, "--timezone")),
        .from = clock_now(invocation->clock),
        .count = (int)option_number(invocation, "--count", 5),
    };
    if (!str_is_absent(from) && !utc_parse(from, &request.from)) return EXIT_USAGE;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    struct err err = ERR_INIT;
    bool ok = cron_explain(&w, &request, zones, &err);
    json_t *answer = ok ? json_read(buf_str(&out), &err) : NULL;
    int code = EXIT_OK;
    if (answer == NULL) {
        code = complain_usage(invocation, "%s", err.msg);
    } else {
        if (invocation->json)
            print_json_text(buf_str(&out));
        else
            print_table(request.expression, answer);
        code = json_is_true(json_object_get(answer, "valid")) ? EXIT_OK : EXIT_FAILED;
    }
    json_decref(answer);
    buf_free(&out);
    zone_cache_free(zones);
    return code;
}
