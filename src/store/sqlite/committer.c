/* committer.c - group commit; see committer.h.
 *
 * A group is one transaction. A write that fails is rolled back to its savepoint and answered with
 * its own error after the commit like the others: what it has read may have been written by the
 * write before it. SQLite gives up a whole transaction by itself when the disk is full or fails;
 * then no write of the group has happened, whatever it answered.
 */
#include "store/sqlite/committer.h"

#include <errno.h>

/* ---- one write ------------------------------------------------------------------------------- */

static bool run_statement(struct store_tx *tx, enum sql_statement which, struct err *err) {
    struct query q = query_begin(tx, which);
    return query_run(&q, err);
}

/* False and err when the group is lost. */
static bool run_write(struct committer *committer, struct store_write *write, struct err *err) {
    struct store_tx *tx = &committer->connection->tx;
    writer_begin_write(&committer->writer);
    if (!run_statement(tx, SQL_SAVEPOINT, err)) return false;
    write->err = (struct err)ERR_INIT;
    write->ok = write->run(tx, write->context, &write->err);
    if (sqlite3_get_autocommit(committer->connection->db)) {
        *err = write->err;
        return false;
    }
    if (write->ok)
        return run_statement(tx, SQL_SAVEPOINT_RELEASE, err) && writer_keep_write(tx, err);
    writer_undo_write(&committer->writer);
    return run_statement(tx, SQL_SAVEPOINT_UNDO, err) &&
           run_statement(tx, SQL_SAVEPOINT_RELEASE, err);
}

/* ---- a group --------------------------------------------------------------------------------- */

static void fail_for_good(void *context, const char *why) {
    struct committer *committer = context;
    if (atomic_exchange(&committer->failed, true)) return;
    if (committer->on_fatal) committer->on_fatal(committer->fatal_context, why);
}

static bool run_group(struct committer *committer, struct store_write *first, int64_t *writes,
                      struct err *err) {
    struct store_tx *tx = &committer->connection->tx;
    committer->connection->in_transaction = true;
    if (!run_statement(tx, SQL_BEGIN_WRITE, err)) return false;
    for (struct store_write *write = first; write; write = write->next, ++*writes)
        if (!run_write(committer, write, err)) return false;
    return writer_save(tx, err);
}

/* False and err; *ret_fatal when it is not known what the disk holds now. */
static bool commit(struct committer *committer, bool *ret_fatal, struct err *err) {
    struct query q = query_begin(&committer->connection->tx, SQL_COMMIT);
    errno = 0;
    (void)query_row(&q);
    *ret_fatal =
        (q.result & 0xff) == SQLITE_IOERR && !sqlite_is_full(committer->connection->db, q.result);
    return query_end(&q, err);
}

static void undo_group(struct committer *committer) {
    struct store_tx *tx = &committer->connection->tx;
    struct err err;
    if (!sqlite3_get_autocommit(committer->connection->db))
        (void)run_statement(tx, SQL_ROLLBACK, NULL);
    /* Counted from the file again; if even that cannot be read, nothing that follows can be right.
     */
    if (!writer_load(tx, &err)) fail_for_good(committer, err.msg);
}

static void do_group(void *context, struct store_write *first) {
    struct committer *committer = context;
    struct err err = ERR_INIT;
    if (atomic_load(&committer->failed)) {
        (void)err_set(&err, ERR_UNAVAILABLE,
                      "the database has failed; the server must be restarted");
        writes_answer_unavailable(first, &err);
        return;
    }
    bool fatal = false;
    int64_t writes = 0;
    struct mono begun = clock_mono(clock_system());
    if (!run_group(committer, first, &writes, &err) || !commit(committer, &fatal, &err)) {
        undo_group(committer);
        if (fatal) fail_for_good(committer, err.msg);
        (void)atomic_fetch_add(&committer->queue.figures.failed_commits, 1);
        writes_answer_unavailable(first, &err);
        return;
    }
    (void)atomic_fetch_add(&committer->commits, 1); // before anybody is told
    write_queue_note_commit(&committer->queue, begun, writes);
    if (committer->writer.group_changed_jobs) {
        committer->writer.group_changed_jobs = false;
        (void)atomic_fetch_add(&committer->generation, 1);
    }
    writes_answer(first);
    checkpointer_note(&committer->checkpointer, committer->connection->db, committer->log_pages);
}

/* ---- start and stop ---------------------------------------------------------------------------
 */

static int note_log(void *context, sqlite3 *db, const char *schema, int pages) {
    (void)db;
    (void)schema;
    struct committer *committer = context;
    committer->log_pages = pages;
    return SQLITE_OK;
}

void committer_start(struct committer *committer, struct connection *writing,
                     struct connection *checkpointing) {
    committer->connection = writing;
    (void)sqlite3_wal_hook(writing->db, note_log, committer); // instead of automatic checkpoints
    committer->checkpointer.on_failure = fail_for_good;
    committer->checkpointer.context = committer;
    checkpointer_start(&committer->checkpointer, checkpointing);
    write_queue_start(&committer->queue, do_group, committer);
}

void committer_stop(struct committer *committer) {
    write_queue_stop(&committer->queue);
    checkpointer_stop(&committer->checkpointer);
    connection_close(committer->connection);
}

void committer_post(struct committer *committer, struct store_write *write) {
    write_queue_post(&committer->queue, write);
}
