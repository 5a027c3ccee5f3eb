/* import_links.c - see import_links.h.
 *
 * Rejecting a job may take away what another one depends on, so the look at all of them is repeated
 * until it rejects none. Circles are looked for behind that, among what is left: a walk in depth
 * with a stack of its own, since a chain in a file may be a hundred thousand jobs long.
 */
#include "api/import_links.h"

#include "base/hash.h"
#include "model/dependencies.h"

#include <stdlib.h>

/* ---- the table ------------------------------------------------------------------------------- */

static size_t *place(const struct import_links *links, struct guid file_id) {
    size_t mask = links->slots - 1;
    size_t i = (size_t)hash_bytes(file_id.bytes, sizeof file_id.bytes, 0) & mask;
    while (links->table[i] != 0 && !guid_equal(links->items[links->table[i] - 1].file_id, file_id))
        i = (i + 1) & mask;
    return &links->table[i];
}

struct import_links import_links(struct import_link *items, size_t count, struct arena *arena) {
    struct import_links links = {.items = items, .count = count, .slots = 16};
    while (links.slots < 2 * count) links.slots *= 2;
    links.table = ARENA_ARRAY(arena, links.slots, size_t);
    for (size_t i = 0; i < count; i++) {
        if (guid_is_zero(items[i].file_id)) continue;
        size_t *at = place(&links, items[i].file_id);
        if (*at == 0) *at = i + 1; // of two with one id the first counts
    }
    return links;
}

static struct import_link *find(const struct import_links *links, struct guid file_id) {
    size_t at = *place(links, file_id);
    return at == 0 ? NULL : &links->items[at - 1];
}

bool import_links_find(const struct import_links *links, struct guid file_id, struct guid *ret_id,
                       struct str *ret_name) {
    const struct import_link *link = find(links, file_id);
    if (link == NULL || link->is_rejected) return false;
    *ret_id = link->id;
    *ret_name = link->name;
    return true;
}

static struct dependencies parsed(const struct import_link *link, struct arena *arena) {
    struct dependencies dependencies = {0};
    /* The reader of the job made this text. */
    (void)!dependencies_parse(link->dependencies, arena, &dependencies, NULL);
    return dependencies;
}

