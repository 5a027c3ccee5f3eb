/* retry.h - is a failed execution tried again, and when?
 *
 *     struct retry_policy policy;
 *     if (!retry_policy_parse(job->retry_policy, &policy, &err)) ...
 *     struct retry_decision next = retry_decide(&policy, &failure, random);
 *     if (next.again) ...                      // a new execution, available at next.available_at
 *
 * Which failures are tried again: with an HTTP status and a list of status codes, those in the
 * list; else, with a list of error types, those in the list; else all of them.
 *
 *   Owns:    nothing; struct retry_policy is a plain value.   Threads: pure, safe from any.
 *   Errors:  retry_policy_parse: INVALID, for text that this module did not write; bodies of
 * requests give faults, one a field. Units:   seconds in the policy, as in the API; microseconds in
 * struct span and struct utc. Source:  SPEC "Execution", retry policy.
 */
#ifndef ALPHABET_MODEL_RETRY_H
#define ALPHABET_MODEL_RETRY_H

#include "base/clock.h"
#include "base/err.h"
#include "base/json_write.h"
#include "model/names.h"

#include <jansson.h>

enum {
    MAX_RETRY_STATUS_CODES = 50,
    RETRY_DEFAULT_MAX_ATTEMPTS = 3,
    RETRY_DEFAULT_DELAY_SECONDS = 60,
    RETRY_DEFAULT_MAX_DELAY_SECONDS = 3600,
};

struct retry_policy {
    int64_t max_attempts; // with the first one: 1 = never again
    int64_t delay_seconds;
    enum backoff backoff;
    int64_t max_delay_seconds;
    bool jitter;                                  // each delay up to 10 % shorter or longer
    int32_t status_codes[MAX_RETRY_STATUS_CODES]; // ascending, each once
    size_t status_code_count;                     // 0 = any
    uint32_t error_types;                         // bit (1 << enum error_type); 0 = any
};

/* What a job has that says nothing: Scheduler:Retry of the settings starts from it. */
struct retry_policy retry_policy_default(void);

/* The stored, canonical text. */
WARN_UNUSED bool retry_policy_parse(struct str json, struct retry_policy *ret, struct err *err);
/* The object of a request, with every alias; fields left out stay as in `base`. `path` names it in
 * the faults ("retryPolicy"). Adds faults and leaves *ret alone when there is one. */
void retry_policy_from_json(const json_t *object, struct str path, const struct retry_policy *base,
                            struct retry_policy *ret, struct faults *faults);
void retry_policy_to_json(struct json_writer *w, const struct retry_policy *policy);
struct str retry_policy_text(struct arena *arena, const struct retry_policy *policy); // canonical

/* The wait before retry n (1 = the first one): delay, delay * n or delay * 2^(n-1), at most
 * max_delay_seconds, then moved by up to 10 % as `random` (any 64 bits) says. */
struct span retry_delay(const struct retry_policy *policy, int64_t n, uint64_t random);

struct retry_failure {
    int64_t retry_count;         // of the execution that failed; 0 = first attempt
    int64_t error_type;          // enum error_type, 0 = none
    int64_t http_status;         // 0 = none
    bool never_retry;            // the handler's own word
    struct utc ended_at;         // when it failed
    struct utc retry_not_before; // the target's Retry-After; UTC_NONE = nothing asked
};
struct retry_decision {
    bool again;
    struct utc available_at; // UTC_NONE when not again
};
struct retry_decision retry_decide(const struct retry_policy *policy,
                                   const struct retry_failure *failure, uint64_t random);

#endif
