/* arguments.c - see arguments.h.
 *
 * Options may stand anywhere: "--name value", "--name=value", "-f value", "-fvalue". Behind "--"
 * everything is an argument. Every value is checked here as far as the table knows what it is, so a
 * command never meets a number that is out of range or a choice that does not exist.
 */
#include "cli/arguments.h"

#include "cli/output.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

PRINTF_LIKE(3, 0)
static int complain_list(const struct invocation *invocation, int code, const char *format,
                         va_list list) {
    char text[1024];
    struct buf line = buf_with_max(0);
    (void)vsnprintf(text, sizeof text, format, list);
    buf_printf(&line, "alphabet %s: ", invocation->command->name);
    buf_put_visible(&line, str_from_cstr(text), VISIBLE_ONE_LINE);
    buf_put_char(&line, '\n');
    (void)fflush(stdout);
    (void)fputs(buf_str(&line).ptr, stderr);
    buf_free(&line);
    return code;
}

int complain(const struct invocation *invocation, int code, const char *format, ...) {
    va_list list;
    va_start(list, format);
    code = complain_list(invocation, code, format, list);
    va_end(list);
    return code;
}

int complain_usage(const struct invocation *invocation, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int code = complain_list(invocation, EXIT_USAGE, format, list);
    va_end(list);
    (void)fprintf(stderr, "`alphabet %s --help` says how it is used.\n", invocation->command->name);
    return code;
}

/* ---- options ---- */

static const struct command_option *find_long(const struct command *command, struct str name) {
    const struct command_option *option;
    for (size_t at = 0; (option = command_next_option(command, &at)) != NULL;)
        if (str_equal(str_from_cstr(option->name), name)) return option;
    return NULL;
}

static const struct command_option *find_letter(const struct command *command, char letter) {
    const struct command_option *option;
    for (size_t at = 0; (option = command_next_option(command, &at)) != NULL;)
        if (option->letter == letter) return option;
    return NULL;
}

static bool is_choice(const char *choices, struct str value) {
    struct str rest = str_from_cstr(choices);
    while (!str_is_absent(rest))
        if (str_equal(str_cut(&rest, '|'), value)) return true;
    return false;
}

static int check_value(const struct invocation *invocation, const struct command_option *option,
                       const char *value) {
    int64_t number;
    struct str text = str_from_cstr(value);
    if (option->min != 0 || option->max != 0) {
        if (!str_parse_i64(text, &number) || number < option->min || number > option->max)
            return complain_usage(invocation, "%s wants a whole number from %lld to %lld, not %s",
                                  option->name, (long long)option->min, (long long)option->max,
                                  value);
    } else if (strchr(option->value, '|') != NULL && !is_choice(option->value, text)) {
        return complain_usage(invocation, "%s wants one of %s, not %s", option->name, option->value,
                              value);
    }
    return EXIT_OK;
}

static int add_given(struct invocation *invocation, const struct command_option *option,
                     const char *value) {
    int code = value != NULL ? check_value(invocation, option, value) : EXIT_OK;
    invocation->given[invocation->given_count++] = (struct given_option){option, value};
    return code;
}

/* One option; *at is its place in argv and moves when the value is the next one. */
static int take_option(struct invocation *invocation, int argc, char **argv, int *at) {
    const struct command *command = invocation->command;
    struct str value = str_from_cstr(argv[*at]);
    const struct command_option *option;
    if (value.ptr[1] == '-') {
        struct str name = str_cut(&value, '=');
        option = find_long(command, name);
    } else {
        option = find_letter(command, value.ptr[1]);
        value = value.len > 2 ? str_slice(value, 2, value.len) : STR_NONE;
    }
    if (option == NULL) return complain_usage(invocation, "there is no option %s", argv[*at]);
    if (option->value == NULL) {
        if (!str_is_absent(value))
            return complain_usage(invocation, "%s takes no value", option->name);
        return add_given(invocation, option, NULL);
    }
    if (str_is_absent(value)) {
        if (*at + 1 == argc)
            return complain_usage(invocation, "a value is missing behind %s", option->name);
        value = str_from_cstr(argv[++*at]);
    }
    return add_given(invocation, option, value.ptr);
}

