-- Version 6: jobs that wait for other jobs, groups of jobs of which only some run at once, workflows.

alter table jobs add column dependencies text;         -- JSON object; null = none; also in job_dependencies
alter table jobs add column concurrency_group text;    -- null = none
alter table jobs add column concurrency_group_limit integer not null default 0;

-- Of jobs that are not deleted, the other way round: who waits for a job. By guid, because a job may be
-- named before it is there, and after it is gone.
create table job_dependencies (
    upstream blob not null,                      -- guid
    job      integer not null,                   -- jobs.id: depends on it
    primary key (upstream, job)
) without rowid, strict;
create index job_dependencies_job on job_dependencies (job);

-- What jobs of one group and with one limit share: they may all start now, or none of them. Few, and kept.
create table lanes (
    id          integer primary key,
    grp         integer not null,                -- names.id: the concurrency group
    group_limit integer not null,
    unique (grp, group_limit)
) strict;

-- How many executions of the jobs of a group are Running: the sum of their running_count.
create table group_counts (
    grp     integer primary key,                 -- names.id
    running integer not null
) strict;

-- What ties a job to others. Most jobs have none of it, and no row: then writing their state costs no more.
create table job_ties (
    id              integer primary key,         -- jobs.id
    lane            integer not null,            -- lanes.id; 0 = no group
    dependant_count integer not null,            -- rows in job_dependencies that name it
    starts_workflow integer not null             -- workflows.id; 0 = none
) strict;
alter table job_state rename column concurrency_policy to flags; -- enum concurrency_policy; + 8 = has a row in job_ties
alter table job_state add column last_completed_at integer;                  -- of a run, that is without a retry
alter table job_state add column last_run_created_at integer;                -- of a first attempt that was to run
-- What the latest execution tells of it is near enough.
update job_state set
    last_run_created_at = e.created_at,
    last_completed_at = case when e.status in (3, 4, 5) then e.completed_at else last_success_at end
from executions e where e.id = job_state.last_execution;

-- Pending executions lie in the lane of their job, so that those of a full group are passed over at once
-- however many there are.
alter table pending rename to pending_before;
create table pending (
    queue        integer not null,               -- names.id
    lane         integer not null,               -- as in job_ties; 0 = none
    available_at integer not null,
    execution    integer not null,               -- executions.id
    job          integer not null,               -- jobs.id
    primary key (queue, lane, available_at, execution)
) without rowid, strict;
insert into pending (queue, lane, available_at, execution, job)
select queue, 0, available_at, execution, job from pending_before;
drop table pending_before;

-- The lanes that have something Pending: one look into the index for each.
create view pending_lanes (queue, lane) as
    with recursive queues (id) as (
        select min(queue) from pending
        union all
        select (select min(queue) from pending where queue > queues.id) from queues where queues.id is not null),
    found (queue, lane) as (
        select id, (select min(lane) from pending where queue = queues.id) from queues where id is not null
        union all
        select queue, (select min(lane) from pending where queue = found.queue and lane > found.lane)
        from found where lane is not null)
    select queue, lane from found where lane is not null;

-- Executions that wait for other jobs, Pending (or claimed at their deadline): executions.flags has 4.
create table waiting (
    job       integer not null,                  -- jobs.id
    execution integer not null,                  -- executions.id
    since     integer not null,
    primary key (job, execution)
) without rowid, strict;

alter table execution_details add column result text;         -- JSON that the job named; null = none

-- Executions of a workflow run, and those that get something from other jobs: executions.flags has 8.
create table execution_inputs (
    id           integer primary key,            -- executions.id
    workflow_run blob,                           -- guid; null = of none
    inputs       text                            -- JSON object; null = none
) strict;

create table workflows (
    id               integer primary key autoincrement,
    guid             blob not null unique,
    revision         integer not null,
    name             text not null,
    description      text,                       -- null = none
    jobs             text not null,              -- JSON array; also in workflow_members
    schedule         text,                       -- JSON object; null = none
    is_enabled       integer not null,
    is_deleted       integer not null,
    schedule_job     integer not null,           -- jobs.id of the hidden job; 0 = none
    created_by       text,
    last_modified_by text,
    created_at       integer,
    updated_at       integer
) strict;
create index workflows_name on workflows (name);

create table workflow_members (
    workflow integer not null,                   -- workflows.id
    job      integer not null,                   -- jobs.id
    is_root  integer not null,                   -- depends on no other job of it
    primary key (workflow, job)
) without rowid, strict;
create index workflow_members_job on workflow_members (job);

create table workflow_runs (
    id            integer primary key autoincrement, -- grows with creation
    guid          blob not null unique,
    workflow      integer not null,              -- workflows.id
    status        integer not null,              -- enum execution_status: 2 to 5
    trigger       integer not null,              -- enum trigger
    triggered_by  text,                          -- null for a schedule
    scheduled_for integer,
    created_at    integer not null,
    completed_at  integer,
    retry_count   integer not null,
    error_message text,
    parameters    text,                          -- JSON object
    jobs          text not null                  -- of the workflow when the run began; last, because it may be long
) strict;
create index workflow_runs_workflow on workflow_runs (workflow);
create index workflow_runs_workflow_status on workflow_runs (workflow, status);
create index workflow_runs_created_at on workflow_runs (created_at);
create index workflow_runs_status on workflow_runs (status);
-- One run for one due time, ever.
create unique index workflow_runs_due on workflow_runs (workflow, scheduled_for) where trigger in (1, 6);

-- How many runs a workflow has in each status.
create table workflow_run_counts (
    workflow integer not null,
    status   integer not null,
    runs     integer not null,
    primary key (workflow, status)
) without rowid, strict;

create table workflow_steps (
    run           integer not null,              -- workflow_runs.id
    position      integer not null,              -- in its jobs
    job           integer not null,              -- jobs.id, which may be gone
    job_guid      blob,
    status        integer not null,              -- enum execution_status
    execution     blob,                          -- guid of its latest attempt; null = none yet
    started_at    integer,
    completed_at  integer,
    error_message text,
    primary key (run, position)
) without rowid, strict;
