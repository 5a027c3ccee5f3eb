/* sqlite_store.h - a store in one SQLite file: write-ahead log, synchronous=FULL, group commit.
 *
 *     struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = "a.db"},
 * &err);
 *     ...                                      // everything else is store/store.h
 *     store_close(store);
 *
 * The file is made when it is not there (mode 0600 less the umask) and brought to the newest schema
 * in one transaction for each migration. One process at a time: PATH.lock is held while it is open.
 *
 *   Owns:    the file, its -wal and -shm, and PATH.lock, until store_close.
 *   Threads: opens two of its own: the committer and the checkpointer.
 *   Errors:  UNAVAILABLE: locked by another process (named when it is known), cannot be opened, no
 *            room. INVALID: not a database, not one of ours, made by a newer version.
 *   Units:   sizes in KiB where the name says so, else counts.
 */
#ifndef ALPHABET_STORE_SQLITE_SQLITE_STORE_H
#define ALPHABET_STORE_SQLITE_SQLITE_STORE_H

#include "store/store.h"

struct sqlite_store_options {
    const char *path;
    /* Called once, on the committer's thread, when a flush has failed and nothing more is
     * acknowledged: the process should end and start again. May be NULL. */
    void (*on_fatal)(void *context, const char *why);
    void *fatal_context;

    /* Zero takes the default that stands behind each. */
    int64_t read_connections;   // 16: readers beyond wait
    int64_t read_cache_kib;     // 2048, for each read connection
    int64_t write_cache_kib;    // 24576
    int64_t checkpoint_pages;   // 4000: the log is copied back in the background from there on
    int64_t checkpoint_at_most; // 16000: ... and by the committer itself from there on
    int64_t max_pages;          // no limit: the file grows no further; writes are UNAVAILABLE then
};

/* NULL and err. `options` is borrowed for the call, path included. */
WARN_UNUSED struct store *sqlite_store_open(const struct sqlite_store_options *options,
                                            struct err *err);

/* What a file is, without changing it or being in its server's way: for `alphabet doctor`. */
struct sqlite_store_look {
    int64_t version; // of its schema; 0 = the file is empty
    int64_t newest;  // that this program knows
};
WARN_UNUSED bool sqlite_store_look(const char *path, struct sqlite_store_look *ret,
                                   struct err *err);

#endif
