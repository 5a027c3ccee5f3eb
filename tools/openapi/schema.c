/* schema.c - see schema.h. */
#include "schema.h"

#include "markdown.h"

#include <stdlib.h>

struct str member(json_t *object, const char *name) {
    json_t *value = json_object_get(object, name);
    if (!json_is_string(value)) return STR_NONE;
    return (struct str){json_string_value(value), json_string_length(value)};
}

json_t *resolve(json_t *openapi, json_t *object) {
    struct str ref = member(object, "$ref");
    if (str_is_absent(ref)) return object;
    json_t *found = openapi;
    (void)str_cut(&ref, '/');
    while (!str_is_absent(ref) && found) {
        struct str step = str_cut(&ref, '/');
        found = json_object_getn(found, step.ptr, step.len);
    }
    return found ? found : object;
}

struct str ref_name(json_t *object) {
    struct str ref = member(object, "$ref"), last = STR_NONE;
    while (!str_is_absent(ref)) last = str_cut(&ref, '/');
    return last;
}

static struct str plain_name(struct str type) {
    if (str_equal(type, STR("string"))) return STR("text");
    if (str_equal(type, STR("integer"))) return STR("whole number");
    if (str_equal(type, STR("boolean"))) return STR("true or false");
    if (str_equal(type, STR("array"))) return STR("list");
    return type;
}

static void put_one_type(struct buf *out, json_t *openapi, json_t *schema, json_t *type) {
    struct str name = {json_string_value(type), json_string_length(type)};
    json_t *items = json_object_get(schema, "items");
    struct str format = member(schema, "format");
    if (str_equal(name, STR("array")) && items) {
        buf_put(out, STR("list of "));
        schema_type(out, openapi, items);
    } else if (str_equal(name, STR("string")) && str_equal(format, STR("date-time"))) {
        buf_put(out, STR("time"));
    } else if (str_equal(name, STR("string")) && str_equal(format, STR("date"))) {
        buf_put(out, STR("date"));
    } else if (str_equal(name, STR("string")) && str_equal(format, STR("uuid"))) {
        buf_put(out, STR("GUID"));
    } else {
        buf_put(out, plain_name(name));
    }
}

static void put_types(struct buf *out, json_t *openapi, json_t *schema, json_t *types) {
    size_t i;
    json_t *type;
    json_array_foreach(types, i, type) {
        if (i > 0) buf_put(out, STR(" or "));
        put_one_type(out, openapi, schema, type);
    }
}

static void put_choices(struct buf *out, json_t *openapi, json_t *choices) {
    size_t i;
    json_t *choice;
    json_array_foreach(choices, i, choice) {
        if (i > 0) buf_put(out, STR(" or "));
        schema_type(out, openapi, choice);
    }
}

void schema_type(struct buf *out, json_t *openapi, json_t *schema) {
    struct str name = ref_name(schema);
    if (!str_is_absent(name)) {
        buf_printf(out, "<a href=\"#schema-%.*s\">%.*s</a>", STR_ARG(name), STR_ARG(name));
        return;
    }
    json_t *type = json_object_get(schema, "type");
    json_t *any = json_object_get(schema, "anyOf");
    json_t *one = json_object_get(schema, "oneOf");
    if (json_is_array(type))
        put_types(out, openapi, schema, type);
    else if (type)
        put_one_type(out, openapi, schema, type);
    else if (any)
        put_choices(out, openapi, any);
    else if (one)
        put_choices(out, openapi, one);
    else
        buf_put(out, STR("any value"));
}

/* A value as it is written in JSON, but texts without their quotes. */
static void put_value(struct buf *out, json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct str written = str_from_cstr(text);
    if (json_is_string(value))
        written = (struct str){json_string_value(value), json_string_length(value)};
    buf_put(out, STR("<code>"));
    html_escape(out, written);
    buf_put(out, STR("</code>"));
    free(text);
}

static void next_limit(struct buf *out) {
    buf_put(out, out->len > 0 ? STR("; ") : STR(""));
}

/* "1 to 200", "at least 1", "at most 200" */
static void put_range(struct buf *out, json_t *schema, const char *least, const char *most,
                      const char *unit) {
    json_t *min = json_object_get(schema, least), *max = json_object_get(schema, most);
    if (!min && !max) return;
    next_limit(out);
    long long from = json_integer_value(min), to = json_integer_value(max);
    if (min && max && from == to)
        buf_printf(out, "exactly %lld%s", from, unit);
    else if (min && max)
        buf_printf(out, "%lld to %lld%s", from, to, unit);
    else if (min)
        buf_printf(out, "at least %lld%s", from, unit);
    else
        buf_printf(out, "at most %lld%s", to, unit);
}

static void put_enum(struct buf *out, json_t *values) {
    size_t i;
    json_t *value;
    next_limit(out);
    buf_put(out, STR("one of "));
    json_array_foreach(values, i, value) {
        if (i > 0) buf_put(out, STR(", "));
        put_value(out, value);
    }
}

void schema_limits(struct buf *out, json_t *schema) {
    struct buf limits = buf_with_max(0);
    json_t *values = json_object_get(schema, "enum");
    if (values) put_enum(&limits, values);
    json_t *only = json_object_get(schema, "const");
    if (only) {
        next_limit(&limits);
        buf_put(&limits, STR("always "));
        put_value(&limits, only);
    }
    put_range(&limits, schema, "minimum", "maximum", "");
    put_range(&limits, schema, "minLength", "maxLength", " characters");
    put_range(&limits, schema, "minItems", "maxItems", " items");
    put_range(&limits, schema, "minProperties", "maxProperties", " members");
    json_t *standard = json_object_get(schema, "default");
    if (standard) {
        next_limit(&limits);
        buf_put(&limits, STR("default "));
        put_value(&limits, standard);
    }
    if (limits.len > 0) {
        buf_put(out, STR("<p class=\"limits\">"));
        buf_put(out, buf_str(&limits));
        buf_put(out, STR("</p>\n"));
    }
    buf_free(&limits);
}

static bool is_required(json_t *schema, const char *name) {
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(schema, "required"), i, each) {
        if (str_equal(str_from_cstr(json_string_value(each)), str_from_cstr(name))) return true;
    }
    return false;
}

void schema_fields(struct buf *out, json_t *openapi, json_t *schema) {
    const char *name;
    json_t *field;
    buf_put(out, STR("<dl>\n"));
    json_object_foreach(json_object_get(schema, "properties"), name, field) {
        json_t *meant = resolve(openapi, field);
        if (json_is_true(json_object_get(meant, "readOnly"))) continue; // nobody may set it
        buf_put(out, STR("<dt><code>"));
        html_escape(out, str_from_cstr(name));
        buf_put(out, STR("</code> <span class=\"type\">"));
        schema_type(out, openapi, field);
        buf_put(out, STR("</span>"));
        if (is_required(schema, name)) buf_put(out, STR(" <span class=\"needed\">required</span>"));
        buf_put(out, STR("</dt>\n<dd>"));
        markdown_blocks(out, member(meant, "description"), 5);
        schema_limits(out, meant);
        buf_put(out, STR("</dd>\n"));
    }
    buf_put(out, STR("</dl>\n"));
}

void schema_example(struct buf *out, struct str title, json_t *value) {
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
    buf_put(out, STR("<details><summary>Example: "));
    markdown_inline(out, title);
    buf_put(out, STR("</summary>\n<pre tabindex=\"0\"><code>"));
    html_escape(out, str_from_cstr(text));
    buf_put(out, STR("</code></pre></details>\n"));
    free(text);
}
