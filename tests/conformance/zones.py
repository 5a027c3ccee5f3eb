#!/usr/bin/env python3
"""zones.py DRIVER: every time zone of this machine against zdump.

Both are asked for every change of offset from 1970 to 2037, and from there to 2199, where only the rule in
the footer of a zone's file speaks (the latter for a sample of zones, since zdump is slow there). Ends
with 77, "skipped", where there is no zdump or no tzdata.
"""
import calendar
import os
import re
import shutil
import subprocess
import sys
import time

DIRECTORY = "/usr/share/zoneinfo"
MONTHS = dict(Jan=1, Feb=2, Mar=3, Apr=4, May=5, Jun=6, Jul=7, Aug=8, Sep=9, Oct=10, Nov=11, Dec=12)
LINE = re.compile(r"^(\S+)\s+\w{3} (\w{3})\s+(\d+) (\d+):(\d+):(\d+) (\d+) UTC? = .* gmtoff=(-?\d+)$")
FAR = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "America/Godthab",
       "Asia/Gaza", "Asia/Jerusalem", "Africa/Cairo", "Europe/Dublin", "America/Havana", "Pacific/Chatham",
       "America/Asuncion", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo",
       "Asia/Beirut", "Europe/Chisinau", "America/Santiago", "Pacific/Easter"]


def names():
    """One name for each different file: "GB" and "Europe/London" are the same bytes."""
    found = {}
    for folder, folders, files in os.walk(DIRECTORY):
        folders[:] = sorted(f for f in folders if os.path.join(folder, f) not in
                            (DIRECTORY + "/right", DIRECTORY + "/posix"))
        for file in files:
            path = os.path.join(folder, file)
            name = os.path.relpath(path, DIRECTORY)
            with open(path, "rb") as handle:
                content = handle.read()
                if content[:4] == b"TZif" and name not in ("localtime", "posixrules"):
                    found[content] = max(name, found.get(content, name), key=lambda n: ("/" in n, n))
    return sorted(found.values())


def start_of(year):
    return calendar.timegm((year, 1, 1, 0, 0, 0))


def by_zdump(zones, first_year, last_year):
    """name -> [(instant, offset), ...], the changes of offset in these years."""
    command = ["zdump", "-v", "-c", f"{first_year},{last_year}", *zones]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    samples = {name: [] for name in zones}
    for line in output.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        name, month, day, hour, minute, second, year, offset = match.groups()
        at = calendar.timegm((int(year), MONTHS[month], int(day), int(hour), int(minute), int(second)))
        samples[name].append((at, int(offset)))
    begin, end = start_of(first_year), start_of(last_year)
    changes = {}
    for name, list_of in samples.items():
        list_of.sort()
        changes[name] = [(b[0], b[1]) for a, b in zip(list_of, list_of[1:])
                         if b[0] == a[0] + 1 and a[1] != b[1] and begin <= b[0] < end]
    return changes


def by_driver(driver, zones, first_year, last_year):
    command = [driver, DIRECTORY, "zones", str(start_of(first_year) - 1), str(start_of(last_year))]
    output = subprocess.run(command, input="\n".join(zones) + "\n", capture_output=True, text=True,
                            check=True).stdout
    changes = {}
    for line in output.splitlines():
        name, _, *rest = line.split()
        changes[name] = [tuple(int(part) for part in item.split(":")) for item in rest]
    return changes


def compare(driver, zones, first_year, last_year):
    begin = time.time()
    theirs = by_zdump(zones, first_year, last_year)
    ours = by_driver(driver, zones, first_year, last_year)
    wrong = 0
    for name in zones:
        if theirs[name] != ours[name]:
            wrong += 1
            if wrong > 10:
                continue
            difference = sorted(set(theirs[name]) ^ set(ours[name]))[:4]
            print(f"{name} {first_year}-{last_year}: {len(theirs[name])} changes by zdump, "
                  f"{len(ours[name])} by us; first differences {difference}")
    total = sum(len(list_of) for list_of in theirs.values())
    print(f"{len(zones)} zones, {first_year} to {last_year}: {total} changes of offset, "
          f"{wrong} zones differ ({time.time() - begin:.1f} s)")
    return wrong if total > 0 else 1


def main():
    driver = sys.argv[1]
    if shutil.which("zdump") is None or not os.path.isdir(DIRECTORY):
        print("skipped: this machine has no zdump or no tzdata")
        return 77
    zones = names()
    wrong = compare(driver, zones, 1970, 2038)
    wrong += compare(driver, [name for name in FAR if os.path.isfile(os.path.join(DIRECTORY, name))], 2037, 2200)
    return 1 if wrong else 0


sys.exit(main())
