/* check.h - is the head of a request well-formed, and does it say one thing only?
 *
 * What two parsers could understand differently is refused, so that no proxy in front of the server
 * and the server itself can disagree where a request ends (request smuggling).
 *
 *   Owns:    nothing.   Threads: pure.
 *   Errors:  a head that fails has a status (400, 414, 431, 501) and a sentence why.
 *   Source:  RFC 9112, 6 and 11.2; RFC 9110, 5.
 */
#ifndef ALPHABET_HTTP_CHECK_H
#define ALPHABET_HTTP_CHECK_H

#include "http/request.h"

struct head {
    bool has_body;   // bytes may follow
    bool chunked;    // and their number is not known
    uint64_t length; // of the body, when it is known
    bool has_expect; // the client waits for leave to send the body
    int status;      // of the refusal; 0 = well-formed
    const char *why;
};

/* version is "HTTP/1.1" and so on; uri as sent; fills request->path and query_text too. */
struct head check_head(struct http_request *request, struct str version, struct str uri);
/* The media type of a request that carries JSON. */
bool is_json_type(struct str content_type);
/* The host in a Host header, without port. */
struct str host_name(struct str host);
/* May be taken over as X-Request-Id. */
bool is_request_id(struct str id);
/* The trace id of a traceparent header; absent when it is not valid. */
struct str trace_id_of(struct str traceparent);

#endif
