/* words.h - what a word is, for the search in executions: one notion for every back end.
 *
 * A word is a longest run of ASCII letters and digits and of bytes beyond ASCII; letters of ASCII
 * are the same in either case. That is also how SQLite's "ascii" tokenizer cuts.
 *
 *     struct str rest = STR("Report-42 failed");
 *     for (struct str word = words_next(&rest); word.len > 0; word = words_next(&rest)) …
 *
 *   Owns: nothing; words are slices of the text.   Threads: pure.   Errors: INVALID.
 */
#ifndef ALPHABET_STORE_WORDS_H
#define ALPHABET_STORE_WORDS_H

#include "base/err.h"
#include "base/str.h"

/* Each word of a search is looked up by itself, so there is an end to how many it may have. */
enum { SEARCH_WORDS = 8, SEARCH_WORD_BYTES = 256 };

/* Cuts the first word off *rest; empty when there is none left. */
struct str words_next(struct str *rest);
/* Is `word` one of the words of the text? */
bool words_have(struct str text, struct str word);
/* False and err when this is more than can be searched for. */
WARN_UNUSED bool words_check(struct str search, struct err *err);

#endif
