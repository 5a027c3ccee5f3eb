/* why.c - `alphabet why JOB TIME`: what was decided about a due time, in sentences.
 *
 * The ledger of the API says what became of each due time; the history of the job says who is
 * behind it. A clock time of a zone may not exist on a day, or exist twice, and then that is said
 * first.
 */
#include "cli/why.h"

#include "cli/lists.h"
#include "cli/output.h"

#include <string.h>

enum { LISTED = 10 };

/* ---- words ---- */

static void put_clock(struct buf *buf, struct civil c, bool with_date) {
    if (with_date) buf_printf(buf, "%04d-%02d-%02d ", c.year, c.month, c.day);
    buf_printf(buf, "%02d:%02d", c.hour, c.minute);
    if (c.second != 0) buf_printf(buf, ":%02d", c.second);
}

void why_put_instant(const struct why *why, struct buf *buf, struct utc t) {
    int64_t utc = utc_seconds(t);
    struct civil in_utc = civil_from_seconds(utc);
    struct str name = zone_name(why->zone);
    if (str_equal(name, STR("UTC"))) {
        put_clock(buf, in_utc, true);
        buf_put(buf, STR(" UTC"));
        return;
    }
    struct civil local = civil_from_seconds(utc + zone_offset(why->zone, utc));
    put_clock(buf, local, true);
    buf_printf(buf, " (%.*s, ", STR_ARG(name));
    put_clock(buf, in_utc, local.day != in_utc.day);
    buf_put(buf, STR("Z)"));
}

void why_put_text(struct buf *buf, struct str text) {
    buf_put_visible(buf, text, VISIBLE_ONE_LINE);
}

/* ---- the ledger ---- */

static struct str ledger_path(struct why *why, struct utc from, struct utc to) {
    char from_text[RFC3339_LENGTH + 1], to_text[RFC3339_LENGTH + 1];
    utc_format(from, from_text);
    utc_format(to, to_text);
    return arena_printf(&client_invocation(why->client)->arena,
                        V1 "/jobs/%.*s/occurrences?fromDate=%s&toDate=%s",
                        STR_ARG(json_text(why->job, "id")), from_text, to_text);
}

/* The first or the last due time in a range; *ret stays NULL when there is none. */
static int ledger_end(struct why *why, struct utc from, struct utc to, bool last, json_t **ret) {
    struct list_answer list;
    struct str path = ledger_path(why, from, to);
    int code = list_get(why->client, path, 1, &list);
    if (code != EXIT_OK) return code;
    if (last && list.total > 1) {
        struct buf behind = buf_with_max(0);
        struct reply reply;
        buf_put(&behind, path);
        path_put_number(&behind, "pageNumber", list.total);
        path_put_number(&behind, "pageSize", 1);
        code = client_get(why->client, buf_str(&behind), &reply);
        *ret = json_incref(json_array_get(json_object_get(reply.json, "items"), 0));
        reply_free(&reply);
        buf_free(&behind);
    } else if (list.total > 0) {
        *ret = json_incref(json_array_get(list.items, 0));
    }
    list_free(&list);
    return code;
}

/* The due time next to an instant: looked for in ever longer ranges, since a job may run each
 * second or once in four years. */
static int neighbour(struct why *why, struct utc t, bool before, json_t **ret) {
    static const int64_t days[] = {0, 1, 35, 370, 1830};
    int code = EXIT_OK;
    for (size_t i = 0; i < COUNT_OF(days) && code == EXIT_OK && *ret == NULL; i++) {
        int64_t seconds = days[i] == 0 ? 3600 : days[i] * 86400;
        struct utc from = before ? utc_add(t, span_seconds(-seconds)) : utc_add(t, span_ms(1));
        struct utc to = before ? utc_add(t, span_ms(-1)) : utc_add(t, span_seconds(seconds));
        if (from.us < 0) from = utc_from_seconds(1);
        code = ledger_end(why, from, to, before, ret);
    }
    return code;
}

/* ---- answers ---- */

