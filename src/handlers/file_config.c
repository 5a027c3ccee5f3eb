/* file_config.c - see file_config.h. */
#include "handlers/file_config.h"

#include "base/json_read.h"
#include "handlers/file_glob.h"

#include <string.h>

static const struct str actions[] = {STR_INIT("Delete"),   STR_INIT("Move"),
                                     STR_INIT("Copy"),     STR_INIT("Archive"),
                                     STR_INIT("Compress"), STR_INIT("Decompress")};
static const struct str compressions[] = {STR_INIT("zip"), STR_INIT("tar.gz"), STR_INIT("tar.zst")};

struct reader {
    const json_t *json;
    const struct beneath *beneath;
    const struct variables_known *known;
    struct faults *faults;
    struct file_config config;
};

const char *file_compression_ending(enum file_compression compression) {
    static const char *const endings[] = {".zip", ".tar.gz", ".tar.zst"};
    return endings[compression];
}

static struct str field_of(const struct reader *r, const char *name) {
    return arena_printf(r->faults->arena, "jobConfiguration.%s", name);
}

/* null equals absent. */
static const json_t *get(const struct reader *r, const char *name) {
    const json_t *value = json_object_get(r->json, name);
    return json_is_null(value) ? NULL : value;
}

static void find_unknown(struct reader *r) {
    static const char *const known[] = {
        "operation",   "sourcePath",     "destinationPath", "archivePath",
        "compression", "olderThanHours", "recursive",       "deleteEmptyDirectories",
        "overwrite",   "dryRun",         "deleteAfterDays",
    };
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)r->json, name, value) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            is_known = is_known || strcmp(name, known[i]) == 0;
        if (!is_known)
            faults_add(r->faults, arena_printf(r->faults->arena, "jobConfiguration.%.100s", name),
                       "is no field of a FileOperation");
    }
}

/* An index into names; -1 with a fault. */
static int read_name(struct reader *r, const char *name, const struct str *names, size_t count,
                     const char *list) {
    struct str text = json_str_of(get(r, name));
    for (size_t i = 0; i < count; i++)
        if (!str_is_absent(text) && str_equal_nocase(text, names[i])) return (int)i;
    faults_add(r->faults, field_of(r, name), "must be one of %s", list);
    return -1;
}

/* --- paths --- */

/* What is wrong with a path whose variables are replaced; NULL = nothing. */
static const char *fault_of(struct str path, bool may_have_pattern, bool may_end_with_slash) {
    struct str rest = path;
    size_t any_depth = 0;
    if (path.len == 0 || path.ptr[0] != '/') return "must be an absolute path";
    if (path.len > MAX_PATH_BYTES) return "is longer than 4095 bytes";
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == 0x7f)
            return "must not contain control characters";
    if (!may_have_pattern && file_glob_present(path))
        return "must not contain *, ?, [ and \\; only sourcePath may be a pattern";
    (void)str_cut(&rest, '/');
    if (rest.len > 0 && rest.ptr[rest.len - 1] == '/') {
        if (!may_end_with_slash) return "must not end with a slash";
        rest.len--;
    }
    while (path.len > 1 && !str_is_absent(rest)) {
        struct str part = str_cut(&rest, '/');
        if (part.len == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
            return "must not contain '.', '..' or an empty part";
        if (part.len > MAX_PATH_NAME) return "has a part that is longer than 255 bytes";
        any_depth += str_equal(part, STR("**"));
    }
    return any_depth > 1 ? "may have ** once" : NULL;
}

static void put_roots(const struct beneath *beneath, struct buf *out) {
    for (size_t i = 0; i < beneath_count(beneath); i++) {
        if (i > 0) buf_put(out, STR(", "));
        buf_put(out, beneath_root_path(beneath, i));
    }
}

/* path is what the text becomes, or stands for it. */
static void check_path(const struct beneath *beneath, struct str field, struct str path,
                       bool may_have_pattern, bool may_end_with_slash, struct place *ret,
                       struct faults *faults) {
    const char *fault = fault_of(path, may_have_pattern, may_end_with_slash);
    if (fault) {
        faults_add(faults, field, "%s", fault);
        return;
    }
    if (beneath_find(beneath, path, faults->arena, ret)) return;
    struct buf roots = buf_with_max(1024);
    put_roots(beneath, &roots);
    faults_add(faults, field,
               "lies outside of the folders that Scheduler:Jobs:AllowedFileRoots allows: %.*s",
               STR_ARG(buf_str(&roots)));
    buf_free(&roots);
}

static bool may_have_pattern(const char *name) {
    return strcmp(name, "sourcePath") == 0;
}

