/* variables.h - `{{Today-1d:yyyyMMdd}}` in a job's configuration: checked when the job is written,
 * replaced when a run starts.
 *
 *   {{Today}} {{Now}} {{Execution.ScheduledFor}}     instants, in UTC; format and offsets allowed
 *   {{Job.Id}} {{Job.Name}} {{Execution.Id}} {{Execution.Attempt}}
 *   {{Environment.MachineName}}
 *   {{User.Email}}         who triggered the run; for the schedule, who created the job
 *   {{Parameters.NAME}}    of the run, else of jobConfiguration.parameters
 *   {{Secret.NAME}}        see secrets.h
 *   {{Jobs.NAME.Output}} {{Jobs.NAME.Result}} {{Jobs.NAME.Result.path}}
 *                          what another job hands on (execution->inputs), see job_variables.h
 *   {{{{                   two braces as they are
 *
 * Offsets follow the name: [+-]N and a unit, s m h d w M (months) y, one or more: `{{Now-1d+2h}}`.
 * A format follows a colon and speaks .NET's custom format strings: yyyy yy MMMM MMM MM M dddd ddd
 * dd d HH H hh h mm m ss s fff ff f tt K zzz, 'text' and \c as they are; other letters are refused.
 * Without one, Today is yyyy-MM-dd and an instant is RFC 3339 with milliseconds. Names are
 * case-sensitive; blanks inside the braces are allowed.
 *
 *     variables_check(STR("{{Today}}"), &known, STR("jobConfiguration.body"), &faults);
 *     if (!variables_expand(body, VARIABLES_JSON, &context, &out, &err)) ...
 *
 *   Owns:    nothing; the output is the caller's buffer, whose maximum bounds it.
 *   Threads: pure, but for secrets_find, which is safe from any.
 *   Errors:  INVALID: a parameter, a secret or what another job hands on is not there; LIMIT: the
 * output is too long.
 */
#ifndef ALPHABET_HANDLERS_VARIABLES_H
#define ALPHABET_HANDLERS_VARIABLES_H

#include "base/buf.h"
#include "base/err.h"
#include "handlers/job_variables.h"
#include "handlers/redactor.h"
#include "handlers/secrets.h"
#include "model/execution.h"
#include "model/job.h"

#include <jansson.h>

/* How a value is written into its surroundings. */
enum variables_place {
    VARIABLES_TEXT, // as it is
    VARIABLES_JSON, // inside a JSON string escaped, outside of one as a JSON value
    VARIABLES_URL,  // percent-encoded
};

struct variables_context {
    const struct execution *execution;
    const struct job *job;
    struct utc now; // the run's start: one instant for all of its variables
    struct str machine_name;
    struct secrets *secrets;   // NULL: there are none
    const json_t *parameters;  // of the run; NULL when it has none
    const json_t *defaults;    // jobConfiguration.parameters; NULL when it has none
    struct redactor *redactor; // every secret put out is added; may be NULL
};

/* What is known when a job is written. */
struct variables_known {
    struct secrets *secrets; // NULL: any name of a secret is taken
};

bool variables_present(struct str text);
/* Does it use a secret? (For a text that was checked.) */
bool variables_use_secret(struct str text);
/* `each` gets every {{Jobs.…}} of the text, in order, as often as it stands there. */
void variables_jobs(struct str text,
                    void (*each)(void *context, const struct job_variable *variable),
                    void *context);
void variables_check(struct str text, const struct variables_known *known, struct str field,
                     struct faults *faults);
WARN_UNUSED bool variables_expand(struct str text, enum variables_place place,
                                  const struct variables_context *context, struct buf *out,
                                  struct err *err);
/* text with every variable replaced by `placeholder`, to check the form of what it will be. */
void variables_blank(struct str text, struct str placeholder, struct buf *out);

#endif
