/* backfill_line.c - see backfill_line.h.
 *
 * A line is one small fact of the store, "backfill.JOB": the limit, who asked, and the due times in
 * microseconds. "backfills" names the jobs that have one. Moving on is one write that counts,
 * queues and shortens the line together, so that it may be done at any time, twice, and after a
 * crash.
 */
#include "api/backfill_line.h"

#include "base/log.h"
#include "engine/dependencies.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define INDEX STR("backfills")

struct line {
    int64_t max_concurrent;
    struct str by;
    struct utc *due;
    size_t count;
};

/* ---- a line in the store --------------------------------------------------------------------- */

static struct str name_of(struct arena *arena, struct guid job_id) {
    char text[GUID_LENGTH + 1];
    guid_format(job_id, text);
    return arena_printf(arena, "backfill.%s", text);
}

static bool read_line(struct store_tx *tx, struct guid job_id, struct arena *arena,
                      struct line *ret, struct err *err) {
    struct str text;
    *ret = (struct line){0};
    if (!store_meta_get(tx, name_of(arena, job_id), arena, &text, err)) return false;
    if (str_is_absent(text)) return true;
    bool good = str_parse_i64(str_cut(&text, ' '), &ret->max_concurrent);
    ret->by = str_cut(&text, ' ');
    ret->due = ARENA_ARRAY(arena, text.len / 2 + 1, struct utc);
    while (good && text.len > 0) {
        good = str_parse_i64(str_cut(&text, ' '), &ret->due[ret->count].us);
        ret->count++;
    }
    return good || err_set(err, ERR_INTERNAL, "the line of a backfill cannot be read");
}

/* The names of the jobs that have a line: with this one, or without it. */
static bool write_index(struct store_tx *tx, struct guid job_id, bool with, struct arena *arena,
                        struct err *err) {
    struct str text;
    struct buf out = buf_with_max(0);
    size_t count = 0;
    if (!store_meta_get(tx, INDEX, arena, &text, err)) return false;
    if (with) {
        buf_put_guid(&out, job_id);
        count++;
    }
    while (text.len > 0) {
        struct guid other;
        if (!guid_parse(str_cut(&text, ' '), &other) || guid_equal(other, job_id)) continue;
        if (out.len > 0) buf_put_char(&out, ' ');
        buf_put_guid(&out, other);
        count++;
    }
    bool ok =
        count <= BACKFILL_LINES
            ? store_meta_set(tx, INDEX, count > 0 ? buf_str(&out) : STR_NONE, err)
            : err_set_field(err, ERR_INVALID, "maxConcurrent",
                            "%d jobs are being backfilled with a limit already", BACKFILL_LINES);
    buf_free(&out);
    return ok;
}

static bool write_line(struct store_tx *tx, struct guid job_id, const struct line *line,
                       struct arena *arena, struct err *err) {
    if (line->count == 0)
        return store_meta_set(tx, name_of(arena, job_id), STR_NONE, err) &&
               write_index(tx, job_id, false, arena, err);
    struct buf out = buf_with_max(0);
    buf_printf(&out, "%" PRId64 " %.*s", line->max_concurrent, STR_ARG(line->by));
    for (size_t i = 0; i < line->count; i++) buf_printf(&out, " %" PRId64, line->due[i].us);
    bool ok = store_meta_set(tx, name_of(arena, job_id), buf_str(&out), err);
    buf_free(&out);
    return ok;
}

/* ---- moving on ------------------------------------------------------------------------------- */

static bool count_live(struct store_tx *tx, int64_t job_row, struct arena *arena, int64_t *ret,
                       struct err *err) {
    struct execution *live;
    size_t count;
    if (!store_executions_live(tx, job_row, arena, &live, &count, err)) return false;
    *ret = 0;
    for (size_t i = 0; i < count; i++)
        *ret += live[i].trigger == TRIGGER_CATCH_UP || live[i].trigger == TRIGGER_RETRY;
    return true;
}

