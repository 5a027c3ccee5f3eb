/* credentials.c - see credentials.h.
 *
 * The lock is a file of its own, because the file with the tokens is replaced, not written into: a
 * crash leaves the old one or the new one, never half of one.
 */
#include "cli/credentials.h"

#include "base/buf.h"
#include "base/json_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 1024 * 1024, FOLDER_ROOM = 4096, PATH_ROOM = 4096 + 32 };

static bool find_folder(char *path, struct err *err) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length;
    if (config != NULL && config[0] == '/')
        length = snprintf(path, FOLDER_ROOM, "%s/alphabet", config);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, FOLDER_ROOM, "%s/.config/alphabet", home);
    else
        return err_set(err, ERR_INVALID,
                       "neither HOME nor XDG_CONFIG_HOME says where to keep the login");
    return length < FOLDER_ROOM || err_set(err, ERR_INVALID, "HOME or XDG_CONFIG_HOME is too long");
}

static bool is_private(const struct stat *status, const char *path, struct err *err) {
    if (status->st_uid != geteuid())
        return err_set(err, ERR_INVALID, "%.150s belongs to somebody else", path);
    if (status->st_mode & 077)
        return err_set(err, ERR_INVALID, "%.150s can be reached by others; mend it: chmod go= it",
                       path);
    return true;
}

static bool make_folder(const char *path, struct err *err) {
    char parent[PATH_ROOM];
    struct stat status;
    (void)snprintf(parent, sizeof parent, "%s", path);
    for (char *slash = strchr(parent + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(parent, 0700);
        *slash = '/';
    }
    if ((mkdir(path, 0700) != 0 && errno != EEXIST) || stat(path, &status) != 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot make %.120s: %s", path, strerror(errno));
    return is_private(&status, path, err);
}

static bool read_all(int file, const char *path, struct buf *text, struct err *err) {
    char piece[4096];
    ssize_t got;
    while ((got = read(file, piece, sizeof piece)) > 0 && text->len < LARGEST_FILE)
        buf_put(text, (struct str){piece, (size_t)got});
    sodium_memzero(piece, sizeof piece);
    return got == 0 || err_set(err, ERR_UNAVAILABLE, "cannot read %.150s", path);
}

static bool read_file(struct credentials *credentials, struct err *err) {
    char path[PATH_ROOM];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/credentials.json", credentials->folder);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) {
        credentials->root = json_object();
        return true;
    }
    if (file < 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot read %.150s: %s", path, strerror(errno));
    struct buf text = buf_with_max(0);
    struct err why = ERR_INIT;
    bool ok = fstat(file, &status) == 0 && is_private(&status, path, err) &&
              read_all(file, path, &text, err);
    if (ok) {
        credentials->root = json_read(buf_str(&text), &why);
        ok = json_is_object(credentials->root) ||
             err_set(err, ERR_INVALID, "%.120s is damaged; remove it and log in again", path);
    }
    if (text.ptr != NULL) sodium_memzero(text.ptr, text.cap);
    buf_free(&text);
    (void)close(file);
    return ok;
}

bool credentials_read(struct credentials *ret, struct err *err) {
    char folder[FOLDER_ROOM];
    *ret = (struct credentials){.lock = -1};
    if (!find_folder(folder, err)) return false;
    ret->folder = xstrdup(folder);
    if (read_file(ret, err)) return true;
    credentials_unlock(ret);
    return false;
}

bool credentials_lock(struct credentials *ret, struct err *err) {
    char folder[FOLDER_ROOM], path[PATH_ROOM];
    *ret = (struct credentials){.lock = -1};
    if (!find_folder(folder, err) || !make_folder(folder, err)) return false;
    ret->folder = xstrdup(folder);
    (void)snprintf(path, sizeof path, "%s/credentials.lock", folder);
    ret->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result = -1;
    if (ret->lock >= 0) do
            result = flock(ret->lock, LOCK_EX);
        while (result != 0 && errno == EINTR);
    if (result != 0)
        (void)err_set(err, ERR_UNAVAILABLE, "cannot lock %.120s: %s", path, strerror(errno));
    if (result == 0 && read_file(ret, err)) return true;
    credentials_unlock(ret);
    return false;
}

static bool write_all(int file, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t wrote = write(file, text, left);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        text += wrote;
        left -= (size_t)wrote;
    }
    return true;
}

bool credentials_save(const struct credentials *credentials, struct err *err) {
    char path[PATH_ROOM], fresh[PATH_ROOM];
    (void)snprintf(path, sizeof path, "%s/credentials.json", credentials->folder);
    (void)snprintf(fresh, sizeof fresh, "%s/credentials.new", credentials->folder);
    char *text = json_dumps(credentials->root, JSON_INDENT(2));
    /* Whoever holds the lock is alone here: what lies there is left of a crash. */
    (void)unlink(fresh);
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = file >= 0 && write_all(file, text) && fsync(file) == 0;
    int why = errno;
    if (file >= 0 && close(file) != 0) ok = false;
    if (ok && rename(fresh, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) (void)unlink(fresh);
    sodium_memzero(text, strlen(text));
    free(text);
    return ok || err_set(err, ERR_UNAVAILABLE, "cannot write %.120s: %s", path, strerror(why));
}

void credentials_unlock(struct credentials *credentials) {
    if (credentials->lock >= 0) (void)close(credentials->lock);
    json_decref(credentials->root);
    free(credentials->folder);
    *credentials = (struct credentials){.lock = -1};
}

json_t *credentials_entry(const struct credentials *credentials, const char *server) {
    return json_object_get(json_object_get(credentials->root, "servers"), server);
}

void credentials_set_entry(struct credentials *credentials, const char *server, json_t *entry) {
    json_t *servers = json_object_get(credentials->root, "servers");
    if (!json_is_object(servers)) {
        servers = json_object();
        (void)json_object_set_new(credentials->root, "servers", servers);
    }
    if (entry != NULL) {
        (void)json_object_set_new(servers, server, entry);
        (void)json_object_set_new(credentials->root, "current", json_string(server));
        return;
    }
    (void)json_object_del(servers, server);
    const char *current = credentials_current(credentials);
    if (current != NULL && strcmp(current, server) == 0)
        (void)json_object_del(credentials->root, "current");
}

const char *credentials_current(const struct credentials *credentials) {
    return json_string_value(json_object_get(credentials->root, "current"));
}
