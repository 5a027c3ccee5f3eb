/* pg_facts.c - small facts by name: the shortest example of how a function is written. */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

bool postgres_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                       struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_META_GET);
    pg_text(&q, name);
    struct str value = pg_row(&q) ? pg_read_text(&q, arena) : STR_NONE;
    if (!pg_end(&q, err)) return false;
    *ret = value;
    return true;
}

bool postgres_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err) {
    struct pg_writer *writer = pg_writer_of(tx);
    struct pg_query q;
    (void)err; // nothing is asked: what fails is told at the end of the write
    if (str_equal(name, STR("paused_all"))) {
        /* Waits until no group is at work that has not seen it. */
        pg_begin(&q, tx, SQL_LOCK_PAUSE);
        pg_post(&q);
        writer->pause_is_known = false;
    }
    pg_begin(&q, tx, str_is_absent(value) ? SQL_META_DELETE : SQL_META_SET);
    pg_text(&q, name);
    if (!str_is_absent(value)) pg_text(&q, value);
    pg_post(&q);
    return true;
}

bool pg_paused_all(struct store_tx *tx, bool *ret, struct err *err) {
    struct pg_writer *writer = pg_writer_of(tx);
    if (!writer->pause_is_known) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_META_GET);
        pg_text(&q, STR("paused_all"));
        struct arena arena = {0};
        struct str value = pg_row(&q) ? pg_read_text(&q, &arena) : STR_NONE;
        bool is_paused = str_equal(value, STR("1"));
        arena_free(&arena);
        if (!pg_end(&q, err)) return false;
        writer->paused_all = is_paused;
        writer->pause_is_known = true;
    }
    *ret = writer->paused_all;
    return true;
}
