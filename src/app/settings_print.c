/* settings_print.c - every setting, its value and where it came from; see settings.h. */
#include "app/settings.h"

#include "base/json_write.h"

#include <string.h>

void settings_put_value(const struct setting *setting, const void *field, struct buf *out) {
    int64_t number;
    bool flag;
    const char *text;
    struct text_list list;
    switch (setting->kind) {
    case SETTING_NUMBER:
        memcpy(&number, field, sizeof number);
        buf_put_i64(out, number);
        break;
    case SETTING_BOOL:
        memcpy(&flag, field, sizeof flag);
        buf_put(out, flag ? STR("true") : STR("false"));
        break;
    case SETTING_TEXT:
    case SETTING_CHOICE:
        memcpy(&text, field, sizeof text);
        buf_put_json_str(out, str_from_cstr(text));
        break;
    case SETTING_LIST:
        memcpy(&list, field, sizeof list);
        buf_put(out, STR("["));
        for (size_t i = 0; i < list.count; i++) {
            if (i) buf_put(out, STR(", "));
            buf_put_json_str(out, str_from_cstr(list.items[i]));
        }
        buf_put(out, STR("]"));
        break;
    }
}

static void each_of_entries(const struct settings *settings, const struct setting_section *section,
                            settings_visit *visit, void *context) {
    const struct setting_entries *entries =
        (const void *)((const char *)settings + section->offset);
    struct buf key = buf_with_max(0);
    for (size_t i = 0; i < entries->count; i++) {
        const struct setting_entry *entry = entries->items[i];
        for (size_t j = 0; j < section->row_count; j++) {
            const struct setting *row = &section->rows[j];
            buf_reset(&key);
            buf_printf(&key, "%s:%s%s%s", section->key, entry->name, row->key[0] ? ":" : "",
                       row->key);
            visit(context, key.ptr, row, (const char *)entry + row->offset, &entry->origins[j]);
        }
    }
    buf_free(&key);
}

void settings_each(const struct settings *settings, settings_visit *visit, void *context) {
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (!(table[i].flags & SETTING_NOT_OFFERED))
            visit(context, table[i].key, &table[i], (const char *)settings + table[i].offset,
                  &settings->origins[i]);
    const struct setting_section *sections = settings_sections(&count);
    for (size_t i = 0; i < count; i++) each_of_entries(settings, &sections[i], visit, context);
}

/* "" has nothing to hide. */
static bool is_to_be_hidden(const struct setting *setting, struct str shown) {
    if (str_equal(shown, STR("\"\""))) return false;
    if (setting->flags & SETTING_SECRET) return true;
    if (!(setting->flags & SETTING_PASSWORD_INSIDE)) return false;
    return str_contains(shown, STR("password")) || str_contains(shown, STR("Password")) ||
           (str_contains(shown, STR("://")) && str_contains(shown, STR("@")));
}

static void print_line(void *context, const char *key, const struct setting *setting,
                       const void *field, const struct setting_origin *origin) {
    struct buf *out = context, value = buf_with_max(0);
    settings_put_value(setting, field, &value);
    struct str shown = buf_str(&value);
    if (is_to_be_hidden(setting, shown)) shown = STR("\"***\"");
    buf_printf(out, "%-42s %-38.*s  (%s)\n", key, STR_ARG(shown), origin->text);
    buf_free(&value);
}

void settings_print(const struct settings *settings, struct buf *out) {
    settings_each(settings, print_line, out);
}
