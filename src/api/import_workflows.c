/* import_workflows.c - see import_workflows.h.
 *
 * They are read twice: beforehand, where an id of the file stands for the job that is going to be
 * made, so that all faults of an import come at once; and in the write, when those jobs are there
 * and the whole of the rules can be applied. Workflows are few beside jobs.
 */
#include "api/import_workflows.h"

#include "api/workflow_context.h"
#include "base/json_read.h"
#include "base/json_scan.h"

enum { SAME_NAME_MAX = 200 };

/* Does `each` for every workflow of the array, whose tree it may change. */
typedef bool each_workflow(struct import_workflows *workflows, void *context, json_t *tree,
                           size_t index, struct err *err);

static bool walk(struct import_workflows *workflows, each_workflow *each, void *context,
                 struct faults *faults, struct err *err) {
    struct json_scan scan;
    struct str text;
    struct err end = ERR_INIT;
    if (str_is_absent(workflows->array)) return true;
    if (!json_scan_begin(workflows->array, '[', &scan, &end)) {
        faults_add(faults, STR("workflows"), "must be an array");
        return true;
    }
    for (size_t i = 0; json_scan_next(&scan, NULL, &text, &end); i++) {
        struct err why = ERR_INIT;
        json_t *tree = i < MAX_IMPORT_WORKFLOWS ? json_read(text, &why) : NULL;
        bool ok = tree == NULL || each(workflows, context, tree, i, err);
        json_decref(tree);
        if (!ok) return false;
        if (tree != NULL) continue;
        struct str field = arena_printf(faults->arena, "workflows[%zu]", i);
        if (i >= MAX_IMPORT_WORKFLOWS)
            faults_add(faults, field, "at most %d are imported at once", MAX_IMPORT_WORKFLOWS);
        else
            faults_add(faults, field, "%s", why.msg);
        workflows->rejected++;
        if (i >= MAX_IMPORT_WORKFLOWS) return true;
    }
    return true;
}

static void tell(const struct faults *own, size_t index, struct faults *faults) {
    for (size_t i = 0; i < own->count; i++) {
        const struct fault *fault = &own->items[i];
        struct str field = arena_printf(faults->arena, "workflows[%zu]%s%.*s", index,
                                        fault->field.len ? "." : "", STR_ARG(fault->field));
        faults_add(faults, field, "%.*s", STR_ARG(fault->message));
    }
    faults->more += own->more;
}

/* ---- beforehand ------------------------------------------------------------------------------ */

struct checking {
    const struct import_links *links;
    struct workflow_lookup lookup;
    struct faults *faults;
};

static bool find_planned(void *context, struct guid id, struct workflow_job *ret) {
    struct checking *checking = context;
    struct str name;
    if (!import_links_find(checking->links, id, &id, &name))
        return workflow_find_job(&checking->lookup, id, ret);
    *ret = (struct workflow_job){.name = name};
    return true;
}

static bool check_one(struct import_workflows *workflows, void *context, json_t *tree, size_t index,
                      struct err *err) {
    struct checking *checking = context;
    struct faults own = {.arena = workflows->request->arena};
    struct job_defaults defaults =
        api_job_defaults(workflows->api, workflows->request, workflows->now);
    struct workflow_rules rules = {.job_defaults = &defaults,
                                   .find_job = find_planned,
                                   .context = checking,
                                   .without_whole = true};
    struct workflow_definition definition;
    (void)!workflow_from_json(tree, JOB_IMPORT, NULL, NULL, &rules, workflows->request->arena,
                              &definition, &own);
    if (checking->lookup.err.kind != ERR_NONE) {
        *err = checking->lookup.err;
        return false;
    }
    if (!faults_none(&own)) workflows->rejected++;
    tell(&own, index, checking->faults);
    return true;
}

bool import_workflows_check(struct import_workflows *workflows, struct store_tx *tx,
                            struct faults *faults, struct err *err) {
    struct checking checking = {.links = workflows->links,
                                .lookup = {.tx = tx, .arena = workflows->request->arena},
                                .faults = faults};
    return walk(workflows, check_one, &checking, faults, err);
}

/* ---- the write ------------------------------------------------------------------------------- */

struct writing {
    struct store_tx *tx;
    struct api_write *write;
    int64_t *used; // rows that this import has made or replaced
    size_t used_count;
};

static json_t *mapped(const struct import_links *links, const json_t *value) {
    struct guid id;
    struct str name;
    char text[GUID_LENGTH + 1];
    if (!guid_parse(json_str_of(value), &id) || !import_links_find(links, id, &id, &name))
        return json_incref((json_t *)value);
    guid_format(id, text);
    return json_string(text);
}

