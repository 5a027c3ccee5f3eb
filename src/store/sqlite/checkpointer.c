/* checkpointer.c - see checkpointer.h. Only passive checkpoints: they wait for nobody and make
 * nobody wait; what a reader still needs of the log stays there until the next time.
 */
#include "store/sqlite/checkpointer.h"

#include "store/thread.h"

/* Copies what can be copied; how many pages of the log are copied now, -1 when that is not known.
 */
static int64_t copy_back(struct checkpointer *checkpointer, sqlite3 *db) {
    int in_log = 0, copied = 0;
    pool_release(checkpointer->readers);
    int result = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    /* No room means no more than that: the log keeps everything. */
    if ((result & 0xff) == SQLITE_IOERR && !sqlite_is_full(db, result))
        checkpointer->on_failure(checkpointer->context, sqlite3_errmsg(db));
    return result == SQLITE_OK ? copied : -1;
}

static void *run(void *argument) {
    struct checkpointer *checkpointer = argument;
    (void)pthread_mutex_lock(&checkpointer->lock);
    for (;;) {
        while (!checkpointer->asked && !checkpointer->stopping)
            (void)pthread_cond_wait(&checkpointer->changed, &checkpointer->lock);
        if (checkpointer->stopping) break;
        checkpointer->asked = false;
        checkpointer->busy = true;
        (void)pthread_mutex_unlock(&checkpointer->lock);
        int64_t copied = copy_back(checkpointer, checkpointer->connection->db);
        (void)pthread_mutex_lock(&checkpointer->lock);
        checkpointer->busy = false;
        if (copied >= 0) checkpointer->copied = copied;
    }
    (void)pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

void checkpointer_start(struct checkpointer *checkpointer, struct connection *connection) {
    checkpointer->connection = connection;
    (void)pthread_mutex_init(&checkpointer->lock, NULL);
    (void)pthread_cond_init(&checkpointer->changed, NULL);
    thread_start(&checkpointer->thread, run, checkpointer);
}

void checkpointer_stop(struct checkpointer *checkpointer) {
    (void)pthread_mutex_lock(&checkpointer->lock);
    checkpointer->stopping = true;
    (void)pthread_cond_signal(&checkpointer->changed);
    (void)pthread_mutex_unlock(&checkpointer->lock);
    (void)pthread_join(checkpointer->thread, NULL);
    (void)pthread_cond_destroy(&checkpointer->changed);
    (void)pthread_mutex_destroy(&checkpointer->lock);
    connection_close(checkpointer->connection);
}

/* How many new pages make it worth asking: fewer when the log is to be finished, because the rest,
 * which the committer copies, should be small. */
static int64_t step_of(const struct checkpointer *checkpointer, int64_t log_pages) {
    return log_pages < checkpointer->at_most ? checkpointer->pages : checkpointer->pages / 4 + 1;
}

void checkpointer_note(struct checkpointer *checkpointer, sqlite3 *db, int64_t log_pages) {
    bool started_anew = log_pages < checkpointer->log_pages;
    checkpointer->log_pages = log_pages;
    if (started_anew) checkpointer->asked_pages = checkpointer->finished_pages = 0;
    int64_t step = step_of(checkpointer, log_pages);
    if (log_pages < checkpointer->asked_pages + step && log_pages < checkpointer->at_most) return;
    (void)pthread_mutex_lock(&checkpointer->lock);
    if (started_anew) checkpointer->copied = 0;
    bool idle = !checkpointer->busy && !checkpointer->asked;
    bool finish = idle && log_pages >= checkpointer->at_most &&
                  log_pages >= checkpointer->finished_pages + step &&
                  log_pages - checkpointer->copied <= step;
    if (idle && !finish && log_pages >= checkpointer->asked_pages + step) {
        checkpointer->asked = true;
        checkpointer->asked_pages = log_pages;
        (void)pthread_cond_signal(&checkpointer->changed);
    }
    (void)pthread_mutex_unlock(&checkpointer->lock);
    if (!finish) return;
    checkpointer->finished_pages = log_pages;
    (void)copy_back(checkpointer, db);
}
