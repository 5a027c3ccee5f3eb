-- Statements of the PostgreSQL store: transactions, locks, counters. `-- name: X` gives a statement the
-- constant SQL_X (tools/embed-sql). C binds the parameters in the order of their numbers, and reads the
-- columns in the order of the select list. Schema, units and the meaning of each column:
-- migrations/0001_start.sql.

-- name: begin_read
begin isolation level repeatable read read only;

-- name: begin_write
begin isolation level read committed;

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

-- Every group holds it shared, so that who pauses everything waits until no group is left that has not seen
-- it.
-- name: lock_pause_shared
select pg_advisory_xact_lock_shared(hashtext('alphabet ' || current_schema()), 1001);

-- name: lock_pause
select pg_advisory_xact_lock(hashtext('alphabet ' || current_schema()), 1001);

-- Whoever appends to the audit chain; ask for the last entry in a statement behind it.
-- name: lock_audit
select pg_advisory_xact_lock(hashtext('alphabet ' || current_schema()), 1002);

-- The group's own, in the place of the one before.
-- name: token_put
with before as (delete from commit_tokens where token = $2)
insert into commit_tokens (token) values ($1);

-- name: token_is
select count(*) from commit_tokens where token = $1;

-- name: token_touch
update commit_tokens set created_at = clock_timestamp() where token = $1;

-- ---- counters --------------------------------------------------------------------------------

-- name: counters_add
update counters set
    jobs = jobs + $2, jobs_enabled = jobs_enabled + $3, jobs_active = jobs_active + $4,
    jobs_paused = jobs_paused + $5, jobs_disabled = jobs_disabled + $6, jobs_failed = jobs_failed + $7,
    jobs_completed = jobs_completed + $8, jobs_deleted = jobs_deleted + $9, pending = pending + $10,
    running = running + $11, succeeded = succeeded + $12, failed = failed + $13, cancelled = cancelled + $14
where slot = $1;

-- name: timeline_add
insert into timeline (span, number, slot, succeeded, failed, cancelled, duration_us)
select $2, i.number, $1, i.succeeded, i.failed, i.cancelled, i.duration_us
from unnest($3, $4, $5, $6, $7) as i (number, succeeded, failed, cancelled, duration_us)
on conflict (span, number, slot) do update set
    succeeded = timeline.succeeded + excluded.succeeded, failed = timeline.failed + excluded.failed,
    cancelled = timeline.cancelled + excluded.cancelled, duration_us = timeline.duration_us + excluded.duration_us;

-- name: timeline_drop_empty
delete from timeline where slot = $1 and span = $2 and number = any ($3)
    and succeeded = 0 and failed = 0 and cancelled = 0 and duration_us = 0;

-- name: due_minutes_add
insert into due_minutes (minute, slot, jobs)
select i.minute, $1, i.jobs from unnest($2, $3) as i (minute, jobs)
on conflict (minute, slot) do update set jobs = due_minutes.jobs + excluded.jobs;

-- name: due_minutes_drop_empty
delete from due_minutes where slot = $1 and minute = any ($2) and jobs = 0;

-- name: queue_counts_add
insert into queue_counts (queue, slot, pending)
select i.queue, $1, i.pending from unnest($2, $3) as i (queue, pending)
on conflict (queue, slot) do update set pending = queue_counts.pending + excluded.pending;
