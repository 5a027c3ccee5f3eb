/* import.c - jobs from an export, all of them or none.
 *
 * A text of 64 MiB as one tree of JSON would take ten times that. So the text is walked by its
 * outline (base/json_scan.h), and one job at a time is read, checked by the rules of POST /jobs,
 * and kept as what will be stored. Everything that can fail, or takes long, is done before the one
 * transaction, which holds up every other write: in it there are only look-ups by name and inserts.
 *
 * Names are compared with the jobs that were there before, not with those of the same import, so
 * that what was exported comes back whole also when names occur twice: `replace` pairs the jobs of
 * a name in the order in which they were created, and `skip` leaves out a job when there was one of
 * its name.
 */
#include "api/context.h"

#include "api/import_links.h"
#include "api/import_workflows.h"

#include "base/hash.h"
#include "base/json_scan.h"
#include "engine/dependencies.h"
#include "model/audit_diff.h"
#include "model/job_schedule.h"

#include <stdlib.h>

enum { TRIES = 3 };
enum on_conflict { CONFLICT_DUPLICATE, CONFLICT_SKIP, CONFLICT_REPLACE };

struct item {
    struct job job;     // as it will be
    int64_t replaces;   // row; 0 = it is a new one
    int64_t revision;   // of the one it replaces
    int64_t behind_row; // of a new one under `replace`: no job of its name came behind this row
    /* found out in the write */
    bool is_skipped;
    bool has_new_links; // it depends on other jobs than before
};

/* Which row of a name was paired last; open addressing. */
struct pairing {
    struct str name; // absent: free
    int64_t row;
};

struct import {
    struct api *api;
    struct http_request *request;
    enum on_conflict conflict;
    bool partial, dry_run;
    struct str payload; // of the export, a view of the body or of `text`
    struct buf text;    // of a payload that came as a string
    struct utc exported_at;
    struct str jobs; // the array
    size_t job_count;

    struct utc now;
    struct arena arena; // of the plan
    struct item *items;
    struct import_link *links; // one an item
    struct import_links all_links;
    struct import_workflows workflows;
    size_t count;
    struct pairing *pairings;
    size_t pairings_mask;
    struct faults faults; // of the jobs, by index
    int64_t rejected;

    bool ran; // false: an earlier answer was given again
    int64_t created, replaced, skipped;
};

/* ---- the request ----------------------------------------------------------------------------- */

static bool is_null(struct str value) {
    return str_equal(value, STR("null"));
}

static bool read_flag(struct str name, struct str value, struct faults *faults) {
    bool flag = str_equal(value, STR("true"));
    if (!flag && !str_is_absent(value) && !str_equal(value, STR("false")))
        faults_add(faults, name, "must be true or false");
    return flag;
}

static void read_conflict(struct str value, struct import *import, struct faults *faults) {
    static const struct str names[] = {STR_INIT("\"duplicate\""), STR_INIT("\"skip\""),
                                       STR_INIT("\"replace\"")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_equal_nocase(value, names[i])) continue;
        import->conflict = (enum on_conflict)i;
        return;
    }
    faults_add(faults, STR("onConflict"), "must be one of: duplicate, skip, replace");
}

static void read_payload(struct str value, struct import *import, struct faults *faults) {
    struct err err = ERR_INIT;
    if (value.ptr[0] == '{' || value.ptr[0] == '[') {
        import->payload = value;
    } else if (value.ptr[0] != '"') {
        faults_add(faults, STR("jsonPayload"), "must be the text of an export, or the export");
    } else if (json_scan_string(value, &import->text, &err)) {
        import->payload = buf_str(&import->text);
    } else {
        faults_add(faults, STR("jsonPayload"), "%s", err.msg);
    }
}

/* Members by name, each at most once; *values are absent where there is none or null. False when
 * the text is malformed. */
