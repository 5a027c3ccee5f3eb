/* why_reason.c - why a due time was passed over, and what became of one that was not.
 *
 * The history of the job is read newest first: the last change before the due time that paused or
 * disabled it is the one to blame, and the first one behind it that took that back says until when.
 */
#include "base/json_read.h"
#include "cli/lists.h"
#include "cli/output.h"
#include "cli/why.h"

#include <string.h>

enum { HISTORY_READ = 2000, MOST_ATTEMPTS = 100, LATE_MS = 1000 };

/* ---- the history ---- */

static const json_t *history(struct why *why) {
    struct list_answer list;
    if (why->history != NULL) return why->history;
    struct str path = arena_printf(&client_invocation(why->client)->arena, V1 "/jobs/%.*s/history",
                                   STR_ARG(json_text(why->job, "id")));
    why->history =
        list_get(why->client, path, HISTORY_READ, &list) == EXIT_OK ? list.items : json_array();
    return why->history;
}

static bool sets(const json_t *entry, const char *member, bool value) {
    const json_t *after = json_object_get(json_object_get(entry, "after"), member);
    return value ? json_is_true(after) : json_is_false(after);
}

/* The change that made `member` be `value` at t, and the one that ended that; NULL: none. */
static void find_change(struct why *why, struct utc t, const char *member, bool value,
                        const json_t **begin, const json_t **end) {
    const json_t *entries = history(why);
    *begin = *end = NULL;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        bool later = utc_before(t, utc_of_json(json_object_get(entry, "at")));
        if (later && sets(entry, member, !value)) *end = entry;
        if (!later && sets(entry, member, value)) {
            *begin = entry;
            return;
        }
    }
}

static void put_by(struct why *why, struct buf *buf, const json_t *entry) {
    struct str address = json_text(entry, "address");
    buf_put(buf, STR(" by "));
    why_put_text(buf, json_text(entry, "actor"));
    if (address.len > 0) buf_put(buf, STR(" from "));
    why_put_text(buf, address);
    buf_put(buf, STR(" at "));
    why_put_instant(why, buf, utc_of_json(json_object_get(entry, "at")));
}

/* Everything was paused: the audit knows, which only admins may read. */
static void put_paused_all(struct why *why, struct buf *buf, struct utc due) {
    struct reply reply;
    struct call call = {
        .method = "GET",
        .path = STR(V1 "/admin/audit?action=scheduler.&pageSize=200"),
        .quiet = true,
    };
    const json_t *begin = NULL, *end = NULL;
    buf_put(buf, STR(": everything was paused then"));
    if (client_call(why->client, &call, &reply) == EXIT_OK) {
        const json_t *entries = json_object_get(reply.json, "items");
        for (size_t i = 0; i < json_array_size(entries) && begin == NULL; i++) {
            const json_t *entry = json_array_get(entries, i);
            struct str action = json_text(entry, "action");
            bool later = utc_before(due, utc_of_json(json_object_get(entry, "at")));
            if (later && str_equal(action, STR("scheduler.resume"))) end = entry;
            if (!later && str_equal(action, STR("scheduler.pause"))) begin = entry;
        }
    }
    if (begin != NULL) put_by(why, buf, begin);
    if (begin != NULL && end != NULL) {
        buf_put(buf, STR(", and resumed"));
        put_by(why, buf, end);
    }
    buf_put(buf, STR(".\n"));
    reply_free(&reply);
}

static void put_switched(struct why *why, struct buf *buf, struct utc due, const char *member,
                         bool value, const char *was, const char *back) {
    const json_t *begin, *end;
    find_change(why, due, member, value, &begin, &end);
    if (begin == NULL && strcmp(was, "paused") == 0) {
        put_paused_all(why, buf, due);
        return;
    }
    buf_printf(buf, ": the job was %s", was);
    if (begin == NULL) {
        buf_put(buf, STR(" then.\n"));
        return;
    }
    if (str_equal(json_text(begin, "action"), STR("job.create")))
        buf_put(buf, STR(" when created"));
    put_by(why, buf, begin);
    struct utc until = utc_of_json(json_object_get(json_object_get(begin, "after"), "pausedUntil"));
    if (!utc_is_none(until)) {
        buf_put(buf, STR(", until "));
        why_put_instant(why, buf, until);
    }
    if (end != NULL) {
        buf_printf(buf, ", and %s", back);
        put_by(why, buf, end);
    } else if (utc_is_none(until) || utc_before(why->now, until)) {
        buf_printf(buf, ", and still is");
    }
    buf_put(buf, STR(".\n"));
}

