/* workers.c - see workers.h. Two lines under one lock: what is posted here waits for a disk anyway.
 *
 * What computes goes first while its share of the workers is not used up, so neither line starves
 * the other, and whoever has just computed takes the next of that line: a wake-up that found the
 * share used up is not needed again.
 */
#include "http/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t posted;
    /* Under the lock: */
    struct list lines[WORK_KINDS];
    unsigned computing, computing_max; // workers that compute, and how many may
    unsigned computing_line;           // length of that line
    bool stopping;
    /* Set at the start: */
    void (*run)(struct list *work);
    unsigned count;
    pthread_t threads[];
};

/* What there is to do next, the lock held; NULL when nothing is, or may be, done now. */
static struct list *take(struct workers *workers, enum work_kind *ret_kind) {
    struct list *work = NULL;
    *ret_kind = WORK_COMPUTES;
    if (workers->computing < workers->computing_max)
        work = list_take_first(&workers->lines[WORK_COMPUTES]);
    if (work) {
        workers->computing++;
        workers->computing_line--;
        return work;
    }
    *ret_kind = WORK_WAITS;
    return list_take_first(&workers->lines[WORK_WAITS]);
}

static void *worker(void *context) {
    struct workers *workers = context;
    enum work_kind kind;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        struct list *work = take(workers, &kind);
        if (work) {
            pthread_mutex_unlock(&workers->lock);
            workers->run(work);
            pthread_mutex_lock(&workers->lock);
            if (kind == WORK_COMPUTES) workers->computing--; // and this worker looks again
        } else if (workers->stopping) {
            break;
        } else {
            pthread_cond_wait(&workers->posted, &workers->lock);
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct workers *workers_start(unsigned count, void (*run)(struct list *work), struct err *err) {
    struct workers *workers = xcalloc(1, sizeof *workers + count * sizeof(pthread_t));
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->posted, NULL);
    for (int kind = 0; kind < WORK_KINDS; kind++) list_init(&workers->lines[kind]);
    workers->computing_max = count < 4 ? 1 : count / 4;
    workers->run = run;
    sigset_t all, before; // signals belong to the main thread
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (workers->count < count &&
           pthread_create(&workers->threads[workers->count], NULL, worker, workers) == 0)
        workers->count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (workers->count == count) return workers;
    workers_stop(workers);
    workers_free(workers);
    err_set(err, ERR_UNAVAILABLE, "cannot start %u worker threads", count);
    return NULL;
}

enum workers_answer workers_post(struct workers *workers, struct list *work, enum work_kind kind) {
    enum workers_answer answer = WORKERS_TOOK_IT;
    pthread_mutex_lock(&workers->lock);
    if (workers->stopping) {
        answer = WORKERS_STOPPED;
    } else if (kind == WORK_COMPUTES && workers->computing_line == MAX_COMPUTING_LINE) {
        answer = WORKERS_FULL;
    } else {
        if (kind == WORK_COMPUTES) workers->computing_line++;
        list_append(&workers->lines[kind], work);
        pthread_cond_signal(&workers->posted);
    }
    pthread_mutex_unlock(&workers->lock);
    return answer;
}

void workers_stop(struct workers *workers) {
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->posted);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++) pthread_join(workers->threads[i], NULL);
}

void workers_free(struct workers *workers) {
    if (workers == NULL) return;
    pthread_cond_destroy(&workers->posted);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