struct str import_links_text(const struct import_links *links, size_t at, struct arena *arena) {
    const struct import_link *link = &links->items[at];
    if (str_is_absent(link->dependencies)) return STR_NONE;
    struct dependencies dependencies = parsed(link, arena), mapped = dependencies;
    mapped.count = 0;
    for (size_t i = 0; i < dependencies.count; i++) {
        const struct import_link *target = find(links, dependencies.jobs[i]);
        struct guid id = target ? target->id : dependencies.jobs[i];
        size_t j = 0; // two jobs of the file may have become one
        while (j < mapped.count && !guid_equal(mapped.jobs[j], id)) j++;
        mapped.jobs[j] = id;
        if (j == mapped.count) mapped.count++;
    }
    return dependencies_text(arena, &mapped);
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void reject(struct import_link *link, size_t at, const char *what, struct guid id,
                   struct faults *faults) {
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    struct str field =
        arena_printf(faults->arena, "jobs[%zu].dependencies.dependsOnJobIds[%zu]", link->index, at);
    faults_add(faults, field, "%s %s", what, text);
    link->is_rejected = true;
}

/* Outside of the file. */
static bool is_here(struct store_tx *tx, struct guid id, struct arena *arena, bool *ret,
                    struct err *err) {
    struct job_end end;
    if (!store_job_ends(tx, &id, 1, arena, &end, err)) return false;
    *ret = end.row != 0 && !end.is_deleted;
    return true;
}

static bool check_one(const struct import_links *links, struct import_link *link,
                      struct store_tx *tx, struct arena *scratch, struct faults *faults,
                      struct err *err) {
    struct dependencies dependencies = parsed(link, scratch);
    for (size_t i = 0; i < dependencies.count; i++) {
        struct guid id = dependencies.jobs[i];
        const struct import_link *target = find(links, id);
        bool here = target != NULL;
        if (target == link)
            reject(link, i, "is the job itself:", id, faults);
        else if (target && target->is_rejected)
            reject(link, i, "is not imported itself: the job", id, faults);
        else if (!target && !is_here(tx, id, scratch, &here, err))
            return false;
        else if (!here)
            reject(link, i, "neither the import nor this server has a job", id, faults);
    }
    return true;
}

static bool reject_dangling(struct import_links *links, struct store_tx *tx, struct faults *faults,
                            struct err *err) {
    struct arena scratch = {0};
    bool ok = true, again = true;
    while (ok && again) {
        again = false;
        for (size_t i = 0; ok && i < links->count; i++) {
            struct import_link *link = &links->items[i];
            if (link->is_rejected || str_is_absent(link->dependencies)) continue;
            arena_reset(&scratch);
            ok = check_one(links, link, tx, &scratch, faults, err);
            again = again || link->is_rejected;
        }
    }
    arena_free(&scratch);
    return ok;
}

/* ---- circles --------------------------------------------------------------------------------- */

enum { NAMED_MAX = 12 };
enum mark { NEW, ON_THE_WAY, DONE };

struct frame {
    size_t at; // the link
    struct dependencies dependencies;
    size_t next; // which of them is to be followed
};

static void name_circle(const struct import_links *links, const struct frame *frames, size_t count,
                        size_t target, struct faults *faults) {
    struct buf out = buf_with_max(0);
    size_t first = count;
    while (first > 0 && frames[first - 1].at != target) first--;
    for (size_t i = first - 1; i < count; i++) {
        if (i == first - 1 + NAMED_MAX && i + 2 < count) {
            buf_printf(&out, "%zu more → ", count - 1 - i);
            i = count - 1;
        }
        buf_printf(&out, "\"%.*s\" → ", STR_ARG(links->items[frames[i].at].name));
    }
    buf_printf(&out, "\"%.*s\"", STR_ARG(links->items[target].name));
    struct import_link *last = &links->items[frames[count - 1].at];
    struct str circle = buf_str(&out);
    faults_add(faults,
               arena_printf(faults->arena, "jobs[%zu].dependencies.dependsOnJobIds", last->index),
               "would make a circle: %.*s", STR_ARG(circle));
    last->is_rejected = true;
    buf_free(&out);
}

/* In depth from one link; true when a circle was found and one of it rejected. */
static bool walk(struct import_links *links, size_t start, unsigned char *marks,
                 struct frame *frames, struct arena *arena, struct faults *faults) {
    size_t count = 0;
    frames[count++] =
        (struct frame){.at = start, .dependencies = parsed(&links->items[start], arena)};
    marks[start] = ON_THE_WAY;
    while (count > 0) {
        struct frame *frame = &frames[count - 1];
        if (frame->next == frame->dependencies.count) {
            marks[frame->at] = DONE;
            count--;
            continue;
        }
        const struct import_link *target = find(links, frame->dependencies.jobs[frame->next++]);
        if (target == NULL || target->is_rejected) continue;
        size_t at = (size_t)(target - links->items);
        if (marks[at] == ON_THE_WAY) {
            name_circle(links, frames, count, at, faults);
            return true;
        }
        if (marks[at] == DONE) continue;
        marks[at] = ON_THE_WAY;
        frames[count++] = (struct frame){.at = at, .dependencies = parsed(target, arena)};
    }
    return false;
}

static bool reject_one_of_a_circle(struct import_links *links, struct faults *faults) {
    unsigned char *marks = xcalloc(links->count, 1);
    struct frame *frames = xcalloc(links->count, sizeof *frames);
    struct arena arena = {0};
    bool found = false;
    for (size_t i = 0; !found && i < links->count; i++) {
        const struct import_link *link = &links->items[i];
        if (marks[i] != NEW || link->is_rejected || str_is_absent(link->dependencies)) continue;
        arena_reset(&arena);
        found = walk(links, i, marks, frames, &arena, faults);
    }
    arena_free(&arena);
    free(frames);
    free(marks);
    return found;
}

bool import_links_check(struct import_links *links, struct store_tx *tx, struct faults *faults,
                        struct err *err) {
    bool any = false;
    for (size_t i = 0; i < links->count; i++)
        any = any || !str_is_absent(links->items[i].dependencies);
    if (!any) return true;
    do {
        if (!reject_dangling(links, tx, faults, err)) return false;
    } while (reject_one_of_a_circle(links, faults));
    return true;
}
