/* pause_all.c - everything stands still, and goes on again.
 *
 * Pausing is one small write, and then waiting until nothing that was claimed before it is still to
 * be started: when the answer is out, nothing starts any more. Resuming first gives each paused job
 * its next run, a piece of them a write so that nothing is held up, and lets go at the end: whoever
 * asks again after a crash in between goes on where it stopped.
 *
 * The facts "paused_all…" are described at store_meta_get; who did it and why are kept beside them.
 */
#include "api/context.h"

#include "engine/dependencies.h"

enum {
    PAUSE_PATIENCE_SECONDS = 10,
    RESUME_PIECE = 100,  // jobs a write
    CANCEL_PIECE = 200,  // executions a write
    RUNNING_PAGE = 1000, // executions a read
    MAX_REASON = 500,    // code points
};

/* ---- pause ---- */

struct pause {
    bool cancel_running;
    struct str reason; // absent = none
    /* as it is in the store */
    struct str from, by, kept_reason;
    bool is_new;
};

static bool read_facts(struct store_tx *tx, struct pause *pause, bool *ret_paused,
                       struct arena *arena, struct err *err) {
    struct str paused;
    if (!store_meta_get(tx, STR("paused_all"), arena, &paused, err) ||
        !store_meta_get(tx, STR("paused_all_from"), arena, &pause->from, err) ||
        !store_meta_get(tx, STR("paused_all_by"), arena, &pause->by, err) ||
        !store_meta_get(tx, STR("paused_all_reason"), arena, &pause->kept_reason, err))
        return false;
    *ret_paused = str_equal(paused, STR("1"));
    return true;
}

static struct str pause_json(struct arena *arena, const struct pause *pause) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_field_str(&w, STR("pausedAt"), pause->from);
    json_field_str(&w, STR("by"), pause->by);
    json_field_str(&w, STR("reason"), pause->kept_reason.len > 0 ? pause->kept_reason : STR_NONE);
    json_object_end(&w);
    return api_take_json(arena, &out);
}

/* Who paused first, and when and why, stays until it is resumed. */
static bool run_pause(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct pause *pause = write->context;
    bool paused;
    if (!read_facts(tx, pause, &paused, write->arena, err)) return false;
    pause->is_new = !paused;
    if (paused) return true;
    char now[RFC3339_LENGTH + 1];
    utc_format(write->now, now);
    pause->from = arena_copy(write->arena, str_from_cstr(now));
    pause->by = arena_copy(write->arena, api_actor(write->request).email);
    pause->kept_reason = str_is_absent(pause->reason) ? STR("") : pause->reason;
    return store_meta_set(tx, STR("paused_all"), STR("1"), err) &&
           store_meta_set(tx, STR("paused_all_from"), pause->from, err) &&
           store_meta_set(tx, STR("paused_all_by"), pause->by, err) &&
           store_meta_set(tx, STR("paused_all_reason"), pause->kept_reason, err) &&
           api_audit(tx, write, "scheduler.pause", (struct guid){{0}}, STR_NONE,
                     pause_json(write->arena, pause), err);
}

/* ---- what runs is stopped ---- */

struct cancellations {
    const struct execution *items;
    size_t count;
    struct str reason;
    bool requested[CANCEL_PIECE];
};

static bool run_cancel(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct cancellations *piece = write->context;
    for (size_t i = 0; i < piece->count; i++) {
        enum cancel_result result;
        struct execution now;
        if (!store_execution_cancel(tx, piece->items[i].id, piece->reason, write->now, write->arena,
                                    &result, &now, err))
            return false;
        size_t released = 0;
        /* It was handed back meanwhile. */
        if (result == CANCEL_DONE &&
            (!api_execution_left(tx, write, &now, EXECUTION_CANCELLED, piece->reason, err) ||
             !dependencies_ended(tx, now.job_id, write->now, write->arena, &released, err)))
            return false;
        piece->requested[i] = result == CANCEL_REQUESTED;
        if (piece->requested[i] && !api_audit(tx, write, "execution.cancel", now.job_id, STR_NONE,
                                              api_guid_json(write->arena, now.id), err))
            return false;
    }
    return api_advance_runs(write, err);
}

