/* beneath.c - see beneath.h.
 *
 * Every function begins at a root and lets the kernel walk. What is created, renamed or deleted is
 * one single name in a folder that was opened just before: system calls on a single name pass no
 * link and reach no other folder. What is opened is looked at again through its descriptor, since a
 * name may have been swapped between two calls. */
#include "handlers/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 100 }; // the kernel asks to try again when folders were renamed while it walked

struct root {
    struct str path; // without a slash at its end
    int folder;
    mode_t mode;
};

struct beneath {
    struct arena arena;
    struct root roots[MAX_ROOTS];
    size_t count;
};

bool beneath_fail(struct err *err, int error) {
    switch (error) {
    case ENOENT: return err_set(err, ERR_NOT_FOUND, "there is no such file or folder");
    case EEXIST: return err_set(err, ERR_CONFLICT, "is there already");
    case ENOTEMPTY: return err_set(err, ERR_CONFLICT, "is not empty");
    case EXDEV:
        return err_set(err, ERR_INVALID,
                       "leads out of its root or into another file system; what is mounted inside "
                       "of a root has to be a root of its own");
    case ELOOP: return err_set(err, ERR_INVALID, "is a symbolic link");
    case EAGAIN:
        return err_set(err, ERR_INVALID, "folders on the way to it were renamed all the time");
    default: return err_set(err, ERR_INVALID, "%s", strerrordesc_np(error));
    }
}

static int open_beneath(int folder, const char *below, int flags, uint64_t more) {
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV | more};
    for (int i = 0;; i++) {
        long fd = syscall(SYS_openat2, folder, below, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || i == TRIES) return (int)fd;
        (void)sched_yield();
    }
}

/* --- roots --- */

static bool open_root(struct beneath *beneath, const char *path, struct err *err) {
    struct root *root = &beneath->roots[beneath->count];
    struct stat status, top;
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') len--;
    if (path[0] != '/' || strstr(path, "/../") || strstr(path, "/./"))
        return err_set(err, ERR_INVALID, "%s: must be an absolute path without . and ..", path);
    if (beneath->count == MAX_ROOTS)
        return err_set(err, ERR_INVALID, "at most %d roots are allowed", MAX_ROOTS);
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    beneath->count++;
    root->folder = folder;
    root->path = arena_copy(&beneath->arena, (struct str){path, len});
    if (fstat(folder, &status) != 0 || stat("/", &top) != 0)
        return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    root->mode = status.st_mode;
    if (status.st_dev == top.st_dev && status.st_ino == top.st_ino)
        return err_set(err, ERR_INVALID, "%s is the root of the whole system", path);
    int again = open_beneath(folder, ".", O_PATH | O_DIRECTORY, 0);
    if (again < 0)
        return err_set(err, ERR_INVALID, "%s: this kernel cannot keep files beneath it: %s", path,
                       strerrordesc_np(errno));
    (void)close(again);
    return true;
}

struct beneath *beneath_new(const char *const *paths, struct err *err) {
    struct beneath *beneath = xcalloc(1, sizeof *beneath);
    for (size_t i = 0; paths && paths[i]; i++) {
        if (open_root(beneath, paths[i], err)) continue;
        beneath_free(beneath);
        return NULL;
    }
    return beneath;
}

void beneath_free(struct beneath *beneath) {
    if (!beneath) return;
    for (size_t i = 0; i < beneath->count; i++) (void)close(beneath->roots[i].folder);
    arena_free(&beneath->arena);
    free(beneath);
}

size_t beneath_count(const struct beneath *beneath) {
    return beneath ? beneath->count : 0;
}

struct str beneath_root_path(const struct beneath *beneath, size_t root) {
    return beneath->roots[root].path;
}

bool beneath_is_open_to_all(const struct beneath *beneath, size_t root) {
    return (beneath->roots[root].mode & S_IWOTH) != 0;
}

