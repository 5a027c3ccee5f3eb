-- Every statement that the SQLite store runs. `-- name: X` gives it the constant SQL_X (tools/embed-sql).
--
-- C binds the parameters in the order in which their names first appear, and reads the columns in the
-- order of the select list. Schema, units and the meaning of each column: migrations/0001_start.sql.
-- Lists answer ids, in order; the rows are then read by key, so that sorting moves narrow rows only.

-- ---- transactions ----------------------------------------------------------------------------

-- name: begin
begin;

-- name: begin_write
begin immediate;

-- name: commit
commit;

-- name: rollback
rollback;

-- name: savepoint
savepoint this_write;

-- name: savepoint_release
release this_write;

-- name: savepoint_undo
rollback to this_write;

-- ---- counters --------------------------------------------------------------------------------

-- name: totals_get
select jobs, jobs_enabled, executions, pending, running, succeeded, failed, cancelled,
    jobs_active, jobs_paused, jobs_disabled, jobs_failed, jobs_completed, jobs_deleted,
    fence, last_execution, running_mark
from totals;

-- name: totals_add
update totals set
    jobs = jobs + :jobs, jobs_enabled = jobs_enabled + :jobs_enabled, executions = executions + :executions,
    pending = pending + :pending, running = running + :running, succeeded = succeeded + :succeeded,
    failed = failed + :failed, cancelled = cancelled + :cancelled,
    jobs_active = jobs_active + :jobs_active, jobs_paused = jobs_paused + :jobs_paused,
    jobs_disabled = jobs_disabled + :jobs_disabled, jobs_failed = jobs_failed + :jobs_failed,
    jobs_completed = jobs_completed + :jobs_completed, jobs_deleted = jobs_deleted + :jobs_deleted,
    fence = :fence, last_execution = :last_execution, running_mark = :running_mark;

-- What runs between the old mark and the new one.
-- name: running_pass
insert into long_running (execution)
select id from executions where id > :old_mark and id <= :new_mark and status = 2;

-- name: running_add
insert into long_running (execution) values (:execution);

-- name: running_end
delete from long_running where execution = :execution;

-- name: timeline_add
insert into timeline (minute, succeeded, failed, cancelled, duration_us)
values (:minute, :succeeded, :failed, :cancelled, :duration_us)
on conflict (minute) do update set
    succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
    cancelled = cancelled + excluded.cancelled, duration_us = duration_us + excluded.duration_us;

-- name: timeline_drop_empty
delete from timeline where minute = :minute and succeeded = 0 and failed = 0 and cancelled = 0 and duration_us = 0;

-- The hour or the day of that minute.
-- name: timeline_long_add
insert into timeline_long (span, number, succeeded, failed, cancelled, duration_us)
values (:span, :number, :succeeded, :failed, :cancelled, :duration_us)
on conflict (span, number) do update set
    succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
    cancelled = cancelled + excluded.cancelled, duration_us = duration_us + excluded.duration_us;

-- name: timeline_long_drop_empty
delete from timeline_long where span = :span and number = :number
    and succeeded = 0 and failed = 0 and cancelled = 0 and duration_us = 0;

-- name: timeline_get
select (minute - :first) / :bucket_minutes as bucket, sum(succeeded), sum(failed), sum(cancelled),
    sum(duration_us)
from timeline where minute >= :first and minute < :end group by bucket;

-- By hours or days.
-- name: timeline_get_long
select (number - :first) / :bucket as bucket, sum(succeeded), sum(failed), sum(cancelled), sum(duration_us)
from timeline_long where span = :span and number >= :first and number < :end group by bucket;

-- name: timeline_running
select (started_at / 60000000 - :first) / :bucket_minutes as bucket, count(*)
from running cross join executions e on e.id = running.id
where started_at / 60000000 >= :first and started_at / 60000000 < :end group by bucket;

-- name: due_minute_add
insert into due_minutes (minute, jobs) values (:minute, :change)
on conflict (minute) do update set jobs = jobs + excluded.jobs;

-- name: due_minute_drop_empty
delete from due_minutes where minute = :minute and jobs = 0;

-- name: due_minutes_sum
select ifnull(sum(jobs), 0) from due_minutes where minute < :end;

-- name: queue_count_add
insert into queue_counts (queue, pending) values (:queue, :change)
on conflict (queue) do update set pending = pending + excluded.pending;

-- name: queue_count_drop_empty
delete from queue_counts where queue = :queue and pending = 0;

-- name: queues
with heads (queue, oldest) as (
    select l.queue, min((select min(available_at) from pending where queue = l.queue and lane = l.lane))
    from pending_lanes l group by l.queue)
select n.text, c.pending, h.oldest
from queue_counts c join names n on n.id = c.queue join heads h on h.queue = c.queue
where c.pending > 0 order by n.text;

-- The same in the middle of a group, whose counts are not written yet.
-- name: queues_counted
select n.text, count(*), min(p.available_at)
from pending p join names n on n.id = p.queue
group by p.queue order by n.text;

-- ---- shared texts ----------------------------------------------------------------------------

-- name: name_find
select id from names where text = :text;

-- name: name_add
insert into names (text) values (:text);

-- ---- small facts -----------------------------------------------------------------------------

-- name: meta_get
select value from meta where name = :name;

