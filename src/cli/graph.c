/* graph.c - see graph.h. */
#include "cli/graph.h"

#include "cli/client.h"
#include "cli/output.h"

struct drawn {
    const json_t *job;
    size_t level;  // the longest way from a root
    size_t parent; // place + 1 of the job it stands below; 0 = none
};

struct drawing {
    const struct invocation *invocation;
    struct drawn *nodes;
    size_t count;
    json_t *places; // id -> place
    struct table *table;
    bool is_run;
};

static struct str name_of(const json_t *job) {
    struct str name = json_text(job, "jobName");
    return str_is_absent(name) ? json_text(job, "jobId") : name;
}

/* The place of the n-th job that it waits for; false when it is not in the list. */
static bool above(const struct drawing *drawing, size_t node, size_t n, size_t *ret) {
    const json_t *id = json_array_get(json_object_get(drawing->nodes[node].job, "dependsOn"), n);
    const json_t *place =
        json_is_string(id) ? json_object_get(drawing->places, json_string_value(id)) : NULL;
    if (place == NULL) return false;
    *ret = (size_t)json_integer_value(place);
    return true;
}

static size_t above_count(const struct drawing *drawing, size_t node) {
    return json_array_size(json_object_get(drawing->nodes[node].job, "dependsOn"));
}

/* (Bounded: a list that went round in a circle would never settle.) */
static void set_levels(struct drawing *drawing) {
    bool changed = true;
    for (size_t round = 0; changed && round <= drawing->count; round++) {
        changed = false;
        for (size_t i = 0; i < drawing->count; i++)
            for (size_t n = 0; n < above_count(drawing, i); n++) {
                size_t place;
                if (!above(drawing, i, n, &place) ||
                    drawing->nodes[place].level < drawing->nodes[i].level)
                    continue;
                drawing->nodes[i].level = drawing->nodes[place].level + 1;
                changed = true;
            }
    }
    for (size_t i = 0; i < drawing->count; i++)
        for (size_t n = 0; n < above_count(drawing, i); n++) {
            size_t place;
            if (above(drawing, i, n, &place) &&
                drawing->nodes[place].level + 1 == drawing->nodes[i].level)
                drawing->nodes[i].parent = place + 1;
        }
}

static void put_note(struct buf *out, const char *between, struct str text) {
    if (text.len == 0) return;
    if (out->len > 0) buf_put(out, str_from_cstr(between));
    buf_put(out, text);
}

/* "also behind load, check; Continue; what was wrong" */
static void put_notes(const struct drawing *drawing, size_t node, struct buf *out) {
    const json_t *job = drawing->nodes[node].job;
    size_t others = 0;
    for (size_t n = 0; n < above_count(drawing, node); n++) {
        size_t place;
        if (!above(drawing, node, n, &place) || place + 1 == drawing->nodes[node].parent) continue;
        buf_put(out, others++ ? STR(", ") : STR("also behind "));
        buf_put(out, name_of(drawing->nodes[place].job));
    }
    if (str_equal(json_text(job, "onFailure"), STR("Continue")))
        put_note(out, "; ", STR("the rest goes on when it fails"));
    put_note(out, "; ", json_text(job, "errorMessage"));
}

static void put_took(const json_t *job, struct buf *out) {
    struct utc started = utc_of_json(json_object_get(job, "startedAt"));
    struct utc ended = utc_of_json(json_object_get(job, "completedAt"));
    if (utc_is_none(started) || utc_is_none(ended)) return;
    buf_put_length(out, utc_diff(ended, started).us / 1000);
}

static void draw(struct drawing *drawing, size_t node) {
    const json_t *job = drawing->nodes[node].job;
    struct str status = json_text(job, "status");
    struct buf text = buf_with_max(0);
    for (size_t i = 0; i < drawing->nodes[node].level; i++) buf_put(&text, STR("  "));
    buf_put(&text, name_of(job));
    table_cell(drawing->table, STYLE_NONE, buf_str(&text));
    if (drawing->is_run) {
        table_cell(drawing->table, style_of_status(status), status);
        buf_reset(&text);
        put_took(job, &text);
        table_cell(drawing->table, STYLE_NONE, buf_str(&text));
    }
    buf_reset(&text);
    put_notes(drawing, node, &text);
    table_cell(drawing->table, STYLE_NONE, buf_str(&text));
    table_cell(drawing->table, STYLE_DIM,
               json_text(job, drawing->is_run ? "executionId" : "jobId"));
    buf_free(&text);
    for (size_t i = 0; i < drawing->count; i++)
        if (drawing->nodes[i].parent == node + 1) draw(drawing, i);
}

void graph_print(struct invocation *invocation, const json_t *jobs, bool is_run) {
    struct drawing drawing = {.invocation = invocation,
                              .count = json_array_size(jobs),
                              .places = json_object(),
                              .table = table_new(),
                              .is_run = is_run};
    drawing.nodes = ARENA_ARRAY(&invocation->arena, drawing.count, struct drawn);
    for (size_t i = 0; i < drawing.count; i++) {
        const char *id = json_string_value(json_object_get(json_array_get(jobs, i), "jobId"));
        drawing.nodes[i].job = json_array_get(jobs, i);
        if (id) (void)json_object_set_new(drawing.places, id, json_integer((json_int_t)i));
    }
    set_levels(&drawing);
    table_column(drawing.table, "JOB", TABLE_SHRINKS);
    if (is_run) {
        table_column(drawing.table, "STATUS", TABLE_LEFT);
        table_column(drawing.table, "TOOK", TABLE_LEFT);
    }
    table_column(drawing.table, "NOTE", TABLE_SHRINKS);
    table_column(drawing.table, is_run ? "EXECUTION" : "ID", TABLE_LEFT);
    for (size_t i = 0; i < drawing.count; i++)
        if (drawing.nodes[i].parent == 0) draw(&drawing, i);
    table_print(drawing.table, stdout);
    json_decref(drawing.places);
}