/* Climbs from the folder to the top, and looks whether one of those above is a root. */
bool beneath_holds(const struct beneath *beneath, const char *folder) {
    struct stat here, above, root;
    bool found = false;
    int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 && fstat(at, &here) == 0 && !found) {
        for (size_t i = 0; i < beneath_count(beneath); i++)
            found = found || (fstat(beneath->roots[i].folder, &root) == 0 &&
                              root.st_dev == here.st_dev && root.st_ino == here.st_ino);
        int next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        bool is_top = next < 0 || fstat(next, &above) != 0 ||
                      (above.st_dev == here.st_dev && above.st_ino == here.st_ino);
        (void)close(at);
        at = next;
        if (is_top) break;
    }
    if (at >= 0) (void)close(at);
    return found;
}

bool beneath_find(const struct beneath *beneath, struct str path, struct arena *arena,
                  struct place *ret) {
    size_t best = 0, longest = 0;
    for (size_t i = 0; i < beneath_count(beneath); i++) {
        struct str root = beneath->roots[i].path;
        bool fits =
            str_starts_with(path, root) && (path.len == root.len || path.ptr[root.len] == '/');
        if (!fits || root.len <= longest) continue;
        longest = root.len;
        best = i;
    }
    if (longest == 0) return false;
    struct str below = str_slice(path, longest + 1, path.len);
    while (below.len > 0 && below.ptr[below.len - 1] == '/') below.len--;
    *ret = (struct place){best, below.len > 0 ? arena_copy(arena, below).ptr : ""};
    return true;
}

/* --- finding --- */

static int open_place(const struct beneath *beneath, struct place place, int flags) {
    return open_beneath(beneath->roots[place.root].folder, place.below[0] ? place.below : ".",
                        flags, 0);
}

bool beneath_open_folder(const struct beneath *beneath, struct place place, int *ret,
                         struct err *err) {
    int fd = open_place(beneath, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return beneath_fail(err, errno);
    *ret = fd;
    return true;
}

bool beneath_open_parent(const struct beneath *beneath, struct place place, int *ret,
                         const char **ret_name, struct err *err) {
    if (place.below[0] == '\0')
        return err_set(err, ERR_INVALID, "is a root itself, which stays where it is");
    const char *slash = strrchr(place.below, '/');
    const char *name = slash ? slash + 1 : place.below;
    if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0 || strlen(name) > MAX_PATH_NAME)
        return err_set(err, ERR_INVALID, "is not a name");
    char above[MAX_PATH_BYTES + 1] = "";
    size_t len = slash ? (size_t)(slash - place.below) : 0;
    if (len >= sizeof above) return beneath_fail(err, ENAMETOOLONG);
    memcpy(above, place.below, len);
    int fd = open_place(beneath, (struct place){place.root, above}, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return beneath_fail(err, errno);
    *ret = fd;
    *ret_name = name;
    return true;
}

bool beneath_status(const struct beneath *beneath, struct place place, struct stat *ret,
                    struct err *err) {
    const char *name;
    int folder, error = 0;
    struct stat status;
    if (place.below[0] == '\0') {
        if (fstat(beneath->roots[place.root].folder, ret) == 0) return true;
        return beneath_fail(err, errno);
    }
    if (!beneath_open_parent(beneath, place, &folder, &name, err)) return false;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) error = errno;
    (void)close(folder);
    if (error != 0) return beneath_fail(err, error);
    *ret = status;
    return true;
}

bool beneath_is_plain(const struct stat *status, struct err *err) {
    const char *what = S_ISDIR(status->st_mode)    ? "is a folder"
                       : S_ISLNK(status->st_mode)  ? "is a symbolic link"
                       : S_ISFIFO(status->st_mode) ? "is a FIFO"
                       : S_ISSOCK(status->st_mode) ? "is a socket"
                       : !S_ISREG(status->st_mode) ? "is a device"
                       : status->st_nlink != 1     ? "has more than one name (hard links)"
                                                   : NULL;
    return !what || err_set(err, ERR_INVALID, "%s", what);
}

/* Looked at before it is opened, since opening a device may do something, and after, since the
 * name may have been given to something else in between. */
static bool open_single(int folder, const char *name, int *ret, struct stat *ret_status,
                        struct err *err) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return beneath_fail(err, errno);
    if (!beneath_is_plain(&status, err)) return false;
    int fd = open_beneath(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                          RESOLVE_NO_SYMLINKS);
    if (fd < 0) return beneath_fail(err, errno);
    bool ok = fstat(fd, &status) == 0 || beneath_fail(err, errno);
    if (ok && beneath_is_plain(&status, err)) {
        *ret = fd;
        *ret_status = status;
        return true;
    }
    (void)close(fd);
    return false;
}