static struct str read_path(struct reader *r, const char *name, bool is_wanted, const char *whose) {
    struct str field = field_of(r, name), text = json_str_of(get(r, name));
    struct place place;
    if (!get(r, name)) {
        if (is_wanted) faults_add(r->faults, field, "is required");
        return STR_NONE;
    }
    if (!is_wanted) {
        faults_add(r->faults, field, "belongs to %s", whose);
        return STR_NONE;
    }
    if (str_is_absent(text) || text.len > MAX_PATH_TEMPLATE) {
        faults_add(r->faults, field, "must be a string of at most %d bytes", MAX_PATH_TEMPLATE);
        return STR_NONE;
    }
    size_t before = r->faults->count + r->faults->more;
    if (r->known) variables_check(text, r->known, field, r->faults);
    if (r->faults->count + r->faults->more > before) return text;
    if (variables_use_secret(text)) {
        faults_add(r->faults, field, "must not hold a secret: paths are shown");
        return text;
    }
    struct buf path = buf_with_max(0);
    variables_blank(text, STR("x"), &path);
    check_path(r->beneath, field, buf_str(&path), may_have_pattern(name),
               strcmp(name, "archivePath") != 0, &place, r->faults);
    buf_free(&path);
    return text;
}

static bool packs(enum file_action action) {
    return action == FILE_ARCHIVE || action == FILE_COMPRESS;
}

static void read_paths(struct reader *r) {
    enum file_action action = r->config.action;
    r->config.source = read_path(r, "sourcePath", true, "");
    r->config.destination =
        read_path(r, "destinationPath",
                  action == FILE_MOVE || action == FILE_COPY || action == FILE_DECOMPRESS,
                  "Move, Copy and Decompress");
    r->config.archive = read_path(r, "archivePath", packs(action), "Archive and Compress");
    /* Else each run would copy what the one before has copied. */
    struct str source = r->config.source, destination = r->config.destination;
    while (source.len > 1 && source.ptr[source.len - 1] == '/') source.len--;
    if (action != FILE_DECOMPRESS && !file_glob_present(source) && source.len > 1 &&
        str_starts_with(destination, source) && destination.len > source.len &&
        destination.ptr[source.len] == '/')
        faults_add(r->faults, field_of(r, "destinationPath"), "must not lie inside sourcePath");
}

static void read_compression(struct reader *r) {
    struct str archive = r->config.archive;
    const json_t *value = get(r, "compression");
    bool is_found = false;
    if (!packs(r->config.action)) {
        if (value)
            faults_add(r->faults, field_of(r, "compression"),
                       "belongs to Archive and Compress; Decompress sees it from the file");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(compressions); i++) {
        if (!str_ends_with(archive,
                           str_from_cstr(file_compression_ending((enum file_compression)i))))
            continue;
        r->config.compression = (enum file_compression)i;
        is_found = true;
    }
    if (!is_found && !str_is_absent(archive) && !str_ends_with(archive, STR("/")))
        faults_add(r->faults, field_of(r, "archivePath"),
                   "must end with .zip, .tar.gz or .tar.zst");
    if (!value) return;
    int given = read_name(r, "compression", compressions, COUNT_OF(compressions),
                          "zip, tar.gz and tar.zst");
    if (given >= 0 && is_found && given != (int)r->config.compression)
        faults_add(r->faults, field_of(r, "compression"), "archivePath ends otherwise");
}

/* --- the rest --- */

static int64_t read_number(struct reader *r, const char *name, int64_t max, bool fits,
                           const char *whose) {
    const json_t *value = get(r, name);
    int64_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    if (!value) return 0;
    if (number < 0 || number > max)
        faults_add(r->faults, field_of(r, name), "must be a whole number from 0 to %lld",
                   (long long)max);
    else if (number > 0 && !fits)
        faults_add(r->faults, field_of(r, name), "belongs to %s", whose);
    else
        return number;
    return 0;
}

static bool read_flag(struct reader *r, const char *name, bool fits, const char *whose) {
    const json_t *value = get(r, name);
    if (!value) return false;
    if (!json_is_boolean(value))
        faults_add(r->faults, field_of(r, name), "must be true or false");
    else if (json_is_true(value) && !fits)
        faults_add(r->faults, field_of(r, name), "belongs to %s", whose);
    else
        return json_is_true(value);
    return false;
}

