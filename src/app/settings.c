/* settings.c - file, environment and flags into struct settings; see settings.h. */
#include "app/settings.h"

#include "app/alert_settings.h"
#include "app/key_lines.h"
#include "base/err.h"
#include "base/json_read.h"
#include "base/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1024 * 1024, KEY_MAX = 300, ENTRY_NAME_MAX = 100, ENTRIES_MAX = 1000 };
static const char DEFAULT_FILE[] = "appsettings.json";

/* Where the value that is being set stands, for messages and for `alphabet config`. */
struct origin {
    const char *text;
};

static const struct setting *find_setting(struct str key) {
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct str known = str_from_cstr(table[i].key);
        if (str_equal_nocase(known, key)) return &table[i];
        if ((table[i].flags & SETTING_NOT_OFFERED) && key.len > known.len &&
            key.ptr[known.len] == ':' && str_equal_nocase(str_slice(key, 0, known.len), known))
            return &table[i];
    }
    return NULL;
}

/* Where a value goes: a row of the table, or a row of a named entry. */
struct place {
    const struct setting *setting;
    const char *key; // whole: "Scheduler:Handlers:Report:Executable"
    void *field;
    struct setting_origin *origin;
};

/* A key of a section of named entries, in its parts. */
struct section_key {
    const struct setting_section *section;
    struct str name; // of the entry
    struct str row;  // what stands behind it; absent when nothing does
};

static bool is_entry_name(struct str name) {
    bool fine = name.len > 0 && name.len <= ENTRY_NAME_MAX;
    for (size_t i = 0; fine && i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        fine = letter || (other && i > 0);
    }
    return fine;
}

static bool split_key(struct str key, struct section_key *ret) {
    size_t count;
    const struct setting_section *sections = settings_sections(&count);
    for (size_t i = 0; i < count; i++) {
        struct str known = str_from_cstr(sections[i].key);
        if (key.len <= known.len + 1 || key.ptr[known.len] != ':' ||
            !str_equal_nocase(str_slice(key, 0, known.len), known))
            continue;
        struct str rest = str_slice(key, known.len + 1, key.len);
        struct str name = str_cut(&rest, ':');
        *ret = (struct section_key){&sections[i], name, rest};
        return is_entry_name(name);
    }
    return false;
}

static const struct setting *find_row(const struct section_key *parts) {
    for (size_t i = 0; i < parts->section->row_count; i++)
        if (str_equal_nocase(str_from_cstr(parts->section->rows[i].key), parts->row))
            return &parts->section->rows[i];
    return NULL;
}

/* How many single-letter edits lie between two short texts: to propose what was meant. */
static size_t edit_distance(struct str a, struct str b) {
    size_t row[KEY_MAX + 1];
    if (a.len > KEY_MAX || b.len > KEY_MAX) return KEY_MAX;
    for (size_t j = 0; j <= b.len; j++) row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            bool same = str_equal_nocase(str_slice(a, i - 1, 1), str_slice(b, j - 1, 1));
            size_t best = diagonal + (same ? 0 : 1);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.len];
}

static void complain_unknown(struct str key, struct origin origin, struct buf *complaints) {
    size_t count;
    const struct setting *table = settings_table(&count);
    const char *nearest = NULL;
    size_t distance = 6;
    struct section_key parts;
    bool in_section = split_key(key, &parts);
    for (size_t i = 0; in_section && i < parts.section->row_count; i++) {
        size_t d = edit_distance(parts.row, str_from_cstr(parts.section->rows[i].key));
        if (d >= distance) continue;
        distance = d;
        nearest = parts.section->rows[i].key;
    }
    for (size_t i = 0; i < count; i++) {
        size_t d = edit_distance(key, str_from_cstr(table[i].key));
        if (d >= distance || (table[i].flags & SETTING_NOT_OFFERED)) continue;
        distance = d;
        nearest = table[i].key;
    }
    buf_printf(complaints, "%s: there is no setting %.*s", origin.text, STR_ARG(key));
    if (nearest) buf_printf(complaints, "; did you mean %s?", nearest);
    buf_put(complaints, STR("\n"));
}

