/* apply.c - `alphabet apply -f FOLDER`: jobs as files under version control.
 *
 * Three steps, so that a mistake in one file changes nothing: read every file; have the server
 * check every definition that is new or differs; only then create, update and, with --prune,
 * delete. A job that apply has written carries the tag apply:OWNER, and no other one is ever
 * pruned. Doing it twice does nothing the second time.
 */
#include "base/json_read.h"
#include "cli/definition.h"
#include "cli/input.h"
#include "cli/lists.h"
#include "cli/output.h"
#include "cli/progress.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 16 };

struct plan {
    struct invocation *invocation;
    struct client *client;
    struct str tag;
    json_t *wanted; // by name: {"file", "definition", "job" (as it is), "changes"}
    json_t *there;  // the jobs of the server by name: arrays
    json_t *doomed; // jobs to delete
    size_t unchanged, faults;
};

/* ---- the files ---- */

/* With the tag of this owner, which is how --prune knows its own. */
static void add_tag(json_t *definition, struct str tag) {
    json_t *tags = json_object_get(definition, "tags");
    if (!json_is_array(tags)) {
        tags = json_array();
        (void)json_object_set_new(definition, "tags", tags);
    }
    for (size_t i = 0; i < json_array_size(tags); i++)
        if (str_equal(json_str_of(json_array_get(tags, i)), tag)) return;
    (void)json_array_append_new(tags, json_stringn(tag.ptr, tag.len));
}

static int add_definition(struct plan *plan, const char *file, json_t *definition) {
    const char *name = json_string_value(json_object_get(definition, "name"));
    if (name == NULL)
        return complain(plan->invocation, EXIT_USAGE,
                        "%s: a job is an object with a name; jobs are matched by it", file);
    const json_t *other = json_object_get(plan->wanted, name);
    if (other != NULL)
        return complain(plan->invocation, EXIT_USAGE, "%s: %s is in %s already", file, name,
                        json_string_value(json_object_get(other, "file")));
    add_tag(definition, plan->tag);
    (void)json_object_set_new(plan->wanted, name,
                              json_pack("{s:s, s:O}", "file", file, "definition", definition));
    return EXIT_OK;
}

/* One job, an array of them, or an export. */
static int read_file(struct plan *plan, const char *file) {
    json_t *content;
    int code = input_read_json(plan->invocation, file, &content);
    if (code != EXIT_OK) return code;
    json_t *jobs = json_object_get(content, "jobs");
    if (!json_is_array(jobs)) jobs = json_is_array(content) ? content : NULL;
    size_t count = jobs != NULL ? json_array_size(jobs) : 1;
    for (size_t i = 0; i < count && code == EXIT_OK; i++)
        code = add_definition(plan, file, jobs != NULL ? json_array_get(jobs, i) : content);
    json_decref(content);
    return code;
}

static int by_what_counts(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int read_folder(struct plan *plan, const char *folder, int depth) {
    struct dirent **entries;
    int code = EXIT_OK, count = scandir(folder, &entries, by_what_counts, alphasort);
    if (count < 0)
        return complain(plan->invocation, EXIT_USAGE, "cannot read %s: %s", folder,
                        strerror(errno));
    for (int i = 0; i < count; i++) {
        struct stat status;
        struct str path =
            arena_printf(&plan->invocation->arena, "%s/%s", folder, entries[i]->d_name);
        bool readable = code == EXIT_OK && stat(path.ptr, &status) == 0;
        if (readable && S_ISDIR(status.st_mode) && depth < DEEPEST)
            code = read_folder(plan, path.ptr, depth + 1);
        else if (readable && S_ISREG(status.st_mode) && str_ends_with(path, STR(".json")))
            code = read_file(plan, path.ptr);
        free(entries[i]);
    }
    free(entries);
    return code;
}

/* ---- the difference ---- */

static int read_server(struct plan *plan) {
    struct list_answer list;
    int code = list_get(plan->client, STR(V1 "/jobs"), 0, &list);
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(list.items); i++) {
        json_t *job = json_array_get(list.items, i);
        const char *name = json_string_value(json_object_get(job, "name"));
        json_t *named = json_object_get(plan->there, name);
        if (named == NULL) {
            named = json_array();
            (void)json_object_set_new(plan->there, name, named);
        }
        (void)json_array_append(named, job);
    }
    if (code == EXIT_OK) list_free(&list);
    return code;
}

static bool has_tag(const json_t *job, struct str tag) {
    const json_t *tags = json_object_get(job, "tags");
    for (size_t i = 0; i < json_array_size(tags); i++)
        if (str_equal(json_str_of(json_array_get(tags, i)), tag)) return true;
    return false;
}

