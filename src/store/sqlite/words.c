/* words.c - the SQL functions of words.h. */
#include "store/sqlite/words.h"

#include "base/buf.h"
#include "store/sqlite/connection.h"
#include "store/words.h"

static struct str text_of(sqlite3_value *value) {
    const char *text = (const char *)sqlite3_value_text(value);
    return (struct str){text, text ? (size_t)sqlite3_value_bytes(value) : 0};
}

static void has_words(sqlite3_context *context, int count, sqlite3_value **arguments) {
    struct str words = text_of(arguments[0]);
    bool all = true;
    for (struct str word = words_next(&words); word.len > 0 && all; word = words_next(&words)) {
        bool found = false;
        for (int i = 1; i < count && !found; i++) found = words_have(text_of(arguments[i]), word);
        all = found;
    }
    sqlite3_result_int(context, all);
}

static void put_folded(struct buf *out, struct str word) {
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        buf_put_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
}

/* No byte of a word needs an escape in JSON. */
static void words_of(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    struct buf json = buf_with_max(0);
    struct str text = text_of(arguments[0]);
    for (struct str word = words_next(&text); word.len > 0; word = words_next(&text)) {
        buf_put(&json, json.len == 0 ? STR("[\"") : STR("\",\""));
        put_folded(&json, word);
    }
    buf_put(&json, json.len == 0 ? STR("[]") : STR("\"]"));
    sqlite3_result_text64(context, json.ptr, json.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    buf_free(&json);
}

bool words_register(sqlite3 *db, struct err *err) {
    enum { FLAGS = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY };
    int result =
        sqlite3_create_function_v2(db, "has_words", -1, FLAGS, NULL, has_words, NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result =
            sqlite3_create_function_v2(db, "words_of", 1, FLAGS, NULL, words_of, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_failed(db, result, err);
}
