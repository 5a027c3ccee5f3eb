/* err.c - errors and faults; see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef __clang_analyzer__
#undef err_set
#undef err_set_field
#undef err_set_at
#undef err_wrap
#endif

static void fill(struct err *err, enum err_kind kind, const char *field, const char *format,
                 va_list args) PRINTF_LIKE(4, 0);

static void fill(struct err *err, enum err_kind kind, const char *field, const char *format,
                 va_list args) {
    if (err == NULL) return;
    err->kind = kind;
    err->position = -1;
    (void)snprintf(err->field, sizeof err->field, "%s", field);
    (void)vsnprintf(err->msg, sizeof err->msg, format, args);
}

bool err_set(struct err *err, enum err_kind kind, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fill(err, kind, "", format, args);
    va_end(args);
    return false;
}

bool err_set_field(struct err *err, enum err_kind kind, const char *field, const char *format,
                   ...) {
    va_list args;
    va_start(args, format);
    fill(err, kind, field, format, args);
    va_end(args);
    return false;
}

bool err_set_at(struct err *err, int position, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fill(err, ERR_INVALID, "", format, args);
    va_end(args);
    if (err) err->position = position;
    return false;
}

bool err_wrap(struct err *err, const char *format, ...) {
    if (err == NULL) return false;
    char inner[sizeof err->msg];
    memcpy(inner, err->msg, sizeof inner);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof err->msg)
        (void)snprintf(err->msg + length, sizeof err->msg - (size_t)length, ": %s", inner);
    return false;
}

int err_http_status(enum err_kind kind) {
    switch (kind) {
#define X(name, status, title) \
    case name: return status;
        ERR_KINDS(X)
#undef X
    }
    return 500;
}

const char *err_title(enum err_kind kind) {
    switch (kind) {
#define X(name, status, title) \
    case name: return title;
        ERR_KINDS(X)
#undef X
    }
    return "Unknown error";
}

void faults_add(struct faults *faults, struct str field, const char *format, ...) {
    if (faults->count == FAULTS_MAX) {
        faults->more++;
        return;
    }
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t room = length < 0 ? 1 : (size_t)length + 1;
    if (room > FAULT_MESSAGE_MAX) room = FAULT_MESSAGE_MAX;
    char *message = arena_alloc(faults->arena, room);
    va_start(args, format);
    (void)vsnprintf(message, room, format, args);
    va_end(args);
    faults->items[faults->count++] = (struct fault){
        .field = arena_copy(faults->arena, str_is_absent(field) ? STR("") : field),
        .message = {message, room - 1},
    };
}

bool faults_none(const struct faults *faults) {
    return faults->count == 0;
}
