/* sandbox.c - see sandbox.h.
 *
 * The rules are made once for each handler and applied by the supervisor of each run, because a
 * ruleset may be applied any number of times, and opening thirty paths costs more than a child.
 * Constants newer than the headers of the oldest system we build on are spelled out. */
#include "handlers/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FIRST_WITH_REFER = 2,
    FIRST_WITH_TRUNCATE = 3,
    FIRST_WITH_TCP = 4,
    FIRST_WITH_DEVICES = 5,
    FIRST_WITH_SCOPES = 6,
};

#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define ACCESS_DEVICES (UINT64_C(1) << 15)
#define TCP_BIND_AND_CONNECT (UINT64_C(3))
#define SCOPE_SOCKETS_AND_SIGNALS (UINT64_C(3))

struct ruleset { // struct landlock_ruleset_attr of ABI 6
    uint64_t files, tcp, scopes;
};

static const uint64_t reading =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
static const uint64_t of_a_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE |
                                  LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE | ACCESS_DEVICES;
static const uint64_t making_devices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

/* What programs need; those that are not there are passed over. */
static const char *const system_paths[] = {
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/nix/store",
    "/sys/devices/system/cpu",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/crypto-policies",
    "/etc/group",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/java",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/locale.alias",
    "/etc/locale.conf",
    "/etc/localtime",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/perl",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust",
    "/etc/protocols",
    "/etc/python3",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
    "/etc/timezone",
};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                      "/dev/urandom"};

static uint64_t known_files(int abi) {
    uint64_t all = (UINT64_C(1) << 13) - 1;
    if (abi >= FIRST_WITH_REFER) all |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= FIRST_WITH_TRUNCATE) all |= ACCESS_TRUNCATE;
    if (abi >= FIRST_WITH_DEVICES) all |= ACCESS_DEVICES;
    return all;
}

struct sandbox sandbox_probe(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    unsigned action = SECCOMP_RET_ERRNO;
    long filter = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
    return (struct sandbox){.landlock = abi > 0 ? (int)abi : 0, .has_filter = filter == 0};
}

const char *sandbox_shortcomings(const struct sandbox *sandbox) {
    if (sandbox->landlock == 0 && !sandbox->has_filter)
        return "neither Landlock nor seccomp: handlers reach every file of their user, and the "
               "network";
    if (sandbox->landlock == 0)
        return "no Landlock: handlers read and write every file of their user";
    if (!sandbox->has_filter)
        return "no seccomp: handlers may use UDP and unix sockets, keys and namespaces";
    if (sandbox->landlock < FIRST_WITH_SCOPES)
        return "Landlock older than ABI 6: handlers can signal processes of their user";
    return NULL;
}

static bool add_descriptor(int rules, int fd, uint64_t access, const char *name, struct err *err) {
    struct stat facts;
    if (fstat(fd, &facts) == 0 && !S_ISDIR(facts.st_mode)) access &= of_a_file;
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return true;
    return err_set(err, ERR_INVALID, "no Landlock rule for %s: %s", name, strerrordesc_np(errno));
}

static bool add_path(int rules, const char *path, uint64_t access, bool is_needed,
                     struct err *err) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        if (!is_needed) return true;
        return err_set(err, ERR_INVALID, "%s cannot be opened: %s", path, strerrordesc_np(errno));
    }
    bool ok = add_descriptor(rules, fd, access, path, err);
    (void)close(fd);
    return ok;
}

static bool add_all(int rules, uint64_t known, const struct sandbox_access *access,
                    struct err *err) {
    uint64_t using = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;
    bool ok = true;
    for (size_t i = 0; ok && i < COUNT_OF(system_paths); i++)
        ok = add_path(rules, system_paths[i], known & reading, false, err);
    for (size_t i = 0; ok && i < COUNT_OF(devices); i++)
        ok = add_path(rules, devices[i], known & using, false, err);
    for (size_t i = 0; ok && access->readable && access->readable[i]; i++)
        ok = add_path(rules, access->readable[i], known & reading, true, err);
    for (size_t i = 0; ok && access->writable && access->writable[i]; i++)
        ok = add_path(rules, access->writable[i], known & ~making_devices, true, err);
    if (ok && access->file >= 0)
        ok = add_descriptor(rules, access->file, known & reading, "the program", err);
    return ok;
}

bool sandbox_rules(const struct sandbox *sandbox, const struct sandbox_access *access, int *ret,
                   struct err *err) {
    *ret = -1;
    if (sandbox->landlock == 0) return true;
    uint64_t known = known_files(sandbox->landlock);
    struct ruleset ruleset = {.files = known};
    size_t size = sizeof ruleset.files;
    if (sandbox->landlock >= FIRST_WITH_TCP) {
        ruleset.tcp = access->network ? 0 : TCP_BIND_AND_CONNECT;
        size += sizeof ruleset.tcp;
    }
    if (sandbox->landlock >= FIRST_WITH_SCOPES) {
        ruleset.scopes = SCOPE_SOCKETS_AND_SIGNALS;
        size += sizeof ruleset.scopes;
    }
    int rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (rules < 0)
        return err_set(err, ERR_UNAVAILABLE, "no Landlock ruleset: %s", strerrordesc_np(errno));
    if (!add_all(rules, known, access, err)) {
        (void)close(rules);
        return false;
    }
    *ret = rules;
    return true;
}
