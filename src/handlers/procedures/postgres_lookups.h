/* postgres_lookups.h - what the catalogue said lately, so that a call need not ask first.
 *
 *     struct postgres_signature *known = postgres_lookups_find(&lookups, key, now);
 *     postgres_lookups_keep(&lookups, key, signature, now);      // takes it over
 *     postgres_lookups_forget(&lookups, key);                    // it turned out to be stale
 *
 * The key is the connection, the name and the names of the parameters. An entry is believed for
 * LOOKUP_SECONDS: what the search path leads to may change without any error to tell.
 *
 *   Owns:    the signatures; one that was found is valid until the next call that keeps or forgets.
 *   Threads: one.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_LOOKUPS_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_LOOKUPS_H

#include "base/clock.h"
#include "handlers/procedures/postgres_signature.h"

enum { LOOKUP_PLACES = 256, LOOKUP_SECONDS = 10 };

struct postgres_lookups {
    struct {
        char *key;
        struct postgres_signature *signature;
        struct mono until;
    } places[LOOKUP_PLACES];
};

struct postgres_signature *postgres_lookups_find(const struct postgres_lookups *lookups,
                                                 struct str key, struct mono now);
void postgres_lookups_keep(struct postgres_lookups *lookups, struct str key,
                           struct postgres_signature *signature, struct mono now);
void postgres_lookups_forget(struct postgres_lookups *lookups, struct str key);
void postgres_lookups_clear(struct postgres_lookups *lookups);

#endif
