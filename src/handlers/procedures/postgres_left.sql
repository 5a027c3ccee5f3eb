-- What has a call left in the session that RESET ALL does not take away? Locks are let go on the
-- way; for the rest the answer t means that DISCARD ALL is needed.
select pg_catalog.pg_my_temp_schema() <> 0
  or exists (select from pg_catalog.pg_listening_channels())
  or exists (select from pg_catalog.pg_cursor())
  or current_user <> session_user
  or pg_catalog.pg_advisory_unlock_all() is null
