/* run.c - a supervisor: starts one child at a time, shut in, and leaves nothing of it behind.
 *
 * One such process stands between the server and each child. It is the subreaper of all that come
 * of the child, so what daemonises becomes its own child and cannot get away; it passes a stop on,
 * kills what does not listen, and reports only when the kernel says that no process is left. When
 * the server dies, it hears a signal and kills everything; when it is killed itself, the kernel
 * kills the child, and what is left goes to the server, which does the same.
 *
 * With no process left it is as it was before, and takes the next order: starting it, and having
 * the kernel compile the filter, would cost as much as the child. The filter is its own, and so the
 * children's, who inherit it; the Landlock rules are each child's.
 *
 * It has no C library and allocates nothing but room for long texts: it holds the one place where a
 * mistake would let something out. Signals are never handled, but waited for (rt_sigtimedwait), so
 * there is one thread of events and no race between them.
 *
 *   RUN_SIGNAL_STOP   pass a SIGTERM on, and kill what is left after the grace
 *   TERM              the same, from somebody else
 *   HUP               from the kernel or the server: kill at once
 */
#include "handlers/host/bare.h"
#include "handlers/host/filter.h"
#include "handlers/host/run_abi.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/time_types.h>

BARE_START

enum {
    SIG_HUP = 1,
    SIG_KILL = 9,
    SIG_TERM = 15,
    SIG_CHLD = 17,
    SIG_STOP = 19,
    NO_HANG = 1 | 0x40000000, // WNOHANG | __WALL
    NO_CHILD = -10,           // -ECHILD
    INTERRUPTED = -4,         // -EINTR
    CLOSE_ON_EXEC = 4,        // CLOSE_RANGE_CLOEXEC
    EMPTY_PATH = 0x1000,      // AT_EMPTY_PATH
    CURRENT_FOLDER = -100,
    OPEN_FOLDER = 0200000 | 02000000, // O_DIRECTORY | O_CLOEXEC; arm has its own
    OPEN_CLOSING = 02000000,
    MOST_PROCESSES = 1 << 15, // that are looked at; more are found in the next round
    MOST_IDS = 1 << 22,       // the kernel's own limit of process ids
    ROUNDS = 1000,
    FIRST_LOOK_MS = 20, // how soon, and then how often, processes are counted
    LAST_LOOK_MS = 500,
    LEFT_BEHIND_MS = 250, // for what still writes when the child has ended
    FAILED = 127,
    NOT_ALLOWED = -1,               // -EPERM
    NO_MEMORY = -12,                // -ENOMEM
    NO_DESCRIPTORS = -24,           // -EMFILE
    TRUNCATED = 0x8 | 0x20,         // MSG_CTRUNC | MSG_TRUNC
    SHARE_MEMORY_AND_WAIT = 0x4100, // CLONE_VM | CLONE_VFORK
    CHILD_STACK = 32 * 1024,
    CPU_SECONDS_MORE = 2, // between SIGXCPU and SIGKILL
};

static struct run_order order;
static _Alignas(8) char short_texts[RUN_TEXT_BYTES];
static char **child_arguments, **environment;
static long server_id, own_id, child_id;
static struct run_report report;
static bool is_filtered, has_no_sockets; // this process itself

static _Alignas(16) char child_stack[CHILD_STACK];

static int family[MOST_PROCESSES]; // all that come of this process, without itself
static size_t family_count;
static unsigned char is_frozen[MOST_IDS / 8];
static uint64_t look_ms = FIRST_LOOK_MS, next_look; // when processes are counted next

/* The compiler may call these. */
void *memset(void *to, int byte, size_t count);
void *memset(void *to, int byte, size_t count) {
    volatile unsigned char *at = to;
    while (count-- > 0) *at++ = (unsigned char)byte;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count) {
    volatile unsigned char *out = to;
    const unsigned char *in = from;
    while (count-- > 0) *out++ = *in++;
    return to;
}

static bool has_flag(enum run_flags flag) {
    return (order.numbers[RUN_FLAGS] & flag) != 0;
}

static __attribute__((noreturn)) void leave(int code) {
    for (;;) (void)BARE1(exit_group, code);
}

static void write_report(void) {
    (void)BARE3(write, RUN_FD_CHANNEL, &report, sizeof report);
}

