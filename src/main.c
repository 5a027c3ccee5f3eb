/* main.c - what runs a server lives in app/, every other command in cli/. */
#include "app/commands.h"
#include "base/str.h"
#include "cli/commands.h"

#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc,
               char **argv); // argv[0] is the command's own name; the result is the exit code
} server_commands[] = {
    {"serve", app_serve},
    {"config", app_config},
    {"doctor", app_doctor},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < COUNT_OF(server_commands); i++)
        if (strcmp(argv[1], server_commands[i].name) == 0)
            return server_commands[i].run(argc - 1, argv + 1);
    return cli_main(argc, argv);
}
