/* process.c - see process.h, supervisors.h for who starts it, and host/run.c for the other side.
 *
 * A process is over when its supervisor says so; by then every writer of the output is gone, so
 * what is left in the pipe is read to its end first. */
#include "handlers/process.h"

#include "base/list.h"
#include "base/log.h"
#include "handlers/supervisors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    READS_A_TURN = 4,   // of one process, so that a flood does not hold up the others
    PATIENCE_MS = 1500, // beyond the grace, for a supervisor that does not answer
};

struct processes {
    uv_loop_t *loop;
    struct supervisors *supervisors;
    char *bytes; // what is read into
};

struct process {
    struct processes *owner;
    struct process_events events;
    struct supervisor *supervisor; // NULL: it is over
    struct process_end end;
    int output;
    int64_t grace_ms;
    uv_poll_t on_output;
    uv_timer_t patience;
    int open_handles;
    bool output_ended;
};

static const char *const stages[] = {
    [RUN_STAGE_FORK] = "starting a process",
    [RUN_STAGE_SESSION] = "making a session",
    [RUN_STAGE_FOLDER] = "entering the working directory",
    [RUN_STAGE_LIMITS] = "setting limits",
    [RUN_STAGE_USER] = "changing the user",
    [RUN_STAGE_PRIVILEGES] = "giving up privileges",
    [RUN_STAGE_RULES] = "applying Landlock rules",
    [RUN_STAGE_FILTER] = "filtering system calls",
    [RUN_STAGE_EXECUTE] = "executing the program",
};

/* --- starting it --- */

static void close_if_open(int fd) {
    if (fd >= 0) (void)close(fd);
}

/* Its own to read, seek and spoil. */
static int make_input(struct str bytes) {
    int fd = memfd_create("input", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < bytes.len;) {
        ssize_t put = pwrite(fd, bytes.ptr + at, bytes.len - at, (off_t)at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            (void)close(fd);
            return -1;
        }
        at += (size_t)put;
    }
    return fd;
}

static struct supervisor_order make_order(const struct process_spec *spec) {
    uint64_t flags = (spec->is_filtered ? RUN_FILTERS : 0U) |
                     (spec->has_no_sockets ? RUN_NO_SOCKETS : 0U) |
                     (spec->changes_user ? RUN_CHANGES_USER : 0U);
    return (struct supervisor_order){
        .input = -1,
        .output = -1,
        .file = spec->file,
        .program = spec->program,
        .folder = spec->folder,
        .rules = spec->rules,
        .numbers = {[RUN_FLAGS] = flags,
                    [RUN_UID] = spec->uid,
                    [RUN_GID] = spec->gid,
                    [RUN_GRACE_MS] = (uint64_t)spec->grace_ms,
                    [RUN_CPU_SECONDS] = (uint64_t)spec->limits.cpu_seconds,
                    [RUN_MEMORY_BYTES] = (uint64_t)spec->limits.memory_bytes,
                    [RUN_FILE_BYTES] = (uint64_t)spec->limits.file_bytes,
                    [RUN_OPEN_FILES] = (uint64_t)spec->limits.open_files,
                    [RUN_USER_PROCESSES] = (uint64_t)spec->limits.user_processes,
                    [RUN_PROCESSES] = (uint64_t)spec->limits.processes},
        .arguments = spec->arguments,
        .environment = spec->environment,
    };
}

static bool order(struct process *process, const struct process_spec *spec,
                  const struct supervisor_events *events, struct err *err) {
    int output[2] = {-1, -1};
    struct supervisor_order order = make_order(spec);
    order.input = make_input(spec->input);
    bool ok = true;
    if (order.input < 0)
        ok = err_set(err, ERR_UNAVAILABLE, "no file in memory could be made: %s",
                     strerrordesc_np(errno));
    else if (pipe2(output, O_CLOEXEC) != 0)
        ok = err_set(err, ERR_UNAVAILABLE, "no pipe could be made: %s", strerrordesc_np(errno));
    order.output = output[1];
    if (ok)
        process->supervisor = supervisors_order(process->owner->supervisors, &order, events, err);
    close_if_open(order.input);
    close_if_open(output[1]);
    if (!process->supervisor) close_if_open(output[0]);
    process->output = output[0];
    return process->supervisor != NULL;
}

/* --- its end --- */

