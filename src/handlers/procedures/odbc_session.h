/* odbc_session.h - one connection by ODBC and one statement on it, for odbc_procedure.c and
 * odbc_catalog.c.
 *
 *     if (!odbc_session_open(&session, string, seconds, &arena)) ... session.state, session.message
 *     if (!odbc_ok(&session, SQL_HANDLE_STMT, session.statement, result)) ...
 *     odbc_session_close(&session);
 *
 *   Owns:    its handles; messages live in the arena.   Threads: one at a time; but SQLCancel.
 *   Errors:  false, with state and message: the driver's own words.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_ODBC_SESSION_H
#define ALPHABET_HANDLERS_PROCEDURES_ODBC_SESSION_H

#include "handlers/procedures/odbc_library.h"
#include "handlers/procedures/utf16.h"

struct odbc_session {
    struct arena *arena;
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    bool is_connected;
    char state[6];      // SQLSTATE of the last failure
    struct str message; // "42000: text"
};

WARN_UNUSED bool odbc_session_open(struct odbc_session *session, struct str string, int64_t seconds,
                                   struct arena *arena);
/* A new statement in the place of the one there is. */
WARN_UNUSED bool odbc_session_new_statement(struct odbc_session *session);
void odbc_session_close(struct odbc_session *session);
/* Did it work? If not, reads what the driver says of it. */
bool odbc_ok(struct odbc_session *session, SQLSMALLINT kind, SQLHANDLE handle, SQLRETURN result);
/* What the driver has to say of a success, a line each. */
void odbc_put_information(struct odbc_session *session, struct buf *out);
/* A column of the row as text; false: NULL, or it could not be read. At most `most` bytes. */
bool odbc_read(struct odbc_session *session, SQLUSMALLINT column, size_t most, struct buf *out);

#endif
