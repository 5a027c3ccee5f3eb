/* crontab.c - see crontab.h.
 *
 * As cron did it: no run is caught up that was missed (misfirePolicy Skip), and one that failed is
 * not tried again unless the command said so. The name of a job is the comment in front of its
 * line, or else what it calls.
 */
#include "cli/crontab.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "cli/output.h"
#include "schedule/cron.h"
#include "schedule/zone.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
    const struct crontab_options *options;
    struct crontab_result *result;
    struct zone_cache *zones;
    struct arena arena;
    struct str timezone;
    struct str comment; // of the line before, for a name
    json_t *jobs;
    long number;
};

/* ---- words of a line ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Cuts the first word off, and the blanks behind it. */
static struct str take_word(struct str *rest) {
    size_t length = 0, behind;
    while (length < rest->len && !is_blank(rest->ptr[length])) length++;
    for (behind = length; behind < rest->len && is_blank(rest->ptr[behind]);) behind++;
    struct str word = str_slice(*rest, 0, length);
    *rest = str_slice(*rest, behind, rest->len);
    return word;
}

static void say(struct reader *reader, const char *what, struct str text) {
    struct buf line = buf_with_max(0);
    buf_printf(&line, "line %ld: %s: ", reader->number, what);
    buf_put_visible(&line, text, VISIBLE_ONE_LINE);
    (void)fprintf(reader->options->report, "%s\n", buf_str(&line).ptr);
    buf_free(&line);
}

static void refuse(struct reader *reader, const char *why) {
    say(reader, "refused", str_from_cstr(why));
    reader->result->refused++;
}

/* ---- variables ---- */

/* "NAME = value", the value perhaps in quotes. */
static bool take_variable(struct reader *reader, struct str line) {
    struct str value = line;
    struct str name = str_trim(str_cut(&value, '='));
    if (str_is_absent(value) || name.len == 0) return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    value = str_trim(value);
    if (value.len > 1 && strchr("'\"", value.ptr[0]) && value.ptr[value.len - 1] == value.ptr[0])
        value = str_slice(value, 1, value.len - 2);
    bool is_zone = str_equal(name, STR("CRON_TZ")) || str_equal(name, STR("TZ"));
    struct err err = ERR_INIT;
    if (!is_zone) {
        say(reader, "left out, since no shell runs the jobs", line);
    } else if (zone_cache_get(reader->zones, value, &err) == NULL) {
        refuse(reader, err.msg);
    } else if (str_is_absent(reader->options->timezone)) {
        reader->timezone = value;
    }
    return true;
}

/* ---- lines ---- */

static struct str schedule_of(struct str *rest) {
    struct str all = *rest, word;
    if (str_starts_with(all, STR("@"))) return take_word(rest);
    for (int i = 0; i < 5; i++) {
        word = take_word(rest);
        if (word.len == 0) return STR_NONE;
    }
    return (struct str){all.ptr, (size_t)(word.ptr + word.len - all.ptr)};
}

/* Blanks between the fields may be tabs, and several. */
static struct str in_single_spaces(struct arena *arena, struct str text) {
    struct buf buf = buf_with_max(0);
    while (text.len > 0) {
        struct str word = take_word(&text);
        if (buf.len > 0) buf_put_char(&buf, ' ');
        buf_put(&buf, word);
    }
    struct str copy = arena_copy(arena, buf_str(&buf));
    buf_free(&buf);
    return copy;
}

static struct str name_of(struct reader *reader, const json_t *job) {
    struct str name = reader->comment;
    if (name.len == 0) {
        const json_t *configuration = json_object_get(job, "jobConfiguration");
        struct str url = json_str_of(json_object_get(configuration, "url"));
        const char *method = json_string_value(json_object_get(configuration, "method"));
        struct str shown = str_cut(&url, '?');
        name = arena_printf(&reader->arena, "%s %.*s", method, STR_ARG(shown));
    }
    while (str_utf8_count(name) > MAX_NAME) {
        name.len--;
        while (!str_is_utf8(name)) name.len--;
    }
    return name;
}

