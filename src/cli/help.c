/* help.c - picks the command, and says how each is used; all from the table. */
#include "base/str.h"
#include "cli/arguments.h"
#include "cli/manual.h"
#include "cli/output.h"

#include <string.h>

/* ---- help ---- */

static void print_option(FILE *out, const struct command_option *option) {
    char left[128];
    char letter[8] = "";
    if (option->letter != '\0') (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    (void)snprintf(left, sizeof left, "%s%s%s%s", letter, option->name,
                   option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    /* What is long gets a line of its own, so that the meanings stay below each other. */
    if (strlen(left) > 24)
        (void)fprintf(out, "  %s\n  %-24s  %s\n", left, "", option->meaning);
    else
        (void)fprintf(out, "  %-24s  %s\n", left, option->meaning);
}

static void print_options(FILE *out, const char *title, const struct command_option *options) {
    if (options == NULL) return;
    (void)fprintf(out, "\n%s:\n", title);
    for (; options->name != NULL; options++) print_option(out, options);
}

static bool is_in_group(const struct command *command, const char *group) {
    size_t length = strlen(group);
    return strncmp(command->name, group, length) == 0 && command->name[length] == ' ';
}

static void print_summaries(FILE *out, const char *group) {
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        char left[64];
        if (group != NULL && !is_in_group(&table[i], group)) continue;
        (void)snprintf(left, sizeof left, "%s %s", table[i].name, table[i].arguments);
        (void)fprintf(out, "  %-30s  %s\n", left, table[i].summary);
    }
}

static bool is_group(const char *name) {
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++)
        if (is_in_group(&table[i], name)) return true;
    return false;
}

void help_of_command(FILE *out, const struct command *command) {
    bool has_options = command->options != NULL || command->flags != 0;
    (void)fprintf(out, "Usage: alphabet %s%s%s%s\n\n%c%s.\n", command->name,
                  command->arguments[0] != '\0' ? " " : "", command->arguments,
                  has_options ? " [OPTIONS]" : "",
                  command->summary[0] >= 'a' ? command->summary[0] - 'a' + 'A'
                                             : command->summary[0],
                  command->summary + 1);
    if (command->details != NULL) (void)fprintf(out, "%s\n", command->details);
    print_options(out, "Options", command->options);
    if (command->flags & COMMAND_PRINTS) print_options(out, "Output", command_output_options());
    if (command->flags & COMMAND_CONNECTS)
        print_options(out, "Connection", command_connection_options());
    if (is_group(command->name)) {
        (void)fputs("\nFurther commands:\n", out);
        print_summaries(out, command->name);
    }
    if (command->example != NULL)
        (void)fprintf(out, "\nExample:\n  alphabet %s\n", command->example);
}

void help_of_group(FILE *out, const char *group) {
    (void)fprintf(out, "Usage: alphabet %s COMMAND [OPTIONS]\n\nCommands:\n", group);
    print_summaries(out, group);
    (void)fprintf(out, "\n`alphabet %s COMMAND --help` says more about each.\n", group);
}

void help_of_all(FILE *out) {
    (void)fputs("Usage: alphabet COMMAND [OPTIONS]\n\nCommands:\n", out);
    print_summaries(out, NULL);
    (void)fputs("\n`alphabet COMMAND --help` says more about each.\n\nExit codes:\n", out);
#define X(name, code, meaning) (void)fprintf(out, "  %d  %s\n", code, meaning);
    EXIT_CODES(X)
#undef X
}

/* ---- which command? ---- */

/* The longest name that the words begin with; *words says how many they are. */
static const struct command *find(size_t count, const char *const *names, size_t *words) {
    char both[64];
    const struct command *command = NULL;
    if (count > 1 && snprintf(both, sizeof both, "%s %s", names[0], names[1]) < (int)sizeof both)
        command = command_find(both);
    *words = command != NULL ? 2 : 1;
    if (command == NULL && count > 0) command = command_find(names[0]);
    return command;
}

static int complain_unknown(const char *before, const char *name) {
    struct buf text = buf_with_max(0);
    buf_put_visible(&text, str_from_cstr(name), VISIBLE_ONE_LINE);
    (void)fprintf(stderr,
                  "alphabet%s: there is no such command: %s; `alphabet%s --help` lists them\n",
                  before, buf_str(&text).ptr, before);
    buf_free(&text);
    return EXIT_USAGE;
}

int cli_help(struct invocation *invocation) {
    size_t words;
    const struct command *command = find(invocation->argument_count, invocation->arguments, &words);
    if (option_given(invocation, "--man")) {
        manual_print(stdout);
        return EXIT_OK;
    }
    if (invocation->argument_count == 0) {
        help_of_all(stdout);
    } else if (command != NULL && words == invocation->argument_count) {
        help_of_command(stdout, command);
    } else if (invocation->argument_count == 1 && is_group(invocation->arguments[0])) {
        help_of_group(stdout, invocation->arguments[0]);
    } else {
        return complain_unknown("", invocation->arguments[invocation->argument_count - 1]);
    }
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv) {
    struct invocation invocation;
    int code = invocation_parse(&invocation, command, argc, argv);
    if (code == EXIT_OK && invocation.help)
        help_of_command(stdout, command);
    else if (code == EXIT_OK)
        code = command->run(&invocation);
    invocation_free(&invocation);
    /* A full disk or a reader that is gone is a failure, unless there was one before. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_OK) {
        (void)fprintf(stderr, "alphabet: the output cannot be written\n");
        code = EXIT_FAILED;
    }
    return code;
}

int cli_main(int argc, char **argv) {
    size_t words;
    const char *first = argc > 1 ? argv[1] : "";
    bool help = strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0;
    if (argc < 2 || help) {
        help_of_all(help ? stdout : stderr);
        return help ? EXIT_OK : EXIT_USAGE;
    }
    if (strcmp(first, "--version") == 0) return run(command_find("version"), 0, NULL);
    const struct command *command = find((size_t)argc - 1, (const char *const *)argv + 1, &words);
    if (command != NULL && command->run != NULL)
        return run(command, argc - 1 - (int)words, argv + 1 + words);
    if (!is_group(first)) return complain_unknown("", first);
    help = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    if (argc > 2 && !help) {
        char before[32];
        (void)snprintf(before, sizeof before, " %s", first); // a group: its name is ours
        return complain_unknown(before, argv[2]);
    }
    help_of_group(help ? stdout : stderr, first);
    return help ? EXIT_OK : EXIT_USAGE;
}
