/* executions.c - what ran: lists, and one with its place in the chain of attempts. */
#include "api/context.h"

#include "engine/dependencies.h"
#include "model/execution_json.h"
#include "store/words.h"

/* ---- lists ---- */

static void read_execution_filter(const struct http_request *request,
                                  struct execution_filter *filter, struct faults *faults) {
    enum execution_status status;
    struct str text = query_str(request, "status", MAX_SEARCH, faults);
    if (!str_is_absent(text)) {
        if (execution_status_parse(text, &status)) {
            filter->status = (int64_t)status;
        } else {
            faults_add(faults, STR("status"), "must be one of: %s", execution_status_names());
        }
    }
    filter->from = query_time(request, "fromDate", UTC_NONE, faults);
    filter->to = query_time(request, "toDate", UTC_NONE, faults);
    if (!utc_is_none(filter->to) && utc_before(filter->to, filter->from))
        faults_add(faults, STR("fromDate"), "must not be later than toDate");
}

static struct str query_words(const struct http_request *request, struct faults *faults) {
    struct str search = query_str(request, "search", MAX_SEARCH, faults);
    struct err err = ERR_INIT;
    if (!words_check(search, &err)) faults_add(faults, STR("search"), "%s", err.msg);
    return search;
}

static void answer_page(struct api *api, struct http_request *request,
                        struct http_response *response, const struct execution_filter *filter,
                        struct page page) {
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct execution_page executions;
    bool ok = store_execution_list(tx, filter, request->arena, &executions, &err) &&
              dependencies_waiting_on(tx, request->arena, executions.items, executions.count, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < executions.count; i++) execution_to_json(&w, &executions.items[i]);
    api_page_end(&w, page, executions.total);
}

void executions_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", "status", "fromDate", "toDate",
                                        "jobId",      "search",   "queue",  NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct execution_filter filter = {.offset = page.offset, .limit = page.size};
    read_execution_filter(request, &filter, &faults);
    filter.search = query_words(request, &faults);
    filter.queue = query_str(request, "queue", MAX_QUEUE_NAME, &faults);
    struct str job_text = query_str(request, "jobId", MAX_SEARCH, &faults);
    struct guid job_id = {{0}};
    if (!str_is_absent(job_text) && !guid_parse(job_text, &job_id))
        faults_add(&faults, STR("jobId"), "must be a GUID");
    if (!api_no_faults(request, response, &faults)) return;
    if (!str_is_absent(job_text)) {
        struct job job;
        if (!api_read_job(api, request, response, job_id, &job)) return;
        filter.job_row = job.row;
    }
    answer_page(api, request, response, &filter, page);
}

void runs_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", "status",
                                        "fromDate",   "toDate",   NULL};
    struct guid id;
    struct job job;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct execution_filter filter = {.offset = page.offset, .limit = page.size};
    read_execution_filter(request, &filter, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "jobId", &id) ||
        !api_read_job(api, request, response, id, &job))
        return;
    filter.job_row = job.row;
    answer_page(api, request, response, &filter, page);
}

/* ---- one ---- */

bool api_read_execution(struct api *api, struct http_request *request,
                        struct http_response *response, struct guid id, struct execution *ret) {
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return false;
    struct err err = ERR_INIT;
    struct execution execution;
    bool ok = store_execution_get(tx, id, request->arena, &execution, &err);
    store_read_end(tx);
    if (ok)
        *ret = execution;
    else
        respond_err(request, response, &err);
    return ok;
}

/* The execution, and the attempts that followed it: with retryParentId the chain both ways. */
void executions_show(struct http_request *request, struct http_response *response, void *context) {
    struct guid id;
    if (!api_path_guid(request, response, "executionId", &id) || !api_no_query(request, response))
        return;
    struct store_tx *tx = api_read(context, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct execution execution, *retries;
    size_t retry_count;
    bool ok = store_execution_get(tx, id, request->arena, &execution, &err) &&
              dependencies_waiting_on(tx, request->arena, &execution, 1, &err) &&
              store_execution_retries(tx, id, request->arena, &retries, &retry_count, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    execution_to_json_with_retries(&w, &execution, retries, retry_count);
}