static void *field_of(struct settings *settings, const struct setting *setting) {
    return (char *)settings + setting->offset;
}

static bool is_choice(const char *choices, struct str value, struct str *ret) {
    struct str rest = str_from_cstr(choices);
    while (!str_is_absent(rest)) {
        struct str choice = str_cut(&rest, '|');
        if (!str_equal_nocase(choice, value)) continue;
        *ret = choice;
        return true;
    }
    return false;
}

static void set_list(struct settings *settings, const struct place *place, const struct str *items,
                     size_t count) {
    const char **texts = ARENA_ARRAY(&settings->arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) texts[i] = arena_copy(&settings->arena, items[i]).ptr;
    struct text_list list = {texts, count};
    memcpy(place->field, &list, sizeof list);
}

/* "a, b" from the environment or a flag. */
static void set_list_from_text(struct settings *settings, const struct place *place,
                               struct str value) {
    enum { ITEMS_MAX = 1000 };
    struct str items[ITEMS_MAX];
    size_t count = 0;
    struct str rest = value.len ? value : STR_NONE;
    while (!str_is_absent(rest) && count < ITEMS_MAX) {
        struct str item = str_trim(str_cut(&rest, ','));
        if (item.len) items[count++] = item;
    }
    set_list(settings, place, items, count);
}

static bool complain_value(const struct place *place, struct str value, struct origin origin,
                           struct buf *complaints) {
    const struct setting *setting = place->setting;
    buf_printf(complaints, "%s: %s ", origin.text, place->key);
    if (setting->flags & (SETTING_SECRET | SETTING_PASSWORD_INSIDE)) {
        buf_put(complaints, STR("has a bad value"));
    } else {
        buf_printf(complaints, "is \"%.*s\"", STR_ARG(value));
    }
    switch (setting->kind) {
    case SETTING_NUMBER:
        buf_printf(complaints, "; it must be a whole number from %lld to %lld\n",
                   (long long)setting->min, (long long)setting->max);
        break;
    case SETTING_BOOL: buf_put(complaints, STR("; it must be true or false\n")); break;
    case SETTING_CHOICE:
        buf_printf(complaints, "; it must be one of: %s\n", setting->choices);
        break;
    case SETTING_LIST: buf_put(complaints, STR("; it must be a list of texts\n")); break;
    case SETTING_TEXT: buf_put(complaints, STR("; it must be a text\n")); break;
    }
    return false;
}

static bool set_from_text(struct settings *settings, const struct place *place, struct str value,
                          struct origin origin, struct buf *complaints) {
    const struct setting *setting = place->setting;
    void *field = place->field;
    int64_t number;
    bool flag;
    struct str choice;
    const char *text;
    if (memchr(value.ptr ? value.ptr : "", '\0', value.len))
        return complain_value(place, STR("(holds a NUL)"), origin, complaints);
    switch (setting->kind) {
    case SETTING_NUMBER:
        if (!str_parse_i64(value, &number) || number < setting->min || number > setting->max)
            return complain_value(place, value, origin, complaints);
        memcpy(field, &number, sizeof number);
        break;
    case SETTING_BOOL:
        if (!str_parse_bool(value, &flag)) return complain_value(place, value, origin, complaints);
        memcpy(field, &flag, sizeof flag);
        break;
    case SETTING_CHOICE:
        if (!is_choice(setting->choices, value, &choice))
            return complain_value(place, value, origin, complaints);
        text = arena_copy(&settings->arena, choice).ptr;
        memcpy(field, &text, sizeof text);
        break;
    case SETTING_TEXT:
        text = arena_copy(&settings->arena, value.ptr ? value : STR("")).ptr;
        memcpy(field, &text, sizeof text);
        break;
    case SETTING_LIST: set_list_from_text(settings, place, value); break;
    }
    place->origin->text = arena_copy(&settings->arena, str_from_cstr(origin.text)).ptr;
    return true;
}

