/* mask.c - see mask.h.
 *
 * Jobs are shown far more often than they are written, and most hold no secret, so the text is not
 * parsed to find out: a key is what stands between quotes before a colon. Whatever looks doubtful
 * in that glance (an escaped quote near by) is settled by the exact pass behind it.
 */
#include "model/mask.h"

#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 128 };

/* Parts of a key that make its value a secret, compared without case and separators: "X-Api-Key"
 * and "api_key" both hold "apikey". */
static const struct str secret_words[] = {
    STR_INIT("secret"),     STR_INIT("password"),      STR_INIT("passwd"),
    STR_INIT("passphrase"), STR_INIT("pwd"),           STR_INIT("token"),
    STR_INIT("apikey"),     STR_INIT("authorization"), STR_INIT("credential"),
    STR_INIT("privatekey"), STR_INIT("accesskey"),     STR_INIT("cookie"),
};

#define LETTER(c) (1U << ((c) - 'a'))

/* Which letters may follow the first one of a word: tells most keys from secrets at two characters.
 */
static const uint32_t second_letters[26] = {
    ['s' - 'a'] = LETTER('e'),
    ['p' - 'a'] = LETTER('a') | LETTER('w') | LETTER('r'),
    ['t' - 'a'] = LETTER('o'),
    ['a' - 'a'] = LETTER('p') | LETTER('u') | LETTER('c'),
    ['c' - 'a'] = LETTER('r') | LETTER('o'),
};

static bool may_begin_word(char first, char second) {
    if (first < 'a' || first > 'z' || second < 'a' || second > 'z') return false;
    return (second_letters[first - 'a'] & LETTER(second)) != 0;
}

