/* filter.c - see filter.h.
 *
 * The program is put together from a list of numbers: each refused one is a comparison and a
 * return. Namespaces are flags of clone, which is looked at; clone3 takes its flags from memory,
 * where a filter cannot look, so it does not exist here and C libraries fall back to clone. */
#include "handlers/host/filter.h"

#include "handlers/host/bare.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__x86_64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define FILTER_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum {
    X32_BIT = 0x40000000,
    NAMESPACES = 0x7E020080, // CLONE_NEWNS, …CGROUP, UTS, IPC, USER, PID, NET, and NEWTIME
    TIOCSTI_REQUEST = 0x5412,
    TIOCLINUX_REQUEST = 0x541C,
    REFUSED = SECCOMP_RET_ERRNO | 1,    // EPERM
    NO_CALL = SECCOMP_RET_ERRNO | 38,   // ENOSYS
    NO_ACCESS = SECCOMP_RET_ERRNO | 13, // EACCES
    INSTRUCTIONS = 256,
};

/* Families of sockets a handler with network has: unix, IPv4, IPv6, netlink (for lookups). */
static const unsigned char families[] = {1, 2, 10, 16};

static const unsigned short refused[] = {
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_swapon,
    __NR_swapoff,
    __NR_reboot,
    __NR_sethostname,
    __NR_setdomainname,
    __NR_acct,
    __NR_quotactl,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_kexec_load,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
#ifdef __NR_iopl
    __NR_iopl,
    __NR_ioperm,
#endif
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_kcmp,
    __NR_add_key,
    __NR_request_key,
    __NR_keyctl,
    __NR_unshare,
    __NR_setns,
    __NR_open_by_handle_at,
    __NR_syslog,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_clock_adjtime,
    __NR_adjtimex,
    __NR_personality,
    __NR_vhangup,
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
    __NR_fsopen,
    __NR_fsconfig,
    __NR_fsmount,
    __NR_fspick,
    __NR_move_mount,
    __NR_open_tree,
#ifdef __NR_pidfd_getfd
    __NR_pidfd_getfd,
#endif
#ifdef __NR_process_madvise
    __NR_process_madvise,
#endif
#ifdef __NR_mount_setattr
    __NR_mount_setattr,
#endif
#ifdef __NR_quotactl_fd
    __NR_quotactl_fd,
#endif
#ifdef __NR_lookup_dcookie
    __NR_lookup_dcookie,
#endif
};

struct program {
    struct sock_filter code[INSTRUCTIONS];
    unsigned short count;
};

static void put(struct program *program, unsigned code, unsigned value, unsigned char yes,
                unsigned char no) {
    program->code[program->count++] = (struct sock_filter){(unsigned short)code, yes, no, value};
}

static void put_load(struct program *program, size_t offset) {
    put(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void put_return(struct program *program, unsigned action) {
    put(program, BPF_RET | BPF_K, action, 0, 0);
}

/* When the loaded word is `value`, then `action`. */
static void put_when(struct program *program, unsigned value, unsigned action) {
    put(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    put_return(program, action);
}

static void put_sockets(struct program *program, bool no_sockets) {
    if (no_sockets) {
        put_when(program, __NR_socket, NO_ACCESS);
        return;
    }
    /* Another call: over the load, a pair for each family and the refusal. */
    put(program, BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 2 * COUNT(families) + 2);
    put_load(program, offsetof(struct seccomp_data, args[0]));
    for (size_t i = 0; i < COUNT(families); i++) put_when(program, families[i], SECCOMP_RET_ALLOW);
    put_return(program, NO_ACCESS);
}

static void put_clone(struct program *program) {
    put(program, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4);
    put_load(program, offsetof(struct seccomp_data, args[0]));
    put(program, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
    put_return(program, REFUSED);
    put_return(program, SECCOMP_RET_ALLOW);
}

static void put_ioctl(struct program *program) {
    put(program, BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 6);
    put_load(program, offsetof(struct seccomp_data, args[1]));
    put_when(program, TIOCSTI_REQUEST, REFUSED);
    put_when(program, TIOCLINUX_REQUEST, REFUSED);
    put_return(program, SECCOMP_RET_ALLOW);
}

long filter_install(bool no_sockets) {
    static struct program program;
    put_load(&program, offsetof(struct seccomp_data, arch));
    put(&program, BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCHITECTURE, 1, 0);
    put_return(&program, SECCOMP_RET_KILL_PROCESS);
    put_load(&program, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    put(&program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    put_return(&program, REFUSED);
#endif
    for (size_t i = 0; i < COUNT(refused); i++) put_when(&program, refused[i], REFUSED);
    put_when(&program, __NR_clone3, NO_CALL);
    put_sockets(&program, no_sockets);
    put_clone(&program);
    put_ioctl(&program);
    put_return(&program, SECCOMP_RET_ALLOW);
    struct sock_fprog whole = {.len = program.count, .filter = program.code};
    return BARE3(seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole);
}