static struct place place_of(struct settings *settings, const struct setting *setting) {
    size_t count;
    return (struct place){.setting = setting,
                          .key = setting->key,
                          .field = field_of(settings, setting),
                          .origin = &settings->origins[setting - settings_table(&count)]};
}

static struct place place_in_entry(struct settings *settings, struct setting_entry *entry,
                                   const struct setting_section *section,
                                   const struct setting *row) {
    struct str key = arena_printf(&settings->arena, "%s:%s%s%s", section->key, entry->name,
                                  row->key[0] ? ":" : "", row->key);
    return (struct place){.setting = row,
                          .key = key.ptr,
                          .field = (char *)entry + row->offset,
                          .origin = &entry->origins[row - section->rows]};
}

/* The entry of that name; made with its defaults when it is not there. NULL: there are too many. */
static struct setting_entry *entry_of(struct settings *settings, const struct section_key *parts) {
    const struct setting_section *section = parts->section;
    struct setting_entries *entries = (void *)((char *)settings + section->offset);
    for (size_t i = 0; i < entries->count; i++)
        if (str_equal_nocase(str_from_cstr(entries->items[i]->name), parts->name))
            return entries->items[i];
    if (entries->count == ENTRIES_MAX) return NULL;
    struct setting_entry **items =
        ARENA_ARRAY(&settings->arena, entries->count + 1, struct setting_entry *);
    for (size_t i = 0; i < entries->count; i++) items[i] = entries->items[i];
    struct setting_entry *entry = arena_alloc(&settings->arena, section->entry_size);
    entry->name = arena_copy(&settings->arena, parts->name).ptr;
    entry->origins = ARENA_ARRAY(&settings->arena, section->row_count, struct setting_origin);
    items[entries->count] = entry;
    *entries = (struct setting_entries){items, entries->count + 1};
    struct buf none = buf_with_max(0);
    for (size_t i = 0; i < section->row_count; i++) {
        struct place place = place_in_entry(settings, entry, section, &section->rows[i]);
        (void)set_from_text(settings, &place, str_from_cstr(section->rows[i].fallback),
                            (struct origin){"default"}, &none);
    }
    buf_free(&none);
    return entry;
}

/* False when there is no such key; the setting of one that is not offered has no field. */
static bool find_place(struct settings *settings, struct str key, struct place *ret) {
    const struct setting *setting = find_setting(key);
    struct section_key parts;
    if (setting) {
        *ret = place_of(settings, setting);
        return true;
    }
    if (!split_key(key, &parts)) return false;
    setting = find_row(&parts);
    struct setting_entry *entry = setting ? entry_of(settings, &parts) : NULL;
    if (!entry) return false;
    *ret = place_in_entry(settings, entry, parts.section, setting);
    return true;
}

static bool is_settable(const struct setting *setting, struct str key, struct origin origin,
                        struct buf *complaints) {
    if (setting == NULL) {
        complain_unknown(key, origin, complaints);
        return false;
    }
    if (setting->flags & SETTING_NOT_OFFERED) {
        buf_printf(complaints, "%s: %.*s is not offered by this version; take it out\n",
                   origin.text, STR_ARG(key));
        return false;
    }
    return true;
}

static bool set_by_key(struct settings *settings, struct str key, struct str value,
                       struct origin origin, struct buf *complaints) {
    struct place place = {0};
    (void)find_place(settings, key, &place);
    return is_settable(place.setting, key, origin, complaints) &&
           set_from_text(settings, &place, value, origin, complaints);
}

void settings_set_defaults(struct settings *settings) {
    size_t count;
    const struct setting *table = settings_table(&count);
    *settings = (struct settings){0};
    settings->origins = ARENA_ARRAY(&settings->arena, count, struct setting_origin);
    struct buf none = buf_with_max(0);
    for (size_t i = 0; i < count; i++) {
        if (table[i].flags & SETTING_NOT_OFFERED) continue;
        struct place place = place_of(settings, &table[i]);
        (void)set_from_text(settings, &place, str_from_cstr(table[i].fallback),
                            (struct origin){"default"}, &none);
    }
    buf_free(&none);
}

