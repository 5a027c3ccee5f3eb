-- Version 2: more is counted as it happens, the history of a job has page marks, jobs have watches
-- and a retention of their own. What older rows are worth is counted here, once.

alter table jobs add column watches text;      -- JSON object; null = none
alter table jobs add column retention text;    -- JSON object; null = the server's
create index jobs_retention on jobs (id) where retention is not null;

-- Jobs by enum job_status.
alter table totals add column jobs_active integer not null default 0;
alter table totals add column jobs_paused integer not null default 0;
alter table totals add column jobs_disabled integer not null default 0;
alter table totals add column jobs_failed integer not null default 0;
alter table totals add column jobs_completed integer not null default 0;
alter table totals add column jobs_deleted integer not null default 0;
update totals set
    jobs_active = (select count(*) from job_state where status = 1),
    jobs_paused = (select count(*) from job_state where status = 2),
    jobs_disabled = (select count(*) from job_state where status = 3),
    jobs_failed = (select count(*) from job_state where status = 4),
    jobs_completed = (select count(*) from job_state where status = 5),
    jobs_deleted = (select count(*) from job_state where status = 6);

-- How long the Succeeded and Failed executions of a minute ran, together.
alter table timeline add column duration_us integer not null default 0;
insert into timeline (minute, succeeded, failed, cancelled, duration_us)
select completed_at / 60000000, 0, 0, 0, max(0, completed_at - started_at)
from executions where status in (3, 4)
on conflict (minute) do update set duration_us = duration_us + excluded.duration_us;

-- How many executions are Pending in each queue that has any.
create table queue_counts (
    queue   integer primary key,           -- names.id
    pending integer not null
) strict;
insert into queue_counts (queue, pending) select queue, count(*) from pending group by queue;

-- How many jobs have their next_run_at in each minute.
create table due_minutes (
    minute integer primary key,            -- minutes since 1970 UTC
    jobs   integer not null
) strict;
insert into due_minutes (minute, jobs)
select next_run_at / 60000000, count(*) from job_state where next_run_at is not null group by 1;

-- What the successes of a job were like: job.h has the arithmetic of the durations.
alter table job_state add column last_success_at integer;                        -- completed_at
alter table job_state add column duration_count integer not null default 0;
alter table job_state add column duration_mean_us integer not null default 0;
alter table job_state add column duration_deviation_us integer not null default 0;
-- Executions of a job are numbered from 1 in the order of their rows. Those from whole_from up to
-- the newest are all in the chain, unless the chain ends before; below it some may be missing.
alter table job_state add column ordinal integer not null default 0;             -- of the latest one made
alter table job_state add column whole_from integer not null default 0;

create table success_counts (
    job          integer primary key,
    completed_at integer not null,
    executions   integer not null,
    mean_us      integer not null,
    deviation_us integer not null
) strict;
insert into success_counts (job, completed_at, executions, mean_us, deviation_us)
select job, completed_at, 1, max(0, completed_at - started_at), max(0, completed_at - started_at) / 2
from executions where status = 3 order by id
on conflict (job) do update set
    completed_at = max(completed_at, excluded.completed_at), executions = executions + 1,
    deviation_us = deviation_us + (abs(excluded.mean_us - mean_us) - deviation_us) / 8,
    mean_us = mean_us + (excluded.mean_us - mean_us) / 8;
update job_state set
    last_success_at = s.completed_at, duration_count = s.executions, duration_mean_us = s.mean_us,
    duration_deviation_us = s.deviation_us
from success_counts s where s.job = job_state.id;
drop table success_counts;
update job_state set ordinal = execution_count;

-- Every 128th execution of a job, so that a page deep in its history is found near it.
create table history_marks (
    job       integer not null,            -- jobs.id
    ordinal   integer not null,
    execution integer not null,            -- executions.id
    primary key (job, ordinal)
) without rowid, strict;
create index history_marks_execution on history_marks (execution);
insert into history_marks (job, ordinal, execution)
with recursive chain (job, ordinal, id, previous) as (
    select s.id, s.execution_count, e.id, e.previous
    from job_state s join executions e on e.id = s.last_execution
    where s.execution_count >= 128
    union all
    select chain.job, chain.ordinal - 1, e.id, e.previous
    from chain join executions e on e.id = chain.previous)
select job, ordinal, id from chain where ordinal % 128 = 0;

-- Executions that were made while the clock stood more than a minute behind the newest one before:
-- from one step to the next, creation goes back by no more than that. So clearing by age knows where
-- to stop.
create table clock_steps (
    execution integer primary key          -- executions.id
) strict;
insert into clock_steps (execution)
with recursive walk (id, newest, is_step) as (
    select * from (select id, created_at, 0 from executions order by id limit 1)
    union all
    select e.id, case when e.created_at < walk.newest - 60000000 then e.created_at
                 else max(e.created_at, walk.newest) end,
        e.created_at < walk.newest - 60000000
    from walk join executions e on e.id = (select min(id) from executions where id > walk.id))
select id from walk where is_step;

-- The ledger is cleared by age.
create index skips_to_at on skips (to_at);