static bool queue_first(struct store_tx *tx, const struct job *job, struct line *line, int64_t room,
                        struct utc now, struct arena *arena, int64_t *ret_made, struct err *err) {
    size_t taken = 0;
    struct str inputs;
    *ret_made = 0;
    if (!dependencies_inputs(tx, job, arena, &inputs, err)) return false;
    for (; taken < line->count && *ret_made < room; taken++) {
        struct new_execution execution = {
            .id = guid_new(now),
            .job_row = job->row,
            .status = EXECUTION_PENDING,
            .queue = job->queue,
            .trigger = TRIGGER_CATCH_UP,
            .triggered_by = line->by,
            .scheduled_for = line->due[taken],
            .created_at = now,
            .available_at = now,
            .inputs = inputs,
        };
        if (!store_execution_insert(tx, &execution, err)) return false;
        *ret_made += execution.inserted;
    }
    line->due += taken;
    line->count -= taken;
    return true;
}

/* Queues what there is room for. *ret_left: due times that stay in the line. */
static bool move_on(struct store_tx *tx, const struct job *job, struct line *line, struct utc now,
                    struct arena *arena, int64_t *ret_made, struct err *err) {
    int64_t live;
    *ret_made = 0;
    if (job->is_deleted) line->count = 0;
    if (line->count > 0 && job->is_enabled && !job->is_paused) {
        if (!count_live(tx, job->row, arena, &live, err)) return false;
        if (!queue_first(tx, job, line, line->max_concurrent - live, now, arena, ret_made, err))
            return false;
    }
    return write_line(tx, job->id, line, arena, err);
}

static bool is_in_line(const struct line *line, struct utc due) {
    for (size_t i = 0; i < line->count; i++)
        if (utc_equal(line->due[i], due)) return true;
    return false;
}

static int compare_times(const void *a, const void *b) {
    const struct utc *left = a, *right = b;
    return (left->us > right->us) - (left->us < right->us);
}

bool backfill_line_add(struct store_tx *tx, const struct backfill_addition *addition,
                       struct arena *arena, struct utc **ret, size_t *ret_count, struct err *err) {
    struct line line;
    const struct job *job = addition->job;
    if (!read_line(tx, job->id, arena, &line, err)) return false;
    struct utc *added = ARENA_ARRAY(arena, addition->count + 1, struct utc);
    size_t count = 0;
    for (size_t i = 0; i < addition->count; i++)
        if (!is_in_line(&line, addition->due[i])) added[count++] = addition->due[i];
    *ret = added;
    *ret_count = count;
    if (addition->max_concurrent == 0 || line.count + count == 0) return true;
    if (line.count + count > BACKFILL_LINE_MAX)
        return err_set_field(err, ERR_INVALID, "toDate",
                             "%zu due times of this job wait already; at most %d may", line.count,
                             BACKFILL_LINE_MAX);
    struct utc *all = ARENA_ARRAY(arena, line.count + count, struct utc);
    if (line.count > 0) memcpy(all, line.due, line.count * sizeof *all);
    if (count > 0) memcpy(all + line.count, added, count * sizeof *all);
    line.due = all;
    line.count += count;
    qsort(line.due, line.count, sizeof *line.due, compare_times);
    line.max_concurrent = addition->max_concurrent;
    line.by = addition->by;
    int64_t made;
    return write_index(tx, job->id, true, arena, err) &&
           move_on(tx, job, &line, addition->now, arena, &made, err);
}

/* ---- when to move on ------------------------------------------------------------------------- */

struct backfill_lines {
    struct store *store;
    const struct clock *clock;
    _Atomic size_t count;

    pthread_mutex_t lock;
    pthread_cond_t landed;
    /* under lock */
    struct guid jobs[BACKFILL_LINES];
    struct engine *engine;
    size_t in_flight;
};

struct move {
    struct store_write write; // first: what `done` is given
    struct backfill_lines *lines;
    struct guid job_id;
    bool is_done; // nothing is left in the line
    bool made;
};

struct backfill_lines *backfill_lines_new(struct store *store, const struct clock *clock) {
    struct backfill_lines *lines = xcalloc(1, sizeof *lines);
    lines->store = store;
    lines->clock = clock;
    (void)pthread_mutex_init(&lines->lock, NULL);
    (void)pthread_cond_init(&lines->landed, NULL);
    return lines;
}

void backfill_lines_free(struct backfill_lines *lines) {
    if (lines == NULL) return;
    (void)pthread_mutex_lock(&lines->lock);
    while (lines->in_flight > 0) (void)pthread_cond_wait(&lines->landed, &lines->lock);
    (void)pthread_mutex_unlock(&lines->lock);
    (void)pthread_cond_destroy(&lines->landed);
    (void)pthread_mutex_destroy(&lines->lock);
    free(lines);
}

