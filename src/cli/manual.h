/* manual.h - the manual page alphabet(1) and the completions, made from the table of commands.
 *
 * packaging/alphabet.1 is what `alphabet help --man` prints; a test holds them together.
 *
 *   Owns: nothing.   Threads: main only.   Errors: none; what fails to be written shows at exit.
 */
#ifndef ALPHABET_CLI_MANUAL_H
#define ALPHABET_CLI_MANUAL_H

#include <stdio.h>

void manual_print(FILE *out); // troff, man macros

#endif
