/* pg_dependencies.c - jobs that depend on others, and the runs that wait for them. */
#include "store/postgres/pg_tables.h"

bool postgres_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena,
                         int64_t **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_DEPENDANTS);
    pg_guid(&q, &job_id);
    return pg_numbers(&q, arena, ret, count, err);
}

bool postgres_job_ends(struct store_tx *tx, const struct guid *ids, size_t count,
                       struct arena *arena, struct job_end *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_ENDS);
    struct pg_array column = pg_array_new(&q, PG_ARRAY_GUID, count);
    for (size_t i = 0; i < count; i++) pg_array_guid(&column, &ids[i]);
    pg_array_bind(&q, &column);
    size_t found = 0;
    struct job_end *ends = ARENA_ARRAY(arena, pg_rows(&q), struct job_end);
    while (pg_row(&q)) {
        struct job_end *end = &ends[found++];
        end->id = pg_read_guid(&q);
        end->row = pg_read_i64(&q);
        end->name = pg_read_text(&q, arena);
        end->is_deleted = pg_read_bool(&q);
        end->last_success_at = pg_read_utc(&q);
        end->last_completed_at = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    for (size_t i = 0; i < count; i++) {
        ret[i] = (struct job_end){.id = ids[i], .is_deleted = true};
        for (size_t j = 0; j < found; j++)
            if (guid_equal(ends[j].id, ids[i])) ret[i] = ends[j];
    }
    return true;
}

bool postgres_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                      struct waiting_run **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WAITING);
    pg_i64(&q, filter->job_row);
    pg_guid(&q, &filter->depends_on);
    size_t found = 0;
    struct waiting_run *runs = ARENA_ARRAY(arena, pg_rows(&q), struct waiting_run);
    while (pg_row(&q)) {
        struct waiting_run *run = &runs[found++];
        run->execution_row = pg_read_i64(&q);
        run->execution_id = pg_read_guid(&q);
        run->job_row = pg_read_i64(&q);
        run->dependencies = pg_read_text(&q, arena);
        run->waiting_since = pg_read_utc(&q);
        run->available_at = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = runs;
    *count = found;
    return true;
}

bool postgres_release(struct store_tx *tx, const struct release *items, size_t count,
                      struct err *err) {
    (void)err; // nothing is asked: what fails is told at the end of the write
    for (size_t i = 0; i < count; i++) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_RELEASE);
        pg_i64(&q, items[i].execution_row);
        pg_i64(&q, items[i].available_at.us);
        pg_bool(&q, items[i].still_waits);
        pg_text(&q, items[i].inputs);
        pg_post(&q);
    }
    return true;
}
