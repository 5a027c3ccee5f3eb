/* claim.c - who of those that may start gets a slot; see pass.h.
 *
 * Twice the same hand-out, over planned executions in memory and over Pending ones in the store:
 * when there is room for all, all; when not, first what the lower queues are owed, then by
 * priority.
 */
#include "engine/pass.h"

#include <string.h>

static void become_running(const struct pass *pass, struct new_execution *execution) {
    execution->status = EXECUTION_RUNNING;
    execution->started_at = pass->now;
    execution->node_name = pass->node_name;
}

/* At most limit of one queue's executions; returns how many. */
static int64_t start_of_queue(const struct pass *pass, struct new_execution *const *startable,
                              size_t count, size_t queue, int64_t limit) {
    int64_t started = 0;
    for (size_t i = 0; i < count && started < limit; i++) {
        struct new_execution *execution = startable[i];
        if (execution->status != EXECUTION_PENDING) continue;
        if (queues_index(&pass->queues, execution->queue) != queue) continue;
        become_running(pass, execution);
        started++;
    }
    return started;
}

void claim_planned(struct pass *pass, int64_t slots, struct new_execution *const *startable,
                   size_t count) {
    if (slots == 0) return;
    if ((int64_t)count <= slots) {
        for (size_t i = 0; i < count; i++) become_running(pass, startable[i]);
        return;
    }
    int64_t left = slots, owed[QUEUES_PLACES], served[QUEUES_PLACES] = {0};
    queues_owed(&pass->queues, left, owed);
    for (size_t queue = 0; queue <= pass->queues.count; queue++) {
        served[queue] = start_of_queue(pass, startable, count, queue, owed[queue]);
        left -= served[queue];
    }
    for (size_t queue = 0; queue <= pass->queues.count && left > 0; queue++) {
        int64_t more = start_of_queue(pass, startable, count, queue, left);
        served[queue] += more;
        left -= more;
    }
    queues_served(&pass->queues, served);
}

static bool claim_into_starts(struct pass *pass, struct store_tx *tx, const struct claim *claim,
                              struct execution **ret, size_t *count, struct err *err) {
    if (!store_claim(tx, claim, &pass->arena, ret, count, err)) return false;
    for (size_t i = 0; i < *count; i++) {
        struct pass_start *start = pass_add_start(pass);
        *start = (struct pass_start){.execution = (*ret)[i]};
        if (!plan_cache_read(&pass->cache, tx, (*ret)[i].job_row, &start->job, err) ||
            !dependencies_claimed(tx, &start->job->job, &pass->arena, &start->execution,
                                  &start->refusal, err))
            return false;
    }
    return true;
}

/* One store_claim with these limits; adds to pass->starts. */
static bool claim_round(struct pass *pass, struct store_tx *tx, const int64_t *limits,
                        int64_t total, int64_t *served, struct err *err) {
    struct claim_queue entries[QUEUES_PLACES + 1];
    size_t count = pass->queues.count;
    for (size_t i = 0; i <= count; i++)
        entries[i] = (struct claim_queue){.name = i < count ? pass->queues.names[i] : STR_NONE,
                                          .limit = limits[i]};
    entries[count + 1] = (struct claim_queue){.name = ALERT_QUEUE}; // named, so not among the rest
    struct claim claim = {.node_name = pass->node_name,
                          .now = pass->now,
                          .queues = entries,
                          .queue_count = count + 2,
                          .limit = total};
    struct execution *claimed;
    size_t claimed_count;
    if (!claim_into_starts(pass, tx, &claim, &claimed, &claimed_count, err)) return false;
    for (size_t i = 0; i < claimed_count; i++)
        served[queues_index(&pass->queues, claimed[i].queue)]++;
    pass->claim_count += claimed_count;
    return true;
}

bool claim_alerts(struct pass *pass, struct store_tx *tx, struct err *err) {
    struct claim_queue queue = {.name = ALERT_QUEUE, .limit = pass->alert_slots};
    struct claim claim = {.node_name = pass->node_name,
                          .now = pass->now,
                          .queues = &queue,
                          .queue_count = 1,
                          .limit = pass->alert_slots};
    struct execution *claimed;
    size_t claimed_count;
    return claim_into_starts(pass, tx, &claim, &claimed, &claimed_count, err);
}

bool claim_pending(struct pass *pass, struct store_tx *tx, int64_t slots, struct err *err) {
    int64_t owed[QUEUES_PLACES], all[QUEUES_PLACES], served[QUEUES_PLACES] = {0};
    int64_t left = slots, owed_in_all = 0;
    queues_owed(&pass->queues, slots, owed);
    for (size_t i = 0; i <= pass->queues.count; i++) owed_in_all += owed[i];
    if (owed_in_all > 0) {
        if (!claim_round(pass, tx, owed, owed_in_all, served, err)) return false;
        left -= (int64_t)pass->claim_count;
    }
    if (left > 0) {
        for (size_t i = 0; i <= pass->queues.count; i++) all[i] = left;
        if (!claim_round(pass, tx, all, left, served, err)) return false;
    }
    if ((int64_t)pass->claim_count == slots) queues_served(&pass->queues, served);
    return true;
}
