/* exclusions.c - see exclusions.h. */
#include "model/exclusions.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "model/fields.h"

enum { DAYS_OF_WEEK = 7, SECONDS_OF_DAY = 86400 };

static const struct str known_fields[] = {
    STR_INIT("excludedDates"),
    STR_INIT("excludedDaysOfWeek"),
    STR_INIT("timeRange"),
};
static const struct str known_range_fields[] = {STR_INIT("start"), STR_INIT("end")};

static struct str item_name(const struct fields *fields, struct str name, size_t index) {
    return arena_printf(fields->faults->arena, "%.*s[%zu]", STR_ARG(name), index);
}

static void read_dates(const struct fields *fields, struct arena *arena, struct exclusion *ret) {
    struct str name = STR("excludedDates");
    const json_t *array = fields_array(fields, name);
    if (array == NULL) return;
    size_t count = json_array_size(array);
    if (count > MAX_EXCLUDED_DATES) {
        fields_fault(fields, name, "must hold at most %d dates", MAX_EXCLUDED_DATES);
        return;
    }
    int32_t *dates = ARENA_ARRAY(arena, count, int32_t);
    for (size_t i = 0; i < count; i++) {
        if (exclusion_parse_date(json_str_of(json_array_get(array, i)), &dates[i])) continue;
        fields_fault(fields, item_name(fields, name, i), "must be a date such as 2026-12-25");
    }
    ret->dates = dates;
    ret->date_count = exclusion_sort_dates(dates, count);
}

/* Names, or the numbers of .NET's DayOfWeek: 0 is Sunday. */
static bool weekday_of(const json_t *value, int *ret) {
    if (!json_is_integer(value)) return exclusion_parse_weekday(json_str_of(value), ret);
    json_int_t number = json_integer_value(value);
    if (number < 0 || number >= DAYS_OF_WEEK) return false;
    *ret = (int)number;
    return true;
}

static void read_weekdays(const struct fields *fields, struct exclusion *ret) {
    struct str name = STR("excludedDaysOfWeek");
    const json_t *array = fields_array(fields, name);
    if (array == NULL) return;
    size_t count = json_array_size(array);
    if (count > (size_t)DAYS_OF_WEEK * 2) { // some twice, but no end of them
        fields_fault(fields, name, "must hold at most %d days", DAYS_OF_WEEK);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int day;
        if (weekday_of(json_array_get(array, i), &day)) {
            ret->weekdays |= (uint8_t)(1U << day);
        } else {
            fields_fault(fields, item_name(fields, name, i),
                         "must be a day of the week: Sunday, Monday, ... or 0 to 6");
        }
    }
}

static bool read_time(const struct fields *fields, struct str name, int32_t last, int32_t *ret) {
    struct str text;
    if (!fields_has(fields, name)) {
        fields_fault(fields, name, "is missing");
        return false;
    }
    if (!fields_str(fields, name, TEXT_LINE, 1, sizeof "00:00:00", &text)) return false;
    int32_t seconds;
    if (exclusion_parse_time(text, &seconds) && seconds <= last) {
        *ret = seconds;
        return true;
    }
    fields_fault(fields, name, "must be a time of day such as 22:00 or 22:00:30");
    return false;
}

static void read_range(const struct fields *fields, struct exclusion *ret) {
    const json_t *object = fields_object(fields, STR("timeRange"));
    if (object == NULL || json_object_size(object) == 0) return;
    struct fields range = {
        .object = object,
        .path = fields_path(fields, STR("timeRange")),
        .faults = fields->faults,
    };
    fields_known(&range, known_range_fields, COUNT_OF(known_range_fields));
    int32_t start, end;
    bool has_start = read_time(&range, STR("start"), SECONDS_OF_DAY - 1, &start);
    bool has_end = read_time(&range, STR("end"), SECONDS_OF_DAY, &end);
    if (!has_start || !has_end) return;
    if (start == end) {
        fields_fault(&range, STR("end"), "must differ from start");
        return;
    }
    ret->has_range = true;
    ret->range_start = start;
    ret->range_end = end;
}

void exclusions_from_json(const json_t *object, struct str path, struct arena *arena,
                          struct exclusion *ret, struct faults *faults) {
    struct fields fields = {.object = object, .path = path, .faults = faults};
    size_t before = faults->count + faults->more;
    struct exclusion exclusion = {0};
    fields_known(&fields, known_fields, COUNT_OF(known_fields));
    read_dates(&fields, arena, &exclusion);
    read_weekdays(&fields, &exclusion);
    read_range(&fields, &exclusion);
    if (faults->count + faults->more != before) return;
    if (exclusion_covers_all(&exclusion)) {
        faults_add(faults, path, "leaves no time at which the job may run");
        return;
    }
    *ret = exclusion;
}

bool exclusions_parse(struct str json, struct arena *arena, struct exclusion *ret,
                      struct err *err) {
    if (json.len == 0) {
        *ret = (struct exclusion){0};
        return true;
    }
    json_t *root = json_read(json, err);
    if (root == NULL) return err_wrap(err, "the exclusions");
    struct faults faults = {.arena = arena};
    if (json_is_object(root))
        exclusions_from_json(root, STR("exclusions"), arena, ret, &faults);
    else
        faults_add(&faults, STR("exclusions"), "must be an object");
    json_decref(root);
    if (faults_none(&faults)) return true;
    return err_set(err, ERR_INVALID, "%.*s %.*s", STR_ARG(faults.items[0].field),
                   STR_ARG(faults.items[0].message));
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_quoted(struct json_writer *w, int32_t value,
                       void (*put)(struct buf *buf, int32_t value)) {
    struct buf text = buf_with_max(0);
    put(&text, value);
    json_str(w, buf_str(&text));
    buf_free(&text);
}

void exclusions_to_json(struct json_writer *w, const struct exclusion *exclusion) {
    json_object_begin(w);
    json_key(w, STR("excludedDates"));
    json_array_begin(w);
    for (size_t i = 0; i < exclusion->date_count; i++)
        put_quoted(w, exclusion->dates[i], exclusion_put_date);
    json_array_end(w);
    json_key(w, STR("excludedDaysOfWeek"));
    json_array_begin(w);
    for (int day = 0; day < DAYS_OF_WEEK; day++)
        if (exclusion->weekdays & (1U << day)) json_str(w, exclusion_weekday_name(day));
    json_array_end(w);
    json_key(w, STR("timeRange"));
    if (exclusion->has_range) {
        json_object_begin(w);
        json_key(w, STR("start"));
        put_quoted(w, exclusion->range_start, exclusion_put_time);
        json_key(w, STR("end"));
        put_quoted(w, exclusion->range_end, exclusion_put_time);
        json_object_end(w);
    } else {
        json_write_null(w);
    }
    json_object_end(w);
}

struct str exclusions_text(struct arena *arena, const struct exclusion *exclusion) {
    if (exclusion_is_empty(exclusion)) return STR_NONE;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    exclusions_to_json(&w, exclusion);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}
