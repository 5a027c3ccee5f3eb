/* procedure_rows.c - see procedure_rows.h. A row is written apart and joined to the others when it
 * is whole and fits, so the document is JSON wherever it stops. */
#include "handlers/procedures/procedure_rows.h"

enum { ROOM_OF_THE_REST = 512 }; // of the document around the rows

void procedure_rows_begin(struct procedure_rows *rows) {
    arena_reset(&rows->arena);
    rows->columns = NULL;
    rows->column_count = 0;
    buf_reset(&rows->text);
    rows->is_full = false;
    rows->count = rows->kept = rows->half_kept = 0;
    rows->half_len = 0;
}

static bool has_column(const struct procedure_rows *rows, struct str name) {
    for (size_t i = 0; i < rows->column_count; i++)
        if (str_equal(rows->columns[i], name)) return true;
    return false;
}

void procedure_rows_column(struct procedure_rows *rows, struct str name) {
    if (rows->column_count == MAX_RESULT_COLUMNS) return;
    if (!rows->columns) rows->columns = ARENA_ARRAY(&rows->arena, MAX_RESULT_COLUMNS, struct str);
    struct str own = arena_copy(&rows->arena, name.len ? name : STR("column"));
    for (int i = 2; has_column(rows, own); i++)
        own = arena_printf(&rows->arena, "%.*s_%d", STR_ARG(name.len ? name : STR("column")), i);
    rows->columns[rows->column_count++] = own;
}

static size_t room_of(const struct procedure_rows *rows, size_t max) {
    size_t most = max > ROOM_OF_THE_REST ? max - ROOM_OF_THE_REST : 0;
    return most > rows->text.len ? most - rows->text.len : 0;
}

bool procedure_rows_begin_row(struct procedure_rows *rows) {
    rows->count++;
    rows->is_writing = !rows->is_full && room_of(rows, rows->max) > 0;
    rows->is_full = !rows->is_writing;
    if (!rows->is_writing) return false;
    buf_reset(&rows->row);
    rows->row.max = room_of(rows, rows->max);
    rows->row.too_big = false;
    rows->writer = json_writer(&rows->row);
    json_object_begin(&rows->writer);
    return true;
}

void procedure_rows_value(struct procedure_rows *rows, size_t column) {
    json_key(&rows->writer, rows->columns[column]);
}

void procedure_rows_end_row(struct procedure_rows *rows) {
    if (!rows->is_writing) return;
    rows->is_writing = false;
    json_object_end(&rows->writer);
    if (rows->row.too_big || rows->row.len + 1 > room_of(rows, rows->max)) {
        rows->is_full = true;
        return;
    }
    bool fits_half =
        rows->kept == rows->half_kept && rows->row.len + 1 <= room_of(rows, rows->max / 2);
    if (rows->kept > 0) buf_put_char(&rows->text, ',');
    buf_put(&rows->text, buf_str(&rows->row));
    rows->kept++;
    if (!fits_half) return;
    rows->half_kept = rows->kept;
    rows->half_len = rows->text.len;
}

void procedure_rows_free(struct procedure_rows *rows) {
    arena_free(&rows->arena);
    buf_free(&rows->text);
    buf_free(&rows->row);
}

static size_t skip_digits(struct str s, size_t at) {
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') at++;
    return at;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_json_number(struct str s) {
    size_t at = str_starts_with(s, STR("-")) ? 1 : 0, from = at;
    at = skip_digits(s, at);
    if (at == from || (s.ptr[from] == '0' && at > from + 1)) return false;
    if (at < s.len && s.ptr[at] == '.') {
        from = at + 1;
        at = skip_digits(s, from);
        if (at == from) return false;
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        from = at + 1;
        if (from < s.len && (s.ptr[from] == '+' || s.ptr[from] == '-')) from++;
        at = skip_digits(s, from);
        if (at == from) return false;
    }
    return at == s.len;
}

void procedure_put_number(struct json_writer *w, struct str text) {
    if (is_json_number(text))
        json_raw(w, text);
    else
        json_str(w, text);
}

void procedure_put_hex(struct json_writer *w, const void *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    struct buf text = buf_with_max(0);
    buf_reserve(&text, 2 * len + 3);
    buf_put(&text, STR("\\x"));
    for (size_t i = 0; i < len; i++) {
        unsigned char c = ((const unsigned char *)bytes)[i];
        buf_put_char(&text, digits[c >> 4]);
        buf_put_char(&text, digits[c & 15]);
    }
    json_str(w, buf_str(&text));
    buf_free(&text);
}

bool procedure_rows_write(const struct procedure_rows *rows,
                          const struct procedure_document *document, bool is_half,
                          struct buf *out) {
    struct json_writer w = json_writer(out);
    int64_t kept = is_half ? rows->half_kept : rows->kept;
    struct str text = str_slice(buf_str(&rows->text), 0, is_half ? rows->half_len : rows->text.len);
    json_object_begin(&w);
    json_field_str(&w, STR("procedure"), document->procedure);
    if (document->affected >= 0) json_field_i64(&w, STR("rowsAffected"), document->affected);
    if (!str_is_absent(document->outputs)) json_field_raw(&w, STR("outputs"), document->outputs);
    if (document->has_result) {
        json_field_i64(&w, STR("rowCount"), rows->count);
        json_key(&w, STR("rows"));
        json_array_begin(&w);
        if (text.len > 0) json_raw(&w, text);
        json_array_end(&w);
        if (kept < rows->count) json_field_i64(&w, STR("rowsLeftOut"), rows->count - kept);
    }
    json_object_end(&w);
    buf_put_char(out, '\n');
    return document->has_result && kept < rows->count;
}