-- name: meta_set
insert into meta (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;

-- name: meta_delete
delete from meta where name = :name;

-- ---- jobs ------------------------------------------------------------------------------------

-- name: job_insert
insert into jobs (
    guid, name, description, type, schedule_type, schedule_expression, interval_seconds,
    interval_mode, run_at, timezone, start_at, end_at, max_runs, jitter_seconds, retry_policy,
    exclusions, tags, timeout_seconds, queue, concurrency_policy, misfire_policy, gap_policy,
    overlap_policy, is_enabled, is_paused, paused_until, is_deleted, created_by, last_modified_by,
    created_at, updated_at, configuration, watches, retention, dependencies, concurrency_group,
    concurrency_group_limit)
values (
    :guid, :name, :description, :type, :schedule_type, :schedule_expression, :interval_seconds,
    :interval_mode, :run_at, :timezone, :start_at, :end_at, :max_runs, :jitter_seconds,
    :retry_policy, :exclusions, :tags, :timeout_seconds, :queue, :concurrency_policy,
    :misfire_policy, :gap_policy, :overlap_policy, :is_enabled, :is_paused, :paused_until,
    :is_deleted, :created_by, :last_modified_by, :created_at, :updated_at, :configuration, :watches,
    :retention, :dependencies, :concurrency_group, :concurrency_group_limit);

-- name: job_update
update jobs set (
    name, description, type, schedule_type, schedule_expression, interval_seconds, interval_mode,
    run_at, timezone, start_at, end_at, max_runs, jitter_seconds, retry_policy, exclusions, tags,
    timeout_seconds, queue, concurrency_policy, misfire_policy, gap_policy, overlap_policy,
    is_enabled, is_paused, paused_until, is_deleted, created_by, last_modified_by, created_at,
    updated_at, configuration, watches, retention, dependencies, concurrency_group,
    concurrency_group_limit) = (
    :name, :description, :type, :schedule_type, :schedule_expression, :interval_seconds,
    :interval_mode, :run_at, :timezone, :start_at, :end_at, :max_runs, :jitter_seconds,
    :retry_policy, :exclusions, :tags, :timeout_seconds, :queue, :concurrency_policy,
    :misfire_policy, :gap_policy, :overlap_policy, :is_enabled, :is_paused, :paused_until,
    :is_deleted, :created_by, :last_modified_by, :created_at, :updated_at, :configuration, :watches,
    :retention, :dependencies, :concurrency_group, :concurrency_group_limit)
where id = :job;

-- By row, or by guid where the row is null.
-- name: job_get
select j.id, s.revision,
    j.guid, j.name, j.description, j.type, j.schedule_type, j.schedule_expression,
    j.interval_seconds, j.interval_mode, j.run_at, j.timezone, j.start_at, j.end_at, j.max_runs,
    j.jitter_seconds, j.retry_policy, j.exclusions, j.tags, j.timeout_seconds, j.queue,
    j.concurrency_policy, j.misfire_policy, j.gap_policy, j.overlap_policy, j.is_enabled,
    j.is_paused, j.paused_until, j.is_deleted, j.created_by, j.last_modified_by, j.created_at,
    j.updated_at, j.configuration, j.watches, j.retention, j.dependencies, j.concurrency_group,
    j.concurrency_group_limit,
    s.next_run_at, s.wake_at, s.schedule_from, s.last_executed_at, s.last_execution_status,
    s.consecutive_failures, s.run_count, s.live_count,
    s.last_success_at, s.duration_count, s.duration_mean_us, s.duration_deviation_us,
    s.last_completed_at, s.last_run_created_at, t.starts_workflow
from jobs j join job_state s on s.id = j.id
left join job_ties t on t.id = case when s.flags & 8 then s.id end
where j.id = ifnull(:job, (select id from jobs where guid = :guid));

-- The same columns, of the jobs whose ids are in a JSON array, in its order.
-- name: jobs_get
select j.id, s.revision,
    j.guid, j.name, j.description, j.type, j.schedule_type, j.schedule_expression,
    j.interval_seconds, j.interval_mode, j.run_at, j.timezone, j.start_at, j.end_at, j.max_runs,
    j.jitter_seconds, j.retry_policy, j.exclusions, j.tags, j.timeout_seconds, j.queue,
    j.concurrency_policy, j.misfire_policy, j.gap_policy, j.overlap_policy, j.is_enabled,
    j.is_paused, j.paused_until, j.is_deleted, j.created_by, j.last_modified_by, j.created_at,
    j.updated_at, j.configuration, j.watches, j.retention, j.dependencies, j.concurrency_group,
    j.concurrency_group_limit,
    s.next_run_at, s.wake_at, s.schedule_from, s.last_executed_at, s.last_execution_status,
    s.consecutive_failures, s.run_count, s.live_count,
    s.last_success_at, s.duration_count, s.duration_mean_us, s.duration_deviation_us,
    s.last_completed_at, s.last_run_created_at, t.starts_workflow
from json_each(:ids) r cross join jobs j on j.id = r.value cross join job_state s on s.id = j.id
left join job_ties t on t.id = case when s.flags & 8 then s.id end;

-- name: job_named
select id from jobs where name = :name and id > :after_row and not is_deleted order by id limit 1;

-- name: job_resume
update jobs set is_paused = 0, paused_until = null where id = :job;

-- name: job_state_insert
insert into job_state (
    id, revision, status, flags, wake_at, next_run_at, schedule_from, run_count,
    live_count, running_count, last_executed_at, last_execution_status, consecutive_failures, execution_count,
    last_execution, last_success_at, duration_count, duration_mean_us, duration_deviation_us,
    last_completed_at, last_run_created_at)
values (
    :job, :revision, :status, :flags, :wake_at, :next_run_at, :schedule_from,
    :run_count, 0, 0, :last_executed_at, :last_execution_status, :consecutive_failures, 0, 0,
    :last_success_at, :duration_count, :duration_mean_us, :duration_deviation_us,
    :last_completed_at, :last_run_created_at);

-- name: job_state_get
select revision, status, wake_at, next_run_at, live_count, running_count, last_executed_at,
    last_execution_status, consecutive_failures, last_success_at, duration_count, duration_mean_us,
    duration_deviation_us, execution_count, last_execution, ordinal, whole_from, last_completed_at,
    last_run_created_at, t.lane, t.dependant_count, t.starts_workflow
from job_state s left join job_ties t on t.id = case when s.flags & 8 then s.id end where s.id = :job;

-- name: job_state_update
update job_state set
    revision = :revision, status = :status, flags = (flags & 8) | :concurrency_policy, wake_at = :wake_at,
    next_run_at = :next_run_at, schedule_from = :schedule_from, run_count = :run_count,
    consecutive_failures = :consecutive_failures
where id = :job;

-- name: job_state_plan
update job_state set
    revision = :revision, status = :status, wake_at = :wake_at, next_run_at = :next_run_at,
    schedule_from = :schedule_from, run_count = :run_count, live_count = :live_count,
    running_count = :running_count, execution_count = :execution_count, last_execution = :last_execution,
    ordinal = :ordinal, last_run_created_at = :last_run_created_at
where id = :job;

-- name: job_state_new_execution
update job_state set
    status = :status, live_count = :live_count, running_count = :running_count,
    execution_count = :execution_count, last_execution = :last_execution, ordinal = :ordinal,
    last_run_created_at = :last_run_created_at
where id = :job;

-- name: job_state_running
update job_state set running_count = :running_count where id = :job;

-- A Pending execution of the job was cancelled.
-- name: job_state_ended_unstarted
update job_state set status = :status, live_count = :live_count, last_completed_at = :last_completed_at
where id = :job;

-- name: job_state_reschedule
update job_state set status = :status, next_run_at = :next_run_at, wake_at = :wake_at where id = :job;

-- Executions of the job were cleared away.
-- name: job_state_cleared
update job_state set
    execution_count = :execution_count, last_execution = :last_execution, whole_from = :whole_from
where id = :job;

-- name: job_ties_put
insert or replace into job_ties (id, lane, dependant_count, starts_workflow)
values (:job, :lane, :dependant_count, :starts_workflow);

-- name: job_ties_remove
delete from job_ties where id = :job;

-- name: job_state_tied
update job_state set flags = (flags & 7) | :tied where id = :job;

-- name: job_tags_add
insert or ignore into job_tags (tag, job) select value, :job from json_each(:tags);

-- What the stored definition has put there; job_tags is found by tag.
-- name: job_tags_remove
delete from job_tags where job = :job and tag in (select value from json_each((select tags from jobs where id = :job)));

-- name: job_erase
delete from jobs where id = :job;

-- name: job_erase_state
delete from job_state where id = :job;

-- name: job_erase_skips
delete from skips where job = :job;

-- name: job_erase_waiting
delete from waiting where job = :job;

-- name: job_erase_members
delete from workflow_members where job = :job;

-- name: job_erase_marks
delete from history_marks where job = :job;

-- ---- lists of jobs ---------------------------------------------------------------------------

-- name: job_list_name_asc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.name asc nulls last, j.id asc limit :limit offset :offset;

-- name: job_list_name_desc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.name desc nulls last, j.id desc limit :limit offset :offset;

-- name: job_list_created_at_asc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.created_at asc nulls last, j.id asc limit :limit offset :offset;

-- name: job_list_created_at_desc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.created_at desc nulls last, j.id desc limit :limit offset :offset;

-- name: job_list_updated_at_asc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.updated_at asc nulls last, j.id asc limit :limit offset :offset;

-- name: job_list_updated_at_desc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by j.updated_at desc nulls last, j.id desc limit :limit offset :offset;

-- By next_run_at (3) or last_executed_at (4) where the filter asks for no more than a status.
-- name: job_list_state_asc
select s.id from job_state s
where case :status when 0 then s.status <> 6 else s.status = :status end
order by case :sort when 3 then s.next_run_at else s.last_executed_at end asc nulls last, s.id asc
limit :limit offset :offset;

-- name: job_list_state_desc
select s.id from job_state s
where case :status when 0 then s.status <> 6 else s.status = :status end
order by case :sort when 3 then s.next_run_at else s.last_executed_at end desc nulls last, s.id desc
limit :limit offset :offset;

-- The same, with any filter. Sorted; :sort is enum job_sort.
-- name: job_list_filtered_asc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by case :sort when 0 then j.name when 1 then j.created_at when 2 then j.updated_at
         when 3 then s.next_run_at else s.last_executed_at end asc nulls last, j.id asc
limit :limit offset :offset;

-- name: job_list_filtered_desc
select j.id from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by case :sort when 0 then j.name when 1 then j.created_at when 2 then j.updated_at
         when 3 then s.next_run_at else s.last_executed_at end desc nulls last, j.id desc
limit :limit offset :offset;
-- By tag, in any order. Sorted.
-- name: job_list_tagged_asc
select j.id from job_tags t cross join jobs j on j.id = t.job join job_state s on s.id = j.id
where t.tag = :tag
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by case :sort when 0 then j.name when 1 then j.created_at when 2 then j.updated_at
         when 3 then s.next_run_at else s.last_executed_at end asc nulls last, j.id asc
limit :limit offset :offset;

-- name: job_list_tagged_desc
select j.id from job_tags t cross join jobs j on j.id = t.job join job_state s on s.id = j.id
where t.tag = :tag
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0)
order by case :sort when 0 then j.name when 1 then j.created_at when 2 then j.updated_at
         when 3 then s.next_run_at else s.last_executed_at end desc nulls last, j.id desc
