-- Executions: made, ended, claimed, read one by one. A row that is named by its id is found by that alone: what
-- else it must fulfil is written so that no other index serves it (status + 0).

-- In the order of the arrays: ids and fences grow with it. Of a due time that has its execution, nothing is
-- inserted: the row of its job is locked, so none is made or moved meanwhile.
-- name: live_insert
insert into live (
    id, guid, job, status, queue, trigger, triggered_by, scheduled_for, created_at, available_at, started_at,
    retry_count, retry_parent, node, error_message, parameters, workflow_run, waiting_since, inputs, fence)
select nextval('execution_ids'), i.guid, i.job, i.status, i.queue, i.trigger, i.triggered_by, i.scheduled_for,
    i.created_at, i.available_at, i.started_at, i.retry_count, i.retry_parent, i.node, i.error_message,
    i.parameters, i.workflow_run, i.waiting_since, i.inputs,
    case when i.status = 2 then nextval('fences') else 0 end
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as i (
    guid, job, status, queue, trigger, triggered_by, scheduled_for, created_at, available_at, started_at,
    retry_count, retry_parent, node, error_message, parameters, workflow_run, waiting_since, inputs)
where not exists (select 1 from ended e where e.guid = i.guid)
  and not exists (
      select 1 from ended d
      where d.scheduled_for = i.scheduled_for and d.job = i.job and d.trigger in (1, 6) and d.retry_count = 0
          and i.trigger in (1, 6) and i.retry_count = 0)
on conflict do nothing
returning guid, id, fence;

-- Likewise what is only recorded; $11 is completed_at.
-- name: ended_insert
with made as (
    insert into ended (
        id, guid, job, status, queue, trigger, triggered_by, scheduled_for, created_at, available_at,
        completed_at, retry_count, retry_parent, node, error_message, parameters, workflow_run, waiting_since,
        inputs, fence)
    select nextval('execution_ids'), i.guid, i.job, i.status, i.queue, i.trigger, i.triggered_by,
        i.scheduled_for, i.created_at, i.available_at, i.completed_at, i.retry_count, i.retry_parent, i.node,
        i.error_message, i.parameters, i.workflow_run, i.waiting_since, i.inputs, 0
    from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) as i (
        guid, job, status, queue, trigger, triggered_by, scheduled_for, created_at, available_at, completed_at,
        retry_count, retry_parent, node, error_message, parameters, workflow_run, waiting_since, inputs)
    where not exists (select 1 from live l where l.guid = i.guid)
      and not exists (
          select 1 from live d
          where d.scheduled_for = i.scheduled_for and d.job = i.job and d.trigger in (1, 6) and d.retry_count = 0
              and i.trigger in (1, 6) and i.retry_count = 0)
    on conflict do nothing
    returning guid, id, fence, error_message),
told as (insert into to_index (execution) select id from made where error_message <> '')
select guid, id, fence from made order by id;

-- name: due_time_has_run
select count(*) from executions
where scheduled_for = $1 and job = $2 and trigger in (1, 6) and retry_count = 0;

-- name: execution_get
select h.*, e.output, e.result from execution_heads h join executions e on e.id = h.id where h.guid = $1;

-- name: execution_head
select * from execution_heads where guid = $1;

-- name: execution_heads_by_row
select * from execution_heads where id = any ($1);

-- name: executions_live
select h.* from live l join execution_heads h on h.id = l.id where l.job = $1 order by l.id;

-- ---- settling --------------------------------------------------------------------------------

-- The fence decides: who comes late, twice, or after having been taken for dead moves no row.
-- name: settle_end
with i as (
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as i (
        id, job, fence, status, completed_at, error_type, error_message, output, output_truncated, result)),
gone as (
    delete from live l using i
    where l.id = i.id and l.job + 0 = i.job and l.fence = i.fence and l.status + 0 = 2
    returning l.id, l.job, l.scheduled_for, l.created_at, l.available_at, l.started_at, i.completed_at, l.fence,
        l.guid, l.retry_count, i.status, l.trigger, i.error_type, l.cancel_requested, i.output_truncated,
        l.queue, l.node, l.retry_parent, l.triggered_by, l.parameters, i.error_message, l.progress_percent,
        l.progress_text, l.workflow_run, null::bigint, l.inputs, i.result, i.output),
