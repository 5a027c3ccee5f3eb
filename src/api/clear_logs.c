/* clear_logs.c - DELETE /admin/clear-logs: ended executions, and workflow runs, of long ago are
 * deleted; those are not in the count.
 *
 * In pieces, each a write of its own, so small that whatever else is to be written waits a few
 * milliseconds at most: the size of the next piece follows from what the last one took. Between two
 * pieces the disk is left alone for as long as the last one took.
 *
 * Each piece is deleted and counted in one transaction, so the work may end anywhere: when the
 * server stops or the store cannot be reached, what is left is deleted by the next call. The audit
 * log says when it began and, with the count, how it ended.
 */
#include "api/context.h"

#include <unistd.h>

enum {
    PIECE_FIRST = 200, // rows to look at
    PIECE_LEAST = 20,
    PIECE_MOST = 20000,
    PIECE_TIME_US = 3000,
    MAX_DAYS = 36500,
};

struct clearing {
    struct clear clear;
    int64_t days;
    int64_t deleted; // in all
    struct span took;
};

static struct str clearing_json(struct arena *arena, const struct clearing *clearing, bool ended) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_field_i64(&w, STR("olderThanDays"), clearing->days);
    json_field_utc(&w, STR("createdBefore"), clearing->clear.created_before);
    if (ended) {
        json_field_i64(&w, STR("deleted"), clearing->deleted);
        json_field_bool(&w, STR("complete"), clearing->clear.done);
    }
    json_object_end(&w);
    return api_take_json(arena, &out);
}

static bool run_begin(struct store_tx *tx, struct api_write *write, struct err *err) {
    return api_audit(tx, write, "logs.clear", (struct guid){{0}}, STR_NONE,
                     clearing_json(write->arena, write->context, false), err);
}

static bool run_end(struct store_tx *tx, struct api_write *write, struct err *err) {
    return api_audit(tx, write, "logs.cleared", (struct guid){{0}}, STR_NONE,
                     clearing_json(write->arena, write->context, true), err);
}

static bool run_piece(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct clearing *clearing = write->context;
    const struct clock *clock = write->api->options.clock;
    struct mono began = clock_mono(clock);
    if (!store_executions_clear(tx, &clearing->clear, err)) return false;
    clearing->took = mono_diff(clock_mono(clock), began);
    return true;
}

static int64_t next_limit(int64_t limit, struct span took) {
    int64_t us = took.us > 0 ? took.us : 1;
    int64_t next = limit * PIECE_TIME_US / us;
    if (next > 2 * limit) next = 2 * limit;
    if (next < PIECE_LEAST) next = PIECE_LEAST;
    return next > PIECE_MOST ? PIECE_MOST : next;
}

static bool clear_pieces(struct api *api, struct http_request *request, struct clearing *clearing,
                         struct err *err) {
    struct clear *clear = &clearing->clear;
    while (!clear->done) {
        struct api_write write = {
            .api = api, .request = request, .run = run_piece, .context = clearing};
        clear->deleted = 0;
        if (!api_goes_on(api, err) || !api_write_unkeyed(&write, err)) return false;
        clearing->deleted += clear->deleted;
        clear->limit = next_limit(clear->limit, clearing->took);
        if (!clear->done) (void)usleep((unsigned)clearing->took.us);
    }
    return true;
}

/* ---- workflow runs: few beside their executions ---- */

enum { RUNS_PIECE = 20 };

struct runs_clearing {
    struct utc created_before;
    int64_t deleted; // by the last piece
};

static bool run_runs_piece(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct runs_clearing *clearing = write->context;
    return store_runs_clear(tx, clearing->created_before, RUNS_PIECE, &clearing->deleted, err);
}

static bool clear_runs(struct api *api, struct http_request *request, struct utc created_before,
                       struct err *err) {
    struct runs_clearing clearing = {created_before, RUNS_PIECE};
    while (clearing.deleted == RUNS_PIECE) {
        struct api_write write = {
            .api = api, .request = request, .run = run_runs_piece, .context = &clearing};
        if (!api_goes_on(api, err) || !api_write_unkeyed(&write, err)) return false;
    }
    return true;
}

/* ---- the request ---- */

static void read_days_of_body(const json_t *body, int64_t *days, struct faults *faults) {
    static const char *const known[] = {"olderThanDays", NULL};
    if (body == NULL) return;
    api_check_members(body, known, faults);
    const json_t *value = json_object_get(body, "olderThanDays");
    if (value == NULL || json_is_null(value)) return;
    int64_t number = json_is_integer(value) ? json_integer_value(value) : 0;
    if (number < 1 || number > MAX_DAYS)
        faults_add(faults, STR("olderThanDays"), "must be a whole number from 1 to %d", MAX_DAYS);
    else if (*days != 0 && *days != number)
        faults_add(faults, STR("olderThanDays"), "differs in the query and in the body");
    else
        *days = number;
}

/* By query or by body; 0 and false when it has answered. */
static bool read_days(struct http_request *request, struct http_response *response, int64_t *ret) {
    static const char *const known[] = {"olderThanDays", NULL};
    struct faults faults = {.arena = request->arena};
    struct err err = ERR_INIT;
    json_t *body = request_json(request, &err);
    if (body == NULL && err.kind != ERR_NONE) {
        respond_err(request, response, &err);
        return false;
    }
    query_check_known(request, known, &faults);
    int64_t days = query_i64(request, "olderThanDays", 1, MAX_DAYS, 0, &faults);
    if (body && !json_is_object(body))
        faults_add(&faults, STR(""), "the body must be a JSON object");
    else
        read_days_of_body(body, &days, &faults);
    if (days == 0 && faults_none(&faults))
        faults_add(&faults, STR("olderThanDays"), "is needed: a whole number from 1 to %d",
                   MAX_DAYS);
    *ret = days;
    return api_no_faults(request, response, &faults);
}

static bool clear_logs(struct api *api, struct http_request *request, struct clearing *clearing,
                       struct err *err) {
    struct api_write begin = {
        .api = api, .request = request, .run = run_begin, .context = clearing};
    if (!api_write_unkeyed(&begin, err)) return false;
    struct err why = ERR_INIT;
    bool ok = clear_pieces(api, request, clearing, &why) &&
              clear_runs(api, request, clearing->clear.created_before, &why);
    struct api_write end = {.api = api, .request = request, .run = run_end, .context = clearing};
    if (!api_write_unkeyed(&end, ok ? err : NULL) && ok) return false;
    if (ok) return true;
    *err = why;
    return err_wrap(err, "%lld were deleted before this", (long long)clearing->deleted);
}

void admin_clear_logs(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct clearing clearing = {.clear.limit = PIECE_FIRST};
    struct err err = ERR_INIT;
    if (!read_days(request, response, &clearing.days)) return;
    if (atomic_exchange(&api->clears_logs, true)) {
        err_set(&err, ERR_CONFLICT, "executions are being cleared already; wait for that to end");
        respond_err(request, response, &err);
        return;
    }
    clearing.clear.created_before =
        utc_add(clock_now(api->options.clock), span_seconds(-86400 * clearing.days));
    bool ok = clear_logs(api, request, &clearing, &err);
    atomic_store(&api->clears_logs, false);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_i64(&w, clearing.deleted);
}