/* ---- the file ---- */

struct file_reader {
    struct settings *settings;
    const char *file_name;
    struct str text;
    struct buf *complaints;
    bool ok;
};

static struct origin file_origin(struct file_reader *reader, struct str key) {
    struct str text = arena_printf(&reader->settings->arena, "%s line %d", reader->file_name,
                                   key_line(reader->text, key));
    return (struct origin){text.ptr};
}

static void read_list(struct file_reader *reader, const struct place *place, struct str key,
                      const json_t *array) {
    struct origin origin = file_origin(reader, key);
    size_t count = json_array_size(array);
    struct str *items = ARENA_ARRAY(&reader->settings->arena, count + 1, struct str);
    for (size_t i = 0; i < count; i++) {
        items[i] = json_str_of(json_array_get(array, i));
        if (str_is_absent(items[i])) {
            reader->ok = complain_value(place, STR("(something else than texts)"), origin,
                                        reader->complaints);
            return;
        }
    }
    set_list(reader->settings, place, items, count);
    place->origin->text = origin.text;
}

static void read_value(struct file_reader *reader, struct str key, const json_t *value) {
    struct origin origin = file_origin(reader, key);
    struct place place = {0};
    (void)find_place(reader->settings, key, &place);
    const struct setting *setting = place.setting;
    if (!is_settable(setting, key, origin, reader->complaints)) {
        reader->ok = false;
        return;
    }
    if (json_is_array(value) && setting->kind == SETTING_LIST) {
        read_list(reader, &place, key, value);
        return;
    }
    struct str text = json_str_of(value);
    if (json_is_integer(value))
        text = arena_printf(&reader->settings->arena, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value)) text = json_is_true(value) ? STR("true") : STR("false");
    bool fits = !str_is_absent(text) && setting->kind != SETTING_LIST;
    if (!fits) {
        reader->ok =
            complain_value(&place, STR("(another kind of value)"), origin, reader->complaints);
    } else if (!set_from_text(reader->settings, &place, text, origin, reader->complaints)) {
        reader->ok = false;
    }
}

static void read_section(struct file_reader *reader, struct str prefix, json_t *section) {
    const char *name;
    json_t *value;
    json_object_foreach(section, name, value) {
        struct str key =
            prefix.len ? arena_printf(&reader->settings->arena, "%.*s:%s", STR_ARG(prefix), name)
                       : str_from_cstr(name);
        if (json_is_null(value)) continue;
        struct section_key parts;
        bool in_section = split_key(key, &parts);
        bool is_known = find_setting(key) != NULL || (in_section && find_row(&parts) != NULL);
        if (json_is_object(value) && !is_known) {
            if (in_section && str_is_absent(parts.row)) (void)entry_of(reader->settings, &parts);
            read_section(reader, key, value);
        } else {
            read_value(reader, key, value);
        }
    }
}

bool settings_read_text(struct settings *settings, const char *file_name, struct str text,
                        struct buf *complaints) {
    struct err err = ERR_INIT;
    json_t *root = json_read(text, &err);
    if (!json_is_object(root)) {
        buf_printf(complaints, "%s: %s\n", file_name, root ? "must hold a JSON object" : err.msg);
        json_decref(root);
        return false;
    }
    struct file_reader reader = {settings, file_name, text, complaints, true};
    read_section(&reader, STR_NONE, root);
    json_decref(root);
    return reader.ok;
}

static bool complain_file(const char *file, const char *what, struct buf *complaints) {
    buf_printf(complaints, "%s: %s\n", file, what);
    return false;
}

/* The whole file, at most FILE_MAX_BYTES. *ret_found is false when it is not there. */
static bool slurp(const char *file, struct buf *ret, bool *ret_found, struct buf *complaints) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    *ret_found = fd >= 0;
    if (fd < 0) return errno == ENOENT || complain_file(file, strerrordesc_np(errno), complaints);
    char chunk[8192];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 && !ret->too_big)
        buf_put(ret, (struct str){chunk, (size_t)got});
    (void)close(fd);
    if (got < 0) return complain_file(file, "cannot be read", complaints);
    return !ret->too_big || complain_file(file, "is larger than 1 MiB", complaints);
}

