/* postgres_result.h - what a call to PostgreSQL brought: rows as JSON, an error in words.
 *
 *     postgres_result_add(&outcome, result, &rows);        // each PGresult of the call
 *     if (outcome.has_failed) ... outcome.sqlstate, outcome.message
 *     postgres_result_notice(notice, &text);               // "NOTICE: …\n"
 *
 * Numbers, booleans, json and jsonb are written as such, NULL as null, all else as the text that
 * PostgreSQL shows.
 *
 *   Owns:    texts live in the arena of the outcome.   Threads: one at a time.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_RESULT_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_RESULT_H

#include "base/postgres_library.h"
#include "handlers/procedures/procedure_rows.h"

struct postgres_outcome {
    struct arena *arena; // set by the caller
    bool has_columns;    // of the rows that are coming
    bool has_result;
    int64_t affected; // -1 = not said
    bool has_failed;
    char sqlstate[6];
    struct str message; // "P0001: text\ndetail: …"
    bool has_context;   // it came from inside of a function
};

void postgres_result_add(struct postgres_outcome *outcome, const PGresult *result,
                         struct procedure_rows *rows);
void postgres_result_notice(const PGresult *notice, struct buf *out);

#endif
