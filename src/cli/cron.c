/* cron.c - `alphabet cron explain PATTERN`: what a pattern means and when it runs next. */
#include "base/bounds.h"
#include "base/json_read.h"
#include "cli/commands.h"
#include "schedule/explain.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: alphabet cron explain PATTERN [--timezone ZONE] [--from TIME] [--count N]\n"
    "                             [--output table|json]\n\n"
    "Says in words when PATTERN runs, and its next N times (5) after TIME (now) in ZONE (UTC).\n"
    "Exit code 1 when the pattern is not valid.\n";

struct explain_options {
    struct explain_request request;
    bool json;
};

static int complain(const char *what, const char *argument) {
    (void)fprintf(stderr, "alphabet cron explain: %s %s\n\n%s", what, argument, usage);
    return EXIT_USAGE;
}

static int take_option(struct explain_options *options, const char *name, const char *value) {
    struct str text = str_from_cstr(value);
    int64_t count;
    if (strcmp(name, "--timezone") == 0) {
        options->request.timezone = text;
    } else if (strcmp(name, "--from") == 0) {
        if (!utc_parse(text, &options->request.from))
            return complain("--from wants a time such as 2026-01-02T03:04:05Z, not", value);
    } else if (strcmp(name, "--count") == 0) {
        if (!str_parse_i64(text, &count) || count < 1 || count > MAX_UPCOMING)
            return complain("--count wants a whole number from 1 to 1000, not", value);
        options->request.count = (int)count;
    } else if (strcmp(name, "--output") == 0) {
        options->json = strcmp(value, "json") == 0;
        if (!options->json && strcmp(value, "table") != 0)
            return complain("--output wants table or json, not", value);
    } else {
        return complain("there is no option", name);
    }
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct explain_options *options) {
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (i + 1 == argc) return complain("a value is missing behind", argv[i]);
            int code = take_option(options, argv[i], argv[i + 1]);
            if (code != EXIT_OK) return code;
            i++;
        } else if (!str_is_absent(options->request.expression)) {
            return complain("put the pattern in quotes; it goes on with", argv[i]);
        } else {
            options->request.expression = str_from_cstr(argv[i]);
        }
    }
    if (str_is_absent(options->request.expression)) return complain("the pattern is", "missing");
    return EXIT_OK;
}

static void print_table(struct str pattern, const json_t *answer) {
    if (!json_is_true(json_object_get(answer, "valid"))) {
        json_int_t position = json_integer_value(json_object_get(answer, "position"));
        (void)printf("%.*s\n%*s^\n%s\n", STR_ARG(pattern), (int)position, "",
                     json_string_value(json_object_get(answer, "error")));
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

int cli_cron(int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "explain") != 0) {
        bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
        (void)fputs(usage, help ? stdout : stderr);
        return help ? EXIT_OK : EXIT_USAGE;
    }
    if (argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return EXIT_OK;
    }
    struct explain_options options = {.request = {.from = clock_now(clock_system()), .count = 5}};
    int code = parse(argc, argv, &options);
    if (code != EXIT_OK) return code;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    struct err err = ERR_INIT;
    bool ok = cron_explain(&w, &options.request, zones, &err);
    json_t *answer = ok ? json_read(buf_str(&out), &err) : NULL;
    if (answer == NULL) {
        (void)fprintf(stderr, "alphabet cron explain: %s\n", err.msg);
        code = EXIT_USAGE;
    } else {
        if (options.json) {
            (void)printf("%s\n", buf_str(&out).ptr);
        } else {
            print_table(options.request.expression, answer);
        }
        code = json_is_true(json_object_get(answer, "valid")) ? EXIT_OK : EXIT_FAILED;
    }
    json_decref(answer);
    buf_free(&out);
    zone_cache_free(zones);
    return code;
}
