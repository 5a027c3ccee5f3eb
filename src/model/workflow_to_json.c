/* workflow_to_json.c - workflows and their runs as JSON; see workflow_json.h. */
#include "model/workflow_json.h"

static void put_nodes(struct json_writer *w, const struct workflow_graph *graph,
                      const struct str *job_names) {
    json_array_begin(w);
    for (size_t i = 0; i < graph->count; i++) {
        const struct workflow_node *node = &graph->nodes[i];
        json_object_begin(w);
        json_field_guid(w, STR("jobId"), node->job_id);
        if (job_names) json_field_str(w, STR("jobName"), job_names[i]);
        json_key(w, STR("dependsOn"));
        json_array_begin(w);
        for (size_t j = 0; j < node->above_count; j++)
            json_guid(w, graph->nodes[node->above[j]].job_id);
        json_array_end(w);
        json_field_str(w, STR("onFailure"), failure_policy_name(node->on_failure));
        json_object_end(w);
    }
    json_array_end(w);
}

struct str workflow_graph_text(struct arena *arena, const struct workflow_graph *graph) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    put_nodes(&w, graph, NULL);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void put_last_run(struct json_writer *w, const struct workflow_run *run) {
    json_key(w, STR("lastRun"));
    if (run == NULL) {
        json_write_null(w);
        return;
    }
    json_object_begin(w);
    json_field_guid(w, STR("id"), run->id);
    json_field_str(w, STR("status"), execution_status_name(run->status));
    json_field_utc(w, STR("createdAt"), run->created_at);
    json_field_utc(w, STR("completedAt"), run->completed_at);
    json_object_end(w);
}

static void put_definition(struct json_writer *w, const struct workflow *workflow) {
    json_field_guid(w, STR("id"), workflow->id);
    json_field_str(w, STR("name"), workflow->name);
    json_field_str(w, STR("description"), workflow->description);
    json_field_bool(w, STR("isEnabled"), workflow->is_enabled);
    json_field_raw(w, STR("schedule"), workflow->schedule);
}

void workflow_to_json(struct json_writer *w, const struct workflow *workflow,
                      const struct workflow_graph *graph, const struct workflow_state *state) {
    json_object_begin(w);
    put_definition(w, workflow);
    json_key(w, STR("jobs"));
    put_nodes(w, graph, state->job_names);
    json_field_utc(w, STR("nextRunAt"), state->next_run_at);
    put_last_run(w, state->last_run);
    json_field_str(w, STR("createdBy"), workflow->created_by);
    json_field_str(w, STR("lastModifiedBy"), workflow->last_modified_by);
    json_field_utc(w, STR("createdAt"), workflow->created_at);
    json_field_utc(w, STR("updatedAt"), workflow->updated_at);
    json_object_end(w);
}

void workflow_to_export_json(struct json_writer *w, const struct workflow *workflow) {
    json_object_begin(w);
    put_definition(w, workflow);
    json_field_raw(w, STR("jobs"), workflow->jobs);
    json_field_str(w, STR("createdBy"), workflow->created_by);
    json_object_end(w);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void put_run(struct json_writer *w, const struct workflow_run *run) {
    json_field_guid(w, STR("id"), run->id);
    json_field_guid(w, STR("workflowId"), run->workflow_id);
    json_field_str(w, STR("workflowName"), run->workflow_name);
    json_field_str(w, STR("status"), execution_status_name(run->status));
    json_field_bool(w, STR("isBeingCancelled"), workflow_run_is_being_cancelled(run));
    json_field_str(w, STR("trigger"), trigger_name(run->trigger));
    json_field_str(w, STR("triggeredBy"), run->triggered_by);
    json_field_utc(w, STR("scheduledFor"), run->scheduled_for);
    json_field_utc(w, STR("createdAt"), run->created_at);
    json_field_utc(w, STR("completedAt"), run->completed_at);
    json_field_i64(w, STR("retryCount"), run->retry_count);
    json_field_str(w, STR("errorMessage"), run->error_message);
}

void workflow_run_to_json(struct json_writer *w, const struct workflow_run *run) {
    json_object_begin(w);
    put_run(w, run);
    json_object_end(w);
}

static void put_step(struct json_writer *w, const struct workflow_graph *graph,
                     const struct workflow_step *step) {
    json_object_begin(w);
    json_field_guid(w, STR("jobId"), step->job_id);
    json_field_str(w, STR("jobName"), step->job_name);
    json_field_str(w, STR("status"), execution_status_name(step->status));
    json_field_guid(w, STR("executionId"), step->execution_id);
    json_field_utc(w, STR("startedAt"), step->started_at);
    json_field_utc(w, STR("completedAt"), step->completed_at);
    json_field_str(w, STR("errorMessage"), step->error_message);
    size_t position = (size_t)step->position;
    if (graph && position < graph->count) {
        const struct workflow_node *node = &graph->nodes[position];
        json_key(w, STR("dependsOn"));
        json_array_begin(w);
        for (size_t i = 0; i < node->above_count; i++)
            json_guid(w, graph->nodes[node->above[i]].job_id);
        json_array_end(w);
        json_field_str(w, STR("onFailure"), failure_policy_name(node->on_failure));
    }
    json_object_end(w);
}

void workflow_run_to_json_with_steps(struct json_writer *w, const struct workflow_run *run,
                                     const struct workflow_graph *graph,
                                     const struct workflow_step *steps, size_t count) {
    json_object_begin(w);
    put_run(w, run);
    json_field_raw(w, STR("parameters"), run->parameters);
    json_key(w, STR("jobs"));
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) put_step(w, graph, &steps[i]);
    json_array_end(w);
    json_object_end(w);
}
