/* differential_reads.c - everything a reader can ask, described; see differential.h. */
#include "describe.h"
#include "differential.h"

#include <string.h>

static bool ask_jobs(struct step *step, struct store_tx *tx, struct err *err) {
    static const struct str words[] = {STR_INIT("alpha"), STR_INIT("NIGHT"), STR_INIT("%"),
                                       STR_INIT("")};
    struct job_page page;
    const struct job_filter all = {.sort = JOB_SORT_CREATED_AT, .limit = 10000};
    if (!store_job_list(tx, &all, step->arena, &page, err)) return false;
    describe_jobs(step->said, &page);
    struct job_filter some = {.sort = (enum job_sort)draw_below(step, 5),
                              .descending = draw(step, 2),
                              .offset = draw_below(step, 4),
                              .limit = 1 + draw_below(step, 8)};
    if (draw(step, 3)) some.type = 1 + draw_below(step, 4);
    if (draw(step, 2)) some.status = 1 + draw_below(step, 6);
    if (draw(step, 4)) some.tag = draw(step, 2) ? STR("a") : STR("b c");
    if (draw(step, 3)) some.search = words[draw_below(step, 4)];
    if (draw(step, 4)) some.queue = STR("default");
    if (draw(step, 4)) some.created_by = STR("bob@example.org");
    if (!store_job_list(tx, &some, step->arena, &page, err)) return false;
    describe_jobs(step->said, &page);
    struct job_walk walk = {.after_row = row_of_job(step, tx, some_job(step)),
                            .status = draw(step, 2) ? 1 + draw_below(step, 6) : 0,
                            .with_retention = draw(step, 3),
                            .limit = draw_below(step, 9)};
    if (draw(step, 2)) walk.after_row = 0;
    if (!store_job_walk(tx, &walk, step->arena, &page.items, &page.count, err)) return false;
    describe_jobs(step->said, &page);
    struct next_job *next;
    size_t next_count;
    if (!store_jobs_next(tx, draw_below(step, 9), step->arena, &next, &next_count, err))
        return false;
    for (size_t i = 0; i < next_count; i++)
        buf_printf(step->said, "next \"%.*s\" at %lld\n", STR_ARG(next[i].name),
                   (long long)next[i].next_run_at.us);
    if (!store_job_failed(tx, 1 + draw_below(step, 3), 5, step->arena, &page, err)) return false;
    describe_jobs(step->said, &page);
    return true;
}

static struct str draw_search(struct step *step) {
    static const struct str words[] = {
        STR_INIT("report"),
        STR_INIT("REFUSED"),
        STR_INIT("connection"),
        STR_INIT("alpha"),
        STR_INIT("42"),
        STR_INIT("gamma"),
        STR_INIT("ray"),
        STR_INIT("n3"),
        STR_INIT("N5"),
        STR_INIT("7"),
        STR_INIT("1"),
        STR_INIT("none"),
        STR_INIT("\xc3\xa9t\xc3\xa9"),
        STR_INIT("#1"),
        STR_INIT("\"*(;"),
        STR_INIT("two-alpha"),
    };
    struct str search = words[draw_below(step, (int64_t)COUNT_OF(words))];
    while (draw(step, 2)) {
        struct str more = words[draw_below(step, (int64_t)COUNT_OF(words))];
        search = arena_printf(step->arena, "%.*s %.*s", STR_ARG(search), STR_ARG(more));
    }
    return search;
}

static struct execution_filter draw_execution_filter(struct step *step, struct store_tx *tx) {
    struct execution_filter some = {.offset = draw_below(step, 4), .limit = draw_below(step, 30)};
    if (draw(step, 3)) some.job_row = row_of_job(step, tx, some_job(step));
    if (draw(step, 2)) some.status = 1 + draw_below(step, 5);
    if (draw(step, 3)) some.from = utc_add(step->now, span_seconds(-draw_below(step, 2000)));
    if (draw(step, 3)) some.to = utc_add(step->now, span_seconds(-draw_below(step, 500)));
    if (draw(step, 3)) some.queue = draw(step, 2) ? STR("critical") : STR("other");
    if (draw(step, 2)) some.search = draw_search(step);
    return some;
}

