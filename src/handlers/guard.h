/* guard.h - which addresses an outgoing call may reach, and the one reading of its URL.
 *
 * A scheduler that calls any URL it is given is a way into the network it stands in. So by default
 * only public addresses are reached, and what is checked is the address handed to connect(2), for
 * every candidate and every redirect: a name that resolves differently a moment later, or an
 * address in an odd spelling, changes nothing.
 *
 *     struct target target;
 *     if (!guard_read_url(guard, url, &target, &err)) ...      // malformed, userinfo, blocked port
 *     if (!guard_allows(guard, target.host, address)) ...      // when the socket is opened
 *     target_free(&target);
 *
 * Blocked unless AllowPrivateNetworks is on or the allow-list names host or network: IPv4 loopback,
 * private, link-local, shared (100.64/10), "this network", protocol assignments, documentation,
 * benchmark, multicast, reserved and broadcast; IPv6 everything but global unicast (2000::/3), and
 * of that Teredo and the other 2001::/23 assignments, documentation and 6to4. IPv4-mapped and NAT64
 * addresses are outside of 2000::/3 and so are blocked whatever they carry.
 * Ports that speak another protocol (guard.c lists them) are refused unless the allow-list names
 * the host.
 *
 *   Owns:    a guard copies its list; a target owns its texts until target_free.
 *   Threads: immutable after guard_new, safe from any.
 *   Errors:  INVALID; the text never says whether a port is open.
 *   Source:  the IANA special-purpose address registries (RFC 6890 and updates).
 */
#ifndef ALPHABET_HANDLERS_GUARD_H
#define ALPHABET_HANDLERS_GUARD_H

#include "base/err.h"

#include <stdint.h>

struct sockaddr;
struct guard;

struct guard_options {
    bool allow_private_networks;
    /* "10.1.0.0/16", "192.168.1.5", "fd00:1::/32", "hooks.example.org", "*.example.org" */
    const struct str *allowed;
    size_t allowed_count;
};

/* Field of a bad entry: "Scheduler:Http:AllowedHosts". */
WARN_UNUSED struct guard *guard_new(const struct guard_options *options, struct err *err);
void guard_free(struct guard *guard);

/* May a connection to this address be opened, for a call to this host? */
bool guard_allows(const struct guard *guard, struct str host, const struct sockaddr *address);

struct target {
    char *url;  // the normal form: what was checked is what is called
    char *host; // lower case, without brackets; as written, so not yet an address
    uint16_t port;
    bool is_tls;
};

/* Reads an absolute http or https URL; a host that is an address in any spelling is checked too. */
WARN_UNUSED bool guard_read_url(const struct guard *guard, struct str url, struct target *ret,
                                struct err *err);
bool target_same_origin(const struct target *a, const struct target *b);
void target_free(struct target *target);

#endif
