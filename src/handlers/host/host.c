/* host.c - the program that loads a handler's library: alphabet-host.
 *
 * It is executed by the supervisor of a run, already shut in, with the library - the file that was
 * checked, not a path - as descriptor 3. It loads that, hands it the run, and ends with what it
 * returns. A library that does not fit ends with HOST_REFUSES and says why as output.
 *
 * SIGTERM sets the flag that the library asks for; who never asks gets SIGKILL after the grace. */
#include "alphabet/handler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIBRARY = 3, HOST_REFUSES = 126, HIGHEST_STATUS = 125 };

static volatile sig_atomic_t is_stopping;

static void on_stop(int number) {
    (void)number;
    is_stopping = 1;
}

static void write_all(const char *text, size_t len) {
    while (len > 0) {
        ssize_t put = write(STDOUT_FILENO, text, len);
        if (put <= 0) return;
        text += put;
        len -= (size_t)put;
    }
}

static void print(struct alphabet_run *run, const char *text) {
    (void)run;
    (void)fflush(stdout);
    if (text) write_all(text, strlen(text));
}

static void progress(struct alphabet_run *run, int percent, const char *text) {
    char line[256];
    (void)run;
    if (percent < 0) percent = 0;
    if (percent > 100) percent = 100;
    int len = snprintf(line, sizeof line - 1, "::progress %d %s", percent, text ? text : "");
    if (len < 0) return;
    size_t end = (size_t)len < sizeof line - 2 ? (size_t)len : sizeof line - 2;
    for (size_t i = 0; i < end; i++)
        if (line[i] == '\n') line[i] = ' ';
    line[end] = '\n';
    (void)fflush(stdout);
    write_all(line, end + 1);
}

/* A line of its own; a line break in JSON may as well be a blank. */
static void result(struct alphabet_run *run, const char *json) {
    (void)run;
    if (!json) return;
    (void)fflush(stdout);
    write_all("\n::result ", sizeof "\n::result " - 1);
    for (size_t len; *json; json += len) {
        len = strcspn(json, "\r\n");
        write_all(json, len);
        if (json[len] != '\0') {
            write_all(" ", 1);
            len++;
        }
    }
    write_all("\n", 1);
}

static int is_cancelled(struct alphabet_run *run) {
    (void)run;
    return is_stopping;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* Standard input whole; the scheduler bounds it. */
static char *read_parameters(void) {
    size_t len = 0, room = 4096;
    char *text = malloc(room);
    ssize_t got = 0;
    while (text && (got = read(STDIN_FILENO, text + len, room - len - 1)) > 0) {
        len += (size_t)got;
        if (room - len > 1) continue;
        room *= 2;
        char *larger = realloc(text, room);
        if (!larger) free(text);
        text = larger;
    }
    if (text) text[len] = '\0';
    return text;
}

static int refuse(const char *why) {
    (void)fprintf(stderr, "alphabet-host: %s\n", why);
    return HOST_REFUSES;
}

static const struct alphabet_handler *load(void) {
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", LIBRARY);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    (void)close(LIBRARY);
    if (!library) {
        (void)refuse(dlerror());
        return NULL;
    }
    const struct alphabet_handler *handler = dlsym(library, "alphabet_handler");
    if (!handler)
        (void)refuse("the library has no symbol alphabet_handler; see alphabet/handler.h");
    return handler;
}

int main(void) {
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    const struct alphabet_handler *handler = load();
    if (!handler) return HOST_REFUSES;
    if (handler->version == 0 || handler->version > ALPHABET_HANDLER_VERSION || !handler->run) {
        (void)fprintf(stderr,
                      "alphabet-host: the library was built for version %u of the interface; this "
                      "server offers 1 to %d\n",
                      (unsigned)handler->version, ALPHABET_HANDLER_VERSION);
        return HOST_REFUSES;
    }
    char *parameters = read_parameters();
    if (!parameters) return refuse("the parameters do not fit into memory");
    struct alphabet_run run = {
        .version = ALPHABET_HANDLER_VERSION,
        .size = sizeof run,
        .method = variable("ALPHABET_METHOD"),
        .parameters = parameters,
        .execution_id = variable("ALPHABET_EXECUTION_ID"),
        .job_id = variable("ALPHABET_JOB_ID"),
        .job_name = variable("ALPHABET_JOB_NAME"),
        .scheduled_for = variable("ALPHABET_SCHEDULED_FOR"),
        .attempt = strtoll(variable("ALPHABET_ATTEMPT"), NULL, 10),
        .fence = strtoll(variable("ALPHABET_FENCE"), NULL, 10),
        .print = print,
        .progress = progress,
        .is_cancelled = is_cancelled,
        .result = result,
    };
    int status = handler->run(&run);
    (void)fflush(NULL);
    return status < 0 || status > HIGHEST_STATUS ? HIGHEST_STATUS : status;
}
