/* sqlite_script.c - see sqlite_script.h.
 *
 * The scanner knows SQLite's tokens as far as it must to tell a parameter from the same signs
 * elsewhere. SQLite itself binds: should the two ever differ, a parameter stays unbound and the run
 * fails, but no value gets anywhere else. */
#include "handlers/procedures/sqlite_script.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- parameters --- */

static bool is_name_sign(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static size_t skip_name(struct str s, size_t at) {
    while (at < s.len && is_name_sign(s.ptr[at])) at++;
    return at;
}

/* Behind the closing quote, which is doubled inside; a bracket is not. */
static size_t skip_quoted(struct str s, size_t at) {
    char quote = s.ptr[at] == '[' ? ']' : s.ptr[at];
    for (at++; at < s.len; at++) {
        if (s.ptr[at] != quote) continue;
        if (quote == ']' || at + 1 == s.len || s.ptr[at + 1] != quote) return at + 1;
        at++;
    }
    return s.len;
}

static size_t skip_comment(struct str s, size_t at) {
    struct str rest = str_slice(s, at, s.len);
    bool is_line = str_starts_with(rest, STR("--"));
    const char *end =
        is_line ? memchr(rest.ptr, '\n', rest.len) : memmem(rest.ptr + 2, rest.len - 2, "*/", 2);
    if (!end) return s.len;
    return (size_t)(end - s.ptr) + (is_line ? 1 : 2);
}

static bool add_parameter(struct sqlite_script *script, struct str name, struct err *err) {
    for (size_t i = 0; i < script->count; i++)
        if (str_equal(script->parameters[i], name)) return true;
    if (script->count == MAX_SCRIPT_PARAMETERS)
        return err_set(err, ERR_LIMIT, "has more than %d parameters", MAX_SCRIPT_PARAMETERS);
    script->parameters[script->count++] = name;
    return true;
}

bool sqlite_script_scan(struct str text, struct sqlite_script *ret, struct err *err) {
    struct sqlite_script script = {.text = text};
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];
        struct str rest = str_slice(text, at, text.len);
        if (c == '\'' || c == '"' || c == '`' || c == '[') {
            at = skip_quoted(text, at);
        } else if (str_starts_with(rest, STR("--")) || str_starts_with(rest, STR("/*"))) {
            at = skip_comment(text, at);
        } else if (c == ':' && rest.len > 1 && is_name_sign(rest.ptr[1])) {
            size_t end = skip_name(text, at + 1);
            if (!add_parameter(&script, str_slice(text, at + 1, end - at - 1), err)) return false;
            at = end;
        } else if (c == '?' || c == '@' || c == '$' || c == '#') {
            return err_set(err, ERR_INVALID, "has a parameter that begins with %c; write :name", c);
        } else {
            at = is_name_sign(c) ? skip_name(text, at) : at + 1;
        }
    }
    *ret = script;
    return true;
}

static bool has(const struct sqlite_script *script, struct str name) {
    for (size_t i = 0; i < script->count; i++)
        if (str_equal(script->parameters[i], name)) return true;
    return false;
}

static void put_parameters(const struct sqlite_script *script, struct buf *out) {
    for (size_t i = 0; i < script->count; i++)
        buf_printf(out, "%s%.*s", i > 0 ? ", " : "", STR_ARG(script->parameters[i]));
    if (script->count == 0) buf_put(out, STR("none"));
}

bool sqlite_script_fits(const struct sqlite_script *script, const json_t *parameters,
                        struct err *err) {
    struct buf all = buf_with_max(150);
    const char *name;
    json_t *value;
    bool ok = true;
    put_parameters(script, &all);
    json_object_foreach((json_t *)(uintptr_t)parameters, name, value) {
        if (ok && !has(script, str_from_cstr(name)))
            ok =
                err_set(err, ERR_INVALID, "there is no parameter %.63s in the script; it has: %.*s",
                        name, STR_ARG(buf_str(&all)));
    }
    for (size_t i = 0; ok && i < script->count; i++) {
        struct str each = script->parameters[i];
        if (!json_object_getn(parameters, each.ptr, each.len))
            ok = err_set(err, ERR_INVALID, "the parameter %.*s of the script is missing",
                         STR_ARG(each));
    }
    buf_free(&all);
    return ok;
}

/* --- the file --- */

static void put_scripts(int folder, struct buf *out) {
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    bool is_first = true;
    while (all && (entry = readdir(all))) { // NOLINT(concurrency-mt-unsafe): a stream of its own
        struct str name = str_from_cstr(entry->d_name);
        if (!str_ends_with(name, STR(".sql")) || name.len <= 4) continue;
        buf_printf(out, "%s%.*s", is_first ? "" : ", ", STR_ARG(str_slice(name, 0, name.len - 4)));
        is_first = false;
    }
    if (is_first) buf_put(out, STR("none"));
    if (all)
        (void)closedir(all);
    else if (copy >= 0)
        (void)close(copy);
}

static bool say_missing(int folder, struct str name, struct err *err) {
    struct buf names = buf_with_max(120);
    put_scripts(folder, &names);
    (void)err_set(err, ERR_NOT_FOUND,
                  "there is no %.*s.sql in Scheduler:Procedures:Directory; there are: %.*s",
                  STR_ARG(name), STR_ARG(buf_str(&names)));
    buf_free(&names);
    return false;
}

static bool read_all(int file, struct buf *out) {
    char chunk[8192];
    ssize_t got;
    while ((got = read(file, chunk, sizeof chunk)) > 0 && !out->too_big)
        buf_put(out, (struct str){chunk, (size_t)got});
    return got >= 0;
}

bool sqlite_script_read(int folder, struct str name, struct arena *arena, struct sqlite_script *ret,
                        struct err *err) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    struct str path = arena_printf(arena, "%.*s.sql", STR_ARG(name));
    if (folder < 0)
        return err_set(err, ERR_INVALID,
                       "Scheduler:Procedures:Directory is not set: there are no scripts");
    int file = (int)syscall(SYS_openat2, folder, path.ptr, &how, sizeof how);
    if (file < 0 && errno == ENOENT) return say_missing(folder, name, err);
    if (file < 0)
        return err_set(err, ERR_INVALID, "%.*s cannot be opened: %s", STR_ARG(path),
                       strerrordesc_np(errno));
    struct buf text = buf_with_max(MAX_SCRIPT_BYTES);
    struct stat info;
    bool ok = true;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        ok = err_set(err, ERR_INVALID, "%.*s is no plain file", STR_ARG(path));
    else if (info.st_mode & S_IWOTH)
        ok = err_set(err, ERR_INVALID, "everybody may write to %.*s; chmod o-w it", STR_ARG(path));
    else if (!read_all(file, &text) || text.too_big)
        ok = err_set(err, ERR_INVALID, "%.*s cannot be read, or has more than %d bytes",
                     STR_ARG(path), MAX_SCRIPT_BYTES);
    else if (!str_is_utf8(buf_str(&text)) || (text.len && memchr(text.ptr, '\0', text.len)))
        ok = err_set(err, ERR_INVALID, "%.*s is not UTF-8", STR_ARG(path));
    (void)close(file);
    struct str own = text.len ? arena_copy(arena, buf_str(&text)) : STR("");
    buf_free(&text);
    if (!ok) return false;
    return sqlite_script_scan(own, ret, err) || err_wrap(err, "%.*s", STR_ARG(path));
}
