/* process.c - see process.h, and host/run.c for the other side.
 *
 * posix_spawn starts the supervisor, a program of a few pages that is part of this one and executed
 * from memory: starting it costs a fraction of what the child costs, and no path can be confused.
 * Everything it needs is handed over as descriptors, so nothing that was checked is looked up
 * again.
 *
 * A process is over when its supervisor is (the pidfd says so); by then every writer of the output
 * is gone, so what is left in the pipe is read to its end first. A supervisor that died without a
 * report was killed from outside. The kernel has then killed the child, and the rest have become
 * children of this process, which asked for that: they are found and killed here. */
#include "handlers/process.h"

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "handlers/host/run_abi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern const unsigned char alphabet_run[];
extern const size_t alphabet_run_size;

enum {
    READ_BYTES = 64 * 1024,
    READS_A_TURN = 4,   // of one process, so that a flood does not hold up the others
    PATIENCE_MS = 1500, // beyond the grace, for a supervisor that does not answer
    STRAY_ROUNDS = 200,
    LOWEST_DESCRIPTOR = 16, // ours lie above what the supervisor gets
};

struct processes {
    uv_loop_t *loop;
    int supervisor; // its program
    struct list live;
    char *bytes; // what is read into
};

struct process {
    struct list node;
    struct processes *owner;
    struct process_events events;
    pid_t supervisor;
    int pidfd, output, report;
    int64_t grace_ms;
    uv_poll_t on_output, on_exit;
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

/* --- descriptors --- */

static void close_if_open(int fd) {
    if (fd >= 0) (void)close(fd);
}

/* The same file under a number that the supervisor's own do not collide with; -1 stays -1. */
static int out_of_the_way(int fd) {
    if (fd < 0 || fd >= LOWEST_DESCRIPTOR) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR);
    (void)close(fd);
    return higher;
}

static bool write_whole(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes = str_slice(bytes, (size_t)put, bytes.len);
    }
    return true;
}

int process_memory_file(const char *name, struct str bytes, struct err *err) {
    int fd = out_of_the_way(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    bool ok = fd >= 0 && write_whole(fd, bytes) && lseek(fd, 0, SEEK_SET) == 0 &&
              fchmod(fd, 0555) == 0 &&
              fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    if (ok) return fd;
    (void)err_set(err, ERR_UNAVAILABLE, "no file in memory could be made: %s",
                  strerrordesc_np(errno));
    close_if_open(fd);
    return -1;
}

static bool make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    ends[0] = out_of_the_way(ends[0]);
    ends[1] = out_of_the_way(ends[1]);
    return ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/* --- starting the supervisor --- */

/* What it is given; own ones are closed when it runs. */
struct hand_over {
    int input, output, report; // own
    int copies[RUN_FD_END];    // own copies of the spec's that lay in the way
    char numbers[RUN_NUMBERS * 21];
    const char **arguments;
};

static void write_numbers(const struct process_spec *spec, char *out, size_t size) {
    uint64_t flags =
        (spec->file >= 0 ? RUN_HAS_FILE : 0U) | (spec->program < 0 ? RUN_EXECUTES_FILE : 0U) |
        (spec->rules >= 0 ? RUN_HAS_RULES : 0U) | (spec->is_filtered ? RUN_FILTERS : 0U) |
        (spec->has_no_sockets ? RUN_NO_SOCKETS : 0U) | (spec->changes_user ? RUN_CHANGES_USER : 0U);
    const uint64_t numbers[RUN_NUMBERS] = {
        [RUN_PARENT] = (uint64_t)getpid(),
        [RUN_FLAGS] = flags,
        [RUN_UID] = spec->uid,
        [RUN_GID] = spec->gid,
        [RUN_GRACE_MS] = (uint64_t)spec->grace_ms,
        [RUN_CPU_SECONDS] = (uint64_t)spec->limits.cpu_seconds,
        [RUN_MEMORY_BYTES] = (uint64_t)spec->limits.memory_bytes,
        [RUN_FILE_BYTES] = (uint64_t)spec->limits.file_bytes,
        [RUN_OPEN_FILES] = (uint64_t)spec->limits.open_files,
        [RUN_USER_PROCESSES] = (uint64_t)spec->limits.user_processes,
        [RUN_PROCESSES] = (uint64_t)spec->limits.processes,
    };
    size_t at = 0;
    for (size_t i = 0; i < RUN_NUMBERS && at < size; i++) {
        int put = snprintf(out + at, size - at, i > 0 ? ",%" PRIu64 : "%" PRIu64, numbers[i]);
        at += put > 0 ? (size_t)put : 0;
    }
}

static const char **supervisor_arguments(const struct process_spec *spec, const char *numbers) {
    size_t count = 0;
    while (spec->arguments[count]) count++;
    const char **arguments = xcalloc(count + 3, sizeof *arguments);
    arguments[0] = "alphabet-run";
    arguments[1] = numbers;
    memcpy(arguments + 2, spec->arguments, count * sizeof *arguments);
    return arguments;
}

static bool give(posix_spawn_file_actions_t *actions, struct hand_over *hand_over, int fd, int as) {
    if (fd >= 0 && fd < LOWEST_DESCRIPTOR)
        fd = hand_over->copies[as] = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR);
    return fd >= 0 && posix_spawn_file_actions_adddup2(actions, fd, as) == 0;
}

