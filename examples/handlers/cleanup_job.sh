#!/bin/sh
# cleanup_job.sh - CleanupJob: removes old files from its working directory, and nowhere else.
#
# The example of a handler that changes files (docs/handlers.md): it needs a folder to work in, which
# the operator gives it in Scheduler:Handlers:CleanupJob:WorkingDirectories. Parameters, all optional:
#   olderThanDays  age of what is removed (7)
#   pattern        names of what is removed (*.tmp)
#   dryRun         true: only says what it would remove
set -eu
days=${ALPHABET_PARAM_OLDERTHANDAYS:-7}
pattern=${ALPHABET_PARAM_PATTERN:-*.tmp}
dry_run=${ALPHABET_PARAM_DRYRUN:-false}

case $days in '' | *[!0-9]*) echo "olderThanDays must be a whole number, not $days" >&2; exit 2 ;; esac
case $pattern in '' | */*) echo "pattern must be a plain pattern of names, not $pattern" >&2; exit 2 ;; esac

folder=$(pwd)
if [ "$folder" = / ]; then
    echo "nothing to clean: this handler has no working directory; the operator lists them in"
    echo "Scheduler:Handlers:CleanupJob:WorkingDirectories"
    exit 0
fi
count=0
list=$(find . -xdev -type f -name "$pattern" -mmin "+$((days * 1440))" -print)
if [ -n "$list" ]; then count=$(printf '%s\n' "$list" | wc -l); fi
echo "::progress 50 found $count"
if [ "$dry_run" = true ]; then
    printf '%s\n' "$list"
    echo "$count files would be removed from $folder"
else
    find . -xdev -type f -name "$pattern" -mmin "+$((days * 1440))" -print -delete
    echo "$count files removed from $folder"
fi
echo "::progress 100 done"
