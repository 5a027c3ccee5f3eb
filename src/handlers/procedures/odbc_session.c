/* odbc_session.c - see odbc_session.h. All texts go through the wide functions: their encoding is
 * the same for every driver, whatever the locale. */
#include "handlers/procedures/odbc_session.h"

#include <string.h>

enum { MOST_DIAGNOSTICS = 8, DIAGNOSTIC_UNITS = 1024, CHUNK_UNITS = 2048 };

/* Drivers put their names in brackets before each message, up to four of them. */
static struct str without_brackets(struct str text) {
    while (str_starts_with(text, STR("["))) {
        struct str rest = text;
        (void)str_cut(&rest, ']');
        if (str_is_absent(rest)) return text;
        text = str_trim(rest);
    }
    return text;
}

static bool read_diagnostic(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT number, char state[6],
                            struct buf *ret_text) {
    SQLWCHAR units[DIAGNOSTIC_UNITS], wide_state[6] = {0};
    SQLSMALLINT length = 0;
    SQLINTEGER native = 0;
    SQLRETURN result = odbc()->SQLGetDiagRecW(kind, handle, number, wide_state, &native, units,
                                              DIAGNOSTIC_UNITS, &length);
    if (!SQL_SUCCEEDED(result)) return false;
    for (int i = 0; i < 5; i++)
        state[i] = wide_state[i] < 0x7F && wide_state[i] > ' ' ? (char)wide_state[i] : '0';
    state[5] = '\0';
    struct buf raw = buf_with_max(0);
    size_t count = length > 0 ? (size_t)length : 0;
    buf_put_wide(&raw, units, count < DIAGNOSTIC_UNITS ? count : DIAGNOSTIC_UNITS - 1);
    buf_put(ret_text, str_trim(without_brackets(buf_str(&raw))));
    buf_free(&raw);
    return true;
}

static void read_failure(struct odbc_session *self, SQLSMALLINT kind, SQLHANDLE handle) {
    struct buf text = buf_with_max(0);
    memset(self->state, 0, sizeof self->state);
    for (SQLSMALLINT i = 1; i <= MOST_DIAGNOSTICS; i++) {
        char state[6];
        struct buf one = buf_with_max(0);
        bool is_there = read_diagnostic(kind, handle, i, state, &one);
        if (is_there && text.len == 0) memcpy(self->state, state, sizeof state);
        if (is_there)
            buf_printf(&text, "%s%s: %.*s", text.len ? "\n" : "", state, STR_ARG(buf_str(&one)));
        buf_free(&one);
        if (!is_there) break;
    }
    if (text.len == 0) buf_put(&text, STR("the driver gives no reason"));
    self->message = arena_copy(self->arena, buf_str(&text));
    buf_free(&text);
}

bool odbc_ok(struct odbc_session *self, SQLSMALLINT kind, SQLHANDLE handle, SQLRETURN result) {
    if (SQL_SUCCEEDED(result)) return true;
    read_failure(self, kind, handle);
    return false;
}

void odbc_put_information(struct odbc_session *self, struct buf *out) {
    for (SQLSMALLINT i = 1; i <= MOST_DIAGNOSTICS; i++) {
        char state[6];
        struct buf one = buf_with_max(0);
        bool is_there = read_diagnostic(SQL_HANDLE_STMT, self->statement, i, state, &one);
        if (is_there) buf_printf(out, "%.*s\n", STR_ARG(buf_str(&one)));
        buf_free(&one);
        if (!is_there) return;
    }
}

bool odbc_session_open(struct odbc_session *self, struct str string, int64_t seconds,
                       struct arena *arena) {
    const struct odbc_library *api = odbc();
    *self = (struct odbc_session){.arena = arena, .message = STR("ODBC cannot be used")};
    if (!SQL_SUCCEEDED(api->SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &self->environment)) ||
        !SQL_SUCCEEDED(api->SQLSetEnvAttr(self->environment, SQL_ATTR_ODBC_VERSION,
                                          (SQLPOINTER)SQL_OV_ODBC3, 0)) ||
        !SQL_SUCCEEDED(api->SQLAllocHandle(SQL_HANDLE_DBC, self->environment, &self->connection)))
        return false;
    (void)api->SQLSetConnectAttr(self->connection, SQL_ATTR_LOGIN_TIMEOUT,
                                 (SQLPOINTER)(uintptr_t)seconds, 0);
    struct wide text = wide_from(string, arena);
    SQLRETURN result =
        api->SQLDriverConnectW(self->connection, NULL, text.ptr, (SQLSMALLINT)text.len, NULL, 0,
                               NULL, SQL_DRIVER_NOPROMPT);
    self->is_connected = SQL_SUCCEEDED(result);
    return odbc_ok(self, SQL_HANDLE_DBC, self->connection, result) &&
           odbc_session_new_statement(self);
}

bool odbc_session_new_statement(struct odbc_session *self) {
    if (self->statement) (void)odbc()->SQLFreeHandle(SQL_HANDLE_STMT, self->statement);
    self->statement = NULL;
    return odbc_ok(self, SQL_HANDLE_DBC, self->connection,
                   odbc()->SQLAllocHandle(SQL_HANDLE_STMT, self->connection, &self->statement));
}

void odbc_session_close(struct odbc_session *self) {
    if (self->statement) (void)odbc()->SQLFreeHandle(SQL_HANDLE_STMT, self->statement);
    if (self->is_connected) (void)odbc()->SQLDisconnect(self->connection);
    if (self->connection) (void)odbc()->SQLFreeHandle(SQL_HANDLE_DBC, self->connection);
    if (self->environment) (void)odbc()->SQLFreeHandle(SQL_HANDLE_ENV, self->environment);
    self->statement = self->connection = self->environment = NULL;
}

/* The pieces are joined before they are read: a cut may lie within a character. */
bool odbc_read(struct odbc_session *self, SQLUSMALLINT column, size_t most, struct buf *out) {
    SQLWCHAR units[CHUNK_UNITS];
    struct buf raw = buf_with_max(0);
    bool is_there = false, is_last = false;
    while (!is_last && raw.len / 2 <= most) {
        SQLLEN left = 0;
        SQLRETURN result =
            odbc()->SQLGetData(self->statement, column, SQL_C_WCHAR, units, sizeof units, &left);
        if (!SQL_SUCCEEDED(result) || left == SQL_NULL_DATA) break; // also SQL_NO_DATA: all read
        is_there = true;
        is_last = left != SQL_NO_TOTAL && left < (SQLLEN)sizeof units;
        size_t bytes = is_last ? (size_t)left : sizeof units - sizeof units[0];
        buf_put(&raw, (struct str){(const char *)units, bytes});
    }
    if (raw.len > 0) buf_put_wide(out, (const uint16_t *)(const void *)raw.ptr, raw.len / 2);
    buf_free(&raw);
    return is_there;
}
