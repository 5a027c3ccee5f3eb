/* supervisors.c - see supervisors.h, and host/run.c for the other side.
 *
 * posix_spawn starts a supervisor, a program of a few pages that is part of this one and executed
 * from memory, so no path can be confused. An order goes to it as one message, with all that the
 * run needs as descriptors, so nothing that was checked is looked up again.
 *
 * The channel tells all: a report is a message, and the end of a supervisor is the end of the
 * channel, for no other process keeps its side open. A stop is a signal, because it must be heard
 * at any moment; one that is sent late would hit the next run, so who was signalled gets none.
 *
 * When a supervisor dies without a report, it was killed from outside. The kernel has then killed
 * the child, and the rest have become children of this process, which asked for that: they are
 * found and killed here. */
#include "handlers/supervisors.h"

#include "base/buf.h"
#include "base/list.h"
#include "handlers/memory_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern const unsigned char alphabet_run[];
extern const size_t alphabet_run_size;

enum {
    SWEEP_MS = 1000,
    IDLE_SWEEPS = 2, // that one lives through
    MOST_IDLE = 64,
    STRAY_ROUNDS = 200,
    LOWEST_DESCRIPTOR = 16, // of what a supervisor starts with, above the numbers it gets there
    SEND_TRIES = 100,
};

struct supervisors {
    uv_loop_t *loop;
    int program;
    struct list idle;   // the latest first
    struct list others; // those with a run, and those that are about to end
    int idle_count;
    unsigned sweeps; // so far
    uv_timer_t sweep;
};

struct supervisor {
    struct list node;
    struct supervisors *owner;
    pid_t id;
    int channel;
    uint64_t kind;  // of its orders: flags of KIND_FLAGS
    bool is_spent;  // takes no other order
    bool has_run;   // which has not ended yet
    unsigned since; // which sweep it is idle
    struct supervisor_events events;
    uv_poll_t on_channel;
};

#define KIND_FLAGS ((uint64_t)RUN_FILTERS | RUN_NO_SOCKETS)

/* --- descriptors --- */

static void close_if_open(int fd) {
    if (fd >= 0) (void)close(fd);
}

/* The same file under a number that a supervisor's own do not collide with; -1 stays -1. */
static int out_of_the_way(int fd) {
    if (fd < 0 || fd >= LOWEST_DESCRIPTOR) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR);
    (void)close(fd);
    return higher;
}

/* --- those that were left when a supervisor was killed --- */

static bool is_in(const struct list *list, pid_t id) {
    for (struct list *node = list->next; node != list; node = node->next)
        if (LIST_ENTRY(node, struct supervisor, node)->id == id) return true;
    return false;
}

static bool is_supervisor(const struct supervisors *supervisors, pid_t id) {
    return is_in(&supervisors->idle, id) || is_in(&supervisors->others, id);
}

/* The state and parent of a process, from the line in /proc/ID/stat whose name may hold anything.
 */
static pid_t parent_of(const char *id) {
    char path[300], line[512];
    (void)snprintf(path, sizeof path, "/proc/%s/stat", id);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t got = read(file, line, sizeof line - 1);
    (void)close(file);
    if (got <= 0) return -1;
    line[got] = '\0';
    const char *at = strrchr(line, ')');
    return at && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : -1;
}

/* Kills our children that are no supervisors; false when there were none. */
static bool kill_strays_once(const struct supervisors *supervisors, unsigned *killed) {
    bool found = false;
    DIR *folder = opendir("/proc");
    if (!folder) return false;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        int64_t id;
        if (!str_parse_i64(str_from_cstr(entry->d_name), &id) ||
            parent_of(entry->d_name) != getpid() || is_supervisor(supervisors, (pid_t)id))
            continue;
        found = true;
        *killed += kill((pid_t)id, SIGKILL) == 0;
        (void)waitpid((pid_t)id, NULL, 0);
    }
    (void)closedir(folder);
    return found;
}

static bool kill_strays(const struct supervisors *supervisors, unsigned *killed) {
    for (int round = 0; round < STRAY_ROUNDS; round++)
        if (!kill_strays_once(supervisors, killed)) return true;
    return false;
}

/* --- its end --- */

