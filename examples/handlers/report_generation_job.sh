#!/bin/sh
# report_generation_job.sh - ReportGenerationJob: a small report about this machine as text or JSON.
#
# The example of a handler as a shell script (docs/handlers.md). Parameters, all optional:
#   title    headline of the report
#   format   text (default) or json
#   file     name of a file in the working directory to write it to; else it is the output
set -eu
title=${ALPHABET_PARAM_TITLE:-System report}
format=${ALPHABET_PARAM_FORMAT:-text}
file=${ALPHABET_PARAM_FILE:-}

case $format in text | json) ;; *) echo "format must be text or json, not $format" >&2; exit 2 ;; esac
case $file in */* | .*) echo "file must be a plain name, not $file" >&2; exit 2 ;; esac

escape() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }

echo "::progress 10 reading"
generated=$(date -u +%Y-%m-%dT%H:%M:%SZ)
kernel=$(uname -sr)
uptime=$(cut -d. -f1 /proc/uptime)
load=$(cut -d' ' -f1 /proc/loadavg)
memory=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)

report() {
    if [ "$format" = json ]; then
        printf '{"title":"%s","generatedAt":"%s","kernel":"%s","uptimeSeconds":%s,"load":%s,"memoryKiB":%s,"availableKiB":%s}\n' \
            "$(escape "$title")" "$generated" "$(escape "$kernel")" "$uptime" "$load" "${memory:-0}" "${available:-0}"
    else
        printf '%s\n\ngenerated  %s\nkernel     %s\nuptime     %s s\nload       %s\nmemory     %s KiB, %s KiB available\n' \
            "$title" "$generated" "$kernel" "$uptime" "$load" "${memory:-?}" "${available:-?}"
    fi
}

echo "::progress 60 writing"
if [ -n "$file" ]; then
    report > "$file.part"
    mv -- "$file.part" "$file"
    echo "written to $file"
else
    report
fi
echo "::progress 100 done"
