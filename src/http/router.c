/* router.c - a tree of path segments; see router.h.
 *
 * Each node is one segment. Its literal children are sorted by name and found by bisection; beside
 * them it may have one parameter child and one `{name*}`. Matching goes down the literal first and
 * comes back for the parameter when that leads nowhere, so `/jobs/failed` and
 * `/jobs/{jobId}/history` live together. The way is bounded: at each of at most HTTP_MAX_SEGMENTS
 * levels there are at most two tries, and tables have few places where both exist.
 */
#include "http/router.h"

#include "http/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct str name; // of a literal
    struct node **literals;
    size_t literal_count;
    struct node *parameter;
    struct node *rest;           // {name*}
    size_t routes[HTTP_METHODS]; // index + 1; 0 = none
};

struct entry {
    const struct http_route *route;
    void *context;
};

struct http_router {
    struct node root;
    struct entry *entries;
    size_t count;
};

struct http_router *http_router_new(void) {
    return xcalloc(1, sizeof(struct http_router));
}

static void node_free_children(struct node *node) {
    for (size_t i = 0; i < node->literal_count; i++) {
        node_free_children(node->literals[i]);
        free(node->literals[i]);
    }
    free(node->literals);
    if (node->parameter) node_free_children(node->parameter);
    free(node->parameter);
    if (node->rest) node_free_children(node->rest);
    free(node->rest);
}

void http_router_free(struct http_router *router) {
    if (router == NULL) return;
    node_free_children(&router->root);
    free(router->entries);
    free(router);
}

