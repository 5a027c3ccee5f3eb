/* admin.c - the whole scheduler: its nodes, its queues. */
#include "api/context.h"

/* ---- nodes ---- */

/* What a node last said of itself; of this one, what is true now. */
static void write_node(struct json_writer *w, const struct node *node, struct api *api,
                       struct utc now) {
    struct engine *engine = atomic_load(&api->engine);
    struct node shown = *node;
    if (engine && str_equal(node->name, api->options.node_name)) {
        struct engine_figures figures = engine_figures(engine);
        shown.workers_busy = figures.workers_busy;
        shown.workers_total = figures.workers_total;
    }
    json_object_begin(w);
    json_field_str(w, STR("name"), shown.name);
    json_field_str(w, STR("version"), shown.version);
    json_field_utc(w, STR("startedAt"), shown.started_at);
    json_field_utc(w, STR("heartbeatAt"), shown.heartbeat_at);
    json_field_bool(w, STR("isAlive"), utc_before(now, shown.lease_until));
    json_field_i64(w, STR("workersBusy"), shown.workers_busy);
    json_field_i64(w, STR("workersTotal"), shown.workers_total);
    json_object_end(w);
}

void admin_nodes(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    if (!api_no_query(request, response)) return;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct node *nodes;
    size_t count;
    bool ok = store_nodes(tx, request->arena, &nodes, &count, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct utc now = clock_now(api->options.clock);
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) write_node(&w, &nodes[i], api, now);
    json_array_end(&w);
}

/* ---- queues ---- */

static void write_queue(struct json_writer *w, struct str name, const struct queue_figures *figures,
                        bool is_configured, struct utc now) {
    bool waits = figures && utc_before(figures->oldest, now);
    json_object_begin(w);
    json_field_str(w, STR("name"), name);
    json_field_bool(w, STR("isConfigured"), is_configured);
    json_field_i64(w, STR("pending"), figures ? figures->pending : 0);
    json_field_i64(w, STR("oldestWaitSeconds"),
                   waits ? utc_diff(now, figures->oldest).us / 1000000 : 0);
    json_field_utc(w, STR("oldestAvailableAt"), figures ? figures->oldest : UTC_NONE);
    json_object_end(w);
}

static const struct queue_figures *figures_of(struct str name, const struct queue_figures *queues,
                                              size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(queues[i].name, name)) return &queues[i];
    return NULL;
}

static bool is_configured(const struct api *api, struct str name) {
    for (size_t i = 0; i < api->options.queue_count; i++)
        if (str_equal(api->options.queues[i], name)) return true;
    return false;
}

/* The configured ones in order of priority, then those that only hold what waits from before. */
void admin_queues(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    if (!api_no_query(request, response)) return;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct queue_figures *queues;
    size_t count;
    bool ok = store_queues(tx, request->arena, &queues, &count, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct utc now = clock_now(api->options.clock);
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    for (size_t i = 0; i < api->options.queue_count; i++) {
        struct str name = api->options.queues[i];
        write_queue(&w, name, figures_of(name, queues, count), true, now);
    }
    for (size_t i = 0; i < count; i++)
        if (!is_configured(api, queues[i].name))
            write_queue(&w, queues[i].name, &queues[i], false, now);
    json_array_end(&w);
}
