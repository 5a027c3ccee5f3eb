/* The clauses of the Open Cron Pattern Specification: tests/tables/cron_ocps.txt. */
#include "schedule/cron.h"
#include "tests/unit/schedule/table.h"

/* A local time without an offset, as seconds of the clock face. */
static int64_t clock_face(struct str text) {
    char zulu[32];
    struct utc t;
    (void)snprintf(zulu, sizeof zulu, "%.*sZ", STR_ARG(text));
    if (!utc_parse(str_from_cstr(zulu), &t)) fail_msg("no time: %.*s", STR_ARG(text));
    return utc_seconds(t);
}

static int check_times(const struct str row[4], const struct cron *cron, struct str times,
                       bool wanted) {
    int count = 0;
    while (times.len > 0) {
        struct str word = str_cut(&times, ' ');
        int64_t local = clock_face(word);
        count++;
        if ((cron_next_local(cron, local) == local) != wanted)
            fail_msg("%.*s: %.*s %s %.*s", STR_ARG(row[0]), STR_ARG(row[1]),
                     wanted ? "must match" : "must not match", STR_ARG(word));
    }
    return count;
}

static void test_every_clause_of_the_specification(void **state) {
    (void)state;
    struct table table = table_open("cron_ocps.txt");
    struct str row[4];
    int times = 0;
    while (table_next(&table, row, 4)) {
        struct err err = ERR_INIT;
        struct cron cron;
        bool taken = cron_parse(row[1], 0, &cron, &err);
        if (taken == str_equal(row[2], STR("refuse")))
            fail_msg("%.*s: %.*s is %s", STR_ARG(row[0]), STR_ARG(row[1]),
                     taken ? "taken" : err.msg);
        if (!taken || str_equal(row[2], STR("accept"))) continue;
        times += check_times(row, &cron, row[2], true) + check_times(row, &cron, row[3], false);
    }
    assert_true(table.rows > 60 && times > 90);
    table_close(&table);
}
