/* output.c - see output.h.
 *
 * Width is counted by code points: none for those that combine, two for those that East Asian fonts
 * draw wide, one for the rest. That is right for names of jobs in any script, and never asks the
 * locale, which would have to be loaded first.
 */
#include "cli/output.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- one character at a time ---- */

static uint32_t decode(struct str s, size_t length) {
    const unsigned char *p = (const unsigned char *)s.ptr;
    switch (length) {
    case 1: return p[0];
    case 2: return (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
    case 3: return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
    default:
        return (p[0] & 0x07U) << 18 | (p[1] & 0x3fU) << 12 | (p[2] & 0x3fU) << 6 | (p[3] & 0x3fU);
    }
}

struct stretch {
    uint32_t first, last;
};

static bool is_in(uint32_t c, const struct stretch *stretches, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (c >= stretches[i].first && c <= stretches[i].last) return true;
    return false;
}

/* Controls, what separates lines, and what turns or hides writing. */
static bool is_hostile(uint32_t c) {
    static const struct stretch hostile[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    return is_in(c, hostile, COUNT_OF(hostile));
}

static size_t width_of(uint32_t c) {
    static const struct stretch combining[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    static const struct stretch wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe4f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    if (is_in(c, combining, COUNT_OF(combining))) return 0;
    return is_in(c, wide, COUNT_OF(wide)) ? 2 : 1;
}

void buf_put_visible(struct buf *buf, struct str s, enum visible_flags flags) {
    while (s.len > 0) {
        size_t length = str_utf8_length(s);
        if (length == 0) {
            buf_put(buf, STR("\xef\xbf\xbd"));
            s = str_slice(s, 1, s.len);
            continue;
        }
        uint32_t c = decode(s, length);
        if (!is_hostile(c) || (flags == VISIBLE_LINES && (c == '\n' || c == '\t')))
            buf_put(buf, str_slice(s, 0, length));
        else if (c == '\n')
            buf_put(buf, STR("\\n"));
        else if (c == '\t')
            buf_put(buf, STR("\\t"));
        else if (c < 0x100)
            buf_printf(buf, "\\x%02x", (unsigned)c);
        else
            buf_printf(buf, "\\u%04x", (unsigned)c);
        s = str_slice(s, length, s.len);
    }
}

size_t text_width(struct str s) {
    size_t width = 0;
    while (s.len > 0) {
        size_t length = str_utf8_length(s);
        width += length == 0 ? 1 : width_of(decode(s, length));
        s = str_slice(s, length == 0 ? 1 : length, s.len);
    }
    return width;
}

/* The first part of s that is at most `width` columns wide. */
static struct str cut_to_width(struct str s, size_t width) {
    size_t at = 0, used = 0;
    while (at < s.len) {
        struct str rest = str_slice(s, at, s.len);
        size_t length = str_utf8_length(rest);
        used += length == 0 ? 1 : width_of(decode(rest, length));
        if (used > width) break;
        at += length == 0 ? 1 : length;
    }
    return str_slice(s, 0, at);
}

static void print_buf(const struct buf *buf) {
    if (buf->len > 0) (void)fwrite(buf->ptr, 1, buf->len, stdout);
}

void print_visible(struct str s, enum visible_flags flags) {
    struct buf text = buf_with_max(0);
    buf_put_visible(&text, s, flags);
    print_buf(&text);
    buf_free(&text);
}

void print_json_text(struct str json) {
    struct buf text = buf_with_max(0);
    size_t plain = 0;
    for (size_t at = 0; at < json.len;) {
        struct str rest = str_slice(json, at, json.len);
        size_t length = str_utf8_length(rest);
        uint32_t c = length == 0 ? 0xfffd : decode(rest, length);
        bool structure = c == '\n' || c == '\r' || c == '\t';
        if (length == 0) length = 1;
        if (c != 0xfffd && (!is_hostile(c) || structure)) {
            at += length;
            continue;
        }
        buf_put(&text, str_slice(json, plain, at - plain));
        if (c > 0xffff)
            buf_printf(&text, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                       (unsigned)(0xdc00 + (c & 0x3ff)));
        else
            buf_printf(&text, "\\u%04x", (unsigned)c);
        plain = at += length;
    }
    buf_put(&text, str_slice(json, plain, json.len));
    buf_put_char(&text, '\n');
    print_buf(&text);
    buf_free(&text);
}

void print_json(const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    print_json_text(str_from_cstr(text));
    free(text);
}

/* ---- colours ---- */

bool output_has_colour(void) {
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return (no_colour == NULL || no_colour[0] == '\0') &&
           !(terminal != NULL && strcmp(terminal, "dumb") == 0) && isatty(STDOUT_FILENO);
}

const char *style_begin(enum style style) {
    static const char *const codes[] = {
        [STYLE_NONE] = "",         [STYLE_BOLD] = "\x1b[1m", [STYLE_DIM] = "\x1b[2m",
        [STYLE_GOOD] = "\x1b[32m", [STYLE_BAD] = "\x1b[31m", [STYLE_WARNING] = "\x1b[33m",
    };
    return output_has_colour() ? codes[style] : "";
}

const char *style_end(enum style style) {
    return style != STYLE_NONE && output_has_colour() ? "\x1b[0m" : "";
}

enum style style_of_status(struct str status) {
    static const struct {
        struct str name;
        enum style style;
    } styles[] = {
        {STR_INIT("Succeeded"), STYLE_GOOD},  {STR_INIT("Active"), STYLE_GOOD},
        {STR_INIT("Failed"), STYLE_BAD},      {STR_INIT("Paused"), STYLE_WARNING},
        {STR_INIT("Running"), STYLE_WARNING}, {STR_INIT("Disabled"), STYLE_DIM},
        {STR_INIT("Completed"), STYLE_DIM},   {STR_INIT("Cancelled"), STYLE_DIM},
    };
    for (size_t i = 0; i < COUNT_OF(styles); i++)
        if (str_equal(styles[i].name, status)) return styles[i].style;
    return STYLE_NONE;
}

/* ---- tables ---- */

enum { TABLE_COLUMNS = 16, GAP = 2, SHRUNK_LEAST = 12 };

struct cell {
    struct str text;
    size_t width;
    enum style style;
};

struct table {
    struct arena arena;
    struct {
        const char *title;
        unsigned flags;
        size_t width;
    } columns[TABLE_COLUMNS];
    size_t column_count;
    struct cell *cells;
    size_t cell_count, capacity;
};

struct table *table_new(void) {
    return xcalloc(1, sizeof(struct table));
}

void table_column(struct table *table, const char *title, unsigned flags) {
    table->columns[table->column_count].title = title;
    table->columns[table->column_count].flags = flags;
    table->columns[table->column_count++].width = text_width(str_from_cstr(title));
}

void table_cell(struct table *table, enum style style, struct str text) {
    struct buf visible = buf_with_max(0);
    buf_put_visible(&visible, text, VISIBLE_ONE_LINE);
    if (visible.len == 0) buf_put(&visible, STR("-"));
    if (table->cell_count == table->capacity) {
        table->capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
        table->cells = xreallocarray(table->cells, table->capacity, sizeof *table->cells);
    }
    size_t column = table->cell_count % table->column_count;
    struct cell *cell = &table->cells[table->cell_count++];
    *cell = (struct cell){arena_copy(&table->arena, buf_str(&visible)), 0, style};
    cell->width = text_width(cell->text);
    if (cell->width > table->columns[column].width) table->columns[column].width = cell->width;
    buf_free(&visible);
}

void table_cell_number(struct table *table, int64_t number) {
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)number);
    table_cell(table, STYLE_NONE, (struct str){text, (size_t)length});
}

/* On a terminal, long texts give way until a row fits into a line. */
static void fit(struct table *table) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return;
    size_t total = 0;
    for (size_t i = 0; i < table->column_count; i++) total += table->columns[i].width + GAP;
    while (total > (size_t)size.ws_col + GAP) {
        size_t widest = TABLE_COLUMNS;
        for (size_t i = 0; i < table->column_count; i++)
            if (table->columns[i].flags & TABLE_SHRINKS &&
                (widest == TABLE_COLUMNS || table->columns[i].width > table->columns[widest].width))
                widest = i;
        if (widest == TABLE_COLUMNS || table->columns[widest].width <= SHRUNK_LEAST) return;
        table->columns[widest].width--;
        total--;
    }
}

