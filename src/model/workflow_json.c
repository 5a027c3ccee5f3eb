/* workflow_json.c - a workflow from JSON; see workflow_json.h. The way out is in
 * workflow_to_json.c.
 *
 * The list of jobs is read in two rounds: first the ids, so that dependsOn may name a job that
 * stands further down; then what each depends on. What rests on the whole graph (circles, mentions,
 * roots) is checked behind, and only when every line of it could be read.
 */
#include "model/workflow_json.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "model/fields.h"
#include "model/workflow_graph.h"
#include "model/workflow_index.h"

static const struct str known_fields[] = {
    STR_INIT("name"),
    STR_INIT("description"),
    STR_INIT("isEnabled"),
    STR_INIT("jobs"),
    STR_INIT("schedule"),
    STR_INIT("createdBy"),
    /* What an answer carries and nobody may set: */
    STR_INIT("id"),
    STR_INIT("nextRunAt"),
    STR_INIT("lastRun"),
    STR_INIT("lastModifiedBy"),
    STR_INIT("createdAt"),
    STR_INIT("updatedAt"),
};

static size_t fault_count(const struct faults *faults) {
    return faults->count + faults->more;
}

/* ---- the jobs -------------------------------------------------------------------------------- */

struct jobs_reader {
    const json_t *array;
    const struct workflow_rules *rules;
    struct arena *arena;
    struct faults *faults;
    struct guid *ids;
    struct workflow_index index;
    struct workflow_node *nodes;
    struct workflow_job *jobs;
    size_t count;
};

static struct fields line_of(const struct jobs_reader *reader, size_t i) {
    return (struct fields){.object = json_array_get(reader->array, i),
                           .path = arena_printf(reader->faults->arena, "jobs[%zu]", i),
                           .faults = reader->faults};
}

static void read_id(struct jobs_reader *reader, const struct fields *fields, size_t i) {
    struct str text;
    if (!fields_has(fields, STR("jobId")))
        fields_fault(fields, STR("jobId"), "is required");
    else if (fields_str(fields, STR("jobId"), TEXT_LINE, 0, MAX_NAME, &text) &&
             !guid_parse(text, &reader->ids[i]))
        fields_fault(fields, STR("jobId"), "must be the id of a job");
}

static void find_job(struct jobs_reader *reader, const struct fields *fields, size_t i) {
    const struct workflow_rules *rules = reader->rules;
    struct workflow_job *job = &reader->jobs[i];
    if (guid_is_zero(reader->ids[i])) return;
    if (!rules->find_job(rules->context, reader->ids[i], job)) {
        struct str who = workflow_describe_job(reader->arena, reader->ids[i], STR_NONE);
        fields_fault(fields, STR("jobId"), "there is no job %.*s", STR_ARG(who));
    } else if (job->is_deleted) {
        struct str who = workflow_describe_job(reader->arena, reader->ids[i], job->name);
        fields_fault(fields, STR("jobId"), "job %.*s was deleted", STR_ARG(who));
    }
}

static void read_line(struct jobs_reader *reader, size_t i) {
    static const struct str known[] = {STR_INIT("jobId"), STR_INIT("dependsOn"),
                                       STR_INIT("onFailure"), STR_INIT("jobName")};
    struct fields fields = line_of(reader, i);
    reader->nodes[i].on_failure = FAILURE_STOP;
    if (!json_is_object(fields.object)) {
        fields_fault(&fields, STR(""), "must be an object");
        return;
    }
    fields_known(&fields, known, COUNT_OF(known));
    read_id(reader, &fields, i);
    find_job(reader, &fields, i);
    (void)fields_failure_policy(&fields, STR("onFailure"), &reader->nodes[i].on_failure);
    reader->nodes[i].job_id = reader->ids[i];
}

static void check_twice(struct jobs_reader *reader, size_t i) {
    size_t first;
    if (guid_is_zero(reader->ids[i]) ||
        !workflow_index_find(&reader->index, reader->ids[i], &first) || first == i)
        return;
    struct fields fields = line_of(reader, i);
    struct str who = workflow_describe_job(reader->arena, reader->ids[i], reader->jobs[first].name);
    fields_fault(&fields, STR("jobId"), "job %.*s stands in jobs[%zu] already", STR_ARG(who),
                 first);
}

static bool holds(const size_t *list, size_t count, size_t value) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == value) return true;
    return false;
}

