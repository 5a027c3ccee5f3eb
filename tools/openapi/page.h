/* page.h - an OpenAPI description as one HTML page for people: no script, no other file.
 *
 *     struct buf page = buf_with_max(0);
 *     page_write(&page, openapi, css);
 *
 *   Owns: the buffer is the caller's.   Threads: one.
 *   Errors: none; what the description does not have is left out.
 */
#ifndef ALPHABET_TOOLS_PAGE_H
#define ALPHABET_TOOLS_PAGE_H

#include "base/buf.h"

#include <jansson.h>

void page_write(struct buf *out, json_t *openapi, struct str css);

#endif
