-- Clearing away history. Rows of `ended` never change, so what is seen is what goes; where another node clears the
-- same rows, each is counted by the one that deleted it.

-- $1 the row to begin behind, $2 how many to look at, $3 the time, $4 whether jobs with a retention of their own are
-- spared. The first row of the answer: the last row looked at, and whether there may be older ones behind it (that
-- were made before $3: rows go by time, but for clocks that were set back, so it is asked of those that ran before
-- $3 and of the next thousand). The others: what went, by status and minute of its end.
-- name: history_clear
with looked as materialized (
    select id, job, created_at, has_ended from (
        (select id, job, created_at, false as has_ended from live where id > $1 order by id limit $2)
        union all
        (select id, job, created_at, true from ended where id > $1 order by id limit $2)) both_tables
    order by id limit $2),
last as materialized (select coalesce(max(id), $1) as id from looked),
gone as (
    delete from ended e using looked k
    where e.id = k.id and k.has_ended and k.created_at < $3
      and not ($4 and exists (select 1 from jobs j where j.id = k.job and j.retention is not null))
    returning e.id, e.status, e.started_at, e.completed_at),
words as (delete from execution_words w using gone g where w.execution = g.id),
waiting as (delete from to_index t using gone g where t.execution = g.id)
select last.id,
    (exists (select 1 from live l where l.id > last.id and l.created_at < $3)
        or exists (select 1 from ended e where e.happened_at < $3 and e.id > last.id and e.created_at < $3)
        or exists (select 1 from (select created_at from ended where id > last.id order by id limit 1000) e
               where e.created_at < $3))::int::bigint,
    0::bigint, 0::bigint
from last
union all
select g.status, floor(g.completed_at / 60000000.0)::bigint, count(*),
    sum(case when g.status in (3, 4) then greatest(g.completed_at - g.started_at, 0) else 0 end)::bigint
from gone g group by 1, 2;

-- $1 the job, $2 how many of the newest are kept (0 = all), $3 the time (null = none), $4 how many may go, $5 how many of
-- the oldest are looked at. The first row of the answer: whether more has to go. The others: what went.
-- name: history_trim
with oldest as materialized (select id, created_at from ended where job = $1 order by id limit $5),
kept as materialized (select id from ended where job = $1 and $2 > 0 order by id desc limit 1 offset greatest($2 - 1, 0)),
failed as materialized (select id from ended where job = $1 and status = 4 order by id desc limit 1),
going as materialized (
    select id from oldest
    where (id < (select id from kept) or created_at < $3) and id is distinct from (select id from failed)
    order by id limit $4 + 1),
gone as (
    delete from ended e using (select id from going order by id limit $4) g where e.id = g.id
    returning e.id, e.status, e.started_at, e.completed_at),
words as (delete from execution_words w using gone g where w.execution = g.id),
waiting as (delete from to_index t using gone g where t.execution = g.id)
select 0::bigint, (select count(*) > $4 from going)::int::bigint, 0::bigint, 0::bigint
union all
select g.status, floor(g.completed_at / 60000000.0)::bigint, count(*),
    sum(case when g.status in (3, 4) then greatest(g.completed_at - g.started_at, 0) else 0 end)::bigint
from gone g group by 1, 2;

-- name: skips_clear
delete from skips where id in (
    select id from skips where to_at < $1 order by to_at, id limit $2 for update skip locked);
