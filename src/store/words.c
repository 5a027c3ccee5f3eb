/* words.c - see words.h. */
#include "store/words.h"

static bool is_word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

struct str words_next(struct str *rest) {
    size_t start = 0;
    while (start < rest->len && !is_word_byte(rest->ptr[start])) start++;
    size_t end = start;
    while (end < rest->len && is_word_byte(rest->ptr[end])) end++;
    struct str word = str_slice(*rest, start, end - start);
    *rest = str_slice(*rest, end, rest->len - end);
    return word;
}

bool words_have(struct str text, struct str wanted) {
    for (struct str word = words_next(&text); word.len > 0; word = words_next(&text))
        if (word.len == wanted.len && str_equal_nocase(word, wanted)) return true;
    return false;
}

bool words_check(struct str search, struct err *err) {
    size_t count = 0;
    for (struct str word = words_next(&search); word.len > 0; word = words_next(&search)) {
        if (word.len > SEARCH_WORD_BYTES)
            return err_set(err, ERR_INVALID, "a word to search for has at most %d bytes",
                           SEARCH_WORD_BYTES);
        if (++count > SEARCH_WORDS)
            return err_set(err, ERR_INVALID, "at most %d words can be searched for at once",
                           SEARCH_WORDS);
    }
    return true;
}
