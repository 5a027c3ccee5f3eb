-- When to look whether a job does what was expected of it. In a write, what is read is locked, so that two nodes
-- do not raise the same alert: what another node is looking at is passed over.

-- A job's watches as they are now: what was there before stays when they are the same.
-- name: watch_set
insert into watches (job, definition, check_at, raised) values ($1, $2, $3, 0)
on conflict (job) do update set
    definition = excluded.definition, check_at = excluded.check_at, raised = 0, last_execution = null
where watches.definition <> excluded.definition;

-- name: watch_remove
delete from watches where job = $1;

-- name: watch_get
select job, check_at, raised, last_execution from watches where job = $1;

-- name: watch_get_locked
select job, check_at, raised, last_execution from watches where job = $1 for update;

-- name: watches_due
select job, check_at, raised, last_execution from watches where check_at <= $1 order by check_at, job limit $2;

-- name: watches_due_locked
select job, check_at, raised, last_execution from watches where check_at <= $1 order by check_at, job limit $2
for update skip locked;

-- name: watch_update
update watches set check_at = $2, raised = $3, last_execution = $4 where job = $1;
