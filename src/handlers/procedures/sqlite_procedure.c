/* sqlite_procedure.c - see sqlite_procedure.h.
 *
 * The database is opened for each run: that costs little, and nothing of a run is left for the
 * next. A stop sets a flag that is looked at between statements, every thousand steps within one,
 * and while another writer is waited for; sqlite3_interrupt reaches what lies between. */
#include "handlers/procedures/sqlite_procedure.h"

#include "base/json_read.h"
#include "handlers/procedures/procedure_value.h"
#include "handlers/procedures/sqlite_script.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { STEPS_BETWEEN_LOOKS = 1000, BUSY_WAIT_MS = 20 };

struct sqlite_task {
    struct threaded_task task; // first
    sqlite3 *database; // under the task's lock for whoever interrupts; the thread's otherwise
    struct sqlite_script script;
    const char *denied; // what the script may not do, if it tried
    bool is_guarded;    // statements are the script's, not ours
    int64_t line;       // of the statement that runs
};

static bool is_stopped(const struct sqlite_task *self) {
    return atomic_load(&((struct sqlite_task *)(uintptr_t)self)->task.is_stopped);
}

static bool fail(struct sqlite_task *self, enum error_type type, struct str message) {
    self->task.end.error_type = type;
    self->task.end.message = message;
    return false;
}

static bool fail_here(struct sqlite_task *self) {
    struct arena *arena = &self->task.arena;
    int code = sqlite3_extended_errcode(self->database);
    if (is_stopped(self) && (code & 0xFF) != SQLITE_CONSTRAINT) return false;
    if (self->denied)
        return fail(self, ERROR_CONFIGURATION,
                    arena_printf(arena, "line %lld of %.*s.sql: %s has no place in a script",
                                 (long long)self->line, STR_ARG(self->task.name), self->denied));
    struct str where = self->is_guarded
                           ? arena_printf(arena, "\nwhere: line %lld of %.*s.sql",
                                          (long long)self->line, STR_ARG(self->task.name))
                           : STR("");
    return fail(self, ERROR_DATABASE,
                arena_printf(arena, "SQLite %d: %s%.*s", code, sqlite3_errmsg(self->database),
                             STR_ARG(where)));
}

/* --- what a script may do --- */

static bool is_one_of(const char *name, const char *const *all) {
    for (; *all; all++)
        if (sqlite3_stricmp(name, *all) == 0) return true;
    return false;
}

static bool may_use_pragma(const char *name, const char *argument) {
    static const char *const reading[] = {
        "table_info",  "table_xinfo",      "table_list",        "index_list",  "index_info",
        "index_xinfo", "foreign_key_list", "foreign_key_check", "quick_check", "integrity_check",
        NULL};
    static const char *const asking[] = {
        "user_version",  "application_id", "schema_version", "database_list", "compile_options",
        "function_list", "collation_list", "page_count",     "page_size",     "freelist_count",
        "encoding",      "data_version",   "foreign_keys",   "journal_mode",  NULL};
    return is_one_of(name, reading) || (!argument && is_one_of(name, asking));
}

static int deny(struct sqlite_task *self, const char *what) {
    if (!self->denied) self->denied = what;
    return SQLITE_DENY;
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger) {
    (void)database;
    (void)trigger;
    struct sqlite_task *self = context;
    if (!self->is_guarded) return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH: return deny(self, "ATTACH");
    case SQLITE_DETACH: return deny(self, "DETACH");
    case SQLITE_TRANSACTION: return deny(self, "a transaction statement");
    case SQLITE_SAVEPOINT: return deny(self, "SAVEPOINT");
    case SQLITE_PRAGMA:
        return may_use_pragma(first, second) ? SQLITE_OK : deny(self, "this PRAGMA");
    case SQLITE_FUNCTION:
        if (second && sqlite3_stricmp(second, "load_extension") == 0)
            return deny(self, "load_extension");
        return SQLITE_OK;
    default: return SQLITE_OK;
    }
}

static int look(void *context) {
    return is_stopped(context);
}

static int wait_for_others(void *context, int times) {
    (void)times;
    if (is_stopped(context)) return 0;
    (void)sqlite3_sleep(BUSY_WAIT_MS);
    return 1;
}