/* ---- passed over ---- */

static void put_overlap(struct why *why, struct buf *buf, struct utc due) {
    char to[RFC3339_LENGTH + 1];
    struct list_answer list;
    struct str policy = json_text(why->job, "concurrencyPolicy");
    buf_put(buf, STR(": a run of it was still going"));
    utc_format(due, to);
    struct str path =
        arena_printf(&client_invocation(why->client)->arena, V1 "/jobs/%.*s/executions?toDate=%s",
                     STR_ARG(json_text(why->job, "id")), to);
    if (list_get(why->client, path, 10, &list) == EXIT_OK) {
        for (size_t i = 0; i < json_array_size(list.items); i++) {
            const json_t *run = json_array_get(list.items, i);
            struct utc started = utc_of_json(json_object_get(run, "startedAt"));
            struct utc ended = utc_of_json(json_object_get(run, "completedAt"));
            if (utc_is_none(started) || (!utc_is_none(ended) && utc_before(ended, due))) continue;
            buf_put(buf, STR(", since "));
            why_put_instant(why, buf, started);
            buf_printf(buf, " (execution %.*s)", STR_ARG(json_text(run, "id")));
            break;
        }
        list_free(&list);
    }
    buf_printf(buf, ", and its concurrencyPolicy is %.*s.\n", STR_ARG(policy));
}

static void put_misfire(struct why *why, struct buf *buf) {
    struct str policy = json_text(why->job, "misfirePolicy");
    buf_put(buf, STR(": no scheduler was running then to start it, and its misfirePolicy is "));
    buf_put(buf, policy);
    if (str_equal(policy, STR("FireOnce")))
        buf_put(buf, STR(", so that one run caught up for all that were missed"));
    buf_put(buf, STR(".\n"));
}

static void put_exclusion(struct why *why, struct buf *buf, struct utc due) {
    const json_t *exclusions = json_object_get(why->job, "exclusions");
    const json_t *range = json_object_get(exclusions, "timeRange");
    int64_t local = utc_seconds(due) + zone_offset(why->zone, utc_seconds(due));
    struct civil c = civil_from_seconds(local);
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    const char *day = days[civil_weekday(civil_to_days(c.year, c.month, c.day))];
    struct str date = arena_printf(&client_invocation(why->client)->arena, "%04d-%02d-%02d", c.year,
                                   c.month, c.day);
    const json_t *dates = json_object_get(exclusions, "excludedDates");
    const json_t *weekdays = json_object_get(exclusions, "excludedDaysOfWeek");
    buf_put(buf, STR(": the job excludes "));
    for (size_t i = 0; i < json_array_size(dates); i++)
        if (str_equal(json_str_of(json_array_get(dates, i)), date)) {
            buf_printf(buf, "the day %.*s.\n", STR_ARG(date));
            return;
        }
    for (size_t i = 0; i < json_array_size(weekdays); i++)
        if (str_equal(json_str_of(json_array_get(weekdays, i)), str_from_cstr(day))) {
            buf_printf(buf, "every %s.\n", day);
            return;
        }
    if (json_is_object(range))
        buf_printf(buf, "the time from %.*s to %.*s.\n", STR_ARG(json_text(range, "start")),
                   STR_ARG(json_text(range, "end")));
    else
        buf_put(buf, STR("that time.\n"));
}

static void put_end_of_schedule(struct why *why, struct buf *buf, struct utc due) {
    struct utc end = utc_of_json(json_object_get(why->job, "endAt"));
    int64_t most = json_number(why->job, "maxRuns");
    if (!utc_is_none(end) && utc_before(end, due)) {
        buf_put(buf, STR(": its schedule ended at "));
        why_put_instant(why, buf, end);
        buf_put(buf, STR(" (endAt).\n"));
    } else if (most > 0) {
        buf_printf(buf, ": it had run %lld times, which is all that maxRuns allows.\n",
                   (long long)most);
    } else {
        buf_put(buf, STR(": its schedule was over.\n"));
    }
}

