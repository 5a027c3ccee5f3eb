/* cron_parse.c - from the text of a pattern to sets of values; see cron.h.
 *
 * The text is read once, left to right, by one cursor. Each field is a list of parts; each part
 * sets bits in the value set of its field or, in the two day fields, in one of the special sets of
 * struct cron. Every complaint points at the character at fault and proposes what to write instead.
 * Numbers are read with a cap far above every limit, so no length of digits overflows.
 */
#include "schedule/cron.h"

#include "base/bounds.h"
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum field { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELD_COUNT };

static const char MONTH_NAMES[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
static const char WEEKDAY_NAMES[] = "SUNMONTUEWEDTHUFRISAT";

static const struct field_rule {
    const char *name;
    int min, max;
    int most_steps;    // the number of different values: a larger step is a mistake
    const char *names; // three letters each, the first one is `min`; or NULL
} rules[FIELD_COUNT] = {
    [SECOND] = {"second", 0, 59, 60, NULL},
    [MINUTE] = {"minute", 0, 59, 60, NULL},
    [HOUR] = {"hour", 0, 23, 24, NULL},
    [DAY] = {"day of month", 1, 31, 31, NULL},
    [MONTH] = {"month", 1, 12, 12, MONTH_NAMES},
    [WEEKDAY] = {"day of week", 0, 7, 7, WEEKDAY_NAMES},
    [YEAR] = {"year", CRON_FIRST_YEAR, CRON_LAST_YEAR, 230, NULL},
};

struct value_set {
    uint64_t words[4]; // bit v for value v; for years, v - 1970
};

struct parser {
    struct str text;
    size_t at;  // the cursor
    size_t end; // of the field being read
    enum field field;
    uint64_t hash_seed;
    struct value_set values; // of the field being read
    int weekday_form_at;     // where an nW or LW stands in this field, or -1
    bool field_has_range;
    struct cron cron;
    struct err *err;
};

static const struct field_rule *rule_of(const struct parser *p) {
    return &rules[p->field];
}

/* The character under the cursor, or 0 at the end of the field. */
static char peek(const struct parser *p) {
    return p->at < p->end ? p->text.ptr[p->at] : '\0';
}

static bool take(struct parser *p, char c) {
    if (peek(p) != c) return false;
    p->at++;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void add_value(struct parser *p, int value) {
    if (p->field == WEEKDAY && value == 7) value = 0;
    if (p->field == YEAR) value -= CRON_FIRST_YEAR;
    p->values.words[value / 64] |= 1ULL << (value % 64);
}

static void add_steps(struct parser *p, int from, int to, int step) {
    for (int value = from; value <= to; value += step) add_value(p, value);
}

/* Digits at the cursor, capped at a number that is out of every range. */
static int take_digits(struct parser *p) {
    int value = 0;
    for (; is_digit(peek(p)); p->at++)
        value = value > 99999 ? 999999 : value * 10 + (peek(p) - '0');
    return value;
}

/* The value of three letters, or -1. */
static int name_value(const struct field_rule *rule, const char *letters) {
    for (int i = 0; rule->names != NULL && rule->names[i] != '\0'; i += 3)
        if (upper(letters[0]) == rule->names[i] && upper(letters[1]) == rule->names[i + 1] &&
            upper(letters[2]) == rule->names[i + 2])
            return rule->min + i / 3;
    return -1;
}

static bool fail_unknown_name(struct parser *p, size_t length) {
    const struct field_rule *rule = rule_of(p);
    const char *word = p->text.ptr + p->at;
    int position = (int)p->at;
    if (length == 1 && (*word == 'l' || *word == 'w' || *word == 'h'))
        return err_set_at(p->err, position, "\"%c\" has no meaning here; the letter is written %c",
                          *word, upper(*word));
    if (length == 1 && *word == 'L')
        return err_set_at(
            p->err, position,
            p->field == WEEKDAY
                ? "L needs a day in front here: write FRI#L for the last Friday"
                : "L stands for the last day and belongs into the day of month field");
    if (length == 1 && *word == 'W')
        return err_set_at(p->err, position,
                          p->field == DAY
                              ? "W needs a day in front: write 15W for the weekday nearest the 15th"
                              : "W belongs behind a day of the month, as in 15W");
    if (rule->names == NULL)
        return err_set_at(p->err, position, "the %s field has no names: \"%.*s\" must be %d to %d",
                          rule->name, (int)(length > 20 ? 20 : length), word, rule->min, rule->max);
    if (length > 3 && name_value(rule, word) >= 0)
        return err_set_at(p->err, position, "names have three letters: write %.3s",
                          rule->names + 3 * (name_value(rule, word) - rule->min));
    return err_set_at(p->err, position, "\"%.*s\" is not a %s: write %s, or %d to %d",
                      (int)(length > 20 ? 20 : length), word, rule->name,
                      p->field == MONTH ? "JAN to DEC" : "SUN to SAT", rule->min, rule->max);
}

/* A name at the cursor. In the weekday field an upper-case L may follow at once: FRIL. */
static bool take_name(struct parser *p, int *ret) {
    size_t length = 0;
    while (p->at + length < p->end && is_letter(p->text.ptr[p->at + length])) length++;
    const char *word = p->text.ptr + p->at;
    bool last = length == 4 && p->field == WEEKDAY && word[3] == 'L';
    int value = length == 3 || last ? name_value(rule_of(p), word) : -1;
    if (value < 0) return fail_unknown_name(p, length);
    p->at += 3;
    *ret = value;
    return true;
}

static bool fail_no_value(struct parser *p) {
    const struct field_rule *rule = rule_of(p);
    char c = peek(p);
    int position = (int)p->at;
    if (c == '/')
        return err_set_at(p->err, position, "a step needs something to step through: write */n");
    if (c == '+')
        return err_set_at(p->err, position,
                          "+ is allowed only as the first character of the day of week field");
    if (c == '?')
        return err_set_at(p->err, position,
                          p->field == DAY || p->field == WEEKDAY
                              ? "? stands alone in its field: remove what is beside it, or write *"
                              : "? is allowed only in the two day fields: write *");
    if (c == '#')
        return err_set_at(p->err, position,
                          p->field == WEEKDAY
                              ? "# needs a day in front: write MON#1"
                              : "# belongs into the day of week field, as in MON#1");
    if (c == '@') return err_set_at(p->err, position, "a nickname such as @daily stands alone");
    if (c == '*')
        return err_set_at(p->err, position, "* cannot be an end of a range: write a number");
    return err_set_at(p->err, position, "a value is missing here: write a number from %d to %d",
                      rule->min, rule->max);
}

static bool take_value(struct parser *p, int *ret) {
    const struct field_rule *rule = rule_of(p);
    if (is_letter(peek(p))) return take_name(p, ret);
    if (!is_digit(peek(p))) return fail_no_value(p);
    size_t start = p->at;
    int value = take_digits(p);
    if (value < rule->min || value > rule->max)
        return err_set_at(p->err, (int)start, "the %s must be %d to %d, not %.*s", rule->name,
                          rule->min, rule->max, (int)(p->at - start > 20 ? 20 : p->at - start),
                          p->text.ptr + start);
    *ret = value;
    return true;
}

/* "/n" at the cursor; without one *ret is 0. */
static bool take_step(struct parser *p, int *ret) {
    const struct field_rule *rule = rule_of(p);
    *ret = 0;
    if (!take(p, '/')) return true;
    size_t start = p->at;
    if (!is_digit(peek(p)))
        return err_set_at(p->err, (int)start, "a step must be a number: write /1 to /%d",
                          rule->most_steps);
    int step = take_digits(p);
    if (step == 0)
        return err_set_at(p->err, (int)start, "a step of 0 never advances: write /1 or more");
    if (step > rule->most_steps)
        return err_set_at(p->err, (int)start,
                          "a step in the %s field is at most %d: a larger one would match once",
                          rule->name, rule->most_steps);
    *ret = step;
    return true;
}

/* Marks that the pattern follows elapsed time, when this field is one of the time of day. */
static void note_repeats(struct parser *p) {
    if (p->field <= HOUR) p->cron.repeats = true;
}

static bool fail_reversed(struct parser *p, size_t start, int from, int to) {
    const struct field_rule *rule = rule_of(p);
    if (p->field == WEEKDAY && to == 0)
        return err_set_at(p->err, (int)start,
                          "a range must not run backwards: write %d-7, where 7 is Sunday", from);
    if (p->field == YEAR)
        return err_set_at(p->err, (int)start, "a range must not run backwards: write %d-%d", to,
                          from);
    int max = p->field == WEEKDAY ? 6 : rule->max;
    return err_set_at(p->err, (int)start,
                      "a range must not run backwards: write %d-%d,%d-%d to go round the end", from,
                      max, rule->min, to);
}

/* What stands behind a star: nothing or a step. */
static bool parse_star(struct parser *p) {
    const struct field_rule *rule = rule_of(p);
    int step;
    if (!take_step(p, &step)) return false;
    p->field_has_range = true;
    note_repeats(p);
    add_steps(p, rule->min, rule->max, step == 0 ? 1 : step);
    return true;
}

/* H, H(a-b), H/n, H(a-b)/n; the H has been read. */
static bool parse_hashed(struct parser *p, size_t start) {
    const struct field_rule *rule = rule_of(p);
    if (p->field == YEAR)
        return err_set_at(p->err, (int)start, "H is not allowed in the year field: write a year");
    /* Without a range of its own the day of month stays within the days that every month has. */
    int from = rule->min, to = p->field == DAY ? 28 : p->field == WEEKDAY ? 6 : rule->max;
    int step, last = p->field == DAY ? 31 : to;
    if (take(p, '(')) {
        size_t range = p->at;
        if (!take_value(p, &from)) return false;
        if (!take(p, '-'))
            return err_set_at(p->err, (int)p->at, "H takes a range: write H(%d-%d)", from,
                              rule->max);
        if (!take_value(p, &to)) return false;
        if (from > to) return fail_reversed(p, range, from, to);
        if (!take(p, ')')) return err_set_at(p->err, (int)p->at, "write ) to close H(");
        last = to;
    }
    if (!take_step(p, &step)) return false;
    uint64_t hash = hash_bytes(rule->name, strlen(rule->name), p->hash_seed);
    int width = to - from + 1;
    if (step == 0) {
        add_value(p, from + (int)(hash % (uint64_t)width));
        return true;
    }
    p->field_has_range = true;
    note_repeats(p);
    add_steps(p, from + (int)(hash % (uint64_t)(step < width ? step : width)), last, step);
    return true;
}

/* L, L-n and LW; the L has been read. */
static bool parse_last_day(struct parser *p, size_t start) {
    if (take(p, 'W')) {
        p->weekday_form_at = (int)start;
        p->cron.last_working_day = true;
        return true;
    }
    if (!take(p, '-')) {
        p->cron.days_from_last |= 1;
        return true;
    }
    size_t number = p->at;
    if (!is_digit(peek(p)))
        return err_set_at(p->err, (int)number, "a number is missing: write L-1 to L-30");
    int back = take_digits(p);
    if (back < 1 || back > 30)
        return err_set_at(p->err, (int)number, "the days before the last are 1 to 30: write %s",
                          back == 0 ? "L" : "L-30 or less");
    p->cron.days_from_last |= 1U << back;
    return true;
}

/* d#n and d#L; the # has been read. */
static bool parse_nth_weekday(struct parser *p, int weekday) {
    uint8_t bit = (uint8_t)(1U << (weekday % 7));
    size_t start = p->at;
    if (take(p, 'L')) {
        p->cron.last_weekdays |= bit;
        return true;
    }
    if (!is_digit(peek(p)))
        return err_set_at(p->err, (int)start, "# needs a number from 1 to 5, or L for the last");
    int nth = take_digits(p);
    if (nth < 1 || nth > 5)
        return err_set_at(p->err, (int)start,
                          "a weekday occurs at most 5 times a month: write #1 to #5, or #L");
    p->cron.nth_weekdays[nth - 1] |= bit;
    return true;
}

/* What begins with a value: a, a-b, a-b/n, aW, a#n, aL. */
static bool parse_from_value(struct parser *p) {
    size_t start = p->at;
    int from, to, step;
    if (!take_value(p, &from)) return false;
    if (p->field == DAY && take(p, 'W')) {
        p->weekday_form_at = (int)start;
        p->cron.nearest_weekday |= 1U << from;
        return true;
    }
    if (p->field == WEEKDAY && take(p, '#')) return parse_nth_weekday(p, from);
    if (p->field == WEEKDAY && take(p, 'L')) {
        p->cron.last_weekdays |= (uint8_t)(1U << (from % 7));
        return true;
    }
    if (peek(p) == '/') {
        size_t slash = p->at;
        if (!take_step(p, &step)) return false;
        return err_set_at(p->err, (int)slash, "a step needs a range: write %d-%d/%d", from,
                          p->field == WEEKDAY ? 6 : rule_of(p)->max, step);
    }
    if (!take(p, '-')) {
        add_value(p, from);
        return true;
    }
    if (!take_value(p, &to)) return false;
    if (from > to) return fail_reversed(p, start, from, to);
    if (peek(p) == 'W')
        return err_set_at(p->err, (int)p->at, "W goes with a single day: write %dW", from);
    if (peek(p) == '#' || peek(p) == 'L')
        return err_set_at(p->err, (int)p->at, "%c goes with a single day, not with a range",
                          peek(p));
    if (!take_step(p, &step)) return false;
    p->field_has_range = true;
    note_repeats(p);
    add_steps(p, from, to, step == 0 ? 1 : step);
    return true;
}

static bool parse_part(struct parser *p) {
    size_t start = p->at;
    if (peek(p) == ',' || peek(p) == '\0')
        return err_set_at(p->err, (int)(peek(p) == '\0' && start > 0 ? start - 1 : start),
                          "a part of the list is empty: remove the comma");
    if (take(p, '*')) return parse_star(p);
    bool single_letter = p->at + 1 >= p->end || !is_letter(p->text.ptr[p->at + 1]);
    if (peek(p) == 'H' && single_letter) {
        p->at++;
        return parse_hashed(p, start);
    }
    bool last_weekday = p->at + 1 < p->end && p->text.ptr[p->at + 1] == 'W';
    if (p->field == DAY && peek(p) == 'L' && (single_letter || last_weekday)) {
        p->at++;
        return parse_last_day(p, start);
    }
    return parse_from_value(p);
}

static bool fail_unexpected(struct parser *p) {
    char c = peek(p);
    int position = (int)p->at;
    if (c == '#' || c == 'L')
        return err_set_at(p->err, position, "%c is not possible here; it follows a day of the week",
                          c);
    if (c == 'l' || c == 'w')
        return err_set_at(p->err, position, "the letter is written %c", upper(c));
    if (c == '/') return err_set_at(p->err, position, "there is no step here: remove it");
    if (c == 'W')
        return err_set_at(p->err, position,
                          "W goes with a single day of the month, as in 15W, or with L, as in LW");
    if (is_digit(c) && p->at > 0 && p->text.ptr[p->at - 1] == '*')
        return err_set_at(p->err, position, "behind * only a step can stand: write */%c", c);
    return err_set_at(p->err, position, "\"%c\" is not possible here: write , - / or a space", c);
}

/* The list of the field between the cursor and p->end. */
static bool parse_list(struct parser *p) {
    do {
        if (!parse_part(p)) return false;
        if (p->at < p->end && peek(p) != ',') return fail_unexpected(p);
    } while (take(p, ','));
    if (p->weekday_form_at >= 0 && p->field_has_range)
        return err_set_at(p->err, p->weekday_form_at,
                          "W stands alone or beside single days: remove the range");
    return true;
}

static void store_values(struct parser *p) {
    struct cron *cron = &p->cron;
    uint64_t low = p->values.words[0];
    switch (p->field) {
    case SECOND: cron->seconds = low; break;
    case MINUTE: cron->minutes = low; break;
    case HOUR: cron->hours = (uint32_t)low; break;
    case DAY: cron->days = (uint32_t)low; break;
    case MONTH: cron->months = (uint16_t)low; break;
    case WEEKDAY: cron->weekdays = (uint8_t)low; break;
    case YEAR: memcpy(cron->years, p->values.words, sizeof cron->years); break;
    case FIELD_COUNT: break;
    }
}

static bool parse_field(struct parser *p, enum field field, size_t start, size_t end) {
    p->field = field;
    p->at = start;
    p->end = end;
    p->values = (struct value_set){{0}};
    p->weekday_form_at = -1;
    p->field_has_range = false;
    if (field == WEEKDAY && take(p, '+')) {
        p->cron.both_days = true;
        if (p->at == p->end)
            return err_set_at(p->err, (int)start, "+ needs days behind it: write +MON");
    }
    bool every = p->end - p->at == 1 && (peek(p) == '*' || peek(p) == '?');
    if (field == DAY) p->cron.day_restricted = !every;
    if (field == WEEKDAY) p->cron.weekday_restricted = !every;
    if (peek(p) == '?' && every && (field == DAY || field == WEEKDAY))
        add_steps(p, rules[field].min, rules[field].max, 1);
    else if (!parse_list(p))
        return false;
    store_values(p);
    return true;
}

static const struct nickname {
    const char *name, *pattern;
} nicknames[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

/* The pattern that a nickname stands for; `at` is where it begins in the text of the user. */
static bool expand_nickname(struct str *text, int at, struct err *err) {
    struct str word = *text;
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] == ' ' || word.ptr[i] == '\t')
            return err_set_at(err, at + (int)i, "a nickname stands alone: remove what follows it");
    if (str_equal(word, STR("@reboot")))
        return err_set_at(err, at,
                          "@reboot is not supported: jobs do not start with the machine; "
                          "write a pattern of times, such as @daily");
    for (size_t i = 0; i < COUNT_OF(nicknames); i++) {
        struct str name = str_from_cstr(nicknames[i].name);
        if (str_equal(word, name)) {
            *text = str_from_cstr(nicknames[i].pattern);
            return true;
        }
        if (str_equal_nocase(word, name))
            return err_set_at(err, at, "nicknames are written in lower case: write %s",
                              nicknames[i].name);
    }
    return err_set_at(err, at,
                      "unknown nickname: write @hourly, @daily, @midnight, @weekly, @monthly, "
                      "@yearly or @annually");
}

/* Refuses what can be in no pattern, so that from here on a character is a byte. */
static bool check_characters(struct str text, struct err *err) {
    static const char allowed[] = "*,-/#?+@() \t";
    if (text.len > MAX_CRON_PATTERN)
        return err_set_at(err, MAX_CRON_PATTERN, "a pattern has at most %d characters",
                          MAX_CRON_PATTERN);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_digit(c) || is_letter(c) || (c != '\0' && strchr(allowed, c) != NULL)) continue;
        if (c > ' ' && c <= '~')
            return err_set_at(err, (int)i, "\"%c\" has no meaning in a pattern: remove it", c);
        return err_set_at(err, (int)i, "this character has no meaning in a pattern: remove it");
    }
    return true;
}

