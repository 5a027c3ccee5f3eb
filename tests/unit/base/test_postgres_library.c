/* libpq is found where it is looked for, and answers through the table. */
#include "base/postgres_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_the_library_answers_through_the_table(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_true(postgres_library_load(&err));
    char *why = NULL;
    PQconninfoOption *options = libpq()->PQconninfoParse("host=a dbname", &why);
    assert_null(options);
    assert_non_null(why);
    libpq()->PQfreemem(why);
}