static bool load_file(struct settings *settings, const char *file, struct buf *complaints) {
    const char *name = file ? file : DEFAULT_FILE;
    struct buf text = buf_with_max(FILE_MAX_BYTES);
    bool found;
    bool ok = slurp(name, &text, &found, complaints);
    if (ok && found) ok = settings_read_text(settings, name, buf_str(&text), complaints);
    if (ok && !found && file) ok = complain_file(file, "there is no such file", complaints);
    buf_free(&text);
    return ok;
}

/* ---- the environment ---- */

static bool begins_with_section(struct str name, const char *key) {
    struct str rest = str_from_cstr(key);
    struct str section = str_cut(&rest, ':');
    return name.len > section.len + 2 &&
           str_equal_nocase(str_slice(name, 0, section.len), section) &&
           str_equal(str_slice(name, section.len, 2), STR("__"));
}

/* Is this variable meant for us? Its part before the first "__" is a section of the table. */
static bool is_ours(struct str name) {
    size_t count, section_count;
    const struct setting *table = settings_table(&count);
    const struct setting_section *sections = settings_sections(&section_count);
    for (size_t i = 0; i < count; i++)
        if (begins_with_section(name, table[i].key)) return true;
    for (size_t i = 0; i < section_count; i++)
        if (begins_with_section(name, sections[i].key)) return true;
    return false;
}

static bool load_environment(struct settings *settings, const char *const *environment,
                             struct buf *complaints) {
    bool ok = true;
    for (size_t i = 0; environment && environment[i]; i++) {
        struct str value = str_from_cstr(environment[i]);
        struct str name = str_cut(&value, '=');
        if (str_is_absent(value) || name.len > KEY_MAX || !is_ours(name)) continue;
        struct buf key = buf_with_max(0);
        for (size_t at = 0; at < name.len; at++) {
            bool separator = str_equal(str_slice(name, at, 2), STR("__"));
            buf_put_char(&key, separator ? ':' : name.ptr[at]);
            if (separator) at++;
        }
        struct str origin = arena_printf(&settings->arena, "environment %.*s", STR_ARG(name));
        if (!set_by_key(settings, buf_str(&key), value, (struct origin){origin.ptr}, complaints))
            ok = false;
        buf_free(&key);
    }
    return ok;
}

bool settings_load(const struct settings_sources *sources, struct settings *ret,
                   struct buf *complaints) {
    settings_set_defaults(ret);
    bool ok = load_file(ret, sources->file, complaints);
    ok = load_environment(ret, sources->environment, complaints) && ok;
    for (size_t i = 0; sources->flags && sources->flags[i]; i += 2)
        ok = set_by_key(ret, str_from_cstr(sources->flags[i]), str_from_cstr(sources->flags[i + 1]),
                        (struct origin){"command line"}, complaints) &&
             ok;
    if (ok && (ret->tls_certificate[0] == '\0') != (ret->tls_key[0] == '\0')) {
        buf_put(complaints, STR("Server:TlsCertificate and Server:TlsKey go together\n"));
        ok = false;
    }
    size_t key_length = strlen(ret->jwt_secret_key);
    if (ok && key_length > 0 && (key_length < 32 || key_length > 512)) {
        buf_put(complaints, STR("Jwt:SecretKey must have 32 to 512 bytes\n"));
        ok = false;
    }
    if (ok && ret->queues.count == 0) {
        buf_put(complaints, STR("Scheduler:Hangfire:Queues must name at least one queue\n"));
        ok = false;
    }
    ok = alert_settings_check(ret, complaints) && ok;
    if (!ok) settings_free(ret);
    return ok;
}

void settings_free(struct settings *settings) {
    arena_free(&settings->arena);
    *settings = (struct settings){0};
}