void why_put_reason(struct why *why, struct buf *buf, const json_t *occurrence) {
    struct str reason = json_text(occurrence, "reason");
    struct utc due = utc_of_json(json_object_get(occurrence, "due"));
    if (str_equal(reason, STR("Paused")))
        put_switched(why, buf, due, "isPaused", true, "paused", "resumed");
    else if (str_equal(reason, STR("Disabled")))
        put_switched(why, buf, due, "isEnabled", false, "disabled", "enabled again");
    else if (str_equal(reason, STR("Overlap")))
        put_overlap(why, buf, due);
    else if (str_equal(reason, STR("Misfire")))
        put_misfire(why, buf);
    else if (str_equal(reason, STR("Exclusion")))
        put_exclusion(why, buf, due);
    else if (str_equal(reason, STR("DaylightSaving")))
        buf_put(buf, STR(": that clock time does not exist on that day, and the job's dstPolicy "
                         "skips it.\n"));
    else if (str_equal(reason, STR("EndOfSchedule")))
        put_end_of_schedule(why, buf, due);
    else
        buf_printf(buf, ": %.*s.\n", STR_ARG(reason));
}

void why_put_no_record(struct why *why, struct buf *buf, struct utc due) {
    const json_t *entries = history(why), *change = NULL;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i), *after = json_object_get(entry, "after");
        bool schedule = json_object_get(after, "scheduleExpression") != NULL ||
                        json_object_get(after, "intervalSeconds") != NULL ||
                        json_object_get(after, "scheduleType") != NULL ||
                        json_object_get(after, "runAt") != NULL ||
                        json_object_get(after, "startAt") != NULL ||
                        json_object_get(after, "timezone") != NULL;
        if (!utc_before(due, utc_of_json(json_object_get(entry, "at")))) break;
        if (schedule) change = entry;
    }
    buf_put(buf, STR(" and nothing is recorded: the job had another schedule then"));
    if (change != NULL) {
        buf_put(buf, STR(", changed"));
        put_by(why, buf, change);
    } else {
        buf_put(buf, STR(", or its executions were cleared"));
    }
    buf_put(buf, STR(".\n"));
}

/* ---- it ran ---- */

/* The name of a job that this one depends on; its id where that cannot be found out. */
static void put_job(struct buf *buf, struct str id, const json_t *dependencies) {
    const json_t *jobs = json_object_get(dependencies, "jobs");
    struct str name = STR_NONE;
    for (size_t i = 0; i < json_array_size(jobs); i++)
        if (str_equal(json_text(json_array_get(jobs, i), "jobId"), id))
            name = json_text(json_array_get(jobs, i), "name");
    buf_put(buf, STR("the job "));
    if (name.len > 0) {
        why_put_text(buf, name);
        buf_printf(buf, " (%.*s)", STR_ARG(id));
    } else {
        buf_put(buf, id);
    }
}

/* It waits for other jobs: for which, and until when. */
static void put_waiting(struct why *why, struct buf *buf, const json_t *run) {
    const json_t *ids = json_object_get(run, "waitingOn");
    struct reply reply;
    struct str path =
        arena_printf(&client_invocation(why->client)->arena, V1 "/jobs/%.*s/dependencies",
                     STR_ARG(json_text(why->job, "id")));
    (void)!client_get(why->client, path, &reply); // without the names all the same
    struct str condition = json_text(reply.json, "condition");
    bool any = str_equal(condition, STR("AnySucceeded")) && json_array_size(ids) > 1;
    buf_printf(buf, "is waiting for %s", any ? "one of " : "");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        if (i > 0) buf_put(buf, i + 1 == json_array_size(ids) ? STR(" and ") : STR(", "));
        put_job(buf, json_str_of(json_array_get(ids, i)), reply.json);
    }
    buf_put(buf, str_equal(condition, STR("AllCompleted")) ? STR(" to end") : STR(" to succeed"));
    buf_put(buf, STR(", and fails at "));
    why_put_instant(why, buf, utc_of_json(json_object_get(run, "availableAt")));
    buf_put(buf, STR(" if that has not happened"));
    reply_free(&reply);
}

