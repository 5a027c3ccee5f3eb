/* odbc_library.h - unixODBC, loaded when the first procedure is called through it.
 *
 * A server whose jobs reach no database by ODBC shall not hold it, nor need it: the program is
 * built with its headers and not linked with it.
 *
 *     if (!odbc_library_load(&err)) return false;
 *     odbc()->SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
 *
 *   Owns:    nothing; what is loaded stays until the process ends.
 *   Threads: any; the first one to come loads.
 *   Errors:  UNAVAILABLE when the library is missing or lacks a function.
 *   One more: its name in ODBC_FUNCTIONS.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_ODBC_LIBRARY_H
#define ALPHABET_HANDLERS_PROCEDURES_ODBC_LIBRARY_H

#include "base/err.h"

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#define ODBC_FUNCTIONS(X) \
    X(SQLAllocHandle) \
    X(SQLBindParameter) \
    X(SQLCancel) \
    X(SQLDescribeColW) \
    X(SQLDisconnect) \
    X(SQLDriverConnectW) \
    X(SQLExecute) \
    X(SQLFetch) \
    X(SQLFreeHandle) \
    X(SQLGetData) \
    X(SQLGetDiagRecW) \
    X(SQLGetFunctions) \
    X(SQLGetInfo) \
    X(SQLMoreResults) \
    X(SQLNumResultCols) \
    X(SQLPrepareW) \
    X(SQLProcedureColumnsW) \
    X(SQLProceduresW) \
    X(SQLRowCount) \
    X(SQLSetConnectAttr) \
    X(SQLSetEnvAttr)

struct odbc_library {
#define ODBC_FIELD(name) __typeof__(&(name)) name;
    ODBC_FUNCTIONS(ODBC_FIELD)
};

WARN_UNUSED bool odbc_library_load(struct err *err);
/* What was loaded: only after odbc_library_load has said true. */
const struct odbc_library *odbc(void);

#endif
