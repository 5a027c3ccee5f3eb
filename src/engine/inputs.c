/* inputs.c - see inputs.h. */
#include "engine/inputs.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "handlers/variables.h"

#include <string.h>

/* How far back the latest success is looked for: a job that has failed more often than that since
 * has nothing to hand on. */
enum { LOOK_BACK_PAGE = 100, LOOK_BACK_MAX = 10000 };

/* A NAME that stands in the configuration. */
struct mention {
    struct str name;
    bool output, result; // which of the two
    struct mention *next;
};

struct mentions {
    struct arena *arena;
    struct mention *first, **end;
};

bool inputs_are_mentioned(struct str configuration) {
    return str_contains(configuration, STR("Jobs."));
}

/* ---- what is mentioned ----------------------------------------------------------------------- */

static void add_mention(void *context, const struct job_variable *variable) {
    struct mentions *mentions = context;
    struct mention *mention = mentions->first;
    while (mention && !str_equal(mention->name, variable->name)) mention = mention->next;
    if (mention == NULL) {
        mention = ARENA_NEW(mentions->arena, struct mention);
        mention->name = arena_copy(mentions->arena, variable->name);
        *mentions->end = mention;
        mentions->end = &mention->next;
    }
    mention->output = mention->output || !variable->is_result;
    mention->result = mention->result || variable->is_result;
}

/* (Nesting is bounded by json_read.) */
static void find_mentions(const json_t *value, struct mentions *mentions) {
    const char *key;
    json_t *member;
    if (json_is_string(value)) variables_jobs(json_str_of(value), add_mention, mentions);
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        find_mentions(json_array_get(value, i), mentions);
    if (!json_is_object(value)) return;
    json_object_foreach((json_t *)value, key, member) {
        find_mentions(member, mentions);
    }
}

static const struct mention *mentions_of(struct str configuration, struct arena *arena) {
    struct mentions mentions = {.arena = arena};
    mentions.end = &mentions.first;
    if (!inputs_are_mentioned(configuration)) return NULL;
    json_t *root = json_read(configuration, NULL);
    find_mentions(root, &mentions);
    json_decref(root);
    return mentions.first;
}

const struct str *inputs_mentioned(struct str configuration, struct arena *arena, size_t *count) {
    const struct mention *first = mentions_of(configuration, arena);
    size_t all = 0;
    for (const struct mention *mention = first; mention; mention = mention->next) all++;
    struct str *names = ARENA_ARRAY(arena, all, struct str);
    *count = 0;
    for (const struct mention *mention = first; mention; mention = mention->next)
        names[(*count)++] = mention->name;
    return names;
}

/* ---- who hands it on ------------------------------------------------------------------------- */

static const struct input_job *job_mentioned(const struct mention *mention,
                                             const struct input_job *jobs, size_t count) {
    struct guid id;
    bool is_id = guid_parse(mention->name, &id);
    for (size_t i = 0; i < count; i++)
        if (str_equal(jobs[i].name, mention->name) || (is_id && guid_equal(jobs[i].id, id)))
            return &jobs[i];
    return NULL;
}

/* The latest execution of the job that Succeeded; zero = there is none. */
static bool latest_success(struct store_tx *tx, int64_t job_row, struct arena *arena,
                           struct guid *ret, struct err *err) {
    struct execution_filter filter = {.job_row = job_row, .limit = LOOK_BACK_PAGE};
    *ret = (struct guid){{0}};
    for (; filter.offset < LOOK_BACK_MAX; filter.offset += LOOK_BACK_PAGE) {
        struct execution_page page;
        if (!store_execution_list(tx, &filter, arena, &page, err)) return false;
        for (size_t i = 0; i < page.count; i++) {
            if (page.items[i].status != EXECUTION_SUCCEEDED) continue;
            *ret = page.items[i].id;
            return true;
        }
        if (page.count < LOOK_BACK_PAGE) break;
    }
    return true;
}

static bool source_of(struct store_tx *tx, const struct input_job *job, struct arena *arena,
                      struct execution *ret, bool *found, struct err *err) {
    struct guid id = job->execution_id;
    struct err reason = ERR_INIT;
    *found = false;
    if (guid_is_zero(id) && job->row != 0 && !latest_success(tx, job->row, arena, &id, err))
        return false;
    if (guid_is_zero(id)) return true;
    *found = store_execution_get(tx, id, arena, ret, &reason);
    if (*found || reason.kind == ERR_NOT_FOUND) return true; // its history was cleared
    *err = reason;
    return false;
}

static bool put_mentioned(struct store_tx *tx, const struct mention *mention,
                          const struct input_job *job, struct arena *arena, struct json_writer *w,
                          struct err *err) {
    struct execution source;
    bool found;
    if (!source_of(tx, job, arena, &source, &found, err)) return false;
    if (!found) return true;
    json_key(w, mention->name);
    json_object_begin(w);
    struct str output = str_is_absent(source.output) ? STR("") : source.output;
    if (mention->output) json_field_str(w, STR("output"), output);
    if (mention->result && !str_is_absent(source.result))
        json_field_raw(w, STR("result"), source.result);
    json_object_end(w);
    return true;
}

bool inputs_collect(struct store_tx *tx, struct str configuration, const struct input_job *jobs,
                    size_t count, struct arena *arena, struct str *ret, struct err *err) {
    *ret = STR_NONE;
    const struct mention *first = mentions_of(configuration, arena);
    if (first == NULL) return true;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    bool ok = true;
    json_object_begin(&w);
    for (const struct mention *mention = first; ok && mention; mention = mention->next) {
        const struct input_job *job = job_mentioned(mention, jobs, count);
        if (job) ok = put_mentioned(tx, mention, job, arena, &w, err);
    }
    json_object_end(&w);
    if (ok) *ret = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return ok;
}
