/* documents.h - the API's own description, embedded at build from api/openapi.yaml: as JSON, and as
 * a page for people that holds no script and needs none.
 *
 *   Owns: nothing; the bytes are part of the program.   Threads: any.   Errors: none.
 */
#ifndef ALPHABET_API_DOCUMENTS_H
#define ALPHABET_API_DOCUMENTS_H

#include "base/str.h"

struct str document_openapi(void);
struct str document_docs(void);
struct str document_docs_policy(void); // the Content-Security-Policy of the page

#endif
