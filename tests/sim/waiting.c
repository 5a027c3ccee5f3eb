/* waiting.c - no run starts before what it waits for has come, none waits beyond its deadline, and
 * no more run at once than a group, or all nodes together, may.
 *
 * What waited at one check is looked at again at the next: released ones are judged by an
 * arithmetic of its own over what the jobs did. A clock that was set back makes ends that come
 * later look earlier; such histories are not judged.
 */
#include "oracle.h"

#include "base/json_read.h"
#include "model/dependencies.h"

#include <stdlib.h>

struct waiting {
    int64_t row;
    struct utc since;
    int64_t revision; // of its job, as the API wrote it last
};

bool waiting_was_refused(const struct execution *execution) {
    return execution->status == EXECUTION_FAILED &&
           (str_starts_with(execution->error_message, STR("waited ")) ||
            str_starts_with(execution->error_message, STR("not started: ")));
}

/* ---- did it come? ---------------------------------------------------------------------------- */

static const struct job *job_of(const struct world *world, const struct snapshot *snapshot,
                                struct guid id) {
    for (size_t i = 0; i < world->job_count; i++)
        if (guid_equal(world->jobs[i].id, id)) return &snapshot->jobs[i];
    world_fail(world, "a job depends on one that nobody made");
}

static bool has_come(const struct world *world, const struct snapshot *snapshot,
                     const struct job *job, struct utc since) {
    json_t *root = json_read(job->dependencies, NULL);
    json_t *ids = json_object_get(root, "dependsOnJobIds");
    struct str condition = json_str_of(json_object_get(root, "condition"));
    bool completed = str_equal(condition, STR("AllCompleted"));
    size_t came = 0, count = json_array_size(ids);
    for (size_t i = 0; i < count; i++) {
        struct guid id;
        if (!guid_parse(json_str_of(json_array_get(ids, i)), &id)) abort();
        const struct job *other = job_of(world, snapshot, id);
        came += (completed ? other->last_completed_at : other->last_success_at).us > since.us;
    }
    bool any = str_equal(condition, STR("AnySucceeded"));
    json_decref(root);
    return count == 0 || (any ? came > 0 : came == count);
}

static const struct execution *find(const struct snapshot *snapshot, int64_t row) {
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->executions[i].row == row) return &snapshot->executions[i];
    return NULL;
}

static void judge(struct world *world, const struct snapshot *snapshot,
                  const struct waiting *waiting) {
    const struct execution *now = find(snapshot, waiting->row);
    if (now == NULL) world_fail(world, "execution %lld is gone", (long long)waiting->row);
    size_t at = oracle_job_index(world, now->job_row);
    bool waits = now->status == EXECUTION_PENDING && !utc_is_none(now->waiting_since);
    if (waits || now->status == EXECUTION_CANCELLED) return;
    if (waiting_was_refused(now)) {
        world->refused++;
        return;
    }
    /* Claimed at its deadline, and about to be refused. */
    if (now->status == EXECUTION_RUNNING && !utc_is_none(now->waiting_since)) return;
    world->released++;
    if (world->was_set_back || world->jobs[at].revision != waiting->revision) return;
    if (!has_come(world, snapshot, &snapshot->jobs[at], waiting->since))
        world_fail(world, "execution %lld was released before what it waits for had come",
                   (long long)waiting->row);
}

void waiting_check(struct world *world, const struct snapshot *snapshot) {
    for (size_t i = 0; i < world->waiting_count; i++) judge(world, snapshot, &world->waiting[i]);
    world->waiting = xreallocarray(world->waiting, snapshot->count + 1, sizeof *world->waiting);
    world->waiting_count = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        if (execution->status != EXECUTION_PENDING || utc_is_none(execution->waiting_since))
            continue;
        size_t at = oracle_job_index(world, execution->job_row);
        world->waiting[world->waiting_count++] =
            (struct waiting){execution->row, execution->waiting_since, world->jobs[at].revision};
    }
}

void waiting_free(struct world *world) {
    free(world->waiting);
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* Fences grow with each start: those with a lower one that still run did so when this one began. */
void waiting_check_limits(const struct world *world, const struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *one = &snapshot->executions[i];
        if (one->status != EXECUTION_RUNNING) continue;
        const struct job *job = &snapshot->jobs[oracle_job_index(world, one->job_row)];
        int64_t of_group = 0, of_all = 0;
        for (size_t j = 0; j < snapshot->count; j++) {
            const struct execution *other = &snapshot->executions[j];
            if (other->status != EXECUTION_RUNNING || other->fence >= one->fence) continue;
            of_all++;
            size_t at = oracle_job_index(world, other->job_row);
            of_group += !str_is_absent(job->concurrency_group) &&
                        str_equal(snapshot->jobs[at].concurrency_group, job->concurrency_group);
        }
        if (!str_is_absent(job->concurrency_group) && of_group >= job->concurrency_group_limit)
            world_fail(world, "execution %lld: its group was full", (long long)one->row);
        if (world->max_running > 0 && of_all >= world->max_running)
            world_fail(world, "execution %lld: as many ran as may", (long long)one->row);
    }
}

/* ---- at rest --------------------------------------------------------------------------------- */

void waiting_check_rest(struct world *world, const struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        if (!waiting_was_refused(execution)) continue;
        for (size_t j = 0; j < world->witness_count; j++)
            if (world->witnesses[j].row == execution->row)
                world_fail(world, "execution %lld ran and was refused", (long long)execution->row);
        if (!oracle_is_planned(execution))
            world_fail(world, "execution %lld had nothing to wait for", (long long)execution->row);
        bool in_vain = str_starts_with(execution->error_message, STR("waited "));
        struct utc deadline = utc_add(execution->created_at, world->dependency_wait);
        if (in_vain && !world->was_set_back && utc_before(execution->completed_at, deadline))
            world_fail(world, "execution %lld did not wait long enough", (long long)execution->row);
    }
}
