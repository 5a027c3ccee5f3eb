-- The timeline by the hour and by the day, so that a long range is a few rows. What changes a minute
-- changes its hour and its day by as much (writer.c).
create table timeline_long (
    span        integer not null,        -- minutes of the row: 60 or 1440
    number      integer not null,        -- of the span, counted from 1970 UTC
    succeeded   integer not null,
    failed      integer not null,
    cancelled   integer not null,
    duration_us integer not null,
    primary key (span, number)
) without rowid, strict;

insert into timeline_long (span, number, succeeded, failed, cancelled, duration_us)
select 60, minute / 60, sum(succeeded), sum(failed), sum(cancelled), sum(duration_us)
from timeline group by minute / 60;
insert into timeline_long (span, number, succeeded, failed, cancelled, duration_us)
select 1440, minute / 1440, sum(succeeded), sum(failed), sum(cancelled), sum(duration_us)
from timeline group by minute / 1440;