limit :limit offset :offset;

-- name: job_count
select count(*) from jobs j join job_state s on s.id = j.id
where true
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0);

-- name: job_count_tagged
select count(*) from job_tags t cross join jobs j on j.id = t.job join job_state s on s.id = j.id
where t.tag = :tag
  and case :status when 0 then s.status <> 6 else s.status = :status end
  and (:type = 0 or j.type = :type)
  and (:queue is null or j.queue = :queue)
  and (:created_by is null or j.created_by = :created_by)
  and (:search is null or instr(lower(j.name), lower(:search)) > 0
       or instr(lower(j.description), lower(:search)) > 0);

-- name: job_failed_list
select id from job_state
where consecutive_failures >= :threshold and status <> 6
order by consecutive_failures desc, id limit :limit;

-- The same for thresholds of 1 and more, by the index of the streaks.
-- name: job_failed_list_streaks
select id from job_state
where consecutive_failures >= :threshold and consecutive_failures > 0 and status <> 6
order by consecutive_failures desc, id limit :limit;

-- name: job_walk
select id from job_state
where id > :after and case :status when 0 then status <> 6 else status = :status end
order by id limit :limit;

-- name: job_walk_retention
select j.id from jobs j cross join job_state s on s.id = j.id
where j.retention is not null and j.id > :after
  and case :status when 0 then s.status <> 6 else s.status = :status end
order by j.id limit :limit;

-- name: jobs_next
select j.guid, j.name, s.next_run_at from job_state s cross join jobs j on j.id = s.id
where s.wake_at is not null and s.next_run_at is not null and s.status <> 6
order by s.wake_at, s.id limit :limit;

-- ---- planning --------------------------------------------------------------------------------

-- name: due_jobs
select id, revision, wake_at, next_run_at, schedule_from, run_count, live_count, last_run_created_at,
    case when flags & 8 then (select starts_workflow from job_ties where id = job_state.id) end
from job_state where wake_at <= :now order by wake_at, id limit :limit;

-- A due time that has its execution already is passed over: no row changes.
-- name: execution_insert
insert into executions (
    id, guid, job, previous, status, trigger, retry_count, queue, node, fence, scheduled_for,
    created_at, available_at, started_at, completed_at, flags)
values (
    :id, :guid, :job, :previous, :status, :trigger, :retry_count, :queue, :node, :fence,
    :scheduled_for, :created_at, :available_at, :started_at, :completed_at, :flags)
on conflict (scheduled_for, job) where trigger in (1, 6) and retry_count = 0 do nothing;

-- name: details_insert
insert into execution_details (id, retry_parent, triggered_by, parameters, error_message)
values (:execution, :retry_parent, :triggered_by, :parameters, :error_message);

-- name: pending_add
insert into pending (queue, lane, available_at, execution, job)
select queue, :lane, available_at, id, job from executions where id = :execution;

-- name: pending_remove
delete from pending where (queue, lane, available_at, execution) = (
    select queue, :lane, available_at, id from executions where id = :execution);

-- name: waiting_add
insert into waiting (job, execution, since) values (:job, :execution, :since);

-- name: waiting_remove
delete from waiting where job = :job and execution = :execution;

-- name: inputs_insert
insert into execution_inputs (id, workflow_run, inputs) values (:execution, :workflow_run, :inputs);

-- name: history_mark_add
insert into history_marks (job, ordinal, execution) values (:job, :ordinal, :execution);

-- name: ended_badly_add
insert into ended_badly (status, execution) values (:status, :execution);

-- name: wake_job
select min(wake_at) from job_state where wake_at is not null;

-- One look into the index for each lane of each queue that has something Pending.
-- name: wake_pending
select min((select min(available_at) from pending where queue = l.queue and lane = l.lane)) from pending_lanes l;

-- ---- claiming and settling -------------------------------------------------------------------

-- Queues with something Pending that are not among :named (a JSON array).
-- name: claim_other_queues
with recursive queues (id) as (
    select min(queue) from pending
    union all
    select (select min(queue) from pending where queue > queues.id) from queues
    where queues.id is not null)
select id from queues
where id is not null
  and id not in (select n.id from json_each(:named) named join names n on n.text = named.value);

-- The lanes of a queue in which something may start: how many, of lane 0 any number.
-- name: claim_lanes
with recursive found (lane) as (
    select min(lane) from pending where queue = :queue
    union all
    select (select min(lane) from pending where queue = :queue and lane > found.lane)
    from found where lane is not null)
select f.lane, case f.lane when 0 then 9223372036854775807 else l.group_limit - ifnull(c.running, 0) end as room
from found f left join lanes l on l.id = f.lane left join group_counts c on c.grp = l.grp
where f.lane is not null and room > 0
  and (select min(available_at) from pending where queue = :queue and lane = f.lane) <= :now;

