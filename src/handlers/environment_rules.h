/* environment_rules.h - which environment variables a job may hand to a handler.
 *
 *     const char *patterns[] = {"REPORT_*", "LOG_LEVEL", NULL};
 *     struct str why;
 *     if (!environment_allows(STR("LD_PRELOAD"), patterns, &why)) ...   // why: a sentence
 *
 * The operator lists names, or beginnings with a `*`, for each handler. A list of names that change
 * how a program is loaded, interpreted or found always wins over it, `*` included.
 *
 *   Owns:    nothing; *why is a literal.   Threads: pure.   Errors: false with a reason.
 */
#ifndef ALPHABET_HANDLERS_ENVIRONMENT_RULES_H
#define ALPHABET_HANDLERS_ENVIRONMENT_RULES_H

#include "base/buf.h"

enum { MAX_ENVIRONMENT_NAME = 128, MAX_ENVIRONMENT_VALUE = 32 * 1024, MAX_ENVIRONMENT = 100 };

bool environment_allows(struct str name, const char *const *patterns, struct str *why);
/* "report-format" as "REPORT_FORMAT": what a parameter is called as a variable. */
void environment_put_safe_name(struct buf *out, struct str name);

#endif
