/* retention.c - see retention.h. */
#include "model/retention.h"

#include "base/json_read.h"
#include "model/fields.h"

void retention_from_json(const json_t *object, struct str path, struct retention *ret,
                         struct faults *faults) {
    static const struct str known[] = {STR_INIT("days"), STR_INIT("count")};
    struct fields fields = {object, path, faults};
    size_t before = faults->count + faults->more;
    struct retention retention = {0};
    fields_known(&fields, known, COUNT_OF(known));
    (void)fields_i64(&fields, STR("days"), 1, MAX_RETENTION_DAYS, &retention.days);
    (void)fields_i64(&fields, STR("count"), 1, MAX_RETENTION_COUNT, &retention.count);
    if (faults->count + faults->more == before) *ret = retention;
}

bool retention_parse(struct str json, struct retention *ret, struct err *err) {
    struct retention retention = {0};
    if (str_is_absent(json)) {
        *ret = retention;
        return true;
    }
    json_t *object = json_read(json, err);
    if (object == NULL) return err_wrap(err, "the retention of the job");
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    retention_from_json(object, STR_NONE, &retention, &faults);
    bool good = json_is_object(object) && faults.count == 0;
    if (good)
        *ret = retention;
    else
        (void)err_set(err, ERR_INVALID, "the retention of the job cannot be read: %.*s",
                      STR_ARG(json));
    arena_free(&arena);
    json_decref(object);
    return good;
}

struct str retention_text(struct arena *arena, const struct retention *retention) {
    long long days = (long long)retention->days, count = (long long)retention->count;
    if (days > 0 && count > 0)
        return arena_printf(arena, "{\"days\":%lld,\"count\":%lld}", days, count);
    if (days > 0) return arena_printf(arena, "{\"days\":%lld}", days);
    if (count > 0) return arena_printf(arena, "{\"count\":%lld}", count);
    return STR_NONE;
}
