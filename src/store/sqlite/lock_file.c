/* lock_file.c - see lock_file.h. The file stays behind when the store closes: removing it could
 * take it away from a process that is just about to lock it. */
#include "store/sqlite/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool fail_locked(const char *path, int descriptor, struct err *err) {
    char text[32] = "";
    ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
    int64_t pid = 0;
    if (size > 0 && str_parse_i64(str_trim((struct str){text, (size_t)size}), &pid) && pid > 0)
        return err_set(err, ERR_UNAVAILABLE,
                       "the database is in use by process %lld (which holds %s)", (long long)pid,
                       path);
    return err_set(err, ERR_UNAVAILABLE, "the database is in use by another process (%s)", path);
}

int lock_file_take(const char *path, struct err *err) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        (void)err_set(err, ERR_UNAVAILABLE, "%s cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_OFD_SETLK, &lock) != 0) {
        (void)fail_locked(path, descriptor, err);
        (void)close(descriptor);
        return -1;
    }
    /* Only for people to read: when it cannot be written, the lock holds all the same. */
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) == 0) (void)!pwrite(descriptor, text, (size_t)length, 0);
    return descriptor;
}

void lock_file_release(int descriptor) {
    if (descriptor >= 0) (void)close(descriptor);
}
