/* postgres_result.c - see postgres_result.h. */
#include "handlers/procedures/postgres_result.h"

#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

/* Object ids of PostgreSQL's own types: fixed for ever, pg_type.dat. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_NUMERIC = 1700,
    OID_VOID = 2278,
    OID_JSONB = 3802,
};

/* The json type keeps its text as it was written; only what our own reader takes is passed on. */
static void put_json(struct json_writer *w, struct str text) {
    json_t *parsed = json_read(text, NULL);
    bool is_tree = parsed != NULL;
    json_decref(parsed);
    if (is_tree && memchr(text.ptr, '\n', text.len) == NULL)
        json_raw(w, text);
    else
        json_str(w, text);
}

static void put_value(struct json_writer *w, const PGresult *result, int column) {
    const struct postgres_library *pq = libpq();
    struct str text = {pq->PQgetvalue(result, 0, column),
                       (size_t)pq->PQgetlength(result, 0, column)};
    if (pq->PQgetisnull(result, 0, column)) {
        json_write_null(w);
        return;
    }
    switch (pq->PQftype(result, column)) {
    case OID_BOOL: json_bool(w, str_equal(text, STR("t"))); return;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
    case OID_FLOAT4:
    case OID_FLOAT8:
    case OID_NUMERIC: procedure_put_number(w, text); return;
    case OID_JSON:
    case OID_JSONB: put_json(w, text); return;
    case OID_VOID: json_write_null(w); return;
    default: json_str(w, text); return;
    }
}

static void add_row(struct postgres_outcome *outcome, const PGresult *result,
                    struct procedure_rows *rows) {
    int count = libpq()->PQnfields(result);
    if (count > MAX_RESULT_COLUMNS) count = MAX_RESULT_COLUMNS;
    if (!outcome->has_columns) {
        procedure_rows_begin(rows);
        for (int i = 0; i < count; i++)
            procedure_rows_column(rows, str_from_cstr(libpq()->PQfname(result, i)));
        outcome->has_columns = outcome->has_result = true;
    }
    if (procedure_rows_begin_row(rows)) {
        for (int i = 0; i < count; i++) {
            procedure_rows_value(rows, (size_t)i);
            put_value(&rows->writer, result, i);
        }
    }
    procedure_rows_end_row(rows);
}

static void add_field(struct buf *out, const PGresult *result, int field, const char *label) {
    const char *text = libpq()->PQresultErrorField(result, field);
    if (text && text[0]) buf_printf(out, "\n%s: %s", label, text);
}

static void add_error(struct postgres_outcome *outcome, const PGresult *result) {
    const char *code = libpq()->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = libpq()->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (outcome->has_failed) return; // the first one counts
    outcome->has_failed = true;
    if (code && strlen(code) == 5) memcpy(outcome->sqlstate, code, 5);
    struct buf text = buf_with_max(0);
    buf_printf(&text, "%s%s%s", outcome->sqlstate, outcome->sqlstate[0] ? ": " : "",
               primary ? primary : "an error without words");
    add_field(&text, result, PG_DIAG_MESSAGE_DETAIL, "detail");
    add_field(&text, result, PG_DIAG_MESSAGE_HINT, "hint");
    add_field(&text, result, PG_DIAG_CONTEXT, "where");
    outcome->has_context = libpq()->PQresultErrorField(result, PG_DIAG_CONTEXT) != NULL;
    outcome->message = arena_copy(outcome->arena, buf_str(&text));
    buf_free(&text);
}

void postgres_result_add(struct postgres_outcome *outcome, const PGresult *result,
                         struct procedure_rows *rows) {
    const char *affected;
    int64_t count;
    switch (libpq()->PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE: add_row(outcome, result, rows); return;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        if (libpq()->PQresultStatus(result) == PGRES_TUPLES_OK) outcome->has_result = true;
        affected = libpq()->PQcmdTuples((PGresult *)(uintptr_t)result);
        if (str_parse_i64(str_from_cstr(affected), &count)) outcome->affected = count;
        return;
    default: add_error(outcome, result); return;
    }
}

void postgres_result_notice(const PGresult *notice, struct buf *out) {
    const char *severity = libpq()->PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *primary = libpq()->PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = libpq()->PQresultErrorField(notice, PG_DIAG_MESSAGE_DETAIL);
    buf_printf(out, "%s: %s%s%s\n", severity ? severity : "NOTICE", primary ? primary : "",
               detail ? "\ndetail: " : "", detail ? detail : "");
}
