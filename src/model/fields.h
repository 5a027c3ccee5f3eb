/* fields.h - reads the fields of a JSON object from a request; each fault goes under its own name.
 *
 *     struct fields fields = {.object = body, .path = STR("retryPolicy"), .faults = faults};
 *     fields_known(&fields, names, COUNT_OF(names));           // the others are faults
 *     fields_i64(&fields, STR("maxAttempts"), 1, 100, &policy.max_attempts);
 *
 * Every reader returns true when the field is there and good, and has set its output then; false
 * when it is absent (null equals absent) or at fault, with the output untouched.
 *
 *   Owns: texts are views into the JSON tree.   Threads: one at a time.   Errors: faults.
 */
#ifndef ALPHABET_MODEL_FIELDS_H
#define ALPHABET_MODEL_FIELDS_H

#include "base/clock.h"
#include "base/err.h"
#include "model/names.h"

#include <jansson.h>

struct fields {
    const json_t *object;
    struct str path; // "" or absent at the top; else "retryPolicy"
    struct faults *faults;
};

/* The value, or NULL when absent or null. */
const json_t *fields_get(const struct fields *fields, struct str name);
bool fields_has(const struct fields *fields, struct str name);
void fields_fault(const struct fields *fields, struct str name, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* A fault for each field that is not among the known ones, proposing the nearest of them. */
void fields_known(const struct fields *fields, const struct str *known, size_t count);

enum text_kind {
    TEXT_LINE, // no control characters at all
    TEXT_PAGE, // line breaks and tabs may be in it
};
/* From `min` to `max` code points. */
bool fields_str(const struct fields *fields, struct str name, enum text_kind kind, size_t min,
                size_t max, struct str *ret);
bool fields_i64(const struct fields *fields, struct str name, int64_t min, int64_t max,
                int64_t *ret);
bool fields_bool(const struct fields *fields, struct str name, bool *ret);
/* RFC 3339 with any offset, cut to milliseconds; the empty string gives UTC_NONE: "no longer set".
 */
bool fields_utc(const struct fields *fields, struct str name, struct utc *ret);
/* An object; NULL when it is absent or at fault. */
const json_t *fields_object(const struct fields *fields, struct str name);
const json_t *fields_array(const struct fields *fields, struct str name);

/* fields_job_type, fields_backoff, ...: one for each enumeration of model/names.h; a name in any
 * case, or a number. */
#define FIELDS_DECLARE_ENUM(tag, list) \
    bool fields_##tag(const struct fields *fields, struct str name, enum tag *ret);
MODEL_ENUMS(FIELDS_DECLARE_ENUM)

/* The name of a part, "retryPolicy.maxAttempts", "tags[3]"; in the faults' arena. */
struct str fields_path(const struct fields *fields, struct str name);

#endif
