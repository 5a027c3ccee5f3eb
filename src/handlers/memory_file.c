/* memory_file.c - see memory_file.h. */
#include "handlers/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_whole(int fd, struct str bytes) {
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes = str_slice(bytes, (size_t)put, bytes.len);
    }
    return true;
}

int memory_file(const char *name, struct str bytes, struct err *err) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok = fd >= 0 && write_whole(fd, bytes) && lseek(fd, 0, SEEK_SET) == 0 &&
              fchmod(fd, 0555) == 0 &&
              fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    if (ok) return fd;
    (void)err_set(err, ERR_UNAVAILABLE, "no file in memory could be made: %s",
                  strerrordesc_np(errno));
    if (fd >= 0) (void)close(fd);
    return -1;
}
