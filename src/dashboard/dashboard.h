/* dashboard.h - the pages for people, as files: everything they show comes from the public API.
 *
 *     struct dashboard *dashboard = dashboard_new(STR("/hangfire"), &err);
 *     if (!dashboard || !dashboard_add_routes(dashboard, router, &err)) ...
 *
 * Below the path: `assets/<hash>/…` are the embedded files, to be cached for ever; anything else is
 * the one page, whose script shows what the address says. `/` leads a browser there.
 *
 *   Owns:    the dashboard owns its routes: free it after the router.
 *   Threads: made by one, then immutable.
 *   Errors:  INVALID for a path that cannot be.
 */
#ifndef ALPHABET_DASHBOARD_DASHBOARD_H
#define ALPHABET_DASHBOARD_DASHBOARD_H

#include "base/err.h"
#include "base/str.h"
#include "http/router.h"

struct dashboard;

WARN_UNUSED struct dashboard *dashboard_new(struct str path, struct err *err);
void dashboard_free(struct dashboard *dashboard); // NULL is fine
WARN_UNUSED bool dashboard_add_routes(struct dashboard *dashboard, struct http_router *router,
                                      struct err *err);

#endif