-- name: claim_candidates
select p.available_at, p.execution, p.job, p.queue, p.lane from pending p
where p.queue = :queue and p.lane = :lane and p.available_at <= :now
  and not exists (select 1 from job_state s
                  where s.id = p.job and s.flags & 7 = 3 and s.running_count > 0)
order by p.available_at, p.execution limit :limit;

-- Asks again whether the job may run: the candidate before may have been of the same job.
-- name: claim_one
update executions set status = 2, node = :node, fence = :fence, started_at = :now, completed_at = :now
where id = :execution and status = 1
  and not exists (select 1 from job_state s
                  where s.id = executions.job and s.flags & 7 = 3 and s.running_count > 0);

-- name: settle_execution
update executions set status = :status, completed_at = :completed_at, flags = flags | :flags
where id = :execution and fence = :fence and status = 2 and job = :job and flags & 6 = 0;

-- One that somebody asked to cancel: its details hold the reason, which may not outlive the end. Or one
-- that waits until now.
-- name: settle_asked
update executions set status = :status, completed_at = :completed_at, flags = (flags | 1) & ~4
where id = :execution and fence = :fence and status = 2 and job = :job;

-- Pending again; what is left of the claim is filler from now on.
-- name: settle_hand_back
update executions set status = 1
where id = :execution and fence = :fence and status = 2 and job = :job
returning queue;

-- name: settle_started_at
select started_at from executions where id = :execution;

-- name: settle_details
insert into execution_details (id, error_type, error_message, output, output_truncated, result)
values (:execution, :error_type, :error_message, :output, :output_truncated, :result)
on conflict (id) do update set
    error_type = excluded.error_type, error_message = excluded.error_message, output = excluded.output,
    output_truncated = excluded.output_truncated, result = excluded.result;

-- No failure now and none before: leaves the streak, and with it the index of the streaks, alone.
-- name: settle_job
update job_state set
    status = :status, live_count = :live_count, running_count = :running_count,
    last_executed_at = :last_executed_at, last_execution_status = :last_execution_status,
    last_success_at = :last_success_at, duration_count = :duration_count,
    duration_mean_us = :duration_mean_us, duration_deviation_us = :duration_deviation_us,
    last_completed_at = :last_completed_at
where id = :job;

-- name: settle_job_streak
update job_state set
    status = :status, live_count = :live_count, running_count = :running_count,
    last_executed_at = :last_executed_at, last_execution_status = :last_execution_status,
    last_success_at = :last_success_at, duration_count = :duration_count,
    duration_mean_us = :duration_mean_us, duration_deviation_us = :duration_deviation_us,
    last_completed_at = :last_completed_at, consecutive_failures = :consecutive_failures
where id = :job;

-- name: progress_mark
update executions set flags = flags | 1 where id = :execution and fence = :fence and status = 2;

-- name: progress_write
insert into execution_details (id, progress_percent, progress_text) values (:execution, :percent, :text)
on conflict (id) do update set
    progress_percent = excluded.progress_percent, progress_text = excluded.progress_text;

-- name: progress_forget
update execution_details set progress_percent = null, progress_text = null
where id = :execution and progress_percent is not null;

-- name: orphans
select e.id from running cross join executions e on e.id = running.id
where (e.node = (select id from names where text = :node)
       or e.node in (select n.id from nodes join names n on n.text = nodes.name
                     where nodes.lease_until < :lease_before))
order by e.id limit :limit;

-- name: heartbeat
insert into nodes (name, version, started_at, heartbeat_at, lease_until, workers_busy, workers_total)
values (:name, :version, :started_at, :heartbeat_at, :lease_until, :workers_busy, :workers_total)
on conflict (name) do update set
    version = excluded.version, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
    lease_until = excluded.lease_until, workers_busy = excluded.workers_busy,
    workers_total = excluded.workers_total;

-- name: nodes
select name, version, started_at, heartbeat_at, lease_until, workers_busy, workers_total
from nodes order by name;

-- name: cancel_find
select id, status, job, queue, retry_count, flags from executions where guid = :guid;

-- name: cancel_pending
update executions set
    status = 5, completed_at = :now, started_at = null, node = null, fence = 0, flags = (flags | :flags) & ~4
where id = :execution;

-- name: cancel_reason
insert into execution_details (id, error_message) values (:execution, :error_message)
on conflict (id) do update set error_message = excluded.error_message;

-- name: cancel_request
update executions set flags = flags | 2 | :flags where id = :execution and flags & 2 = 0;

-- name: cancel_requests
select e.id, d.error_message from running cross join executions e on e.id = running.id
left join execution_details d on d.id = case when e.flags & 1 then e.id end
where e.flags & 2 <> 0 and e.node = (select id from names where text = :node)
order by e.id;

-- ---- executions, read ------------------------------------------------------------------------

-- By row, or by guid where the row is null.
-- name: execution_get
select e.id, e.guid, e.job, j.guid, j.name, e.status,
    (select text from names where id = e.queue), e.trigger, d.triggered_by,
    d.progress_percent is not null, d.progress_percent, d.progress_text,
    e.scheduled_for, e.created_at, e.available_at, e.started_at, e.completed_at, e.retry_count, d.retry_parent,
    (select text from names where id = e.node), e.fence, e.flags & 2, d.error_type, d.error_message,
    d.parameters, case when :with_output then d.output end, d.output_truncated,
    case when :with_output then d.result end, i.workflow_run, i.inputs,
    case when e.flags & 4 then (select since from waiting where job = e.job and execution = e.id) end
from executions e
join jobs j on j.id = e.job
left join execution_details d on d.id = case when e.flags & 1 then e.id end
left join execution_inputs i on i.id = case when e.flags & 8 then e.id end
where e.id = ifnull(:execution, (select id from executions where guid = :guid));

-- Newest first. The chain is left as soon as all that live are found.
-- name: executions_live
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select e.id from chain cross join executions e on e.id = chain.id
where e.status in (1, 2) limit ifnull((select live_count from job_state where id = :job), 0);

-- name: execution_retries
select e.id from execution_details d join executions e on e.id = d.id
where d.retry_parent = :guid order by e.id;

-- name: execution_page
select id from executions order by id desc limit :limit offset :offset;

-- name: execution_list_any
select e.id from executions e
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
order by e.id desc limit :limit offset :offset;

-- name: execution_count_any
select count(*) from executions e
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- name: execution_list_pending
select e.id from pending cross join executions e on e.id = pending.execution
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
order by e.id desc limit :limit offset :offset;

-- name: execution_count_pending
select count(*) from pending cross join executions e on e.id = pending.execution
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- name: execution_list_running
select e.id from running cross join executions e on e.id = running.id
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
order by e.id desc limit :limit offset :offset;

-- name: execution_count_running
select count(*) from running cross join executions e on e.id = running.id
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- name: execution_list_ended_badly
select e.id from ended_badly cross join executions e on e.id = ended_badly.execution
where ended_badly.status = :status
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
order by ended_badly.execution desc limit :limit offset :offset;

