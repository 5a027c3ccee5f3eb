#!/usr/bin/env python3
"""oracle.py DRIVER [SEED [WINDOWS]]: random patterns in random zones against a slow second opinion.

The second opinion shares nothing with the program: Python's own zoneinfo, a pattern that is asked
field by field, and every minute of a window looked at in turn. Half of the windows lie around a clock
change. Prints the seed; `oracle.py DRIVER SEED` repeats a run. Ends with 77, "skipped", without tzdata.

`oracle.py --table SEED ROWS` prints rows for tests/tables/cron_next.txt instead: what the second opinion
says, for the unit tests, which need neither Python nor tzdata of the same day.
"""
import calendar
import datetime
import os
import random
import subprocess
import sys
import time
import zoneinfo

DIRECTORY = "/usr/share/zoneinfo"
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = datetime.timedelta(minutes=1)
NAMES = {"month": "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(),
         "weekday": "SUN MON TUE WED THU FRI SAT".split()}
LIMITS = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12),
          "weekday": (0, 7), "year": (1970, 2199)}
# Zones with something special; the others are drawn from all there are.
FAMOUS = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
          "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "America/St_Johns", "Europe/Dublin",
          "Africa/Cairo", "Asia/Gaza", "America/Godthab", "Asia/Tehran", "Pacific/Chatham", "UTC",
          "America/Havana", "Asia/Pyongyang", "America/Caracas", "Pacific/Kiritimati", "Asia/Beirut"]


# --- what a pattern means, one question at a time ---------------------------------------------------

def number(field, text):
    if text.upper() in NAMES.get(field, ()):
        return NAMES[field].index(text.upper()) + (1 if field == "month" else 0)
    return int(text)


def part_matches(field, part, value):
    """A plain part: *, a, a-b, with a step or without."""
    span, _, step = part.partition("/")
    if span == "*":
        low, high = LIMITS[field]
    elif "-" in span:
        low, high = (number(field, end) for end in span.split("-"))
    else:
        low = high = number(field, span)
    return low <= value <= high and (value - low) % int(step or 1) == 0


def field_matches(field, text, value):
    return any(part_matches(field, part, value) for part in text.split(","))


def month_length(date):
    return calendar.monthrange(date.year, date.month)[1]


def is_working_day(date):
    return date.weekday() < 5


def nearest(date, day):
    """Whether date is the working day nearest to that day of its month."""
    if day > month_length(date):
        return False
    wanted = date.replace(day=day)
    inside = [date.replace(day=d) for d in range(1, month_length(date) + 1)]
    # Nearest by distance; of Friday and Monday, Saturday takes the earlier, Sunday the later one.
    best = min((d for d in inside if is_working_day(d)), key=lambda d: abs((d - wanted).days))
    return date == best


def day_part_matches(part, date):
    if part == "L":
        return date.day == month_length(date)
    if part == "LW":
        working = [d for d in range(1, month_length(date) + 1) if is_working_day(date.replace(day=d))]
        return date.day == max(working)
    if part.startswith("L-"):
        return date.day == month_length(date) - int(part[2:])
    if part.endswith("W"):
        return nearest(date, int(part[:-1]))
    return part_matches("day", part, date.day)


def weekday_part_matches(part, date):
    today = date.isoweekday() % 7
    if "#" in part or part.endswith("L"):
        day, _, nth = part.partition("#") if "#" in part else (part[:-1], "", "L")
        if number("weekday", day) % 7 != today:
            return False
        if nth == "L":
            return date.day + 7 > month_length(date)
        return (date.day - 1) // 7 + 1 == int(nth)
    return part_matches("weekday", part, today) or (today == 0 and part_matches("weekday", part, 7))


class Pattern:
    def __init__(self, text):
        self.text = text
        fields = text.split()
        self.second = fields.pop(0) if len(fields) > 5 else "0"
        self.year = fields.pop() if len(fields) > 5 else "*"
        self.minute, self.hour, self.day, self.month, weekday = fields
        self.both = weekday.startswith("+")
        self.weekday = weekday.lstrip("+")
        self.repeats = any(c in self.second + self.minute + self.hour for c in "*-/")
        self.seconds = [s for s in range(60) if field_matches("second", self.second, s)]
        self.minutes = {m for m in range(60) if field_matches("minute", self.minute, m)}
        self.hours = {h for h in range(24) if field_matches("hour", self.hour, h)}
        self.days = {}

    def day_matches(self, date):
        if not field_matches("month", self.month, date.month):
            return False
        if not field_matches("year", self.year, date.year):
            return False
        by_number = any(day_part_matches(part, date) for part in self.day.replace("?", "*").split(","))
        by_weekday = any(weekday_part_matches(p, date) for p in self.weekday.replace("?", "*").split(","))
        if self.day in "*?" or self.weekday in "*?" or self.both:
            return by_number and by_weekday
        return by_number or by_weekday

    def minute_matches(self, local):
        """local: a datetime without a zone, at a whole minute."""
        if local.minute not in self.minutes or local.hour not in self.hours:
            return False
        date = local.date()
        if date not in self.days:
            self.days[date] = self.day_matches(date)
        return self.days[date]


