/* documents.c - see documents.h. The three files are made from api/openapi.yaml by tools/openapi
 * and turned into arrays by tools/embed, both at build: constant bytes of the program, read in
 * place. */
#include "api/documents.h"

extern const unsigned char openapi_json[], openapi_page[], openapi_policy[];
extern const size_t openapi_json_size, openapi_page_size, openapi_policy_size;

struct str document_openapi(void) {
    return (struct str){(const char *)openapi_json, openapi_json_size};
}

struct str document_docs(void) {
    return (struct str){(const char *)openapi_page, openapi_page_size};
}

struct str document_docs_policy(void) {
    return (struct str){(const char *)openapi_policy, openapi_policy_size};
}
