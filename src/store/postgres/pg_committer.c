/* pg_committer.c - group commit; see pg_committer.h. */
#include "store/postgres/pg_committer.h"

#include "store/postgres/pg_migrate.h"

#include <sodium.h>
#include <time.h>

enum {
    RUNS = 8,         // of a group that the server keeps giving up
    BACKOFF_MS = 100, // before connecting again, doubled with each failure
    BACKOFF_MOST_MS = 5000,
    STOPPING_TRIES = 5 // to settle a doubt while the store is being closed
};

/* ---- connecting ------------------------------------------------------------------------------ */

/* Half of it up to all of it, so that nodes that lost the server together come back apart. */
static int64_t jittered(int64_t ms) {
    return ms / 2 + (int64_t)randombytes_uniform((uint32_t)(ms / 2 + 1));
}

static void sleep_ms(int64_t ms) {
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static bool take_slot(struct pg_connection *connection, struct err *err) {
    int64_t taken;
    if (!pg_plain(connection,
                  "select slot + 1 from generate_series(0, 63) slot where pg_try_advisory_lock("
                  "hashtext('alphabet ' || current_schema()), slot) limit 1",
                  &taken, err))
        return false;
    if (taken == 0) return err_set(err, ERR_UNAVAILABLE, "64 nodes work on this database already");
    connection->writer->slot = taken - 1;
    char text[120];
    (void)snprintf(text, sizeof text,
                   "insert into counters (slot) values (%lld) on conflict (slot) do nothing",
                   (long long)(taken - 1));
    return pg_plain(connection, text, NULL, err);
}

static bool migrate_and_take_slot(struct pg_connection *connection, struct err *err) {
    return pg_migrate(connection, err) && take_slot(connection, err);
}

static bool connect_with(struct pg_committer *committer,
                         bool (*before)(struct pg_connection *connection, struct err *err)) {
    committer->failure = (struct err)ERR_INIT;
    if (pg_connect(committer->connection, before, &committer->failure)) {
        committer->failures = 0;
        committer->writer.server_process = libpq()->PQbackendPID(committer->connection->conn);
        return true;
    }
    int64_t ms = BACKOFF_MS << (committer->failures < 8 ? committer->failures : 8);
    committer->failures++;
    ms = jittered(ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS);
    committer->try_again = mono_add(clock_mono(clock_system()), span_ms(ms));
    return false;
}

static bool is_connected(const struct pg_committer *committer) {
    return committer->connection->conn && !committer->connection->is_lost;
}

/* Known to be down, it is not asked for again before its time. */
static bool be_connected(struct pg_committer *committer) {
    if (is_connected(committer)) return true;
    pg_disconnect(committer->connection);
    if (mono_before(clock_mono(clock_system()), committer->try_again)) return false;
    return connect_with(committer, take_slot);
}

/* ---- statements of the committer ------------------------------------------------------------- */

static void post(struct pg_committer *committer, enum sql_statement which) {
    struct pg_query q;
    pg_begin(&q, &committer->connection->tx, which);
    pg_post(&q);
}

static bool wait(struct pg_committer *committer, struct err *err) {
    return pg_wait(committer->connection, err);
}

/* ---- one write ------------------------------------------------------------------------------- */

static void begin_write(struct pg_committer *committer, bool alone) {
    committer->writer.write_changed_jobs = false;
    if (!alone) post(committer, SQL_SAVEPOINT);
}

static void keep_write(struct pg_committer *committer, bool alone) {
    struct pg_writer *writer = &committer->writer;
    pg_counts_keep_write(&writer->counts);
    writer->group_changed_jobs = writer->group_changed_jobs || writer->write_changed_jobs;
    if (!alone) post(committer, SQL_SAVEPOINT_RELEASE);
}

/* The locks that the write took are gone with its savepoint, and with them what was read under
 * them. */
static void forget_write(struct pg_writer *writer) {
    pg_counts_undo_write(&writer->counts);
    pg_jobs_forget(&writer->jobs);
    writer->pause_is_known = false;
}

/* False and err when the group is lost. */
static bool run_write(struct pg_committer *committer, struct store_write *write, bool alone,
                      struct err *err) {
    struct pg_connection *connection = committer->connection;
    begin_write(committer, alone);
    write->err = (struct err)ERR_INIT;
    write->ok = write->run(&connection->tx, write->context, &write->err);
    struct err posted = ERR_INIT;
    bool answered = wait(committer, &posted); // also of what was posted and not waited for
    if (!answered && write->ok) {
        write->ok = false;
        write->err = posted;
    }
    if (connection->is_lost || connection->must_run_again) {
        *err = write->ok ? posted : write->err;
        return false;
    }
    if (write->ok) {
        keep_write(committer, alone);
        return true;
    }
    forget_write(&committer->writer);
    post(committer, alone ? SQL_ROLLBACK : SQL_SAVEPOINT_UNDO);
    post(committer, alone ? SQL_BEGIN_WRITE : SQL_SAVEPOINT_RELEASE);
    return wait(committer, err);
}

/* ---- a group --------------------------------------------------------------------------------- */

enum outcome { COMMITTED, FAILED, RUN_AGAIN, IN_DOUBT };

static void begin_group(struct pg_committer *committer) {
    struct pg_connection *connection = committer->connection;
    struct pg_writer *writer = &committer->writer;
    pg_counts_reset(&writer->counts);
    pg_jobs_forget(&writer->jobs);
    writer->group_changed_jobs = writer->pause_is_known = false;
    randombytes_buf(&writer->token, sizeof writer->token);
    connection->in_transaction = true;
    connection->must_run_again = false;
    post(committer, SQL_BEGIN_WRITE);
    post(committer, SQL_LOCK_PAUSE_SHARED);
}

static bool run_group(struct pg_committer *committer, struct store_write *first, int64_t *writes,
                      struct err *err) {
    *writes = 0;
    begin_group(committer);
    for (struct store_write *write = first; write; write = write->next, ++*writes)
        if (!run_write(committer, write, !first->next, err)) return false;
    return pg_counts_flush(&committer->connection->tx, err);
}

static void undo_group(struct pg_committer *committer) {
    if (!is_connected(committer)) return;
    post(committer, SQL_ROLLBACK);
    (void)wait(committer, NULL);
}

/* Takes the place of the one before, whose group is known to be committed. */
static void post_token(struct pg_committer *committer) {
    struct pg_query q;
    pg_begin(&q, &committer->connection->tx, SQL_TOKEN_PUT);
    pg_i64(&q, committer->writer.token);
    pg_i64(&q, committer->writer.last_token);
    pg_post(&q);
}

static enum outcome attempt(struct pg_committer *committer, struct store_write *first,
                            int64_t *writes, struct err *err) {
    struct pg_connection *connection = committer->connection;
    if (!run_group(committer, first, writes, err)) {
        bool again = connection->must_run_again || connection->is_lost;
        undo_group(committer);
        return again ? RUN_AGAIN : FAILED;
    }
    connection->warned = false;
    post_token(committer);
    post(committer, SQL_COMMIT);
    if (wait(committer, err)) return connection->warned ? IN_DOUBT : COMMITTED;
    if (connection->is_lost) return IN_DOUBT;
    bool again = connection->must_run_again;
    undo_group(committer);
    return again ? RUN_AGAIN : FAILED;
}

/* ---- a commit in doubt ----------------------------------------------------------------------- */

/* Our old session may still be at it: it is told to go, and until it has gone nothing is known.
 * Then what is committed is committed, and what is not never will be. */
static bool outlive_old_session(struct pg_connection *connection, int process, struct err *err) {
    static const char *const steps[] = {"pg_terminate_backend(pid)::int", "pid"};
    char text[400];
    int64_t there = 0;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        (void)snprintf(
            text, sizeof text,
            "select %s from pg_locks where locktype = 'advisory' and pid = %d and objid = %lld "
            "and objsubid = 2 and pid <> pg_backend_pid() and database = "
            "(select oid from pg_database where datname = current_database())",
            steps[i], process, (long long)connection->writer->slot);
        if (!pg_plain(connection, text, &there, err)) return false;
    }
    return there == 0 || err_set(err, ERR_UNAVAILABLE,
                                 "the session that was lost has not ended at the server yet");
}

