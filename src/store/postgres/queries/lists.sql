-- Executions, listed. Those whose names begin with "filtered_" are planned anew each time, for the filter that they
-- are given: what it does not ask for falls away, and the index that fits is taken (pg_statements.h).

-- $1 job, $2 status (0 = any of both), $3 and $4 from and to, $5 queue (null = any), $6 limit, $7 offset. The page is
-- found in narrow indexes, and its rows are read behind that.
-- name: filtered_executions
with page as (
    select id from (
        (select l.id from live l
         where ($1 = 0 or l.job = $1) and ($2 = 0 or l.status = $2)
           and ($3 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end >= $3)
           and ($4 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end <= $4)
           and ($5 is null or l.queue = $5)
         order by l.id desc limit $6 + $7)
        union all
        (select e.id from ended e
         where ($1 = 0 or e.job = $1) and ($2 = 0 or e.status = $2)
           and ($3 is null or e.happened_at >= $3) and ($4 is null or e.happened_at <= $4)
           and ($5 is null or e.queue = $5)
         order by e.id desc limit $6 + $7)) found
    order by id desc limit $6 offset $7)
select h.* from page join execution_heads h on h.id = page.id order by h.id desc;

-- name: filtered_executions_count
select (
    select count(*) from live l
    where ($1 = 0 or l.job = $1) and ($2 = 0 or l.status = $2)
      and ($3 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end >= $3)
      and ($4 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end <= $4)
      and ($5 is null or l.queue = $5)
) + (
    select count(*) from ended e
    where ($1 = 0 or e.job = $1) and ($2 = 0 or e.status = $2)
      and ($3 is null or e.happened_at >= $3) and ($4 is null or e.happened_at <= $4)
      and ($5 is null or e.queue = $5)
);

-- How many of a job's have Succeeded, without a look at each.
-- name: job_succeeded_count
select (select count(*) from ended where job = $1)
    - (select count(*) from ended where job = $1 and status = 4)
    - (select count(*) from ended where job = $1 and status = 5);

-- name: execution_retries
select * from execution_heads where retry_parent = $1 order by id;

-- name: filtered_occurrences
select * from execution_heads
where job = $1 and trigger in (1, 6) and retry_count = 0 and scheduled_for >= $2 and scheduled_for <= $3
order by scheduled_for limit $4;
