-- Counters, read: each is the sum over the slots of all nodes.

-- name: totals
select sum(jobs)::bigint, sum(jobs_enabled)::bigint, sum(pending)::bigint, sum(running)::bigint,
    sum(succeeded)::bigint, sum(failed)::bigint, sum(cancelled)::bigint, sum(jobs_active)::bigint,
    sum(jobs_paused)::bigint, sum(jobs_disabled)::bigint, sum(jobs_failed)::bigint, sum(jobs_completed)::bigint,
    sum(jobs_deleted)::bigint
from counters;

-- Ranges of rows of one length each: of span $1 the numbers from $2 to before $3, of which each $4 make a bucket,
-- beginning with bucket $5.
-- name: timeline
select r.bucket + (t.number - r.first) / r.length, sum(t.succeeded)::bigint, sum(t.failed)::bigint,
    sum(t.cancelled)::bigint, sum(t.duration_us)::bigint
from unnest($1, $2, $3, $4, $5) as r (span, first, behind, length, bucket)
join timeline t on t.span = r.span and t.number >= r.first and t.number < r.behind
group by 1;

-- From the minute $1 to before the minute $2, in buckets of $3 minutes.
-- name: timeline_running
select (started_at - $1 * 60000000) / ($3 * 60000000), count(*)
from live where status = 2 and started_at >= $1 * 60000000 and started_at < $2 * 60000000
group by 1;

-- name: jobs_due
select coalesce(sum(jobs), 0)::bigint from due_minutes where minute < $1;

-- name: queues
select c.queue, c.pending, (select min(available_at) from live where status = 1 and queue = c.queue)
from (select queue, sum(pending)::bigint as pending from queue_counts group by queue) c
where c.pending > 0 order by c.queue;