static bool fill_actions(posix_spawn_file_actions_t *actions, const struct processes *processes,
                         const struct process_spec *spec, struct hand_over *hand_over) {
    return posix_spawn_file_actions_adddup2(actions, hand_over->input, 0) == 0 &&
           posix_spawn_file_actions_adddup2(actions, hand_over->output, 1) == 0 &&
           posix_spawn_file_actions_adddup2(actions, hand_over->output, 2) == 0 &&
           (spec->file < 0 || give(actions, hand_over, spec->file, RUN_FD_FILE)) &&
           posix_spawn_file_actions_adddup2(actions, hand_over->report, RUN_FD_REPORT) == 0 &&
           (spec->program < 0 || give(actions, hand_over, spec->program, RUN_FD_PROGRAM)) &&
           give(actions, hand_over, spec->folder, RUN_FD_FOLDER) &&
           (spec->rules < 0 || give(actions, hand_over, spec->rules, RUN_FD_RULES)) &&
           posix_spawn_file_actions_adddup2(actions, processes->supervisor, RUN_FD_SELF) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(actions, RUN_FD_END) == 0;
}

/* Numbers that no file has are not left open by accident: /proc/self/fd/3 of a process without a
 * file would else be whatever the server has there. */
static bool close_unused(posix_spawn_file_actions_t *actions, const struct process_spec *spec) {
    return (spec->file >= 0 || posix_spawn_file_actions_addclose(actions, RUN_FD_FILE) == 0) &&
           (spec->program >= 0 ||
            posix_spawn_file_actions_addclose(actions, RUN_FD_PROGRAM) == 0) &&
           (spec->rules >= 0 || posix_spawn_file_actions_addclose(actions, RUN_FD_RULES) == 0);
}

static int spawn(struct processes *processes, const struct process_spec *spec,
                 struct hand_over *hand_over, pid_t *ret) {
    char path[32];
    /* What the server, or who started it, ignores, the child must not ignore. */
    static const int defaults[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
                                   SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ, SIGXCPU};
    sigset_t every, none;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", RUN_FD_SELF);
    (void)sigemptyset(&every);
    for (size_t i = 0; i < COUNT_OF(defaults); i++) (void)sigaddset(&every, defaults[i]);
    (void)sigemptyset(&none);
    if (posix_spawnattr_init(&attributes) != 0) return ENOMEM;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return ENOMEM;
    }
    (void)posix_spawnattr_setsigdefault(&attributes, &every);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = ENOMEM;
    if (close_unused(&actions, spec) && fill_actions(&actions, processes, spec, hand_over))
        error = posix_spawn(ret, path, &actions, &attributes,
                            (char *const *)(uintptr_t)hand_over->arguments,
                            (char *const *)(uintptr_t)spec->environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return error;
}