static bool cancel_piece(struct api *api, struct http_request *request, struct cancellations *piece,
                         int64_t *cancelled, struct err *err) {
    struct api_write write = {.api = api, .request = request, .run = run_cancel, .context = piece};
    if (!api_write_unkeyed(&write, err)) return false;
    struct engine *engine = atomic_load(&api->engine);
    for (size_t i = 0; i < piece->count; i++) {
        if (!piece->requested[i]) continue;
        (*cancelled)++;
        if (engine) engine_cancel(engine, piece->items[i].row, piece->reason);
    }
    return true;
}

/* Everything that runs: nothing is added to it any more. */
static bool list_running(struct api *api, struct arena *arena, struct execution **ret,
                         size_t *count, struct err *err) {
    struct store_tx *tx = store_read_begin(api->options.store, err);
    if (tx == NULL) return false;
    struct execution_filter filter = {.status = EXECUTION_RUNNING, .limit = RUNNING_PAGE};
    struct execution_page page = {.count = RUNNING_PAGE};
    struct execution *running = NULL;
    size_t found = 0;
    bool ok = true;
    while (ok && page.count == RUNNING_PAGE) {
        ok = store_execution_list(tx, &filter, arena, &page, err);
        if (!ok) break;
        if (running == NULL) running = ARENA_ARRAY(arena, (size_t)page.total + 1, struct execution);
        for (size_t i = 0; i < page.count; i++) running[found++] = page.items[i];
        filter.offset += RUNNING_PAGE;
    }
    store_read_end(tx);
    *ret = running;
    *count = found;
    return ok;
}

static bool cancel_running(struct api *api, struct http_request *request, const struct pause *pause,
                           int64_t *cancelled, struct err *err) {
    struct execution *running;
    size_t count;
    if (!list_running(api, request->arena, &running, &count, err)) return false;
    struct str by = api_actor(request).email;
    struct str reason =
        str_is_absent(pause->reason)
            ? arena_printf(request->arena, "cancelled with everything by %.*s", STR_ARG(by))
            : arena_printf(request->arena, "cancelled with everything by %.*s: %.*s", STR_ARG(by),
                           STR_ARG(pause->reason));
    for (size_t done = 0; done < count; done += CANCEL_PIECE) {
        struct cancellations piece = {.items = running + done, .reason = reason};
        piece.count = count - done < CANCEL_PIECE ? count - done : CANCEL_PIECE;
        if (!cancel_piece(api, request, &piece, cancelled, err)) return false;
    }
    return true;
}

/* ---- the request ---- */

