/* alert.h - what somebody has to hear: as a value, as JSON, and as a sentence.
 *
 * An alert is raised by the engine as a Pending execution of the server's own job, whose parameters
 * are the JSON below; the handler of that job delivers it. The webhook gets the same JSON.
 *
 *     { "id": "019a…", "kind": "ConsecutiveFailures", "state": "Raised",
 *       "text": "Job \"Nightly export\" has failed 3 times in a row",
 *       "at": "2026-01-02T03:04:05.678Z", "jobId": "…", "jobName": "Nightly export",
 *       "executionId": "…", "consecutiveFailures": 3, "errorMessage": "…",
 *       "scheduledFor": null, "limitSeconds": null, "measuredMs": null, "usualMs": null }
 *
 *     struct str parameters = alert_text(&arena, &alert, STR_NONE);
 *     if (!alert_parse(parameters, &arena, &alert, &delivered, &err)) ...
 *
 *   Owns:    texts live in the arena.   Threads: pure.
 *   Errors:  alert_parse: INVALID, for text that this module did not write.
 */
#ifndef ALPHABET_MODEL_ALERT_H
#define ALPHABET_MODEL_ALERT_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "base/json_write.h"
#include "model/names.h"

/* The queue of the executions that deliver alerts. No job can name it. */
#define ALERT_QUEUE STR("alphabet.alerts")

enum { ALERT_ERROR_MAX = 1000 }; // bytes of an error message that an alert repeats

struct alert {
    struct guid id; // the same for every attempt to deliver it
    enum alert_kind kind;
    bool has_recovered;
    struct utc at;
    struct guid job_id;
    struct str job_name;
    struct guid execution_id; // that it is about; zero = none
    int64_t consecutive_failures;
    struct str error_message; // absent = none
    struct utc scheduled_for; // UTC_NONE = none
    int64_t limit_seconds;    // of the watch; 0 = none
    int64_t measured_ms;      // how late, or how long; 0 = none
    int64_t usual_ms;         // how long it usually takes; 0 = none
};

void alert_to_json(struct json_writer *w, const struct alert *alert);
/* The parameters of its execution. `delivered` is a JSON array of the channels that have it
 * already; absent = none. */
struct str alert_text(struct arena *arena, const struct alert *alert, struct str delivered);
/* `ret_delivered` is "[]" when there are none. */
WARN_UNUSED bool alert_parse(struct str parameters, struct arena *arena, struct alert *ret,
                             struct str *ret_delivered, struct err *err);
/* One line for a person, without control characters. */
struct str alert_sentence(struct arena *arena, const struct alert *alert);

#endif