static void put_result(struct why *why, struct buf *buf, const json_t *run) {
    struct str status = json_text(run, "status"), error = json_text(run, "errorMessage");
    if (json_array_size(json_object_get(run, "waitingOn")) > 0) {
        put_waiting(why, buf, run);
        return;
    }
    if (str_equal(status, STR("Pending"))) {
        buf_printf(buf, "is waiting in the queue %.*s", STR_ARG(json_text(run, "queue")));
        struct utc available = utc_of_json(json_object_get(run, "availableAt"));
        if (!utc_is_none(available) && utc_before(why->now, available)) {
            buf_put(buf, STR(" until "));
            why_put_instant(why, buf, available);
        } else {
            buf_put(buf, STR(" for a free worker, or for the end of a pause of everything"));
        }
        return;
    }
    buf_put(buf, status);
    if (json_is_integer(json_object_get(run, "durationMs"))) {
        buf_put(buf, STR(" after "));
        buf_put_length(buf, json_number(run, "durationMs"));
    }
    if (error.len == 0) return;
    buf_put(buf, STR(" ("));
    why_put_text(buf, error);
    buf_put_char(buf, ')');
}

static void put_lateness(const struct why *why, struct buf *buf, const json_t *run,
                         const json_t *occurrence) {
    int64_t late = json_number(occurrence, "lateMs");
    struct utc due = utc_of_json(json_object_get(occurrence, "due"));
    struct utc available = utc_of_json(json_object_get(run, "availableAt"));
    int64_t wanted = utc_is_none(available) ? 0 : utc_diff(available, due).us / 1000;
    buf_put(buf, STR("started "));
    if (late < LATE_MS) {
        buf_printf(buf, "%lld ms late, ", (long long)late);
        return;
    }
    buf_put_length(buf, late);
    buf_put(buf, STR(" late"));
    bool depends = json_is_object(json_object_get(why->job, "dependencies"));
    if (depends && wanted > 1000 * json_number(why->job, "jitterSeconds")) {
        buf_put(buf, STR(" ("));
        buf_put_length(buf, wanted);
        buf_put(buf, STR(" of that it waited for the jobs that it depends on)"));
    } else if (wanted > 0) {
        buf_put(buf, STR(" ("));
        buf_put_length(buf, wanted);
        buf_put(buf, STR(" of that is its jitter)"));
    } else if (str_equal(json_text(run, "trigger"), STR("CatchUp"))) {
        buf_put(buf, STR(" to catch up, since no scheduler was running at the time"));
    } else {
        buf_put(buf, STR(", having waited for a free worker or for the end of a pause"));
    }
    buf_put(buf, STR(", "));
}

/* Fetches an execution into `attempts`, and those that repeat it behind it: by the policy, by hand,
 * and again. */
static int add_attempts(struct why *why, struct str first) {
    json_t *ids = json_pack("[s%]", first.ptr, first.len);
    int code = EXIT_OK;
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(ids) && i < MOST_ATTEMPTS; i++) {
        struct reply reply;
        struct str path =
            arena_printf(&client_invocation(why->client)->arena, V1 "/executions/%.*s",
                         STR_ARG(json_str_of(json_array_get(ids, i))));
        code = client_get(why->client, path, &reply);
        if (code == EXIT_OK) (void)json_array_append(why->attempts, reply.json);
        (void)json_array_extend(ids, json_object_get(reply.json, "retryIds"));
        reply_free(&reply);
    }
    json_decref(ids);
    return code;
}

int why_put_execution(struct why *why, struct buf *buf, const json_t *occurrence) {
    size_t at = json_array_size(why->attempts);
    int code = add_attempts(why, json_text(occurrence, "executionId"));
    if (code != EXIT_OK) return code;
    const json_t *first = json_array_get(why->attempts, at);
    bool started = json_is_string(json_object_get(first, "startedAt"));
    buf_put(buf, started ? STR("It ran at ") : STR("It was due at "));
    why_put_instant(why, buf, utc_of_json(json_object_get(occurrence, "due")));
    buf_put(buf, STR(": "));
    if (started) put_lateness(why, buf, first, occurrence);
    put_result(why, buf, first);
    buf_printf(buf, "; execution %.*s.\n", STR_ARG(json_text(first, "id")));
    for (size_t i = at + 1; i < json_array_size(why->attempts); i++) {
        const json_t *run = json_array_get(why->attempts, i);
        buf_printf(buf, "Attempt %lld: ", (long long)json_number(run, "retryCount") + 1);
        put_result(why, buf, run);
        buf_printf(buf, "; execution %.*s.\n", STR_ARG(json_text(run, "id")));
    }
    return code;
}
