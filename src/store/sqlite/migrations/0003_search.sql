-- Version 3: audit entries by actor, action and time; watches; refresh tokens by expiry.

-- Each index holds what a filter can ask for beside what it is ordered by.
create index audit_actor on audit (actor collate nocase, action, at);
create index audit_action on audit (action, at);
create index audit_at on audit (at);

-- When to look whether a job does what was expected of it: one row for each job that has watches and is
-- not deleted.
create table watches (
    job            integer primary key,          -- jobs.id
    definition     text not null,                -- the job's watches that this row was made for
    check_at       integer,                      -- look then; null = not by time
    raised         integer not null,             -- bits of the alerts that are raised and not recovered
    last_execution blob                          -- guid: the latest one that an alert was raised for
) strict;
create index watches_check_at on watches (check_at) where check_at is not null;

create index refresh_tokens_expires_at on refresh_tokens (expires_at);
