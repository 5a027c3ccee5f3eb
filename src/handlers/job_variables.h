/* job_variables.h - what other jobs hand on: the variables `{{Jobs.NAME.Output}}` and
 * `{{Jobs.NAME.Result.path}}` of variables.h.
 *
 *   NAME      the name of a job as it is, blanks and dots included, or its id. It ends before the
 *             first `.Result` that a dot or the end of the variable follows; where there is none,
 *             before `.Output` at the end. A job whose own name holds `.Result` so, or two closing
 *             braces, is written by its id.
 *   .Output   the output of its run: a text
 *   .Result   the JSON that its run named as result, whole; `.Result.a.b.0` what stands in it under
 *             "a", there under "b", there first (a number counts the items of an array, from 0)
 *
 * Values come from execution->inputs: {"NAME": {"output": text, "result": JSON}}, by NAME as it was
 * written.
 *
 *     struct job_variable variable;
 *     if (!job_variable_parse(STR("Nightly export.Result.rows"), &variable, &err)) ...
 *     if (!job_variable_value(&variable, inputs, &arena, &text, &is_json, &err)) ...
 *
 *   Owns:    views of what was parsed, or of the tree; else the arena.   Threads: pure.
 *   Errors:  INVALID: the form is wrong; nothing was handed on under that name or path.
 */
#ifndef ALPHABET_HANDLERS_JOB_VARIABLES_H
#define ALPHABET_HANDLERS_JOB_VARIABLES_H

#include "base/err.h"

#include <jansson.h>

struct job_variable {
    struct str name;
    bool is_result;  // else the output
    struct str path; // "a.b.0"; absent = the whole result
};

/* `text` is what stands behind "Jobs.". */
WARN_UNUSED bool job_variable_parse(struct str text, struct job_variable *ret, struct err *err);
/* A string gives its text; anything else gives JSON. `inputs` may be NULL: nothing was handed on.
 */
WARN_UNUSED bool job_variable_value(const struct job_variable *variable, const json_t *inputs,
                                    struct arena *arena, struct str *ret_text, bool *ret_is_json,
                                    struct err *err);

#endif