-- name: execution_count_ended_badly
select count(*) from ended_badly cross join executions e on e.id = ended_badly.execution
where ended_badly.status = :status
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- The first block (1,024 rows) that has no span yet.
-- name: spans_next
select ifnull((select max(block) + 1 from execution_spans), ifnull((select min(id) / 1024 from executions), 0));

-- name: spans_open
select block from execution_spans where last_at is null and block > :after order by block limit :limit;

-- A block without rows matches no time, one with something live matches any.
-- name: span_put
insert or replace into execution_spans (block, first_at, last_at)
select :block, ifnull(min(ifnull(started_at, created_at)), 9223372036854775807),
    case when count(*) = 0 then -9223372036854775808
         when min(status) >= 3 then max(ifnull(started_at, created_at)) end
from executions where id >= :block * 1024 and id < (:block + 1) * 1024;

-- Blocks below the oldest row.
-- name: spans_cut
delete from execution_spans where block < (select min(id) from executions) / 1024;

-- Executions of the blocks that may match, in no order.
-- name: execution_spans_any
with ranges (first, last) as (
    select block * 1024, block * 1024 + 1023 from execution_spans
    where last_at is null
       or (last_at >= ifnull(:from, -9223372036854775808) and first_at <= ifnull(:to, 9223372036854775807))
    union all
    select ifnull(max(block) + 1, 0) * 1024, 9223372036854775807 from execution_spans)
select e.id from ranges cross join executions e on e.id >= ranges.first and e.id <= ranges.last
where (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue);

-- name: execution_spans_ended_badly
with ranges (first, last) as (
    select block * 1024, block * 1024 + 1023 from execution_spans
    where last_at is null
       or (last_at >= ifnull(:from, -9223372036854775808) and first_at <= ifnull(:to, 9223372036854775807))
    union all
    select ifnull(max(block) + 1, 0) * 1024, 9223372036854775807 from execution_spans)
select e.id
from ranges
cross join ended_badly b on b.status = :status and b.execution >= ranges.first and b.execution <= ranges.last
cross join executions e on e.id = b.execution
where true
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue);

-- ---- the search for words --------------------------------------------------------------------

-- name: search_mark_get
select execution from search_mark;

-- name: search_mark_set
update search_mark set execution = :execution;

-- name: to_index_add
insert or ignore into to_index (execution) values (:execution);

-- name: to_index_remove
delete from to_index where execution = :execution;

-- name: to_index_forget
delete from to_index where execution >= :first and execution <= :last;

-- name: to_index_ended
select t.execution from to_index t cross join executions e on e.id = t.execution
where e.status in (3, 4, 5) order by t.execution limit :limit;

-- What an execution has said, and whether it has ended.
-- name: search_text
select d.id, e.status, e.job, d.error_message, d.output
from execution_details d cross join executions e on e.id = d.id
where d.id = :execution;

-- Those from :first to :last that are in the index.
-- name: search_texts_indexed
select d.id, e.status, e.job, d.error_message, d.output
from execution_details d cross join executions e on e.id = d.id
where d.id >= :first and d.id <= :last and d.id <= (select execution from search_mark)
  and not exists (select 1 from to_index where execution = d.id);

-- name: search_texts_behind
select d.id, e.status, e.job, d.error_message, d.output
from execution_details d cross join executions e on e.id = d.id
where d.id > :mark order by d.id limit :limit;

-- name: search_add
insert into execution_words (rowid, text) values (:execution, :text);

-- name: search_delete
insert into execution_words (execution_words, rowid, text) values ('delete', :execution, :text);

-- name: search_merge
insert into execution_words (execution_words, rank) values ('merge', :pages);

-- name: job_words_add
insert or ignore into job_words (word, job) select value, :job from json_each(words_of(:name));

-- What the stored name has put there.
-- name: job_words_remove
delete from job_words
where job = :job and word in (select value from json_each(words_of((select name from jobs where id = :job))));

-- name: job_name
select name from jobs where id = :job;

-- name: job_is_named
select name = :name from jobs where id = :job;

-- name: jobs_with_word
select job from job_words where word = :word limit :limit;

-- :word is the rarest of :words.
-- name: jobs_with_words
select j.id from job_words w cross join jobs j on j.id = w.job
where w.word = :word and has_words(:words, j.name) limit :limit;

-- The newest execution of each job whose name has all of :words, and how many it has.
-- name: search_heads
select s.last_execution, s.execution_count
from job_words w cross join jobs j on j.id = w.job cross join job_state s on s.id = j.id
where w.word = :word and has_words(:words, j.name) and s.execution_count > 0;

-- name: search_chain
with recursive chain (id, previous) as (
    select id, previous from executions where id = :execution
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select id from chain limit :limit;

-- Newest first. Jobs whose names have all of :named are left out; :words are looked for in the texts.
-- name: search_indexed
select e.id from execution_words cross join executions e on e.id = execution_words.rowid
where execution_words match :match
  and (:named is null or not has_words(:named, (select name from jobs where id = e.job)))
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
order by execution_words.rowid desc;

-- What is not in the index yet.
-- name: search_waiting
with waiting (id) as (
    select id from execution_details where id > (select execution from search_mark)
    union all
    select execution from to_index)
select e.id from waiting cross join executions e on e.id = waiting.id
where (:job = 0 or e.job = :job)
  and (:named is null or not has_words(:named, (select name from jobs where id = e.job)))
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- The whole history of one job: along its chain, newest first.

-- The page mark nearest to the execution at :offset of a job's history, not below it, and how many
-- are newer than the mark.
-- name: history_mark_near
select m.execution, s.ordinal - m.ordinal
from job_state s cross join history_marks m on m.job = s.id and m.ordinal >= max(s.ordinal - :offset, s.whole_from)
where s.id = :job order by m.ordinal limit 1;

-- The whole history of one job: along its chain, newest first, from the mark or (null) the newest.
-- name: execution_list_job_page
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = ifnull(:mark, (select last_execution from job_state where id = :job))
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select id from chain limit :limit offset :offset;

-- name: execution_count_job_page
select execution_count from job_state where id = :job;

-- name: execution_list_job
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select e.id from chain cross join executions e on e.id = chain.id
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)))
limit :limit offset :offset;

-- name: execution_count_job
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select count(*) from chain cross join executions e on e.id = chain.id
where true
  and (:status = 0 or e.status = :status)
  and (:from is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end >= :from)
  and (:to is null or case e.status when 1 then e.created_at else ifnull(e.started_at, e.created_at) end <= :to)
  and (:queue is null or e.queue = :queue)
  and (:words is null or has_words(:words, (select name from jobs where id = e.job),
       (select output from execution_details where id = e.id),
       (select error_message from execution_details where id = e.id)));

-- How long the job's chain is, and about where the range of due times begins and ends in the table.
-- name: occurrences_cost
select
    (select execution_count from job_state where id = :job),
    (select e.id from executions e where trigger in (1, 6) and retry_count = 0 and scheduled_for >= :from
     order by scheduled_for limit 1),
    (select e.id from executions e where trigger in (1, 6) and retry_count = 0 and scheduled_for <= :to
     order by scheduled_for desc limit 1);

