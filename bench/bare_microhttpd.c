/* bare_microhttpd.c - the yardstick: libmicrohttpd with nothing on top. It answers a fixed body on
 * any path and prints its port; the benchmarks hold the product's answers against it.
 *
 *     bare_microhttpd [BODY_BYTES [THREADS]]       ends when standard input does
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answer {
    char *bytes;
    size_t size;
};

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *size, void **state) {
    static int seen;
    const struct answer *answer = context;
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    /* An answer at the first call would close the connection. */
    if (*state == NULL || *size > 0) {
        *state = &seen;
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->size, answer->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(int argc, char **argv) {
    char wait[256];
    struct answer answer = {.size = argc > 1 ? strtoul(argv[1], NULL, 10) : 600};
    unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2;
    answer.bytes = malloc(answer.size + 1);
    if (answer.bytes == NULL) return 1;
    memset(answer.bytes, 'x', answer.size);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, on_access, &answer,
        threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, MHD_OPTION_END);
    if (daemon == NULL) return 1;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    (void)printf("%u\n", info->port);
    (void)fflush(stdout);
    while (read(STDIN_FILENO, wait, sizeof wait) > 0) continue;
    MHD_stop_daemon(daemon);
    free(answer.bytes);
    return 0;
}
