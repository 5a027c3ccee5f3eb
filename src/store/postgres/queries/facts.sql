-- Small facts by name.

-- name: meta_get
select value from meta where name = $1;

-- name: meta_set
insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value;

-- name: meta_delete
delete from meta where name = $1;