static bool read_pause(struct http_request *request, struct http_response *response,
                       struct pause *pause) {
    static const char *const known[] = {"cancelRunning", "reason", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return false;
    struct faults faults = {.arena = request->arena};
    if (body == NULL) return true;
    api_check_members(body, known, &faults);
    const json_t *cancel = json_object_get(body, "cancelRunning");
    if (cancel && !json_is_null(cancel) && !json_is_boolean(cancel))
        faults_add(&faults, STR("cancelRunning"), "must be true or false");
    pause->cancel_running = json_is_true(cancel);
    struct str reason = api_member_text(body, "reason", false, &faults);
    if (!str_is_absent(reason) && str_utf8_count(reason) > MAX_REASON)
        faults_add(&faults, STR("reason"), "must have at most %d characters", MAX_REASON);
    if (reason.len > 0) pause->reason = reason;
    return api_no_faults(request, response, &faults);
}

void admin_pause_all(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct pause pause = {0};
    struct err err = ERR_INIT;
    if (!read_pause(request, response, &pause)) return;
    struct api_write write = {
        .api = api, .request = request, .run = run_pause, .context = &pause, .poke = true};
    struct engine *engine = atomic_load(&api->engine);
    int64_t cancelled = 0;
    bool ok = api_write_unkeyed(&write, &err);
    if (ok && engine && !engine_wait_paused(engine, span_seconds(PAUSE_PATIENCE_SECONDS)))
        ok = err_set(&err, ERR_TIMEOUT,
                     "nothing new is claimed, but what was claimed before is still being started; "
                     "ask again");
    if (ok && pause.cancel_running) ok = cancel_running(api, request, &pause, &cancelled, &err);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_bool(&w, STR("paused"), true);
    json_field_str(&w, STR("pausedAt"), pause.from);
    json_field_str(&w, STR("by"), pause.by);
    json_field_str(&w, STR("reason"), pause.kept_reason.len > 0 ? pause.kept_reason : STR_NONE);
    json_field_i64(&w, STR("cancelled"), cancelled);
    json_object_end(&w);
}

/* ---- resume ---- */

struct resumption {
    struct job_walk walk;
    bool done;       // this walk is at its end
    int64_t resumed; // in all
};

static bool resume_piece(struct store_tx *tx, struct api_write *write, struct arena *arena,
                         struct err *err) {
    struct resumption *resumption = write->context;
    struct job *jobs;
    size_t count;
    if (!store_job_walk(tx, &resumption->walk, arena, &jobs, &count, err)) return false;
    int64_t resumed = 0;
    for (size_t i = 0; i < count; i++) {
        struct job after = jobs[i];
        if (!after.is_paused) continue;
        after.is_paused = false;
        after.paused_until = UTC_NONE;
        if (!api_replace_job(tx, write, &jobs[i], &after, "job.resume", arena, err)) return false;
        resumed++;
    }
    if (count > 0) resumption->walk.after_row = jobs[count - 1].row;
    resumption->done = count < RESUME_PIECE;
    resumption->resumed += resumed;
    return true;
}

static bool run_resume_piece(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct arena arena = {0};
    bool ok = resume_piece(tx, write, &arena, err);
    arena_free(&arena);
    return ok;
}

/* All paused jobs; a disabled one may be paused as well. */
static bool resume_jobs(struct api *api, struct http_request *request, int64_t *resumed,
                        struct err *err) {
    static const enum job_status states[] = {JOB_PAUSED, JOB_DISABLED};
    struct resumption resumption = {0};
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        resumption.walk = (struct job_walk){.status = (int64_t)states[i], .limit = RESUME_PIECE};
        for (resumption.done = false; !resumption.done;) {
            struct api_write write = {
                .api = api, .request = request, .run = run_resume_piece, .context = &resumption};
            if (!api_goes_on(api, err) || !api_write_unkeyed(&write, err)) return false;
        }
    }
    *resumed = resumption.resumed;
    return true;
}

static bool run_let_go(struct store_tx *tx, struct api_write *write, struct err *err) {
    const int64_t *resumed = write->context;
    struct pause pause = {0};
    bool paused;
    if (!read_facts(tx, &pause, &paused, write->arena, err)) return false;
    if (!paused && *resumed == 0) return true;
    char now[RFC3339_LENGTH + 1];
    utc_format(write->now, now);
    struct str after = arena_printf(write->arena, "{\"resumedJobs\":%lld}", (long long)*resumed);
    if (paused && (!store_meta_set(tx, STR("paused_all"), STR("0"), err) ||
                   !store_meta_set(tx, STR("paused_all_until"), str_from_cstr(now), err)))
        return false;
    return api_audit(tx, write, "scheduler.resume", (struct guid){{0}},
                     paused ? pause_json(write->arena, &pause) : STR_NONE, after, err);
}

void admin_resume_all(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct err err = ERR_INIT;
    int64_t resumed = 0;
    if (!api_body_empty(request, response)) return;
    struct api_write write = {
        .api = api, .request = request, .run = run_let_go, .context = &resumed, .poke = true};
    if (!resume_jobs(api, request, &resumed, &err) || !api_write_unkeyed(&write, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_bool(&w, STR("paused"), false);
    json_field_i64(&w, STR("resumedJobs"), resumed);
    json_object_end(&w);
}