-- name: occurrences_by_chain
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select e.id from chain cross join executions e on e.id = chain.id
where e.trigger in (1, 6) and e.retry_count = 0 and e.scheduled_for between :from and :to
order by e.scheduled_for limit :limit;

-- name: occurrences_by_due_time
select e.id from executions e
where e.job = :job and e.trigger in (1, 6) and e.retry_count = 0 and e.scheduled_for between :from and :to
order by e.scheduled_for limit :limit;

-- ---- clearing away -----------------------------------------------------------------------------

-- What clear.c wants to know of executions, of a range of all and of a whole job.
-- name: history_range
select e.id, e.job, e.previous, e.status, e.queue, e.flags, e.created_at, e.started_at, e.completed_at,
    :spare_own_retention and exists (
        select 1 from jobs indexed by jobs_retention where id = e.job and retention is not null)
from executions e where e.id > :after order by e.id limit :limit;

-- Newest first, from the execution given or (null) the newest.
-- name: history_chain
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = ifnull(:from, (select last_execution from job_state where id = :job))
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous)
select e.id, e.job, e.previous, e.status, e.queue, e.flags, e.created_at, e.started_at, e.completed_at, 0
from chain cross join executions e on e.id = chain.id;

-- Of the job's page marks the :skip oldest are passed over.
-- name: history_mark_old
select execution, ordinal from history_marks where job = :job order by ordinal limit 1 offset :skip;

-- Is there a Failed one above :execution, among the :limit newest of the job?
-- name: history_failed_above
with recursive chain (id, previous, status) as (
    select id, previous, status from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous, e.status from chain join executions e on e.id = chain.previous
    where e.id > :execution limit :limit)
select exists (select 1 from chain where status = 4 and id > :execution);

-- name: history_created
select id, created_at from executions where id > :after order by id;

-- name: clock_step_add
insert into clock_steps (execution) values (:execution);

-- name: clock_step_next
select min(execution) from clock_steps where execution > :after;

-- name: history_last_created
select created_at from executions order by id desc limit 1;

-- name: history_has_row
select exists (select 1 from executions where id = :execution);

-- The one whose `previous` this is, and how far it is from the newest one.
-- name: history_successor
with recursive chain (id, previous, depth) as (
    select id, previous, 0 from executions where id = :head
    union all
    select e.id, e.previous, chain.depth + 1
    from chain join executions e on e.id = chain.previous where chain.previous > :execution)
select id, depth from chain where previous = :execution;

-- name: history_relink
update executions set previous = :previous where id = :execution;

-- name: history_forget_executions
delete from executions where id between :first and :last;

-- name: history_forget_details
delete from execution_details where id between :first and :last;

-- name: history_forget_inputs
delete from execution_inputs where id between :first and :last;

-- name: history_forget_failed
delete from ended_badly where status = 4 and execution between :first and :last;

-- name: history_forget_cancelled
delete from ended_badly where status = 5 and execution between :first and :last;

-- name: history_forget_marks
delete from history_marks where execution between :first and :last;

-- Steps with nothing left before them.
-- name: clock_steps_clear
delete from clock_steps where not exists (select 1 from executions where id < clock_steps.execution);

-- name: skips_clear
delete from skips where id in (select id from skips where to_at < :before order by to_at, id limit :limit);

-- ---- dependencies ----------------------------------------------------------------------------

-- name: dependencies_of
select upstream from job_dependencies where job = :job;

-- name: dependency_add
insert into job_dependencies (upstream, job) values (:upstream, :job);

-- name: dependency_remove
delete from job_dependencies where upstream = :upstream and job = :job;

-- name: dependants
select job from job_dependencies where upstream = :upstream order by job;

-- name: dependants_count
select count(*) from job_dependencies where upstream = :upstream;

-- name: job_row
select id from jobs where guid = :guid;

-- name: job_end
select j.id, j.name, j.is_deleted, s.last_success_at, s.last_completed_at
from jobs j join job_state s on s.id = j.id where j.guid = :guid;

-- name: waiting_any
select w.execution, e.guid, w.job, j.dependencies, w.since, e.available_at
from waiting w cross join executions e on e.id = w.execution cross join jobs j on j.id = w.job
where e.status = 1 and (:upstream is null or exists (
    select 1 from job_dependencies d where d.upstream = :upstream and d.job = w.job))
order by w.execution;

-- name: waiting_of_job
select w.execution, e.guid, w.job, j.dependencies, w.since, e.available_at
from waiting w cross join executions e on e.id = w.execution cross join jobs j on j.id = w.job
where w.job = :job and e.status = 1 and (:upstream is null or exists (
    select 1 from job_dependencies d where d.upstream = :upstream and d.job = w.job))
order by w.execution;

-- name: waiting_for
select w.execution, e.guid, w.job, j.dependencies, w.since, e.available_at
from job_dependencies d cross join waiting w on w.job = d.job
cross join executions e on e.id = w.execution cross join jobs j on j.id = w.job
where d.upstream = :upstream and e.status = 1
order by w.execution;

-- name: waiting_find
select job from executions where id = :execution and status = 1 and flags & 4 <> 0;

-- name: waiting_move
update executions set available_at = :available_at, flags = (flags & ~:clear) | :set where id = :execution;

-- name: inputs_set
insert into execution_inputs (id, inputs) values (:execution, :inputs)
on conflict (id) do update set inputs = excluded.inputs;

-- ---- groups ----------------------------------------------------------------------------------

-- name: lanes_any
select exists (select 1 from lanes);

-- name: lane_find
select id from lanes where grp = :grp and group_limit = :group_limit;

-- name: lane_add
insert into lanes (grp, group_limit) values (:grp, :group_limit);

-- name: lane_room
select l.group_limit - ifnull(c.running, 0) from lanes l left join group_counts c on c.grp = l.grp where l.id = :lane;

-- What the job has Pending goes to another lane: one statement, whatever there is.
-- name: pending_change_lane
with recursive chain (id, previous) as (
    select id, previous from executions
    where id = (select last_execution from job_state where id = :job)
    union all
    select e.id, e.previous from chain join executions e on e.id = chain.previous),
found (queue, available_at, id) as (
    select e.queue, e.available_at, e.id from chain cross join executions e on e.id = chain.id
    where e.status = 1 limit :count)
update pending set lane = :lane from found
where pending.queue = found.queue and pending.lane = :before and pending.available_at = found.available_at
  and pending.execution = found.id;

-- name: group_count_add
insert into group_counts (grp, running) select grp, :change from lanes where id = :lane
on conflict (grp) do update set running = running + excluded.running;

-- ---- workflows -------------------------------------------------------------------------------

-- name: workflow_insert
insert into workflows (guid, created_by, created_at, revision, name, description, jobs, schedule, is_enabled,
    is_deleted, schedule_job, last_modified_by, updated_at)
values (:guid, :created_by, :created_at, :revision, :name, :description, :jobs, :schedule, :is_enabled,
    :is_deleted, :schedule_job, :last_modified_by, :updated_at);

-- name: workflow_update
update workflows set (revision, name, description, jobs, schedule, is_enabled, is_deleted, schedule_job,
    last_modified_by, updated_at) = (
    :revision, :name, :description, :jobs, :schedule, :is_enabled, :is_deleted, :schedule_job,
    :last_modified_by, :updated_at)