/* The start and end of each word of the text; how many there are, counted up to 8. */
static size_t split_words(struct str text, size_t starts[8], size_t ends[8]) {
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < 8;) {
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t')) i++;
        if (i == text.len) break;
        starts[count] = i;
        while (i < text.len && text.ptr[i] != ' ' && text.ptr[i] != '\t') i++;
        ends[count++] = i;
    }
    return count;
}

static bool check_count(struct str text, size_t count, const size_t starts[8], struct err *err) {
    if (count == 0)
        return err_set_at(err, 0, "the pattern is empty: write five fields, such as 0 2 * * *");
    if (count < 5)
        return err_set_at(err, (int)text.len,
                          "%zu field%s found, at least 5 needed: minute, hour, day of month, "
                          "month, day of week",
                          count, count == 1 ? "" : "s");
    if (count > 7)
        return err_set_at(err, (int)starts[7],
                          "too many fields: at most 7, from second to year; remove this one");
    return true;
}

bool cron_parse(struct str pattern, uint64_t hash_seed, struct cron *ret, struct err *err) {
    struct parser p = {.text = pattern, .hash_seed = hash_seed, .err = err};
    size_t starts[8] = {0}, ends[8] = {0};
    if (!check_characters(pattern, err)) return false;
    size_t count = split_words(pattern, starts, ends);
    if (count > 0 && pattern.ptr[starts[0]] == '@') {
        p.text = str_slice(pattern, starts[0], ends[count - 1] - starts[0]);
        if (!expand_nickname(&p.text, (int)starts[0], err)) return false;
        count = split_words(p.text, starts, ends);
    }
    if (!check_count(p.text, count, starts, err)) return false;
    size_t word = 0;
    p.cron.has_seconds = count >= 6;
    p.cron.seconds = 1;
    memset(p.cron.years, 0xFF, sizeof p.cron.years);
    for (enum field field = count >= 6 ? SECOND : MINUTE; word < count; field++, word++)
        if (!parse_field(&p, field, starts[word], ends[word])) return false;
    *ret = p.cron;
    return true;
}
