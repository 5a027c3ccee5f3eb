/* odbc_catalog.c - see odbc_catalog.h.
 *
 * SQLProcedureColumns takes patterns, so `_` and `%` in a name are escaped, and what comes back is
 * compared with the name all the same: not every driver honours the escape. */
#include "handlers/procedures/odbc_catalog.h"

#include "base/json_read.h"

#include <string.h>

/* Columns of the result of SQLProcedureColumns, and of SQLProcedures. */
enum {
    COLUMN_SCHEMA = 2,
    COLUMN_NAME = 3,
    COLUMN_PARAMETER = 4,
    COLUMN_DIRECTION = 5,
    COLUMN_TYPE = 6,
    COLUMN_SIZE = 8,
    COLUMN_DIGITS = 10,
    COLUMN_ORDINAL = 18,
    MOST_CANDIDATES = 50,
    MOST_NAMES = 10,
    LONGEST_NAME = 1024,
};

struct search {
    struct odbc_session *session;
    const struct str *parts;
    size_t count;
    struct wide catalog, schema, name; // patterns; ptr NULL = any
    struct odbc_procedure *candidates[MOST_CANDIDATES];
    struct str schemas[MOST_CANDIDATES];
    size_t candidate_count;
};

static struct wide pattern_of(struct odbc_session *session, struct str name) {
    SQLCHAR escape[8] = "";
    SQLSMALLINT length = 0;
    struct buf text = buf_with_max(0);
    if (!SQL_SUCCEEDED(odbc()->SQLGetInfo(session->connection, SQL_SEARCH_PATTERN_ESCAPE, escape,
                                          sizeof escape, &length)))
        escape[0] = '\0';
    for (size_t i = 0; i < name.len; i++) {
        if ((name.ptr[i] == '_' || name.ptr[i] == '%') && escape[0])
            buf_put(&text, str_from_cstr((const char *)escape));
        buf_put_char(&text, name.ptr[i]);
    }
    struct wide wide = wide_from(buf_str(&text), session->arena);
    buf_free(&text);
    return wide;
}

static SQLSMALLINT length_of(struct wide pattern) {
    return pattern.ptr ? (SQLSMALLINT)pattern.len : 0;
}

