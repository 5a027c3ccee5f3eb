/* procedure_config.c - see procedure_config.h.
 *
 * The same code reads a configuration when a job is written and when it runs, because the operator
 * may have taken a connection away in between. */
#include "handlers/procedures/procedure_config.h"

#include "base/bounds.h"
#include "base/json_read.h"

#include <string.h>

struct reader {
    const struct procedure_rules *rules;
    const struct variables_known *known;
    struct faults *faults;
    struct procedure_config config;
};

/* null equals absent. */
static const json_t *get(const json_t *json, const char *name) {
    const json_t *value = json_object_get(json, name);
    return json_is_null(value) ? NULL : value;
}

static void find_unknown(struct reader *r, const json_t *json) {
    static const struct str known[] = {STR_INIT("storedProcedureName"), STR_INIT("parameters"),
                                       STR_INIT("commandTimeoutSeconds"),
                                       STR_INIT("databaseConnectionStringName")};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            is_known = is_known || str_equal(str_from_cstr(name), known[i]);
        if (!is_known)
            faults_add(r->faults, arena_printf(r->faults->arena, "jobConfiguration.%.100s", name),
                       "there is no such field; a StoredProcedure has storedProcedureName, "
                       "parameters, commandTimeoutSeconds and databaseConnectionStringName");
    }
}

/* --- names --- */

/* Signs beyond ASCII that cannot be seen, or that turn the direction of a text around. */
static bool is_invisible(uint32_t c) {
    return (c >= 0x80 && c <= 0xA0) || c == 0xAD || c == 0x34F || c == 0x61C || c == 0x180E ||
           (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x205F && c <= 0x206F) || c == 0x3000 || (c >= 0xFE00 && c <= 0xFE0F) ||
           c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

static uint32_t code_point(const char *bytes, size_t length) {
    const unsigned char *b = (const unsigned char *)bytes;
    if (length == 2) return ((uint32_t)(b[0] & 0x1F) << 6) | (b[1] & 0x3F);
    if (length == 3)
        return ((uint32_t)(b[0] & 0x0F) << 12) | ((uint32_t)(b[1] & 0x3F) << 6) | (b[2] & 0x3F);
    return ((uint32_t)(b[0] & 0x07) << 18) | ((uint32_t)(b[1] & 0x3F) << 12) |
           ((uint32_t)(b[2] & 0x3F) << 6) | (b[3] & 0x3F);
}

bool procedure_is_identifier(struct str name) {
    if (name.len == 0 || name.len > MAX_IDENTIFIER) return false;
    for (size_t i = 0; i < name.len;) {
        char c = name.ptr[i];
        size_t length = str_utf8_length(str_slice(name, i, name.len));
        if (length == 0) return false;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool later = (c >= '0' && c <= '9') || c == '$' || c == '#' || c == '@';
        if (length == 1 && !letter && !(later && i > 0)) return false;
        if (length > 1 && is_invisible(code_point(name.ptr + i, length))) return false;
        i += length;
    }
    return true;
}

static bool read_parts(struct str text, struct procedure_name *ret) {
    struct str rest = text;
    ret->whole = text;
    ret->count = 0;
    while (!str_is_absent(rest)) {
        struct str part = str_cut(&rest, '.');
        if (ret->count == MAX_NAME_PARTS || !procedure_is_identifier(part)) return false;
        ret->parts[ret->count++] = part;
    }
    return ret->count > 0;
}

bool procedure_is_allowed(const struct procedure_rules *rules, struct str name) {
    if (!rules->allowed || !rules->allowed[0])
        return !str_starts_with(name, STR("pg_catalog.")) &&
               !str_starts_with(name, STR("information_schema."));
    for (size_t i = 0; rules->allowed[i]; i++) {
        struct str each = str_from_cstr(rules->allowed[i]);
        bool is_beginning = str_ends_with(each, STR("*"));
        if (is_beginning ? str_starts_with(name, str_slice(each, 0, each.len - 1))
                         : str_equal(name, each))
            return true;
    }
    return false;
}

static void read_name(struct reader *r, const json_t *value) {
    static const size_t most_parts[] = {
        [CONNECTION_POSTGRES] = 2, [CONNECTION_SQLITE] = 1, [CONNECTION_ODBC] = 3};
    static const char *const shapes[] = {[CONNECTION_POSTGRES] = "name or schema.name",
                                         [CONNECTION_SQLITE] = "name, of a file NAME.sql",
                                         [CONNECTION_ODBC] = "[catalog.][schema.]name"};
    struct str field = STR("jobConfiguration.storedProcedureName"), text = json_str_of(value);
    const struct procedure_connection *connection = r->config.connection;
    struct procedure_name *name = &r->config.name;
    if (!value)
        faults_add(r->faults, field, "is required: the name of a procedure");
    else if (str_is_absent(text))
        faults_add(r->faults, field, "must be a string");
    else if (!read_parts(text, name))
        faults_add(r->faults, field,
                   "must be a name such as refresh or reports.refresh: each part a letter or _, "
                   "then letters, digits, _, $, # and @, 1 to %d bytes, without variables",
                   MAX_IDENTIFIER);
    else if (connection && name->count > most_parts[connection->kind])
        faults_add(r->faults, field, "has too many parts; with %.*s it must be %s",
                   STR_ARG(connection->name), shapes[connection->kind]);
    else if (connection && (connection->kind != CONNECTION_POSTGRES || name->count == 2) &&
             !procedure_is_allowed(r->rules, text))
        faults_add(r->faults, field,
                   "is not among the procedures that jobs may call "
                   "(Scheduler:Procedures:Allowed)");
}

static void read_connection(struct reader *r, const json_t *value) {
    struct str field = STR("jobConfiguration.databaseConnectionStringName");
    struct str name = json_str_of(value);
    struct buf names = buf_with_max(2048);
    procedure_connections_put_names(r->rules->connections, &names);
    if (!value) {
        faults_add(r->faults, field, "is required; there are: %.*s", STR_ARG(buf_str(&names)));
    } else if (str_is_absent(name)) {
        faults_add(r->faults, field, "must be a string");
    } else {
        r->config.connection = procedure_connections_find(r->rules->connections, name);
        if (!r->config.connection)
            faults_add(r->faults, field,
                       "there is no connection %.*s in ConnectionStrings; there are: %.*s",
                       STR_ARG(str_slice(name, 0, 100)), STR_ARG(buf_str(&names)));
    }
    buf_free(&names);
}

/* --- parameters --- */

static bool is_position(struct str name) {
    int64_t number;
    return str_starts_with(name, STR("$")) &&
           str_parse_i64(str_slice(name, 1, name.len), &number) && number >= 1 &&
           number <= MAX_PROCEDURE_PARAMETERS && name.ptr[1] != '0';
}

/* Of SQL Server they begin with an @. */
static bool is_parameter_name(struct str name) {
    if (str_starts_with(name, STR("@"))) name = str_slice(name, 1, name.len);
    return procedure_is_identifier(name);
}

static void check_texts(struct reader *r, struct str field, const json_t *value) {
    const char *name;
    const json_t *each;
    size_t i;
    if (json_is_string(value)) {
        variables_check(json_str_of(value), r->known, field, r->faults);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, each) {
            check_texts(r, arena_printf(r->faults->arena, "%.*s[%zu]", STR_ARG(field), i), each);
        }
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, each) {
            check_texts(r, arena_printf(r->faults->arena, "%.*s.%.100s", STR_ARG(field), name),
                        each);
        }
    }
}

