/* api.h - the REST API: its routes, who may call them, and what they need.
 *
 *     struct api *api = api_new(&options, &err);
 *     if (!api_add_routes(api, router, &err)) ...
 *     http options: .before = api_before, .done = api_done, .context = api
 *     engine options: .on_event = api_on_event, .on_run = api_on_run, .event_context = api,
 * .on_output, .output_context
 *
 *   Owns:    api_new copies its options; what they point to must outlive api_free.
 *   Threads: handlers run on the server's threads, several at once; api_on_event and api_on_output
 *            on the engine's.
 *   Errors:  api_new fails when no thread can be started, api_add_routes when the table is wrong (a
 *            bug).
 */
#ifndef ALPHABET_API_API_H
#define ALPHABET_API_API_H

#include "base/clock.h"
#include "base/err.h"
#include "engine/engine.h"
#include "handlers/registry.h"
#include "http/server.h"
#include "identity/identity.h"
#include "model/job_json.h"
#include "store/store.h"

struct api_options {
    struct store *store;
    const struct clock *clock;
    struct zone_cache *zones;
    struct identity *identity;
    struct str version;
    struct str node_name;
    const char *data_directory; // where an export may put its file
    const struct str *queues;   // in order of priority
    size_t queue_count;
    int64_t default_timeout_seconds;
    int64_t retry_max_attempts, retry_delay_seconds;
    const struct handlers_options *handlers; // for checking configurations
    int64_t idempotency_hours;               // how long an Idempotency-Key is remembered: 24
    int64_t stats_window_hours, upcoming_window_minutes;
    bool open_metrics; // anybody may read /metrics
};

struct api;
WARN_UNUSED struct api *api_new(const struct api_options *options, struct err *err);
void api_free(struct api *api); // NULL is fine; after the server has stopped
/* What takes long (clearing logs, resuming everything) ends early from here on; before the server
 * stops, which waits for every handler. NULL is fine. */
void api_stop(struct api *api);
/* The engine is started after the API is made and stopped before it is freed. */
void api_set_engine(struct api *api, struct engine *engine);
WARN_UNUSED bool api_add_routes(struct api *api, struct http_router *router, struct err *err);
http_before api_before;
http_done_hook api_done;
void api_on_event(void *context, const struct engine_event *event);
void api_on_run(void *context, const struct engine_run_event *event);
void api_on_output(void *context, struct guid execution_id, struct str more);

#endif
