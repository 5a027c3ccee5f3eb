/* address.h - client addresses, and which proxies are believed.
 *
 *     struct address_list *proxies = address_list_new(names, &err);    // "10.0.0.0/8", "::1"
 *     client = address_behind(proxies, peer, request);
 *
 *   Owns:    the list owns its entries.   Threads: immutable once made.
 *   Errors:  INVALID for text that is no address or network.
 */
#ifndef ALPHABET_HTTP_ADDRESS_H
#define ALPHABET_HTTP_ADDRESS_H

#include "base/err.h"
#include "http/request.h"

struct address_list;
struct sockaddr;

enum { ADDRESS_TEXT = 46 }; // INET6_ADDRSTRLEN

/* names is NULL-terminated and may be NULL: nobody is trusted. */
struct address_list *address_list_new(const char *const *names, struct err *err);
void address_list_free(struct address_list *list);
bool address_listed(const struct address_list *list, struct str address);

/* An IPv4 address that came through an IPv6 socket is written as IPv4. "" when there is none. */
void address_format(const struct sockaddr *socket_address, char out[ADDRESS_TEXT]);

/* Who sent the request: the peer, or, when the peer is trusted, the last address of
 * X-Forwarded-For that is not itself a trusted proxy. What is no address ends the search. */
struct str address_behind(const struct address_list *list, struct str peer,
                          const struct http_request *request);

#endif
