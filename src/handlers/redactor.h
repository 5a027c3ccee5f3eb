/* redactor.h - secrets become *** in a stream of bytes, also where a secret is split over two
 * pieces.
 *
 *     struct redactor redactor = {0};                       // zero hides nothing and costs nothing
 *     redactor_add(&redactor, secret);
 *     redactor_feed(&redactor, piece, put, context);        // put receives what may be shown
 *     redactor_end(&redactor, put, context);                // what was held back
 *     redactor_free(&redactor);
 *
 * Bytes that may be the beginning of a secret are held back until it is clear. Masking comes before
 * any cut to size, so no half of a secret is left at a cut.
 *
 *   Owns:    copies of the secrets, wiped by redactor_free.   Threads: one at a time.
 *   Errors:  none. A secret shorter than REDACTOR_SHORTEST bytes is not hidden: replacing every "1"
 *            would hide nothing and spoil everything.
 */
#ifndef ALPHABET_HANDLERS_REDACTOR_H
#define ALPHABET_HANDLERS_REDACTOR_H

#include "base/buf.h"

enum { REDACTOR_SHORTEST = 4 };

struct redactor {
    struct str *secrets; // longest first
    size_t count;
    bool starts[256]; // bytes a secret begins with
    struct buf held;
};

/* Also hides what the secret looks like inside a JSON string, and percent-encoded. */
void redactor_add(struct redactor *redactor, struct str secret);
void redactor_feed(struct redactor *redactor, struct str piece,
                   void (*put)(void *context, struct str), void *context);
void redactor_end(struct redactor *redactor, void (*put)(void *context, struct str), void *context);
/* A whole text at once, into out. */
void redactor_text(const struct redactor *redactor, struct str text, struct buf *out);
void redactor_free(struct redactor *redactor);

#endif
