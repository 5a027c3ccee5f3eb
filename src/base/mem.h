/* mem.h - allocation that cannot fail, and arenas that end a lifetime in one call.
 *
 * Sizes that a user controls are checked against base/bounds.h at the edge; what is left is small,
 * and running out of memory then aborts: a restart is a tested path, a half-handled failure is not.
 *
 *     struct arena arena = {0};                 // zero is a valid empty arena
 *     char *copy = arena_copy(&arena, name).ptr;
 *     arena_free(&arena);
 *
 *   Owns:    an arena owns what it handed out, until arena_reset or arena_free.
 *   Threads: an arena belongs to one thread at a time.   Errors: none; aborts when memory is out.
 */
#ifndef ALPHABET_BASE_MEM_H
#define ALPHABET_BASE_MEM_H

#include "base/attr.h"
#include "base/str.h"

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull)); // zeroed
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
/* A NUL-terminated copy of s that the caller frees with free(). */
char *xstr_dup(struct str s) __attribute__((malloc, returns_nonnull));

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used;  // in the head block
    size_t total; // bytes handed out since the last reset, for limits and tests
};

void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull)); // zeroed
void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull)); // zeroed
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_alloc_array((arena), (count), sizeof(type)))
/* A copy of s with a NUL behind it; an absent string stays absent. */
struct str arena_copy(struct arena *arena, struct str s);
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
void arena_reset(struct arena *arena); // forgets everything, keeps one block for reuse
void arena_free(struct arena *arena);

#endif
