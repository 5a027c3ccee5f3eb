-- A procedure of PostgreSQL for a job, and a login that may call it and nothing else (docs/procedures.md).
--   "storedProcedureName": "app.refresh", "parameters": { "day": "{{Today-1d}}" }
create schema if not exists app;
create table if not exists app.daily (day date primary key, orders bigint not null, refreshed_at timestamptz not null);

-- SECURITY DEFINER: it does what its owner may, whoever calls it; so its search_path is its own. Called twice it
-- does the same as called once, for a run may be made again.
create or replace procedure app.refresh(day date, force boolean default false)
language plpgsql security definer set search_path = app, pg_temp as $$
begin
  if not force and exists (select from daily where daily.day = refresh.day) then
    raise notice '% is there already', day;
    return;
  end if;
  insert into daily values (refresh.day, 0, now())
    on conflict on constraint daily_pkey do update set refreshed_at = excluded.refreshed_at;
  raise notice '% is done', day;
end $$;

create role alphabet_jobs login password 'change me';
revoke all on schema public from alphabet_jobs;
grant usage on schema app to alphabet_jobs;
revoke execute on all procedures in schema app from public;
grant execute on procedure app.refresh to alphabet_jobs;
