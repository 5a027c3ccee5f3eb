/* sample_job.c - SampleJob: says what it was given, and takes its time if asked to.
 *
 * The example of a handler as a shared library (docs/handlers.md). It is part of the program, so it
 * runs everywhere. Parameters, all optional:
 *   steps    how many steps it works through, 1 to 1000 (3)
 *   delayMs  how long each takes, up to 60000 (0)
 *   fail     true: ends with exit status 3
 *
 * A handler of your own will use a JSON library; these three values are found by hand. */
#include <alphabet/handler.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The text behind "name": in a flat object, NULL when it is not there. */
static const char *find(const char *json, const char *name) {
    char key[64];
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    const char *found = strstr(json, key);
    return found ? found + strlen(key) : NULL;
}

static long number(const char *json, const char *name, long fallback, long most) {
    const char *text = find(json, name);
    long value = text ? strtol(text + (*text == '"'), NULL, 10) : fallback;
    return value < 0 ? 0 : value > most ? most : value;
}

/* In pieces, so that a stop is noticed soon. */
static void wait_ms(struct alphabet_run *run, long ms) {
    for (; ms > 0 && !run->is_cancelled(run); ms -= 50) {
        struct timespec time = {.tv_nsec = (ms < 50 ? ms : 50) * 1000000};
        (void)nanosleep(&time, NULL);
    }
}

static int run_sample(struct alphabet_run *run) {
    char text[256];
    long steps = number(run->parameters, "steps", 3, 1000);
    long delay_ms = number(run->parameters, "delayMs", 0, 60000);
    (void)snprintf(text, sizeof text, "SampleJob of \"%.100s\", attempt %lld, method \"%.60s\"\n",
                   run->job_name, (long long)run->attempt, run->method);
    run->print(run, text);
    run->print(run, "parameters: ");
    run->print(run, run->parameters);
    run->print(run, "\n");
    for (long step = 1; step <= steps; step++) {
        wait_ms(run, delay_ms);
        if (run->is_cancelled(run)) {
            run->print(run, "asked to stop\n");
            return 1;
        }
        (void)snprintf(text, sizeof text, "step %ld of %ld", step, steps);
        run->progress(run, (int)(step * 100 / steps), text);
    }
    const char *fail = find(run->parameters, "fail");
    if (fail && strncmp(fail, "true", 4) == 0) {
        run->print(run, "failing, as asked\n");
        return 3;
    }
    run->print(run, "done\n");
    return 0;
}

ALPHABET_HANDLER(run_sample)
