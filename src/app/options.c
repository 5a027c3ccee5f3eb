/* options.c - see options.h. */
#include "app/options.h"

#include "app/commands.h"
#include "cli/commands.h"

#include <stdio.h>
#include <unistd.h>

enum { FLAGS_MAX = 32, USAGE_ERROR = 2, HELP_PRINTED = -1 };

static const struct {
    struct str flag;
    const char *key;
} flags[] = {
    {STR_INIT("--data"), "Data:Directory"},
    {STR_INIT("--address"), "Server:Address"},
    {STR_INIT("--port"), "Server:Port"},
    {STR_INIT("--log-level"), "Logging:Level"},
    {STR_INIT("--workers"), "Scheduler:Hangfire:WorkerCount"},
};

struct parsed {
    const char *file;
    const char *pairs[2 * FLAGS_MAX + 1]; // key, value, …, NULL
    size_t count;
    struct arena arena;
};

static int complain(const char *what, const char *argument) {
    (void)fprintf(stderr, "alphabet: %s %s; --help says what there is\n", what, argument);
    return USAGE_ERROR;
}

static int add_pair(struct parsed *parsed, const char *key, const char *value) {
    if (parsed->count + 2 > 2 * FLAGS_MAX) return complain("too many options:", key);
    parsed->pairs[parsed->count++] = key;
    parsed->pairs[parsed->count++] = value;
    return 0;
}

static int add_set(struct parsed *parsed, const char *argument) {
    struct str value = str_from_cstr(argument);
    struct str key = str_cut(&value, '=');
    if (str_is_absent(value)) return complain("--set wants KEY=VALUE, not", argument);
    return add_pair(parsed, arena_copy(&parsed->arena, key).ptr,
                    arena_copy(&parsed->arena, value).ptr);
}

static const char *key_of_flag(struct str flag) {
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (str_equal(flags[i].flag, flag)) return flags[i].key;
    return NULL;
}

/* "--port=8080" and "--port 8080" are the same. */
static int parse(int argc, char **argv, const char *command, struct parsed *parsed) {
    for (int i = 1; i < argc; i++) {
        struct str value = str_from_cstr(argv[i]);
        struct str name = str_cut(&value, '=');
        if (str_equal(name, STR("--help")) || str_equal(name, STR("-h"))) {
            help_of_command(stdout, command_find(command));
            return HELP_PRINTED;
        }
        bool is_set = str_equal(name, STR("--set"));
        bool is_file = str_equal(name, STR("--config"));
        struct str flag = arena_copy(&parsed->arena, name);
        const char *key = key_of_flag(flag);
        if (!is_set && !is_file && key == NULL) return complain("there is no option", flag.ptr);
        const char *text = value.ptr;
        if (text == NULL) {
            if (++i == argc) return complain("a value is missing behind", flag.ptr);
            text = argv[i];
        }
        int code = 0;
        if (is_file) {
            parsed->file = text;
        } else {
            code = is_set ? add_set(parsed, text) : add_pair(parsed, key, text);
        }
        if (code != 0) return code;
    }
    return 0;
}

int options_load(int argc, char **argv, const char *command, struct settings *ret) {
    struct parsed parsed = {0};
    struct buf complaints = buf_with_max(0);
    int code = parse(argc, argv, command, &parsed);
    if (code == 0) {
        struct settings_sources sources = {
            .file = parsed.file,
            .environment = (const char *const *)environ,
            .flags = parsed.pairs,
        };
        if (!settings_load(&sources, ret, &complaints)) {
            (void)fprintf(stderr, "alphabet: the settings are not right:\n%s",
                          buf_str(&complaints).ptr);
            code = USAGE_ERROR;
        }
    }
    buf_free(&complaints);
    arena_free(&parsed.arena);
    return code;
}
