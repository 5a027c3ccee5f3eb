/* crontab.h - a crontab into jobs, as far as its lines are HTTP calls.
 *
 * Alphabet runs no shell: a line that calls a URL by curl or wget becomes an HttpCall, every other
 * one is refused with the reason. What a shell would do to the line (pipes, variables,
 * substitution) is a reason too; output thrown away into /dev/null is not, since a job keeps its
 * output anyway.
 *
 *     struct crontab_result result;
 *     if (!crontab_read(text, &(struct crontab_options){.report = stdout}, &result)) result.fault
 *     result.payload                          // {"version": 1, "jobs": […]}, as import takes it
 *     crontab_free(&result);
 *
 *   Owns:    crontab_free.   Threads: main only.
 *   Errors:  INVALID for a text that is no crontab at all; lines that are refused are counted and
 *            reported, each with its number.
 */
#ifndef ALPHABET_CLI_CRONTAB_H
#define ALPHABET_CLI_CRONTAB_H

#include "base/err.h"

#include <jansson.h>
#include <stdio.h>

struct crontab_options {
    struct str timezone; // absent: CRON_TZ of the file, else that of this machine
    bool with_user;      // /etc/crontab: a user's name stands in front of the command
    FILE *report;        // a line for each of the crontab's
};

struct crontab_result {
    json_t *payload;
    size_t refused;
    struct err fault;
};

WARN_UNUSED bool crontab_read(struct str text, const struct crontab_options *options,
                              struct crontab_result *ret);
void crontab_free(struct crontab_result *result);

/* A command into the parts of an HttpCall job that follow from it: jobConfiguration, and perhaps
 * timeoutSeconds and retryPolicy. NULL and err with the reason. For crontab.c, and for tests. */
WARN_UNUSED json_t *command_to_job(struct str command, struct err *err);

#endif
