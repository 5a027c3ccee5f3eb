/* postgres_server.c - see postgres_server.h.
 *
 * The keeper of the server lives as long as its standard input: a pipe whose other end only this
 * process holds. Stopping is closing it; dying closes it too.
 */
#include "support/postgres_server.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct postgres_server {
    pid_t keeper; // 0: a server that was there before
    int input;    // of the keeper; it ends when this is closed
    FILE *output;
    char url[1024];
};

/* In the child, which may only do what is safe between fork and exec. */
static void become_keeper(int input, int output, bool flushes) {
    const char *const command[] = {TEST_SUPPORT "/postgres", "serve", flushes ? NULL : "--no-fsync",
                                   NULL};
    (void)setsid(); // what ends the test by its group must not end who cleans up behind it
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0) _exit(127);
    (void)execv(command[0], (char *const *)command);
    _exit(127);
}

static bool start_keeper(struct postgres_server *server, bool flushes) {
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0) return false;
    if (pipe2(output, O_CLOEXEC) != 0) {
        (void)close(input[0]);
        (void)close(input[1]);
        return false;
    }
    server->keeper = fork();
    if (server->keeper == 0) become_keeper(input[0], output[1], flushes);
    (void)close(input[0]);
    (void)close(output[1]);
    server->input = input[1];
    server->output = fdopen(output[0], "r");
    return server->keeper > 0 && server->output;
}

static bool read_url(struct postgres_server *server) {
    if (!fgets(server->url, sizeof server->url, server->output)) return false;
    size_t length = strlen(server->url);
    if (length == 0 || server->url[length - 1] != '\n') return false;
    server->url[length - 1] = '\0';
    return true;
}

static struct postgres_server *start(bool flushes) {
    struct postgres_server *server = xcalloc(1, sizeof *server);
    const char *given = getenv("ALPHABET_TEST_POSTGRES");
    if (given && *given) {
        (void)snprintf(server->url, sizeof server->url, "%s", given);
        return server;
    }
    if (start_keeper(server, flushes) && read_url(server)) return server;
    (void)fprintf(stderr, "no PostgreSQL server: " TEST_SUPPORT "/postgres did not start one\n");
    postgres_server_stop(server);
    return NULL;
}

struct postgres_server *postgres_server_start(void) {
    return start(false);
}

struct postgres_server *postgres_server_start_flushing(void) {
    return start(true);
}

const char *postgres_server_url(const struct postgres_server *server) {
    return server->url;
}

void postgres_server_stop(struct postgres_server *server) {
    if (!server) return;
    if (server->keeper > 0) {
        (void)close(server->input);
        (void)waitpid(server->keeper, NULL, 0);
    }
    if (server->output) (void)fclose(server->output);
    free(server);
}
