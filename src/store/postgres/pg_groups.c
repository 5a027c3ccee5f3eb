/* pg_groups.c - see pg_groups.h. */
#include "store/postgres/pg_groups.h"

#include "store/postgres/pg_tables.h"

struct pg_group *pg_group_named(const struct pg_groups *groups, struct str name) {
    for (size_t i = 0; i < groups->count; i++)
        if (str_equal(groups->items[i].name, name)) return &groups->items[i];
    return NULL;
}

struct pg_group *pg_group_of_job(const struct pg_groups *groups, int64_t job) {
    for (size_t i = 0; i < groups->job_count; i++)
        if (groups->jobs[i] == job) return &groups->items[groups->group_of[i]];
    return NULL;
}

bool pg_group_start(struct pg_group *group, int64_t limit) {
    if (!group || !group->is_locked || group->running >= limit) return false;
    group->running++;
    return true;
}

static void bind_names(struct pg_query *q, const struct pg_groups *groups) {
    struct pg_array names = pg_array_new(q, PG_ARRAY_TEXT, groups->count);
    for (size_t i = 0; i < groups->count; i++) pg_array_text(&names, groups->items[i].name);
    pg_array_bind(q, &names);
}

static bool lock_and_count(struct store_tx *tx, struct pg_groups *groups, struct arena *arena,
                           struct err *err) {
    struct pg_query lock, running;
    pg_begin(&lock, tx, SQL_GROUPS_LOCK);
    bind_names(&lock, groups);
    pg_ask(&lock);
    pg_begin(&running, tx, SQL_GROUPS_RUNNING);
    bind_names(&running, groups);
    while (pg_row(&running)) {
        struct pg_group *group = pg_group_named(groups, pg_read_text(&running, arena));
        if (group) group->running = pg_read_i64(&running);
    }
    bool ok = pg_end(&running, err);
    while (ok && pg_row(&lock)) {
        struct pg_group *group = pg_group_named(groups, pg_read_text(&lock, arena));
        if (group) group->is_locked = pg_read_bool(&lock);
    }
    return pg_end(&lock, ok ? err : NULL) && ok;
}

static size_t add(struct pg_groups *groups, struct str name) {
    struct pg_group *group = pg_group_named(groups, name);
    if (!group) {
        group = &groups->items[groups->count++];
        *group = (struct pg_group){.name = name};
    }
    return (size_t)(group - groups->items);
}

bool pg_groups_named(struct store_tx *tx, const struct str *names, size_t count,
                     struct arena *arena, struct pg_groups *ret, struct err *err) {
    struct pg_groups groups = {.items = ARENA_ARRAY(arena, count, struct pg_group)};
    for (size_t i = 0; i < count; i++) (void)add(&groups, names[i]);
    *ret = groups;
    return count == 0 || lock_and_count(tx, ret, arena, err);
}

bool pg_groups_of_jobs(struct store_tx *tx, const int64_t *jobs, size_t count, struct arena *arena,
                       struct pg_groups *ret, struct err *err) {
    struct pg_groups groups = {
        .items = ARENA_ARRAY(arena, count, struct pg_group),
        .jobs = ARENA_ARRAY(arena, count, int64_t),
        .group_of = ARENA_ARRAY(arena, count, size_t),
    };
    struct pg_query q;
    pg_begin(&q, tx, SQL_GROUPS_OF_JOBS);
    pg_i64s(&q, jobs, count);
    while (pg_row(&q)) {
        groups.jobs[groups.job_count] = pg_read_i64(&q);
        groups.group_of[groups.job_count++] = add(&groups, pg_read_text(&q, arena));
    }
    if (!pg_end(&q, err)) return false;
    *ret = groups;
    return groups.count == 0 || lock_and_count(tx, ret, arena, err);
}

/* The lock is what makes the answer good until the end of the transaction: every node asks before
 * it makes any Running, when there is a cap. */
bool postgres_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    struct pg_query q;
    int64_t running;
    if (pg_connection_of(tx)->writer) {
        pg_begin(&q, tx, SQL_LOCK_RUNNING);
        pg_post(&q);
    }
    pg_begin(&q, tx, SQL_RUNNING_COUNT);
    if (!pg_number(&q, &running, err)) return false;
    *ret = running < cap ? cap - running : 0;
    return true;
}