static void put_cell(struct table *table, size_t column, const struct cell *cell, FILE *out) {
    size_t room = table->columns[column].width, width = cell->width;
    struct str text = cell->text;
    if (width > room) text = cut_to_width(text, room - 1);
    if (width > room) width = text_width(text) + 1;
    int padding = (int)(room - width);
    bool right = table->columns[column].flags & TABLE_RIGHT;
    bool last = column + 1 == table->column_count;
    if (right) (void)fprintf(out, "%*s", padding, "");
    (void)fprintf(out, "%s%.*s%s%s", style_begin(cell->style), STR_ARG(text),
                  cell->width > room ? "\xe2\x80\xa6" : "", style_end(cell->style));
    if (!right && !last) (void)fprintf(out, "%*s", padding, "");
    (void)fputs(last ? "\n" : "  ", out);
}

void table_print(struct table *table, FILE *out) {
    fit(table);
    for (size_t i = 0; i < table->column_count; i++) {
        struct str title = str_from_cstr(table->columns[i].title);
        put_cell(table, i, &(struct cell){title, text_width(title), STYLE_BOLD}, out);
    }
    for (size_t i = 0; i < table->cell_count; i++)
        put_cell(table, i % table->column_count, &table->cells[i], out);
    free(table->cells);
    arena_free(&table->arena);
    free(table);
}