/* One entry of dependsOn; false when there is a fault in it. */
static bool read_above(const struct jobs_reader *reader, const json_t *value, size_t node,
                       struct str field, size_t *ret) {
    struct guid id;
    struct faults *faults = reader->faults;
    if (!guid_parse(json_str_of(value), &id)) {
        faults_add(faults, field, "must be the id of a job");
        return false;
    }
    if (!workflow_index_find(&reader->index, id, ret)) {
        struct workflow_job job = {0};
        bool found = reader->rules->find_job(reader->rules->context, id, &job);
        struct str who = workflow_describe_job(reader->arena, id, found ? job.name : STR_NONE);
        faults_add(faults, field, "job %.*s is not in the list of jobs", STR_ARG(who));
        return false;
    }
    if (*ret == node) {
        struct str who = workflow_describe_job(reader->arena, id, reader->jobs[node].name);
        faults_add(faults, field, "job %.*s cannot depend on itself", STR_ARG(who));
        return false;
    }
    return true;
}

static void read_depends_on(struct jobs_reader *reader, size_t node) {
    struct fields fields = line_of(reader, node);
    if (!json_is_object(fields.object)) return;
    const json_t *array = fields_array(&fields, STR("dependsOn"));
    size_t size = json_array_size(array), count = 0;
    size_t *above = ARENA_ARRAY(reader->arena, size, size_t);
    for (size_t i = 0; i < size; i++) {
        struct str field = arena_printf(reader->faults->arena, "jobs[%zu].dependsOn[%zu]", node, i);
        size_t place;
        if (read_above(reader, json_array_get(array, i), node, field, &place) &&
            !holds(above, count, place))
            above[count++] = place;
    }
    reader->nodes[node].above = above;
    reader->nodes[node].above_count = count;
}

void workflow_jobs_from_json(const json_t *array, const struct workflow_rules *rules,
                             struct arena *arena, struct workflow_definition *ret,
                             struct faults *faults) {
    size_t count = json_array_size(array), before = fault_count(faults);
    if (count == 0 || count > WORKFLOW_JOBS_MAX) {
        faults_add(faults, STR("jobs"), "must hold 1 to %d jobs, not %zu", WORKFLOW_JOBS_MAX,
                   count);
        return;
    }
    struct jobs_reader reader = {.array = array,
                                 .rules = rules,
                                 .arena = arena,
                                 .faults = faults,
                                 .ids = ARENA_ARRAY(arena, count, struct guid),
                                 .nodes = ARENA_ARRAY(arena, count, struct workflow_node),
                                 .jobs = ARENA_ARRAY(arena, count, struct workflow_job),
                                 .count = count};
    for (size_t i = 0; i < count; i++) read_line(&reader, i);
    reader.index = workflow_index_new(arena, reader.ids, count);
    for (size_t i = 0; i < count; i++) check_twice(&reader, i);
    for (size_t i = 0; i < count; i++) read_depends_on(&reader, i);
    struct workflow_graph graph = {reader.nodes, count};
    workflow_check_circles(&graph, reader.jobs, faults);
    if (fault_count(faults) == before && !rules->without_whole)
        workflow_check_mentions(&graph, reader.jobs, faults);
    if (fault_count(faults) != before) return;
    ret->graph = graph;
    ret->jobs = reader.jobs;
    ret->workflow.jobs = workflow_graph_text(arena, &graph);
}

/* PUT without `jobs`: those that are stored, as they stand today. */
static void keep_jobs(const struct workflow_rules *rules, struct arena *arena,
                      struct workflow_definition *ret, struct faults *faults) {
    struct err err = ERR_INIT;
    if (!workflow_graph_parse(ret->workflow.jobs, arena, &ret->graph, &err)) {
        faults_add(faults, STR("jobs"), "%s; give them anew", err.msg);
        return;
    }
    ret->jobs = ARENA_ARRAY(arena, ret->graph.count, struct workflow_job);
    for (size_t i = 0; i < ret->graph.count; i++)
        (void)!rules->find_job(rules->context, ret->graph.nodes[i].job_id, &ret->jobs[i]);
}

/* ---- the schedule ---------------------------------------------------------------------------- */

