/* main.c - picks the subcommand. Each lives in a file of its own in app/ or cli/. */
#include "app/commands.h"
#include "base/str.h"
#include "cli/commands.h"

#include <stdio.h>

struct command {
    const char *name;
    int (*run)(int argc,
               char **argv); // argv[0] is the command's own name; the result is the exit code
    const char *summary;
};

static const struct command commands[] = {
    {"serve", app_serve, "run the server"},
    {"config", app_config, "print the settings in force and where each came from"},
    {"cron", cli_cron, "explain a cron pattern: alphabet cron explain PATTERN"},
    {"version", cli_version, "print the version"},
};

static void print_usage(FILE *out) {
    (void)fputs("Usage: alphabet COMMAND [OPTIONS]\n\nCommands:\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    (void)fputs("\n`alphabet COMMAND --help` says more about each.\n", out);
}

int main(int argc, char **argv) {
    struct str name = argc > 1 ? str_from_cstr(argv[1]) : STR("--help");
    if (str_equal(name, STR("--help")) || str_equal(name, STR("-h")) ||
        str_equal(name, STR("help"))) {
        print_usage(argc > 1 ? stdout : stderr);
        return argc > 1 ? 0 : EXIT_USAGE;
    }
    if (str_equal(name, STR("--version"))) name = STR("version");
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (str_equal(name, str_from_cstr(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "alphabet: there is no command %s\n\n", argv[1]);
    print_usage(stderr);
    return EXIT_USAGE;
}