# --- every minute of a window -------------------------------------------------------------------------

class Window:
    """The minutes of (begin, end] in a zone, with a day more on each side to see what repeats."""

    def __init__(self, zone, begin, end):
        self.begin, self.end = begin, end
        info = zoneinfo.ZoneInfo(zone)
        at = begin - datetime.timedelta(hours=26)
        self.minutes, self.seen = [], {}
        while at <= end + datetime.timedelta(hours=26):
            local = at.astimezone(info).replace(tzinfo=None, fold=0)
            self.minutes.append((at, local))
            self.seen.setdefault(local, []).append(at)
            at += MINUTE

    def runs(self, pattern, gap, overlap):
        if overlap == "Auto":
            overlap = "Both" if pattern.repeats else "First"
        found = {}
        previous = None
        for at, local in self.minutes:
            if pattern.minute_matches(local):
                passes = self.seen[local]
                if overlap == "Both" or at == (passes[0] if overlap == "First" else passes[-1]):
                    for second in pattern.seconds:
                        found[seconds_of(at) + second] = False
            if previous is not None and local - previous > MINUTE:
                self.add_gap(pattern, gap, at, previous + MINUTE, local, found)
            previous = local
        low, high = seconds_of(self.begin), seconds_of(self.end)
        return [f"{due}*" if moved else str(due) for due, moved in sorted(found.items()) if low < due <= high]

    @staticmethod
    def add_gap(pattern, gap, at, first, behind, found):
        missing = first
        while missing < behind:
            if pattern.minute_matches(missing):
                if gap == "RunAfter":
                    found.setdefault(seconds_of(at), True)
                if gap == "Shift":
                    for second in pattern.seconds:
                        found.setdefault(seconds_of(at + (missing - first)) + second, True)
            missing += MINUTE


def seconds_of(at):
    return int((at - EPOCH).total_seconds())


# --- random cases -----------------------------------------------------------------------------------

def random_value(rng, field):
    low, high = LIMITS[field]
    value = rng.randint(low, high)
    if field in NAMES and rng.random() < 0.3:
        name = NAMES[field][(value - low) % len(NAMES[field])]
        return rng.choice([name, name.lower(), name.title()])
    return str(value)


def random_part(rng, field):
    low, high = LIMITS[field]
    kind = rng.random()
    if kind < 0.45:
        return random_value(rng, field)
    if kind < 0.7:
        a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
        return f"{a}-{b}" + (f"/{rng.randint(1, 7)}" if rng.random() < 0.4 else "")
    return f"*/{rng.randint(1, 7)}"


