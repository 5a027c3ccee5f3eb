/* words.h - words in SQL (store/words.h says what a word is):
 *
 *     has_words(words, text, ...)   is every word of the first a word of one of the texts?
 *     words_of(text)                its words in lower case, as a JSON array
 *
 * A null text has no words.
 *
 *   Owns: nothing.   Threads: pure.   Errors: words_register fails as SQLite says.
 */
#ifndef ALPHABET_STORE_SQLITE_WORDS_H
#define ALPHABET_STORE_SQLITE_WORDS_H

#include "base/err.h"

#include <sqlite3.h>

WARN_UNUSED bool words_register(sqlite3 *db, struct err *err);

#endif
