/* temporary.h - a folder of one's own that is removed with everything in it.
 *
 *     char *folder = temporary_folder_new();
 *     ...
 *     temporary_folder_remove(folder);
 *
 *   Owns: the caller, until temporary_folder_remove, which also frees the name; NULL is fine.
 *   Errors: aborts when no folder can be made.
 */
#ifndef ALPHABET_TESTS_STORE_TEMPORARY_H
#define ALPHABET_TESTS_STORE_TEMPORARY_H

char *temporary_folder_new(void); // below TMPDIR, or /tmp
void temporary_folder_remove(char *folder);

#endif
