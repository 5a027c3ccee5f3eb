/* names.c - names and numbers of every enumeration; see names.h. */
#include "model/names.h"

#include <string.h>

#define NAME_ENTRY(constant, number, text) {number, STR_INIT(text)},
#define NAME_LIST(constant, number, text) ", " text

struct name_entry {
    int64_t number;
    struct str name;
};

static struct str find_name(const struct name_entry *entries, size_t count, int64_t number) {
    for (size_t i = 0; i < count; i++)
        if (entries[i].number == number) return entries[i].name;
    return STR_NONE;
}

/* What answers may show and nobody may send. */
static struct str own_name(const char *tag, int64_t number) {
    bool is_alert = strcmp(tag, "job_type") == 0 && number == JOB_ALERT;
    return is_alert ? STR("Alert") : STR_NONE;
}

static bool find_number(const struct name_entry *entries, size_t count, struct str text,
                        int64_t *ret) {
    for (size_t i = 0; i < count; i++) {
        if (!str_equal_nocase(entries[i].name, text)) continue;
        *ret = entries[i].number;
        return true;
    }
    return false;
}

#define DEFINE(tag, list) \
    static const struct name_entry tag##_entries[] = {list(NAME_ENTRY)}; \
    struct str tag##_name(enum tag value) { \
        struct str name = find_name(tag##_entries, COUNT_OF(tag##_entries), (int64_t)value); \
        return str_is_absent(name) ? own_name(#tag, (int64_t)value) : name; \
    } \
    bool tag##_from_number(int64_t number, enum tag *ret) { \
        if (str_is_absent(find_name(tag##_entries, COUNT_OF(tag##_entries), number))) \
            return false; \
        *ret = (enum tag)number; \
        return true; \
    } \
    static bool tag##_find(struct str text, enum tag *ret) { \
        int64_t number; \
        if (!find_number(tag##_entries, COUNT_OF(tag##_entries), text, &number)) return false; \
        *ret = (enum tag)number; \
        return true; \
    } \
    const char *tag##_names(void) { \
        return &("" list(NAME_LIST))[2]; \
    }
MODEL_ENUMS(DEFINE)

/* Aliases that other products' clients send are taken in one place. */
static struct str without_alias(struct str text) {
    return str_equal_nocase(text, STR("Success")) ? STR("Succeeded") : text;
}

#define DEFINE_PARSE(tag, list) \
    bool tag##_parse(struct str text, enum tag *ret) { \
        int64_t number; \
        if (str_parse_i64(text, &number)) return tag##_from_number(number, ret); \
        return tag##_find(without_alias(text), ret); \
    }
MODEL_ENUMS(DEFINE_PARSE)