static bool start_supervisor(struct processes *processes, const struct process_spec *spec,
                             struct process *process, struct err *err) {
    int output[2] = {-1, -1}, report[2] = {-1, -1};
    struct hand_over hand_over = {.input = -1};
    for (size_t i = 0; i < RUN_FD_END; i++) hand_over.copies[i] = -1;
    write_numbers(spec, hand_over.numbers, sizeof hand_over.numbers);
    hand_over.input = process_memory_file("input", spec->input, err);
    bool ok = hand_over.input >= 0;
    if (ok && !(make_pipe(output) && make_pipe(report)))
        ok = err_set(err, ERR_UNAVAILABLE, "no pipe could be made: %s", strerrordesc_np(errno));
    if (ok) {
        hand_over.output = output[1];
        hand_over.report = report[1];
        hand_over.arguments = supervisor_arguments(spec, hand_over.numbers);
        int error = spawn(processes, spec, &hand_over, &process->supervisor);
        free(hand_over.arguments);
        if (error != 0)
            ok = err_set(err, ERR_UNAVAILABLE, "no process could be started: %s",
                         strerrordesc_np(error));
    }
    for (size_t i = 0; i < RUN_FD_END; i++) close_if_open(hand_over.copies[i]);
    close_if_open(hand_over.input);
    close_if_open(output[1]);
    close_if_open(report[1]);
    process->output = output[0];
    process->report = report[0];
    return ok;
}

/* --- its end --- */

static void on_closed(uv_handle_t *handle) {
    struct process *process = handle->data;
    if (--process->open_handles > 0) return;
    close_if_open(process->output);
    close_if_open(process->report);
    close_if_open(process->pidfd);
    free(process);
}

