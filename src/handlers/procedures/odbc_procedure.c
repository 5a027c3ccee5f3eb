/* odbc_procedure.c - see odbc_procedure.h.
 *
 * The statement may be cancelled from another thread from the moment it is about to run until its
 * results were read; work does not end before every cancel has come back. */
#include "handlers/procedures/odbc_procedure.h"

#include "base/json_read.h"
#include "handlers/procedures/odbc_catalog.h"
#include "handlers/procedures/procedure_value.h"

#include <string.h>

enum {
    OUTPUT_UNITS = 4000, // room for each parameter that comes back
    LARGEST_SIZE = 1073741823,
    CONFIRM_SECONDS = 3,
};

struct odbc_task {
    struct threaded_task task; // first
    struct odbc_session session;
    struct odbc_procedure procedure;
    struct wide values[MAX_ODBC_PARAMETERS]; // what goes in, and room for what comes back
    SQLLEN lengths[MAX_ODBC_PARAMETERS];
    /* under the task's lock */
    SQLHSTMT running; // NULL: nothing to cancel
    int cancels;      // on their way
    pthread_cond_t cancelled;
};

static bool is_stopped(struct odbc_task *self) {
    return atomic_load(&self->task.is_stopped);
}

/* --- the end --- */

static bool fail(struct odbc_task *self, enum error_type type, struct str message) {
    self->task.end.error_type = type;
    self->task.end.message = message;
    return false;
}

/* What the driver said last. */
static bool fail_as_said(struct odbc_task *self) {
    static const char *const confirming[] = {"57014", "HY008", "S1008", "HYT00"};
    const struct odbc_session *session = &self->session;
    bool is_gone = strncmp(session->state, "08", 2) == 0;
    if (!is_stopped(self))
        return fail(self, is_gone ? ERROR_CONNECTION : ERROR_DATABASE, session->message);
    self->task.end.was_stopped = true;
    for (size_t i = 0; i < COUNT_OF(confirming); i++)
        if (strcmp(session->state, confirming[i]) == 0)
            return fail(self, ERROR_DATABASE,
                        arena_printf(&self->task.arena,
                                     "server-side cancel confirmed (SQLSTATE %s)", session->state));
    return fail(self, ERROR_DATABASE,
                arena_printf(&self->task.arena,
                             "the statement ended after the cancel was sent, with %.*s",
                             STR_ARG(session->message)));
}

static bool check(struct odbc_task *self, SQLRETURN result) {
    struct odbc_session *session = &self->session;
    if (odbc_ok(session, SQL_HANDLE_STMT, session->statement, result)) {
        if (result != SQL_SUCCESS_WITH_INFO) return true;
        struct buf text = buf_with_max(0);
        odbc_put_information(session, &text);
        threaded_say(&self->task, buf_str(&text));
        buf_free(&text);
        return true;
    }
    return fail_as_said(self);
}

/* --- parameters --- */

/* A text may hold what the column's own character set has not. */
static SQLSMALLINT wide_type(SQLSMALLINT type) {
    switch (type) {
    case SQL_CHAR: return SQL_WCHAR;
    case SQL_VARCHAR: return SQL_WVARCHAR;
    case SQL_LONGVARCHAR: return SQL_WLONGVARCHAR;
    default: return type;
    }
}

static bool is_text(SQLSMALLINT type) {
    return type == SQL_WCHAR || type == SQL_WVARCHAR || type == SQL_WLONGVARCHAR;
}

static struct str text_of(const struct odbc_parameter *parameter, struct arena *arena) {
    bool is_text_type = is_text(wide_type(parameter->type));
    if (json_is_boolean(parameter->value) && !is_text_type)
        return json_is_true(parameter->value) ? STR("1") : STR("0");
    return procedure_value_text(parameter->value, arena);
}