static void read_parameters(struct reader *r, const json_t *value) {
    struct str all = STR("jobConfiguration.parameters");
    if (value && (!json_is_object(value) || json_object_size(value) > MAX_PROCEDURE_PARAMETERS)) {
        faults_add(r->faults, all, "must be an object of at most %d parameters",
                   MAX_PROCEDURE_PARAMETERS);
        return;
    }
    r->config.parameters = value;
    const char *name;
    const json_t *each;
    json_object_foreach((json_t *)(uintptr_t)value, name, each) {
        struct str text = str_from_cstr(name);
        struct str field =
            arena_printf(r->faults->arena, "jobConfiguration.parameters.%.100s", name);
        if (!is_parameter_name(text) && !is_position(text))
            faults_add(r->faults, field,
                       "must have the name of a parameter: a letter or _, then letters, digits, _ "
                       "and $, 1 to %d bytes; or $1, $2, … for one that has no name",
                       MAX_IDENTIFIER);
        check_texts(r, field, each);
    }
}

static void read_timeout(struct reader *r, const json_t *value) {
    if (!value) return;
    r->config.command_timeout_seconds = json_integer_value(value);
    if (!json_is_integer(value) || r->config.command_timeout_seconds < 1 ||
        r->config.command_timeout_seconds > MAX_TIMEOUT_SECONDS)
        faults_add(r->faults, STR("jobConfiguration.commandTimeoutSeconds"),
                   "must be a whole number from 1 to %d", MAX_TIMEOUT_SECONDS);
}

bool procedure_config_read(const json_t *json, const struct procedure_rules *rules,
                           const struct variables_known *known, struct procedure_config *ret,
                           struct faults *faults) {
    struct reader r = {.rules = rules, .known = known, .faults = faults};
    size_t before = faults->count + faults->more;
    if (!json_is_object(json)) {
        faults_add(faults, STR("jobConfiguration"), "must be an object");
        return false;
    }
    find_unknown(&r, json);
    read_connection(&r, get(json, "databaseConnectionStringName"));
    read_name(&r, get(json, "storedProcedureName"));
    read_parameters(&r, get(json, "parameters"));
    read_timeout(&r, get(json, "commandTimeoutSeconds"));
    if (faults->count + faults->more > before) return false;
    *ret = r.config;
    return true;
}
