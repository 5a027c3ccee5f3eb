/* dependency_check.c - may a job depend on these? See dependencies.h.
 *
 * A circle goes through the job that is written, or it would have been refused before: so the walk
 * begins at what the job is to depend on, follows what each of those depends on, and looks for the
 * job itself. Nothing can lead to a job on which none depends, a new one above all: there the walk
 * is left out. It goes in breadth, so that the circle that is named is a shortest one.
 */
#include "engine/dependencies.h"

#include "base/hash.h"

enum { FIRST_SLOTS = 64, NAMED_MAX = 12 };

struct step {
    struct guid id;
    struct str name;
    size_t from; // index of the step before; itself for a first one
};

struct walk {
    struct arena *arena;
    struct step *steps; // a queue: those before `at` have been looked into
    size_t count, capacity, at;
    size_t *table; // index + 1, open addressing: each job is looked into once
    size_t slots;
};

/* ---- the walk -------------------------------------------------------------------------------- */

static size_t *place(const struct walk *walk, struct guid id) {
    size_t mask = walk->slots - 1;
    size_t i = (size_t)hash_bytes(id.bytes, sizeof id.bytes, 0) & mask;
    while (walk->table[i] != 0 && !guid_equal(walk->steps[walk->table[i] - 1].id, id))
        i = (i + 1) & mask;
    return &walk->table[i];
}

static void grow(struct walk *walk) {
    size_t capacity = walk->capacity ? walk->capacity * 2 : FIRST_SLOTS / 2;
    struct step *steps = ARENA_ARRAY(walk->arena, capacity, struct step);
    for (size_t i = 0; i < walk->count; i++) steps[i] = walk->steps[i];
    walk->steps = steps;
    walk->capacity = capacity;
    walk->slots = capacity * 2;
    walk->table = ARENA_ARRAY(walk->arena, walk->slots, size_t);
    for (size_t i = 0; i < walk->count; i++) *place(walk, walk->steps[i].id) = i + 1;
}

static void add_step(struct walk *walk, struct guid id, size_t from) {
    if (walk->count == walk->capacity) grow(walk);
    size_t *at = place(walk, id);
    if (*at != 0) return;
    walk->steps[walk->count] = (struct step){.id = id, .from = from};
    *at = ++walk->count;
}

/* Adds what this step's job depends on. True in *found: the job we came from is among it. */
static bool look_into(struct store_tx *tx, struct walk *walk, struct guid target,
                      struct arena *scratch, bool *found, struct err *err) {
    size_t at = walk->at++;
    struct job job;
    struct dependencies dependencies;
    struct err reason = ERR_INIT;
    arena_reset(scratch);
    if (!store_job_get(tx, walk->steps[at].id, scratch, &job, &reason)) {
        if (reason.kind == ERR_NOT_FOUND) return true;
        *err = reason;
        return false;
    }
    walk->steps[at].name = arena_copy(walk->arena, job.name);
    if (job.is_deleted || !dependencies_parse(job.dependencies, scratch, &dependencies, NULL))
        return true;
    for (size_t i = 0; i < dependencies.count; i++) {
        *found = *found || guid_equal(dependencies.jobs[i], target);
        if (!*found) add_step(walk, dependencies.jobs[i], at);
    }
    return true;
}

static void put_job(struct buf *out, struct str name, struct guid id) {
    buf_printf(out, "\"%.*s\" (", STR_ARG(name));
    buf_put_guid(out, id);
    buf_put_char(out, ')');
}

/* `"A" (id) → "B" (id) → "A" (id)`, the middle of a long one left out: the last step depends on the
 * job, and the first is one that the job is to depend on. */
static void name_circle(const struct walk *walk, size_t last, struct guid id, struct str name,
                        struct str field, struct faults *faults) {
    size_t length = 1, at = last;
    for (; walk->steps[at].from != at; at = walk->steps[at].from) length++;
    size_t *way = ARENA_ARRAY(walk->arena, length, size_t);
    at = last;
    for (size_t i = length; i-- > 0; at = walk->steps[at].from) way[i] = at;
    struct buf out = buf_with_max(0);
    put_job(&out, name, id);
    for (size_t i = 0; i < length; i++) {
        bool is_named = length <= NAMED_MAX || i < NAMED_MAX - 1 || i + 1 == length;
        buf_put(&out, STR(" → "));
        if (is_named) {
            put_job(&out, walk->steps[way[i]].name, walk->steps[way[i]].id);
            continue;
        }
        buf_printf(&out, "%zu more", length - NAMED_MAX);
        i = length - 2;
    }
    buf_put(&out, STR(" → "));
    put_job(&out, name, id);
    struct str circle = buf_str(&out);
    faults_add(faults, field, "would make a circle: %.*s", STR_ARG(circle));
    buf_free(&out);
}

static bool find_circle(struct store_tx *tx, struct guid id, struct str name,
                        const struct dependencies *after, struct str field, struct faults *faults,
                        struct arena *arena, struct err *err) {
    int64_t *dependants;
    size_t count;
    if (guid_is_zero(id)) return true;
    if (!store_dependants(tx, id, arena, &dependants, &count, err)) return false;
    if (count == 0) return true;
    struct walk walk = {.arena = arena};
    for (size_t i = 0; i < after->count; i++)
        if (!guid_equal(after->jobs[i], id)) add_step(&walk, after->jobs[i], walk.count);
    struct arena scratch = {0};
    bool found = false, ok = true;
    while (ok && !found && walk.at < walk.count)
        ok = look_into(tx, &walk, id, &scratch, &found, err);
    arena_free(&scratch);
    if (found) name_circle(&walk, walk.at - 1, id, name, field, faults);
    return ok;
}

/* ---- one by one ------------------------------------------------------------------------------ */

static bool is_in(const struct dependencies *dependencies, struct guid id) {
    for (size_t i = 0; i < dependencies->count; i++)
        if (guid_equal(dependencies->jobs[i], id)) return true;
    return false;
}

static void check_one(const struct job_end *job, struct guid id, struct guid self, struct str field,
                      size_t index, struct faults *faults) {
    struct str name = arena_printf(faults->arena, "%.*s[%zu]", STR_ARG(field), index);
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    if (guid_equal(id, self))
        faults_add(faults, name, "is the job itself: \"%.*s\" (%s)", STR_ARG(job->name), text);
    else if (job->row == 0)
        faults_add(faults, name, "there is no job %s", text);
    else if (job->is_deleted)
        faults_add(faults, name, "the job \"%.*s\" (%s) was deleted", STR_ARG(job->name), text);
}

bool dependencies_check(struct store_tx *tx, struct guid job_id, struct str job_name,
                        struct str before, const struct dependencies *after, struct str field,
                        struct faults *faults, struct err *err) {
    struct arena *arena = faults->arena;
    struct dependencies old = {0};
    if (after->count == 0) return true;
    /* Text of before that cannot be read stands in the way of nothing. */
    (void)!dependencies_parse(before, arena, &old, NULL);
    struct job_end *jobs = ARENA_ARRAY(arena, after->count, struct job_end);
    if (!store_job_ends(tx, after->jobs, after->count, arena, jobs, err)) return false;
    size_t new_count = 0;
    for (size_t i = 0; i < after->count; i++) {
        if (is_in(&old, after->jobs[i])) continue;
        new_count++;
        check_one(&jobs[i], after->jobs[i], job_id, field, i, faults);
    }
    return new_count == 0 || find_circle(tx, job_id, job_name, after, field, faults, arena, err);
}
