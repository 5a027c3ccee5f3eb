/* progress.c - see progress.h. */
#include "engine/progress.h"

#include "base/buf.h"
#include "engine/core_state.h"

#include <stdlib.h>
#include <string.h>

enum { BETWEEN_WRITES_MS = 1000 };

static bool progress_run(struct store_tx *tx, void *context, struct err *err) {
    const struct progress_report *report = context;
    return store_execution_progress(tx, report->items, report->count, err);
}

void progress_init(struct progress_report *report, void (*done)(struct store_write *write)) {
    *report =
        (struct progress_report){.write = {.run = progress_run, .done = done, .context = report}};
}

void progress_free(struct progress_report *report) {
    free(report->items);
    free(report->about);
    arena_free(&report->arena);
}

/* ---- what runs say --------------------------------------------------------------------------- */

/* As a database keeps it: UTF-8 without NUL, cut at the edge of a character. */
static size_t clean(struct str text, char out[MAX_PROGRESS_TEXT]) {
    struct buf whole = buf_with_max(0);
    const char *end = text.len > 0 ? memchr(text.ptr, '\0', text.len) : NULL;
    if (end) text = str_slice(text, 0, (size_t)(end - text.ptr));
    buf_put_utf8(&whole, text);
    size_t len = whole.len;
    if (len > MAX_PROGRESS_TEXT) {
        len = MAX_PROGRESS_TEXT;
        while (len > 0 && ((unsigned char)whole.ptr[len] & 0xC0) == 0x80) len--;
    }
    if (len > 0) memcpy(out, whole.ptr, len);
    buf_free(&whole);
    return len;
}

void progress_note(struct core *core, struct slot *slot, int percent, struct str text) {
    struct slot_progress *progress = &slot->progress;
    char cleaned[MAX_PROGRESS_TEXT];
    size_t len = clean(text, cleaned);
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    if (progress->is_known && progress->percent == percent && progress->len == len &&
        memcmp(progress->text, cleaned, len) == 0)
        return;
    progress->is_known = progress->is_changed = true;
    progress->percent = percent;
    progress->len = len;
    memcpy(progress->text, cleaned, len);
    struct progress_report *report = &core->progress;
    if (report->is_wanted) return;
    report->is_wanted = true;
    if (!core->in_turn) core->io.wake_at(core->io.context, clock_mono(core->io.clock));
}

struct execution_progress progress_last(const struct slot *slot, struct arena *arena) {
    const struct slot_progress *progress = &slot->progress;
    if (!progress->is_known) return (struct execution_progress){0};
    struct str text = {progress->text, progress->len};
    return (struct execution_progress){
        .execution_row = slot->execution.row,
        .fence = slot->execution.fence,
        .percent = progress->percent,
        .text = progress->len > 0 ? arena_copy(arena, text) : STR_NONE,
    };
}

/* ---- to the store, and the answer ------------------------------------------------------------ */

bool progress_next(const struct core *core, struct mono *ret) {
    const struct progress_report *report = &core->progress;
    bool goes_on = core->state == CORE_RUNNING || core->state == CORE_DRAINING;
    if (!report->is_wanted || report->in_flight || !goes_on) return false;
    *ret = report->not_before;
    return true;
}

static void gather(struct progress_report *report, struct slot *slot) {
    if (report->count == report->capacity) {
        report->capacity = report->capacity ? report->capacity * 2 : 16;
        report->items = xreallocarray(report->items, report->capacity, sizeof *report->items);
        report->about = xreallocarray(report->about, report->capacity, sizeof *report->about);
    }
    report->items[report->count] = progress_last(slot, &report->arena);
    report->about[report->count++] = (struct progress_about){
        .job_id = slot->job.id, .execution_id = slot->execution.id, .job_type = slot->job.type};
    slot->progress.is_changed = false;
}

void progress_post(struct core *core) {
    struct progress_report *report = &core->progress;
    struct mono at;
    if (!progress_next(core, &at) || mono_before(core->mono, at) ||
        !holdoff_is_over(&core->store_holdoff, core->mono))
        return;
    report->is_wanted = false;
    report->count = 0;
    arena_reset(&report->arena);
    SLOTS_EACH(slot, &core->slots) {
        if (slot->progress.is_changed) gather(report, slot);
    }
    if (report->count == 0) return; // they have ended
    report->in_flight = true;
    report->not_before = mono_add(core->mono, span_ms(BETWEEN_WRITES_MS));
    store_submit(core->options.store, &report->write);
}

static void tell(struct core *core, size_t index) {
    const struct execution_progress *item = &core->progress.items[index];
    const struct progress_about *about = &core->progress.about[index];
    if (core->options.on_event == NULL || !item->applied) return;
    struct engine_event event = {.job_id = about->job_id,
                                 .execution_id = about->execution_id,
                                 .job_type = about->job_type,
                                 .status = EXECUTION_RUNNING,
                                 .at = core->now,
                                 .is_progress = true,
                                 .progress_percent = item->percent,
                                 .progress_text = item->text};
    core->options.on_event(core->options.event_context, &event);
}

void answer_progress(struct core *core) {
    struct progress_report *report = &core->progress;
    report->in_flight = false;
    note_answer(core, &report->write, "progress");
    if (report->write.ok) {
        for (size_t i = 0; i < report->count; i++) tell(core, i);
        return;
    }
    if (report->write.err.kind != ERR_UNAVAILABLE) return;
    report->is_wanted = true;
    SLOTS_EACH(slot, &core->slots) {
        slot->progress.is_changed = slot->progress.is_known;
    }
}