where id = :workflow;

-- name: workflow_revision
select revision from workflows where id = :workflow;

-- By row, or by guid where the row is null.
-- name: workflow_get
select id, guid, created_by, created_at, revision, name, description, jobs, schedule, is_enabled, is_deleted,
    schedule_job, last_modified_by, updated_at
from workflows where id = ifnull(:workflow, (select id from workflows where guid = :guid));

-- name: workflow_list
select w.id from workflows w
where not w.is_deleted
  and (:job = 0 or exists (select 1 from workflow_members m where m.workflow = w.id and m.job = :job))
  and (:search is null or instr(lower(w.name), lower(:search)) > 0
       or instr(lower(w.description), lower(:search)) > 0)
order by w.name, w.id limit :limit offset :offset;

-- name: workflow_count
select count(*) from workflows w
where not w.is_deleted
  and (:job = 0 or exists (select 1 from workflow_members m where m.workflow = w.id and m.job = :job))
  and (:search is null or instr(lower(w.name), lower(:search)) > 0
       or instr(lower(w.description), lower(:search)) > 0);

-- The jobs that start this workflow.
-- name: workflow_starters
select m.job from workflow_members m cross join job_ties t on t.id = m.job
where m.workflow = :workflow and t.starts_workflow = :workflow;

-- name: workflow_member_add
insert into workflow_members (workflow, job, is_root) values (:workflow, :job, :is_root);

-- name: workflow_members_remove
delete from workflow_members where workflow = :workflow;

-- The names that a conflict tells of.
-- name: workflow_started_by
select j.name, w.name from jobs j cross join workflows w
where j.id = :job and w.id = :workflow;

-- A due time that has its run already is passed over: no row changes.
-- name: run_insert
insert into workflow_runs (guid, workflow, status, trigger, triggered_by, scheduled_for, created_at, completed_at,
    retry_count, error_message, parameters, jobs)
values (:guid, :workflow, :status, :trigger, :triggered_by, :scheduled_for, :created_at, :completed_at,
    :retry_count, :error_message, :parameters, :jobs)
on conflict (workflow, scheduled_for) where trigger in (1, 6) do nothing;

-- name: step_insert
insert into workflow_steps (run, position, job, job_guid, status, execution, started_at, completed_at, error_message)
values (:run, :position, :job, ifnull((select guid from jobs where id = :job), :job_guid), :status, :execution,
    :started_at, :completed_at, :error_message);

-- By row, or by guid where the row is null.
-- name: run_get
select r.id, r.guid, r.workflow, w.guid, w.name, r.status, r.trigger, r.triggered_by, r.scheduled_for,
    r.created_at, r.completed_at, r.retry_count, r.error_message, r.parameters, case when :with_jobs then r.jobs end
from workflow_runs r join workflows w on w.id = r.workflow
where r.id = ifnull(:run, (select id from workflow_runs where guid = :guid));

-- name: run_steps
select s.run, s.position, j.id, s.job_guid, j.name, s.status, s.execution, s.started_at, s.completed_at, s.error_message
from workflow_steps s left join jobs j on j.id = s.job
where s.run = :run order by s.position;

-- name: run_state
select workflow, status from workflow_runs where id = :run;

-- name: run_update
update workflow_runs set
    status = :status, completed_at = :completed_at, retry_count = :retry_count, error_message = :error_message
where id = :run;

-- name: step_update
update workflow_steps set
    status = :status, execution = :execution, started_at = :started_at, completed_at = :completed_at,
    error_message = :error_message
where run = :run and position = :position;

-- name: run_count_add
insert into workflow_run_counts (workflow, status, runs) values (:workflow, :status, :change)
on conflict (workflow, status) do update set runs = runs + excluded.runs;

-- name: run_count
select ifnull(sum(runs), 0) from workflow_run_counts
where (:workflow = 0 or workflow = :workflow) and (:status = 0 or status = :status);

-- name: run_list_any
select id from workflow_runs order by id desc limit :limit offset :offset;

-- name: run_list_status
select id from workflow_runs where status = :status order by id desc limit :limit offset :offset;

-- name: run_list_workflow
select id from workflow_runs indexed by workflow_runs_workflow where workflow = :workflow
order by id desc limit :limit offset :offset;

-- name: run_list_workflow_status
select id from workflow_runs where workflow = :workflow and status = :status
order by id desc limit :limit offset :offset;

-- name: runs_to_clear
select id, workflow, status from workflow_runs
where created_at < :before and status <> 2 order by created_at, id limit :limit;

-- name: run_clear_steps
delete from workflow_steps where run = :run;

-- name: run_clear
delete from workflow_runs where id = :run;

-- ---- the ledger of skipped due times ---------------------------------------------------------

-- name: skip_insert
insert into skips (job, from_at, to_at, reason, decided_at)
values (:job, :from_at, :to_at, :reason, :decided_at);

-- name: skips
select job, from_at, to_at, reason, decided_at from skips
where job = :job and to_at >= :from and from_at < :to order by from_at, to_at;

-- ---- idempotency keys ------------------------------------------------------------------------

-- name: idempotency_get
select scope, key, request_hash, status, location, body, created_at from idempotency
where scope = :scope and key = :key and created_at >= :not_before;

-- name: idempotency_put
insert into idempotency (scope, key, request_hash, status, location, body, created_at)
values (:scope, :key, :request_hash, :status, :location, :body, :created_at)
on conflict (scope, key) do update set
    request_hash = excluded.request_hash, status = excluded.status, location = excluded.location,
    body = excluded.body, created_at = excluded.created_at;

-- name: idempotency_expire
delete from idempotency where rowid in (
    select rowid from idempotency where created_at < :before order by created_at limit :limit);

-- ---- audit -----------------------------------------------------------------------------------

-- name: audit_last
select id, hash from audit order by id desc limit 1;

-- name: audit_append
insert into audit (id, at, actor, address, action, subject, before, after, hash)
values (:id, :at, :actor, :address, :action, :subject, :before, :after, :hash);

-- name: audit_list
select id, at, actor, address, action, subject, before, after, hash from audit
order by id desc limit :limit offset :offset;

-- Ids are dense, so the last one is the count.
-- name: audit_count
select ifnull(max(id), 0) from audit;

-- Filtered: all bind the same. :action is a text and :action_end the first one behind what it means, so
-- that one name and a group of names ("job.") are ranges both.
-- name: audit_list_subject
select a.id, a.at, a.actor, a.address, a.action, a.subject, a.before, a.after, a.hash
from (
    select id from audit indexed by audit_subject
    where subject = :subject
      and (:actor is null or actor = :actor collate nocase)
      and (:action is null or (action >= :action and action < :action_end))
      and (:from is null or at >= :from) and (:to is null or at <= :to)
    order by id desc limit :limit offset :offset) page
cross join audit a on a.id = page.id
order by a.id desc;

-- name: audit_count_subject
select count(*) from audit indexed by audit_subject
where subject = :subject
  and (:actor is null or actor = :actor collate nocase)
  and (:action is null or (action >= :action and action < :action_end))
  and (:from is null or at >= :from) and (:to is null or at <= :to);

