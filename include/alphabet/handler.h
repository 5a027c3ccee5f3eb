/* alphabet/handler.h - write a job handler for Alphabet Scheduler as a shared library.
 *
 *     #include <alphabet/handler.h>
 *
 *     static int run(struct alphabet_run *run) {
 *         run->print(run, "hello ");
 *         run->print(run, run->parameters);            // a JSON object
 *         for (int i = 1; i <= 10 && !run->is_cancelled(run); i++) run->progress(run, i * 10,
 * "working"); return 0;                                    // success; anything else is a failure
 *     }
 *     ALPHABET_HANDLER(run)
 *
 *     cc -shared -fPIC -O2 -o hello.so hello.c
 *
 * Register it: {"Scheduler": {"Handlers": {"Hello": {"Library":
 * "/usr/local/lib/alphabet/hello.so"}}}}. The library is loaded anew in a process of its own for
 * each run, so it may crash, leak or call exit: the run has failed, and nothing else. printf to
 * stdout and stderr is output as well.
 *
 *   Owns:    everything in struct alphabet_run belongs to the host and is valid until `run`
 * returns. Threads: the functions may be called from any thread of the library, one at a time.
 *   Stability: a library built against version N of this interface runs on every server that offers
 *            version N or later. New members are added at the end, and counted by `size`.
 *
 * This header stands alone: plain C, no other header of the product.
 */
#ifndef ALPHABET_HANDLER_H
#define ALPHABET_HANDLER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ALPHABET_HANDLER_VERSION 2

struct alphabet_run {
    uint32_t version; /* of the interface that the server offers */
    uint32_t size;    /* of this structure as the server knows it */

    const char *method;     /* methodName of the job, "" when it has none */
    const char *parameters; /* a JSON object as text, "{}" when there are none */
    const char *execution_id, *job_id, *job_name;
    const char *scheduled_for; /* RFC 3339 in UTC */
    int64_t attempt;           /* 1 for the first */
    int64_t fence;             /* grows with every attempt: refuse what carries an older one */

    /* Output, as it is; it shows at once. */
    void (*print)(struct alphabet_run *run, const char *text);
    /* 0 to 100 and a text of one line, or NULL. */
    void (*progress)(struct alphabet_run *run, int percent, const char *text);
    /* Not 0 once the run is to stop (cancel, timeout, shutdown): return soon, before five seconds
     * have passed. */
    int (*is_cancelled)(struct alphabet_run *run);

    /* Since version 2. */

    /* What the run hands on to other jobs: JSON, at most 65536 bytes. The last call counts. */
    void (*result)(struct alphabet_run *run, const char *json);
};

struct alphabet_handler {
    uint32_t version;                     /* ALPHABET_HANDLER_VERSION it was built against */
    uint32_t size;                        /* of this structure */
    int (*run)(struct alphabet_run *run); /* 0 is success; else the exit status, 1 to 125 */
};

#if defined(__GNUC__)
#define ALPHABET_EXPORT __attribute__((visibility("default")))
#else
#define ALPHABET_EXPORT
#endif

/* The one symbol that is looked for. */
extern ALPHABET_EXPORT const struct alphabet_handler alphabet_handler;

#define ALPHABET_HANDLER(run_function) \
    ALPHABET_EXPORT const struct alphabet_handler alphabet_handler = { \
        ALPHABET_HANDLER_VERSION, sizeof(struct alphabet_handler), run_function};

#ifdef __cplusplus
}
#endif

#endif
