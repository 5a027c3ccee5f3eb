/* key_lines.h - on which line of a JSON text does a key stand? jansson does not keep it.
 *
 *   Owns: nothing.   Threads: pure.   Errors: 0 when the key is not there. The text must be valid
 * JSON.
 */
#ifndef ALPHABET_APP_KEY_LINES_H
#define ALPHABET_APP_KEY_LINES_H

#include "base/str.h"

/* `path` is "Server:Port", keys compared without regard to case; lines count from 1. */
int key_line(struct str json, struct str path);

#endif
