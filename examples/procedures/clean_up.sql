-- clean_up.sql: a procedure of SQLite (docs/procedures.md). Put it into Scheduler:Procedures:Directory and write a job with
--   "storedProcedureName": "clean_up", "parameters": { "before": "{{Today-30d}}" }
-- All of it is one transaction: after an error, a timeout or a cancel nothing of it is kept.
delete from sessions where seen_at < :before;
update counters set cleaned = cleaned + changes();
select name, cleaned from counters;