static bool take_slot_after(struct pg_connection *connection, struct err *err) {
    const struct pg_writer *writer = connection->writer;
    return outlive_old_session(connection, writer->lost_process, err) && take_slot(connection, err);
}

/* Is the token of the group there? */
static bool ask_token(struct pg_committer *committer, bool *is_there, struct err *err) {
    struct pg_query q;
    int64_t found;
    pg_begin(&q, &committer->connection->tx, SQL_TOKEN_IS);
    pg_i64(&q, committer->writer.token);
    committer->connection->in_transaction = true; // each statement is one by itself
    if (!pg_number(&q, &found, err)) return false;
    *is_there = found != 0;
    return true;
}

/* Once more through the log: what has come through without a warning has brought everything before
 * it along. */
static bool confirm(struct pg_committer *committer, struct err *err) {
    struct pg_query q;
    committer->connection->warned = false;
    post(committer, SQL_BEGIN_WRITE);
    pg_begin(&q, &committer->connection->tx, SQL_TOKEN_TOUCH);
    pg_i64(&q, committer->writer.token);
    pg_post(&q);
    post(committer, SQL_COMMIT);
    if (!wait(committer, err)) return false;
    return !committer->connection->warned ||
           err_set(err, ERR_UNAVAILABLE, "the standby of the database does not answer");
}

