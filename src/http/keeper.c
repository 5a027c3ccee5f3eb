/* keeper.c - see keeper.h.
 *
 * libmicrohttpd's own timeout starts anew with each byte, so a client that sends one now and then
 * stays for ever. Here each connection has a deadline that only progress worth the name moves.
 */
#include "http/keeper.h"

#include "http/connection.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

enum { SWEEP_MS = 250 };

static void cut_late(struct keeper *keeper, int64_t now_us) {
    for (struct list *n = keeper->connections.next; n != &keeper->connections; n = n->next) {
        struct connection *connection = LIST_ENTRY(n, struct connection, node);
        if (atomic_load_explicit(&connection->deadline_us, memory_order_relaxed) > now_us) continue;
        if (connection->fd >= 0) (void)shutdown(connection->fd, SHUT_RDWR);
    }
}

static void *keep(void *context) {
    struct keeper *keeper = context;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stopping) {
        /* The condition waits on the system's clock, whatever clock the server was given. */
        struct mono at = mono_add(clock_mono(clock_system()), span_ms(SWEEP_MS));
        struct timespec wake = {.tv_sec = at.us / 1000000, .tv_nsec = at.us % 1000000 * 1000};
        (void)pthread_cond_timedwait(&keeper->stop, &keeper->lock, &wake);
        cut_late(keeper, clock_mono(keeper->clock).us);
        /* The hub's lock is never taken with ours held: on_close may take long. */
        pthread_mutex_unlock(&keeper->lock);
        sse_hub_heartbeat(keeper->hub);
        pthread_mutex_lock(&keeper->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

bool keeper_start(struct keeper *keeper, const struct clock *clock, struct sse_hub *hub,
                  struct err *err) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&keeper->lock, NULL);
    list_init(&keeper->connections);
    keeper->stopping = false;
    keeper->clock = clock;
    keeper->hub = hub;
    sigset_t all, before; // signals belong to the main thread
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&keeper->thread, NULL, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) return true;
    keeper_destroy(keeper);
    return err_set(err, ERR_UNAVAILABLE, "cannot start a thread for the HTTP server");
}

void keeper_add(struct keeper *keeper, struct list *connection) {
    pthread_mutex_lock(&keeper->lock);
    list_append(&keeper->connections, connection);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_remove(struct keeper *keeper, struct list *connection) {
    pthread_mutex_lock(&keeper->lock);
    list_remove(connection);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_cut_all(struct keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    cut_late(keeper, INT64_MAX);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_stop(struct keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->stop);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
}

void keeper_destroy(struct keeper *keeper) {
    pthread_cond_destroy(&keeper->stop);
    pthread_mutex_destroy(&keeper->lock);
}
