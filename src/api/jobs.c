/* jobs.c - jobs: read, create, list. What changes a job that exists is in job_changes.c. */
#include "api/context.h"

#include "model/audit_diff.h"
#include "model/job_schedule.h"

/* ---- create ---- */

struct creation {
    struct job job;
};

static bool run_create(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct creation *creation = write->context;
    struct job *job = &creation->job;
    if (!api_check_dependencies(tx, (struct guid){{0}}, job->name, STR_NONE, job->dependencies,
                                STR("dependencies.dependsOnJobIds"), &write->faults, err))
        return false;
    if (!faults_none(&write->faults)) return err_set(err, ERR_INVALID, "its dependencies");
    if (!store_job_insert(tx, job, err)) return false;
    struct audit_diff diff = audit_diff(write->arena, NULL, job);
    if (!api_audit(tx, write, "job.create", job->id, diff.before, diff.after, err)) return false;
    write->answer = (struct answer){
        .status = 201,
        .body = api_job_json(write->arena, job),
        .location = api_location(write->arena, "/api/v1/scheduler/jobs", job->id),
        .etag = api_job_etag(write->arena, job),
    };
    return true;
}

void jobs_create(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    /* To the millisecond, as it is shown: an interval counts from this instant. */
    struct utc now = utc_from_ms(utc_ms(clock_now(api->options.clock)));
    struct faults faults = {.arena = request->arena};
    struct job_defaults defaults = api_job_defaults(api, request, now);
    struct creation creation = {0};
    struct job *job = &creation.job;
    bool good = job_from_json(body, JOB_CREATE, NULL, &defaults, request->arena, job, &faults);
    if (!api_find_dependency_faults(api, request, response, NULL,
                                    json_object_get(body, "dependencies"), STR("dependencies"),
                                    &faults))
        return;
    if (!good || !faults_none(&faults)) {
        api_respond_job_faults(request, response, &defaults, &faults);
        return;
    }
    job->id = guid_new(now);
    job->revision = 1;
    job->created_at = job->updated_at = now;
    job->last_modified_by = defaults.created_by;
    struct err err = ERR_INIT;
    if (!job_plan_first(job, api->options.zones, now, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct api_write write = {.api = api,
                              .request = request,
                              .now = now,
                              .run = run_create,
                              .context = &creation,
                              .poke = true};
    (void)api_write(&write, response);
}

/* ---- read ---- */

void jobs_show(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    struct job job;
    if (!api_path_guid(request, response, "jobId", &id) || !api_no_query(request, response) ||
        !api_read_job(api, request, response, id, &job))
        return;
    struct json_writer w = respond_json_begin(response, 200);
    job_to_json(&w, &job);
    response_etag(response, api_job_etag(request->arena, &job));
}

static bool parse_sort(struct str text, enum job_sort *ret) {
    static const struct {
        struct str name;
        enum job_sort sort;
    } sorts[] = {
        {STR_INIT("name"), JOB_SORT_NAME},
        {STR_INIT("createdAt"), JOB_SORT_CREATED_AT},
        {STR_INIT("updatedAt"), JOB_SORT_UPDATED_AT},
        {STR_INIT("nextRunAt"), JOB_SORT_NEXT_RUN_AT},
        {STR_INIT("lastExecutedAt"), JOB_SORT_LAST_EXECUTED_AT},
    };
    for (size_t i = 0; i < COUNT_OF(sorts); i++) {
        if (!str_equal_nocase(text, sorts[i].name)) continue;
        *ret = sorts[i].sort;
        return true;
    }
    return false;
}

static void read_order(const struct http_request *request, struct job_filter *filter,
                       struct faults *faults) {
    struct str sort = query_str(request, "sortBy", MAX_SEARCH, faults);
    filter->sort = JOB_SORT_CREATED_AT;
    if (!str_is_absent(sort) && !parse_sort(sort, &filter->sort))
        faults_add(faults, STR("sortBy"),
                   "must be one of: name, createdAt, updatedAt, nextRunAt, lastExecutedAt");
    struct str direction = query_str(request, "sortDirection", MAX_SEARCH, faults);
    filter->descending = str_equal_nocase(direction, STR("desc"));
    if (!str_is_absent(direction) && !filter->descending &&
        !str_equal_nocase(direction, STR("asc")))
        faults_add(faults, STR("sortDirection"), "must be asc or desc");
}

static struct job_filter read_job_filter(const struct http_request *request, struct page page,
                                         struct faults *faults) {
    struct job_filter filter = {.offset = page.offset, .limit = page.size};
    enum job_type type;
    enum job_status status;
    struct str text = query_str(request, "jobType", MAX_SEARCH, faults);
    if (!str_is_absent(text)) {
        if (job_type_parse(text, &type)) {
            filter.type = (int64_t)type;
        } else {
            faults_add(faults, STR("jobType"), "must be one of: %s", job_type_names());
        }
    }
    text = query_str(request, "status", MAX_SEARCH, faults);
    if (!str_is_absent(text)) {
        if (job_status_parse(text, &status) && status != JOB_DELETED) {
            filter.status = (int64_t)status;
        } else {
            faults_add(faults, STR("status"),
                       "must be one of: active, paused, disabled, failed, completed");
        }
    }
    filter.tag = query_str(request, "tag", MAX_TAG, faults);
    filter.search = query_str(request, "search", MAX_SEARCH, faults);
    filter.queue = query_str(request, "queue", MAX_QUEUE_NAME, faults);
    filter.created_by = query_str(request, "createdBy", MAX_EMAIL, faults);
    read_order(request, &filter, faults);
    return filter;
}

/* Reads and writes a page; false when it has answered with an error. */
static bool answer_job_page(struct api *api, struct http_request *request,
                            struct http_response *response) {
    static const char *const known[] = {"pageNumber", "pageSize",      "jobType", "status",
                                        "tag",        "search",        "queue",   "createdBy",
                                        "sortBy",     "sortDirection", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct job_filter filter = read_job_filter(request, page, &faults);
    if (!api_no_faults(request, response, &faults)) return false;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return false;
    struct err err = ERR_INIT;
    struct job_page jobs;
    bool ok = store_job_list(tx, &filter, request->arena, &jobs, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return false;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < jobs.count; i++) job_to_json(&w, &jobs.items[i]);
    api_page_end(&w, page, jobs.total);
    return true;
}

/* The same page is polled by every open dashboard; a job as it is shown depends on the store alone,
 * so a page that was answered is good until a job changes. */
void jobs_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    int64_t generation = store_jobs_generation(api->options.store); // before the store is read
    struct json_writer w = respond_json_begin(response, 200);
    if (answer_cache_find(api->job_pages, request->query_text, generation, w.out)) return;
    if (answer_job_page(api, request, response))
        answer_cache_keep(api->job_pages, request->query_text, generation,
                          buf_str(&response->body));
}

void jobs_failed(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    enum { FAILED_MAX = 1000 };
    static const char *const known[] = {"threshold", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    int64_t threshold = query_i64(request, "threshold", 1, 1000000, 3, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct job_page jobs;
    bool ok = store_job_failed(tx, threshold, FAILED_MAX, request->arena, &jobs, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    for (size_t i = 0; i < jobs.count; i++) job_to_json(&w, &jobs.items[i]);
    json_array_end(&w);
}
