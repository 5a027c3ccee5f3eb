/* thread.h - starts a thread that takes no signals: those are for the thread that waits for them.
 *
 *   Owns: nothing.   Threads: any.   Errors: none; aborts when the system gives no more threads.
 */
#ifndef ALPHABET_STORE_THREAD_H
#define ALPHABET_STORE_THREAD_H

#include <pthread.h>

void thread_start(pthread_t *thread, void *(*body)(void *), void *argument);

#endif
