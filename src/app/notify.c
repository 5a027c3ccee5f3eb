/* notify.c - see notify.h. */
#include "app/notify.h"

#include "base/str.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_manager(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@')) return;
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0'; // the abstract name space
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    (void)close(fd);
}

/* The manager names the process that it means: a child that inherits the variables is not it. */
struct span notify_watchdog_interval(void) {
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t us, process;
    if (usec == NULL || !str_parse_i64(str_from_cstr(usec), &us) || us <= 0) return span_us(0);
    if (pid && (!str_parse_i64(str_from_cstr(pid), &process) || process != (int64_t)getpid()))
        return span_us(0);
    return span_us(us / 2 + 1);
}