/* The ids of the file become those of here. */
static void map_ids(const struct import_links *links, json_t *tree) {
    json_t *jobs = json_object_get(tree, "jobs");
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        json_t *line = json_array_get(jobs, i);
        json_t *above = json_object_get(line, "dependsOn");
        json_t *id = json_object_get(line, "jobId");
        if (id) (void)json_object_set_new(line, "jobId", mapped(links, id));
        for (size_t j = 0; j < json_array_size(above); j++)
            (void)json_array_set_new(above, j, mapped(links, json_array_get(above, j)));
    }
}

static bool is_used(const struct writing *writing, int64_t row) {
    for (size_t i = 0; i < writing->used_count; i++)
        if (writing->used[i] == row) return true;
    return false;
}

/* The oldest one of this name that this import has nothing to do with yet. */
static bool find_named(const struct writing *writing, struct str name, struct workflow *ret,
                       bool *found, struct err *err) {
    struct workflow_filter filter = {.search = name, .limit = SAME_NAME_MAX};
    *found = false;
    for (struct workflow_page page = {0}; filter.offset == 0 || page.count == SAME_NAME_MAX;
         filter.offset += SAME_NAME_MAX) {
        if (!store_workflow_list(writing->tx, &filter, writing->write->arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            const struct workflow *each = &page.items[i];
            if (!str_equal(each->name, name) || is_used(writing, each->row)) continue;
            if (!*found || each->row < ret->row) *ret = *each;
            *found = true;
        }
    }
    return true;
}

/* A definition of the file is a whole one: what it leaves out does not stay. */
static struct workflow replaced(const struct workflow *before) {
    struct workflow bare = *before;
    bare.description = bare.jobs = bare.schedule = STR_NONE;
    bare.is_enabled = true;
    return bare;
}

static bool read_one(const struct import_workflows *workflows, const struct writing *writing,
                     const json_t *tree, struct workflow_change *change, struct faults *own,
                     struct err *err) {
    struct arena *arena = writing->write->arena;
    struct workflow_lookup lookup = {.tx = writing->tx, .arena = arena};
    struct job_defaults defaults =
        api_job_defaults(workflows->api, workflows->request, workflows->now);
    struct workflow_rules rules = {
        .job_defaults = &defaults, .find_job = workflow_find_job, .context = &lookup};
    struct workflow base = replaced(&change->before);
    struct job schedule;
    bool has_schedule =
        base.schedule_job_row != 0 && json_is_object(json_object_get(tree, "schedule"));
    if (has_schedule &&
        !store_job_get_by_row(writing->tx, base.schedule_job_row, arena, &schedule, err))
        return false;
    (void)!workflow_from_json(tree, JOB_IMPORT, base.row ? &base : NULL,
                              has_schedule ? &schedule : NULL, &rules, arena, &change->after, own);
    if (lookup.err.kind != ERR_NONE) *err = lookup.err;
    return lookup.err.kind == ERR_NONE;
}

static bool write_one(struct import_workflows *workflows, void *context, json_t *tree, size_t index,
                      struct err *err) {
    struct writing *writing = context;
    struct workflow_change change = {
        .action = "workflow.import", .api = workflows->api, .request = workflows->request};
    struct faults own = {.arena = writing->write->arena};
    struct str name = json_str_of(json_object_get(tree, "name"));
    bool found = false;
    map_ids(workflows->links, tree);
    if ((workflows->skips || workflows->replaces) && name.len > 0 &&
        !find_named(writing, name, &change.before, &found, err))
        return false;
    if (found && workflows->skips) {
        workflows->skipped++;
        return true;
    }
    if (!found) change.before = (struct workflow){0};
    if (!read_one(workflows, writing, tree, &change, &own, err)) return false;
    if (!faults_none(&own)) {
        workflows->left_out++;
        if (workflows->partial) return true;
        tell(&own, index, &writing->write->faults);
        return true;
    }
    if (!workflow_write(writing->tx, writing->write, &change, err)) return false;
    writing->used[writing->used_count++] = change.after.workflow.row;
    workflows->written++;
    return true;
}

bool import_workflows_write(struct import_workflows *workflows, struct store_tx *tx,
                            struct api_write *write, struct err *err) {
    struct writing writing = {.tx = tx, .write = write};
    struct faults malformed = {.arena = write->arena}; // told beforehand
    workflows->written = workflows->skipped = workflows->left_out = 0;
    if (str_is_absent(workflows->array)) return true;
    writing.used = ARENA_ARRAY(write->arena, MAX_IMPORT_WORKFLOWS, int64_t);
    return walk(workflows, write_one, &writing, &malformed, err) &&
           (faults_none(&write->faults) || err_set(err, ERR_INVALID, "workflows"));
}