kept as (
    insert into ended (
        id, job, scheduled_for, created_at, available_at, started_at, completed_at, fence, guid, retry_count,
        status, trigger, error_type, cancel_requested, output_truncated, queue, node, retry_parent,
        triggered_by, parameters, error_message, progress_percent, progress_text, workflow_run, waiting_since,
        inputs, result, output)
    select * from gone),
told as (
    insert into to_index (execution) select id from gone where error_message <> '' or output <> '')
select id, started_at from gone;

-- name: settle_hand_back
update live l set status = 1, started_at = null, node = null, fence = 0, progress_percent = null, progress_text = null
from unnest($1, $2, $3) as i (id, job, fence)
where l.id = i.id and l.job + 0 = i.job and l.fence = i.fence and l.status + 0 = 2
returning l.id, l.queue;

-- Of one that is named twice the last counts.
-- name: progress
update live l set progress_percent = i.percent, progress_text = i.text
from (
    select distinct on (u.id) u.id, u.fence, u.percent, u.text
    from unnest($1, $2, $3, $4) with ordinality as u (id, fence, percent, text, n) order by u.id, u.n desc) i
where l.id = i.id and l.fence = i.fence and l.status + 0 = 2
returning l.id;

-- ---- claiming --------------------------------------------------------------------------------

-- For each queue (by the position of its entry) the oldest that may run. Entry 0 or more without a name:
-- every queue that no entry names. An execution whose job queues up behind itself waits while one runs.
-- name: claim_candidates
with recursive queues (queue) as (
    (select queue from live where status = 1 order by queue limit 1)
    union all
    select (select l.queue from live l where l.status = 1 and l.queue > q.queue order by l.queue limit 1)
    from queues q where q.queue is not null),
running (name, running) as (
    select s.concurrency_group, count(*) from live l join job_state s on s.id = l.job
    where l.status = 2 and s.concurrency_group is not null group by s.concurrency_group),
entries (place, queue, most) as (
    select i.place, i.queue, i.most from unnest($1, $2, $3) as i (place, queue, most) where i.queue is not null
    union all
    select i.place, q.queue, i.most
    from unnest($1, $2, $3) as i (place, queue, most) cross join queues q
    where i.queue is null and q.queue is not null and q.queue <> all ($4))
select e.place, c.available_at, c.id, c.job, c.concurrency_policy, c.concurrency_group, c.concurrency_group_limit
from entries e cross join lateral (
    select l.available_at, l.id, l.job, s.concurrency_policy, s.concurrency_group, s.concurrency_group_limit
    from live l join job_state s on s.id = l.job
    where l.status = 1 and l.queue = e.queue and l.available_at <= $5
      and (s.concurrency_policy <> 3
           or not exists (select 1 from live r where r.job = l.job and r.status = 2))
      and (s.concurrency_group is null
           or coalesce((select g.running from running g where g.name = s.concurrency_group), 0)
              < s.concurrency_group_limit)
    order by l.available_at, l.id limit e.most
    for update of l skip locked) c
order by e.place, c.available_at, c.id;

-- Jobs that queue up behind themselves are claimed under the lock of their row: whoever holds it goes first.
-- name: claim_lock_jobs
select id from job_state where id = any ($1) order by id for update skip locked;

-- name: claim_running_jobs
select distinct job from live where job = any ($1) and status = 2;

-- name: claim
update live l set status = 2, node = $2, started_at = $3, fence = i.fence
from (select u.id, nextval('fences') as fence from unnest($1) as u (id)) i
where l.id = i.id and l.status + 0 = 1
returning l.id, l.queue;

-- ---- nodes -----------------------------------------------------------------------------------

-- The lease lasts as long as the node says, from now on by the clock of this server.
-- name: heartbeat
insert into nodes (name, version, started_at, heartbeat_at, lease_until, workers_busy, workers_total, lease_ends_at)
values ($1, $2, $3, $4, $5, $6, $7,
    case when $8 then $5 else (extract(epoch from clock_timestamp()) * 1000000)::bigint + $5 - coalesce($4, $5) end)
