/* method.h - the request methods that the server knows.
 *
 *   Owns: nothing.   Threads: pure.   Errors: none; every other word is HTTP_OTHER.
 *   Source: RFC 9110, 9.
 */
#ifndef ALPHABET_HTTP_METHOD_H
#define ALPHABET_HTTP_METHOD_H

#include "base/str.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER // CONNECT, TRACE and whatever else is sent
};

enum { HTTP_METHODS = HTTP_OTHER };

enum http_method http_method_of(struct str name); // case-sensitive, as the standard has it
const char *http_method_name(enum http_method method);

#endif
