-- The audit chain. Who appends has run lock_audit before audit_last, so that the entry it reads is the last one
-- whatever other nodes do.

-- name: audit_last
select id, hash from audit order by id desc limit 1;

-- name: audit_append
insert into audit (id, at, actor, address, action, subject, before, after, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- Ids are dense, so the last one is the count.
-- name: audit_count_all
select coalesce(max(id), 0) from audit;

-- $3 is a whole action; $4 and $5 are the first one of a group of actions ("job.") and the first one behind it.
-- name: filtered_audit
select id, at, actor, address, action, subject, before, after, hash from audit
where ($1 is null or subject = $1)
  and ($2 is null or lower(actor) = lower($2 collate "C"))
  and ($3 is null or action = $3)
  and ($4 is null or (action >= $4 and action < $5))
  and ($6 is null or at >= $6) and ($7 is null or at <= $7)
order by id desc limit $8 offset $9;

-- name: filtered_audit_count
select count(*) from audit
where ($1 is null or subject = $1)
  and ($2 is null or lower(actor) = lower($2 collate "C"))
  and ($3 is null or action = $3)
  and ($4 is null or (action >= $4 and action < $5))
  and ($6 is null or at >= $6) and ($7 is null or at <= $7);

-- name: audit_walk
select id, at, actor, address, action, subject, before, after, hash from audit
where id > $1 order by id limit $2;
