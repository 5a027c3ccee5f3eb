/* thread.c - see thread.h. */
#include "store/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

void thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(thread, NULL, body, argument) != 0) {
        (void)fputs("alphabet: the store cannot start a thread\n", stderr);
        abort();
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}