static struct str read_text(struct odbc_session *session, SQLUSMALLINT column) {
    struct buf text = buf_with_max(0);
    struct str copy = STR("");
    if (odbc_read(session, column, LONGEST_NAME, &text) && text.len > 0)
        copy = arena_copy(session->arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

static int64_t read_number(struct odbc_session *session, SQLUSMALLINT column) {
    int64_t number;
    return str_parse_i64(read_text(session, column), &number) ? number : 0;
}

static struct str without_at(struct str name) {
    return str_starts_with(name, STR("@")) ? str_slice(name, 1, name.len) : name;
}

/* --- reading --- */

static bool is_meant(const struct search *search, struct str schema, struct str name) {
    struct str wanted = search->parts[search->count - 1];
    /* SQL Server adds ";1", the number of a version, to each name. */
    struct str bare = name;
    bare = str_cut(&bare, ';');
    if (!str_equal_nocase(bare, wanted) && !str_equal(bare, wanted)) return false;
    return search->count < 2 || schema.len == 0 ||
           str_equal_nocase(schema, search->parts[search->count - 2]);
}

static SQLSMALLINT direction_of(int64_t kind) {
    switch (kind) {
    case SQL_PARAM_INPUT_OUTPUT: return SQL_PARAM_INPUT_OUTPUT;
    case SQL_PARAM_OUTPUT: return SQL_PARAM_OUTPUT;
    default: return SQL_PARAM_INPUT;
    }
}

/* A return value, or a place that is not behind the last one, begins another procedure. */
static bool read_row(struct search *search, int64_t *last_ordinal) {
    struct odbc_session *session = search->session;
    /* In their order: not every driver lets a column be read again. */
    struct str schema = read_text(session, COLUMN_SCHEMA);
    struct str name = read_text(session, COLUMN_NAME);
    struct str parameter = read_text(session, COLUMN_PARAMETER);
    int64_t kind = read_number(session, COLUMN_DIRECTION);
    int64_t type = read_number(session, COLUMN_TYPE);
    int64_t size = read_number(session, COLUMN_SIZE);
    int64_t digits = read_number(session, COLUMN_DIGITS);
    int64_t ordinal = read_number(session, COLUMN_ORDINAL);
    if (!is_meant(search, schema, name)) return true;
    bool is_new = search->candidate_count == 0 || kind == SQL_RETURN_VALUE ||
                  ordinal <= *last_ordinal ||
                  !str_equal(search->schemas[search->candidate_count - 1], schema);
    if (kind == SQL_RESULT_COL) return true;
    *last_ordinal = ordinal;
    if (is_new && search->candidate_count == MOST_CANDIDATES) return false;
    if (is_new) {
        search->schemas[search->candidate_count] = schema;
        search->candidates[search->candidate_count++] =
            ARENA_NEW(session->arena, struct odbc_procedure);
    }
    if (kind == SQL_RETURN_VALUE) return true;
    struct odbc_procedure *procedure = search->candidates[search->candidate_count - 1];
    if (procedure->count == MAX_ODBC_PARAMETERS) return false;
    struct odbc_parameter *new = &procedure->parameters[procedure->count++];
    *new = (struct odbc_parameter){
        .name = parameter.len ? without_at(parameter)
                              : arena_printf(session->arena, "$%zu", procedure->count),
        .direction = direction_of(kind),
        .type = (SQLSMALLINT)type,
        .size = size > 0 ? (SQLULEN)size : 0,
        .digits = (SQLSMALLINT)digits,
    };
    return true;
}

static bool read_candidates(struct search *search) {
    struct odbc_session *session = search->session;
    int64_t last_ordinal = 0;
    SQLRETURN result = odbc()->SQLProcedureColumnsW(
        session->statement, search->catalog.ptr, length_of(search->catalog), search->schema.ptr,
        length_of(search->schema), search->name.ptr, length_of(search->name), NULL, 0);
    if (!odbc_ok(session, SQL_HANDLE_STMT, session->statement, result)) return false;
    while (SQL_SUCCEEDED(odbc()->SQLFetch(session->statement)) && read_row(search, &last_ordinal)) {
    }
    return odbc_session_new_statement(session);
}

/* Is there one of that name at all? Without parameters it has no columns. And if not, what is? */
static bool read_names(struct search *search, bool *ret_is_there, struct str *ret_names) {
    struct odbc_session *session = search->session;
    struct buf names = buf_with_max(400);
    static SQLWCHAR any[] = {'%', 0};
    size_t count = 0;
    *ret_is_there = false;
    for (int is_any = 0; is_any < 2 && !*ret_is_there; is_any++) {
        SQLRETURN result = odbc()->SQLProceduresW(
            session->statement, search->catalog.ptr, length_of(search->catalog), search->schema.ptr,
            length_of(search->schema), is_any ? any : search->name.ptr,
            is_any ? 1 : length_of(search->name));
        if (!odbc_ok(session, SQL_HANDLE_STMT, session->statement, result)) break;
        while (SQL_SUCCEEDED(odbc()->SQLFetch(session->statement)) && count < MOST_NAMES) {
            struct str schema = read_text(session, COLUMN_SCHEMA);
            struct str name = read_text(session, COLUMN_NAME);
            if (is_meant(search, schema, name)) *ret_is_there = true;
            if (!is_any || str_equal_nocase(schema, STR("pg_catalog")) ||
                str_equal_nocase(schema, STR("information_schema")))
                continue;
            buf_printf(&names, "%s%.*s%s%.*s", count++ > 0 ? ", " : "", STR_ARG(schema),
                       schema.len ? "." : "", STR_ARG(name));
        }
        if (!odbc_session_new_statement(session)) break;
    }
    *ret_names = names.len ? arena_copy(session->arena, buf_str(&names)) : STR("none");
    buf_free(&names);
    return session->statement != NULL;
}

/* --- choosing --- */

static const json_t *value_of(const json_t *parameters, struct str name) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)parameters, key, value) {
        if (str_equal_nocase(without_at(str_from_cstr(key)), name)) return value;
    }
    return NULL;
}

