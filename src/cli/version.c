/* version.c - `alphabet version`. */
#include "cli/commands.h"

#include <stdio.h>

int cli_version(struct invocation *invocation) {
    (void)invocation;
    (void)printf("alphabet %s\n", ALPHABET_VERSION);
    return EXIT_OK;
}
