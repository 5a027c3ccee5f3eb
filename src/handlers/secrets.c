/* secrets.c - see secrets.h.
 *
 * Values read are kept for some seconds, at most MAX_KEPT of them, and wiped when they go. Links
 * inside the folder are followed to where they lead below it (Kubernetes mounts a secret as a link
 * to ..data/NAME), never out of it: openat2 with RESOLVE_BENEATH. */
#include "handlers/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_KEPT = 256 };

struct kept {
    struct mono read_at;
    struct str name, value; // both behind this header, in one allocation
    size_t size;            // of the allocation, to wipe it
};

struct secrets {
    char *directory; // NULL: the environment only
    const struct clock *clock;
    pthread_mutex_t lock;
    /* under the lock */
    struct kept *kept[MAX_KEPT];
    size_t next; // the place to be taken next: the oldest
};

static void forget(struct kept **place) {
    struct kept *kept = *place;
    *place = NULL;
    if (!kept) return;
    sodium_memzero(kept, kept->size);
    free(kept);
}

struct secrets *secrets_new(struct str directory, const struct clock *clock) {
    struct secrets *secrets = xcalloc(1, sizeof *secrets);
    if (directory.len > 0) secrets->directory = xstr_dup(directory);
    secrets->clock = clock;
    pthread_mutex_init(&secrets->lock, NULL);
    return secrets;
}

void secrets_free(struct secrets *secrets) {
    if (!secrets) return;
    for (size_t i = 0; i < MAX_KEPT; i++) forget(&secrets->kept[i]);
    pthread_mutex_destroy(&secrets->lock);
    free(secrets->directory);
    free(secrets);
}

bool secrets_name_is_valid(struct str name) {
    if (name.len == 0 || name.len > MAX_SECRET_NAME) return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '.' || c == '-';
        if (!fine) return false;
    }
    return !str_equal(name, STR(".")) && !str_equal(name, STR(".."));
}

static struct kept *keep_new(struct secrets *secrets, struct str name, struct str value) {
    size_t size = sizeof(struct kept) + name.len + value.len;
    struct kept *kept = xcalloc(1, size);
    char *bytes = (char *)(kept + 1);
    memcpy(bytes, name.ptr, name.len);
    if (value.len > 0) memcpy(bytes + name.len, value.ptr, value.len);
    kept->name = (struct str){bytes, name.len};
    kept->value = (struct str){bytes + name.len, value.len};
    kept->size = size;
    kept->read_at = clock_mono(secrets->clock);
    struct kept **place = &secrets->kept[secrets->next];
    secrets->next = (secrets->next + 1) % MAX_KEPT;
    forget(place);
    *place = kept;
    return kept;
}

/* What is kept of this name and still fresh; drops it when it is stale. */
static struct kept *find_kept(struct secrets *secrets, struct str name) {
    struct mono now = clock_mono(secrets->clock);
    for (size_t i = 0; i < MAX_KEPT; i++) {
        struct kept *kept = secrets->kept[i];
        if (!kept || !str_equal(kept->name, name)) continue;
        if (mono_diff(now, kept->read_at).us < span_seconds(SECRETS_KEEP_SECONDS).us) return kept;
        forget(&secrets->kept[i]);
    }
    return NULL;
}

static int open_beneath(const char *directory, const char *name) {
    int folder = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long file = syscall(SYS_openat2, folder, name, &how, sizeof how);
    int error = errno;
    (void)close(folder);
    errno = error;
    return (int)file;
}

/* Reads the whole file into `bytes` of MAX_SECRET_BYTES + 2; -1 with err when it cannot. */
static ssize_t read_file(const char *directory, struct str name, char *bytes, struct err *err) {
    char file_name[MAX_SECRET_NAME + 1];
    memcpy(file_name, name.ptr, name.len);
    file_name[name.len] = '\0';
    int file = open_beneath(directory, file_name);
    if (file < 0) {
        if (errno == ENOENT)
            (void)err_set(err, ERR_NOT_FOUND, "there is no secret named %s", file_name);
        else
            (void)err_set(err, ERR_INVALID, "the secret %s cannot be read: %s", file_name,
                          strerrordesc_np(errno));
        return -1;
    }
    struct stat facts;
    size_t len = 0;
    ssize_t got = -1;
    if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode))
        while (len < MAX_SECRET_BYTES + 2 &&
               (got = read(file, bytes + len, MAX_SECRET_BYTES + 2 - len)) > 0)
            len += (size_t)got;
    (void)close(file);
    if (len < MAX_SECRET_BYTES + 2 && got < 0) {
        (void)err_set(err, ERR_INVALID, "the secret %s is no readable file", file_name);
        return -1;
    }
    return (ssize_t)len;
}

static struct str environment_value(struct str name) {
    char variable[sizeof "ALPHABET_SECRET_" + MAX_SECRET_NAME] = "ALPHABET_SECRET_";
    size_t len = sizeof "ALPHABET_SECRET_" - 1;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        variable[len++] = c == '.' || c == '-' ? '_' : c;
    }
    variable[len] = '\0';
    return str_from_cstr(getenv(variable));
}

static struct kept *load(struct secrets *secrets, struct str name, struct err *err) {
    struct err file_err = ERR_INIT;
    (void)err_set(&file_err, ERR_NOT_FOUND, "there is no secret named %.*s", STR_ARG(name));
    struct kept *kept = NULL;
    if (secrets->directory) {
        char *bytes = xmalloc(MAX_SECRET_BYTES + 2);
        ssize_t len = read_file(secrets->directory, name, bytes, &file_err);
        if (len > 0 && bytes[len - 1] == '\n') len--;
        if (len > 0 && bytes[len - 1] == '\r') len--;
        if (len > MAX_SECRET_BYTES)
            (void)err_set(&file_err, ERR_LIMIT, "the secret %.*s is longer than %d bytes",
                          STR_ARG(name), MAX_SECRET_BYTES);
        else if (len >= 0)
            kept = keep_new(secrets, name, (struct str){bytes, (size_t)len});
        sodium_memzero(bytes, MAX_SECRET_BYTES + 2);
        free(bytes);
    }
    if (!kept && file_err.kind == ERR_NOT_FOUND) {
        struct str value = environment_value(name);
        if (!str_is_absent(value) && value.len <= MAX_SECRET_BYTES)
            kept = keep_new(secrets, name, value);
    }
    if (!kept && err) *err = file_err;
    return kept;
}

bool secrets_find(struct secrets *secrets, struct str name, struct arena *arena, struct str *ret,
                  struct err *err) {
    if (!secrets_name_is_valid(name))
        return err_set(err, ERR_INVALID,
                       "the name of a secret is 1 to %d letters, digits, '_', '.' or '-'",
                       MAX_SECRET_NAME);
    pthread_mutex_lock(&secrets->lock);
    struct kept *kept = find_kept(secrets, name);
    if (!kept) kept = load(secrets, name, err);
    struct str value = STR_NONE;
    if (kept) value = kept->value.len > 0 ? arena_copy(arena, kept->value) : STR("");
    pthread_mutex_unlock(&secrets->lock);
    if (!kept) return false;
    *ret = value;
    return true;
}
