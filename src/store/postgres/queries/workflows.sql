-- Workflows, and which jobs they are made of.

-- name: workflow_insert
insert into workflows (
    guid, created_by, created_at, revision, name, description, jobs, schedule, is_enabled, is_deleted, schedule_job,
    last_modified_by, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (guid) do nothing returning id;

-- name: workflow_update
update workflows set
    revision = $2, name = $3, description = $4, jobs = $5, schedule = $6, is_enabled = $7, is_deleted = $8,
    schedule_job = $9, last_modified_by = $10, updated_at = $11
where id = $1;

-- name: workflow_revision
select revision from workflows where id = $1 for update;

-- By row, else by guid.
-- name: workflow_get
select id, guid, created_by, created_at, revision, name, description, jobs, schedule, is_enabled, is_deleted,
    schedule_job, last_modified_by, updated_at
from workflows where id = coalesce($1, (select id from workflows where guid = $2));

-- $1 a job (0 = any), $2 a part of name or description (null = any).
-- name: filtered_workflows
select w.id, w.guid, w.created_by, w.created_at, w.revision, w.name, w.description, w.jobs, w.schedule, w.is_enabled,
    w.is_deleted, w.schedule_job, w.last_modified_by, w.updated_at
from workflows w
where not w.is_deleted
  and ($1 = 0 or exists (select 1 from workflow_members m where m.workflow = w.id and m.job = $1))
  and ($2 is null or strpos(lower(w.name), lower($2 collate "C")) > 0
       or strpos(lower(w.description), lower($2 collate "C")) > 0)
order by w.name, w.id limit $3 offset $4;

-- name: filtered_workflows_count
select count(*) from workflows w
where not w.is_deleted
  and ($1 = 0 or exists (select 1 from workflow_members m where m.workflow = w.id and m.job = $1))
  and ($2 is null or strpos(lower(w.name), lower($2 collate "C")) > 0
       or strpos(lower(w.description), lower($2 collate "C")) > 0);

-- The jobs that start this workflow.
-- name: workflow_starters
select m.job from workflow_members m join job_state s on s.id = m.job
where m.workflow = $1 and s.starts_workflow = $1;

-- name: workflow_members_remove
delete from workflow_members where workflow = $1;

-- An erased job.
-- name: workflow_forget_job
delete from workflow_members where job = $1;

-- name: workflow_members_add
insert into workflow_members (workflow, job, is_root)
select $1, i.job, i.is_root from unnest($2, $3) as i (job, is_root);

-- The names that a conflict tells of.
-- name: workflow_started_by
select j.name, w.name from jobs j cross join workflows w where j.id = $1 and w.id = $2;

-- ---- runs ------------------------------------------------------------------------------------

-- Answers whether there is the workflow, the id of the new run, and why there is none: its due time has one
-- already, or its guid is taken.
-- name: run_insert
with of_workflow as (select id from workflows where id = $2 for key share),
put as (
    insert into workflow_runs (
        guid, workflow, status, trigger, triggered_by, scheduled_for, created_at, completed_at, retry_count,
        error_message, parameters, jobs)
    select $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from of_workflow
    on conflict do nothing returning id)
select (select count(*) from of_workflow), coalesce((select id from put), 0),
    exists (select 1 from workflow_runs where $4 in (1, 6) and trigger in (1, 6) and workflow = $2 and scheduled_for = $6),
    exists (select 1 from workflow_runs where guid = $1);

-- name: steps_insert
insert into workflow_steps (run, position, job, job_guid, status, execution, started_at, completed_at, error_message)
select $1, i.position, i.job, coalesce(j.guid, i.job_guid), i.status, i.execution, i.started_at, i.completed_at,
    i.error_message
from unnest($2, $3, $4, $5, $6, $7, $8, $9) as i (
    position, job, job_guid, status, execution, started_at, completed_at, error_message)
left join jobs j on j.id = i.job;

-- name: steps_update
update workflow_steps s set
    status = i.status, execution = i.execution, started_at = i.started_at, completed_at = i.completed_at,
    error_message = i.error_message
from unnest($1, $2, $3, $4, $5, $6, $7) as i (
    run, position, status, execution, started_at, completed_at, error_message)
where s.run = i.run and s.position = i.position;

-- name: run_update
update workflow_runs set status = $2, completed_at = $3, retry_count = $4, error_message = $5 where id = $1;

-- name: run_get
select r.id, r.guid, r.workflow, w.guid, w.name, r.status, r.trigger, r.triggered_by, r.scheduled_for, r.created_at,
    r.completed_at, r.retry_count, r.error_message, r.parameters, r.jobs
from workflow_runs r join workflows w on w.id = r.workflow
where r.guid = $1;

-- In a write: nobody else changes the run until it ends.
-- name: run_get_locked
select r.id, r.guid, r.workflow, w.guid, w.name, r.status, r.trigger, r.triggered_by, r.scheduled_for, r.created_at,
    r.completed_at, r.retry_count, r.error_message, r.parameters, r.jobs
from workflow_runs r join workflows w on w.id = r.workflow
where r.guid = $1 for update of r;

-- name: run_steps
select s.run, s.position, j.id, s.job_guid, j.name, s.status, s.execution, s.started_at, s.completed_at,
    s.error_message
from workflow_steps s left join jobs j on j.id = s.job
where s.run = $1 order by s.position;

-- Without the definitions, at which nobody looks in a list.
-- name: filtered_runs
select r.id, r.guid, r.workflow, w.guid, w.name, r.status, r.trigger, r.triggered_by, r.scheduled_for, r.created_at,
    r.completed_at, r.retry_count, r.error_message, r.parameters, null::text
from workflow_runs r join workflows w on w.id = r.workflow
where ($1 = 0 or r.workflow = $1) and ($2 = 0 or r.status = $2)
order by r.id desc limit $3 offset $4;

-- name: filtered_runs_count
select count(*) from workflow_runs where ($1 = 0 or workflow = $1) and ($2 = 0 or status = $2);

-- name: runs_clear
with old as (
    select id from workflow_runs where created_at < $1 and status <> 2 order by created_at, id limit $2
    for update skip locked),
steps as (delete from workflow_steps s using old where s.run = old.id),
gone as (delete from workflow_runs r using old where r.id = old.id returning r.id)
select count(*) from gone;
