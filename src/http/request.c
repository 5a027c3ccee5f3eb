/* request.c - see request.h. */
#include "http/request.h"

#include <assert.h>
#include <string.h>

struct str request_header(const struct http_request *request, struct str name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (request->headers[i].name.len == name.len &&
            str_equal_nocase(request->headers[i].name, name))
            return request->headers[i].value;
    return STR_NONE;
}

struct str request_param(const struct http_request *request, const char *name) {
    size_t length = strlen(name), index = 0;
    for (const char *p = strchr(request->route->path, '{'); p; p = strchr(p + 1, '{'), index++)
        if (strncmp(p + 1, name, length) == 0 && (p[1 + length] == '}' || p[1 + length] == '*'))
            return request->params[index];
    assert(false && "the template of the route has no such parameter");
    return STR_NONE;
}

struct str request_cookie(const struct http_request *request, struct str name) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, STR("Cookie"))) continue;
        struct str rest = request->headers[i].value;
        while (rest.len > 0) {
            struct str value = str_cut(&rest, ';');
            struct str key = str_trim(str_cut(&value, '='));
            value = str_trim(value);
            if (!str_equal(key, name) || str_is_absent(value)) continue;
            if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
                value = str_slice(value, 1, value.len - 2);
            return value;
        }
    }
    return STR_NONE;
}

struct str request_bearer(const struct http_request *request) {
    struct str rest = request_header(request, STR("Authorization"));
    struct str scheme = str_cut(&rest, ' ');
    if (!str_equal_nocase(scheme, STR("Bearer"))) return STR_NONE;
    rest = str_trim(rest);
    return rest.len ? rest : STR_NONE;
}

bool request_accepts(const struct http_request *request, struct str media_type) {
    struct str rest = request_header(request, STR("Accept"));
    while (rest.len > 0) {
        struct str range = str_cut(&rest, ',');
        if (str_equal_nocase(str_trim(str_cut(&range, ';')), media_type)) return true;
    }
    return false;
}

json_t *request_json(struct http_request *request, struct err *err) {
    if (request->json) return request->json;
    bool optional = request->route && (request->route->flags & HTTP_BODY_OPTIONAL);
    if (request->body.len == 0 && optional) {
        err->kind = ERR_NONE;
        return NULL;
    }
    request->json = json_read(request->body, err);
    return request->json;
}

static struct str find(const struct http_request *request, const char *name) {
    return query_find(&request->query, str_from_cstr(name));
}

int64_t query_i64(const struct http_request *request, const char *name, int64_t min, int64_t max,
                  int64_t fallback, struct faults *faults) {
    struct str text = find(request, name);
    int64_t value;
    if (text.len == 0) return fallback;
    if (str_parse_i64(text, &value) && value >= min && value <= max) return value;
    faults_add(faults, str_from_cstr(name), "must be a whole number from %lld to %lld",
               (long long)min, (long long)max);
    return fallback;
}

bool query_bool(const struct http_request *request, const char *name, bool fallback,
                struct faults *faults) {
    struct str text = find(request, name);
    bool value;
    if (text.len == 0) return fallback;
    if (str_parse_bool(text, &value)) return value;
    faults_add(faults, str_from_cstr(name), "must be true or false");
    return fallback;
}

struct utc query_time(const struct http_request *request, const char *name, struct utc fallback,
                      struct faults *faults) {
    struct str text = find(request, name);
    struct utc value;
    if (text.len == 0) return fallback;
    if (utc_parse(text, &value)) return value;
    faults_add(faults, str_from_cstr(name),
               "must be a time such as 2026-01-02T03:04:05Z (a + in an offset is written %%2B)");
    return fallback;
}

struct str query_str(const struct http_request *request, const char *name, size_t max_points,
                     struct faults *faults) {
    struct str text = find(request, name);
    if (text.len == 0) return STR_NONE;
    if (str_utf8_count(text) > max_points) {
        faults_add(faults, str_from_cstr(name), "must have at most %zu characters", max_points);
        return STR_NONE;
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 127) continue;
        faults_add(faults, str_from_cstr(name), "must not have control characters");
        return STR_NONE;
    }
    return text;
}

static bool is_known(struct str name, const char *const *names) {
    for (; *names; names++)
        if (str_equal(name, str_from_cstr(*names))) return true;
    return false;
}

static struct str join_names(struct arena *arena, const char *const *names) {
    struct str list = *names ? STR("") : STR("none");
    for (const char *const *each = names; *each; each++)
        list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), each == names ? "" : ", ", *each);
    return list;
}

void query_check_known(const struct http_request *request, const char *const *names,
                       struct faults *faults) {
    struct str list = STR_NONE;
    for (size_t i = 0; i < request->query.count; i++) {
        struct str name = request->query.items[i].name;
        if (is_known(name, names)) continue;
        if (list.ptr == NULL) list = join_names(faults->arena, names);
        faults_add(faults, name, "is not a parameter here; there are: %.*s", STR_ARG(list));
    }
}
