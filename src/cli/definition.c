/* definition.c - see definition.h. */
#include "cli/definition.h"

#include "base/clock.h"
#include "base/json_read.h"

#include <stdio.h>
#include <string.h>

/* Names of choices by the number that stands for them. */
static const struct {
    const char *field;
    const char *names[7];
    int first; // what stands for the first of them, less 1
} choices[] = {
    {"jobType", {"HttpCall", "StoredProcedure", "CodeExecution", "FileOperation"}, 0},
    {"scheduleType", {"Cron", "Interval", "OneTime"}, 0},
    {"intervalMode", {"FixedRate", "FixedDelay"}, 0},
    {"concurrencyPolicy", {"Allow", "Skip", "Queue", "Replace"}, 0},
    {"misfirePolicy", {"FireOnce", "Skip", "FireAll"}, 0},
    {"backoff", {"Fixed", "Linear", "Exponential"}, 0},
    {"gap", {"RunAfter", "Shift", "Skip"}, 0},
    {"overlap", {"Auto", "First", "Last", "Both"}, 0},
    {"excludedDaysOfWeek",
     {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
     -1},
    {"condition", {"AllSucceeded", "AnySucceeded", "AllCompleted"}, 0},
    {"method", {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, 0},
};

/* Other names that the input of a retry policy takes. */
static const struct {
    const char *name, *means;
    int64_t add;
} aliases[] = {
    {"maxRetryAttempts", "maxAttempts", 1},
    {"retryDelaySeconds", "delaySeconds", 0},
    {"retryBackoffType", "backoff", 0},
    {"shouldRetryHttpStatusCodes", "retryOnStatusCodes", 0},
    {"retryOnExceptions", "retryOnErrorTypes", 0},
};

static bool same(const char *field, const json_t *wanted, const json_t *there);

static bool is_empty(const json_t *value) {
    return value == NULL || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static bool same_choice(const char *field, const json_t *wanted, struct str there) {
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        if (strcmp(choices[i].field, field) != 0) continue;
        if (json_is_string(wanted)) return str_equal_nocase(json_str_of(wanted), there);
        if (!json_is_integer(wanted)) return false;
        json_int_t number = json_integer_value(wanted) - choices[i].first;
        return number >= 1 && number <= (json_int_t)COUNT_OF(choices[i].names) &&
               str_equal(str_from_cstr(choices[i].names[number - 1]), there) && there.len > 0;
    }
    return false;
}

static bool same_string(const char *field, const json_t *wanted, const json_t *there) {
    struct str a = json_str_of(wanted), b = json_str_of(there);
    struct utc at_a, at_b;
    if (str_equal(b, STR("***"))) return true;
    if (json_is_string(wanted) && str_equal(a, b)) return true;
    if (same_choice(field, wanted, b)) return true;
    if (!json_is_string(wanted)) return false;
    if (utc_parse(a, &at_a) && utc_parse(b, &at_b)) return utc_ms(at_a) == utc_ms(at_b);
    /* "22:00" is "22:00:00". */
    return str_starts_with(b, a) && str_equal(str_slice(b, a.len, b.len), STR(":00"));
}

static bool same_list(const char *field, const json_t *wanted, const json_t *there) {
    size_t count = json_array_size(wanted);
    if (json_array_size(there) != count) return false;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = same(field, json_array_get(wanted, i), json_array_get(there, k));
        if (!found) return false;
    }
    return true;
}

static bool same_object(const json_t *wanted, const json_t *there) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, value) {
        const char *means = name;
        int64_t add = 0;
        for (size_t i = 0; i < COUNT_OF(aliases); i++)
            if (strcmp(aliases[i].name, name) == 0) {
                means = aliases[i].means;
                add = aliases[i].add;
            }
        const json_t *other = json_object_get(there, means);
        if (add != 0) {
            if (json_integer_value(value) + add != json_integer_value(other)) return false;
        } else if (!same(means, value, other)) {
            return false;
        }
    }
    return true;
}

static bool same(const char *field, const json_t *wanted, const json_t *there) {
    if (is_empty(wanted) || is_empty(there)) return is_empty(wanted) && is_empty(there);
    if (json_is_string(there)) return same_string(field, wanted, there);
    if (json_is_array(there)) return json_is_array(wanted) && same_list(field, wanted, there);
    if (json_is_object(there)) return json_is_object(wanted) && same_object(wanted, there);
    if (json_is_number(there))
        return json_is_number(wanted) && json_number_value(wanted) == json_number_value(there);
    return json_equal(wanted, there) != 0;
}

/* A list or object of configuration is told whole; so are all other fields. */
json_t *definition_changes(const json_t *wanted, const json_t *job) {
    static const char *const ignored[] = {"id",
                                          "createdBy",
                                          "pausedUntil",
                                          "isDeleted",
                                          "currentStatus",
                                          "nextRunAt",
                                          "lastExecutedAt",
                                          "lastExecutionStatus",
                                          "consecutiveFailures",
                                          "lastModifiedBy",
                                          "createdAt",
                                          "updatedAt"};
    json_t *changes = json_array();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, value) {
        bool counts = !json_is_null(value);
        for (size_t i = 0; i < COUNT_OF(ignored); i++)
            if (strcmp(name, ignored[i]) == 0) counts = false;
        json_t *there = json_object_get(job, name);
        if (!counts || same(name, value, there)) continue;
        (void)json_array_append_new(changes,
                                    json_pack("{s:s, s:O, s:O}", "field", name, "from",
                                              there != NULL ? there : json_null(), "to", value));
    }
    return changes;
}