static bool ask_executions(struct step *step, struct store_tx *tx, struct err *err) {
    struct execution_page page;
    struct execution one;
    const struct execution_filter all = {.limit = 100000};
    if (!store_execution_list(tx, &all, step->arena, &page, err)) return false;
    buf_printf(step->said, "of %lld: ", (long long)page.total);
    describe_executions(step->said, page.items, page.count);
    for (int64_t i = 0; i < 5; i++) {
        const struct execution_filter some = draw_execution_filter(step, tx);
        if (!store_execution_list(tx, &some, step->arena, &page, err)) {
            describe_err(step->said, err);
            continue;
        }
        buf_printf(step->said, "of %lld: ", (long long)page.total);
        describe_executions(step->said, page.items, page.count);
    }
    struct guid id = some_execution(step);
    if (store_execution_get(tx, id, step->arena, &one, err))
        describe_executions(step->said, &one, 1);
    else
        describe_err(step->said, err);
    if (!store_execution_retries(tx, id, step->arena, &page.items, &page.count, err)) return false;
    describe_executions(step->said, page.items, page.count);
    return true;
}

static bool ask_ledger(struct step *step, struct store_tx *tx, struct err *err) {
    struct execution *executions;
    struct skip_range *skips;
    size_t count;
    int64_t job = row_of_job(step, tx, some_job(step));
    struct utc from = utc_add(step->now, span_seconds(-draw_below(step, 1000))), to = step->now;
    if (!store_executions_live(tx, job, step->arena, &executions, &count, err)) return false;
    describe_executions(step->said, executions, count);
    if (!store_occurrences(tx, job, from, to, draw_below(step, 20), step->arena, &executions,
                           &count, err))
        return false;
    describe_executions(step->said, executions, count);
    if (!store_skips(tx, job, from, to, step->arena, &skips, &count, err)) return false;
    describe_skips(step->said, skips, count);
    return true;
}

static bool ask_engine(struct step *step, struct store_tx *tx, struct err *err) {
    struct wake_times times;
    struct execution *executions;
    struct node *nodes;
    struct cancel_request *requests;
    size_t count;
    if (!store_wake_times(tx, &times, err)) return false;
    buf_printf(step->said, "wake %lld %lld %lld\n", (long long)times.job.us,
               (long long)times.pending.us, (long long)times.watch.us);
    if (!store_nodes(tx, step->arena, &nodes, &count, err)) return false;
    describe_nodes(step->said, nodes, count);
    struct str node = draw(step, 2) ? STR("node-1") : STR_NONE;
    struct utc lease = draw(step, 2) ? step->now : UTC_NONE;
    if (!store_orphans(tx, node, lease, 1 + draw_below(step, 9), step->arena, &executions, &count,
                       err))
        return false;
    describe_executions(step->said, executions, count);
    if (!store_cancel_requests(tx, STR("node-1"), step->arena, &requests, &count, err))
        return false;
    buf_printf(step->said, "%zu to cancel\n", count);
    for (size_t i = 0; i < count; i++)
        buf_printf(step->said, "cancel: %.*s\n", STR_ARG(requests[i].reason));
    return true;
}

static bool ask_counters(struct step *step, struct store_tx *tx, struct err *err) {
    struct totals totals;
    struct timeline_bucket buckets[30];
    struct queue_figures *queues;
    size_t count;
    int64_t due;
    if (!store_totals(tx, &totals, err)) return false;
    describe_totals(step->said, &totals);
    if (!store_queues(tx, step->arena, &queues, &count, err)) return false;
    describe_queues(step->said, queues, count);
    for (int64_t i = 0; i < 3; i++) {
        struct utc before = utc_add(step->now, span_seconds(draw_below(step, 400) - 100));
        if (!store_jobs_due(tx, before, &due, err)) return false;
        buf_printf(step->said, "due %lld\n", (long long)due);
    }
    if (!store_jobs_due(tx, UTC_NEVER, &due, err)) return false;
    buf_printf(step->said, "due %lld\n", (long long)due);
    struct utc from = utc_add(step->now, span_seconds(-draw_below(step, 9000)));
    if (!store_timeline(tx, from, 1 + draw_below(step, 5), COUNT_OF(buckets), buckets, err))
        return false;
    describe_timeline(step->said, buckets, COUNT_OF(buckets));
    return true;
}