bool file_config_read(const json_t *json, const struct beneath *beneath,
                      const struct variables_known *known, struct file_config *ret,
                      struct faults *faults) {
    struct reader r = {.json = json, .beneath = beneath, .known = known, .faults = faults};
    size_t before = faults->count + faults->more;
    if (beneath_count(beneath) == 0) {
        faults_add(faults, STR("jobType"),
                   "FileOperation is off on this server: set Scheduler:Jobs:AllowedFileRoots to "
                   "the folders that its jobs may work in");
        return false;
    }
    if (!json_is_object(json)) {
        faults_add(faults, STR("jobConfiguration"), "must be an object");
        return false;
    }
    find_unknown(&r);
    int action = read_name(&r, "operation", actions, COUNT_OF(actions),
                           "Delete, Move, Copy, Archive, Compress and Decompress");
    if (action >= 0) {
        r.config.action = (enum file_action)action;
        bool removes = action == FILE_DELETE || action == FILE_MOVE || action == FILE_ARCHIVE;
        read_paths(&r);
        read_compression(&r);
        r.config.older_than_hours =
            read_number(&r, "olderThanHours", MAX_OLDER_THAN_HOURS, true, "");
        r.config.delete_after_days = read_number(&r, "deleteAfterDays", MAX_DELETE_AFTER_DAYS,
                                                 action == FILE_ARCHIVE, "Archive");
        r.config.is_recursive = read_flag(&r, "recursive", true, "");
        r.config.deletes_empty =
            read_flag(&r, "deleteEmptyDirectories", removes, "Delete, Move and Archive");
        r.config.overwrites = read_flag(
            &r, "overwrite", action != FILE_DELETE && action != FILE_ARCHIVE,
            "Move, Copy, Compress and Decompress; Archive never replaces an archive, since "
            "what it holds may be nowhere else");
        r.config.is_dry = read_flag(&r, "dryRun", true, "");
    }
    if (faults->count + faults->more > before) return false;
    *ret = r.config;
    return true;
}

/* --- a run --- */

static bool ends_with_slash(struct str text) {
    return text.len > 0 && text.ptr[text.len - 1] == '/';
}

static bool plan_path(const struct beneath *beneath, const char *name, struct str text,
                      const struct variables_context *context, struct faults *faults,
                      struct place *ret, bool *ret_ends_with_slash, struct err *err) {
    struct buf path = buf_with_max(MAX_PATH_BYTES), blank = buf_with_max(0);
    bool ok = variables_expand(text, VARIABLES_TEXT, context, &path, err);
    if (!ok) err_wrap(err, "%s", name);
    variables_blank(text, STR(""), &blank);
    if (ok && file_glob_count(buf_str(&path)) != file_glob_count(buf_str(&blank)))
        ok = err_set(err, ERR_INVALID,
                     "%s: a variable brought *, ?, [ or \\, which is not taken as a pattern", name);
    /* A file that a variable names must not become the whole folder because it was empty. */
    if (ok && ends_with_slash(buf_str(&path)) && !ends_with_slash(text))
        ok = err_set(err, ERR_INVALID, "%s: a variable at its end is empty, or ends with a slash",
                     name);
    if (ok) {
        check_path(beneath, str_from_cstr(name), buf_str(&path), may_have_pattern(name), true, ret,
                   faults);
        if (!faults_none(faults))
            ok = err_set(err, ERR_INVALID, "%s: %.*s", name, STR_ARG(faults->items[0].message));
        *ret_ends_with_slash = ends_with_slash(buf_str(&path));
    }
    buf_free(&blank);
    buf_free(&path);
    return ok;
}

static const char *archive_names(struct str archive, struct arena *arena) {
    struct buf blank = buf_with_max(0);
    variables_blank(archive, STR("*"), &blank);
    struct str name = buf_str(&blank);
    for (size_t i = name.len; i-- > 0;) {
        if (name.ptr[i] != '/') continue;
        name = str_slice(name, i + 1, name.len);
        break;
    }
    const char *copy = arena_copy(arena, name).ptr;
    buf_free(&blank);
    return copy;
}

bool file_config_plan(const struct file_config *config, const struct beneath *beneath,
                      const struct variables_context *context, struct arena *arena,
                      struct file_plan *ret, struct err *err) {
    struct faults *faults = ARENA_NEW(arena, struct faults);
    struct file_plan plan = {.config = config, .is_pattern = file_glob_present(config->source)};
    bool slash;
    faults->arena = arena;
    if (!plan_path(beneath, "sourcePath", config->source, context, faults, &plan.source, &slash,
                   err))
        return false;
    if (!str_is_absent(config->destination) &&
        !plan_path(beneath, "destinationPath", config->destination, context, faults,
                   &plan.destination, &plan.destination_is_folder, err))
        return false;
    if (!str_is_absent(config->archive)) {
        if (!plan_path(beneath, "archivePath", config->archive, context, faults, &plan.archive,
                       &slash, err))
            return false;
        if (slash || plan.archive.below[0] == '\0')
            return err_set(err, ERR_INVALID, "archivePath: must name a file");
        plan.archive_names = archive_names(config->archive, arena);
    }
    *ret = plan;
    return true;
}