static void add_job(struct reader *reader, struct str schedule, json_t *job) {
    struct str name = name_of(reader, job), zone = reader->timezone;
    json_t *whole =
        json_pack("{s:s%, s:s, s:s, s:s%, s:s%, s:s}", "name", name.ptr, name.len, "jobType",
                  "HttpCall", "scheduleType", "Cron", "scheduleExpression", schedule.ptr,
                  schedule.len, "timezone", zone.ptr, zone.len, "misfirePolicy", "Skip");
    (void)json_object_update(whole, job);
    if (json_object_get(whole, "retryPolicy") == NULL)
        (void)json_object_set_new(whole, "retryPolicy", json_pack("{s:i}", "maxAttempts", 1));
    (void)json_array_append_new(reader->jobs, whole);
    say(reader, "job", name);
}

static void take_job(struct reader *reader, struct str line) {
    struct err err = ERR_INIT;
    struct cron cron;
    struct str rest = line;
    struct str schedule = schedule_of(&rest);
    if (str_is_absent(schedule)) {
        refuse(reader, "it has neither five fields and a command nor a NAME=value");
        return;
    }
    schedule = in_single_spaces(&reader->arena, schedule);
    if (!cron_parse(schedule, 0, &cron, &err)) {
        refuse(reader, err.msg);
        return;
    }
    if (reader->options->with_user) (void)take_word(&rest);
    if (rest.len == 0) {
        refuse(reader, "it has no command");
        return;
    }
    json_t *job = command_to_job(rest, &err);
    if (job == NULL)
        refuse(reader, err.msg);
    else
        add_job(reader, schedule, job);
    json_decref(job);
}

static void take_line(struct reader *reader, struct str line) {
    line = str_trim(line);
    if (line.len > 0 && line.ptr[0] == '#') {
        while (line.len > 0 && line.ptr[0] == '#') line = str_slice(line, 1, line.len);
        reader->comment = str_trim(line);
        return;
    }
    if (line.len > 0 && !take_variable(reader, line)) take_job(reader, line);
    reader->comment = STR_NONE;
}

/* ---- the zone of this machine, which is cron's ---- */

static struct str zone_of_machine(struct arena *arena) {
    char target[1024];
    ssize_t length = readlink("/etc/localtime", target, sizeof target - 1);
    if (length <= 0) return STR("UTC");
    target[length] = '\0';
    const char *found = strstr(target, "/zoneinfo/");
    if (found == NULL) return STR("UTC");
    struct str name = str_from_cstr(found + strlen("/zoneinfo/"));
    if (str_starts_with(name, STR("Etc/"))) return STR("UTC");
    return arena_copy(arena, name);
}

bool crontab_read(struct str text, const struct crontab_options *options,
                  struct crontab_result *ret) {
    *ret = (struct crontab_result){.fault = ERR_INIT};
    struct reader reader = {.options = options,
                            .result = ret,
                            .zones = zone_cache_new(STR("/usr/share/zoneinfo")),
                            .jobs = json_array()};
    reader.timezone =
        str_is_absent(options->timezone) ? zone_of_machine(&reader.arena) : options->timezone;
    bool ok = str_is_utf8(text) && memchr(text.ptr != NULL ? text.ptr : "", '\0', text.len) == NULL;
    if (!ok) (void)err_set(&ret->fault, ERR_INVALID, "the crontab is not a text in UTF-8");
    ok = ok && zone_cache_get(reader.zones, reader.timezone, &ret->fault) != NULL;
    if (ok) (void)fprintf(options->report, "times are those of %.*s\n", STR_ARG(reader.timezone));
    while (ok && !str_is_absent(text)) {
        reader.number++;
        take_line(&reader, str_cut(&text, '\n'));
    }
    ret->payload = json_pack("{s:i, s:o}", "version", 1, "jobs", reader.jobs);
    zone_cache_free(reader.zones);
    arena_free(&reader.arena);
    return ok;
}

void crontab_free(struct crontab_result *result) {
    json_decref(result->payload);
    result->payload = NULL;
}