static void on_closed(uv_handle_t *handle) {
    struct supervisor *supervisor = handle->data;
    close_if_open(supervisor->channel);
    free(supervisor);
}

static void leave_idle(struct supervisor *supervisor) {
    struct supervisors *owner = supervisor->owner;
    list_remove(&supervisor->node);
    list_append(&owner->others, &supervisor->node);
    owner->idle_count--;
    uv_ref((uv_handle_t *)&supervisor->on_channel);
}

/* It ends when it sees the end of the channel; we see its end then. */
static void dismiss(struct supervisor *supervisor) {
    supervisor->is_spent = true;
    (void)shutdown(supervisor->channel, SHUT_WR);
}

static int take_away(struct supervisor *supervisor) {
    int status = 0;
    (void)kill(supervisor->id, SIGKILL); // it is ending; so this waits for a moment at most
    while (waitpid(supervisor->id, &status, 0) < 0 && errno == EINTR) continue;
    list_remove(&supervisor->node);
    uv_close((uv_handle_t *)&supervisor->on_channel, on_closed);
    return status;
}

static void on_end(struct supervisor *supervisor) {
    if (!supervisor->has_run && !supervisor->is_spent) leave_idle(supervisor);
    bool had_run = supervisor->has_run;
    struct supervisors *owner = supervisor->owner;
    struct supervisor_events events = supervisor->events;
    unsigned killed = 0;
    int status = take_away(supervisor);
    if (!had_run) return;
    bool none_left = kill_strays(owner, &killed);
    events.gone(events.context, status, killed, none_left);
}

static void on_sweep(uv_timer_t *timer) {
    struct supervisors *supervisors = timer->data;
    supervisors->sweeps++;
    while (!list_is_empty(&supervisors->idle)) {
        struct supervisor *oldest = LIST_ENTRY(supervisors->idle.prev, struct supervisor, node);
        if (supervisors->sweeps - oldest->since < IDLE_SWEEPS) return;
        leave_idle(oldest);
        dismiss(oldest);
    }
    (void)uv_timer_stop(timer);
}

static void rest(struct supervisor *supervisor) {
    struct supervisors *owner = supervisor->owner;
    if (supervisor->is_spent || owner->idle_count == MOST_IDLE) {
        dismiss(supervisor);
        return;
    }
    list_remove(&supervisor->node);
    list_prepend(&owner->idle, &supervisor->node);
    owner->idle_count++;
    supervisor->since = owner->sweeps;
    uv_unref((uv_handle_t *)&supervisor->on_channel);
    if (!uv_is_active((uv_handle_t *)&owner->sweep))
        (void)uv_timer_start(&owner->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

static void on_report(struct supervisor *supervisor, const struct run_report *report) {
    struct supervisor_events events = supervisor->events;
    bool is_last = report->stage == RUN_STAGE_NONE;
    if (!is_last || report->flags != RUN_NONE_LEFT || report->killed > 0)
        supervisor->is_spent = true;
    if (is_last) {
        supervisor->has_run = false;
        rest(supervisor);
    }
    events.report(events.context, report);
}

static void on_channel_ready(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct supervisor *supervisor = poll->data;
    struct run_report report;
    ssize_t got = recv(supervisor->channel, &report, sizeof report, MSG_DONTWAIT);
    if (got == (ssize_t)sizeof report && supervisor->has_run)
        on_report(supervisor, &report);
    else if (got >= 0 || (errno != EAGAIN && errno != EINTR))
        on_end(supervisor);
}

/* --- starting one --- */

static int spawn(const struct supervisors *supervisors, int channel, pid_t *ret) {
    char path[32], parent[16];
    /* What the server, or who started it, ignores, the child must not ignore. */
    static const int defaults[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
                                   SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ, SIGXCPU};
    sigset_t every, all;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", RUN_FD_PROGRAM);
    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    char *const arguments[] = {(char *)(uintptr_t) "alphabet-run", parent, NULL};
    char *const environment[] = {NULL};
    (void)sigemptyset(&every);
    for (size_t i = 0; i < COUNT_OF(defaults); i++) (void)sigaddset(&every, defaults[i]);
    (void)sigfillset(&all); // a stop may come before it listens
    if (posix_spawnattr_init(&attributes) != 0) return ENOMEM;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return ENOMEM;
    }
    (void)posix_spawnattr_setsigdefault(&attributes, &every);
    (void)posix_spawnattr_setsigmask(&attributes, &all);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = ENOMEM;
    /* The kernel executes RUN_FD_PROGRAM; the program closes it, and what the server had below. */
    if (posix_spawn_file_actions_adddup2(&actions, channel, RUN_FD_CHANNEL) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, supervisors->program, RUN_FD_PROGRAM) == 0 &&
        posix_spawn_file_actions_addclosefrom_np(&actions, RUN_FD_PROGRAM + 1) == 0)
        error = posix_spawn(ret, path, &actions, &attributes, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return error;
}

static struct supervisor *start(struct supervisors *supervisors, uint64_t kind, struct err *err) {
    int ends[2] = {-1, -1};
    pid_t id = -1;
    int error = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) error = errno;
    if (error == 0 && (ends[1] = out_of_the_way(ends[1])) < 0) error = errno;
    if (error == 0) error = spawn(supervisors, ends[1], &id);
    close_if_open(ends[1]);
    if (error != 0) {
        close_if_open(ends[0]);
        (void)err_set(err, ERR_UNAVAILABLE, "no process could be started: %s",
                      strerrordesc_np(error));
        return NULL;
    }
    struct supervisor *supervisor = xcalloc(1, sizeof *supervisor);
    supervisor->owner = supervisors;
    supervisor->id = id;
    supervisor->channel = ends[0];
    supervisor->kind = kind;
    (void)uv_poll_init(supervisors->loop, &supervisor->on_channel, supervisor->channel);
    supervisor->on_channel.data = supervisor;
    (void)uv_poll_start(&supervisor->on_channel, UV_READABLE, on_channel_ready);
    list_init(&supervisor->node);
    list_append(&supervisors->others, &supervisor->node);
    return supervisor;
}