static uint64_t now_ms(void) {
    struct __kernel_timespec now = {0};
    (void)BARE2(clock_gettime, 1, &now); // monotonic
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the child, up to its program --- */

static __attribute__((noreturn)) void fail(enum run_stage stage, long error) {
    report = (struct run_report){.stage = (int32_t)stage, .error = (int32_t)-error};
    write_report();
    leave(FAILED);
}

static void must(long result, enum run_stage stage) {
    if (result < 0) fail(stage, result);
}

static void limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit64 now = {.rlim_cur = soft, .rlim_max = hard};
    if (hard == 0 || BARE4(prlimit64, 0, resource, &now, 0) == 0) return;
    /* More than the server itself has, which only root could raise: then as much as that. */
    must(BARE4(prlimit64, 0, resource, 0, &now), RUN_STAGE_LIMITS);
    if (hard > now.rlim_max) hard = now.rlim_max;
    now = (struct rlimit64){.rlim_cur = soft > hard ? hard : soft, .rlim_max = hard};
    must(BARE4(prlimit64, 0, resource, &now, 0), RUN_STAGE_LIMITS);
}

static void set_limits(void) {
    struct rlimit64 none = {0};
    must(BARE4(prlimit64, 0, RLIMIT_CORE, &none, 0), RUN_STAGE_LIMITS);
    uint64_t seconds = order.numbers[RUN_CPU_SECONDS];
    if (seconds > 0) limit(RLIMIT_CPU, seconds, seconds + CPU_SECONDS_MORE);
    limit(RLIMIT_AS, order.numbers[RUN_MEMORY_BYTES], order.numbers[RUN_MEMORY_BYTES]);
    limit(RLIMIT_FSIZE, order.numbers[RUN_FILE_BYTES], order.numbers[RUN_FILE_BYTES]);
    limit(RLIMIT_NOFILE, order.numbers[RUN_OPEN_FILES], order.numbers[RUN_OPEN_FILES]);
    limit(RLIMIT_NPROC, order.numbers[RUN_USER_PROCESSES], order.numbers[RUN_USER_PROCESSES]);
}