/* The job that a definition means: the only one of its name, or the only one that is ours. */
static int match(struct plan *plan, const char *name, json_t **ret) {
    const json_t *named = json_object_get(plan->there, name);
    json_t *ours = NULL;
    size_t count = json_array_size(named), own = 0;
    for (size_t i = 0; i < count; i++)
        if (has_tag(json_array_get(named, i), plan->tag)) {
            ours = json_array_get(named, i);
            own++;
        }
    *ret = own == 1 ? ours : count == 1 ? json_array_get(named, 0) : NULL;
    if (*ret != NULL || count == 0) return EXIT_OK;
    return complain(plan->invocation, EXIT_CONFLICT,
                    "%zu jobs are named %s; which of them the file means cannot be told", count,
                    name);
}

/* The server checks a definition as it would when creating it, and keeps nothing. */
static int check(struct plan *plan, const char *name, const json_t *entry) {
    struct reply reply;
    json_t *definition = json_object_get(entry, "definition");
    json_t *body = json_pack("{s:O}", "job", definition);
    int code = client_send(plan->client, "POST", STR(V1 "/jobs/preview"), body, &reply);
    if (code == EXIT_REFUSED)
        (void)complain(plan->invocation, code, "that was %s in %s", name,
                       json_string_value(json_object_get(entry, "file")));
    json_decref(body);
    reply_free(&reply);
    return code;
}

static int compare(struct plan *plan) {
    const char *name;
    json_t *entry;
    int code = EXIT_OK;
    size_t done = 0;
    struct progress progress = progress_begin(plan->invocation, "checking");
    json_object_foreach(plan->wanted, name, entry) {
        json_t *job = NULL;
        int each = match(plan, name, &job);
        progress_show(&progress, (int64_t)++done, (int64_t)json_object_size(plan->wanted));
        if (job != NULL) {
            json_t *changes = definition_changes(json_object_get(entry, "definition"), job);
            (void)json_object_set(entry, "job", job);
            (void)json_object_set_new(entry, "changes", changes);
            if (json_array_size(changes) == 0) {
                plan->unchanged++;
                continue;
            }
        }
        if (each == EXIT_OK) each = check(plan, name, entry);
        if (each == EXIT_OK) continue;
        plan->faults++;
        if (code == EXIT_OK) code = each;
        if (each != EXIT_REFUSED && each != EXIT_CONFLICT) break;
    }
    progress_end(&progress);
    return code;
}

static void find_doomed(struct plan *plan) {
    const char *name;
    json_t *named;
    json_object_foreach(plan->there, name, named) {
        const json_t *kept = json_object_get(json_object_get(plan->wanted, name), "job");
        for (size_t i = 0; i < json_array_size(named); i++) {
            json_t *job = json_array_get(named, i);
            if (job != kept && has_tag(job, plan->tag)) (void)json_array_append(plan->doomed, job);
        }
    }
}

/* ---- telling ---- */

static void put_value(struct buf *buf, const json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    buf_put_visible(buf, str_from_cstr(text), VISIBLE_ONE_LINE);
    free(text);
}

static void tell_one(const char *what, enum style style, const char *name, const char *where) {
    struct buf line = buf_with_max(0);
    buf_put_visible(&line, str_from_cstr(name), VISIBLE_ONE_LINE);
    (void)printf("%s%s %s%s%s%s%s\n", style_begin(style), what, buf_str(&line).ptr,
                 style_end(style), where[0] != '\0' ? " (" : "", where,
                 where[0] != '\0' ? ")" : "");
    buf_free(&line);
}

static void tell_changes(const json_t *changes) {
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);
        struct buf line = buf_with_max(0);
        buf_printf(&line, "    %s: ", json_string_value(json_object_get(change, "field")));
        put_value(&line, json_object_get(change, "from"));
        buf_put(&line, STR(" -> "));
        put_value(&line, json_object_get(change, "to"));
        (void)printf("%s\n", buf_str(&line).ptr);
        buf_free(&line);
    }
}

static void tell(const struct plan *plan) {
    const char *name;
    json_t *entry;
    json_object_foreach(plan->wanted, name, entry) {
        const json_t *changes = json_object_get(entry, "changes");
        const char *file = json_string_value(json_object_get(entry, "file"));
        if (changes == NULL) tell_one("+ create", STYLE_GOOD, name, file);
        if (json_array_size(changes) == 0) continue;
        tell_one("~ update", STYLE_WARNING, name, file);
        tell_changes(changes);
    }
    for (size_t i = 0; i < json_array_size(plan->doomed); i++) {
        const json_t *job = json_array_get(plan->doomed, i);
        tell_one("- delete", STYLE_BAD, json_string_value(json_object_get(job, "name")),
                 json_string_value(json_object_get(job, "id")));
    }
}