static void close_handles(struct process *process) {
    uv_close((uv_handle_t *)&process->on_output, on_closed);
    uv_close((uv_handle_t *)&process->on_exit, on_closed);
    uv_close((uv_handle_t *)&process->patience, on_closed);
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

static bool is_supervisor(const struct processes *processes, pid_t id) {
    for (struct list *node = processes->live.next; node != &processes->live; node = node->next)
        if (LIST_ENTRY(node, struct process, node)->supervisor == id) return true;
    return false;
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
static bool kill_strays_once(const struct processes *processes, unsigned *killed) {
    bool found = false;
    DIR *folder = opendir("/proc");
    if (!folder) return false;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        int64_t id;
        if (!str_parse_i64(str_from_cstr(entry->d_name), &id) ||
            parent_of(entry->d_name) != getpid() || is_supervisor(processes, (pid_t)id))
            continue;
        found = true;
        *killed += kill((pid_t)id, SIGKILL) == 0;
        (void)waitpid((pid_t)id, NULL, 0);
    }
    (void)closedir(folder);
    return found;
}

static bool kill_strays(const struct processes *processes, unsigned *killed) {
    for (int round = 0; round < STRAY_ROUNDS; round++)
        if (!kill_strays_once(processes, killed)) return true;
    return false;
}

static struct process_end read_reports(struct process *process, int supervisor_status) {
    struct run_report report, last = {0};
    struct process_end end = {0};
    bool has_ended = false;
    while (read(process->report, &report, sizeof report) == (ssize_t)sizeof report) {
        if (report.stage > 0 && (size_t)report.stage < COUNT_OF(stages)) {
            end.start_error = stages[report.stage];
            end.error = report.error;
            continue;
        }
        has_ended = true;
        last = report;
    }
    if (has_ended || end.start_error) {
        end.status = last.status;
        end.was_asked = last.flags & RUN_WAS_ASKED;
        end.was_killed = last.flags & RUN_WAS_KILLED;
        end.had_too_many = last.flags & RUN_TOO_MANY;
        end.left_behind = last.flags & RUN_LEFT_BEHIND;
        end.none_left = (last.flags & RUN_NONE_LEFT) || !has_ended;
        end.killed = last.killed;
        return end;
    }
    end.status = supervisor_status;
    end.was_killed = true;
    end.none_left = kill_strays(process->owner, &end.killed);
    return end;
}

static void on_exit_ready(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct process *process = poll->data;
    int supervisor_status = 0;
    if (waitpid(process->supervisor, &supervisor_status, WNOHANG) == 0) return;
    list_remove(&process->node);
    process->supervisor = 0;
    struct process_end end = read_reports(process, supervisor_status);
    /* No writer is left, so this ends; the bound is for one that got away all the same. */
    (void)read_output(process, 1024);
    close_handles(process);
    process->events.ended(process->events.context, &end);
}

static void on_output_ready(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    struct process *process = poll->data;
    if (!read_output(process, READS_A_TURN)) (void)uv_poll_stop(poll);
}

/* --- stopping --- */

static void signal_supervisor(struct process *process, int number) {
    if (process->supervisor > 0)
        (void)syscall(SYS_pidfd_send_signal, process->pidfd, number, NULL, 0);
}

/* It should have been over: somebody has stopped or disabled the supervisor itself. */
static void on_patience_ends(uv_timer_t *timer) {
    struct process *process = timer->data;
    log_warn("supervisor killed", "pid=%d reason=\"it did not end its run in time\"",
             (int)process->supervisor);
    signal_supervisor(process, SIGKILL);
}

void process_stop(struct process *process) {
    signal_supervisor(process, SIGTERM);
    (void)uv_timer_start(&process->patience, on_patience_ends,
                         (uint64_t)process->grace_ms + PATIENCE_MS, 0);
}

void process_kill(struct process *process) {
    signal_supervisor(process, SIGHUP);
    (void)uv_timer_start(&process->patience, on_patience_ends, PATIENCE_MS, 0);
}

/* --- process.h --- */

struct process *process_start(struct processes *processes, const struct process_spec *spec,
                              const struct process_events *events, struct err *err) {
    struct process *process = xcalloc(1, sizeof *process);
    *process = (struct process){
        .owner = processes, .events = *events, .pidfd = -1, .grace_ms = spec->grace_ms};
    list_init(&process->node);
    bool ok = start_supervisor(processes, spec, process, err);
    if (ok) {
        process->pidfd = (int)syscall(SYS_pidfd_open, process->supervisor, 0);
        if (process->pidfd < 0) {
            ok = err_set(err, ERR_UNAVAILABLE, "no descriptor for a process: %s",
                         strerrordesc_np(errno));
            (void)kill(process->supervisor, SIGHUP);
            (void)waitpid(process->supervisor, NULL, 0);
        }
    }
    if (!ok) {
        close_if_open(process->output);
        close_if_open(process->report);
        free(process);
        return NULL;
    }
    process->on_output.data = process->on_exit.data = process->patience.data = process;
    (void)uv_poll_init(processes->loop, &process->on_output, process->output);
    (void)uv_poll_init(processes->loop, &process->on_exit, process->pidfd);
    (void)uv_timer_init(processes->loop, &process->patience);
    process->open_handles = 3;
    (void)uv_poll_start(&process->on_output, UV_READABLE, on_output_ready);
    (void)uv_poll_start(&process->on_exit, UV_READABLE, on_exit_ready);
    list_append(&processes->live, &process->node);
    return process;
}

struct processes *processes_new(uv_loop_t *loop, struct err *err) {
    struct str program = {(const char *)alphabet_run, alphabet_run_size};
    int supervisor = process_memory_file("alphabet-run", program, err);
    if (supervisor < 0) return NULL;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    struct processes *processes = xcalloc(1, sizeof *processes);
    *processes =
        (struct processes){.loop = loop, .supervisor = supervisor, .bytes = xmalloc(READ_BYTES)};
    list_init(&processes->live);
    return processes;
}

void processes_free(struct processes *processes) {
    if (!processes) return;
    (void)close(processes->supervisor);
    free(processes->bytes);
    free(processes);
}