static bool settle_doubt(struct pg_committer *committer, bool *is_there, struct err *err) {
    if (!is_connected(committer) && !connect_with(committer, take_slot_after)) {
        *err = committer->failure;
        return false;
    }
    return ask_token(committer, is_there, err) && (!*is_there || confirm(committer, err));
}

/* Comes back when it is known what became of the group. Who posts meanwhile is answered at once. */
static enum outcome resolve(struct pg_committer *committer, struct err *err) {
    bool is_there = false;
    committer->writer.lost_process = committer->writer.server_process;
    for (int64_t tries = 0;; tries++) {
        if (settle_doubt(committer, &is_there, err)) return is_there ? COMMITTED : FAILED;
        if (tries >= STOPPING_TRIES && write_queue_is_stopping(&committer->queue)) {
            (void)err_wrap(err, "it is not known whether this was done");
            return FAILED;
        }
        writes_answer_unavailable(write_queue_take(&committer->queue), err);
        int64_t ms = BACKOFF_MS << (tries < 8 ? tries : 8);
        sleep_ms(jittered(ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS));
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static enum outcome run_until_settled(struct pg_committer *committer, struct store_write *first,
                                      int64_t *writes, struct err *err) {
    for (int runs = 1;; runs++) {
        if (!be_connected(committer)) {
            *err = committer->failure;
            return FAILED;
        }
        enum outcome outcome = attempt(committer, first, writes, err);
        if (outcome == IN_DOUBT) return resolve(committer, err);
        if (outcome != RUN_AGAIN || runs == RUNS) return outcome;
        if (is_connected(committer)) sleep_ms(jittered(2 * runs));
    }
}

static void do_group(void *context, struct store_write *first) {
    struct pg_committer *committer = context;
    struct err err = ERR_INIT;
    int64_t writes = 0;
    struct mono begun = clock_mono(clock_system());
    if (run_until_settled(committer, first, &writes, &err) != COMMITTED) {
        (void)atomic_fetch_add(&committer->queue.figures.failed_commits, 1);
        writes_answer_unavailable(first, &err);
        return;
    }
    committer->writer.last_token = committer->writer.token;
    write_queue_note_commit(&committer->queue, begun, writes);
    writes_answer(first);
}

bool pg_committer_start(struct pg_committer *committer, const struct pg_target *target,
                        struct err *err) {
    committer->connection = pg_connection_new(target);
    committer->connection->writer = &committer->writer;
    if (!connect_with(committer, migrate_and_take_slot)) {
        if (err) *err = committer->failure;
        pg_connection_close(committer->connection);
        return false;
    }
    write_queue_start(&committer->queue, do_group, committer);
    return true;
}

void pg_committer_stop(struct pg_committer *committer) {
    write_queue_stop(&committer->queue);
    pg_connection_close(committer->connection);
    pg_counts_free(&committer->writer.counts);
    pg_jobs_free(&committer->writer.jobs);
}

void pg_committer_post(struct pg_committer *committer, struct store_write *write) {
    write_queue_post(&committer->queue, write);
}