static bool open_database(struct sqlite_task *self) {
    sqlite3 *database = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(self->task.string.ptr, &database, flags, NULL);
    (void)pthread_mutex_lock(&self->task.lock);
    self->database = database;
    (void)pthread_mutex_unlock(&self->task.lock);
    if (code != SQLITE_OK)
        return fail(self, ERROR_CONNECTION,
                    arena_printf(&self->task.arena, "the database %.*s cannot be opened: %s",
                                 STR_ARG(self->task.string), sqlite3_errmsg(database)));
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, NULL);
    (void)sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    (void)sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_set_authorizer(database, authorize, self);
    (void)sqlite3_busy_handler(database, wait_for_others, self);
    sqlite3_progress_handler(database, STEPS_BETWEEN_LOOKS, look, self);
    return true;
}

/* --- values in --- */

static int bind_one(sqlite3_stmt *statement, int at, const json_t *value, struct arena *arena) {
    struct str text;
    switch (json_typeof(value)) {
    case JSON_NULL: return sqlite3_bind_null(statement, at);
    case JSON_TRUE: return sqlite3_bind_int(statement, at, 1);
    case JSON_FALSE: return sqlite3_bind_int(statement, at, 0);
    case JSON_INTEGER: return sqlite3_bind_int64(statement, at, json_integer_value(value));
    case JSON_REAL: return sqlite3_bind_double(statement, at, json_real_value(value));
    case JSON_STRING: text = json_str_of(value); break;
    default: text = procedure_value_json(value, arena); break;
    }
    return sqlite3_bind_text64(statement, at, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static bool bind_all(struct sqlite_task *self, sqlite3_stmt *statement) {
    int count = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        const json_t *value =
            name && name[0] == ':' ? json_object_get(self->task.parameters, name + 1) : NULL;
        if (!value)
            return fail(self, ERROR_CONFIGURATION,
                        arena_printf(&self->task.arena, "there is no value for the parameter %s",
                                     name ? name : "?"));
        if (bind_one(statement, i, value, &self->task.arena) != SQLITE_OK) return fail_here(self);
    }
    return true;
}

/* --- rows out --- */

static void put_value(struct procedure_rows *rows, sqlite3_stmt *statement, int column) {
    struct json_writer *w = &rows->writer;
    struct buf number = buf_with_max(0);
    double real;
    struct str text;
    /* More than all the room there is would be left out anyway. */
    size_t most = rows->max + 1, size;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: json_i64(w, sqlite3_column_int64(statement, column)); break;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(statement, column);
        if (isfinite(real)) {
            procedure_put_real(&number, real);
            json_raw(w, buf_str(&number));
        } else {
            json_write_null(w);
        }
        break;
    case SQLITE_TEXT:
        text.ptr = (const char *)sqlite3_column_text(statement, column);
        text.len = (size_t)sqlite3_column_bytes(statement, column);
        json_str(w, str_slice(text, 0, most));
        break;
    case SQLITE_BLOB:
        size = (size_t)sqlite3_column_bytes(statement, column);
        procedure_put_hex(w, sqlite3_column_blob(statement, column), size < most ? size : most);
        break;
    default: json_write_null(w); break;
    }
    buf_free(&number);
}

static void add_row(struct procedure_rows *rows, sqlite3_stmt *statement) {
    int count = sqlite3_column_count(statement);
    if (procedure_rows_begin_row(rows)) {
        for (int i = 0; i < count && i < (int)rows->column_count; i++) {
            procedure_rows_value(rows, (size_t)i);
            put_value(rows, statement, i);
        }
    }
    procedure_rows_end_row(rows);
}

/* --- running --- */

static bool run_statement(struct sqlite_task *self, sqlite3_stmt *statement) {
    struct procedure_rows *rows = &self->task.rows;
    int columns = sqlite3_column_count(statement), code;
    if (!bind_all(self, statement)) return false;
    if (columns > 0) {
        procedure_rows_begin(rows);
        self->task.end.has_result = true;
        for (int i = 0; i < columns; i++)
            procedure_rows_column(rows, str_from_cstr(sqlite3_column_name(statement, i)));
    }
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) add_row(rows, statement);
    return code == SQLITE_DONE || fail_here(self);
}

