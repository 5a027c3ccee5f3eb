/* selection.c - picking, ordering and searching rows, for the calls that answer a list.
 *
 * Every list of the memory store is made the same way: walk the table, keep what the filter lets
 * through, sort, cut the page out. That is slow and plainly right, which is what a model is for.
 */
#include "store/memory/memory.h"
#include "store/words.h"

#include <stdlib.h>

struct selection selection_new(const struct tables *tables, enum table_id table,
                               struct arena *arena) {
    size_t capacity = tables_count(tables, table);
    return (struct selection){
        .table = table, .items = ARENA_ARRAY(arena, capacity, const void *), .capacity = capacity};
}

void selection_add(struct selection *selection, const void *value) {
    selection->items[selection->count++] = value;
}

void selection_page(struct selection *selection, int64_t offset, int64_t limit) {
    size_t from = offset < 0 ? 0 : (size_t)offset;
    size_t most = limit < 0 ? 0 : (size_t)limit;
    if (from > selection->count) from = selection->count;
    selection->items += from;
    selection->count -= from;
    if (selection->count > most) selection->count = most;
}

struct item_order {
    selection_order *order;
    void *context;
};

static int compare_items(const void *a, const void *b, void *context) {
    const struct item_order *order = context;
    return order->order(*(const void *const *)a, *(const void *const *)b, order->context);
}

void selection_sort(struct selection *selection, selection_order *order, void *context) {
    struct item_order item_order = {.order = order, .context = context};
    if (selection->count > 1)
        qsort_r(selection->items, selection->count, sizeof *selection->items, compare_items,
                &item_order);
}

int compare_i64(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* ---- text ------------------------------------------------------------------------------------ */

bool text_contains_nocase(struct str text, struct str part) {
    if (part.len > text.len) return false;
    for (size_t i = 0; i <= text.len - part.len; i++)
        if (str_equal_nocase(str_slice(text, i, part.len), part)) return true;
    return false;
}

bool text_has_words(const struct str *texts, size_t count, struct str words) {
    for (struct str word = words_next(&words); word.len > 0; word = words_next(&words)) {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++) found = words_have(texts[i], word);
        if (!found) return false;
    }
    return true;
}
