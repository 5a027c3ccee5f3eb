/* Processes on a loop: how they end, what is left, and that no descriptor is lost. */
#include "base/buf.h"
#include "handlers/memory_file.h"
#include "handlers/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    uv_loop_t loop;
    struct processes *processes;
    int shell, folder;
};

struct child {
    struct process *process;
    struct buf output;
    struct process_end end;
    bool has_ended;
    const char *stop_at; // process_stop when this has been written
};

static void on_output(void *context, struct str piece) {
    struct child *child = context;
    assert_false(child->has_ended);
    buf_put(&child->output, piece);
    if (!child->stop_at || !strstr(child->output.ptr, child->stop_at)) return;
    child->stop_at = NULL;
    process_stop(child->process);
}

static void on_ended(void *context, const struct process_end *end) {
    struct child *child = context;
    assert_false(child->has_ended);
    child->has_ended = true;
    child->end = *end;
}

static int open_descriptors(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

static void begin(struct world *world) {
    struct err err = ERR_INIT;
    uv_loop_init(&world->loop);
    world->processes = processes_new(&world->loop, &err);
    assert_non_null(world->processes);
    char *path = realpath("/bin/sh", NULL);
    world->shell = open(path, O_RDONLY | O_CLOEXEC);
    world->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(path);
}

static void finish(struct world *world) {
    processes_free(world->processes);
    close(world->shell);
    close(world->folder);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static struct child *start(struct world *world, const char *script, const char *input,
                           struct process_limits limits, const char *stop_at) {
    const char *const arguments[] = {"sh", "-c", script, NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", "NAME=a value", NULL};
    struct child *child = xcalloc(1, sizeof *child);
    child->stop_at = stop_at;
    struct process_spec spec = {.program = world->shell,
                                .file = -1,
                                .folder = world->folder,
                                .rules = -1,
                                .limits = limits,
                                .grace_ms = 300,
                                .arguments = arguments,
                                .environment = environment,
                                .input = str_from_cstr(input)};
    struct process_events events = {on_output, on_ended, child};
    struct err err = ERR_INIT;
    child->process = process_start(world->processes, &spec, &events, &err);
    if (!child->process) fail_msg("%s", err.msg);
    return child;
}

static struct child *start_plainly(struct world *world, const char *script) {
    return start(world, script, "", (struct process_limits){0}, NULL);
}

static void end(struct world *world, struct child *child) {
    while (!child->has_ended) uv_run(&world->loop, UV_RUN_ONCE);
}

static void release(struct child *child) {
    buf_free(&child->output);
    free(child);
}

/* The process id that a script has written. */
static pid_t id_in(const struct child *child) {
    int64_t id = 0;
    struct str line = str_trim(buf_str(&child->output));
    assert_true(str_parse_i64(line, &id) && id > 1);
    return (pid_t)id;
}

static void test_input_environment_output_and_status(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *child = start(&world, "cat; echo \"$NAME\"; env | grep -vc '^[PN_S]'; exit 3",
                                "given ", (struct process_limits){0}, NULL);
    end(&world, child);
    assert_string_equal(child->output.ptr, "given a value\n0\n");
    assert_true(WIFEXITED(child->end.status) && WEXITSTATUS(child->end.status) == 3);
    assert_true(child->end.none_left);
    assert_false(child->end.was_asked || child->end.was_killed || child->end.left_behind);
    release(child);
    finish(&world);
}

static void test_a_program_that_cannot_be_started_says_why(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    close(world.shell);
    world.shell = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    struct child *child = start(&world, "", "", (struct process_limits){0}, NULL);
    end(&world, child);
    assert_string_equal(child->end.start_error, "executing the program");
    assert_int_equal(child->end.error, EACCES);
    release(child);
    finish(&world);
}

static void test_stop_is_obeyed_or_enforced(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *obeys = start(&world, "trap 'exit 5' TERM; echo up; while :; do sleep 0.02; done",
                                "", (struct process_limits){0}, "up\n");
    struct child *ignores =
        start(&world, "trap '' TERM; (setsid sleep 300 &) ; echo up; while :; do sleep 300; done",
              "", (struct process_limits){0}, "up\n");
    end(&world, obeys);
    end(&world, ignores);
    assert_true(obeys->end.was_asked && !obeys->end.was_killed && obeys->end.none_left);
    assert_int_equal(WEXITSTATUS(obeys->end.status), 5);
    assert_true(ignores->end.was_asked && ignores->end.was_killed && ignores->end.none_left);
    assert_true(WIFSIGNALED(ignores->end.status) && WTERMSIG(ignores->end.status) == SIGKILL);
    release(obeys);
    release(ignores);
    finish(&world);
}

static void test_what_is_left_behind_is_killed(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *child =
        start(&world, "(setsid sleep 300 >/dev/null &); (sleep 0.05; echo late) &", "",
              (struct process_limits){0}, NULL);
    end(&world, child);
    assert_string_equal(child->output.ptr, "late\n"); // who ends soon is waited for
    assert_true(child->end.left_behind && child->end.none_left);
    assert_int_equal(child->end.killed, 1);
    assert_int_equal(child->end.status, 0);
    release(child);
    finish(&world);
}

static void test_too_many_processes_are_all_killed(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *child =
        start(&world, "i=0; while [ $i -lt 30 ]; do sleep 300 & i=$((i + 1)); done; wait", "",
              (struct process_limits){.processes = 10}, NULL);
    end(&world, child);
    assert_true(child->end.had_too_many && child->end.none_left);
    assert_true(child->end.killed > 10);
    release(child);
    finish(&world);
}

static void test_no_descriptor_is_lost(void **state) {
    (void)state;
    struct world world;
    int before = open_descriptors();
    begin(&world);
    for (int i = 0; i < 20; i++) {
        struct child *child = start(&world, "echo x", "y", (struct process_limits){0}, NULL);
        end(&world, child);
        release(child);
    }
    finish(&world);
    assert_int_equal(open_descriptors(), before);
}

static void test_a_supervisor_takes_one_run_after_another(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    pid_t first = 0;
    for (int i = 0; i < 5; i++) {
        struct child *child = start_plainly(&world, "echo $PPID");
        end(&world, child);
        if (i == 0) first = id_in(child);
        assert_int_equal(id_in(child), first);
        release(child);
    }
    struct child *both[] = {start_plainly(&world, "echo $PPID"),
                            start_plainly(&world, "echo $PPID")};
    end(&world, both[0]);
    end(&world, both[1]);
    assert_int_not_equal(id_in(both[0]), id_in(both[1]));
    release(both[0]);
    release(both[1]);
    finish(&world);
}

static void test_a_supervisor_that_was_stopped_or_had_to_kill_takes_no_other(void **state) {
    (void)state;
    static const char *const scripts[] = {"echo $PPID; sleep 300", "echo $PPID; sleep 300 &"};
    struct world world;
    begin(&world);
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct child *child =
            start(&world, scripts[i], "", (struct process_limits){0}, i == 0 ? "\n" : NULL);
        end(&world, child);
        struct child *next = start_plainly(&world, "echo $PPID");
        end(&world, next);
        assert_int_equal(next->end.status, 0);
        assert_int_not_equal(id_in(child), id_in(next));
        release(child);
        release(next);
    }
    finish(&world);
}

static void test_a_supervisor_that_died_idle_is_passed_over(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *child = start_plainly(&world, "echo $PPID");
    end(&world, child);
    siginfo_t facts;
    assert_int_equal(kill(id_in(child), SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)id_in(child), &facts, WEXITED | WNOWAIT), 0);
    struct child *next = start_plainly(&world, "echo $PPID");
    end(&world, next);
    assert_int_equal(next->end.status, 0);
    assert_int_not_equal(id_in(child), id_in(next));
    release(child);
    release(next);
    finish(&world);
}

static void test_a_signal_that_others_sent_between_two_runs_stops_none(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct child *child = start_plainly(&world, "echo $PPID");
    end(&world, child);
    assert_int_equal(kill(id_in(child), SIGTERM), 0);
    struct child *next = start_plainly(&world, "echo $PPID; sleep 0.05");
    end(&world, next);
    assert_int_equal(next->end.status, 0);
    assert_false(next->end.was_asked);
    assert_int_equal(id_in(child), id_in(next));
    release(child);
    release(next);
    finish(&world);
}

static void test_a_stop_at_once_is_heard(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    for (int i = 0; i < 20; i++) {
        struct child *child = start_plainly(&world, "sleep 300");
        process_stop(child->process);
        end(&world, child);
        assert_true(child->end.was_asked && child->end.none_left);
        assert_true(WIFSIGNALED(child->end.status));
        release(child);
    }
    finish(&world);
}

static void test_long_texts_arrive_whole(void **state) {
    (void)state;
    struct world world;
    begin(&world);
    struct buf text = buf_with_max(0);
    buf_put(&text, STR("LONG="));
    for (int i = 0; i < 10000; i++) buf_printf(&text, "%09d,", i);
    const char *const arguments[] = {
        "sh", "-c", "echo ${#LONG}; printf %s \"${LONG#*,000000001,}\" | head -c 10", NULL};
    const char *const environment[] = {text.ptr, NULL};
    struct process_spec spec = {.program = world.shell,
                                .file = -1,
                                .folder = world.folder,
                                .rules = -1,
                                .arguments = arguments,
                                .environment = environment};
    struct err err = ERR_INIT;
    for (int i = 0; i < 3; i++) {
        struct child *child = xcalloc(1, sizeof *child);
        struct process_events events = {on_output, on_ended, child};
        child->process = process_start(world.processes, &spec, &events, &err);
        assert_non_null(child->process);
        end(&world, child);
        assert_string_equal(child->output.ptr, "100000\n000000002,");
        release(child);
    }
    buf_free(&text);
    finish(&world);
}

static void test_memory_files_cannot_be_changed(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    char text[8] = "";
    int fd = memory_file("x", STR("hello"), &err);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
}
