/* redactor.c - see redactor.h.
 *
 * With no secret a piece goes straight through. Otherwise the pieces are joined to what was held
 * back and scanned once; a byte that no secret begins with costs one table look-up. */
#include "handlers/redactor.h"

#include "base/json_write.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void add_form(struct redactor *redactor, struct str secret) {
    for (size_t i = 0; i < redactor->count; i++)
        if (str_equal(redactor->secrets[i], secret)) return;
    size_t at = redactor->count;
    while (at > 0 && redactor->secrets[at - 1].len < secret.len) at--;
    redactor->secrets =
        xreallocarray(redactor->secrets, redactor->count + 1, sizeof *redactor->secrets);
    memmove(redactor->secrets + at + 1, redactor->secrets + at,
            (redactor->count - at) * sizeof *redactor->secrets);
    redactor->secrets[at] = (struct str){xstr_dup(secret), secret.len};
    redactor->count++;
    redactor->starts[(unsigned char)secret.ptr[0]] = true;
}

static void put_percent_encoded(struct buf *out, struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            buf_put_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static void wipe_buf(struct buf *buf) {
    if (buf->ptr) sodium_memzero(buf->ptr, buf->cap);
    buf_free(buf);
}

void redactor_add(struct redactor *redactor, struct str secret) {
    if (secret.len < REDACTOR_SHORTEST) return;
    add_form(redactor, secret);
    /* Reserved whole, so that growing leaves no copy behind in freed memory. */
    struct buf form = buf_with_max(0);
    buf_reserve(&form, secret.len * 6 + 1);
    buf_put_json_escaped(&form, secret);
    add_form(redactor, buf_str(&form));
    buf_reset(&form);
    put_percent_encoded(&form, secret);
    add_form(redactor, buf_str(&form));
    wipe_buf(&form);
}

enum match { MATCH_NO, MATCH_YES, MATCH_PERHAPS };

/* Does a secret stand at the start of `rest`? PERHAPS when rest ends before that is known. */
static enum match match_at(const struct redactor *redactor, struct str rest, size_t *len) {
    enum match found = MATCH_NO;
    for (size_t i = 0; i < redactor->count; i++) {
        struct str secret = redactor->secrets[i];
        if (secret.len <= rest.len) {
            if (memcmp(secret.ptr, rest.ptr, secret.len) != 0) continue;
            *len = secret.len;
            /* A longer one may still turn out to stand here: wait for it. */
            return found == MATCH_PERHAPS ? MATCH_PERHAPS : MATCH_YES;
        }
        if (memcmp(secret.ptr, rest.ptr, rest.len) == 0) found = MATCH_PERHAPS;
    }
    return found;
}

/* Puts out what is decided and returns how many bytes were. At the end nothing is left undecided:
 * a beginning of REDACTOR_SHORTEST bytes or more that was cut off is hidden too. */
static size_t scan(const struct redactor *redactor, struct str text, bool is_end,
                   void (*put)(void *context, struct str), void *context) {
    size_t shown = 0, at = 0;
    while (at < text.len) {
        if (!redactor->starts[(unsigned char)text.ptr[at]]) {
            at++;
            continue;
        }
        size_t len = 0;
        enum match match = match_at(redactor, str_slice(text, at, text.len), &len);
        if (match == MATCH_PERHAPS && !is_end) break;
        if (match == MATCH_PERHAPS && text.len - at >= REDACTOR_SHORTEST) len = text.len - at;
        if (len == 0) {
            at++;
            continue;
        }
        if (at > shown) put(context, str_slice(text, shown, at - shown));
        put(context, STR("***"));
        shown = at = at + len;
    }
    if (at > shown) put(context, str_slice(text, shown, at - shown));
    return at;
}

void redactor_feed(struct redactor *redactor, struct str piece,
                   void (*put)(void *context, struct str), void *context) {
    if (piece.len == 0) return;
    if (redactor->count == 0) {
        put(context, piece);
        return;
    }
    buf_put(&redactor->held, piece);
    struct str text = buf_str(&redactor->held);
    size_t done = scan(redactor, text, false, put, context);
    memmove(redactor->held.ptr, redactor->held.ptr + done, text.len - done);
    redactor->held.len -= done;
}

void redactor_end(struct redactor *redactor, void (*put)(void *context, struct str),
                  void *context) {
    if (redactor->held.len > 0) (void)scan(redactor, buf_str(&redactor->held), true, put, context);
    buf_reset(&redactor->held);
}

static void put_into_buf(void *context, struct str s) {
    buf_put(context, s);
}

void redactor_text(const struct redactor *redactor, struct str text, struct buf *out) {
    (void)scan(redactor, text, true, put_into_buf, out);
}

void redactor_free(struct redactor *redactor) {
    for (size_t i = 0; i < redactor->count; i++) {
        char *bytes = (char *)(uintptr_t)redactor->secrets[i].ptr;
        sodium_memzero(bytes, redactor->secrets[i].len);
        free(bytes);
    }
    free(redactor->secrets);
    if (redactor->held.ptr) wipe_buf(&redactor->held);
    *redactor = (struct redactor){0};
}
