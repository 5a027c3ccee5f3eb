-- Answers kept under the Idempotency-Key of their request.

-- A write that looks for a key holds it until it ends, so that another node that was given the same request
-- waits, and then finds the answer. The query that reads is a statement of its own.
-- name: lock_idempotency
select pg_advisory_xact_lock(hashtext('alphabet keys ' || current_schema()), hashtext($1 || ' ' || $2));

-- name: idempotency_get
select scope, key, request_hash, status, location, body, created_at from idempotency
where scope = $1 and key = $2 and created_at >= $3;

-- name: idempotency_put
insert into idempotency (scope, key, request_hash, status, location, body, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (scope, key) do update set
    request_hash = excluded.request_hash, status = excluded.status, location = excluded.location,
    body = excluded.body, created_at = excluded.created_at;

-- name: idempotency_expire
delete from idempotency where (scope, key) in (
    select scope, key from idempotency where created_at < $1 order by created_at limit $2 for update skip locked);
