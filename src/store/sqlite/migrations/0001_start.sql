-- The schema of a store, version 1. Migrations are numbered and never edited once released.
--
-- Units: every column that ends in _at, _from, _until or _for is an instant in microseconds since
-- 1970 UTC; null = not set (or never, for next_run_at and wake_at). Enumerations hold the numbers of
-- model/names.h. Flags are 0 or 1. Ids are integers inside the store; a guid is how the API names a
-- row. Columns that name another table's row are not declared as foreign keys: checking them would
-- cost on every execution, and only job_erase and user_delete take rows away.

-- Small facts: "schema_version", "paused_all", ...
create table meta (
    name  text primary key not null,
    value text not null
) without rowid, strict;

-- Counters that are written once for each commit; always equal to a recount. One row.
create table totals (
    id             integer primary key check (id = 1),
    jobs           integer not null,    -- not deleted
    jobs_enabled   integer not null,    -- enabled, not paused, not deleted
    executions     integer not null,    -- rows in executions
    pending        integer not null,    -- of these, by status
    running        integer not null,
    succeeded      integer not null,
    failed         integer not null,
    cancelled      integer not null,
    fence          integer not null,    -- the last fence that was drawn; only grows
    last_execution integer not null,    -- the last executions.id that was given out; only grows
    running_mark   integer not null     -- Running executions up to this id are in long_running
) strict;
insert into totals values (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- Executions that ended, counted by the minute of their end.
create table timeline (
    minute    integer primary key,      -- minutes since 1970 UTC
    succeeded integer not null,
    failed    integer not null,
    cancelled integer not null
) strict;

-- Texts that many executions share (queues, nodes, people), kept once.
create table names (
    id   integer primary key,
    text text not null unique
) strict;

-- Definitions of jobs. Wide and seldom written; what changes with each run is in job_state.
-- guid and name come first, because reading an execution needs no more than these two.
-- A row is never given out again, or what is remembered of an erased job would be taken for the new one's.
create table jobs (
    id                  integer primary key autoincrement,
    guid                blob not null unique,    -- 16 bytes
    name                text not null,
    description         text,                    -- null = none
    type                integer not null,        -- enum job_type
    schedule_type       integer not null,        -- enum schedule_type
    schedule_expression text,                    -- Cron only
    interval_seconds    integer not null,        -- Interval only
    interval_mode       integer not null,        -- enum interval_mode
    run_at              integer,                 -- OneTime only
    timezone            text,                    -- IANA name
    start_at            integer,                 -- null = unbounded
    end_at              integer,                 -- null = unbounded
    max_runs            integer not null,        -- 0 = no limit
    jitter_seconds      integer not null,
    retry_policy        text,                    -- JSON object
    exclusions          text,                    -- JSON object; null = none
    tags                text,                    -- JSON array of strings; also in job_tags
    timeout_seconds     integer not null,
    queue               text,
    concurrency_policy  integer not null,        -- enum concurrency_policy; also in job_state
    misfire_policy      integer not null,        -- enum misfire_policy
    gap_policy          integer not null,        -- enum gap_policy
    overlap_policy      integer not null,        -- enum overlap_policy
    is_enabled          integer not null,
    is_paused           integer not null,
    paused_until        integer,                 -- null = until resumed
    is_deleted          integer not null,        -- hidden; the history stays
    created_by          text,
    last_modified_by    text,
    created_at          integer,
    updated_at          integer,
    configuration       text                     -- JSON object; last, because it may be long
) strict;
create index jobs_name on jobs (name);
create index jobs_created_at on jobs (created_at);
create index jobs_updated_at on jobs (updated_at);

-- What a run changes: narrow, the one row of a job that is written when it fires and when it ends.
create table job_state (
    id                    integer primary key,   -- jobs.id
    revision              integer not null,      -- of the definition; the ETag
    status                integer not null,      -- enum job_status: job_current_status() of the row
    concurrency_policy    integer not null,      -- as in jobs
    wake_at               integer,               -- when the engine looks next; null = never
    next_run_at           integer,               -- nominal due time; null = no further run
    schedule_from         integer,               -- due times up to here are decided
    run_count             integer not null,      -- executions that the schedule made
    live_count            integer not null,      -- executions Pending or Running now
    running_count         integer not null,      -- of these, Running
    last_executed_at      integer,               -- start of the execution that ended last
    last_execution_status integer not null,      -- enum execution_status; 0 = never executed
    consecutive_failures  integer not null,
    execution_count       integer not null,      -- rows in executions
    last_execution        integer not null       -- executions.id, head of the job's chain; 0 = none
) strict;
create index job_state_wake on job_state (wake_at) where wake_at is not null;
create index job_state_failures on job_state (consecutive_failures) where consecutive_failures > 0;

-- One row for each tag of each job.
create table job_tags (
    tag text not null,
    job integer not null,                        -- jobs.id
    primary key (tag, job)
) without rowid, strict;

-- Executions: every attempt, whole history. A new row goes to the end of the table and to the end of
-- both indexes (guids and due times grow with time), so that a batch touches few pages however long
-- the history is. For the same reason nothing else is indexed here:
--   - the executions of a job are a chain: job_state.last_execution names the newest, `previous` leads
--     to the one before;
--   - what is Pending, and what ended badly, is also in a table of its own, because most executions
--     are born Running and end well and then touch neither;
--   - what runs is among the newest rows, or in long_running: see the view `running`.
--
-- A row keeps its length from birth to end, because rows that grow split full pages: columns that
-- mean nothing yet hold a filler of the width that they will need. While Pending that is started_at,
-- completed_at, node and fence; while Running, completed_at. Readers go by the status.
create table executions (
    id            integer primary key,           -- grows with creation
    guid          blob not null,                 -- 16 bytes, UUIDv7
    job           integer not null,              -- jobs.id
    previous      integer not null,              -- executions.id: the job's one before; 0 = none
    status        integer not null,              -- enum execution_status
    trigger       integer not null,              -- enum trigger
    retry_count   integer not null,              -- 0 = first attempt
    queue         integer not null,              -- names.id
    node          integer,                       -- names.id; null = never claimed
    fence         integer not null,              -- 0 = never claimed
    scheduled_for integer,                       -- nominal due time of the first attempt
    created_at    integer,
    available_at  integer,                       -- not claimed before
    started_at    integer,
    completed_at  integer,
    flags         integer not null               -- 1 = has a row in execution_details
                                                 -- 2 = cancel was requested
) strict;
create unique index executions_guid on executions (guid);
-- One run for one due time, ever.
create unique index executions_due on executions (scheduled_for, job)
    where trigger in (1, 6) and retry_count = 0;

-- What few executions have; written only where there is any of it.
create table execution_details (
    id               integer primary key,        -- executions.id
    retry_parent     blob,                       -- guid of the one before in a chain of retries
    triggered_by     text,                       -- e-mail; null for the schedule
    parameters       text,                       -- JSON object that overrides for this run
    error_type       integer,                    -- enum error_type; null or 0 = none
    error_message    text,                       -- for Cancelled the reason
    output           text,
    output_truncated integer
) strict;
create index execution_details_parent on execution_details (retry_parent)
    where retry_parent is not null;

-- Executions that are Pending, in the order in which they are claimed.
create table pending (
    queue        integer not null,               -- names.id
    available_at integer not null,
    execution    integer not null,               -- executions.id
    job          integer not null,               -- jobs.id
    primary key (queue, available_at, execution)
) without rowid, strict;

-- Executions that ended as Failed or Cancelled.
create table ended_badly (
    status    integer not null,                  -- enum execution_status: 4 or 5
    execution integer not null,                  -- executions.id
    primary key (status, execution)
) without rowid, strict;

-- Executions that still ran when some thousand newer ones had been made, and run now.
create table long_running (
    execution integer primary key                -- executions.id
) strict;

-- Everything that is Running: the mark follows the newest row at a distance, and what it passes over
-- while it runs goes to long_running.
create view running (id) as
    select id from executions where id > (select running_mark from totals) and status = 2
    union all
    select execution from long_running;

-- The decision ledger: due times that did not run, as ranges: from_at < due <= to_at.
create table skips (
    id         integer primary key,
    job        integer not null,                 -- jobs.id
    from_at    integer not null,
    to_at      integer not null,
    reason     integer not null,                 -- enum skip_reason
    decided_at integer not null
) strict;
create index skips_job on skips (job, to_at);

-- Servers that work on this store, by their heartbeats.
create table nodes (
    name          text primary key not null,
    version       text,
    started_at    integer,
    heartbeat_at  integer,
    lease_until   integer,
    workers_busy  integer not null,
    workers_total integer not null
) without rowid, strict;

-- Answers kept under the Idempotency-Key of the request that they answered.
create table idempotency (
    scope        text not null,                  -- user and route
    key          text not null,
    request_hash blob not null,                  -- SHA-256 of the body
    status       integer not null,               -- of the answer
    location     text,                           -- header; null = none
    body         text,
    created_at   integer not null,
    primary key (scope, key)
) strict;
create index idempotency_created_at on idempotency (created_at);

-- Who did what; append-only, chained (store/audit_hash.h). Ids are dense from 1.
create table audit (
    id      integer primary key,
    at      integer not null,
    actor   text,                                -- e-mail, or "system"
    address text,                                -- of the client; null for the system
    action  text,                                -- "job.create", ...
    subject blob,                                -- guid; null = none
    before  text,                                -- JSON of the changed fields; null = none
    after   text,
    hash    blob not null                        -- SHA-256 over the hash before and all fields above
) strict;
create index audit_subject on audit (subject) where subject is not null;

create table users (
    id               integer primary key,
    guid             blob not null unique,
    email            text not null unique,       -- lower case
    password_hash    text,                       -- Argon2id string
    role             integer not null,           -- enum role
    is_locked        integer not null,           -- by an admin
    locked_until     integer,                    -- after failed logins
    failed_logins    integer not null,           -- in a row
    token_generation integer not null,           -- access tokens made before it are refused
    created_at       integer,
    last_login_at    integer
) strict;

-- Refresh tokens; a token itself is never stored.
create table refresh_tokens (
    hash       blob primary key not null,        -- SHA-256 of the token
    user       integer not null,                 -- users.id
    family     blob not null,                    -- guid; all that rotated out of one login
    created_at integer,
    expires_at integer,
    used_at    integer,                          -- a second use revokes the family
    revoked_at integer
) without rowid, strict;
create index refresh_tokens_family on refresh_tokens (family);
create index refresh_tokens_user on refresh_tokens (user);

-- Personal access tokens.
create table access_tokens (
    id           integer primary key,
    guid         blob not null unique,
    user         integer not null,               -- users.id
    hash         blob not null unique,           -- SHA-256 of the token
    prefix       text,                           -- its first characters, to recognise it by
    name         text,
    role         integer not null,               -- enum role
    created_at   integer,
    expires_at   integer,                        -- null = no expiry
    last_used_at integer,
    revoked_at   integer
) strict;
create index access_tokens_user on access_tokens (user);
