/* fields.c - see fields.h.
 *
 * The messages are for the person who wrote the request: they say what may stand there, with the
 * limits, and quote what stood there only where that helps and is short.
 */
#include "model/fields.h"

#include "base/json_read.h"
#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { QUOTED_MAX = 40, NAME_MAX_COMPARED = 48, FAR = 1000 };

static struct str join(struct arena *arena, struct str path, struct str name) {
    if (path.len == 0) return arena_copy(arena, name);
    if (name.len == 0) return arena_copy(arena, path);
    const char *dot = name.ptr[0] == '[' ? "" : ".";
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(path), dot, STR_ARG(name));
}

struct str fields_path(const struct fields *fields, struct str name) {
    return join(fields->faults->arena, fields->path, name);
}

void fields_fault(const struct fields *fields, struct str name, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    faults_add(fields->faults, fields_path(fields, name), "%s", message);
}

const json_t *fields_get(const struct fields *fields, struct str name) {
    const json_t *value = json_object_getn(fields->object, name.ptr, name.len);
    return json_is_null(value) ? NULL : value;
}

bool fields_has(const struct fields *fields, struct str name) {
    return fields_get(fields, name) != NULL;
}

/* ---- unknown names --------------------------------------------------------------------------- */

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int least(int a, int b, int c) {
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be changed, added or left out to come from a to b (Levenshtein), without
 * regard to case; FAR when a name is too long to be a slip of the pen. */
static int distance(struct str a, struct str b) {
    if (a.len > NAME_MAX_COMPARED || b.len > NAME_MAX_COMPARED) return FAR;
    int row[NAME_MAX_COMPARED + 1];
    for (size_t j = 0; j <= b.len; j++) row[j] = (int)j;
    for (size_t i = 1; i <= a.len; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            int above = row[j];
            int change = diagonal + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));
            row[j] = least(above + 1, row[j - 1] + 1, change);
            diagonal = above;
        }
    }
    return row[b.len];
}

/* How many slips make a name another name: a third of it, but two (letters swapped) in short ones.
 */
static int slips_allowed(struct str name) {
    if (name.len < 4) return 0;
    return name.len < 9 ? 2 : (int)(name.len < NAME_MAX_COMPARED ? name.len / 3 : 0);
}

/* The known name that `name` was probably meant to be. */
static struct str nearest(struct str name, const struct str *known, size_t count) {
    struct str best = STR_NONE;
    int best_distance = 1 + slips_allowed(name);
    for (size_t i = 0; i < count; i++) {
        int far = distance(name, known[i]);
        if (far >= best_distance) continue;
        best_distance = far;
        best = known[i];
    }
    return best;
}

static bool is_known(struct str name, const struct str *known, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, known[i])) return true;
    return false;
}

/* A name from outside may be a megabyte long; it appears in the fault cut to a sane length. */
static struct str cut_name(struct str name) {
    if (name.len <= QUOTED_MAX) return name;
    size_t length = QUOTED_MAX;
    while (length > 0 && ((unsigned char)name.ptr[length] & 0xC0) == 0x80) length--;
    return str_slice(name, 0, length);
}

void fields_known(const struct fields *fields, const struct str *known, size_t count) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)fields->object, key, value) {
        struct str name = str_from_cstr(key);
        if (is_known(name, known, count)) continue;
        struct str meant = nearest(name, known, count);
        if (str_is_absent(meant))
            fields_fault(fields, cut_name(name), "is not a known field");
        else
            fields_fault(fields, cut_name(name), "is not a known field; did you mean \"%.*s\"?",
                         STR_ARG(meant));
    }
}

/* ---- typed values ---------------------------------------------------------------------------- */

static bool has_control(struct str text, enum text_kind kind) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool layout = c == '\n' || c == '\r' || c == '\t';
        if (c == 0x7F || (c < 0x20 && !(kind == TEXT_PAGE && layout))) return true;
        /* U+0080 to U+009F: the second row of control characters. */
        if (c == 0xC2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xA0) return true;
    }
    return false;
}

bool fields_str(const struct fields *fields, struct str name, enum text_kind kind, size_t min,
                size_t max, struct str *ret) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL) return false;
    struct str text = json_str_of(value);
    if (str_is_absent(text)) {
        fields_fault(fields, name, "must be a string");
    } else if (text.len < min || (min > 0 && str_trim(text).len == 0)) {
        fields_fault(fields, name, "must not be empty");
    } else if (str_utf8_count(text) > max) {
        fields_fault(fields, name, "must be at most %zu characters, not %zu", max,
                     str_utf8_count(text));
    } else if (has_control(text, kind)) {
        fields_fault(fields, name, "must not contain control characters");
    } else {
        *ret = text;
        return true;
    }
    return false;
}

/* JSON has one kind of number: 60.0 and 6e1 are whole too. */
static bool whole_number(const json_t *value, int64_t *ret) {
    if (json_is_integer(value)) {
        *ret = json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : NAN;
    if (!(fabs(real) < 9e15) || real != trunc(real)) return false;
    *ret = (int64_t)real;
    return true;
}

bool fields_i64(const struct fields *fields, struct str name, int64_t min, int64_t max,
                int64_t *ret) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL) return false;
    int64_t number;
    if (!whole_number(value, &number) || number < min || number > max) {
        fields_fault(fields, name, "must be a whole number from %lld to %lld", (long long)min,
                     (long long)max);
        return false;
    }
    *ret = number;
    return true;
}

bool fields_bool(const struct fields *fields, struct str name, bool *ret) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL) return false;
    if (!json_is_boolean(value)) {
        fields_fault(fields, name, "must be true or false");
        return false;
    }
    *ret = json_is_true(value);
    return true;
}

bool fields_utc(const struct fields *fields, struct str name, struct utc *ret) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL) return false;
    struct utc t = UTC_NONE;
    struct str text = json_str_of(value);
    bool good = !str_is_absent(text) && (text.len == 0 || utc_parse(text, &t));
    if (!good || (text.len > 0 && utc_is_none(t))) {
        fields_fault(fields, name,
                     "must be a time such as 2026-01-02T03:04:05Z or 2026-01-02T04:04:05+01:00, "
                     "after 1970 and before 2200");
        return false;
    }
    /* Answers show milliseconds; what is kept must be what they show, or sending an answer back
     * would change the job. */
    *ret = utc_from_ms(utc_ms(t));
    return true;
}

const json_t *fields_object(const struct fields *fields, struct str name) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL || json_is_object(value)) return value;
    fields_fault(fields, name, "must be an object");
    return NULL;
}

const json_t *fields_array(const struct fields *fields, struct str name) {
    const json_t *value = fields_get(fields, name);
    if (value == NULL || json_is_array(value)) return value;
    fields_fault(fields, name, "must be an array");
    return NULL;
}

#define DEFINE_ENUM(tag, list) \
    bool fields_##tag(const struct fields *fields, struct str name, enum tag *ret) { \
        const json_t *value = fields_get(fields, name); \
        if (value == NULL) return false; \
        int64_t number; \
        if (json_is_string(value) && tag##_parse(json_str_of(value), ret)) return true; \
        if (whole_number(value, &number) && tag##_from_number(number, ret)) return true; \
        fields_fault(fields, name, "must be one of %s", tag##_names()); \
        return false; \
    }
MODEL_ENUMS(DEFINE_ENUM)
