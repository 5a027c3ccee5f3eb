/* postgres_library.h - libpq, loaded when the first connection to a PostgreSQL server is made.
 *
 * It brings libraries along that take megabytes of memory (OpenSSL, Kerberos, LDAP), and a server
 * that keeps its store in SQLite and calls no procedure of PostgreSQL shall not hold them. So the
 * program is built with its header and not linked with it.
 *
 *     if (!postgres_library_load(&err)) return NULL;
 *     PGconn *connection = libpq()->PQconnectStart(text);
 *
 *   Owns:    nothing; what is loaded stays until the process ends.
 *   Threads: any; the first one to come loads.
 *   Errors:  UNAVAILABLE when the library is missing or lacks a function.
 *   One more: its name in POSTGRES_FUNCTIONS.
 */
#ifndef ALPHABET_BASE_POSTGRES_LIBRARY_H
#define ALPHABET_BASE_POSTGRES_LIBRARY_H

#include "base/err.h"

#include <libpq-fe.h>

#define POSTGRES_FUNCTIONS(X) \
    X(PQbackendPID) \
    X(PQcancel) \
    X(PQclear) \
    X(PQcmdTuples) \
    X(PQconndefaults) \
    X(PQconnectPoll) \
    X(PQconnectStart) \
    X(PQconnectStartParams) \
    X(PQconnectdb) \
    X(PQconnectdbParams) \
    X(PQconninfoFree) \
    X(PQconninfoParse) \
    X(PQconsumeInput) \
    X(PQenterPipelineMode) \
    X(PQerrorMessage) \
    X(PQescapeIdentifier) \
    X(PQexec) \
    X(PQexecParams) \
    X(PQexitPipelineMode) \
    X(PQfformat) \
    X(PQfinish) \
    X(PQflush) \
    X(PQfname) \
    X(PQfreeCancel) \
    X(PQfreemem) \
    X(PQftype) \
    X(PQgetCancel) \
    X(PQgetResult) \
    X(PQgetisnull) \
    X(PQgetlength) \
    X(PQgetvalue) \
    X(PQisBusy) \
    X(PQnfields) \
    X(PQnotifies) \
    X(PQntuples) \
    X(PQparameterStatus) \
    X(PQpipelineSync) \
    X(PQresultErrorField) \
    X(PQresultErrorMessage) \
    X(PQresultStatus) \
    X(PQsendFlushRequest) \
    X(PQsendPrepare) \
    X(PQsendQuery) \
    X(PQsendQueryParams) \
    X(PQsendQueryPrepared) \
    X(PQserverVersion) \
    X(PQsetErrorVerbosity) \
    X(PQsetNoticeReceiver) \
    X(PQsetSingleRowMode) \
    X(PQsetnonblocking) \
    X(PQsocket) \
    X(PQstatus) \
    X(PQtransactionStatus)

struct postgres_library {
#define POSTGRES_FIELD(name) __typeof__(&(name)) name;
    POSTGRES_FUNCTIONS(POSTGRES_FIELD)
};

WARN_UNUSED bool postgres_library_load(struct err *err);
/* What was loaded: only after postgres_library_load has said true. */
const struct postgres_library *libpq(void);

#endif
