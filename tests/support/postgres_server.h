/* postgres_server.h - a throw-away PostgreSQL server for a test program in C.
 *
 *     struct postgres_server *server = postgres_server_start();      // a second; one for all tests
 * of a program
 *     ... postgres_server_url(server) ...                            //
 * postgresql://alphabet:…@127.0.0.1:PORT/alphabet postgres_server_stop(server);
 *
 * It is tests/support/postgres --no-fsync, which goes away with everything also when the program
 * dies. The role may make databases: one for each test, when they must not see each other. With
 * ALPHABET_TEST_POSTGRES set, that URL is used and nothing is started.
 *
 *   Owns: the caller owns the server until postgres_server_stop; NULL is fine there. Threads: any,
 * one at a time. Errors: NULL, with the reason on standard error.
 */
#ifndef ALPHABET_TESTS_SUPPORT_POSTGRES_SERVER_H
#define ALPHABET_TESTS_SUPPORT_POSTGRES_SERVER_H

struct postgres_server;

struct postgres_server *postgres_server_start(void);
/* One that flushes its commits, as a server in earnest does; for benchmarks. */
struct postgres_server *postgres_server_start_flushing(void);
const char *postgres_server_url(const struct postgres_server *server); // as long as the server
void postgres_server_stop(struct postgres_server *server);

#endif
