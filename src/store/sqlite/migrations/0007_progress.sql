-- Version 7: how far an execution says that it has come.
alter table execution_details add column progress_percent integer; -- 0 to 100; null = has said nothing
alter table execution_details add column progress_text text;       -- null = none