/* ---- arguments ---- */

static int check_count(struct invocation *invocation) {
    struct str rest = str_from_cstr(invocation->command->arguments);
    size_t least = 0, most = 0;
    while (rest.len > 0) {
        struct str word = str_cut(&rest, ' ');
        if (invocation->argument_count == least && word.ptr[0] != '[')
            return complain_usage(invocation, "%.*s is missing", STR_ARG(word));
        if (word.ptr[0] != '[') least++;
        most = str_contains(word, STR("...")) ? SIZE_MAX : most + 1;
    }
    if (invocation->argument_count > most)
        return complain_usage(invocation, "%s is one too many", invocation->arguments[most]);
    return EXIT_OK;
}

int invocation_parse(struct invocation *invocation, const struct command *command, int argc,
                     char **argv) {
    *invocation = (struct invocation){.command = command, .clock = clock_system()};
    size_t room = (size_t)argc + 1;
    invocation->arguments = ARENA_ARRAY(&invocation->arena, room, const char *);
    invocation->given = ARENA_ARRAY(&invocation->arena, room, struct given_option);
    bool only_arguments = false;
    int code = EXIT_OK;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            break;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            invocation->help = true;
    if (invocation->help) return EXIT_OK;
    for (int i = 0; code == EXIT_OK && i < argc; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1] != '\0') {
            code = take_option(invocation, argc, argv, &i);
        } else {
            invocation->arguments[invocation->argument_count++] = argv[i];
        }
    }
    if (code == EXIT_OK) code = check_count(invocation);
    if (code == EXIT_OK && command->flags & COMMAND_PRINTS) {
        const char *output = option_value(invocation, "--output");
        invocation->json = output != NULL && strcmp(output, "json") == 0;
    }
    return code;
}

void invocation_free(struct invocation *invocation) {
    arena_free(&invocation->arena);
}

/* ---- asking ---- */

const char *option_next(const struct invocation *invocation, const char *name, size_t *at) {
    while (*at < invocation->given_count) {
        const struct given_option *given = &invocation->given[(*at)++];
        if (strcmp(given->option->name, name) == 0) return given->value;
    }
    return NULL;
}

static const struct given_option *last_given(const struct invocation *invocation,
                                             const char *name) {
    assert(find_long(invocation->command, str_from_cstr(name)) != NULL);
    for (size_t i = invocation->given_count; i-- > 0;)
        if (strcmp(invocation->given[i].option->name, name) == 0) return &invocation->given[i];
    return NULL;
}

bool option_given(const struct invocation *invocation, const char *name) {
    return last_given(invocation, name) != NULL;
}

const char *option_value(const struct invocation *invocation, const char *name) {
    const struct given_option *given = last_given(invocation, name);
    return given != NULL ? given->value : NULL;
}

int64_t option_number(const struct invocation *invocation, const char *name, int64_t otherwise) {
    int64_t number;
    const char *value = option_value(invocation, name);
    return value != NULL && str_parse_i64(str_from_cstr(value), &number) ? number : otherwise;
}

bool option_time(const struct invocation *invocation, const char *name, struct str *ret) {
    struct utc time;
    *ret = str_from_cstr(option_value(invocation, name));
    if (str_is_absent(*ret) || utc_parse(*ret, &time)) return true;
    (void)complain_usage(invocation, "%s wants a time such as 2026-01-02T03:04:05Z, not %.*s", name,
                         STR_ARG(*ret));
    return false;
}

struct str arguments_joined(struct invocation *invocation, size_t first) {
    struct buf text = buf_with_max(0);
    for (size_t i = first; i < invocation->argument_count; i++) {
        if (i > first) buf_put_char(&text, ' ');
        buf_put(&text, str_from_cstr(invocation->arguments[i]));
    }
    struct str joined = arena_copy(&invocation->arena, buf_str(&text));
    buf_free(&text);
    return joined;
}