static void on_closed(uv_handle_t *handle) {
    struct process *process = handle->data;
    if (--process->open_handles > 0) return;
    (void)close(process->output);
    free(process);
}

/* Reads at most `turns` pieces; false when nothing more will come. */
static bool read_output(struct process *process, int turns) {
    char *bytes = process->owner->bytes;
    while (!process->output_ended && turns-- > 0) {
        ssize_t got = read(process->output, bytes, READ_BYTES);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return true;
        if (got <= 0)
            process->output_ended = true;
        else
            process->events.output(process->events.context, (struct str){bytes, (size_t)got});
    }
    return !process->output_ended;
}

/* No writer is left, so the output ends; the bound is for one that got away all the same. */
static void finish(struct process *process) {
    process->supervisor = NULL;
    (void)read_output(process, 1024);
    uv_close((uv_handle_t *)&process->on_output, on_closed);
    uv_close((uv_handle_t *)&process->patience, on_closed);
    process->events.ended(process->events.context, &process->end);
}

static void on_report(void *context, const struct run_report *report) {
    struct process *process = context;
    struct process_end *end = &process->end;
    if (report->stage > 0 && (size_t)report->stage < COUNT_OF(stages)) {
        end->start_error = stages[report->stage];
        end->error = report->error;
        return;
    }
    end->status = report->status;
    end->was_asked = report->flags & RUN_WAS_ASKED;
    end->was_killed = report->flags & RUN_WAS_KILLED;
    end->had_too_many = report->flags & RUN_TOO_MANY;
    end->left_behind = report->flags & RUN_LEFT_BEHIND;
    end->none_left = report->flags & RUN_NONE_LEFT;
    end->killed = report->killed;
    finish(process);
}

static void on_gone(void *context, int status, unsigned killed, bool none_left) {
    struct process *process = context;
    struct process_end *end = &process->end;
    end->none_left = none_left;
    end->killed = killed;
    if (!end->start_error) {
        end->status = status;
        end->was_killed = true;
    }
    finish(process);
}

static void on_output_ready(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct process *process = poll->data;
    if (!read_output(process, READS_A_TURN)) (void)uv_poll_stop(poll);
}

/* --- stopping --- */

/* It should have been over: somebody has stopped or disabled the supervisor itself. */
static void on_patience_ends(uv_timer_t *timer) {
    struct process *process = timer->data;
    if (!process->supervisor) return;
    log_warn("supervisor killed", "reason=\"it did not end its run in time\"");
    supervisor_signal(process->supervisor, SIGKILL);
}

static void stop_with(struct process *process, int number, int64_t patience_ms) {
    if (!process->supervisor) return;
    supervisor_signal(process->supervisor, number);
    (void)uv_timer_start(&process->patience, on_patience_ends, (uint64_t)patience_ms, 0);
}

void process_stop(struct process *process) {
    stop_with(process, RUN_SIGNAL_STOP, process->grace_ms + PATIENCE_MS);
}

void process_kill(struct process *process) {
    stop_with(process, RUN_SIGNAL_KILL, PATIENCE_MS);
}

/* --- process.h --- */

struct process *process_start(struct processes *processes, const struct process_spec *spec,
                              const struct process_events *events, struct err *err) {
    struct process *process = xcalloc(1, sizeof *process);
    *process = (struct process){
        .owner = processes, .events = *events, .output = -1, .grace_ms = spec->grace_ms};
    struct supervisor_events of_supervisor = {
        .report = on_report, .gone = on_gone, .context = process};
    if (!order(process, spec, &of_supervisor, err)) {
        free(process);
        return NULL;
    }
    process->on_output.data = process->patience.data = process;
    (void)uv_poll_init(processes->loop, &process->on_output, process->output);
    (void)uv_timer_init(processes->loop, &process->patience);
    process->open_handles = 2;
    (void)uv_poll_start(&process->on_output, UV_READABLE, on_output_ready);
    return process;
}

struct processes *processes_new(uv_loop_t *loop, struct err *err) {
    struct supervisors *supervisors = supervisors_new(loop, err);
    if (!supervisors) return NULL;
    struct processes *processes = xcalloc(1, sizeof *processes);
    *processes =
        (struct processes){.loop = loop, .supervisors = supervisors, .bytes = xmalloc(READ_BYTES)};
    return processes;
}

void processes_free(struct processes *processes) {
    if (!processes) return;
    supervisors_free(processes->supervisors);
    free(processes->bytes);
    free(processes);
}
