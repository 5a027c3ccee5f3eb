/* err.h - the one error type, and lists of faults in input.
 *
 * A function that can fail returns bool (or a pointer) and takes `struct err *err` last. On failure
 * it fills err, returns false, and leaves its other outputs untouched.
 *
 *     if (size > MAX) return err_set(err, ERR_LIMIT, "at most %d bytes are allowed", MAX);
 *
 * Input with many parts is checked whole: each fault goes into a `struct faults`, and the caller
 * answers with all of them at once.
 *
 *   Owns:    err is a plain value; faults live in their arena.   Threads: one at a time.
 *   Kinds:   ERR_KINDS below; http/problem.h maps them to a status and a problem type.
 */
#ifndef ALPHABET_BASE_ERR_H
#define ALPHABET_BASE_ERR_H

#include "base/attr.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>

/* X(name, HTTP status, problem title) */
#define ERR_KINDS(X) \
    X(ERR_NONE, 200, "No error") \
    X(ERR_INVALID, 400, "The request is not valid") \
    X(ERR_UNAUTHENTICATED, 401, "Authentication is needed") \
    X(ERR_FORBIDDEN, 403, "Not allowed") \
    X(ERR_NOT_FOUND, 404, "Not found") \
    X(ERR_CONFLICT, 409, "Not possible in this state") \
    X(ERR_STALE, 412, "The resource has changed since it was read") \
    X(ERR_LIMIT, 413, "Too large") \
    X(ERR_MEDIA_TYPE, 415, "The body is not JSON") \
    X(ERR_BUSY, 429, "Too many requests") \
    X(ERR_TIMEOUT, 503, "It took too long") \
    X(ERR_UNAVAILABLE, 503, "The store cannot be reached") \
    X(ERR_INTERNAL, 500, "Something went wrong inside the server")

enum err_kind {
#define X(name, status, title) name,
    ERR_KINDS(X)
#undef X
};

struct err {
    enum err_kind kind;
    int position;    // character offset in the input, where there is one; else -1
    char field[128]; // "jobConfiguration.url"; empty when no field is at fault
    char msg[256];   // a sentence for a person, without a secret
};

#define ERR_INIT \
    { .position = -1 }

/* Fills err (which may be NULL) and returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);
bool err_set_field(struct err *err, enum err_kind kind, const char *field, const char *format, ...)
    PRINTF_LIKE(4, 5);
bool err_set_at(struct err *err, int position, const char *format, ...)
    PRINTF_LIKE(3, 4); // INVALID
/* Puts "context: " before the message, as the error rises. Returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The analyser of clang (`make lint`) does not look into functions with variable arguments and
 * would follow paths on which they return true. */
#ifdef __clang_analyzer__
static inline bool err_is_false(bool result) {
    (void)result;
    return false;
}
#define err_set(...) err_is_false(err_set(__VA_ARGS__))
#define err_set_field(...) err_is_false(err_set_field(__VA_ARGS__))
#define err_set_at(...) err_is_false(err_set_at(__VA_ARGS__))
#define err_wrap(...) err_is_false(err_wrap(__VA_ARGS__))
#endif

int err_http_status(enum err_kind kind);
const char *err_title(enum err_kind kind);

struct fault {
    struct str field; // "retryPolicy.maxAttempts", "pageSize", "" for the body as a whole
    struct str message;
};

enum { FAULTS_MAX = 100 };         // further ones are counted, not kept
enum { FAULT_MESSAGE_MAX = 8192 }; // longer ones are cut

struct faults {
    struct arena *arena; // where the texts live; set by the caller
    struct fault items[FAULTS_MAX];
    size_t count; // kept
    size_t more;  // beyond FAULTS_MAX
};

void faults_add(struct faults *faults, struct str field, const char *format, ...) PRINTF_LIKE(3, 4);
bool faults_none(const struct faults *faults);

#endif
