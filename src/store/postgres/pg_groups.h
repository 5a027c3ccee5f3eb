/* pg_groups.h - concurrency groups: how many executions of their jobs run, and may.
 *
 * Whoever makes an execution of a group Running holds the group's lock until its transaction ends,
 * so what is counted under it stays true. A group whose lock another node holds is passed over.
 *
 *     if (!pg_groups_named(tx, names, count, arena, &groups, err)) return false;
 *     if (pg_group_start(pg_group_named(&groups, name), limit)) ... it may run, and is counted
 *
 *   Owns:    the arena.   Threads: the committer's.   Errors: those of the server.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_GROUPS_H
#define ALPHABET_STORE_POSTGRES_PG_GROUPS_H

#include "store/postgres/pg_query.h"

struct pg_group {
    struct str name;
    bool is_locked; // by us
    int64_t running;
};

struct pg_groups {
    struct pg_group *items;
    size_t count;
    /* of pg_groups_of_jobs */
    int64_t *jobs;
    size_t *group_of; // job: index in items
    size_t job_count;
};

/* Locks and counts. Names may repeat. */
WARN_UNUSED bool pg_groups_named(struct store_tx *tx, const struct str *names, size_t count,
                                 struct arena *arena, struct pg_groups *ret, struct err *err);
WARN_UNUSED bool pg_groups_of_jobs(struct store_tx *tx, const int64_t *jobs, size_t count,
                                   struct arena *arena, struct pg_groups *ret, struct err *err);
/* Both NULL when there is none. */
struct pg_group *pg_group_named(const struct pg_groups *groups, struct str name);
struct pg_group *pg_group_of_job(const struct pg_groups *groups, int64_t job);
/* One more runs, if there are fewer than `limit`. False for NULL, and where we hold no lock. */
bool pg_group_start(struct pg_group *group, int64_t limit);

#endif
