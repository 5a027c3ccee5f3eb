/* file_walk.c - see file_walk.h.
 *
 * What is left to look at is a stack of folders, each with how much of the pattern is used up. A
 * folder is opened anew from its root when its turn comes, and listed whole. */
#include "handlers/file_walk.h"

#include "handlers/file_glob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PARTS = 256 };

struct pending {
    const char *below;
    size_t part; // of the pattern, that its entries are to fit; part_count = all of them do
    int depth;
};

struct file_walk {
    struct file_walk_options options;
    struct arena arena;
    const char *parts[MAX_PARTS];
    size_t part_count, tail;
    struct pending *pending;
    size_t pending_count, pending_room;
    struct walked_file *files;
    size_t file_count, file_room;
    const char **folders;
    size_t folder_count, folder_room;
    bool is_begun, has_failed, is_cut, is_single;
};

struct file_walk *file_walk_new(const struct file_walk_options *options) {
    struct file_walk *walk = xcalloc(1, sizeof *walk);
    walk->options = *options;
    return walk;
}

void file_walk_free(struct file_walk *walk) {
    if (!walk) return;
    free(walk->pending);
    free(walk->files);
    free(walk->folders);
    arena_free(&walk->arena);
    free(walk);
}

static void *grown(void *list, size_t count, size_t *room, size_t size) {
    if (count < *room) return list;
    *room = *room ? *room * 2 : 64;
    return xreallocarray(list, *room, size);
}

static void push(struct file_walk *walk, const char *below, size_t part, int depth) {
    walk->pending =
        grown(walk->pending, walk->pending_count, &walk->pending_room, sizeof *walk->pending);
    walk->pending[walk->pending_count++] = (struct pending){below, part, depth};
}

static void add_file(struct file_walk *walk, const char *below) {
    if (walk->file_count == MAX_FILES_A_RUN) {
        walk->is_cut = true;
        return;
    }
    walk->files = grown(walk->files, walk->file_count, &walk->file_room, sizeof *walk->files);
    walk->files[walk->file_count++] = (struct walked_file){below, walk->tail};
}

static void add_folder(struct file_walk *walk, const char *below) {
    walk->folders =
        grown(walk->folders, walk->folder_count, &walk->folder_room, sizeof *walk->folders);
    walk->folders[walk->folder_count++] = below;
}

/* --- one folder --- */

static bool is_at(const struct file_walk *walk, size_t part) {
    return part < walk->part_count;
}

static bool is_any_depth(const struct file_walk *walk, size_t part) {
    return is_at(walk, part) && strcmp(walk->parts[part], "**") == 0;
}

static void take_folder(struct file_walk *walk, const struct pending *at, const char *below) {
    bool is_last = at->part + 1 == walk->part_count;
    if (at->depth == MAX_FILE_DEPTH) {
        walk->options.failed(walk->options.context,
                             (struct place){walk->options.source.root, below},
                             "lies too deep; at most 100 folders are entered");
    } else if (is_any_depth(walk, at->part)) {
        add_folder(walk, below);
        push(walk, below, at->part, at->depth + 1);
    } else if (is_at(walk, at->part) && !is_last) {
        push(walk, below, at->part + 1, at->depth + 1);
    } else if (walk->options.is_recursive) {
        add_folder(walk, below);
        push(walk, below, walk->part_count, at->depth + 1);
    } else {
        walk->options.skipped(walk->options.context,
                              (struct place){walk->options.source.root, below},
                              "is a folder, and recursive is false");
    }
}

/* Ours, of a write that has not ended. */
static bool is_draft(const char *name) {
    struct str text = str_from_cstr(name);
    return str_starts_with(text, STR(".alphabet-")) && str_ends_with(text, STR(".tmp"));
}