/* Where name is among the sorted literals, or where it would go. */
static size_t literal_position(const struct node *node, struct str name) {
    size_t low = 0, high = node->literal_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_compare(node->literals[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct node *literal_find(const struct node *node, struct str name) {
    size_t at = literal_position(node, name);
    if (at == node->literal_count || !str_equal(node->literals[at]->name, name)) return NULL;
    return node->literals[at];
}

static struct node *literal_make(struct node *node, struct str name) {
    struct node *found = literal_find(node, name);
    if (found) return found;
    size_t at = literal_position(node, name);
    node->literals = xreallocarray(node->literals, node->literal_count + 1, sizeof(struct node *));
    memmove(node->literals + at + 1, node->literals + at,
            (node->literal_count - at) * sizeof(struct node *));
    node->literal_count++;
    node->literals[at] = xcalloc(1, sizeof(struct node));
    node->literals[at]->name = name;
    return node->literals[at];
}

static bool is_parameter(struct str segment) {
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

static bool is_rest(struct str segment) {
    return is_parameter(segment) && segment.len > 3 && segment.ptr[segment.len - 2] == '*';
}

static struct node *slot_make(struct node **slot) {
    if (*slot == NULL) *slot = xcalloc(1, sizeof(struct node));
    return *slot;
}

static struct node *child_make(struct node *node, struct str segment) {
    if (is_rest(segment)) return slot_make(&node->rest);
    if (is_parameter(segment)) return slot_make(&node->parameter);
    return literal_make(node, segment);
}

/* Where the route of this template hangs; NULL and err when it is malformed. */
static struct node *template_node(struct http_router *router, const char *path, struct err *err) {
    struct str rest = str_from_cstr(path);
    size_t segments = 0, params = 0;
    if (rest.len == 0 || rest.ptr[0] != '/') {
        err_set(err, ERR_INVALID, "route %s does not begin with a slash", path);
        return NULL;
    }
    rest = str_slice(rest, 1, rest.len);
    struct node *node = &router->root;
    do {
        struct str segment = str_cut(&rest, '/');
        bool braces = str_contains(segment, STR("{")) || str_contains(segment, STR("}"));
        params += is_parameter(segment);
        if ((braces && !is_parameter(segment)) || (is_rest(segment) && !str_is_absent(rest)) ||
            ++segments > HTTP_MAX_SEGMENTS || params > HTTP_MAX_PARAMS) {
            err_set(err, ERR_INVALID, "route %s is malformed", path);
            return NULL;
        }
        node = child_make(node, segment);
    } while (!str_is_absent(rest));
    return node;
}

bool http_router_add(struct http_router *router, const struct http_route *routes, size_t count,
                     void *context, struct err *err) {
    router->entries =
        xreallocarray(router->entries, router->count + count + 1, sizeof *router->entries);
    for (size_t i = 0; i < count; i++) {
        const struct http_route *route = &routes[i];
        if ((unsigned)route->method >= HTTP_METHODS || route->handle == NULL)
            return err_set(err, ERR_INVALID, "route %s has no method or handler", route->path);
        struct node *node = template_node(router, route->path, err);
        if (node == NULL) return false;
        if (node->routes[route->method])
            return err_set(err, ERR_INVALID, "route %s %s is there twice",
                           http_method_name(route->method), route->path);
        router->entries[router->count] = (struct entry){route, context};
        node->routes[route->method] = ++router->count;
    }
    return true;
}

size_t http_router_count(const struct http_router *router) {
    return router->count;
}

const struct http_route *http_router_at(const struct http_router *router, size_t index) {
    assert(index < router->count);
    return router->entries[index].route;
}

struct segments {
    struct str path; // behind the first slash
    struct str raw[HTTP_MAX_SEGMENTS + 1];
    struct str decoded[HTTP_MAX_SEGMENTS + 1];
    size_t count;
};

static bool has_route(const struct node *node) {
    for (size_t i = 0; i < HTTP_METHODS; i++)
        if (node->routes[i]) return true;
    return false;
}

/* The node of segments[at..], and what its parameters stand for. */
static const struct node *descend(const struct node *node, const struct segments *segments,
                                  size_t at, struct str *params, size_t param_count) {
    if (at == segments->count) return has_route(node) ? node : NULL;
    struct str segment = segments->decoded[at];
    const struct node *found = NULL;
    const struct node *literal = literal_find(node, segment);
    if (literal) found = descend(literal, segments, at + 1, params, param_count);
    if (!found && node->parameter && segment.len > 0) {
        params[param_count] = segment;
        found = descend(node->parameter, segments, at + 1, params, param_count + 1);
    }
    if (!found && node->rest && has_route(node->rest)) {
        const char *start = segments->raw[at].ptr;
        params[param_count] =
            (struct str){start, (size_t)(segments->path.ptr + segments->path.len - start)};
        found = node->rest;
    }
    return found;
}

static bool split(struct str path, struct arena *arena, struct segments *ret) {
    ret->count = 0;
    ret->path = str_slice(path, 1, path.len);
    struct str rest = ret->path;
    do {
        /* What lies deeper than any template can matter to {name*} only, which takes it raw. */
        if (ret->count > HTTP_MAX_SEGMENTS) break;
        struct str raw = str_cut(&rest, '/');
        struct str decoded;
        if (!url_decode(arena, raw, 0, &decoded)) return false;
        if (decoded.len && decoded.len != raw.len && memchr(decoded.ptr, '/', decoded.len))
            return false;
        ret->raw[ret->count] = raw;
        ret->decoded[ret->count++] = decoded;
    } while (!str_is_absent(rest));
    return true;
}

enum http_match_result http_router_match(const struct http_router *router, enum http_method method,
                                         struct str path, struct arena *arena,
                                         struct http_match *ret) {
    struct segments segments;
    ret->route = NULL;
    ret->allowed = 0;
    if (path.len == 0 || path.ptr[0] != '/') return HTTP_BAD_PATH;
    if (!split(path, arena, &segments)) return HTTP_BAD_PATH;
    const struct node *node = descend(&router->root, &segments, 0, ret->params, 0);
    if (node == NULL) return HTTP_NO_SUCH_PATH;
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if (node->routes[i]) ret->allowed |= 1U << i;
    if (ret->allowed & 1U << HTTP_GET) ret->allowed |= 1U << HTTP_HEAD;
    ret->allowed |= 1U << HTTP_OPTIONS;
    size_t index = (unsigned)method < HTTP_METHODS ? node->routes[method] : 0;
    if (index == 0 && method == HTTP_HEAD) index = node->routes[HTTP_GET];
    if (index == 0) return HTTP_NO_SUCH_METHOD;
    ret->index = index - 1;
    ret->route = router->entries[ret->index].route;
    ret->context = router->entries[ret->index].context;
    size_t last = 0;
    /* {name*} was kept raw, because its slashes are separators: decode it as a whole. */
    const char *star = strstr(ret->route->path, "*}");
    if (star == NULL) return HTTP_MATCHED;
    for (const char *p = ret->route->path; p < star; p++) last += *p == '{';
    return url_decode(arena, ret->params[last - 1], 0, &ret->params[last - 1]) ? HTTP_MATCHED
                                                                               : HTTP_BAD_PATH;
}

struct str http_allow_value(unsigned allowed, struct arena *arena) {
    struct str value = STR("");
    for (unsigned i = 0; i < HTTP_METHODS; i++)
        if (allowed & 1U << i)
            value = arena_printf(arena, "%.*s%s%s", STR_ARG(value), value.len ? ", " : "",
                                 http_method_name((enum http_method)i));
    return value;
}