static int put_occurrence(struct why *why, const json_t *occurrence) {
    struct buf *buf = &why->answer;
    struct str verdict = json_text(occurrence, "verdict");
    struct utc due = utc_of_json(json_object_get(occurrence, "due"));
    struct str moved = json_is_true(json_object_get(occurrence, "adjusted"))
                           ? STR(" (moved there by daylight saving)")
                           : STR_NONE;
    if (str_equal(verdict, STR("Fired"))) return why_put_execution(why, buf, occurrence);
    if (str_equal(verdict, STR("Upcoming"))) {
        bool ahead = utc_before(why->now, due);
        buf_put(buf, ahead ? STR("It has not come yet: it is due at ") : STR("It was due at "));
        why_put_instant(why, buf, due);
        buf_put(buf, moved);
        buf_put(buf, ahead ? STR(" and will run then.\n")
                           : STR(" and nothing has been decided yet; the scheduler is behind, or "
                                 "everything is paused.\n"));
        return EXIT_OK;
    }
    bool ahead = utc_before(why->now, due);
    buf_put(buf, ahead ? STR("It will not run at ") : STR("It did not run at "));
    why_put_instant(why, buf, due);
    buf_put(buf, moved);
    if (str_equal(verdict, STR("Skipped")))
        why_put_reason(why, buf, occurrence);
    else
        why_put_no_record(why, buf, due);
    return EXIT_OK;
}

/* Many due times in what was asked about: counted, and the first ones told. */
static int put_occurrences(struct why *why, const struct list_answer *list) {
    size_t count = json_array_size(list->items);
    int code = EXIT_OK;
    if (list->total > 1)
        buf_printf(&why->answer, "There are %lld due times then.\n", (long long)list->total);
    for (size_t i = 0; i < count && i < LISTED && code == EXIT_OK; i++)
        code = put_occurrence(why, json_array_get(list->items, i));
    if (list->total > LISTED)
        buf_printf(&why->answer, "And %lld more; --output json lists them.\n",
                   (long long)list->total - LISTED);
    return code;
}

static void put_neighbour(struct why *why, const char *which, const json_t *occurrence) {
    struct buf *buf = &why->answer;
    struct str verdict = json_text(occurrence, "verdict"), reason = json_text(occurrence, "reason");
    buf_printf(buf, "The one %s is ", which);
    why_put_instant(why, buf, utc_of_json(json_object_get(occurrence, "due")));
    buf_printf(buf, ": %.*s", STR_ARG(verdict));
    if (reason.len > 0) buf_printf(buf, " (%.*s)", STR_ARG(reason));
    struct str status = json_text(occurrence, "status");
    if (status.len > 0) buf_printf(buf, ", %.*s", STR_ARG(status));
    buf_put(buf, STR(".\n"));
}

static void put_schedule_hint(struct why *why, struct utc t) {
    struct buf *buf = &why->answer;
    struct utc created = utc_of_json(json_object_get(why->job, "createdAt"));
    if (!utc_before(t, created)) return;
    buf_put(buf, STR("The job was not there yet: "));
    why_put_text(buf, json_text(why->job, "createdBy"));
    buf_put(buf, STR(" created it at "));
    why_put_instant(why, buf, created);
    buf_put(buf, STR(".\n"));
}

static int put_no_due_time(struct why *why, const struct moment *moment, json_t **before,
                           json_t **after) {
    struct buf *buf = &why->answer;
    struct utc created = utc_of_json(json_object_get(why->job, "createdAt"));
    int code = neighbour(why, moment->from, true, before);
    if (code == EXIT_OK) code = neighbour(why, utc_max(moment->to, created), false, after);
    if (code != EXIT_OK) return code;
    buf_put(buf, STR("It has no due time at "));
    why_put_instant(why, buf, moment->from);
    buf_put(buf, STR(".\n"));
    put_schedule_hint(why, moment->to);
    if (*before != NULL) put_neighbour(why, "before", *before);
    if (*after != NULL) put_neighbour(why, "after", *after);
    return code;
}

