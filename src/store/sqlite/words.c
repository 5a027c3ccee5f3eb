/* words.c - the search for words, until the full-text index answers it; see words.h. */
#include "store/sqlite/words.h"

#include "store/sqlite/connection.h"

enum { TEXTS = 3 };

static bool is_word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* Cuts the first word off *rest; empty when there is none left. */
static struct str next_word(struct str *rest) {
    size_t start = 0;
    while (start < rest->len && !is_word_byte(rest->ptr[start])) start++;
    size_t end = start;
    while (end < rest->len && is_word_byte(rest->ptr[end])) end++;
    struct str word = str_slice(*rest, start, end - start);
    *rest = str_slice(*rest, end, rest->len - end);
    return word;
}

static bool has_word(struct str text, struct str wanted) {
    for (struct str word = next_word(&text); word.len > 0; word = next_word(&text))
        if (str_equal_nocase(word, wanted)) return true;
    return false;
}

static struct str text_of(sqlite3_value *value) {
    const char *text = (const char *)sqlite3_value_text(value);
    return (struct str){text, text ? (size_t)sqlite3_value_bytes(value) : 0};
}

static void has_words(sqlite3_context *context, int count, sqlite3_value **arguments) {
    struct str words = text_of(arguments[0]);
    bool all = true;
    for (struct str word = next_word(&words); word.len > 0 && all; word = next_word(&words)) {
        bool found = false;
        for (int i = 1; i < count && !found; i++) found = has_word(text_of(arguments[i]), word);
        all = found;
    }
    sqlite3_result_int(context, all);
}

bool words_register(sqlite3 *db, struct err *err) {
    int result = sqlite3_create_function_v2(db, "has_words", 1 + TEXTS,
                                            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                            NULL, has_words, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_failed(db, result, err);
}
