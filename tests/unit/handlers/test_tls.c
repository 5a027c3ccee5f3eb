/* test_tls.c - a certificate that is not right ends the call: unknown issuer, another name,
 * expired, an old protocol, a handshake that never ends. The server is openssl's; without it the
 * tests that need it are skipped. */
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/alphabet-tls-XXXXXX";

static bool run(const char *command) {
    char text[1000];
    snprintf(text, sizeof text, "cd %s && { %s ; } >/dev/null 2>&1", folder, command);
    return system(text) == 0;
}

/* A certificate for localhost, one for another name, and one that expired yesterday. */
static bool make_certificates(void) {
    return mkdtemp(folder) &&
           run("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out good.pem -days 2 "
               "-subj /CN=localhost -addext subjectAltName=DNS:localhost && "
               "openssl req -x509 -key key.pem -out other.pem -days 2 -subj /CN=other.example "
               "-addext subjectAltName=DNS:other.example && "
               "openssl req -new -key key.pem -subj /CN=localhost -out request.pem && "
               "printf subjectAltName=DNS:localhost > names && openssl x509 -req -in request.pem "
               "-signkey key.pem -days -1 -extfile names -out expired.pem");
}

static void remove_folder(void) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

/* openssl s_server on a port of its choice, which it prints. */
static pid_t start_server(const char *certificate, const char *protocol, int *port) {
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)!freopen("/dev/null", "w", stderr);
        if (chdir(folder) == 0)
            execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate,
                   "-key", "key.pem", "-www", protocol, "-cipher", "DEFAULT@SECLEVEL=0", NULL);
        _exit(1);
    }
    (void)close(out[1]);
    char text[256];
    size_t len = 0;
    *port = 0;
    while (*port == 0 && len < sizeof text - 1) {
        ssize_t got = read(out[0], text + len, sizeof text - 1 - len);
        if (got <= 0) break;
        text[len += (size_t)got] = '\0';
        const char *at = strstr(text, "ACCEPT 127.0.0.1:");
        if (at && strchr(at, '\n')) (void)sscanf(at, "ACCEPT 127.0.0.1:%d", port);
    }
    (void)close(out[0]);
    return child;
}

static void stop_server(pid_t child) {
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

static void test_certificates_are_verified(void **state) {
    (void)state;
    static const struct {
        const char *certificate, *protocol, *trusted, *says; // says: NULL = the call succeeds
    } rows[] = {
        {"good.pem", "-no_ssl3", "good.pem", NULL},
        {"good.pem", "-no_ssl3", NULL, "certificate"},
        {"other.pem", "-no_ssl3", "other.pem", "does not match"},
        {"expired.pem", "-no_ssl3", "expired.pem", "expired"},
        {"good.pem", "-tls1", "good.pem", "no secure connection"},
    };
    if (!make_certificates()) {
        remove_folder();
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int port;
        char authority[100];
        pid_t child = start_server(rows[i].certificate, rows[i].protocol, &port);
        assert_true(port > 0);
        snprintf(authority, sizeof authority, "%s/%s", folder,
                 rows[i].trusted ? rows[i].trusted : "");
        struct world world;
        world_start(&world, &(struct world_options){.ca_file = rows[i].trusted ? authority : NULL});
        struct call *call = world_call(&world, "{\"url\":\"https://localhost:%d/\"}", port);
        assert_true(world_wait(&world, call));
        if (!rows[i].says) {
            assert_string_equal(call->error, "");
            assert_int_equal(call->result.http_status, 200);
        } else {
            assert_int_equal(call->result.status, EXECUTION_FAILED);
            assert_int_equal(call->result.error_type, ERROR_CONNECTION);
            assert_true(strstr(call->error, "no secure connection to localhost") != NULL);
            if (!strstr(call->error, rows[i].says)) fail_msg("%zu: %s", i, call->error);
        }
        world_end(&world);
        stop_server(child);
    }
    remove_folder();
}

/* Connected by the kernel, but nobody ever answers the handshake. */
static void test_a_stalled_handshake_ends_with_the_connect_timeout(void **state) {
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct world world;
    world_start(&world, &(struct world_options){.connect_seconds = 1});
    int64_t start = target_now_ms();
    struct call *call =
        world_call(&world, "{\"url\":\"https://127.0.0.1:%d/\"}", ntohs(address.sin_port));
    assert_true(world_wait(&world, call));
    assert_in_range(target_now_ms() - start, 900, 1500);
    assert_int_equal(call->result.error_type, ERROR_CONNECTION);
    assert_true(strstr(call->error, "in time") != NULL);
    world_end(&world);
    (void)close(listener);
}
