-- Jobs: their state, definitions, lists.

-- What pg_job_read reads; in the order of rows, so that two that lock many do not stand in each other's way.
-- name: job_states_lock
select id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    last_executed_at, last_execution_status, consecutive_failures, last_success_at, duration_count,
    duration_mean_us, duration_deviation_us
from job_state where id = any ($1) order by id for update;

-- name: job_states_update
update job_state s set
    revision = i.revision, status = i.status, concurrency_policy = i.concurrency_policy, wake_at = i.wake_at,
    next_run_at = i.next_run_at, schedule_from = i.schedule_from, run_count = i.run_count,
    live_count = i.live_count, last_executed_at = i.last_executed_at,
    last_execution_status = i.last_execution_status, consecutive_failures = i.consecutive_failures,
    last_success_at = i.last_success_at, duration_count = i.duration_count,
    duration_mean_us = i.duration_mean_us, duration_deviation_us = i.duration_deviation_us
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as i (
    id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    last_executed_at, last_execution_status, consecutive_failures, last_success_at, duration_count,
    duration_mean_us, duration_deviation_us)
where s.id = i.id;
