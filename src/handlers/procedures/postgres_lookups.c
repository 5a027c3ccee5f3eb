/* postgres_lookups.c - see postgres_lookups.h. A key has one place; a newcomer takes it over. */
#include "handlers/procedures/postgres_lookups.h"

#include "base/hash.h"

#include <stdlib.h>

static size_t place_of(struct str key) {
    return (size_t)(hash_str(key, 0) % LOOKUP_PLACES);
}

struct postgres_signature *postgres_lookups_find(const struct postgres_lookups *lookups,
                                                 struct str key, struct mono now) {
    size_t at = place_of(key);
    bool is_it = lookups->places[at].key && str_equal(str_from_cstr(lookups->places[at].key), key);
    return is_it && mono_before(now, lookups->places[at].until) ? lookups->places[at].signature
                                                                : NULL;
}

static void empty(struct postgres_lookups *lookups, size_t at) {
    free(lookups->places[at].key);
    postgres_signature_free(lookups->places[at].signature);
    lookups->places[at].key = NULL;
    lookups->places[at].signature = NULL;
}

void postgres_lookups_keep(struct postgres_lookups *lookups, struct str key,
                           struct postgres_signature *signature, struct mono now) {
    size_t at = place_of(key);
    empty(lookups, at);
    lookups->places[at].key = xstr_dup(key);
    lookups->places[at].signature = signature;
    lookups->places[at].until = mono_add(now, span_seconds(LOOKUP_SECONDS));
}

void postgres_lookups_forget(struct postgres_lookups *lookups, struct str key) {
    size_t at = place_of(key);
    if (lookups->places[at].key && str_equal(str_from_cstr(lookups->places[at].key), key))
        empty(lookups, at);
}

void postgres_lookups_clear(struct postgres_lookups *lookups) {
    for (size_t i = 0; i < LOOKUP_PLACES; i++) empty(lookups, i);
}
