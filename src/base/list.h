/* list.h - intrusive doubly linked list; the node sits inside the element, nothing is allocated.
 *
 *     struct list queue; list_init(&queue);
 *     list_append(&queue, &item->node);
 *     struct item *first = LIST_ENTRY(list_first(&queue), struct item, node);
 *
 *   Owns: nothing.   Threads: those of the structure that holds it.   Errors: none.
 *   A node that is in no list points to itself; removing it again is harmless.
 */
#ifndef ALPHABET_BASE_LIST_H
#define ALPHABET_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list) {
    list->next = list->prev = list;
}

static inline bool list_is_empty(const struct list *list) {
    return list->next == list;
}

static inline void list_insert_before(struct list *position, struct list *node) {
    node->prev = position->prev;
    node->next = position;
    position->prev->next = node;
    position->prev = node;
}

static inline void list_append(struct list *list, struct list *node) {
    list_insert_before(list, node);
}

static inline void list_prepend(struct list *list, struct list *node) {
    list_insert_before(list->next, node);
}

static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* NULL when the list is empty. */
static inline struct list *list_first(struct list *list) {
    return list_is_empty(list) ? NULL : list->next;
}

static inline struct list *list_take_first(struct list *list) {
    struct list *first = list_first(list);
    if (first == NULL) return NULL;
    /* Not list_remove: here the analyser of clang sees that the list lets go of the node. */
    list->next = first->next;
    list->next->prev = list;
    list_init(first);
    return first;
}

#endif