static bool read_members(struct str text, const struct str *names, size_t count, struct str *values,
                         struct faults *faults, struct err *err) {
    struct json_scan scan;
    struct str name, value;
    if (!json_scan_begin(text, '{', &scan, err)) return false;
    while (json_scan_next(&scan, &name, &value, err)) {
        size_t i = 0;
        while (i < count && !str_equal(names[i], name)) i++;
        if (i == count) {
            faults_add(faults, name, "there is no such field");
        } else if (!str_is_absent(values[i])) {
            faults_add(faults, name, "is given twice");
        } else {
            values[i] = value;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (is_null(values[i])) values[i] = STR_NONE;
    return err->kind == ERR_NONE;
}

/* False when it has answered. */
static bool read_request(struct import *import, struct http_response *response) {
    enum { PAYLOAD, CONFLICT, PARTIAL, DRY_RUN, MEMBERS };
    static const struct str names[MEMBERS] = {STR_INIT("jsonPayload"), STR_INIT("onConflict"),
                                              STR_INIT("partial"), STR_INIT("dryRun")};
    struct http_request *request = import->request;
    struct str values[MEMBERS] = {{0}};
    struct faults faults = {.arena = request->arena};
    struct err err = ERR_INIT;
    if (!api_no_query(request, response)) return false;
    if (!read_members(request->body, names, MEMBERS, values, &faults, &err)) {
        respond_err(request, response, &err);
        return false;
    }
    if (str_is_absent(values[PAYLOAD]))
        faults_add(&faults, names[PAYLOAD], "is needed: the text of an export");
    else
        read_payload(values[PAYLOAD], import, &faults);
    if (!str_is_absent(values[CONFLICT])) read_conflict(values[CONFLICT], import, &faults);
    import->partial = read_flag(names[PARTIAL], values[PARTIAL], &faults);
    import->dry_run = read_flag(names[DRY_RUN], values[DRY_RUN], &faults);
    return api_no_faults(request, response, &faults);
}

/* ---- the export ------------------------------------------------------------------------------ */

static bool count_jobs(struct import *import, struct faults *faults, struct err *err) {
    struct json_scan scan;
    struct str value;
    if (!json_scan_begin(import->jobs, '[', &scan, err)) return false;
    while (json_scan_next(&scan, NULL, &value, err)) import->job_count++;
    if (err->kind != ERR_NONE) return false;
    if (import->job_count > MAX_IMPORT_JOBS)
        faults_add(faults, STR("jobs"), "must hold at most %d jobs, not %zu: import them in parts",
                   MAX_IMPORT_JOBS, import->job_count);
    return true;
}

static void read_exported_at(struct str value, struct import *import, struct faults *faults) {
    bool quoted = value.len > 2 && value.ptr[0] == '"';
    if (!quoted || !utc_parse(str_slice(value, 1, value.len - 2), &import->exported_at))
        faults_add(faults, STR("exportedAt"), "must be a time such as 2026-01-02T03:04:05Z");
}

/* Finds the array of jobs; false when it has answered. */
static bool read_export(struct import *import, struct http_response *response) {
    enum { VERSION, EXPORTED_AT, JOBS, WORKFLOWS, MEMBERS };
    static const struct str names[MEMBERS] = {STR_INIT("version"), STR_INIT("exportedAt"),
                                              STR_INIT("jobs"), STR_INIT("workflows")};
    struct str values[MEMBERS] = {{0}};
    struct faults faults = {.arena = import->request->arena};
    struct err err = ERR_INIT;
    struct str payload = str_trim(import->payload);
    bool good = true;
    if (payload.len > 0 && payload.ptr[0] == '[')
        values[JOBS] = payload; // the jobs alone
    else
        good = read_members(payload, names, MEMBERS, values, &faults, &err);
    if (good && !str_is_absent(values[VERSION]) && !str_equal(values[VERSION], STR("1")))
        faults_add(&faults, names[VERSION], "must be %d: no other is known here", EXPORT_VERSION);
    if (good && !str_is_absent(values[EXPORTED_AT]))
        read_exported_at(values[EXPORTED_AT], import, &faults);
    import->jobs = values[JOBS];
    import->workflows.array = values[WORKFLOWS];
    if (good && str_is_absent(values[JOBS]))
        faults_add(&faults, names[JOBS], "is needed: an array of jobs");
    else if (good)
        good = count_jobs(import, &faults, &err);
    if (!good) faults_add(&faults, STR("jsonPayload"), "%s", err.msg);
    return api_no_faults(import->request, response, &faults);
}

/* ---- one job --------------------------------------------------------------------------------- */

static void reject(struct import *import, size_t index, const struct faults *own) {
    import->rejected++;
    for (size_t i = 0; i < own->count; i++) {
        const struct fault *fault = &own->items[i];
        struct str name = fault->field.len == 0
                              ? arena_printf(import->faults.arena, "jobs[%zu]", index)
                              : arena_printf(import->faults.arena, "jobs[%zu].%.*s", index,
                                             STR_ARG(fault->field));
        faults_add(&import->faults, name, "%.*s", STR_ARG(fault->message));
    }
    import->faults.more += own->more;
}

static struct pairing *pairing_of(struct import *import, struct str name) {
    size_t i = (size_t)hash_str(name, 0) & import->pairings_mask;
    while (!str_is_absent(import->pairings[i].name) && !str_equal(import->pairings[i].name, name))
        i = (i + 1) & import->pairings_mask;
    return &import->pairings[i];
}

/* The job that this one replaces, and where the search for it ended. */
static bool find_replaced(struct import *import, struct store_tx *tx, struct str name,
                          struct item *item, struct job *base, bool *found, struct err *err) {
    struct pairing *pairing = pairing_of(import, name);
    item->behind_row = pairing->row;
    if (!store_job_named(tx, name, pairing->row, &import->arena, base, found, err)) return false;
    if (!*found) return true;
    if (str_is_absent(pairing->name)) pairing->name = base->name;
    pairing->row = base->row;
    item->replaces = base->row;
    item->revision = base->revision;
    return true;
}

/* A OneTime job that had had its run when it was exported does not run again; one whose time has
 * come since then is owed. */
static void settle_one_time(const struct import *import, struct job *job) {
    if (job->schedule_type != SCHEDULE_ONE_TIME || !job_is_scheduled(job)) return;
    if (utc_is_none(import->exported_at) || utc_before(import->exported_at, job->run_at)) return;
    job->schedule_from = utc_max(job->run_at, import->now);
    job->next_run_at = job->wake_at = UTC_NEVER;
}

static bool complete_new(const struct import *import, struct str caller, struct job *job,
                         struct err *err) {
    job->id = guid_new(import->now);
    job->revision = 1;
    job->created_at = job->updated_at = import->now;
    job->last_modified_by = caller;
    if (!job_plan_first(job, import->api->options.zones, import->now, err)) return false;
    settle_one_time(import, job);
    return true;
}

static struct import_link link_of(const struct item *item, const json_t *tree, size_t index) {
    struct import_link link = {.index = index,
                               .id = item->job.id,
                               .name = item->job.name,
                               .dependencies = item->job.dependencies};
    if (!guid_parse(json_str_of(json_object_get(tree, "id")), &link.file_id))
        link.file_id = (struct guid){{0}};
    return link;
}

/* Adds the job to the plan, or its faults to `own`. False and err when the store fails. */
static bool plan_job(struct import *import, struct store_tx *tx, const json_t *tree, size_t index,
                     const struct job_defaults *defaults, struct faults *own, struct err *err) {
    struct item *item = &import->items[import->count];
    struct job base;
    bool replaces = false;
    struct str name = json_str_of(json_object_get(tree, "name"));
    if (import->conflict == CONFLICT_REPLACE && name.len > 0 &&
        !find_replaced(import, tx, name, item, &base, &replaces, err))
        return false;
    struct err why = ERR_INIT;
    bool good = job_from_json(tree, JOB_IMPORT, replaces ? &base : NULL, defaults, &import->arena,
                              &item->job, own);
    if (good && !replaces && !complete_new(import, defaults->created_by, &item->job, &why)) {
        faults_add(own, STR(""), "%s", why.msg);
        good = false;
    }
    if (good)
        import->links[import->count++] = link_of(item, tree, index);
    else
        *item = (struct item){0};
    return true;
}

/* As large as a request that creates one. */
static json_t *read_tree(struct str text, struct faults *own) {
    struct err err = ERR_INIT;
    if (text.len > MAX_BODY) {
        faults_add(own, STR(""), "is larger than the %d bytes that a job may have", MAX_BODY);
        return NULL;
    }
    json_t *tree = json_read(text, &err);
    if (tree == NULL) faults_add(own, STR(""), "%s", err.msg);
    return tree;
}

static bool plan_jobs(struct import *import, struct store_tx *tx, struct err *err) {
    struct job_defaults defaults = api_job_defaults(import->api, import->request, import->now);
    struct json_scan scan;
    struct str text;
    struct err end = ERR_INIT;
    bool ok = json_scan_begin(import->jobs, '[', &scan, err);
    struct arena scratch = {0};
    for (size_t i = 0; ok && json_scan_next(&scan, NULL, &text, &end); i++) {
        arena_reset(&scratch);
        struct faults own = {.arena = &scratch};
        json_t *tree = read_tree(text, &own);
        if (tree) ok = plan_job(import, tx, tree, i, &defaults, &own, err);
        json_decref(tree);
        if (!faults_none(&own)) reject(import, i, &own);
    }
    arena_free(&scratch);
    return ok;
}

/* Those whose dependencies cannot be kept leave the plan. */
static bool check_links(struct import *import, struct store_tx *tx, struct err *err) {
    import->all_links = import_links(import->links, import->count, &import->arena);
    if (!import_links_check(&import->all_links, tx, &import->faults, err)) return false;
    size_t kept = 0;
    for (size_t i = 0; i < import->count; i++) {
        if (import->links[i].is_rejected) continue;
        import->items[kept] = import->items[i];
        import->links[kept++] = import->links[i];
    }
    import->rejected += (int64_t)(import->count - kept);
    import->count = kept;
    import->all_links = import_links(import->links, kept, &import->arena);
    return true;
}

static bool plan_import(struct import *import, struct err *err) {
    import->faults = (struct faults){.arena = import->request->arena};
    import->count = 0;
    import->rejected = 0;
    arena_reset(&import->arena);
    import->now = utc_from_ms(utc_ms(clock_now(import->api->options.clock)));
    size_t slots = 16;
    while (slots < 2 * import->job_count) slots *= 2;
    import->items = ARENA_ARRAY(&import->arena, import->job_count + 1, struct item);
    import->links = ARENA_ARRAY(&import->arena, import->job_count + 1, struct import_link);
    import->pairings = ARENA_ARRAY(&import->arena, slots, struct pairing);
    import->pairings_mask = slots - 1;
    struct store_tx *tx = store_read_begin(import->api->options.store, err);
    if (tx == NULL) return false;
    bool ok = plan_jobs(import, tx, err) && check_links(import, tx, err);
    import->workflows = (struct import_workflows){.api = import->api,
                                                  .request = import->request,
                                                  .array = import->workflows.array,
                                                  .links = &import->all_links,
                                                  .now = import->now,
                                                  .skips = import->conflict == CONFLICT_SKIP,
                                                  .replaces = import->conflict == CONFLICT_REPLACE,
                                                  .partial = import->partial};
    ok = ok && import_workflows_check(&import->workflows, tx, &import->faults, err);
    store_read_end(tx);
    return ok;
}

/* ---- the transaction ------------------------------------------------------------------------- */

/* Is there a job of this name behind `row` that this import has not made itself? */
static bool is_taken(struct store_tx *tx, struct str name, int64_t row, int64_t first_own,
                     struct arena *arena, bool *ret, struct err *err) {
    struct job other;
    bool found;
    if (!store_job_named(tx, name, row, arena, &other, &found, err)) return false;
    *ret = found && (first_own == 0 || other.row < first_own);
    return true;
}

/* A job that is skipped is the one of its name, for those that depend on it. */
static bool find_skipped(struct store_tx *tx, struct import *import, struct arena *scratch,
                         struct err *err) {
    for (size_t i = 0; i < import->count; i++) {
        struct job other;
        struct item *item = &import->items[i];
        item->is_skipped = false;
        import->links[i].id = item->job.id;
        if (import->conflict != CONFLICT_SKIP) continue;
        arena_reset(scratch);
        if (!store_job_named(tx, item->job.name, 0, scratch, &other, &item->is_skipped, err))
            return false;
        if (item->is_skipped) import->links[i].id = other.id;
    }
    return true;
}

/* All are there now. A circle within the file was found before; one through jobs that are not in it
 * goes through one that is replaced, by which it is found. */
static bool check_stored_links(struct store_tx *tx, struct api_write *write, struct arena *scratch,
                               struct err *err) {
    struct import *import = write->context;
    for (size_t i = 0; i < import->count; i++) {
        const struct item *item = &import->items[i];
        size_t released = 0;
        if (item->is_skipped || !item->has_new_links) continue;
        arena_reset(scratch);
        struct guid id = item->replaces != 0 ? item->job.id : (struct guid){{0}};
        struct str text = import_links_text(&import->all_links, i, scratch);
        struct str field =
            arena_printf(scratch, "jobs[%zu].dependencies.dependsOnJobIds", import->links[i].index);
        if (!api_check_dependencies(tx, id, item->job.name, STR_NONE, text, field, &write->faults,
                                    err))
            return false;
        if (item->replaces != 0 &&
            !dependencies_changed(tx, item->replaces, write->now, scratch, &released, err))
            return false;
    }
    return faults_none(&write->faults) || err_set(err, ERR_INVALID, "dependencies");
}

static bool replace_one(struct store_tx *tx, struct api_write *write, struct item *item,
                        struct str dependencies, struct arena *arena, struct err *err) {
    struct job fresh, after = item->job;
    if (!store_job_get_by_row(tx, item->replaces, arena, &fresh, err)) return false;
    if (fresh.revision != item->revision)
        return err_set(err, ERR_STALE, "a job has changed meanwhile");
    after.dependencies = dependencies;
    item->has_new_links = !str_equal(fresh.dependencies, dependencies);
    return api_replace_job(tx, write, &fresh, &after, "job.import", arena, err);
}

static bool create_one(struct store_tx *tx, struct api_write *write, struct item *item,
                       struct str dependencies, int64_t *first_own, struct arena *arena,
                       struct err *err) {
    struct import *import = write->context;
    struct job job = item->job;
    bool taken = item->is_skipped;
    job.dependencies = dependencies;
    item->has_new_links = !str_is_absent(dependencies);
    if (import->conflict == CONFLICT_REPLACE &&
        !is_taken(tx, job.name, item->behind_row, *first_own, arena, &taken, err))
        return false;
    if (taken && import->conflict == CONFLICT_REPLACE)
        return err_set(err, ERR_STALE, "a job of this name was made meanwhile");
    if (taken) {
        import->skipped++;
        return true;
    }
    if (!store_job_insert(tx, &job, err)) return false;
    if (*first_own == 0) *first_own = job.row;
    struct audit_diff diff = audit_diff(arena, NULL, &job);
    import->created++;
    return api_audit(tx, write, "job.import", job.id, diff.before, diff.after, err);
}

static void write_faults(struct json_writer *w, const struct faults *faults) {
    json_array_begin(w);
    for (size_t i = 0; i < faults->count; i++) {
        json_object_begin(w);
        json_field_str(w, STR("field"), faults->items[i].field);
        json_field_str(w, STR("message"), faults->items[i].message);
        json_object_end(w);
    }
    json_array_end(w);
}

/* What the import did, and what it left out and why. */
static bool audit_whole(struct store_tx *tx, struct api_write *write, struct err *err) {
    static const struct str names[] = {STR_INIT("duplicate"), STR_INIT("skip"),
                                       STR_INIT("replace")};
    const struct import *import = write->context;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_field_str(&w, STR("onConflict"), names[import->conflict]);
    json_field_i64(&w, STR("created"), import->created);
    json_field_i64(&w, STR("replaced"), import->replaced);
    json_field_i64(&w, STR("skipped"), import->skipped);
    json_field_i64(&w, STR("rejected"), import->rejected);
    if (import->workflows.written > 0)
        json_field_i64(&w, STR("workflows"), import->workflows.written);
    if (import->workflows.left_out > 0)
        json_field_i64(&w, STR("workflowsLeftOut"), import->workflows.left_out);
    if (import->rejected > 0) {
        json_key(&w, STR("faults"));
        write_faults(&w, &import->faults);
    }
    json_object_end(&w);
    bool ok = api_audit(tx, write, "jobs.import", (struct guid){{0}}, STR_NONE, buf_str(&out), err);
    buf_free(&out);
    return ok;
}

static bool run_import(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct import *import = write->context;
    struct arena scratch = {0};
    int64_t first_own = 0;
    bool ok;
    import->created = import->replaced = import->skipped = 0;
    ok = find_skipped(tx, import, &scratch, err);
    for (size_t i = 0; ok && i < import->count; i++) {
        struct item *item = &import->items[i];
        arena_reset(&scratch);
        struct str dependencies = import_links_text(&import->all_links, i, &scratch);
        if (item->replaces == 0) {
            ok = create_one(tx, write, item, dependencies, &first_own, &scratch, err);
        } else {
            ok = replace_one(tx, write, item, dependencies, &scratch, err);
            import->replaced++;
        }
    }
    ok = ok && check_stored_links(tx, write, &scratch, err) &&
         import_workflows_write(&import->workflows, tx, write, err);
    arena_free(&scratch);
    import->ran = ok;
    write->answer = (struct answer){
        .status = 200,
        .body = arena_printf(write->arena, "%lld", (long long)(import->created + import->replaced)),
    };
    return ok && audit_whole(tx, write, err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* How many would be made or replaced; that some are skipped is known only by looking. */
static bool count_dry(struct import *import, struct err *err) {
    import->created = import->replaced = import->skipped = 0;
    struct arena scratch = {0};
    struct store_tx *tx = store_read_begin(import->api->options.store, err);
    bool ok = tx != NULL;
    for (size_t i = 0; ok && i < import->count; i++) {
        const struct item *item = &import->items[i];
        bool taken = false;
        arena_reset(&scratch);
        if (import->conflict == CONFLICT_SKIP)
            ok = is_taken(tx, item->job.name, 0, 0, &scratch, &taken, err);
        import->skipped += taken;
        import->replaced += item->replaces != 0;
        import->created += !taken && item->replaces == 0;
    }
    store_read_end(tx);
    arena_free(&scratch);
    import->ran = ok;
    return ok;
}

static void answer(const struct import *import, struct http_response *response,
                   const struct answer *answer) {
    api_answer(response, answer);
    if (!import->ran) return;
    response_header_i64(response, "X-Import-Created", import->created);
    response_header_i64(response, "X-Import-Replaced", import->replaced);
    response_header_i64(response, "X-Import-Skipped", import->skipped);
    response_header_i64(response, "X-Import-Rejected", import->rejected);
    response_header_i64(response, "X-Import-Workflows", import->workflows.written);
}

/* One try. False: jobs changed between the plan and the transaction, or err says what else. */
static bool try_import(struct import *import, struct http_response *response, struct err *err) {
    struct http_request *request = import->request;
    if (!plan_import(import, err)) return false;
    if (import->rejected + import->workflows.rejected > 0 && !import->partial) {
        respond_faults(request, response, &import->faults);
        return true;
    }
    struct api_write write = {.api = import->api,
                              .request = request,
                              .now = import->now,
                              .run = run_import,
                              .context = import,
                              .poke = true};
    if (import->dry_run) {
        if (!count_dry(import, err)) return false;
        long long count = (long long)(import->created + import->replaced);
        write.answer =
            (struct answer){.status = 200, .body = arena_printf(request->arena, "%lld", count)};
    } else if (!api_write_quietly(&write, err)) {
        if (faults_none(&write.faults)) return false;
        respond_faults(request, response, &write.faults);
        return true;
    }
    answer(import, response, &write.answer);
    return true;
}

void admin_import(struct http_request *request, struct http_response *response, void *context) {
    struct import import = {.api = context, .request = request, .exported_at = UTC_NONE};
    if (read_request(&import, response) && read_export(&import, response)) {
        struct err err = ERR_INIT;
        bool done = false;
        for (int i = 0; i < TRIES && !done && (i == 0 || err.kind == ERR_STALE); i++)
            done = try_import(&import, response, &err);
        if (!done && err.kind == ERR_STALE)
            err_set(&err, ERR_CONFLICT, "jobs kept changing while they were imported; try again");
        if (!done) respond_err(request, response, &err);
    }
    arena_free(&import.arena);
    buf_free(&import.text);
}