static bool bind_one(struct odbc_task *self, size_t at) {
    struct odbc_parameter *parameter = &self->procedure.parameters[at];
    struct arena *arena = &self->task.arena;
    struct wide *value = &self->values[at];
    SQLSMALLINT type = wide_type(parameter->type);
    SQLULEN size = parameter->size;
    bool comes_back = parameter->direction != SQL_PARAM_INPUT;
    *value = (struct wide){0};
    self->lengths[at] = SQL_NULL_DATA;
    if (parameter->value && !json_is_null(parameter->value)) {
        struct str text = text_of(parameter, arena);
        if (memchr(text.ptr, '\0', text.len))
            return fail(self, ERROR_CONFIGURATION,
                        arena_printf(arena, "the parameter %.*s holds a NUL byte",
                                     STR_ARG(parameter->name)));
        *value = wide_from(text, arena);
        self->lengths[at] = (SQLLEN)(value->len * sizeof *value->ptr);
    }
    if (comes_back) {
        size_t units = value->len > OUTPUT_UNITS ? value->len : OUTPUT_UNITS;
        uint16_t *room = ARENA_ARRAY(arena, units + 1, uint16_t);
        if (value->len) memcpy(room, value->ptr, value->len * sizeof *room);
        *value = (struct wide){room, units};
    }
    if (is_text(type) && size < value->len) size = value->len;
    if (size == 0 || size > LARGEST_SIZE) size = value->len ? value->len : 1;
    if (!value->ptr) value->ptr = ARENA_ARRAY(arena, 1, uint16_t);
    return check(self, odbc()->SQLBindParameter(
                           self->session.statement, (SQLUSMALLINT)(at + 1), parameter->direction,
                           SQL_C_WCHAR, type, size, parameter->digits, value->ptr,
                           (SQLLEN)((value->len + (comes_back ? 1 : 0)) * sizeof *value->ptr),
                           &self->lengths[at]));
}

/* Without parameters the standard has no brackets; PostgreSQL's driver makes a function of the name
 * by them alone. */
static bool wants_brackets(struct odbc_task *self) {
    SQLCHAR name[64] = "";
    SQLSMALLINT length = 0;
    return SQL_SUCCEEDED(odbc()->SQLGetInfo(self->session.connection, SQL_DBMS_NAME, name,
                                            sizeof name, &length)) &&
           str_starts_with(str_from_cstr((const char *)name), STR("PostgreSQL"));
}