static struct supervisor *take_idle(struct supervisors *supervisors, uint64_t kind) {
    for (struct list *node = supervisors->idle.next; node != &supervisors->idle;
         node = node->next) {
        struct supervisor *supervisor = LIST_ENTRY(node, struct supervisor, node);
        if (supervisor->kind != kind) continue;
        leave_idle(supervisor);
        return supervisor;
    }
    return NULL;
}

/* --- an order --- */

static size_t count_of(const char *const *list) {
    size_t count = 0;
    while (list[count]) count++;
    return count;
}

/* Both lists as run_abi.h has them; wiped and freed by the caller. */
static void put_texts(const struct supervisor_order *order, struct buf *out) {
    const char *const *const lists[] = {order->arguments, order->environment};
    uint64_t at = 0;
    for (size_t i = 0; i < COUNT_OF(lists); i++) at += count_of(lists[i]) + 1;
    at *= sizeof at;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (const char *const *text = lists[i]; *text; text++) {
            buf_put(out, (struct str){(const char *)&at, sizeof at});
            at += strlen(*text) + 1;
        }
        static const uint64_t end = 0;
        buf_put(out, (struct str){(const char *)&end, sizeof end});
    }
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (const char *const *text = lists[i]; *text; text++)
            buf_put(out, (struct str){*text, strlen(*text) + 1});
}

static uint64_t flags_of(const struct supervisor_order *order) {
    return order->numbers[RUN_FLAGS] | (order->file >= 0 ? RUN_HAS_FILE : 0U) |
           (order->program < 0 ? RUN_EXECUTES_FILE : 0U) | (order->rules >= 0 ? RUN_HAS_RULES : 0U);
}

