/* guid.c - UUIDv7; see guid.h.
 *
 * The random bytes come from libsodium's generator, taken 1 KiB at a time per thread: a system call
 * for each execution would cost more than all the rest of making one.
 */
#include "base/guid.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

static void random_bytes(unsigned char *out, size_t count) {
    static _Thread_local unsigned char pool[1024];
    static _Thread_local size_t left;
    if (left < count) {
        randombytes_buf(pool, sizeof pool);
        left = sizeof pool;
    }
    left -= count;
    memcpy(out, pool + left, count);
    memset(pool + left, 0, count);
}

struct guid guid_new(struct utc now) {
    /* Millisecond and 12-bit counter in one word, so that one exchange keeps it growing. */
    static _Atomic uint64_t last;
    uint64_t stamp = (uint64_t)utc_ms(now) << 12;
    uint64_t seen = atomic_load_explicit(&last, memory_order_relaxed);
    uint64_t next;
    do {
        next = stamp > seen ? stamp : seen + 1;
        /* A clock that was set back must not keep ids in the future for ever. */
        if (seen > stamp + ((uint64_t)60000 << 12)) next = stamp;
    } while (!atomic_compare_exchange_weak_explicit(&last, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    struct guid id;
    uint64_t ms = next >> 12;
    for (int i = 0; i < 6; i++) id.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    id.bytes[6] = (unsigned char)(0x70 | ((next >> 8) & 0x0F));
    id.bytes[7] = (unsigned char)(next & 0xFF);
    random_bytes(id.bytes + 8, 8);
    id.bytes[8] = (unsigned char)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

bool guid_is_zero(struct guid id) {
    static const struct guid zero;
    return guid_equal(id, zero);
}

bool guid_equal(struct guid a, struct guid b) {
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

void guid_format(struct guid id, char out[GUID_LENGTH + 1]) {
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
        *p++ = hex[id.bytes[i] >> 4];
        *p++ = hex[id.bytes[i] & 15];
    }
    *p = '\0';
}

void buf_put_guid(struct buf *buf, struct guid id) {
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    buf_put(buf, (struct str){text, GUID_LENGTH});
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool guid_parse(struct str s, struct guid *ret) {
    if (s.len != GUID_LENGTH) return false;
    struct guid id;
    size_t at = 0;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (s.ptr[at++] != '-') return false;
        }
        int high = hex_value(s.ptr[at]), low = hex_value(s.ptr[at + 1]);
        if (high < 0 || low < 0) return false;
        id.bytes[i] = (unsigned char)(high << 4 | low);
        at += 2;
    }
    *ret = id;
    return true;
}