static void give_up_privileges(void) {
    if (has_flag(RUN_CHANGES_USER)) {
        unsigned uid = (unsigned)order.numbers[RUN_UID], gid = (unsigned)order.numbers[RUN_GID];
        must(BARE2(setgroups, 0, 0), RUN_STAGE_USER);
        must(BARE3(setresgid, gid, gid, gid), RUN_STAGE_USER);
        must(BARE3(setresuid, uid, uid, uid), RUN_STAGE_USER);
    }
    must(BARE(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), RUN_STAGE_PRIVILEGES);
    (void)BARE(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    /* Whoever is not root has none, and a service manager may have taken this call away. */
    long result = BARE2(capset, &header, none);
    if (BARE0(geteuid) == 0) must(result, RUN_STAGE_PRIVILEGES);
}

static void shut_in(void) {
    if (has_flag(RUN_FILTERS) && !is_filtered) fail(RUN_STAGE_FILTER, NOT_ALLOWED);
    if (has_flag(RUN_HAS_RULES))
        must(BARE2(landlock_restrict_self, RUN_FD_RULES, 0), RUN_STAGE_RULES);
}

/* Shares the memory of its parent, which stands still meanwhile. */
__attribute__((noreturn)) void bare_child(void);
__attribute__((noreturn, used)) void bare_child(void) {
    static const char empty[] = "";
    uint64_t no_signals = 0;
    must(BARE0(setsid), RUN_STAGE_SESSION);
    must(BARE1(fchdir, RUN_FD_FOLDER), RUN_STAGE_FOLDER);
    set_limits();
    give_up_privileges();
    /* Behind the change of user, which would undo it. */
    must(BARE(prctl, PR_SET_PDEATHSIG, SIG_KILL, 0, 0, 0), RUN_STAGE_SESSION);
    if (BARE0(getppid) != own_id) leave(FAILED);
    shut_in();
    must(BARE4(rt_sigprocmask, 2, &no_signals, 0, sizeof no_signals), RUN_STAGE_SESSION);
    int first = has_flag(RUN_HAS_FILE) ? RUN_FD_FILE + 1 : RUN_FD_FILE;
    must(BARE3(close_range, first, ~0U, CLOSE_ON_EXEC), RUN_STAGE_SESSION);
    int program = has_flag(RUN_EXECUTES_FILE) ? RUN_FD_FILE : RUN_FD_PROGRAM;
    fail(RUN_STAGE_EXECUTE,
         BARE(execveat, program, empty, child_arguments, environment, EMPTY_PATH));
}

/* --- who belongs to the run --- */

static void add_family(const char *text, const char *end) {
    while (text < end) {
        uint64_t id = 0;
        while (text < end && *text == ' ') text++;
        if (text == end) return;
        id = bare_number(&text);
        if (id == 0 || family_count == MOST_PROCESSES) return;
        family[family_count++] = (int)id;
    }
}

/* The children that one thread has, from /proc/ID/task/THREAD/children. A number that lies across
 * two reads is read with its second half. */
static void add_children_of_thread(char *path, char *end, const char *thread) {
    char text[4096];
    size_t held = 0;
    (void)bare_put_text(bare_put_text(end, thread), "/children");
    long file = BARE4(openat, CURRENT_FOLDER, path, OPEN_CLOSING, 0);
    if (file < 0) return;
    for (;;) {
        long got = BARE3(read, file, text + held, sizeof text - held);
        size_t len = held + (got > 0 ? (size_t)got : 0), whole = len;
        if (got > 0)
            while (whole > 0 && text[whole - 1] != ' ') whole--;
        add_family(text, text + whole);
        if (got <= 0) break;
        held = len - whole;
        for (size_t i = 0; i < held; i++) text[i] = text[whole + i];
    }
    (void)BARE1(close, file);
}

struct folder_entry { // as getdents64 writes it
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static void add_children(long id) {
    _Alignas(struct folder_entry) char entries[2048];
    char path[96];
    char *end = bare_put_text(path, "/proc/");
    end = bare_put_text(bare_put_number(end, (uint64_t)id), "/task/");
    long folder = BARE4(openat, CURRENT_FOLDER, path, OPEN_FOLDER, 0);
    if (folder < 0) return;
    long got;
    while ((got = BARE3(getdents64, folder, entries, sizeof entries)) > 0) {
        for (long at = 0; at < got;) {
            const struct folder_entry *entry = (const void *)(entries + at);
            if (entry->name[0] != '.') add_children_of_thread(path, end, entry->name);
            at += entry->length;
        }
    }
    (void)BARE1(close, folder);
}

/* All of the run that are there now. One that is born meanwhile may be missing; what a dead one
 * leaves becomes our child. */
static void find_family(void) {
    family_count = 0;
    add_children(own_id);
    for (size_t i = 0; i < family_count; i++) add_children(family[i]);
}

/* --- how it ends --- */

/* Takes the dead away; false when there is no child at all any more. */
static bool take_dead(void) {
    for (;;) {
        int status = 0;
        long id = BARE4(wait4, -1, &status, NO_HANG, 0);
        if (id == INTERRUPTED) continue;
        if (id == NO_CHILD) return false;
        if (id <= 0) return true;
        if (id != child_id) continue;
        report.status = status;
        child_id = 0;
    }
}

static long wait_for_signal(uint64_t set, uint64_t ms) {
    struct __kernel_timespec time = {.tv_sec = (long long)(ms / 1000),
                                     .tv_nsec = (long long)(ms % 1000) * 1000000};
    return BARE4(rt_sigtimedwait, &set, 0, &time, sizeof set);
}

static uint64_t bit_of(int signal) {
    return UINT64_C(1) << (signal - 1);
}

static bool freeze(int id) {
    unsigned char *byte = &is_frozen[((unsigned)id % MOST_IDS) / 8];
    unsigned char bit = (unsigned char)(1U << ((unsigned)id % 8));
    if (*byte & bit) return false;
    *byte |= bit;
    return BARE2(kill, id, SIG_STOP) == 0;
}

/* Whoever forks without end is stopped before it is killed: nobody is born while all stand still.
 * Rounds, because what is born between two looks shows in the next one. */
static void kill_all(void) {
    for (int round = 0; round < ROUNDS && take_dead(); round++) {
        bool found_new = true;
        for (int look = 0; look < ROUNDS && found_new; look++) {
            found_new = false;
            find_family();
            for (size_t i = 0; i < family_count; i++) found_new |= freeze(family[i]);
        }
        for (size_t i = 0; i < family_count; i++) {
            report.killed += BARE2(kill, family[i], SIG_KILL) == 0;
            is_frozen[((unsigned)family[i] % MOST_IDS) / 8] = 0;
        }
        if (child_id > 0) (void)BARE2(kill, child_id, SIG_KILL); // also without /proc
        while (take_dead() && wait_for_signal(bit_of(SIG_CHLD), 50) == SIG_CHLD) continue;
    }
}

static void pass_on_stop(void) {
    report.flags |= RUN_WAS_ASKED;
    find_family();
    if (child_id > 0) (void)BARE2(kill, -child_id, SIG_TERM);
    for (size_t i = 0; i < family_count; i++)
        if (BARE1(getpgid, family[i]) != child_id) (void)BARE2(kill, family[i], SIG_TERM);
}

/* Too many of one run: the kernel's own limit counts the whole user, which others share. */
static bool is_crowded(void) {
    if (order.numbers[RUN_PROCESSES] == 0) return false;
    find_family();
    return family_count > order.numbers[RUN_PROCESSES];
}

/* Has the moment come to kill, and why? */
static bool must_kill(uint64_t deadline, bool was_asked) {
    uint64_t now = now_ms();
    if (deadline != 0 && now >= deadline) {
        report.flags |= was_asked ? RUN_WAS_KILLED : RUN_LEFT_BEHIND;
        return true;
    }
    if (next_look == 0) next_look = now + look_ms;
    if (now < next_look) return false;
    look_ms = look_ms * 2 > LAST_LOOK_MS ? LAST_LOOK_MS : look_ms * 2;
    next_look = now + look_ms;
    if (!is_crowded()) return false;
    report.flags |= RUN_TOO_MANY;
    return true;
}

static void supervise(void) {
    const uint64_t signals =
        bit_of(SIG_CHLD) | bit_of(SIG_TERM) | bit_of(SIG_HUP) | bit_of(RUN_SIGNAL_STOP);
    uint64_t deadline = 0;
    bool was_asked = false;
    while (take_dead()) {
        if (child_id == 0 && deadline == 0) deadline = now_ms() + LEFT_BEHIND_MS;
        if (must_kill(deadline, was_asked)) {
            kill_all();
            continue;
        }
        uint64_t now = now_ms();
        uint64_t patience = deadline > now ? deadline - now : LAST_LOOK_MS;
        long signal = wait_for_signal(signals, patience < look_ms ? patience : look_ms);
        if (signal == SIG_HUP) {
            report.flags |= RUN_WAS_KILLED;
            kill_all();
        } else if ((signal == SIG_TERM || signal == RUN_SIGNAL_STOP) && !was_asked) {
            was_asked = true;
            deadline = now_ms() + order.numbers[RUN_GRACE_MS];
            pass_on_stop();
        }
    }
    report.flags |= RUN_NONE_LEFT;
}

/* --- orders --- */

struct piece { // struct iovec
    void *start;
    size_t len;
};
struct message { // struct msghdr
    void *name;
    unsigned name_len;
    struct piece *pieces;
    size_t piece_count;
    void *control;
    size_t control_len;
    int flags;
};
struct descriptors { // struct cmsghdr with SCM_RIGHTS
    size_t len;
    int level, type;
    int numbers[RUN_FD_END];
};

/* All there, and each under the number that is its own? */
static bool has_descriptors(const struct message *message, const struct descriptors *descriptors) {
    int count = RUN_FD_TEXTS - 1 + (has_flag(RUN_HAS_LONG_TEXTS) ? 1 : 0);
    size_t len = offsetof(struct descriptors, numbers) + (size_t)count * sizeof(int);
    if ((message->flags & TRUNCATED) || message->control_len < len || descriptors->len != len)
        return false;
    for (int i = 0; i < count; i++)
        if (descriptors->numbers[i] != (i < RUN_FD_CHANNEL ? i : i + 1)) return false;
    return true;
}

/* Texts that are longer than an order may be, from their file to the end of the data. */
static char *read_long_texts(void) {
    long start = (BARE1(brk, 0) + 15) & ~15L, at = start;
    const long end = start + (long)order.texts;
    if (BARE1(brk, end) < end) fail(RUN_STAGE_FORK, NO_MEMORY);
    while (at < end) {
        long got = BARE4(pread64, RUN_FD_TEXTS, at, end - at, at - start);
        if (got == 0) fail(RUN_STAGE_FORK, NOT_ALLOWED);
        must(got, RUN_STAGE_FORK);
        at += got;
    }
    return (char *)(uintptr_t)start;
}

/* The offsets become pointers where they stand. */
static void point_to_texts(char *texts) {
    uint64_t *slots = (uint64_t *)(void *)texts;
    child_arguments = (char **)(void *)texts;
    environment = child_arguments + order.arguments + 1;
    size_t ends = 0;
    for (size_t i = 0; ends < 2; i++) {
        if (slots[i] == 0)
            ends++;
        else
            slots[i] += (uint64_t)(uintptr_t)texts;
    }
}

static void take_order(void) {
    struct descriptors descriptors = {0};
    struct piece pieces[] = {{&order, sizeof order}, {short_texts, sizeof short_texts}};
    struct message message = {.pieces = pieces,
                              .piece_count = 2,
                              .control = &descriptors,
                              .control_len = sizeof descriptors};
    long got;
    do got = BARE3(recvmsg, RUN_FD_CHANNEL, &message, 0);
    while (got == INTERRUPTED);
    if (got == 0 || BARE0(getppid) != server_id) leave(0);
    must(got, RUN_STAGE_FORK);
    if (got < (long)sizeof order || !has_descriptors(&message, &descriptors))
        fail(RUN_STAGE_FORK, NO_DESCRIPTORS);
    point_to_texts(has_flag(RUN_HAS_LONG_TEXTS) ? read_long_texts() : short_texts);
    /* What somebody else has sent while there was no run is not meant for this one. */
    while (wait_for_signal(bit_of(SIG_TERM), 0) == SIG_TERM) continue;
}

/* There may be secrets in the environment: they stay no longer than the child needs them. */
static void forget_texts(void) {
    if (has_flag(RUN_HAS_LONG_TEXTS))
        (void)BARE1(brk, child_arguments);
    else
        (void)memset(short_texts, 0, order.texts);
}

/* Once: the server gives each supervisor orders of one kind. */
static void filter_self(void) {
    if (!has_flag(RUN_FILTERS)) return;
    if (is_filtered && has_no_sockets != has_flag(RUN_NO_SOCKETS))
        fail(RUN_STAGE_FILTER, NOT_ALLOWED);
    if (is_filtered) return;
    must(BARE(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), RUN_STAGE_PRIVILEGES);
    must(filter_install(has_flag(RUN_NO_SOCKETS)), RUN_STAGE_FILTER);
    is_filtered = true;
    has_no_sockets = has_flag(RUN_NO_SOCKETS);
}

static void run_once(void) {
    report = (struct run_report){0};
    look_ms = FIRST_LOOK_MS;
    next_look = 0;
    take_order();
    filter_self();
    child_id = bare_start_child(SHARE_MEMORY_AND_WAIT | SIG_CHLD, child_stack + sizeof child_stack);
    if (child_id < 0) fail(RUN_STAGE_FORK, child_id);
    forget_texts();
    report = (struct run_report){0}; // the child may have written its own, and sent it
    /* The output ends when the run's processes have closed it, so none of it stays here. */
    (void)BARE3(close_range, 0, RUN_FD_CHANNEL - 1, 0);
    (void)BARE3(close_range, RUN_FD_CHANNEL + 1, ~0U, 0);
    supervise();
    write_report();
}

void bare_main(const long *stack);
void bare_main(const long *stack) {
    uint64_t all = ~UINT64_C(0);
    char **arguments = (char **)(uintptr_t)(stack + 1);
    if (stack[0] != 2) leave(FAILED);
    const char *text = arguments[1];
    server_id = (long)bare_number(&text);
    (void)BARE4(rt_sigprocmask, 2, &all, 0, sizeof all);
    (void)BARE(prctl, PR_SET_PDEATHSIG, SIG_HUP, 0, 0, 0);
    (void)BARE(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)BARE(prctl, PR_SET_NAME, "alphabet-run", 0, 0, 0);
    (void)BARE3(close_range, 0, RUN_FD_CHANNEL - 1, 0);
    (void)BARE3(close_range, RUN_FD_CHANNEL + 1, ~0U, 0);
    must(BARE(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), RUN_STAGE_SESSION);
    must(BARE0(setsid), RUN_STAGE_SESSION);
    own_id = BARE0(getpid);
    for (;;) run_once();
}
