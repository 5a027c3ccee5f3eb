/* dependencies.c - see dependencies.h. */
#include "model/dependencies.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "model/fields.h"

static const struct str known_fields[] = {STR_INIT("dependsOnJobIds"), STR_INIT("condition")};

static size_t fault_count(const struct faults *faults) {
    return faults->count + faults->more;
}

/* ---- in and out ------------------------------------------------------------------------------ */

static bool is_listed(const struct dependencies *dependencies, struct guid id) {
    for (size_t i = 0; i < dependencies->count; i++)
        if (guid_equal(dependencies->jobs[i], id)) return true;
    return false;
}

static void read_id(const struct fields *fields, const json_t *item, size_t index,
                    struct dependencies *ret) {
    struct str name = arena_printf(fields->faults->arena, "dependsOnJobIds[%zu]", index);
    struct guid id;
    if (!guid_parse(json_str_of(item), &id) || guid_is_zero(id))
        fields_fault(fields, name, "must be the id of a job");
    else if (is_listed(ret, id))
        fields_fault(fields, name, "names the job %.*s a second time", STR_ARG(json_str_of(item)));
    else
        ret->jobs[ret->count++] = id;
}

void dependencies_read(const json_t *value, struct str field, struct arena *arena,
                       struct dependencies *ret, struct faults *faults) {
    struct fields fields = {.object = value, .path = field, .faults = faults};
    struct dependencies read = {.condition = DEPENDENCY_ALL_SUCCEEDED};
    size_t before = fault_count(faults);
    if (!json_is_object(value)) {
        faults_add(faults, field, "must be an object: dependsOnJobIds and condition");
        return;
    }
    fields_known(&fields, known_fields, COUNT_OF(known_fields));
    (void)fields_dependency_condition(&fields, STR("condition"), &read.condition);
    const json_t *ids = fields_array(&fields, STR("dependsOnJobIds"));
    size_t count = json_array_size(ids);
    if (count > DEPENDENCIES_MAX) {
        fields_fault(&fields, STR("dependsOnJobIds"), "must name at most %d jobs, not %zu",
                     DEPENDENCIES_MAX, count);
    } else {
        read.jobs = ARENA_ARRAY(arena, count, struct guid);
        for (size_t i = 0; i < count; i++) read_id(&fields, json_array_get(ids, i), i, &read);
    }
    if (fault_count(faults) == before) *ret = read;
}

struct str dependencies_text(struct arena *arena, const struct dependencies *dependencies) {
    if (dependencies->count == 0) return STR_NONE;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_key(&w, STR("dependsOnJobIds"));
    json_array_begin(&w);
    for (size_t i = 0; i < dependencies->count; i++) json_guid(&w, dependencies->jobs[i]);
    json_array_end(&w);
    json_field_str(&w, STR("condition"), dependency_condition_name(dependencies->condition));
    json_object_end(&w);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

bool dependencies_parse(struct str text, struct arena *arena, struct dependencies *ret,
                        struct err *err) {
    if (text.len == 0) {
        *ret = (struct dependencies){.condition = DEPENDENCY_ALL_SUCCEEDED};
        return true;
    }
    json_t *root = json_read(text, err);
    if (root == NULL) return err_wrap(err, "the dependencies");
    struct faults faults = {.arena = arena};
    dependencies_read(root, STR("dependencies"), arena, ret, &faults);
    json_decref(root);
    if (faults_none(&faults)) return true;
    return err_set(err, ERR_INVALID, "%.*s %.*s", STR_ARG(faults.items[0].field),
                   STR_ARG(faults.items[0].message));
}

/* ---- has come what is waited for? ------------------------------------------------------------ */

static bool has_come(const struct dependencies *dependencies, const struct dependency_end *end,
                     struct utc since) {
    bool any_end = dependencies->condition == DEPENDENCY_ALL_COMPLETED;
    struct utc at = any_end ? end->last_completed_at : end->last_success_at;
    return !utc_is_none(at) && utc_before(since, at);
}

/* Those that have not come and are gone, or are not gone, as asked. */
static size_t count_open(const struct dependencies *dependencies, const struct dependency_end *ends,
                         struct utc since, bool is_gone, size_t *open) {
    size_t count = 0;
    for (size_t i = 0; i < dependencies->count; i++) {
        if (has_come(dependencies, &ends[i], since) || ends[i].is_gone != is_gone) continue;
        if (open) open[count] = i;
        count++;
    }
    return count;
}

enum dependency_verdict dependencies_judge(const struct dependencies *dependencies,
                                           const struct dependency_end *ends, struct utc since,
                                           size_t *open, size_t *open_count) {
    size_t waits = count_open(dependencies, ends, since, false, NULL);
    size_t gone = count_open(dependencies, ends, since, true, NULL);
    bool one_will_do = dependencies->condition == DEPENDENCY_ANY_SUCCEEDED;
    bool is_met = waits + gone == 0 || (one_will_do && waits + gone < dependencies->count);
    bool is_impossible = one_will_do ? waits == 0 : gone > 0;
    if (open_count) *open_count = is_met ? 0 : is_impossible ? gone : waits;
    if (is_met) return DEPENDENCY_MET;
    if (open) (void)count_open(dependencies, ends, since, is_impossible, open);
    return is_impossible ? DEPENDENCY_IMPOSSIBLE : DEPENDENCY_WAITS;
}
