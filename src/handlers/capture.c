/* capture.c - see capture.h.
 *
 * The head grows as a plain buffer to the maximum; only an output that is longer pays for a ring of
 * half that size. When it is over, the raw head is cut to what fits beside the tail and the mark.
 * Cuts are made at a character's edge, and repairing UTF-8 can only make a text longer by its
 * replacement characters, so the finished text is cut once more to the maximum if need be. */
#include "handlers/capture.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARK_ROOM = 64,    // "\n… N bytes left out …\n" with any N
    KEPT_BYTES = 4096, // memory that capture_reset does not give back
};

void capture_reset(struct capture *capture, size_t max) {
    struct buf head = capture->head;
    if (head.cap > KEPT_BYTES) buf_free(&head);
    buf_reset(&head);
    buf_free(&capture->text);
    free(capture->ring);
    *capture = (struct capture){.max = max < 4 * MARK_ROOM ? 4 * MARK_ROOM : max, .head = head};
}

void capture_free(struct capture *capture) {
    buf_free(&capture->head);
    buf_free(&capture->text);
    free(capture->ring);
    *capture = (struct capture){.max = capture->max};
}

static void ring_put(struct capture *capture, struct str piece) {
    if (!capture->ring) {
        capture->ring_size = capture->max / 2;
        capture->ring = xmalloc(capture->ring_size);
    }
    if (piece.len > capture->ring_size)
        piece = str_slice(piece, piece.len - capture->ring_size, capture->ring_size);
    size_t first = capture->ring_size - capture->ring_at;
    if (first > piece.len) first = piece.len;
    memcpy(capture->ring + capture->ring_at, piece.ptr, first);
    memcpy(capture->ring, piece.ptr + first, piece.len - first);
    capture->ring_at = (capture->ring_at + piece.len) % capture->ring_size;
}

void capture_add(struct capture *capture, struct str piece) {
    capture->total += (int64_t)piece.len;
    size_t room = capture->max - capture->head.len;
    struct str first = str_slice(piece, 0, room);
    buf_put(&capture->head, first);
    if (first.len < piece.len) ring_put(capture, str_slice(piece, first.len, piece.len));
}

/* Without the bytes of a character that the cut before s has halved. */
static struct str skip_continuation(struct str s) {
    size_t skip = 0;
    while (skip < 3 && skip < s.len && ((unsigned char)s.ptr[skip] & 0xc0) == 0x80) skip++;
    return str_slice(s, skip, s.len);
}

/* s cut to at most `len` bytes, at the edge of a character. */
static struct str cut_at_character(struct str s, size_t len) {
    if (s.len <= len) return s;
    size_t back = 0;
    while (back < 3 && back < len && ((unsigned char)s.ptr[len - back] & 0xc0) == 0x80) back++;
    return str_slice(s, 0, len - back);
}

/* The last `want` bytes of what came in: from the ring, and before it from the head. */
static void take_tail(const struct capture *capture, size_t want, struct buf *out) {
    size_t beyond = (size_t)(capture->total - (int64_t)capture->head.len);
    size_t in_ring = beyond < capture->ring_size ? beyond : capture->ring_size;
    size_t from_ring = want < in_ring ? want : in_ring;
    struct str head = buf_str(&capture->head);
    if (from_ring < want && beyond <= capture->ring_size) // nothing was lost in between
        buf_put(out, str_slice(head, head.len - (want - from_ring), want - from_ring));
    size_t start = (capture->ring_at + capture->ring_size - from_ring) % capture->ring_size;
    size_t first = capture->ring_size - start < from_ring ? capture->ring_size - start : from_ring;
    buf_put(out, (struct str){capture->ring + start, first});
    buf_put(out, (struct str){capture->ring, from_ring - first});
}

static void put_mark(struct buf *out, int64_t left_out) {
    buf_printf(out, "\n… %" PRId64 " bytes left out …\n", left_out);
}

/* Head, mark and tail of a text of `total` bytes, of which the ends are given. */
static void put_ends(struct capture *capture, struct str head, struct str tail, int64_t total) {
    size_t half = (capture->max - MARK_ROOM) / 2;
    head = cut_at_character(head, half);
    if (tail.len > half) tail = str_slice(tail, tail.len - half, half);
    tail = skip_continuation(tail);
    buf_put(&capture->text, head);
    put_mark(&capture->text, total - (int64_t)(head.len + tail.len));
    buf_put(&capture->text, tail);
}

/* Repairs UTF-8, and replaces NUL too, which a database's text cannot hold. */
static void put_clean(struct buf *out, struct str s) {
    while (!str_is_absent(s)) {
        buf_put_utf8(out, str_cut(&s, '\0'));
        if (!str_is_absent(s)) buf_put(out, STR("\xEF\xBF\xBD"));
    }
}

struct str capture_finish(struct capture *capture) {
    struct str head = buf_str(&capture->head);
    capture->is_truncated = capture->total > (int64_t)capture->head.len;
    if (!capture->is_truncated && str_is_utf8(head) && !memchr(head.ptr, 0, head.len)) return head;

    struct buf tail = buf_with_max(0), whole = buf_with_max(0);
    if (capture->is_truncated) {
        size_t half = (capture->max - MARK_ROOM) / 2;
        take_tail(capture, half, &tail);
        put_ends(capture, head, buf_str(&tail), capture->total);
        put_clean(&whole, buf_str(&capture->text));
    } else {
        put_clean(&whole, head);
    }
    buf_reset(&capture->text);
    if (whole.len <= capture->max) {
        buf_put(&capture->text, buf_str(&whole));
    } else {
        capture->is_truncated = true;
        put_ends(capture, buf_str(&whole), buf_str(&whole), (int64_t)whole.len);
    }
    buf_free(&tail);
    buf_free(&whole);
    return buf_str(&capture->text);
}
