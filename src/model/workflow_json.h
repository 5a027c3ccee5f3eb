/* workflow_json.h - a workflow as JSON: checked on the way in, complete on the way out.
 *
 *     struct workflow_rules rules = {.job_defaults = &defaults, .find_job = find, .context = tx};
 *     if (!workflow_from_json(body, JOB_CREATE, NULL, NULL, &rules, arena, &definition, &faults))
 *         return problem_faults(...);                       // every fault at once
 *
 * In:  name, description, isEnabled, jobs, schedule. An unknown field is a fault; what nobody may
 *      set (id, jobName, nextRunAt, …) is ignored, so that what was read can be sent back.
 *      `schedule` and `jobs` are given as a whole; schedule {} takes the schedule away.
 * Out: every field; of a run each step with its job.
 *
 * Faults of `jobs` name the culprits by id and name: a job that is unknown, deleted, given twice,
 * or depends on itself or on one that is not in the list; a circle, spelled out; a root that starts
 * another workflow already.
 *
 *   Owns:    texts of the result live in `arena`, or are those of `base`.
 *   Threads: pure; the zone cache has a lock of its own, find_job may do what it likes.
 *   Errors:  false when a fault was added; the result is untouched then.
 */
#ifndef ALPHABET_MODEL_WORKFLOW_JSON_H
#define ALPHABET_MODEL_WORKFLOW_JSON_H

#include "model/job_json.h"
#include "model/workflow.h"

/* A job that a workflow names. */
struct workflow_job {
    struct str name;
    int64_t row;
    bool is_deleted;
    /* The workflow that its own schedule starts: 0 = none. */
    int64_t starts_workflow;
    struct str started_name; // of that workflow
    /* Names, or ids, of the jobs whose output or result its configuration mentions. */
    const struct str *mentions;
    size_t mention_count;
};

struct workflow_rules {
    const struct job_defaults *job_defaults;
    /* False when there is no such job. */
    bool (*find_job)(void *context, struct guid id, struct workflow_job *ret);
    void *context;
    bool without_whole; // neither mentions nor roots: find_job does not know them yet
};

/* What a request makes of a workflow. */
struct workflow_definition {
    struct workflow workflow; // jobs and schedule in canonical form
    struct workflow_graph graph;
    struct workflow_job *jobs; // one a node
    bool has_schedule;
    struct job schedule; // a job of JOB_WORKFLOW; only with has_schedule
};

/* `base` and `base_schedule` are what is changed, or NULL. The caller sets ids, revisions, times,
 * the schedule's configuration and its plan. */
WARN_UNUSED bool workflow_from_json(const json_t *body, enum job_body kind,
                                    const struct workflow *base, const struct job *base_schedule,
                                    const struct workflow_rules *rules, struct arena *arena,
                                    struct workflow_definition *ret, struct faults *faults);
/* The jobs that a workflow is made of, checked as above; `texts` gets the canonical list. For
 * workflow_from_json and for tests. */
void workflow_jobs_from_json(const json_t *array, const struct workflow_rules *rules,
                             struct arena *arena, struct workflow_definition *ret,
                             struct faults *faults);
struct str workflow_graph_text(struct arena *arena, const struct workflow_graph *graph);

struct workflow_state { // what an answer tells beyond the definition
    struct utc next_run_at;
    const struct workflow_run *last_run; // NULL = none yet
    const struct str *job_names;         // one a node; absent = it is gone
};
void workflow_to_json(struct json_writer *w, const struct workflow *workflow,
                      const struct workflow_graph *graph, const struct workflow_state *state);
/* What JOB_IMPORT takes. */
void workflow_to_export_json(struct json_writer *w, const struct workflow *workflow);

/* Without steps, for lists; and with them. The graph, when it is given, adds what each step waits
 * for. */
void workflow_run_to_json(struct json_writer *w, const struct workflow_run *run);
void workflow_run_to_json_with_steps(struct json_writer *w, const struct workflow_run *run,
                                     const struct workflow_graph *graph,
                                     const struct workflow_step *steps, size_t count);

#endif
