/* pg_statements.c - the texts of queries/; see pg_statements.h. */
#include "store/postgres/pg_statements.h"

#include "base/attr.h"

#include <string.h>

static const struct {
    const char *name, *text;
} texts[] = {
#define STATEMENT_TEXT(constant, name, text) {name, text},
    SQL_STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

_Static_assert(COUNT_OF(texts) == SQL_STATEMENT_COUNT, "one text for each constant");

const char *pg_statement_name(enum sql_statement statement) {
    return texts[statement].name;
}

const char *pg_statement_text(enum sql_statement statement) {
    return texts[statement].text;
}

bool pg_statement_is_planned_anew(enum sql_statement statement) {
    return strncmp(texts[statement].name, "filtered_", strlen("filtered_")) == 0;
}
