-- Version 4: when the executions of a block of rows started, to find a range of time in a long history.

-- Blocks of 1,024 rows, without gaps up to the latest one that is kept; spans.h says what for.
create table execution_spans (
    block    integer primary key,           -- executions.id / 1024
    first_at integer not null,              -- of started_at, or created_at of what was never started
    last_at  integer                        -- null = something in it is still live
) strict;
create index execution_spans_open on execution_spans (block) where last_at is null;