static struct audit_filter draw_audit_filter(struct step *step) {
    static const struct str actors[] = {STR_INIT("ann@example.org"), STR_INIT("BOB@example.org"),
                                        STR_INIT("system")};
    static const struct str actions[] = {STR_INIT("job.update"), STR_INIT("job."), STR_INIT("job"),
                                         STR_INIT("user.lock"), STR_INIT("")};
    struct audit_filter some = {.offset = draw_below(step, 3), .limit = 10};
    if (draw(step, 3)) some.subject = some_job(step);
    if (draw(step, 2)) some.actor = actors[draw_below(step, 3)];
    if (draw(step, 2)) some.action = actions[draw_below(step, 5)];
    if (draw(step, 3)) some.from = utc_add(step->now, span_seconds(-draw_below(step, 2000)));
    if (draw(step, 3)) some.to = utc_add(step->now, span_seconds(-draw_below(step, 500)));
    return some;
}

static bool ask_watches(struct step *step, struct store_tx *tx, struct err *err) {
    struct watch *due, watch;
    size_t count;
    bool found;
    if (!store_watches_due(tx, step->now, 1 + draw_below(step, 9), step->arena, &due, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        buf_printf(step->said, "watch at %lld raised %lld\n", (long long)due[i].check_at.us,
                   (long long)due[i].raised);
    for (int64_t i = 0; i < step->jobs; i++) {
        int64_t job = row_of_job(step, tx, numbered_guid('j', i));
        if (!store_watch_get(tx, job, &watch, &found, err)) return false;
        buf_printf(step->said, "watch %d", found);
        if (found) {
            buf_printf(step->said, " at %lld raised %lld by ", (long long)watch.check_at.us,
                       (long long)watch.raised);
            buf_put_guid(step->said, watch.last_execution);
        }
        buf_put_char(step->said, '\n');
    }
    return true;
}

static bool ask_facts(struct step *step, struct store_tx *tx, struct err *err) {
    struct audit_entry *entries;
    struct idempotency entry;
    struct str value;
    size_t count;
    int64_t total;
    struct audit_check check;
    const struct audit_filter filter = draw_audit_filter(step);
    if (!store_audit_list(tx, &filter, step->arena, &entries, &count, &total, err)) return false;
    buf_printf(step->said, "of %lld\n", (long long)total);
    describe_audit(step->said, entries, count);
    if (!store_audit_walk(tx, draw_below(step, 20), 5, step->arena, &entries, &count, err))
        return false;
    describe_audit(step->said, entries, count);
    if (!store_audit_verify(tx, &check, err)) return false;
    buf_printf(step->said, "checked %lld broken %lld\n", (long long)check.checked,
               (long long)check.broken_row);
    if (store_idempotency_get(tx, STR("ann@example.org"), STR("k1"),
                              utc_add(step->now, span_seconds(-200)), step->arena, &entry, err))
        describe_idempotency(step->said, &entry);
    else
        describe_err(step->said, err);
    if (!store_meta_get(tx, STR("paused_all"), step->arena, &value, err)) return false;
    buf_printf(step->said, "paused_all \"%.*s\" %d\n", STR_ARG(value), str_is_absent(value));
    return true;
}

static bool ask_people(struct step *step, struct store_tx *tx, struct err *err) {
    struct user *users;
    size_t count, token_count;
    int64_t total;
    struct access_token *tokens;
    if (!store_user_list(tx, 0, 100, step->arena, &users, &count, &total, err)) return false;
    buf_printf(step->said, "of %lld\n", (long long)total);
    for (size_t i = 0; i < count; i++) {
        describe_user(step->said, &users[i]);
        if (!store_token_list(tx, users[i].row, step->arena, &tokens, &token_count, err))
            return false;
        describe_tokens(step->said, tokens, token_count);
    }
    for (int64_t number = 0; number < step->tokens; number++) {
        struct refresh_token token;
        unsigned char hash[TOKEN_HASH_SIZE] = {0};
        memcpy(hash, &number, sizeof number);
        if (store_refresh_get(tx, hash, &token, err))
            describe_refresh(step->said, &token);
        else
            describe_err(step->said, err);
    }
    if (!store_user_count(tx, ROLE_ADMIN, &total, err)) return false;
    buf_printf(step->said, "admins %lld\n", (long long)total);
    return true;
}

bool ask_everything(struct step *step, struct store_tx *tx, struct err *err) {
    return ask_jobs(step, tx, err) && ask_executions(step, tx, err) && ask_ledger(step, tx, err) &&
           ask_engine(step, tx, err) && ask_counters(step, tx, err) && ask_facts(step, tx, err) &&
           ask_people(step, tx, err) && ask_watches(step, tx, err) &&
           ask_dependencies(step, tx, err) && ask_workflows(step, tx, err);
}
