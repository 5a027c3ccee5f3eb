/* service.c - is it up, is it ready, what is it, how is it called. */
#include "api/context.h"

#include "api/documents.h"

void service_health(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_str(&w, STR("status"), STR("up"));
    json_object_end(&w);
}

/* Ready: the store answers, takes what is written, and the scheduler runs. (The schema is current:
 * the store does not open otherwise.) */
void service_ready(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct engine *engine = atomic_load(&api->engine);
    if (engine == NULL) {
        respond_problem(request, response, 503, "the scheduler does not run yet");
        return;
    }
    struct err err = ERR_INIT;
    struct wake_times times;
    struct store_tx *tx = store_read_begin(api->options.store, &err);
    bool ok = tx && store_wake_times(tx, &times, &err);
    store_read_end(tx);
    if (!ok) {
        respond_problem(request, response, 503, "the store cannot be read");
        return;
    }
    if (engine_figures(engine).store_away) { // a full disk can still be read
        respond_problem(request, response, 503, "the store cannot be written");
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_str(&w, STR("status"), STR("ready"));
    json_object_end(&w);
}

void service_version(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    struct api *api = context;
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_str(&w, STR("name"), STR("alphabet"));
    json_field_str(&w, STR("version"), api->options.version);
    json_object_end(&w);
}

void service_openapi(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_fixed(response, 200, "application/json", document_openapi());
    response_header(response, "Cache-Control", STR("public, max-age=300"));
}

void service_docs(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_fixed(response, 200, "text/html; charset=utf-8", document_docs());
    response_header(response, "Cache-Control", STR("public, max-age=300"));
    response_header(response, "Content-Security-Policy", document_docs_policy());
}
