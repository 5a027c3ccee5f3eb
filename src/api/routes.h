/* routes.h - THE table: method, path, role, function. api/openapi.yaml describes the same, and a
 * test holds the two against each other.
 *
 *   Owns: nothing; the table is constant.   Threads: any.   Errors: none.
 */
#ifndef ALPHABET_API_ROUTES_H
#define ALPHABET_API_ROUTES_H

#include "http/router.h"

const struct http_route *api_routes(size_t *count);

#endif