on conflict (name) do update set
    version = excluded.version, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
    lease_until = excluded.lease_until, workers_busy = excluded.workers_busy,
    workers_total = excluded.workers_total, lease_ends_at = excluded.lease_ends_at;

-- name: nodes
select name, version, started_at, heartbeat_at, lease_until, workers_busy, workers_total from nodes order by name;

-- $2 null: leases are not asked for; $3: they are judged by it instead of by the clock of this server.
-- name: orphans
select h.* from live l join execution_heads h on h.id = l.id
where l.status = 2 and (l.node = $1 or $2 is not null and exists (
    select 1 from nodes n where n.name = l.node and n.lease_ends_at < case when $3 then $2
        else (extract(epoch from clock_timestamp()) * 1000000)::bigint end))
order by l.id limit $4;

-- ---- cancelling ------------------------------------------------------------------------------

-- name: cancel_find
select id, job from executions where guid = $1;

-- Under the lock of the job's row; null when it has ended.
-- name: cancel_lock
select status, queue, retry_count from live where id = $1 for update;

-- name: cancel_pending
with gone as (delete from live where id = $1 returning *),
kept as (
    insert into ended (
        id, job, scheduled_for, created_at, available_at, started_at, completed_at, fence, guid, retry_count,
        status, trigger, error_type, cancel_requested, output_truncated, queue, node, retry_parent,
        triggered_by, parameters, error_message, progress_percent, progress_text, workflow_run, waiting_since,
        inputs, result, output)
    select id, job, scheduled_for, created_at, available_at, started_at, $2, fence, guid, retry_count,
        5, trigger, error_type, cancel_requested, output_truncated, queue, node, retry_parent,
        triggered_by, parameters, $3, progress_percent, progress_text, workflow_run, null, inputs, result, output
    from gone
    returning id, error_message)
insert into to_index (execution) select id from kept where error_message <> '';

-- Who asked first is who the record names.
-- name: cancel_request
update live set cancel_requested = true,
    error_message = case when cancel_requested or $2 is null then error_message else $2 end
where id = $1;

-- name: cancel_requests
select id, error_message from live where status = 2 and node = $1 and cancel_requested order by id;

-- ---- groups, and jobs that wait for others -----------------------------------------------------

-- Who makes one of a group Running holds its lock; the others pass it over meanwhile.
-- name: groups_lock
select i.name, pg_try_advisory_xact_lock(hashtext('alphabet groups ' || current_schema()), hashtext(i.name))
from unnest($1) as i (name);

-- In a statement behind the lock.
-- name: groups_running
select i.name, (
    select count(*) from job_state s join live l on l.job = s.id
    where s.concurrency_group = i.name and l.status = 2)
from unnest($1) as i (name);

-- name: groups_of_jobs
select id, concurrency_group from job_state where id = any ($1) and concurrency_group is not null;

-- name: lock_running
select pg_advisory_xact_lock(hashtext('alphabet ' || current_schema()), 1004);

-- name: running_count
select count(*) from live where status = 2;

-- Of these jobs, those that others depend on; costs nothing while no job depends on any.
-- name: have_dependants
select j.id from jobs j
where exists (select 1 from job_dependencies) and j.id = any ($1)
  and exists (select 1 from job_dependencies d where d.depends_on = j.guid);

-- name: dependants
select job from job_dependencies where depends_on = $1 order by job;

-- name: job_ends
select j.guid, j.id, j.name, j.is_deleted, s.last_success_at, s.last_completed_at
from jobs j join job_state s on s.id = j.id where j.guid = any ($1);

-- name: waiting
select l.id, l.guid, l.job, j.dependencies, l.waiting_since, l.available_at
from live l join jobs j on j.id = l.job
where l.waiting_since is not null and l.status = 1 and ($1 = 0 or l.job = $1)
  and ($2 is null or exists (select 1 from job_dependencies d where d.depends_on = $2 and d.job = l.job))
order by l.id;

-- name: release
update live set available_at = $2, waiting_since = case when $3 then waiting_since end,
    inputs = case when $3 then inputs else coalesce($4, inputs) end
where id = $1 and status = 1 and waiting_since is not null;
