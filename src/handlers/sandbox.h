/* sandbox.h - what this kernel can shut a process into, and the rules a handler runs under.
 *
 *     struct sandbox sandbox = sandbox_probe();
 *     struct sandbox_access access = {.writable = folders, .readable = more, .network = false};
 *     int rules = sandbox_rules(&sandbox, &access, &err);      // for process_spec.rules
 *
 * A process under the rules reads the system's programs and libraries (/usr, /bin, /lib, …), what
 * they need of /etc (not all of it: the server's settings and secrets often lie there), /proc
 * without the memory of others, and /dev/null and its like; it reads `readable`, and writes below
 * `writable` alone. Without network it may bind and connect no TCP port; it can signal nobody
 * outside and reach no abstract socket. What Landlock does not see is filtered by host/filter.c.
 *
 *   Owns:    the caller closes the descriptor.   Threads: safe from any.
 *   Errors:  INVALID names a folder that cannot be opened; -1 without an error: this kernel has no
 *            Landlock.
 *   Source:  landlock(7); ABI 1 to 6 are used as far as there.
 */
#ifndef ALPHABET_HANDLERS_SANDBOX_H
#define ALPHABET_HANDLERS_SANDBOX_H

#include "base/err.h"

struct sandbox {
    int landlock; // ABI, 0 = none
    bool has_filter;
};

struct sandbox_access {
    const char *const *writable, *const *readable; // folders or files, NULL-terminated
    bool network;
    int file; // the program itself, readable and executable; -1 = none
};

struct sandbox sandbox_probe(void);
/* *ret is the descriptor, or -1 when the kernel has no Landlock. */
WARN_UNUSED bool sandbox_rules(const struct sandbox *sandbox, const struct sandbox_access *access,
                               int *ret, struct err *err);
/* What is missing, for one line of the log; NULL when all is there. */
const char *sandbox_shortcomings(const struct sandbox *sandbox);

#endif