/* The kernel bounds how many descriptors are under way; those before take only a moment. */
static int send_message(int channel, const struct msghdr *message) {
    static const struct timespec moment = {.tv_nsec = 1000000};
    for (int i = 0; i < SEND_TRIES; i++) {
        if (sendmsg(channel, message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        if (errno != ETOOMANYREFS && errno != EINTR) break;
        if (errno == ETOOMANYREFS) (void)nanosleep(&moment, NULL);
    }
    return errno;
}

static int send_order(int channel, const struct supervisor_order *order, struct str texts,
                      int long_texts) {
    struct run_order head = {.arguments = count_of(order->arguments), .texts = texts.len};
    memcpy(head.numbers, order->numbers, sizeof head.numbers);
    head.numbers[RUN_FLAGS] = flags_of(order) | (long_texts >= 0 ? RUN_HAS_LONG_TEXTS : 0U);
    const int fds[] = {order->input,
                       order->output,
                       order->output,
                       order->file >= 0 ? order->file : order->folder,
                       order->program >= 0 ? order->program : order->folder,
                       order->folder,
                       order->rules >= 0 ? order->rules : order->folder,
                       long_texts};
    size_t size = (COUNT_OF(fds) - (long_texts >= 0 ? 0U : 1U)) * sizeof fds[0];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fds)];
    } control = {0};
    struct iovec pieces[] = {{&head, sizeof head},
                             {(void *)(uintptr_t)texts.ptr, long_texts >= 0 ? 0 : texts.len}};
    struct msghdr message = {.msg_iov = pieces,
                             .msg_iovlen = COUNT_OF(pieces),
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(size)};
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.head), fds, size);
    return send_message(channel, &message);
}

/* To one that is idle, else to a new one; one that died while it was idle is passed over. */
static struct supervisor *hand_over(struct supervisors *supervisors,
                                    const struct supervisor_order *order, struct str texts,
                                    int long_texts, struct err *err) {
    uint64_t kind = order->numbers[RUN_FLAGS] & KIND_FLAGS;
    for (;;) {
        struct supervisor *supervisor = take_idle(supervisors, kind);
        bool is_new = !supervisor;
        if (is_new) supervisor = start(supervisors, kind, err);
        if (!supervisor) return NULL;
        int error = send_order(supervisor->channel, order, texts, long_texts);
        if (error == 0) return supervisor;
        supervisor->is_spent = true;
        (void)kill(supervisor->id, SIGKILL);
        if (!is_new) continue;
        (void)err_set(err, ERR_UNAVAILABLE, "no process could be started: %s",
                      strerrordesc_np(error));
        return NULL;
    }
}

/* --- supervisors.h --- */

struct supervisor *supervisors_order(struct supervisors *supervisors,
                                     const struct supervisor_order *order,
                                     const struct supervisor_events *events, struct err *err) {
    struct buf texts = buf_with_max(0);
    int long_texts = -1;
    put_texts(order, &texts);
    bool ok = texts.len <= RUN_TEXT_BYTES ||
              (long_texts = memory_file("texts", buf_str(&texts), err)) >= 0;
    struct supervisor *supervisor =
        ok ? hand_over(supervisors, order, buf_str(&texts), long_texts, err) : NULL;
    close_if_open(long_texts);
    sodium_memzero(texts.ptr, texts.cap);
    buf_free(&texts);
    if (!supervisor) return NULL;
    supervisor->events = *events;
    supervisor->has_run = true;
    return supervisor;
}

void supervisor_signal(struct supervisor *supervisor, int number) {
    supervisor->is_spent = true;
    (void)kill(supervisor->id, number); // it has not been waited for, so the number is its own
}

struct supervisors *supervisors_new(uv_loop_t *loop, struct err *err) {
    struct str bytes = {(const char *)alphabet_run, alphabet_run_size};
    int program = out_of_the_way(memory_file("alphabet-run", bytes, err));
    if (program < 0) return NULL;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    struct supervisors *supervisors = xcalloc(1, sizeof *supervisors);
    supervisors->loop = loop;
    supervisors->program = program;
    list_init(&supervisors->idle);
    list_init(&supervisors->others);
    (void)uv_timer_init(loop, &supervisors->sweep);
    supervisors->sweep.data = supervisors;
    uv_unref((uv_handle_t *)&supervisors->sweep);
    return supervisors;
}

static void on_sweep_closed(uv_handle_t *handle) {
    free(handle->data);
}

static void end_all(struct list *list) {
    struct list *node;
    while ((node = list_first(list))) {
        struct supervisor *supervisor = LIST_ENTRY(node, struct supervisor, node);
        (void)take_away(supervisor);
    }
}

void supervisors_free(struct supervisors *supervisors) {
    if (!supervisors) return;
    end_all(&supervisors->idle);
    end_all(&supervisors->others);
    (void)close(supervisors->program);
    uv_close((uv_handle_t *)&supervisors->sweep, on_sweep_closed);
}
