-- Jobs: their state, definitions, lists.

-- What pg_job_read reads; in the order of rows, so that two that lock many do not stand in each other's way.
-- name: job_states_lock
select id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    case when concurrency_group is null then -1 else concurrency_group_limit end, last_executed_at, last_execution_status, consecutive_failures, last_success_at, last_completed_at,
    last_run_created_at, starts_workflow, duration_count, duration_mean_us, duration_deviation_us
from job_state where id = any ($1) order by id for update;

-- name: job_states_update
update job_state s set
    revision = i.revision, status = i.status, concurrency_policy = i.concurrency_policy, wake_at = i.wake_at,
    next_run_at = i.next_run_at, schedule_from = i.schedule_from, run_count = i.run_count,
    live_count = i.live_count, last_executed_at = i.last_executed_at,
    last_execution_status = i.last_execution_status, consecutive_failures = i.consecutive_failures,
    last_success_at = i.last_success_at, last_completed_at = i.last_completed_at,
    last_run_created_at = i.last_run_created_at, starts_workflow = i.starts_workflow,
    duration_count = i.duration_count, duration_mean_us = i.duration_mean_us,
    duration_deviation_us = i.duration_deviation_us
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) as i (
    id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    last_executed_at, last_execution_status, consecutive_failures, last_success_at, last_completed_at,
    last_run_created_at, starts_workflow, duration_count, duration_mean_us, duration_deviation_us)
where s.id = i.id;

-- name: job_insert
insert into jobs (
    guid, name, description, type, schedule_type, schedule_expression, interval_seconds, interval_mode, run_at,
    timezone, start_at, end_at, max_runs, jitter_seconds, retry_policy, exclusions, tags, timeout_seconds, queue,
    concurrency_policy, misfire_policy, gap_policy, overlap_policy, is_enabled, is_paused, paused_until,
    is_deleted, created_by, last_modified_by, created_at, updated_at, configuration, watches, retention,
    dependencies, concurrency_group, concurrency_group_limit)
values ($37, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)
on conflict (guid) do nothing returning id;

-- name: job_update
update jobs set
    name = $1, description = $2, type = $3, schedule_type = $4, schedule_expression = $5, interval_seconds = $6,
    interval_mode = $7, run_at = $8, timezone = $9, start_at = $10, end_at = $11, max_runs = $12,
    jitter_seconds = $13, retry_policy = $14, exclusions = $15, tags = $16, timeout_seconds = $17, queue = $18,
    concurrency_policy = $19, misfire_policy = $20, gap_policy = $21, overlap_policy = $22, is_enabled = $23,
    is_paused = $24, paused_until = $25, is_deleted = $26, created_by = $27, last_modified_by = $28,
    created_at = $29, updated_at = $30, configuration = $31, watches = $32, retention = $33, dependencies = $34,
    concurrency_group = $35, concurrency_group_limit = $36
where id = $37;

-- name: job_state_insert
insert into job_state (
    id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    last_executed_at, last_execution_status, consecutive_failures, last_success_at, last_completed_at,
    last_run_created_at, starts_workflow, duration_count, duration_mean_us, duration_deviation_us)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: job_group_set
update job_state set concurrency_group = $2, concurrency_group_limit = $3
where id = $1 and (concurrency_group is distinct from $2 or concurrency_group_limit <> $3);

-- name: job_dependencies_add
insert into job_dependencies (depends_on, job)
select distinct i.depends_on, $1 from unnest($2) as i (depends_on) on conflict do nothing;

-- name: job_dependencies_remove
delete from job_dependencies where job = $1;

-- name: jobs_resume
update jobs set is_paused = false, paused_until = null where id = any ($1);

-- name: job_tags_add
insert into job_tags (tag, job) select distinct i.tag, $1 from unnest($2) as i (tag) on conflict do nothing;

-- name: job_tags_remove
delete from job_tags where job = $1;

-- name: job_words_add
insert into job_words (word, job) select distinct i.word, $1 from unnest($2) as i (word) on conflict do nothing;

-- name: job_words_remove
delete from job_words where job = $1;

-- name: job_get
select * from job_rows where guid = $1;

-- name: job_get_by_row
select * from job_rows where id = $1;

-- name: job_named
select * from job_rows where name = $1 and id > $2 and not is_deleted order by id limit 1;

-- ---- erasing ---------------------------------------------------------------------------------

-- Only what is Pending: a row that became Running while this waited for it stays, and is found below.
-- name: job_erase_pending
with gone as (delete from live where job = $1 and status = 1 returning queue)
select queue, count(*) from gone group by queue;

-- name: job_has_live
select count(*) from live where job = $1;

-- name: job_erase_ended
with gone as (delete from ended where job = $1 returning id, status, started_at, completed_at),
    no_words as (delete from execution_words w using gone where w.execution = gone.id),
    no_index as (delete from to_index t using gone where t.execution = gone.id)
select status, completed_at / 60000000, count(*), sum(greatest(0, completed_at - coalesce(started_at, 0)))::bigint
from gone group by 1, 2;

