/* words.h - the SQL function has_words(words, text, text, text): is every word of the first
 * argument a word of one of the others? ASCII case folded; letters, digits and everything beyond
 * ASCII make up words. A null text has no words.
 *
 *   Owns: nothing.   Threads: pure.   Errors: words_register fails as SQLite says.
 */
#ifndef ALPHABET_STORE_SQLITE_WORDS_H
#define ALPHABET_STORE_SQLITE_WORDS_H

#include "base/err.h"

#include <sqlite3.h>

WARN_UNUSED bool words_register(sqlite3 *db, struct err *err);

#endif
