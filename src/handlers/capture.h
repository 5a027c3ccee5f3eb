/* capture.h - keeps the head and the tail of an output that may be endless, in bounded memory.
 *
 *     struct capture capture = {0};
 *     capture_reset(&capture, 64 * 1024);
 *     capture_add(&capture, piece);
 *     struct str text = capture_finish(&capture);   // UTF-8, at most 64 KiB
 *     if (capture.is_truncated) ...
 *     capture_free(&capture);
 *
 * Up to its maximum the output is kept whole; beyond it the first half and the last, with a line
 * "… 123 bytes left out …" between them. Bytes that are not UTF-8, and NUL, become U+FFFD.
 *
 *   Owns:    its buffers; the finished text is valid until capture_free or capture_reset.
 *   Threads: one at a time.   Errors: none.   Units: bytes.
 */
#ifndef ALPHABET_HANDLERS_CAPTURE_H
#define ALPHABET_HANDLERS_CAPTURE_H

#include "base/buf.h"

#include <stdint.h>

struct capture {
    size_t max;
    struct buf head; // raw bytes, at most max
    char *ring;      // the last max/2 bytes of those beyond head; NULL until needed
    size_t ring_size, ring_at;
    int64_t total; // bytes added
    struct buf text;
    bool is_truncated; // set by capture_finish
};

/* Empty again; a little memory is kept for the next run. */
void capture_reset(struct capture *capture, size_t max);
void capture_add(struct capture *capture, struct str piece);
struct str capture_finish(struct capture *capture);
void capture_free(struct capture *capture);

#endif