static json_t *as_json(const struct plan *plan) {
    json_t *created = json_array(), *updated = json_array(), *deleted = json_array();
    const char *name;
    json_t *entry;
    json_object_foreach(plan->wanted, name, entry) {
        json_t *changes = json_object_get(entry, "changes");
        if (changes == NULL)
            (void)json_array_append_new(created, json_pack("{s:s, s:O}", "name", name, "file",
                                                           json_object_get(entry, "file")));
        else if (json_array_size(changes) > 0)
            (void)json_array_append_new(
                updated, json_pack("{s:s, s:O, s:O, s:O}", "name", name, "id",
                                   json_object_get(json_object_get(entry, "job"), "id"), "file",
                                   json_object_get(entry, "file"), "changes", changes));
    }
    for (size_t i = 0; i < json_array_size(plan->doomed); i++) {
        const json_t *job = json_array_get(plan->doomed, i);
        (void)json_array_append_new(deleted,
                                    json_pack("{s:O, s:O}", "name", json_object_get(job, "name"),
                                              "id", json_object_get(job, "id")));
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:I}", "dryRun",
                     option_given(plan->invocation, "--dry-run"), "created", created, "updated",
                     updated, "deleted", deleted, "unchanged", (json_int_t)plan->unchanged);
}

/* ---- doing ---- */

static int write_one(struct plan *plan, const json_t *entry) {
    const json_t *job = json_object_get(entry, "job");
    const json_t *definition = json_object_get(entry, "definition");
    struct reply reply;
    if (job != NULL && json_array_size(json_object_get(entry, "changes")) == 0) return EXIT_OK;
    struct str path = job == NULL ? STR(V1 "/jobs")
                                  : arena_printf(&plan->invocation->arena, V1 "/jobs/%.*s",
                                                 STR_ARG(json_text(job, "id")));
    int code = client_send(plan->client, job == NULL ? "POST" : "PUT", path, definition, &reply);
    reply_free(&reply);
    return code;
}

static int carry_out(struct plan *plan) {
    const char *name;
    json_t *entry;
    int code = EXIT_OK;
    size_t done = 0, all = json_object_size(plan->wanted) + json_array_size(plan->doomed);
    struct progress progress = progress_begin(plan->invocation, "applying");
    json_object_foreach(plan->wanted, name, entry) {
        code = write_one(plan, entry);
        progress_show(&progress, (int64_t)++done, (int64_t)all);
        if (code != EXIT_OK) break;
    }
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(plan->doomed); i++) {
        struct reply reply;
        struct str path = arena_printf(&plan->invocation->arena, V1 "/jobs/%.*s",
                                       STR_ARG(json_text(json_array_get(plan->doomed, i), "id")));
        code = client_send(plan->client, "DELETE", path, NULL, &reply);
        reply_free(&reply);
        progress_show(&progress, (int64_t)++done, (int64_t)all);
    }
    progress_end(&progress);
    if (code != EXIT_OK)
        (void)complain(plan->invocation, code, "it ended there; apply it again to go on");
    return code;
}

static int make_plan(struct plan *plan, const char *folder) {
    int code = read_folder(plan, folder, 0);
    if (code == EXIT_OK && json_object_size(plan->wanted) == 0)
        code = complain(plan->invocation, EXIT_USAGE, "there is no job in %s (files end in .json)",
                        folder);
    if (code == EXIT_OK) code = read_server(plan);
    if (code == EXIT_OK) code = compare(plan);
    if (plan->faults > 0)
        (void)complain(plan->invocation, code, "nothing was changed, since %zu jobs are not right",
                       plan->faults);
    if (code == EXIT_OK && option_given(plan->invocation, "--prune")) find_doomed(plan);
    return code;
}

static int apply(struct plan *plan, const char *folder) {
    bool dry = option_given(plan->invocation, "--dry-run");
    int code = make_plan(plan, folder);
    if (code != EXIT_OK) return code;
    if (!plan->invocation->json) tell(plan);
    if (!dry) code = carry_out(plan);
    if (code != EXIT_OK) return code;
    json_t *summary = as_json(plan);
    if (plan->invocation->json)
        print_json(summary);
    else
        (void)printf("%s%zu created, %zu updated, %zu deleted, %zu unchanged\n",
                     dry ? "would be: " : "", json_array_size(json_object_get(summary, "created")),
                     json_array_size(json_object_get(summary, "updated")),
                     json_array_size(plan->doomed), plan->unchanged);
    json_decref(summary);
    return code;
}

int cli_apply(struct invocation *invocation) {
    int code;
    const char *folder = option_value(invocation, "--file");
    const char *owner = option_value(invocation, "--owner");
    if (folder == NULL) return complain_usage(invocation, "--file FOLDER is missing");
    struct plan plan = {.invocation = invocation};
    plan.client = client_open(invocation, &code);
    if (plan.client == NULL) return code;
    plan.tag = arena_printf(&invocation->arena, "apply:%s", owner != NULL ? owner : "default");
    plan.wanted = json_object();
    plan.there = json_object();
    plan.doomed = json_array();
    code = apply(&plan, folder);
    json_decref(plan.wanted);
    json_decref(plan.there);
    json_decref(plan.doomed);
    client_close(plan.client);
    return code;
}
