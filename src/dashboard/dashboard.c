/* dashboard.c - see dashboard.h.
 *
 * The page is a file too (web/index.html), with marks that are filled in: where the dashboard is,
 * where its files are, whether the browser holds a session, and the theme it was told to use, from
 * a cookie, so that the first thing painted has the right colours without a script in the page.
 */
#include "dashboard/dashboard.h"

#include "dashboard/assets.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"

#include <assert.h>
#include <stdlib.h>

#define POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' " \
    "data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

enum { ROUTES = 3, MAX_PATH = 100 };

struct dashboard {
    struct str path;   // "/hangfire"
    struct str assets; // "/hangfire/assets/<hash>"
    struct str below;  // "/hangfire/{path*}"
    struct http_route routes[ROUTES];
    struct arena arena;
};

static const struct asset *find_asset(struct str path) {
    for (size_t i = 0; i < dashboard_asset_count; i++)
        if (str_equal(str_from_cstr(dashboard_assets[i].path), path)) return &dashboard_assets[i];
    return NULL;
}

/* True when Accept-Encoding names gzip and does not say q=0 of it. */
static bool takes_gzip(const struct http_request *request) {
    struct str rest = request_header(request, STR("Accept-Encoding"));
    while (rest.len > 0) {
        struct str item = str_cut(&rest, ',');
        struct str name = str_trim(str_cut(&item, ';'));
        if (!str_equal_nocase(name, STR("gzip"))) continue;
        item = str_trim(item);
        bool refused = str_starts_with(item, STR("q=0"));
        for (size_t i = 3; i < item.len && refused; i++)
            refused = item.ptr[i] == '0' || item.ptr[i] == '.';
        return !refused;
    }
    return false;
}

static void answer_asset(const struct http_request *request, struct http_response *response,
                         const struct asset *asset) {
    bool gzip = takes_gzip(request);
    respond_fixed(response, 200, asset->type, gzip ? asset->gzip : asset->plain);
    if (gzip) response_header(response, "Content-Encoding", STR("gzip"));
    response_header(response, "Vary", STR("Accept-Encoding"));
    response_header(response, "Cache-Control", STR("public, max-age=31536000, immutable"));
}

/* ---- the page ---- */

static struct str theme_of(const struct http_request *request) {
    struct str chosen = request_cookie(request, STR("alphabet-theme"));
    bool known = str_equal(chosen, STR("light")) || str_equal(chosen, STR("dark"));
    return known ? chosen : STR("system");
}

/* Whether the browser holds a session, good or not: without one there is no need to ask. */
static struct str session_of(const struct http_request *request) {
    bool some = !str_is_absent(request_cookie(request, STR("__Host-alphabet-session"))) ||
                !str_is_absent(request_cookie(request, STR("alphabet-session")));
    return some ? STR("some") : STR("none");
}

/* Copies the page and fills in what stands for {{name}}. */
static void fill_page(struct buf *out, struct str page, const struct dashboard *dashboard,
                      const struct http_request *request) {
    const struct {
        struct str mark, value;
    } marks[] = {
        {STR("{{path}}"), dashboard->path},
        {STR("{{assets}}"), dashboard->assets},
        {STR("{{theme}}"), theme_of(request)},
        {STR("{{session}}"), session_of(request)},
    };
    while (page.len > 0) {
        bool filled = false;
        for (size_t i = 0; i < COUNT_OF(marks) && !filled; i++) {
            filled = str_starts_with(page, marks[i].mark);
            if (!filled) continue;
            buf_put(out, marks[i].value);
            page = str_slice(page, marks[i].mark.len, page.len);
        }
        if (filled) continue;
        buf_put(out, str_slice(page, 0, 1));
        page = str_slice(page, 1, page.len);
    }
}

static void answer_page(const struct http_request *request, struct http_response *response,
                        const struct dashboard *dashboard) {
    const struct asset *page = find_asset(STR("index.html"));
    struct buf body = buf_with_max(0);
    fill_page(&body, page->plain, dashboard, request);
    respond_bytes(response, 200, page->type, &body);
    response_header(response, "Content-Security-Policy", STR(POLICY));
    response_header(response, "Cache-Control", STR("no-store"));
}

static void show_page(struct http_request *request, struct http_response *response, void *context) {
    answer_page(request, response, context);
}

static void show_below(struct http_request *request, struct http_response *response,
                       void *context) {
    const struct dashboard *dashboard = context;
    struct str path = request_param(request, "path");
    if (!str_starts_with(path, STR("assets/"))) {
        answer_page(request, response, dashboard);
        return;
    }
    struct str rest = str_slice(path, STR("assets/").len, path.len);
    struct str hash = str_cut(&rest, '/');
    const struct asset *asset = find_asset(rest);
    if (asset && str_equal(hash, str_from_cstr(dashboard_hash))) {
        answer_asset(request, response, asset);
    } else {
        respond_problem(request, response, 404, "this version has no such file of the dashboard");
    }
}

static void lead_there(struct http_request *request, struct http_response *response,
                       void *context) {
    const struct dashboard *dashboard = context;
    if (request_accepts(request, STR("text/html"))) {
        respond_empty(response, 302);
        response_header(response, "Location", dashboard->path);
    } else {
        respond_problem(request, response, 404, "there is nothing at this path");
    }
}

/* ---- life ---- */

/* Segments of letters, digits, '-', '_', and '.' that does not lead them. */
static bool is_path(struct str path) {
    if (path.len < 2 || path.len > MAX_PATH || path.ptr[0] != '/') return false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        bool inside = i > 0 && path.ptr[i - 1] != '/';
        if (!word && !(c == '.' && inside) && !(c == '/' && (i == 0 || inside))) return false;
    }
    return path.ptr[path.len - 1] != '/';
}

struct dashboard *dashboard_new(struct str path, struct err *err) {
    if (!is_path(path) || str_equal(path, STR("/api")) || str_starts_with(path, STR("/api/"))) {
        (void)err_set(err, ERR_INVALID,
                      "Scheduler:Hangfire:DashboardPath \"%.*s\" must be a path such as /hangfire "
                      "outside of /api, without a slash at its end",
                      STR_ARG(path));
        return NULL;
    }
    assert(find_asset(STR("index.html")));
    struct dashboard *dashboard = xcalloc(1, sizeof *dashboard);
    struct arena *arena = &dashboard->arena;
    dashboard->path = arena_copy(arena, path);
    dashboard->assets = arena_printf(arena, "%.*s/assets/%s", STR_ARG(path), dashboard_hash);
    dashboard->below = arena_printf(arena, "%.*s/{path*}", STR_ARG(path));
    enum { PAGE = HTTP_NO_BODY | HTTP_CACHEABLE };
    dashboard->routes[0] = (struct http_route){
        .method = HTTP_GET, .path = dashboard->path.ptr, .handle = show_page, .flags = PAGE};
    dashboard->routes[1] = (struct http_route){
        .method = HTTP_GET, .path = dashboard->below.ptr, .handle = show_below, .flags = PAGE};
    dashboard->routes[2] = (struct http_route){
        .method = HTTP_GET, .path = "/", .handle = lead_there, .flags = HTTP_NO_BODY};
    return dashboard;
}

void dashboard_free(struct dashboard *dashboard) {
    if (dashboard == NULL) return;
    arena_free(&dashboard->arena);
    free(dashboard);
}

bool dashboard_add_routes(struct dashboard *dashboard, struct http_router *router,
                          struct err *err) {
    return http_router_add(router, dashboard->routes, ROUTES, dashboard, err) ||
           err_wrap(err, "Scheduler:Hangfire:DashboardPath");
}