bool beneath_open_file(const struct beneath *beneath, struct place place, int *ret,
                       struct stat *ret_status, struct err *err) {
    const char *name;
    int folder;
    if (!beneath_open_parent(beneath, place, &folder, &name, err)) return false;
    bool ok = open_single(folder, name, ret, ret_status, err);
    (void)close(folder);
    return ok;
}

/* --- changing --- */

static bool make_folder(const struct beneath *beneath, struct place place, struct err *err) {
    const char *name;
    int folder;
    struct stat status;
    if (!beneath_open_parent(beneath, place, &folder, &name, err)) return false;
    bool ok = mkdirat(folder, name, 0700) == 0 || errno == EEXIST;
    int error = errno;
    if (ok && fstat(folder, &status) == 0) {
        int made =
            open_beneath(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
        if (made >= 0) {
            (void)fchmod(made, status.st_mode & 0777);
            (void)fsync(folder);
            (void)close(made);
        }
    }
    (void)close(folder);
    return ok || beneath_fail(err, error);
}

bool beneath_make_folders(const struct beneath *beneath, struct place place, struct err *err) {
    char below[MAX_PATH_BYTES + 1] = "";
    size_t len = strlen(place.below);
    if (len >= sizeof below) return beneath_fail(err, ENAMETOOLONG);
    for (size_t i = 1; i <= len; i++) {
        if (i < len && place.below[i] != '/') continue;
        memcpy(below, place.below, i);
        below[i] = '\0';
        struct place each = {place.root, below};
        int fd = open_place(beneath, each, O_PATH | O_DIRECTORY);
        if (fd >= 0)
            (void)close(fd);
        else if (errno != ENOENT)
            return beneath_fail(err, errno);
        else if (!make_folder(beneath, each, err))
            return false;
    }
    return true;
}

bool beneath_delete_file(const struct beneath *beneath, struct place place, struct err *err) {
    const char *name;
    int folder;
    struct stat status;
    if (!beneath_open_parent(beneath, place, &folder, &name, err)) return false;
    bool ok = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || beneath_fail(err, errno);
    ok = ok && beneath_is_plain(&status, err) &&
         (unlinkat(folder, name, 0) == 0 || beneath_fail(err, errno));
    (void)close(folder);
    return ok;
}

bool beneath_delete_folder(const struct beneath *beneath, struct place place, struct err *err) {
    const char *name;
    int folder;
    if (!beneath_open_parent(beneath, place, &folder, &name, err)) return false;
    bool ok = unlinkat(folder, name, AT_REMOVEDIR) == 0 || beneath_fail(err, errno);
    (void)close(folder);
    return ok;
}

static bool rename_single(int from, const char *name, int to, const char *new_name, bool replace,
                          bool *ret_other_system, struct err *err) {
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return beneath_fail(err, errno);
    if (!beneath_is_plain(&status, err)) return false;
    if (renameat2(from, name, to, new_name, replace ? 0 : RENAME_NOREPLACE) == 0) return true;
    *ret_other_system = errno == EXDEV;
    return beneath_fail(err, errno);
}

bool beneath_rename(const struct beneath *beneath, struct place from, struct place to, bool replace,
                    bool *ret_other_system, struct err *err) {
    const char *name, *new_name;
    int folder, new_folder;
    *ret_other_system = false;
    if (!beneath_open_parent(beneath, from, &folder, &name, err)) return false;
    bool ok = beneath_open_parent(beneath, to, &new_folder, &new_name, err);
    if (ok) {
        ok = rename_single(folder, name, new_folder, new_name, replace, ret_other_system, err);
        (void)close(new_folder);
    }
    (void)close(folder);
    return ok;
}

bool beneath_sync_folder(const struct beneath *beneath, struct place place, struct err *err) {
    int fd = open_place(beneath, place, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return beneath_fail(err, errno);
    bool ok = fsync(fd) == 0 || beneath_fail(err, errno);
    (void)close(fd);
    return ok;
}
