/* parameters.c - see parameters.h. */
#include "cli/parameters.h"

#include "base/err.h"
#include "base/json_read.h"

#include <stdlib.h>

static int add_parameter(const struct invocation *invocation, const char *given, json_t *into) {
    struct str value = str_from_cstr(given);
    struct str name = str_cut(&value, '=');
    struct err err = ERR_INIT;
    bool as_json = str_ends_with(name, STR(":"));
    if (as_json) name.len--;
    if (str_is_absent(value) || name.len == 0 || !str_is_utf8(value))
        return complain_usage(invocation, "--parameter wants NAME=VALUE, not %s", given);
    json_t *parsed = as_json ? json_read(value, &err) : json_stringn(value.ptr, value.len);
    if (parsed == NULL) return complain_usage(invocation, "--parameter %s: %s", given, err.msg);
    char *key = xstr_dup(name);
    (void)json_object_set_new(into, key, parsed);
    free(key);
    return EXIT_OK;
}

int parameters_given(const struct invocation *invocation, json_t **ret) {
    const char *given;
    int code = EXIT_OK;
    *ret = json_object();
    for (size_t at = 0;
         code == EXIT_OK && (given = option_next(invocation, "--parameter", &at)) != NULL;)
        code = add_parameter(invocation, given, *ret);
    return code;
}
