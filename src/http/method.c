/* method.c - see method.h. */
#include "http/method.h"

static const char *const names[] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

enum http_method http_method_of(struct str name) {
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if (str_equal(name, str_from_cstr(names[i]))) return (enum http_method)i;
    return HTTP_OTHER;
}

const char *http_method_name(enum http_method method) {
    return names[method];
}
