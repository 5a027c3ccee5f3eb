-- Version 3: the words of executions and of job names; audit entries by actor, action and time; watches;
-- refresh tokens by expiry.

-- The words of what executions have said (error message and output), with "#JOB" as a word that stands for
-- the job. Only executions that have ended and said anything are in it; rowid = executions.id. The texts
-- themselves stay where they are. "ascii" cuts as store/words.h says; "#" is cut out of the texts.
-- Merging is done in small steps, by store_search_index.
create virtual table execution_words using fts5 (
    text, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '#'");
insert into execution_words (execution_words, rank) values ('automerge', 0);
insert into execution_words (execution_words, rank) values ('usermerge', 8);
insert into execution_words (execution_words, rank) values ('crisismerge', 64);

-- Up to this executions.id every text is in the index, but for those in to_index. One row.
create table search_mark (
    id        integer primary key check (id = 1),
    execution integer not null
) strict;
insert into search_mark values (1, 0);

-- Executions up to the mark that have said something since it passed them, or that have not ended.
create table to_index (
    execution integer primary key                -- executions.id
) strict;

-- The words of the names of jobs, in lower case.
create table job_words (
    word text not null,
    job  integer not null,                       -- jobs.id
    primary key (word, job)
) without rowid, strict;
insert or ignore into job_words (word, job) select w.value, j.id from jobs j, json_each(words_of(j.name)) w;

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