static int64_t lines_between(const char *from, const char *to) {
    int64_t count = 0;
    for (; from < to; from++) count += *from == '\n';
    return count;
}

/* Where the statement begins: behind blanks; a comment before it counts as its beginning. */
static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t\r\n;");
}

static bool run_script(struct sqlite_task *self) {
    const char *all = self->script.text.ptr, *rest = all;
    while (*(rest = skip_blanks(rest))) {
        sqlite3_stmt *statement = NULL;
        self->line = 1 + lines_between(all, rest);
        if (is_stopped(self)) return false;
        if (sqlite3_prepare_v2(self->database, rest, -1, &statement, &rest) != SQLITE_OK)
            return fail_here(self);
        if (!statement) continue; // a comment
        bool ok = run_statement(self, statement);
        (void)sqlite3_finalize(statement);
        if (!ok) return false;
    }
    return true;
}

static bool run_own(struct sqlite_task *self, const char *sql) {
    self->is_guarded = false;
    return sqlite3_exec(self->database, sql, NULL, NULL, NULL) == SQLITE_OK || fail_here(self);
}

static bool run_in_transaction(struct sqlite_task *self) {
    bool is_read_only = sqlite3_db_readonly(self->database, "main") == 1;
    if (!run_own(self, is_read_only ? "BEGIN" : "BEGIN IMMEDIATE")) {
        self->task.end.was_stopped = is_stopped(self);
        if (is_stopped(self))
            self->task.end.message =
                STR("stopped while it waited for the database: nothing was done");
        return false;
    }
    self->is_guarded = true;
    bool ok = run_script(self);
    if (ok && !is_stopped(self) && run_own(self, "COMMIT")) return true;
    struct threaded_end *end = &self->task.end;
    struct str why = end->message; // the rollback's own words are of no interest
    enum error_type type = end->error_type;
    self->denied = NULL;
    sqlite3_progress_handler(self->database, 0, NULL, NULL);
    bool is_back = sqlite3_get_autocommit(self->database) || run_own(self, "ROLLBACK");
    end->message = why;
    end->error_type = type;
    if (is_stopped(self)) {
        end->was_stopped = true;
        end->message =
            is_back ? STR("interrupted, and its transaction was rolled back: nothing of it is kept")
                    : STR("interrupted; SQLite rolls its transaction back with the next opening");
    }
    return false;
}

static bool prepare(struct sqlite_task *self) {
    const struct sqlite_options *options = self->task.options;
    struct arena *arena = &self->task.arena;
    struct err err = ERR_INIT;
    self->task.end.shown = arena_printf(arena, "%.*s.sql", STR_ARG(self->task.name));
    if (sqlite_script_read(options->folder, self->task.name, arena, &self->script, &err) &&
        sqlite_script_fits(&self->script, self->task.parameters, &err))
        return true;
    return fail(self, ERROR_CONFIGURATION, arena_copy(arena, str_from_cstr(err.msg)));
}

static void work(struct threaded_task *task) {
    struct sqlite_task *self = (struct sqlite_task *)(void *)task;
    bool ok = prepare(self) && open_database(self);
    if (ok) {
        int64_t before = sqlite3_total_changes64(self->database);
        task->end.succeeded = run_in_transaction(self);
        task->end.affected = sqlite3_total_changes64(self->database) - before;
    } else if (is_stopped(self)) {
        task->end.was_stopped = true;
    }
    (void)pthread_mutex_lock(&self->task.lock);
    sqlite3 *database = self->database;
    self->database = NULL;
    (void)pthread_mutex_unlock(&self->task.lock);
    (void)sqlite3_close(database);
}

static void interrupt(struct threaded_task *task) {
    struct sqlite_task *self = (struct sqlite_task *)(void *)task;
    (void)pthread_mutex_lock(&task->lock);
    if (self->database) sqlite3_interrupt(self->database);
    (void)pthread_mutex_unlock(&task->lock);
}

const struct threaded_kind sqlite_procedure = {
    .task_size = sizeof(struct sqlite_task), .work = work, .interrupt = interrupt};