static void refuse_what_runs_cannot(const struct job *schedule, struct faults *faults) {
    if (schedule->schedule_type == SCHEDULE_INTERVAL &&
        schedule->interval_mode == INTERVAL_FIXED_DELAY)
        faults_add(faults, STR("schedule.intervalMode"),
                   "FixedDelay is not for workflows; use FixedRate");
    if (schedule->concurrency_policy == CONCURRENCY_QUEUE)
        faults_add(faults, STR("schedule.concurrencyPolicy"),
                   "Queue is not for workflows; use Allow, Skip or Replace");
}

static void read_schedule(const struct fields *fields, const struct job *base,
                          const struct workflow_rules *rules, struct arena *arena,
                          struct workflow_definition *ret) {
    struct workflow *workflow = &ret->workflow;
    const json_t *object = fields_object(fields, STR("schedule"));
    ret->has_schedule = base != NULL;
    if (base != NULL) ret->schedule = *base;
    if (object != NULL && json_object_size(object) == 0) {
        ret->has_schedule = false;
        workflow->schedule = STR_NONE;
    } else if (object != NULL &&
               job_schedule_from_json(object, STR("schedule"), base, rules->job_defaults, arena,
                                      &ret->schedule, fields->faults)) {
        refuse_what_runs_cannot(&ret->schedule, fields->faults);
        struct buf out = buf_with_max(0);
        struct json_writer w = json_writer(&out);
        job_schedule_to_json(&w, &ret->schedule);
        workflow->schedule = arena_copy(arena, buf_str(&out));
        buf_free(&out);
        ret->has_schedule = true;
    }
    if (!ret->has_schedule) return;
    ret->schedule.type = (enum job_type)JOB_WORKFLOW;
    ret->schedule.name = workflow->name;
    ret->schedule.is_enabled = workflow->is_enabled;
    ret->schedule.is_deleted = true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void read_texts(const struct fields *fields, enum job_body kind, struct arena *arena,
                       struct workflow *workflow) {
    struct str text;
    if (!fields_has(fields, STR("name")) && workflow->name.len == 0)
        fields_fault(fields, STR("name"), "is required");
    else if (fields_str(fields, STR("name"), TEXT_LINE, 1, MAX_NAME, &text))
        workflow->name = arena_copy(arena, text);
    if (fields_str(fields, STR("description"), TEXT_PAGE, 0, MAX_DESCRIPTION, &text))
        workflow->description = text.len > 0 ? arena_copy(arena, text) : STR_NONE;
    if (kind != JOB_REPLACE &&
        fields_str(fields, STR("createdBy"), TEXT_LINE, 0, MAX_EMAIL, &text) && text.len > 0)
        workflow->created_by = arena_copy(arena, text);
    (void)fields_bool(fields, STR("isEnabled"), &workflow->is_enabled);
}

static void read_jobs(const struct fields *fields, const struct workflow_rules *rules,
                      struct arena *arena, struct workflow_definition *ret) {
    if (fields_has(fields, STR("jobs"))) {
        const json_t *array = fields_array(fields, STR("jobs"));
        if (array != NULL) workflow_jobs_from_json(array, rules, arena, ret, fields->faults);
    } else if (ret->workflow.jobs.len > 0) {
        keep_jobs(rules, arena, ret, fields->faults);
    } else {
        fields_fault(fields, STR("jobs"), "is required");
    }
}

bool workflow_from_json(const json_t *body, enum job_body kind, const struct workflow *base,
                        const struct job *base_schedule, const struct workflow_rules *rules,
                        struct arena *arena, struct workflow_definition *ret,
                        struct faults *faults) {
    size_t before = fault_count(faults);
    if (!json_is_object(body)) {
        faults_add(faults, STR(""), "a workflow must be a JSON object");
        return false;
    }
    struct workflow_definition definition = {
        .workflow = {.revision = 1,
                     .is_enabled = true,
                     .created_by = rules->job_defaults->created_by},
    };
    if (base != NULL) definition.workflow = *base;
    struct fields fields = {.object = body, .faults = faults};
    fields_known(&fields, known_fields, COUNT_OF(known_fields));
    read_texts(&fields, kind, arena, &definition.workflow);
    read_jobs(&fields, rules, arena, &definition);
    read_schedule(&fields, base_schedule, rules, arena, &definition);
    bool by_roots =
        !definition.has_schedule && definition.workflow.is_enabled && !rules->without_whole;
    if (by_roots && fault_count(faults) == before)
        workflow_check_roots(&definition.graph, definition.jobs, definition.workflow.row, faults);
    if (fault_count(faults) != before) return false;
    *ret = definition;
    return true;
}
