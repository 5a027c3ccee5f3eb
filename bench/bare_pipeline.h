/* bare_pipeline.h - the yardstick of bench_procedures: calls of one procedure by libpq and nothing
 * else, prepared, in pipelines on a few connections, each call a transaction of its own.
 *
 *     if (!bare_pipeline_prepare(url, "create schema …")) ...
 *     if (!bare_pipeline_run(url, "CALL p(a => $1, b => $2)", 20000)) ...
 *     int64_t rows = bare_pipeline_count(url, "select count(*) from t");
 *
 *   Owns: nothing.   Threads: one.   Errors: false or -1, with the reason on standard error.
 */
#ifndef ALPHABET_BENCH_BARE_PIPELINE_H
#define ALPHABET_BENCH_BARE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

enum { BARE_PIPELINE_LANES = 32 }; // connections

/* The arguments of each call. */
#define BARE_PIPELINE_A "7"
#define BARE_PIPELINE_B "a text of some length"

bool bare_pipeline_prepare(const char *url, const char *sql);
bool bare_pipeline_run(const char *url, const char *statement, int64_t calls);
int64_t bare_pipeline_count(const char *url, const char *sql);

#endif
