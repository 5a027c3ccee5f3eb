/* mem.c - checked allocation and arenas; see mem.h.
 *
 * An arena is a list of blocks, newest first. Requests larger than a block get a block of their
 * own, put behind the head so that the head's free space is not lost.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 8192 };

struct arena_block {
    struct arena_block *next;
    size_t size; // of the bytes behind this header
    alignas(max_align_t) unsigned char bytes[];
};

static NORETURN void out_of_memory(size_t size) {
    (void)fprintf(stderr, "alphabet: out of memory (asked for %zu bytes)\n", size);
    abort();
}

void *xmalloc(size_t size) {
    void *p = malloc(size ? size : 1);
    if (p == NULL) out_of_memory(size);
    return p;
}

void *xcalloc(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (p == NULL) out_of_memory(size);
    return p;
}

void *xrealloc(void *old, size_t size) {
    void *p = realloc(old, size ? size : 1);
    if (p == NULL) out_of_memory(size);
    return p;
}

void *xreallocarray(void *old, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) out_of_memory(SIZE_MAX);
    return xrealloc(old, total);
}

char *xstrdup(const char *text) {
    return xstr_dup(str_from_cstr(text));
}

char *xstr_dup(struct str s) {
    char *copy = xmalloc(s.len + 1);
    if (s.len) memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

static struct arena_block *block_new(size_t size) {
    struct arena_block *block = xmalloc(sizeof *block + size);
    block->next = NULL;
    block->size = size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size_t rounded;
    if (__builtin_add_overflow(size, alignof(max_align_t) - 1, &rounded)) out_of_memory(size);
    rounded -= rounded % alignof(max_align_t);
    arena->total += rounded;
    if (arena->head && rounded <= arena->head->size - arena->used) {
        void *p = arena->head->bytes + arena->used;
        arena->used += rounded;
        return memset(p, 0, rounded);
    }
    if (arena->head && rounded > BLOCK_SIZE / 4) {
        struct arena_block *own = block_new(rounded);
        own->next = arena->head->next;
        arena->head->next = own;
        return memset(own->bytes, 0, rounded);
    }
    struct arena_block *block = block_new(rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE);
    block->next = arena->head;
    arena->head = block;
    arena->used = rounded;
    return memset(block->bytes, 0, rounded);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) out_of_memory(SIZE_MAX);
    return arena_alloc(arena, total);
}

struct str arena_copy(struct arena *arena, struct str s) {
    if (s.ptr == NULL) return s;
    char *copy = arena_alloc(arena, s.len + 1);
    if (s.len) memcpy(copy, s.ptr, s.len);
    return (struct str){copy, s.len};
}

struct str arena_printf(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) length = 0;
    char *text = arena_alloc(arena, (size_t)length + 1);
    (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return (struct str){text, (size_t)length};
}

void arena_reset(struct arena *arena) {
    struct arena_block *block = arena->head;
    if (block == NULL) return;
    /* One ordinary block is kept; the large ones go back. */
    struct arena_block *keep = NULL;
    while (block) {
        struct arena_block *next = block->next;
        if (keep == NULL && block->size == BLOCK_SIZE) {
            keep = block;
        } else {
            free(block);
        }
        block = next;
    }
    if (keep) keep->next = NULL;
    *arena = (struct arena){.head = keep};
}

void arena_free(struct arena *arena) {
    struct arena_block *block = arena->head;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct arena){0};
}
