/* audit.c - who changed what: of one job, of everything, and whether the record is whole. */
#include "api/context.h"

static void write_entry(struct json_writer *w, const struct audit_entry *entry) {
    json_field_i64(w, STR("sequence"), entry->row);
    json_field_utc(w, STR("at"), entry->at);
    json_field_str(w, STR("actor"), entry->actor);
    json_field_str(w, STR("address"), entry->address);
    json_field_str(w, STR("action"), entry->action);
    json_field_raw(w, STR("before"), entry->before);
    json_field_raw(w, STR("after"), entry->after);
}

/* Among all entries one also says what it is about, and its link in the chain: who notes that
 * somewhere else can tell later that nothing behind it was cut off. */
static void write_place(struct json_writer *w, const struct audit_entry *entry) {
    static const char digits[] = "0123456789abcdef";
    char hash[2 * sizeof entry->hash];
    for (size_t i = 0; i < sizeof hash; i++)
        hash[i] = digits[i % 2 ? entry->hash[i / 2] & 15 : entry->hash[i / 2] >> 4];
    json_field_guid(w, STR("subjectId"), entry->subject);
    json_field_str(w, STR("hash"), (struct str){hash, sizeof hash});
}

static void answer_page(struct api *api, struct http_request *request,
                        struct http_response *response, struct page page,
                        const struct audit_filter *filter, bool of_all) {
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct audit_entry *entries;
    size_t count;
    int64_t total;
    bool ok = store_audit_list(tx, filter, request->arena, &entries, &count, &total, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        write_entry(&w, &entries[i]);
        if (of_all) write_place(&w, &entries[i]);
        json_object_end(&w);
    }
    api_page_end(&w, page, total);
}

void audit_of_job(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", NULL};
    struct guid id;
    struct job job;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "jobId", &id) ||
        !api_read_job(api, request, response, id, &job))
        return;
    struct audit_filter filter = {.subject = id, .offset = page.offset, .limit = page.size};
    answer_page(api, request, response, page, &filter, false);
}

void audit_list(struct http_request *request, struct http_response *response, void *context) {
    static const char *const known[] = {"pageNumber", "pageSize", "actor",  "jobId",
                                        "action",     "fromDate", "toDate", NULL};
    enum { MAX_ACTION = 100 };
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct audit_filter filter = {
        .actor = query_str(request, "actor", MAX_EMAIL, &faults),
        .action = query_str(request, "action", MAX_ACTION, &faults),
        .from = query_time(request, "fromDate", UTC_NONE, &faults),
        .to = query_time(request, "toDate", UTC_NONE, &faults),
        .offset = page.offset,
        .limit = page.size,
    };
    struct str job = query_str(request, "jobId", GUID_LENGTH, &faults);
    if (!str_is_absent(job) && !guid_parse(job, &filter.subject))
        faults_add(&faults, STR("jobId"), "must be a GUID");
    if (!utc_is_none(filter.from) && !utc_is_none(filter.to) && utc_before(filter.to, filter.from))
        faults_add(&faults, STR("fromDate"), "must not be later than toDate");
    if (!api_no_faults(request, response, &faults)) return;
    /* Times are shown to the millisecond: what is shown as `toDate` is still within. */
    if (!utc_is_none(filter.to)) filter.to = utc_add(filter.to, span_us(999));
    answer_page(context, request, response, page, &filter, true);
}

void audit_verify(struct http_request *request, struct http_response *response, void *context) {
    if (!api_no_query(request, response)) return;
    struct store_tx *tx = api_read(context, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct audit_check check;
    bool ok = store_audit_verify(tx, &check, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_bool(&w, STR("valid"), check.broken_row == 0);
    json_field_i64(&w, STR("checked"), check.checked);
    json_key(&w, STR("brokenAt"));
    if (check.broken_row != 0) {
        json_i64(&w, check.broken_row);
    } else {
        json_write_null(&w);
    }
    json_object_end(&w);
}