static bool word_begins(struct str text) {
    for (size_t i = 0; i < COUNT_OF(secret_words); i++)
        if (text.ptr[0] == secret_words[i].ptr[0] && str_starts_with(text, secret_words[i]))
            return true;
    return false;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_separator(char c) {
    return c == '-' || c == '_' || c == '.' || c == ' ';
}

/* The exact answer, for the few keys that hold two letters that a word begins with. */
static bool holds_word(struct str key) {
    char plain[KEY_MAX];
    size_t length = 0;
    for (size_t i = 0; i < key.len; i++) {
        if (is_separator(key.ptr[i])) continue;
        if (length == sizeof plain) return true; // nobody looks into a name of that length
        plain[length++] = lower(key.ptr[i]);
    }
    for (size_t i = 0; i + 1 < length; i++)
        if (may_begin_word(plain[i], plain[i + 1]) &&
            word_begins((struct str){plain + i, length - i}))
            return true;
    return false;
}

bool mask_is_secret_name(struct str key) {
    char before = '\0';
    for (size_t i = 0; i < key.len; i++) {
        char c = lower(key.ptr[i]);
        if (may_begin_word(before, c)) return holds_word(key);
        if (!is_separator(c)) before = c;
    }
    return false;
}

static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool mask_is_reference(struct str value) {
    static const struct str schemes[] = {STR_INIT("Bearer "), STR_INIT("Basic "),
                                         STR_INIT("Token ")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (str_starts_with(value, schemes[i])) value = str_slice(value, schemes[i].len, value.len);
    if (!str_starts_with(value, STR("{{")) || !str_ends_with(value, STR("}}"))) return false;
    if (value.len < 4) return false;
    struct str inside = str_trim(str_slice(value, 2, value.len - 4));
    struct str prefix = STR("Secret.");
    if (!str_starts_with(inside, prefix) || inside.len == prefix.len) return false;
    for (size_t i = prefix.len; i < inside.len; i++)
        if (!is_name_character(inside.ptr[i])) return false;
    return true;
}

/* ---- the glance ------------------------------------------------------------------------------ */

/* `colon` is the offset of a colon. Could the name before it be that of a secret? */
static bool may_follow_secret(struct str json, size_t colon) {
    size_t end = colon;
    while (end > 0 && (json.ptr[end - 1] == ' ' || json.ptr[end - 1] == '\n')) end--;
    if (end < 2 || json.ptr[end - 1] != '"') return false; // inside a text
    end--;
    const char *open = memrchr(json.ptr, '"', end);
    if (open == NULL || memchr(open, '\\', (size_t)(json.ptr + end - open)) != NULL) return true;
    if (open > json.ptr && open[-1] == '\\') return true;
    struct str key = {open + 1, (size_t)(json.ptr + end - open) - 1};
    return mask_is_secret_name(key);
}

static bool may_hold_secret(struct str json) {
    size_t at = 0;
    while (at < json.len) {
        const char *colon = memchr(json.ptr + at, ':', json.len - at);
        if (colon == NULL) return false;
        size_t offset = (size_t)(colon - json.ptr);
        if (may_follow_secret(json, offset)) return true;
        at = offset + 1;
    }
    return false;
}

/* ---- the exact pass -------------------------------------------------------------------------- */

/* Behind the string that begins with the quote at `at`. */
static size_t skip_string(struct str json, size_t at) {
    for (at++; at < json.len; at++) {
        if (json.ptr[at] == '\\')
            at++;
        else if (json.ptr[at] == '"')
            return at + 1;
    }
    return json.len;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_spaces(struct str json, size_t at) {
    while (at < json.len && is_space(json.ptr[at])) at++;
    return at;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct str json, size_t at) {
    size_t depth = 0;
    while (at < json.len) {
        char c = json.ptr[at];
        if (c == '"') {
            at = skip_string(json, at);
            if (depth == 0) return at;
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') {
            if (depth == 0) return at; // of the object around a number or a literal
            if (--depth == 0) return at + 1;
        }
        if (c == ',' && depth == 0) return at;
        at++;
    }
    return json.len;
}

/* Of a key written with escapes, what it says; characters beyond ASCII do not matter here. */
static struct str unescaped(struct str raw, char out[KEY_MAX]) {
    size_t length = 0;
    for (size_t i = 0; i < raw.len && length < KEY_MAX; i++) {
        char c = raw.ptr[i];
        if (c == '\\' && i + 1 < raw.len) {
            c = raw.ptr[++i];
            if (c == 'u' && i + 4 < raw.len) {
                char digits[5] = {raw.ptr[i + 1], raw.ptr[i + 2], raw.ptr[i + 3], raw.ptr[i + 4],
                                  0};
                unsigned long code = strtoul(digits, NULL, 16);
                c = code < 0x80 ? (char)code : '?';
                i += 4;
            }
        }
        out[length++] = c;
    }
    return (struct str){out, length};
}

static bool key_is_secret(struct str raw) {
    char text[KEY_MAX];
    if (memchr(raw.ptr, '\\', raw.len) == NULL) return mask_is_secret_name(raw);
    return raw.len >= KEY_MAX || mask_is_secret_name(unescaped(raw, text));
}

static bool may_be_shown(struct str value) {
    static const struct str harmless[] = {STR_INIT("null"), STR_INIT("true"), STR_INIT("false"),
                                          STR_INIT("\"\""), STR_INIT("{}"),   STR_INIT("[]")};
    value = str_trim(value);
    for (size_t i = 0; i < COUNT_OF(harmless); i++)
        if (str_equal(value, harmless[i])) return true;
    return value.len > 2 && value.ptr[0] == '"' &&
           mask_is_reference(str_slice(value, 1, value.len - 2));
}

static void put_masked(struct buf *buf, struct str json) {
    size_t at = 0, copied = 0;
    while (at < json.len) {
        if (json.ptr[at] != '"') {
            at++;
            continue;
        }
        size_t key_at = at;
        at = skip_string(json, at);
        size_t colon = skip_spaces(json, at);
        if (colon >= json.len || json.ptr[colon] != ':') continue; // a text, not a key
        if (!key_is_secret(str_slice(json, key_at + 1, at - key_at - 2))) continue;
        size_t value_at = skip_spaces(json, colon + 1);
        size_t value_end = skip_value(json, value_at);
        at = value_end;
        if (may_be_shown(str_slice(json, value_at, value_end - value_at))) continue;
        buf_put(buf, str_slice(json, copied, value_at - copied));
        buf_put(buf, STR("\"***\""));
        copied = value_end;
    }
    buf_put(buf, str_slice(json, copied, json.len - copied));
}

void mask_put(struct buf *buf, struct str json) {
    if (json.len == 0) return;
    if (may_hold_secret(json))
        put_masked(buf, json);
    else
        buf_put(buf, json);
}

/* ---- the way back ---------------------------------------------------------------------------- */

static bool is_mask(const json_t *value) {
    return str_equal(json_str_of(value), STR("***"));
}

static void restore_object(json_t *object, const json_t *stored, struct str path,
                           struct faults *faults) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        const json_t *old = json_object_get(stored, key);
        struct str name = arena_printf(faults->arena, "%.*s.%s", STR_ARG(path), key);
        if (!is_mask(value) || !mask_is_secret_name(str_from_cstr(key)))
            mask_restore(value, old, name, faults);
        else if (old != NULL)
            (void)json_object_set_new(object, key, json_deep_copy(old));
        else
            faults_add(faults, name,
                       "*** stands for a stored secret, and there is none to keep here: give the "
                       "value, or {{Secret.NAME}}");
    }
}

void mask_restore(json_t *value, const json_t *stored, struct str path, struct faults *faults) {
    if (json_is_object(value)) {
        restore_object(value, stored, path, faults);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct str name = arena_printf(faults->arena, "%.*s[%zu]", STR_ARG(path), i);
        mask_restore(json_array_get(value, i), json_array_get(stored, i), name, faults);
    }
}
