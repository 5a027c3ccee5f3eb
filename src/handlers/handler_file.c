/* handler_file.c - see handler_file.h.
 *
 * The path is walked one name at a time, each opened below the one before without following a link,
 * so every folder that is judged is the one that is used, whatever is renamed meanwhile. */
#include "handlers/handler_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_trusted(uid_t owner) {
    return owner == 0 || owner == geteuid();
}

static bool check_owner(const struct stat *facts, const char *path, struct err *err) {
    if (is_trusted(facts->st_uid)) return true;
    return err_set(err, ERR_INVALID,
                   "%s belongs to another user (%u); it must belong to root or to the user of the "
                   "server",
                   path, (unsigned)facts->st_uid);
}

static bool check_folder(int fd, const char *path, bool is_last, struct err *err) {
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    if (!check_owner(&facts, path, err)) return false;
    bool others_write = (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    bool is_sticky = (facts.st_mode & S_ISVTX) != 0;
    if (!others_write || (is_sticky && !is_last)) return true;
    return err_set(err, ERR_INVALID,
                   "others may write to the folder %s, and so replace the handler (chmod go-w)",
                   path);
}

static bool check_file(int fd, const char *path, bool must_be_executable, struct err *err) {
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    if (!S_ISREG(facts.st_mode)) return err_set(err, ERR_INVALID, "%s is no plain file", path);
    if (!check_owner(&facts, path, err)) return false;
    if (facts.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_INVALID, "others may write to %s (chmod go-w)", path);
    if (must_be_executable && !(facts.st_mode & S_IXUSR))
        return err_set(err, ERR_INVALID, "%s is not executable (chmod +x)", path);
    return true;
}

static bool fail_open(const char *path, int error, struct err *err) {
    if (error == ELOOP || error == ENOTDIR)
        return err_set(err, ERR_INVALID,
                       "%s is or leads through a symbolic link; give the path that `realpath` "
                       "shows",
                       path);
    return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(error));
}

/* The folder that holds the last name of `path`, all on the way checked; -1 with err. */
static int open_parent(const char *path, const char **ret_name, struct err *err) {
    char so_far[PATH_MAX];
    int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *name = path + 1;
    for (;;) {
        const char *slash = strchr(name, '/');
        size_t len = (size_t)(name - path);
        memcpy(so_far, path, len);
        so_far[len > 1 ? len - 1 : len] = '\0';
        if (folder < 0 || !check_folder(folder, so_far, slash == NULL, err)) break;
        if (slash == NULL) {
            *ret_name = name;
            return folder;
        }
        len = (size_t)(slash - path);
        memcpy(so_far, path, len);
        so_far[len] = '\0';
        int next =
            openat(folder, so_far + (name - path), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        (void)close(folder);
        if (next < 0) {
            (void)fail_open(so_far, error, err);
            return -1;
        }
        folder = next;
        name = slash + 1;
    }
    if (folder >= 0) (void)close(folder);
    return -1;
}

/* "/a//b", "/a/./b", "/a/../b" and "/a/" are other spellings of a path, and refused as such. */
static bool is_plain_path(const char *path) {
    size_t len = strlen(path);
    if (path[0] != '/' || len < 2 || len >= PATH_MAX || path[len - 1] == '/') return false;
    for (const char *at = path; *at; at++) {
        if (*at != '/') continue;
        const char *name = at + 1;
        size_t name_len = strcspn(name, "/");
        if (name_len == 0 || (name_len == 1 && name[0] == '.') ||
            (name_len == 2 && name[0] == '.' && name[1] == '.'))
            return false;
    }
    return true;
}

bool handler_file_open(const char *path, bool must_be_executable, struct handler_file *ret,
                       struct err *err) {
    if (!is_plain_path(path))
        return err_set(err, ERR_INVALID, "%s is no absolute path without . and ..", path);
    const char *name = NULL;
    int folder = open_parent(path, &name, err);
    if (folder < 0) return false;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int error = errno;
    (void)close(folder);
    if (fd < 0) return fail_open(path, error, err);
    char start[2] = "";
    if (!check_file(fd, path, must_be_executable, err)) {
        (void)close(fd);
        return false;
    }
    bool is_script = pread(fd, start, 2, 0) == 2 && start[0] == '#' && start[1] == '!';
    *ret = (struct handler_file){.fd = fd, .is_script = is_script};
    return true;
}