-- name: audit_list_actor
select a.id, a.at, a.actor, a.address, a.action, a.subject, a.before, a.after, a.hash
from (
    select id from audit indexed by audit_actor
    where :subject is null
      and actor = :actor collate nocase
      and (:action is null or (action >= :action and action < :action_end))
      and (:from is null or at >= :from) and (:to is null or at <= :to)
    order by id desc limit :limit offset :offset) page
cross join audit a on a.id = page.id
order by a.id desc;

-- name: audit_count_actor
select count(*) from audit indexed by audit_actor
where :subject is null
  and actor = :actor collate nocase
  and (:action is null or (action >= :action and action < :action_end))
  and (:from is null or at >= :from) and (:to is null or at <= :to);

-- name: audit_list_actor_action
select a.id, a.at, a.actor, a.address, a.action, a.subject, a.before, a.after, a.hash
from (
    select id from audit indexed by audit_actor
    where :subject is null
      and actor = :actor collate nocase
      and action >= :action and action < :action_end
      and (:from is null or at >= :from) and (:to is null or at <= :to)
    order by id desc limit :limit offset :offset) page
cross join audit a on a.id = page.id
order by a.id desc;

-- name: audit_count_actor_action
select count(*) from audit indexed by audit_actor
where :subject is null
  and actor = :actor collate nocase
  and action >= :action and action < :action_end
  and (:from is null or at >= :from) and (:to is null or at <= :to);

-- name: audit_list_action
select a.id, a.at, a.actor, a.address, a.action, a.subject, a.before, a.after, a.hash
from (
    select id from audit indexed by audit_action
    where :subject is null
      and :actor is null
      and action >= :action and action < :action_end
      and (:from is null or at >= :from) and (:to is null or at <= :to)
    order by id desc limit :limit offset :offset) page
cross join audit a on a.id = page.id
order by a.id desc;

-- name: audit_count_action
select count(*) from audit indexed by audit_action
where :subject is null
  and :actor is null
  and action >= :action and action < :action_end
  and (:from is null or at >= :from) and (:to is null or at <= :to);

-- name: audit_list_at
select a.id, a.at, a.actor, a.address, a.action, a.subject, a.before, a.after, a.hash
from (
    select id from audit indexed by audit_at
    where :subject is null
      and :actor is null
      and :action is null and :action_end is null
      and at >= ifnull(:from, -9223372036854775808) and at <= ifnull(:to, 9223372036854775807)
    order by id desc limit :limit offset :offset) page
cross join audit a on a.id = page.id
order by a.id desc;

-- name: audit_count_at
select count(*) from audit indexed by audit_at
where :subject is null
  and :actor is null
  and :action is null and :action_end is null
  and at >= ifnull(:from, -9223372036854775808) and at <= ifnull(:to, 9223372036854775807);

-- Any filter, from the newest row down: quick where much of what there is matches.
-- name: audit_list_dense
select id, at, actor, address, action, subject, before, after, hash from audit
where (:subject is null or subject = :subject)
  and (:actor is null or actor = :actor collate nocase)
  and (:action is null or (+action >= :action and +action < :action_end))
  and (:from is null or at >= :from) and (:to is null or at <= :to)
order by id desc limit :limit offset :offset;

-- name: audit_walk
select id, at, actor, address, action, subject, before, after, hash from audit
where id > :after order by id limit :limit;

-- ---- watches ---------------------------------------------------------------------------------

-- A job's watches as they are now: what was there before stays when they are the same.
-- name: watch_set
insert into watches (job, definition, check_at, raised) values (:job, :definition, :check_at, 0)
on conflict (job) do update set
    definition = excluded.definition, check_at = excluded.check_at, raised = 0, last_execution = null
where definition <> excluded.definition;

-- name: watch_remove
delete from watches where job = :job;

-- name: watch_get
select job, check_at, raised, last_execution from watches where job = :job;

-- name: watches_due
select job, check_at, raised, last_execution from watches
where check_at <= :now order by check_at, job limit :limit;

-- name: watch_update
update watches set check_at = :check_at, raised = :raised, last_execution = :last_execution
where job = :job;

-- name: wake_watch
select min(check_at) from watches where check_at is not null;

-- ---- people and tokens -----------------------------------------------------------------------

-- name: user_insert
insert into users (
    guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation,
    created_at, last_login_at)
values (
    :guid, :email, :password_hash, :role, :is_locked, :locked_until, :failed_logins,
    :token_generation, :created_at, :last_login_at);

-- name: user_update
update users set (
    password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at,
    last_login_at) = (
    :password_hash, :role, :is_locked, :locked_until, :failed_logins, :token_generation,
    :created_at, :last_login_at)
where id = :user;

-- name: user_delete
delete from users where id = :user;

-- name: user_delete_refresh_tokens
delete from refresh_tokens where user = :user;

-- name: user_delete_access_tokens
delete from access_tokens where user = :user;

-- By row, else by guid, else by e-mail.
-- name: user_get
select id, guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at, last_login_at
from users
where id = coalesce(:user, (select id from users where guid = :guid), (select id from users where email = :email));

-- name: user_list
select id from users order by email limit :limit offset :offset;

-- name: user_count_all
select count(*) from users;

-- name: user_count
select count(*) from users where role = :role and is_locked = 0;

-- name: refresh_insert
insert into refresh_tokens (hash, user, family, created_at, expires_at, used_at, revoked_at)
values (:hash, :user, :family, :created_at, :expires_at, :used_at, :revoked_at);

-- name: refresh_get
select hash, user, family, created_at, expires_at, used_at, revoked_at
from refresh_tokens where hash = :hash;

-- name: refresh_mark_used
update refresh_tokens set used_at = :at where hash = :hash;

-- name: refresh_expire
delete from refresh_tokens where hash in (
    select hash from refresh_tokens where expires_at < :before order by expires_at, hash limit :limit);

-- The time of the first revocation stays.
-- name: refresh_revoke_family
update refresh_tokens set revoked_at = :at where family = :family and revoked_at is null;

-- name: refresh_revoke_user
update refresh_tokens set revoked_at = :at where user = :user and revoked_at is null;

-- name: token_insert
insert into access_tokens (
    guid, user, hash, prefix, name, role, created_at, expires_at, last_used_at, revoked_at)
values (:guid, :user, :hash, :prefix, :name, :role, :created_at, :expires_at, :last_used_at, :revoked_at);

-- name: token_get
select t.guid, t.user, u.email, t.hash, t.prefix, t.name, t.role, t.created_at, t.expires_at,
    t.last_used_at, t.revoked_at
from access_tokens t join users u on u.id = t.user
where t.hash = :hash;

-- name: token_list
select t.guid, t.user, u.email, t.hash, t.prefix, t.name, t.role, t.created_at, t.expires_at,
    t.last_used_at, t.revoked_at
from access_tokens t join users u on u.id = t.user
where t.user = :user order by t.id;

-- name: token_revoke
update access_tokens set revoked_at = ifnull(revoked_at, :at) where user = :user and guid = :guid;

-- name: token_touch
update access_tokens set last_used_at = :at where guid = :guid;
