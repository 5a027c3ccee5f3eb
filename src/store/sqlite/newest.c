/* newest.c - see newest.h. */
#include "store/sqlite/newest.h"

#include "store/sqlite/tables.h"

#include <stdlib.h>

struct newest newest_for(int64_t offset, int64_t limit) {
    struct newest newest = {.offset = offset < 0 ? 0 : offset};
    if (limit > 0) newest.most = (size_t)newest.offset + (size_t)limit;
    return newest;
}

void newest_free(struct newest *newest) {
    free(newest->rows);
    newest->rows = NULL;
}

static void sink(struct newest *newest, size_t at) {
    int64_t row = newest->rows[at];
    for (size_t child; (child = 2 * at + 1) < newest->count; at = child) {
        if (child + 1 < newest->count && newest->rows[child + 1] < newest->rows[child]) child++;
        if (row <= newest->rows[child]) break;
        newest->rows[at] = newest->rows[child];
    }
    newest->rows[at] = row;
}

static void rise(struct newest *newest, size_t at) {
    int64_t row = newest->rows[at];
    for (size_t parent; at > 0 && row < newest->rows[parent = (at - 1) / 2]; at = parent)
        newest->rows[at] = newest->rows[parent];
    newest->rows[at] = row;
}

bool newest_keep(struct newest *newest, int64_t row) {
    if (newest->count < newest->most) {
        if (newest->count == newest->room) {
            newest->room = newest->room ? 2 * newest->room : 64;
            newest->rows = xreallocarray(newest->rows, newest->room, sizeof *newest->rows);
        }
        newest->rows[newest->count] = row;
        rise(newest, newest->count++);
    } else if (newest->count > 0 && row > newest->rows[0]) {
        newest->rows[0] = row;
        sink(newest, 0);
    } else {
        return false;
    }
    return true;
}

bool newest_keep_all(struct newest *newest, struct query *q, struct err *err) {
    while (query_row(q)) {
        (void)newest_keep(newest, read_i64(q));
        newest->total++;
    }
    return query_end(q, err);
}

static int newest_first(const void *a, const void *b) {
    const int64_t *left = a, *right = b;
    return (*right > *left) - (*right < *left);
}

void newest_sort(struct newest *newest) {
    if (newest->count > 1) qsort(newest->rows, newest->count, sizeof *newest->rows, newest_first);
}

bool newest_page(struct store_tx *tx, struct newest *newest, struct arena *arena,
                 struct execution_page *ret, struct err *err) {
    newest_sort(newest);
    size_t first = (size_t)newest->offset;
    size_t count = first < newest->count ? newest->count - first : 0;
    struct execution *items = ARENA_ARRAY(arena, count, struct execution);
    for (size_t i = 0; i < count; i++)
        if (!execution_by_row(tx, newest->rows[first + i], arena, &items[i], err)) return false;
    *ret = (struct execution_page){.items = items, .count = count, .total = newest->total};
    return true;
}
