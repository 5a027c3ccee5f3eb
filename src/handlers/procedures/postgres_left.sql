-- What has a call left in the session that nothing but DISCARD ALL takes away: temporary objects,
-- another role? Locks of the session are let go on the way.
select pg_catalog.pg_my_temp_schema() <> 0
  or current_user <> session_user
  or pg_catalog.pg_advisory_unlock_all() is null
