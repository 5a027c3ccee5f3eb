-- People and tokens. In a write, what is read is locked: what is written next was decided from it.

-- name: user_insert
insert into users (
    guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at,
    last_login_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing returning id;

-- name: user_update
update users set
    password_hash = $2, role = $3, is_locked = $4, locked_until = $5, failed_logins = $6, token_generation = $7,
    created_at = $8, last_login_at = $9
where id = $1;

-- name: user_delete
delete from users where id = $1;

-- name: user_delete_refresh_tokens
delete from refresh_tokens where user_id = $1;

-- name: user_delete_access_tokens
delete from access_tokens where user_id = $1;

-- By row, else by guid, else by e-mail.
-- name: user_get
select id, guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at,
    last_login_at
from users
where id = coalesce($1, (select id from users where guid = $2), (select id from users where email = $3));

-- name: user_get_locked
select id, guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at,
    last_login_at
from users
where id = coalesce($1, (select id from users where guid = $2), (select id from users where email = $3))
for update;

-- name: user_list
select id, guid, email, password_hash, role, is_locked, locked_until, failed_logins, token_generation, created_at,
    last_login_at
from users order by email limit $1 offset $2;

-- name: user_count_all
select count(*) from users;

-- Whoever takes an admin away counts them under this lock, in a statement behind it.
-- name: lock_admins
select pg_advisory_xact_lock(hashtext('alphabet ' || current_schema()), 1003);

-- name: user_count
select count(*) from users where role = $1 and not is_locked;

-- Nothing is inserted when there is no such user.
-- name: refresh_insert
insert into refresh_tokens (hash, user_id, family, created_at, expires_at, used_at, revoked_at)
select $1, id, $3, $4, $5, $6, $7 from users where id = $2 for key share;

-- name: refresh_get
select hash, user_id, family, created_at, expires_at, used_at, revoked_at from refresh_tokens where hash = $1;

-- name: refresh_get_locked
select hash, user_id, family, created_at, expires_at, used_at, revoked_at from refresh_tokens where hash = $1
for update;

-- name: refresh_mark_used
update refresh_tokens set used_at = $2 where hash = $1;

-- name: refresh_expire
delete from refresh_tokens where hash in (
    select hash from refresh_tokens where expires_at < $1 order by expires_at, hash limit $2 for update skip locked);

-- The time of the first revocation stays.
-- name: refresh_revoke_family
update refresh_tokens set revoked_at = $2 where family = $1 and revoked_at is null;

-- name: refresh_revoke_user
update refresh_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null;

-- name: token_insert
insert into access_tokens (
    guid, user_id, hash, prefix, name, role, created_at, expires_at, last_used_at, revoked_at)
select $1, id, $3, $4, $5, $6, $7, $8, $9, $10 from users where id = $2 for key share;

-- name: token_get
select t.guid, t.user_id, u.email, t.hash, t.prefix, t.name, t.role, t.created_at, t.expires_at, t.last_used_at,
    t.revoked_at
from access_tokens t join users u on u.id = t.user_id
where t.hash = $1;

-- name: token_list
select t.guid, t.user_id, u.email, t.hash, t.prefix, t.name, t.role, t.created_at, t.expires_at, t.last_used_at,
    t.revoked_at
from access_tokens t join users u on u.id = t.user_id
where t.user_id = $1 order by t.id;

-- name: token_revoke
update access_tokens set revoked_at = coalesce(revoked_at, $3) where user_id = $1 and guid = $2;

-- name: token_used
update access_tokens set last_used_at = $2 where guid = $1;
