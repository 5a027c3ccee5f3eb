/* postgres_store.h - a store in a PostgreSQL database (13 or later), shared by any number of nodes.
 *
 *     struct store *store = postgres_store_open(
 *         &(struct postgres_store_options){.connection = "postgresql://db/alphabet"}, &err);
 *     ...                                      // everything else is store/store.h
 *     store_close(store);
 *
 * The schema that search_path names first is brought to the newest version; it must be empty or one
 * of ours. While the server cannot be reached, reads and writes are answered UNAVAILABLE, at once
 * when that is known, and the connections come back by themselves.
 *
 *   Owns:    its connections, until store_close.
 *   Threads: opens one of its own, the committer.
 *   Errors:  UNAVAILABLE: the server cannot be reached, libpq is not installed. INVALID: a
 *            connection string that cannot be understood, a server too old, a database of another
 *            program or of a newer version.
 */
#ifndef ALPHABET_STORE_POSTGRES_POSTGRES_STORE_H
#define ALPHABET_STORE_POSTGRES_POSTGRES_STORE_H

#include "store/store.h"

struct postgres_store_options {
    const char *connection; // a conninfo string or a postgresql:// URI, as libpq takes them
    /* Leases are judged by the clock of the database, whatever the nodes' own say. For tests, whose
     * time is made up: by the times that store_heartbeat and store_orphans are called with. */
    bool leases_by_caller;

    /* Zero takes the default that stands behind each. */
    int64_t read_connections;     // 16: readers beyond wait
    int64_t statement_timeout_ms; // 60000: for one statement at the server
};

/* NULL and err. `options` is borrowed for the call. */
WARN_UNUSED struct store *postgres_store_open(const struct postgres_store_options *options,
                                              struct err *err);

/* What a database is, without changing it: for `alphabet doctor`. */
struct postgres_store_look {
    int64_t version; // of its schema; 0 = nothing is there yet
    int64_t newest;  // that this program knows
    int64_t server;  // major version of the server
};
WARN_UNUSED bool postgres_store_look(const char *connection, struct postgres_store_look *ret,
                                     struct err *err);

#endif