static void put_daylight_saving(struct why *why, const struct moment *moment) {
    struct buf *buf = &why->answer;
    if (moment->kind == ZONE_LOCAL_GAP) {
        buf_put(buf,
                STR("That clock time did not exist on that day: the clocks were set forward to "));
        why_put_instant(why, buf, moment->from);
        buf_put(buf, STR(".\n"));
    } else if (moment->kind == ZONE_LOCAL_TWICE) {
        buf_put(buf, STR("That clock time came twice on that day, the second time at "));
        struct civil c = civil_from_seconds(utc_seconds(moment->again));
        put_clock(buf, c, false);
        buf_put(buf, STR("Z.\n"));
    }
}

/* Everything in the moment, and when the clock time came twice, in its repetition too. */
static int fetch(struct why *why, const struct moment *moment, struct list_answer *ret) {
    int code = list_get(why->client, ledger_path(why, moment->from, moment->to), 0, ret);
    if (code != EXIT_OK || moment->kind != ZONE_LOCAL_TWICE) return code;
    struct list_answer again;
    struct utc end = utc_add(moment->again, utc_diff(moment->to, moment->from));
    code = list_get(why->client, ledger_path(why, moment->again, end), 0, &again);
    if (code != EXIT_OK) return code;
    (void)json_array_extend(ret->items, again.items);
    ret->total += again.total;
    list_free(&again);
    return code;
}

static int answer(struct why *why, const struct moment *moment) {
    struct invocation *invocation = client_invocation(why->client);
    struct list_answer list = {0};
    json_t *before = NULL, *after = NULL;
    put_daylight_saving(why, moment);
    int code = fetch(why, moment, &list);
    if (code == EXIT_OK && list.total > 0) code = put_occurrences(why, &list);
    if (code == EXIT_OK && list.total == 0) code = put_no_due_time(why, moment, &before, &after);
    struct str text = str_trim(buf_str(&why->answer));
    if (code == EXIT_OK && invocation->json) {
        char from[RFC3339_LENGTH + 1], to[RFC3339_LENGTH + 1];
        utc_format(moment->from, from);
        utc_format(moment->to, to);
        json_t *body =
            json_pack("{s:O, s:O, s:s%, s:s, s:s, s:s%, s:O, s:O, s:O?, s:O?}", "jobId",
                      json_object_get(why->job, "id"), "jobName", json_object_get(why->job, "name"),
                      "timezone", zone_name(why->zone).ptr, zone_name(why->zone).len, "from", from,
                      "to", to, "answer", text.ptr, text.len, "occurrences", list.items, "attempts",
                      why->attempts, "before", before, "after", after);
        print_json(body);
        json_decref(body);
    } else if (code == EXIT_OK) {
        print_visible(text, VISIBLE_LINES);
        (void)putchar('\n');
    }
    json_decref(before);
    json_decref(after);
    list_free(&list);
    return code;
}

static int answer_in_zone(struct why *why, struct zone_cache *zones) {
    struct invocation *invocation = client_invocation(why->client);
    struct err err = ERR_INIT;
    struct moment moment;
    struct str time = arguments_joined(invocation, 1);
    why->zone = zone_cache_get(zones, json_text(why->job, "timezone"), &err);
    if (why->zone == NULL) return complain(invocation, EXIT_FAILED, "%s", err.msg);
    if (!moment_parse(time, why->zone, why->now, &moment, &err))
        return complain_usage(invocation, "%.*s is no time; %s", STR_ARG(time), err.msg);
    return answer(why, &moment);
}

int cli_why(struct invocation *invocation) {
    int code;
    json_t *job = NULL;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = job_find(client, invocation->arguments[0], &job);
    if (code == EXIT_OK) {
        struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
        struct why why = {.client = client,
                          .job = job,
                          .now = clock_now(invocation->clock),
                          .answer = buf_with_max(0),
                          .attempts = json_array()};
        code = answer_in_zone(&why, zones);
        json_decref(why.history);
        json_decref(why.attempts);
        buf_free(&why.answer);
        zone_cache_free(zones);
    }
    json_decref(job);
    client_close(client);
    return code;
}
