/* attr.h - the few compiler attributes that the code uses, under one name each.
 *
 *   Owns: nothing.   Threads: none.   Source: GCC and clang documentation; both compilers are
 * supported.
 */
#ifndef ALPHABET_BASE_ATTR_H
#define ALPHABET_BASE_ATTR_H

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))
/* Runs FUNCTION(&variable) when the variable leaves its scope. The one GNU extension we allow. */
#define CLEANUP(function) __attribute__((cleanup(function)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