/* Names are identifiers, checked when the job was written and when it was read. */
static bool prepare_call(struct odbc_task *self) {
    struct buf text = buf_with_max(0);
    size_t count = self->procedure.count;
    buf_printf(&text, "{call %.*s", STR_ARG(self->task.name));
    for (size_t i = 0; i < count; i++) buf_put(&text, i == 0 ? STR("(?") : STR(", ?"));
    if (count == 0 && wants_brackets(self)) buf_put_char(&text, '(');
    buf_put(&text, str_contains(buf_str(&text), STR("(")) ? STR(")}") : STR("}"));
    struct wide sql = wide_from(buf_str(&text), &self->task.arena);
    buf_free(&text);
    if (!check(self, odbc()->SQLPrepareW(self->session.statement, sql.ptr, (SQLINTEGER)sql.len)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!bind_one(self, i)) return false;
    return true;
}

/* --- results --- */

static bool is_number(SQLSMALLINT type) {
    switch (type) {
    case SQL_NUMERIC:
    case SQL_DECIMAL:
    case SQL_INTEGER:
    case SQL_SMALLINT:
    case SQL_FLOAT:
    case SQL_REAL:
    case SQL_DOUBLE:
    case SQL_TINYINT:
    case SQL_BIGINT: return true;
    default: return false;
    }
}

static void put_text(struct json_writer *w, SQLSMALLINT type, struct str text) {
    struct buf number = buf_with_max(0);
    bool is_bare = str_starts_with(text, STR(".")) || str_starts_with(text, STR("-."));
    if (is_number(type) && is_bare) { // .5, as some write it
        buf_printf(&number, "%s0%.*s", text.ptr[0] == '-' ? "-" : "",
                   STR_ARG(str_slice(text, text.ptr[0] == '-' ? 1 : 0, text.len)));
        procedure_put_number(w, buf_str(&number));
    } else if (is_number(type)) {
        procedure_put_number(w, text);
    } else if (type == SQL_BIT && text.len == 1) {
        json_bool(w, text.ptr[0] == '1');
    } else {
        json_str(w, text.ptr ? text : STR(""));
    }
    buf_free(&number);
}

static bool read_columns(struct odbc_task *self, SQLSMALLINT count, SQLSMALLINT *types) {
    procedure_rows_begin(&self->task.rows);
    self->task.end.has_result = true;
    for (SQLSMALLINT i = 0; i < count; i++) {
        SQLWCHAR units[256];
        SQLSMALLINT length = 0, digits, nullable;
        SQLULEN size;
        SQLRETURN result =
            odbc()->SQLDescribeColW(self->session.statement, (SQLUSMALLINT)(i + 1), units,
                                    COUNT_OF(units), &length, &types[i], &size, &digits, &nullable);
        if (!SQL_SUCCEEDED(result)) return check(self, result);
        struct buf name = buf_with_max(0);
        size_t most = COUNT_OF(units) - 1;
        buf_put_wide(&name, units, (size_t)length < most ? (size_t)length : most);
        procedure_rows_column(&self->task.rows, buf_str(&name));
        buf_free(&name);
    }
    return true;
}

static bool read_rows(struct odbc_task *self, SQLSMALLINT count) {
    struct procedure_rows *rows = &self->task.rows;
    if (count > MAX_RESULT_COLUMNS) count = MAX_RESULT_COLUMNS;
    SQLSMALLINT *types = ARENA_ARRAY(&self->task.arena, (size_t)count, SQLSMALLINT);
    SQLRETURN result;
    if (!read_columns(self, count, types)) return false;
    while (SQL_SUCCEEDED(result = odbc()->SQLFetch(self->session.statement))) {
        bool is_kept = procedure_rows_begin_row(rows);
        for (SQLSMALLINT i = 0; is_kept && i < count && i < (int)rows->column_count; i++) {
            struct buf text = buf_with_max(0);
            procedure_rows_value(rows, (size_t)i);
            if (odbc_read(&self->session, (SQLUSMALLINT)(i + 1), rows->max, &text))
                put_text(&rows->writer, types[i], buf_str(&text));
            else
                json_write_null(&rows->writer);
            buf_free(&text);
        }
        procedure_rows_end_row(rows);
        if (is_stopped(self)) break;
    }
    return result == SQL_NO_DATA || SQL_SUCCEEDED(result) || check(self, result);
}

static bool read_results(struct odbc_task *self, SQLRETURN executed) {
    SQLHSTMT statement = self->session.statement;
    if (executed == SQL_NO_DATA) executed = SQL_SUCCESS; // no row was affected
    if (!check(self, executed)) return false;
    for (;;) {
        SQLSMALLINT columns = 0;
        SQLLEN affected = -1;
        if (!check(self, odbc()->SQLNumResultCols(statement, &columns))) return false;
        if (columns > 0 && !read_rows(self, columns)) return false;
        if (columns == 0 && SQL_SUCCEEDED(odbc()->SQLRowCount(statement, &affected)) &&
            affected >= 0)
            self->task.end.affected =
                (self->task.end.affected < 0 ? 0 : self->task.end.affected) + affected;
        SQLRETURN more = odbc()->SQLMoreResults(statement);
        if (more == SQL_NO_DATA) return true;
        if (!check(self, more)) return false;
    }
}

static void read_outputs(struct odbc_task *self) {
    struct buf text = buf_with_max(0);
    struct json_writer w = json_writer(&text);
    bool is_any = false;
    json_object_begin(&w);
    for (size_t i = 0; i < self->procedure.count; i++) {
        const struct odbc_parameter *each = &self->procedure.parameters[i];
        if (each->direction == SQL_PARAM_INPUT) continue;
        is_any = true;
        json_key(&w, each->name);
        if (self->lengths[i] < 0) {
            json_write_null(&w);
            continue;
        }
        struct buf value = buf_with_max(0);
        size_t units = (size_t)self->lengths[i] / sizeof(uint16_t);
        buf_put_wide(&value, self->values[i].ptr, units < OUTPUT_UNITS ? units : OUTPUT_UNITS);
        put_text(&w, each->type, buf_str(&value));
        buf_free(&value);
    }
    json_object_end(&w);
    if (is_any) self->task.end.outputs = arena_copy(&self->task.arena, buf_str(&text));
    buf_free(&text);
}

/* --- running and cancelling --- */

static bool open_for_cancels(struct odbc_task *self) {
    (void)pthread_mutex_lock(&self->task.lock);
    self->running = self->session.statement;
    bool is_late = atomic_load(&self->task.is_stopped);
    (void)pthread_mutex_unlock(&self->task.lock);
    if (!is_late) return true;
    self->task.end.was_stopped = true;
    return fail(self, ERROR_DATABASE, STR("the procedure had not been called yet"));
}

static void close_for_cancels(struct odbc_task *self) {
    (void)pthread_mutex_lock(&self->task.lock);
    self->running = NULL;
    while (self->cancels > 0) (void)pthread_cond_wait(&self->cancelled, &self->task.lock);
    (void)pthread_mutex_unlock(&self->task.lock);
}

static bool run_call(struct odbc_task *self) {
    if (!open_for_cancels(self)) return false;
    bool ok = read_results(self, odbc()->SQLExecute(self->session.statement));
    if (ok) read_outputs(self);
    return ok;
}

static bool find_procedure(struct odbc_task *self) {
    struct str why;
    if (odbc_catalog_find(&self->session, self->task.name_parts, self->task.name_count,
                          self->task.parameters, &self->procedure, &why))
        return true;
    return fail(
        self, ERROR_CONFIGURATION,
        arena_printf(&self->task.arena, "%.*s: %.*s", STR_ARG(self->task.name), STR_ARG(why)));
}

static bool open_session(struct odbc_task *self) {
    struct err err = ERR_INIT;
    if (!odbc_library_load(&err))
        return fail(self, ERROR_CONFIGURATION,
                    arena_copy(&self->task.arena, str_from_cstr(err.msg)));
    if (odbc_session_open(&self->session, self->task.string, self->task.connect_seconds,
                          &self->task.arena))
        return true;
    return fail(
        self, ERROR_CONNECTION,
        arena_printf(&self->task.arena, "no connection: %.*s", STR_ARG(self->session.message)));
}

static void work(struct threaded_task *task) {
    struct odbc_task *self = (struct odbc_task *)(void *)task;
    (void)pthread_cond_init(&self->cancelled, NULL);
    task->end.shown = task->name;
    task->end.succeeded =
        open_session(self) && find_procedure(self) && prepare_call(self) && run_call(self);
    close_for_cancels(self);
    if (self->session.environment) odbc_session_close(&self->session);
    if (!task->end.succeeded && is_stopped(self)) task->end.was_stopped = true;
    (void)pthread_cond_destroy(&self->cancelled);
}

static void *cancel_main(void *context) {
    struct odbc_task *self = context;
    (void)pthread_mutex_lock(&self->task.lock);
    SQLHSTMT statement = self->running;
    (void)pthread_mutex_unlock(&self->task.lock);
    if (statement) (void)odbc()->SQLCancel(statement);
    (void)pthread_mutex_lock(&self->task.lock);
    self->cancels--;
    (void)pthread_cond_signal(&self->cancelled);
    (void)pthread_mutex_unlock(&self->task.lock);
    return NULL;
}

static void interrupt(struct threaded_task *task) {
    struct odbc_task *self = (struct odbc_task *)(void *)task;
    pthread_t thread;
    (void)pthread_mutex_lock(&task->lock);
    bool runs = self->running != NULL;
    if (runs) self->cancels++;
    (void)pthread_mutex_unlock(&task->lock);
    if (!runs) return; // it looks before it runs
    if (pthread_create(&thread, NULL, cancel_main, self) == 0) {
        (void)pthread_detach(thread);
        return;
    }
    (void)pthread_mutex_lock(&task->lock);
    self->cancels--;
    (void)pthread_mutex_unlock(&task->lock);
}

const struct threaded_kind odbc_procedure = {
    .task_size = sizeof(struct odbc_task),
    .work = work,
    .interrupt = interrupt,
    .confirm_seconds = CONFIRM_SECONDS,
    .unconfirmed =
        "the driver did not confirm the cancel within 3 s and is left to itself: what it "
        "does may go on until it notices",
};
