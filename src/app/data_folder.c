/* data_folder.c - see data_folder.h.
 *
 * The key file is written under another name, flushed and linked into place: after a crash there is
 * either no key or a whole one, and two processes that start at once agree on one.
 */
#include "app/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, KEY_TEXT = 2 * KEY_BYTES, KEY_FILE_MAX = 512 };

static bool fail(struct err *err, const char *path, const char *what) {
    return err_set(err, ERR_UNAVAILABLE, "%s: %s: %s", path, what, strerrordesc_np(errno));
}

bool data_folder_open(const char *path, struct err *err) {
    struct stat info;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return fail(err, path, "cannot be made");
    if (stat(path, &info) != 0) return fail(err, path, "cannot be read");
    if (!S_ISDIR(info.st_mode)) return err_set(err, ERR_INVALID, "%s is not a folder", path);
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_INVALID,
                       "%s may be written to by other users; chmod 700 it and start again", path);
    return true;
}

static bool read_key(const char *file, struct arena *arena, struct str *ret, bool *ret_found,
                     struct err *err) {
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *ret_found = fd >= 0;
    if (fd < 0) return errno == ENOENT || fail(err, file, "cannot be read");
    struct stat info;
    char *text = arena_alloc(arena, KEY_FILE_MAX);
    ssize_t got = fstat(fd, &info) == 0 ? read(fd, text, KEY_FILE_MAX) : -1;
    (void)close(fd);
    if (got < 0) return fail(err, file, "cannot be read");
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_INVALID,
                       "%s may be read by other users; chmod 600 it and start again", file);
    struct str key = str_trim((struct str){text, (size_t)got});
    if (key.len < 32)
        return err_set(err, ERR_INVALID, "%s holds no key of 32 bytes or more; remove it", file);
    *ret = key;
    return true;
}

static bool write_all(int fd, const char *text, size_t len) {
    while (len > 0) {
        ssize_t put = write(fd, text, len);
        if (put <= 0) return false;
        text += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    (void)close(fd);
    return ok;
}

static bool make_key(const char *folder, const char *file, struct arena *arena, struct err *err) {
    unsigned char random[KEY_BYTES];
    char text[KEY_TEXT + 1];
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(text, sizeof text, random, sizeof random);
    sodium_memzero(random, sizeof random);
    const char *fresh = arena_printf(arena, "%s.%ld", file, (long)getpid()).ptr;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return fail(err, fresh, "cannot be made");
    bool ok = write_all(fd, text, KEY_TEXT);
    (void)close(fd);
    sodium_memzero(text, sizeof text);
    /* link(2) does not replace: whoever was first has made the key that counts. */
    ok = ok && (link(fresh, file) == 0 || errno == EEXIST) && sync_folder(folder);
    if (!ok) fail(err, file, "cannot be written");
    (void)unlink(fresh);
    return ok;
}

bool data_folder_key(const char *path, struct arena *arena, struct str *ret_key, struct err *err) {
    const char *file = arena_printf(arena, "%s/jwt.key", path).ptr;
    bool found;
    if (!read_key(file, arena, ret_key, &found, err)) return false;
    if (found) return true;
    if (!make_key(path, file, arena, err)) return false;
    if (!read_key(file, arena, ret_key, &found, err)) return false;
    return found || err_set(err, ERR_UNAVAILABLE, "%s vanished", file);
}
