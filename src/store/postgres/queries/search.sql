-- The search for words. $6 are the words, in lower case, each once; the rest is as in filtered_executions, and $9 says
-- that nothing but $1 and the words is asked for.
--
-- Each word stands in the name of the job, in the output or in the error message. Names change, texts do not; so texts
-- are indexed once, and the names as they are now decide which words a text still has to have:
--   1. texts in which all of the words stand, of whatever job;
--   2. of jobs in whose names some of the words stand: texts in which the other words stand. The index has "#" and
--      the job for each text: so those of few jobs are looked up job by job, those of many are sorted out;
--   3. of jobs in whose names all of the words stand: everything;
--   4. what is not in the index yet, or may still change: read one by one.

-- name: filtered_search
with named as materialized (
    select w.job, array(select unnest($6) except select unnest(array_agg(w.word)) order by 1) as rest
    from job_words w
    where w.word = any ($6) and ($1 = 0 or w.job = $1)
    group by w.job),
groups as materialized (
    select rest, count(*) <= 32 as has_few from named
    where cardinality(rest) > 0 and cardinality(rest) < cardinality($6) group by rest),
matching as (
    select w.execution as id from execution_words w
    where w.words @> case $1 when 0 then $6 else $6 || ('#' || $1) end
    union
    select x.execution
    from groups g join named n on n.rest = g.rest
    cross join lateral (select execution from execution_words where words @> (n.rest || ('#' || n.job)) offset 0) x
    where g.has_few
    union
    select x.execution
    from groups g
    cross join lateral (select execution from execution_words where words @> g.rest offset 0) x
    join ended e on e.id = x.execution
    where not g.has_few and not exists (
        select 1 from unnest($6) u (word)
        where u.word <> all (g.rest)
          and not exists (select 1 from job_words w where w.word = u.word and w.job = e.job))
    union
    select e.id from named n join ended e on e.job = n.job where n.rest = '{}'
    union
    select l.id from named n join live l on l.job = n.job where n.rest = '{}'
    union
    select t.execution
    from to_index t join ended e on e.id = t.execution join jobs j on j.id = e.job
    where ($1 = 0 or e.job = $1) and words_of(concat_ws(' ', j.name, e.error_message, e.output)) @> $6
    union
    select l.id from live l join jobs j on j.id = l.job
    where ($1 = 0 or l.job = $1) and l.error_message is not null
      and words_of(concat_ws(' ', j.name, l.error_message)) @> $6),
found as materialized (
    select m.id from matching m
    where $9
       or exists (select 1 from ended e
                  where e.id = m.id and ($1 = 0 or e.job = $1) and ($2 = 0 or e.status = $2)
                    and ($3 is null or e.happened_at >= $3) and ($4 is null or e.happened_at <= $4)
                    and ($5 is null or e.queue = $5))
       or exists (select 1 from live l
                  where l.id = m.id and ($1 = 0 or l.job = $1) and ($2 = 0 or l.status = $2)
                    and ($3 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end >= $3)
                    and ($4 is null or case l.status when 1 then l.created_at else coalesce(l.started_at, l.created_at) end <= $4)
                    and ($5 is null or l.queue = $5)))
select t.total, h.*
from (select count(*) as total from found) t
left join lateral (select id from found order by id desc limit $7 offset $8) p on true
left join execution_heads h on h.id = p.id
order by p.id desc;

-- Takes what waits into the index; answers how much that was. What another node is at is left to it.
-- name: search_index
with taken as (
    delete from to_index where execution in (
        select execution from to_index order by execution limit $1 for update skip locked)
    returning execution),
put as (
    insert into execution_words (execution, words)
    select e.id, words_of(concat_ws(' ', e.error_message, e.output)) || ('#' || e.job)
    from taken t join ended e on e.id = t.execution
    on conflict (execution) do nothing)
select count(*) from taken;
