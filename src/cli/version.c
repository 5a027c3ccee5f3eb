/* version.c - `alphabet version`. */
#include "cli/commands.h"

#include <stdio.h>

int cli_version(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return printf("alphabet %s\n", ALPHABET_VERSION) > 0 && fflush(stdout) == 0 ? EXIT_OK
                                                                                : EXIT_FAILED;
}