def random_field(rng, field, star):
    if rng.random() < star:
        return "*"
    return ",".join(random_part(rng, field) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_day(rng):
    kind = rng.random()
    if kind < 0.5:
        return rng.choice("**?")
    if kind < 0.75:
        return random_field(rng, "day", 0)
    special = ["L", f"L-{rng.randint(1, 30)}", f"{rng.randint(1, 31)}W", "LW", str(rng.randint(1, 31))]
    return ",".join(rng.sample(special, rng.choice([1, 1, 2])))


def random_weekday(rng):
    kind = rng.random()
    if kind < 0.5:
        return rng.choice("**?")
    plus = rng.choice(["", "", "+"])
    if kind < 0.75:
        return plus + random_field(rng, "weekday", 0)
    day = random_value(rng, "weekday")
    return plus + rng.choice([f"{day}#{rng.randint(1, 5)}", f"{day}#L", f"{day}L", f"{day}#1,{day}L"])


def random_pattern(rng, year):
    fields = [random_field(rng, "minute", 0.25), random_field(rng, "hour", 0.4), random_day(rng),
              random_field(rng, "month", 0.85), random_weekday(rng)]
    if rng.random() < 0.2:
        fields.insert(0, rng.choice(["0", "30", "5,10", "0-3", "*/20"]))
        if rng.random() < 0.5:
            fields.append(rng.choice([str(year), f"{year - 1}-{year + 1}", "*", "*/2"]))
    elif rng.random() < 0.2:  # what people write, at the hours where clocks change
        fields[0], fields[1] = rng.choice(["0", "30", "*/15", "0,30", "59"]), rng.choice(["0", "1", "2", "3", "0-3"])
    return " ".join(fields)


def change_near(rng, info, year):
    """An instant near a change of offset in that year, or None."""
    day = datetime.datetime(year, 1, 1, tzinfo=UTC)
    changes = []
    for _ in range(366):
        following = day + datetime.timedelta(days=1)
        if day.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
            changes.append(day)
        day = following
    return rng.choice(changes) if changes else None


def random_window(rng, zones):
    zone = rng.choice(FAMOUS if rng.random() < 0.6 else zones)
    info = zoneinfo.ZoneInfo(zone)
    year = rng.choice([2011, 2026, rng.randint(1975, 2037), rng.randint(2038, 2198)])
    begin = change_near(rng, info, year) if rng.random() < 0.8 else None
    if begin is None:
        begin = datetime.datetime(year, rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)
    begin += datetime.timedelta(minutes=rng.randint(-600, 600))
    if any((begin + datetime.timedelta(hours=h)).astimezone(info).utcoffset().total_seconds() % 60
           for h in (-30, 0, 30, 60)):
        return random_window(rng, zones)  # the window looks at whole minutes
    return zone, Window(zone, begin, begin + datetime.timedelta(hours=rng.choice([6, 36, 60]))), year


def make_cases(rng, windows):
    zones = sorted(name for name in zoneinfo.available_timezones()
                   if name not in ("localtime", "Factory", "posixrules") and
                   not name.startswith(("SystemV/", "posix/", "right/")))
    cases = []
    for _ in range(windows):
        zone, window, year = random_window(rng, zones)
        for _ in range(12):
            pattern = Pattern(random_pattern(rng, year))
            gap = rng.choice(["RunAfter", "RunAfter", "Shift", "Skip"])
            overlap = rng.choice(["Auto", "Auto", "First", "Last", "Both"])
            case = f"{pattern.text}|{zone}|{gap}|{overlap}|{seconds_of(window.begin)}|{seconds_of(window.end)}"
            cases.append((case, window.runs(pattern, gap, overlap)))
    return cases


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def window_rows(rng, rows):
    """The first runs of a window, in zones whose rules for these years are settled."""
    zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "UTC",
             "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "America/St_Johns", "Europe/Dublin"]
    while rows > 0:
        zone, year = rng.choice(zones), rng.randint(2005, 2025)
        begin = change_near(rng, zoneinfo.ZoneInfo(zone), year)
        begin = begin or datetime.datetime(year, rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC)
        begin += datetime.timedelta(minutes=rng.randint(-300, 900))
        window = Window(zone, begin, begin + datetime.timedelta(hours=48))
        for _ in range(20):
            pattern = Pattern(random_pattern(rng, year))
            gap = rng.choice(["RunAfter", "RunAfter", "Shift", "Skip"])
            overlap = rng.choice(["Auto", "Auto", "First", "Last", "Both"])
            runs = window.runs(pattern, gap, overlap)[:4]
            if runs and rows > 0:
                texts = [stamp(int(run.rstrip("*"))) + ("*" if run.endswith("*") else "") for run in runs]
                print(f"{pattern.text}|{zone}|{gap}|{overlap}|{stamp(seconds_of(begin))}|{' '.join(texts)}")
                rows -= 1


def calendar_rows(rng, rows):
    """Days of years to come: day, month, weekday and year, at a time of the day that exists."""
    while rows > 0:
        start = datetime.date(rng.randint(1970, 2180), rng.randint(1, 12), rng.randint(1, 28))
        fields = ["0", "0", "12", random_day(rng), random_field(rng, "month", 0.6), random_weekday(rng)]
        fields.append(rng.choice(["*", "*", "*/2", f"{start.year}-{start.year + 9}"]))
        pattern, date, found = Pattern(" ".join(fields)), start, []
        while len(found) < 4 and date.year < min(start.year + 12, 2200):
            if pattern.day_matches(date):
                found.append(f"{date}T12:00:00Z")
            date += datetime.timedelta(days=1)
        if found:
            print(f"{pattern.text}|UTC|RunAfter|Auto|{start}T00:00:00Z|{' '.join(found)}")
            rows -= 1


def print_table(seed, rows):
    zoneinfo.reset_tzpath([DIRECTORY])
    rng = random.Random(seed)
    window_rows(rng, rows // 2)
    calendar_rows(rng, rows - rows // 2)
    return 0


def main():
    if sys.argv[1] == "--table":
        return print_table(int(sys.argv[2]), int(sys.argv[3]))
    if not os.path.isdir(DIRECTORY):
        print("skipped: this machine has no tzdata")
        return 77
    zoneinfo.reset_tzpath([DIRECTORY])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    windows = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    print(f"seed {seed}: oracle.py DRIVER {seed} {windows}")
    begin = time.time()
    cases = make_cases(random.Random(seed), windows)
    answers = subprocess.run([sys.argv[1], DIRECTORY, "runs"], input="".join(c + "\n" for c, _ in cases),
                             capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = [(case, wanted, answer.split()) for (case, wanted), answer in zip(cases, answers)
             if wanted != answer.split()]
    for case, wanted, answer in wrong[:5]:
        print(f"{case}\n  only by us:     {sorted(set(answer) - set(wanted))[:6]}\n"
              f"  only by oracle: {sorted(set(wanted) - set(answer))[:6]}")
    runs = sum(len(wanted) for _, wanted in cases)
    print(f"{len(cases)} cases, {runs} runs, {len(wrong)} cases differ ({time.time() - begin:.1f} s)")
    return 1 if wrong or len(answers) != len(cases) or runs == 0 else 0


sys.exit(main())
