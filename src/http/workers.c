/* workers.c - see workers.h. A queue under one lock: what is posted here waits for a disk anyway.
 */
#include "http/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t posted;
    struct list queue; // under lock
    bool stopping;     // under lock
    void (*run)(struct list *work);
    unsigned count;
    pthread_t threads[];
};

static void *worker(void *context) {
    struct workers *workers = context;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        struct list *work = list_take_first(&workers->queue);
        if (work) {
            pthread_mutex_unlock(&workers->lock);
            workers->run(work);
            pthread_mutex_lock(&workers->lock);
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
    list_init(&workers->queue);
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

bool workers_post(struct workers *workers, struct list *work) {
    pthread_mutex_lock(&workers->lock);
    bool open = !workers->stopping;
    if (open) {
        list_append(&workers->queue, work);
        pthread_cond_signal(&workers->posted);
    }
    pthread_mutex_unlock(&workers->lock);
    return open;
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
