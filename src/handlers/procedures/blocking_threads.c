/* blocking_threads.c - see blocking_threads.h. The loop and each thread hold a reference to what
 * they share, so that a thread that comes back after everything was freed finds its lock. */
#include "handlers/procedures/blocking_threads.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct blocking_threads {
    pthread_mutex_t lock;
    /* under the lock */
    size_t references;
    struct list news; // of tasks that have some
    uv_async_t *wake; // NULL: the loop is gone
};

static void let_go(struct blocking_threads *self) {
    (void)pthread_mutex_lock(&self->lock);
    bool is_last = --self->references == 0;
    (void)pthread_mutex_unlock(&self->lock);
    if (!is_last) return;
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
}

static void post(struct blocking_task *task) {
    struct blocking_threads *self = task->threads;
    if (!self->wake || task->has_news) return;
    task->has_news = true;
    list_append(&self->news, &task->node);
    (void)uv_async_send(self->wake);
}

void blocking_tell(struct blocking_task *task) {
    struct blocking_threads *self = task->threads;
    (void)pthread_mutex_lock(&self->lock);
    post(task);
    (void)pthread_mutex_unlock(&self->lock);
}

static void *thread_main(void *context) {
    struct blocking_task *task = context;
    struct blocking_threads *self = task->threads;
    task->work(task);
    (void)pthread_mutex_lock(&self->lock);
    task->has_ended = true;
    void (*abandoned)(struct blocking_task *) = task->abandoned;
    if (abandoned && task->has_news) list_remove(&task->node);
    if (!abandoned) post(task);
    (void)pthread_mutex_unlock(&self->lock);
    if (abandoned) abandoned(task);
    let_go(self);
    return NULL;
}

bool blocking_start(struct blocking_threads *self, struct blocking_task *task) {
    pthread_t thread;
    task->threads = self;
    list_init(&task->node);
    (void)pthread_mutex_lock(&self->lock);
    self->references++;
    (void)pthread_mutex_unlock(&self->lock);
    if (pthread_create(&thread, NULL, thread_main, task) == 0) {
        (void)pthread_detach(thread);
        return true;
    }
    let_go(self);
    return false;
}

void blocking_abandon(struct blocking_task *task, void (*free_task)(struct blocking_task *task)) {
    struct blocking_threads *self = task->threads;
    (void)pthread_mutex_lock(&self->lock);
    bool has_ended = task->has_ended;
    task->abandoned = free_task;
    list_remove(&task->node);
    (void)pthread_mutex_unlock(&self->lock);
    if (has_ended) free_task(task);
}

static void on_wake(uv_async_t *wake) {
    struct blocking_threads *self = wake->data;
    for (;;) {
        (void)pthread_mutex_lock(&self->lock);
        struct list *node = list_take_first(&self->news);
        struct blocking_task *task = node ? LIST_ENTRY(node, struct blocking_task, node) : NULL;
        bool has_ended = task && task->has_ended;
        if (task) task->has_news = false;
        (void)pthread_mutex_unlock(&self->lock);
        if (!task) return;
        if (has_ended)
            task->ended(task);
        else
            task->told(task);
    }
}

static void free_wake(uv_handle_t *wake) {
    free(wake);
}

struct blocking_threads *blocking_threads_new(uv_loop_t *loop, struct err *err) {
    struct blocking_threads *self = xcalloc(1, sizeof *self);
    uv_async_t *wake = xcalloc(1, sizeof *wake);
    if (uv_async_init(loop, wake, on_wake) != 0) {
        free(wake);
        free(self);
        (void)err_set(err, ERR_INTERNAL, "no descriptor to wake the loop by");
        return NULL;
    }
    wake->data = self;
    (void)pthread_mutex_init(&self->lock, NULL);
    self->references = 1;
    self->wake = wake;
    list_init(&self->news);
    return self;
}

void blocking_threads_free(struct blocking_threads *self) {
    if (!self) return;
    (void)pthread_mutex_lock(&self->lock);
    uv_close((uv_handle_t *)self->wake, free_wake);
    self->wake = NULL;
    (void)pthread_mutex_unlock(&self->lock);
    let_go(self);
}