static bool fits(struct odbc_procedure *procedure, const json_t *parameters, struct arena *arena,
                 struct str *ret_why) {
    size_t used = 0;
    for (size_t i = 0; i < procedure->count; i++) {
        struct odbc_parameter *each = &procedure->parameters[i];
        if (each->direction == SQL_PARAM_OUTPUT) continue;
        each->value = value_of(parameters, each->name);
        if (!each->value) {
            *ret_why = arena_printf(arena, "the parameter %.*s is missing", STR_ARG(each->name));
            return false;
        }
        used++;
    }
    if (used == json_object_size(parameters)) return true;
    struct buf names = buf_with_max(0);
    for (size_t i = 0; i < procedure->count; i++)
        if (procedure->parameters[i].direction != SQL_PARAM_OUTPUT)
            buf_printf(&names, "%s%.*s", names.len ? ", " : "",
                       STR_ARG(procedure->parameters[i].name));
    *ret_why = arena_printf(arena, "there are other parameters given than it has; it takes: %.*s",
                            STR_ARG(names.len ? buf_str(&names) : STR("none")));
    buf_free(&names);
    return false;
}

static bool choose(struct search *search, const json_t *parameters, struct odbc_procedure *ret,
                   struct str *ret_why) {
    struct odbc_procedure *chosen = NULL;
    struct str why = STR_NONE;
    for (size_t i = 0; i < search->candidate_count; i++) {
        struct str misfit = STR_NONE;
        if (fits(search->candidates[i], parameters, search->session->arena, &misfit)) {
            if (chosen) {
                *ret_why = STR("these parameters fit more than one procedure of that name; name "
                               "its schema, or parameters that only one of them has");
                return false;
            }
            chosen = search->candidates[i];
        } else if (str_is_absent(why)) {
            why = misfit;
        }
    }
    if (!chosen) {
        *ret_why = why;
        return false;
    }
    *ret = *chosen;
    return true;
}

static bool knows_procedures(struct odbc_session *session) {
    SQLUSMALLINT is_supported = SQL_FALSE;
    SQLCHAR answer[4] = "";
    SQLSMALLINT length = 0;
    if (!SQL_SUCCEEDED(odbc()->SQLGetFunctions(session->connection, SQL_API_SQLPROCEDURECOLUMNS,
                                               &is_supported)) ||
        is_supported != SQL_TRUE)
        return false;
    return !SQL_SUCCEEDED(odbc()->SQLGetInfo(session->connection, SQL_PROCEDURES, answer,
                                             sizeof answer, &length)) ||
           answer[0] != 'N';
}

bool odbc_catalog_find(struct odbc_session *session, const struct str *parts, size_t part_count,
                       const json_t *parameters, struct odbc_procedure *ret, struct str *ret_why) {
    struct search search = {.session = session, .parts = parts, .count = part_count};
    *ret_why = STR("this ODBC driver, or its database, knows no procedures");
    if (!knows_procedures(session)) return false;
    search.name = pattern_of(session, parts[part_count - 1]);
    if (part_count > 1) search.schema = pattern_of(session, parts[part_count - 2]);
    if (part_count > 2) search.catalog = wide_from(parts[0], session->arena);
    if (!read_candidates(&search)) {
        *ret_why = arena_printf(session->arena, "the driver does not name parameters: %.*s",
                                STR_ARG(session->message));
        return false;
    }
    if (search.candidate_count > 0) return choose(&search, parameters, ret, ret_why);
    bool is_there;
    struct str names;
    if (!read_names(&search, &is_there, &names)) {
        *ret_why = session->message;
        return false;
    }
    if (is_there && json_object_size(parameters) == 0) {
        *ret = (struct odbc_procedure){0};
        return true;
    }
    *ret_why = is_there
                   ? STR("the procedure has no parameters")
                   : arena_printf(session->arena, "there is no such procedure; there are: %.*s",
                                  STR_ARG(names));
    return false;
}