/* With the lock held; the count when it is not there. */
static size_t find(const struct backfill_lines *lines, struct guid job_id) {
    size_t i = 0, count = atomic_load(&lines->count);
    while (i < count && !guid_equal(lines->jobs[i], job_id)) i++;
    return i;
}

static bool run_move(struct store_tx *tx, void *context, struct err *err) {
    struct move *move = context;
    struct arena arena = {0};
    struct line line;
    struct job job;
    int64_t made = 0;
    bool ok = read_line(tx, move->job_id, &arena, &line, err);
    if (ok && line.count > 0) {
        struct err why = ERR_INIT;
        ok = store_job_get(tx, move->job_id, &arena, &job, &why);
        if (!ok && why.kind == ERR_NOT_FOUND) { // erased: its line goes too
            line.count = 0;
            ok = write_line(tx, move->job_id, &line, &arena, err);
        } else if (!ok) {
            *err = why;
        } else {
            ok = move_on(tx, &job, &line, clock_now(move->lines->clock), &arena, &made, err);
        }
    }
    move->is_done = ok && line.count == 0;
    move->made = made > 0;
    arena_free(&arena);
    return ok;
}

/* What failed is tried again when the next execution of the job ends, or the job is changed. */
static void moved(struct store_write *write) {
    struct move *move = (struct move *)(void *)write;
    struct backfill_lines *lines = move->lines;
    if (!write->ok) log_warn("backfill not moved on", "error=\"%s\"", write->err.msg);
    (void)pthread_mutex_lock(&lines->lock);
    size_t at = find(lines, move->job_id);
    if (write->ok && move->is_done && at < atomic_load(&lines->count)) {
        size_t last = atomic_fetch_sub(&lines->count, 1) - 1;
        lines->jobs[at] = lines->jobs[last];
    }
    if (write->ok && move->made && lines->engine) engine_poke(lines->engine);
    lines->in_flight--;
    (void)pthread_cond_broadcast(&lines->landed);
    (void)pthread_mutex_unlock(&lines->lock);
    free(move);
}

void backfill_lines_look(struct backfill_lines *lines, struct guid job_id) {
    if (atomic_load_explicit(&lines->count, memory_order_relaxed) == 0) return;
    (void)pthread_mutex_lock(&lines->lock);
    bool found = find(lines, job_id) < atomic_load(&lines->count);
    if (found) lines->in_flight++;
    (void)pthread_mutex_unlock(&lines->lock);
    if (!found) return;
    struct move *move = xcalloc(1, sizeof *move);
    *move = (struct move){.write = {.run = run_move, .done = moved, .context = move},
                          .lines = lines,
                          .job_id = job_id};
    store_submit(lines->store, &move->write);
}

void backfill_lines_watch(struct backfill_lines *lines, struct guid job_id) {
    (void)pthread_mutex_lock(&lines->lock);
    size_t count = atomic_load(&lines->count);
    if (find(lines, job_id) == count && count < BACKFILL_LINES) {
        lines->jobs[count] = job_id;
        (void)atomic_fetch_add(&lines->count, 1);
    }
    (void)pthread_mutex_unlock(&lines->lock);
    /* What ended since the line was made was not seen by anybody. */
    backfill_lines_look(lines, job_id);
}

static void watch_all(struct backfill_lines *lines) {
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct str text = STR_NONE;
    struct store_tx *tx = store_read_begin(lines->store, &err);
    bool ok = tx && store_meta_get(tx, INDEX, &arena, &text, &err);
    store_read_end(tx);
    if (!ok) log_warn("backfills cannot be read", "error=\"%s\"", err.msg);
    while (ok && text.len > 0) {
        struct guid job_id;
        if (guid_parse(str_cut(&text, ' '), &job_id)) backfill_lines_watch(lines, job_id);
    }
    arena_free(&arena);
}

void backfill_lines_set_engine(struct backfill_lines *lines, struct engine *engine) {
    (void)pthread_mutex_lock(&lines->lock);
    lines->engine = engine;
    (void)pthread_mutex_unlock(&lines->lock);
    if (engine) watch_all(lines);
}
