/* rate.h - how many requests an address may send: a token bucket each.
 *
 * A bucket holds a minute's worth and fills evenly. Addresses share a fixed table, so that a flood
 * of addresses costs no memory: the bucket that has rested longest makes room. An IPv6 client is
 * its /64.
 *
 *   Owns:    the table.   Threads: rate_take from any.   Units: requests; seconds to wait.
 *   Errors:  none.
 */
#ifndef ALPHABET_HTTP_RATE_H
#define ALPHABET_HTTP_RATE_H

#include "base/clock.h"

struct rate;

struct rate *rate_new(unsigned per_minute);
void rate_free(struct rate *rate);
/* 0 when the request may pass, else the seconds until the next one may. */
unsigned rate_take(struct rate *rate, struct str address, struct mono now);

#endif
