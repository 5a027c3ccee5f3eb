/* commands.h - the commands of the server itself.
 *
 *   Owns: nothing.   Threads: main only.   Errors: a sentence on standard error; exit code 1, or 2
 * for wrong usage or settings.
 */
#ifndef ALPHABET_APP_COMMANDS_H
#define ALPHABET_APP_COMMANDS_H

int app_serve(int argc, char **argv);
int app_config(int argc, char **argv);
int app_doctor(int argc, char **argv);

#endif