-- name: job_erase_skips
delete from skips where job = $1;

-- name: job_erase_watch
delete from watches where job = $1;

-- name: job_erase_state
delete from job_state where id = $1;

-- name: job_erase
delete from jobs where id = $1;

-- ---- lists -----------------------------------------------------------------------------------

-- The order is chosen by $7 (enum job_sort) and $8 (descending): a plan is made for their values.
-- name: job_list
select * from job_rows j
where case when $1 = 0 then j.status <> 6 else j.status = $1 end
  and ($2 = 0 or j.type = $2)
  and ($3 is null or j.queue = $3)
  and ($4 is null or j.created_by = $4)
  and ($5 is null or strpos(lower(j.name), lower($5 collate "C")) > 0
       or strpos(lower(j.description), lower($5 collate "C")) > 0)
  and ($6 is null or exists (select 1 from job_tags t where t.tag = $6 and t.job = j.id))
order by
    case when $7 = 0 and not $8 then j.name end,
    case when $7 = 0 and $8 then j.name end desc,
    case when $7 = 1 and not $8 then j.created_at when $7 = 2 and not $8 then j.updated_at
         when $7 = 3 and not $8 then j.next_run_at when $7 = 4 and not $8 then j.last_executed_at end nulls last,
    case when $7 = 1 and $8 then j.created_at when $7 = 2 and $8 then j.updated_at
         when $7 = 3 and $8 then j.next_run_at when $7 = 4 and $8 then j.last_executed_at end desc nulls last,
    case when not $8 then j.id end,
    case when $8 then j.id end desc
limit $9 offset $10;

-- name: job_list_count
select count(*) from job_rows j
where case when $1 = 0 then j.status <> 6 else j.status = $1 end
  and ($2 = 0 or j.type = $2)
  and ($3 is null or j.queue = $3)
  and ($4 is null or j.created_by = $4)
  and ($5 is null or strpos(lower(j.name), lower($5 collate "C")) > 0
       or strpos(lower(j.description), lower($5 collate "C")) > 0)
  and ($6 is null or exists (select 1 from job_tags t where t.tag = $6 and t.job = j.id));

-- name: job_failed
select * from job_rows where consecutive_failures > 0 and consecutive_failures >= $1 and status <> 6
order by consecutive_failures desc, id limit $2;

-- name: job_failed_count
select count(*) from job_state where consecutive_failures > 0 and consecutive_failures >= $1 and status <> 6;

-- A threshold of nothing, which every job reaches.
-- name: job_failed_any
select * from job_rows where consecutive_failures >= $1 and status <> 6
order by consecutive_failures desc, id limit $2;

-- name: job_failed_any_count
select count(*) from job_state where consecutive_failures >= $1 and status <> 6;

-- name: job_walk
select * from job_rows
where id > $1 and case when $2 = 0 then status <> 6 else status = $2 end and (not $3 or retention is not null)
order by id limit $4;

-- name: jobs_next
select guid, name, next_run_at from job_rows
where wake_at is not null and next_run_at is not null and status <> 6
order by wake_at, id limit $1;

-- ---- plan ------------------------------------------------------------------------------------

-- What another node is at work on is left to it.
-- name: due_jobs_lock
select id, revision, status, concurrency_policy, wake_at, next_run_at, schedule_from, run_count, live_count,
    case when concurrency_group is null then -1 else concurrency_group_limit end, last_executed_at, last_execution_status, consecutive_failures, last_success_at, last_completed_at,
    last_run_created_at, starts_workflow, duration_count, duration_mean_us, duration_deviation_us
from job_state where wake_at <= $1 order by wake_at, id limit $2 for update skip locked;

-- name: due_jobs
select id, revision, wake_at, next_run_at, schedule_from, run_count, live_count, last_run_created_at,
    starts_workflow
from job_state where wake_at <= $1 order by wake_at, id limit $2;

-- The queues are found one by one in the index, however many executions wait in each.
-- name: wake_times
with recursive queues (queue) as (
    (select queue from live where status = 1 order by queue limit 1)
    union all
    select (select l.queue from live l where l.status = 1 and l.queue > q.queue order by l.queue limit 1)
    from queues q where q.queue is not null)
select
    (select wake_at from job_state where wake_at is not null order by wake_at limit 1),
    (select min(p.available_at) from queues q cross join lateral (
        select available_at from live l where l.status = 1 and l.queue = q.queue
        order by l.available_at limit 1) p),
    (select check_at from watches where check_at is not null order by check_at limit 1);

-- name: skips_insert
insert into skips (job, from_at, to_at, reason, decided_at)
select i.job, i.from_at, i.to_at, i.reason, i.decided_at
from unnest($1, $2, $3, $4, $5) as i (job, from_at, to_at, reason, decided_at);

-- name: skips
select job, from_at, to_at, reason, decided_at from skips
where job = $1 and to_at >= $2 and from_at < $3 order by from_at, to_at;
