/* filter.h - the system calls that no handler needs, refused by seccomp.
 *
 * A list of what is dangerous, not of what is allowed: handlers are programs of every kind, and
 * what they may open, connect to and signal is Landlock's business. Here is what Landlock does not
 * see: mounts, namespaces, keys, tracing, kernel modules, io_uring, bpf, other clocks, and sockets.
 *
 *   Owns: nothing.   Threads: none.   Errors: -errno of seccomp(2).
 */
#ifndef ALPHABET_HANDLERS_HOST_FILTER_H
#define ALPHABET_HANDLERS_HOST_FILTER_H

#include <stdbool.h>

/* Installs it for this process and all that come of it; needs no_new_privs. */
long filter_install(bool no_sockets);

#endif
