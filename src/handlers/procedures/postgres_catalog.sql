-- What procedures and functions of a name there are: $1 the schema or null (then those of the
-- search path), $2 the name. First column: them with their arguments; second: when there are none,
-- the names of some that are there.
select
  coalesce((
    select json_agg(found order by found.place, found.oid)
    from (
      select
        p.oid::int8 as oid,
        n.nspname as schema,
        p.proname as name,
        p.prokind as kind,
        p.prorettype = 'pg_catalog.void'::pg_catalog.regtype as "isVoid",
        p.pronargdefaults as defaults,
        case when $1::text is null
          then pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname) else 0 end as place,
        (
          select coalesce(json_agg(json_build_object(
              'name', coalesce(p.proargnames[a.number], ''),
              'mode', coalesce(p.proargmodes[a.number]::text, 'i'),
              'type', t.oid::int8,
              'typeName', pg_catalog.format_type(t.oid, null),
              'category', t.typcategory,
              'isPseudo', t.typtype = 'p',
              'element', coalesce(e.oid, 0)::int8) order by a.number), '[]')
          from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a(type, number)
          join pg_catalog.pg_type t on t.oid = a.type
          left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
        ) as arguments
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.proname = $2 and p.prokind in ('p', 'f')
        and case when $1::text is null then n.nspname = any(pg_catalog.current_schemas(true)) else n.nspname = $1 end
    ) as found
  ), '[]'),
  case when not exists (
      select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.proname = $2 and ($1::text is null or n.nspname = $1)
    ) then (
    select pg_catalog.string_agg(others.name, ', ' order by others.is_near desc, others.name)
    from (
      select distinct n.nspname || '.' || p.proname as name,
        pg_catalog.starts_with(lower(p.proname), lower(pg_catalog.left($2, 2))) as is_near
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.prokind in ('p', 'f')
        and p.prorettype <> all ('{trigger,event_trigger,internal,language_handler}'::pg_catalog.regtype[])
        and case when $1::text is null
          then n.nspname = any(pg_catalog.current_schemas(false)) and n.nspname not in ('pg_catalog', 'information_schema')
          else n.nspname = $1 end
        and pg_catalog.has_function_privilege(p.oid, 'execute')
      order by is_near desc, name limit 20
    ) as others
  ) end
