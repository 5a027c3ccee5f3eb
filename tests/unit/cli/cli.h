/* cli.h - what the tests of the command line include. */
#ifndef ALPHABET_TESTS_UNIT_CLI_H
#define ALPHABET_TESTS_UNIT_CLI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