static void take_entry(struct file_walk *walk, const struct pending *at, int folder,
                       const char *name) {
    struct stat status;
    struct err err = ERR_INIT;
    bool is_any = is_any_depth(walk, at->part);
    bool is_last = !is_at(walk, at->part) || at->part + 1 == walk->part_count;
    if (is_draft(name)) return;
    if (is_any && name[0] == '.') return;
    if (is_at(walk, at->part) && !is_any && !file_glob_match(walk->parts[at->part], name)) return;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return; // gone meanwhile
    const char *below = at->below[0] ? arena_printf(&walk->arena, "%s/%s", at->below, name).ptr
                                     : arena_copy(&walk->arena, str_from_cstr(name)).ptr;
    if (S_ISDIR(status.st_mode))
        take_folder(walk, at, below);
    else if (!is_last)
        return;
    else if (beneath_is_plain(&status, &err))
        add_file(walk, below);
    else
        walk->options.skipped(walk->options.context,
                              (struct place){walk->options.source.root, below}, err.msg);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the folder, sorted; the caller frees list and names' arena. */
static char **list_names(DIR *folder, struct arena *arena, const atomic_bool *is_stopped,
                         size_t *ret_count) {
    char **names = NULL;
    size_t count = 0, room = 0;
    const struct dirent *entry;
    while (!atomic_load(is_stopped) && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        names = grown(names, count, &room, sizeof *names);
        names[count++] = (char *)(uintptr_t)arena_copy(arena, str_from_cstr(entry->d_name)).ptr;
    }
    if (count > 0) qsort(names, count, sizeof *names, by_name);
    *ret_count = count;
    return names;
}

static void list_folder(struct file_walk *walk, const struct pending *at, int fd) {
    struct arena arena = {0};
    size_t count, first_pending = walk->pending_count;
    DIR *folder = fdopendir(fd);
    if (!folder) abort(); // out of memory
    char **names = list_names(folder, &arena, walk->options.is_stopped, &count);
    for (size_t i = 0; i < count && !walk->is_cut && !atomic_load(walk->options.is_stopped); i++)
        take_entry(walk, at, dirfd(folder), names[i]);
    /* The stack is taken from its end: turned round, folders come in the order of their names. */
    for (size_t i = first_pending, j = walk->pending_count; i + 1 < j; i++) {
        struct pending swap = walk->pending[--j];
        walk->pending[j] = walk->pending[i];
        walk->pending[i] = swap;
    }
    free(names);
    arena_free(&arena);
    (void)closedir(folder);
}

/* --- the whole --- */

static void split_pattern(struct file_walk *walk, const char **ret_fixed) {
    struct str rest = str_from_cstr(walk->options.source.below);
    size_t fixed = 0;
    while (!str_is_absent(rest) && rest.len > 0) {
        struct str part = str_cut(&rest, '/');
        if (walk->part_count == 0 && !file_glob_present(part)) {
            fixed += part.len + 1;
            continue;
        }
        if (walk->part_count < MAX_PARTS)
            walk->parts[walk->part_count++] = arena_copy(&walk->arena, part).ptr;
    }
    struct str text =
        str_slice(str_from_cstr(walk->options.source.below), 0, fixed ? fixed - 1 : 0);
    *ret_fixed = text.len > 0 ? arena_copy(&walk->arena, text).ptr : "";
    walk->tail = fixed;
}

static bool begin(struct file_walk *walk, struct err *err) {
    struct place source = walk->options.source;
    struct stat status;
    const char *fixed;
    walk->is_begun = true;
    if (walk->options.is_pattern) {
        split_pattern(walk, &fixed);
        push(walk, fixed, 0, 0);
        return true;
    }
    if (!beneath_status(walk->options.beneath, source, &status, err)) return false;
    if (S_ISDIR(status.st_mode)) {
        walk->tail = source.below[0] ? strlen(source.below) + 1 : 0;
        push(walk, source.below, 0, 0);
        return true;
    }
    if (!beneath_is_plain(&status, err)) return false;
    const char *slash = strrchr(source.below, '/');
    walk->tail = slash ? (size_t)(slash + 1 - source.below) : 0;
    walk->is_single = true;
    add_file(walk, source.below);
    return true;
}

bool file_walk_step(struct file_walk *walk, struct err *err) {
    struct err trouble = ERR_INIT;
    int fd;
    if (!walk->is_begun) {
        walk->has_failed = !begin(walk, err);
        return !walk->has_failed && walk->pending_count > 0;
    }
    if (walk->pending_count == 0) return false;
    struct pending at = walk->pending[--walk->pending_count];
    struct place place = {walk->options.source.root, at.below};
    bool is_first = at.depth == 0;
    if (beneath_open_folder(walk->options.beneath, place, &fd, &trouble)) {
        list_folder(walk, &at, fd);
        if (is_any_depth(walk, at.part) && at.part + 1 < walk->part_count)
            push(walk, at.below, at.part + 1, at.depth); // no folder for the `**`
    } else if (is_first) {
        walk->has_failed = true;
        if (err) *err = trouble;
        return false;
    } else if (trouble.kind != ERR_NOT_FOUND) {
        walk->options.failed(walk->options.context, place, trouble.msg);
    }
    return walk->pending_count > 0 && !walk->is_cut;
}

bool file_walk_failed(const struct file_walk *walk) {
    return walk->has_failed;
}

bool file_walk_is_cut(const struct file_walk *walk) {
    return walk->is_cut;
}

bool file_walk_is_single(const struct file_walk *walk) {
    return walk->is_single;
}

size_t file_walk_count(const struct file_walk *walk) {
    return walk->file_count;
}

struct walked_file file_walk_file(const struct file_walk *walk, size_t index) {
    return walk->files[index];
}

size_t file_walk_folder_count(const struct file_walk *walk) {
    return walk->folder_count;
}

const char *file_walk_folder(const struct file_walk *walk, size_t index) {
    return walk->folders[index];
}