void print_field(const char *key, struct str value) {
    if (value.len == 0) return;
    (void)printf("%-15s ", key);
    print_visible(value, VISIBLE_ONE_LINE);
    (void)putchar('\n');
}

/* ---- times ---- */

struct utc utc_of_json(const json_t *value) {
    struct utc t = UTC_NONE;
    const char *text = json_string_value(value);
    return text != NULL && utc_parse(str_from_cstr(text), &t) ? t : UTC_NONE;
}

/* "3 d", "2 h", "5 min", "40 s": the largest unit of which there are two, roughly. */
static void put_span(struct buf *buf, int64_t seconds) {
    if (seconds < 120)
        buf_printf(buf, "%lld s", (long long)seconds);
    else if (seconds < 2 * 3600)
        buf_printf(buf, "%lld min", (long long)seconds / 60);
    else if (seconds < 2 * 86400)
        buf_printf(buf, "%lld h", (long long)seconds / 3600);
    else
        buf_printf(buf, "%lld d", (long long)seconds / 86400);
}

void buf_put_relative(struct buf *buf, struct utc t, struct utc now) {
    int64_t seconds = utc_diff(t, now).us / 1000000;
    if (seconds == 0) {
        buf_put(buf, STR("now"));
        return;
    }
    if (seconds > 0) buf_put(buf, STR("in "));
    put_span(buf, seconds > 0 ? seconds : -seconds);
    if (seconds < 0) buf_put(buf, STR(" ago"));
}

void buf_put_time(struct buf *buf, const json_t *time, struct utc now) {
    struct utc t = utc_of_json(time);
    if (utc_is_none(t)) {
        buf_put_char(buf, '-');
        return;
    }
    struct civil c = civil_from_seconds(utc_seconds(t));
    buf_printf(buf, "%04d-%02d-%02d %02d:%02d:%02dZ (", c.year, c.month, c.day, c.hour, c.minute,
               c.second);
    buf_put_relative(buf, t, now);
    buf_put_char(buf, ')');
}

void buf_put_length(struct buf *buf, int64_t ms) {
    if (ms < 1000)
        buf_printf(buf, "%lld ms", (long long)ms);
    else if (ms < 60000)
        buf_printf(buf, "%lld.%lld s", (long long)ms / 1000, (long long)ms % 1000 / 100);
    else if (ms < 3600000)
        buf_printf(buf, "%lld min %lld s", (long long)ms / 60000, (long long)ms % 60000 / 1000);
    else if (ms < 86400000)
        buf_printf(buf, "%lld h %lld min", (long long)ms / 3600000,
                   (long long)ms % 3600000 / 60000);
    else
        buf_printf(buf, "%lld d %lld h", (long long)ms / 86400000,
                   (long long)ms % 86400000 / 3600000);
}
