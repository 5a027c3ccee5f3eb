/* page.c - see page.h. The page follows the order of the file: what it says at the top, the tags
 * with their operations, then the problems and the schemas that those point to. Lists of terms
 * stand where tables would be: they need no sideways scrolling on a phone. */
#include "page.h"

#include "markdown.h"
#include "schema.h"

static const struct str methods[] = {
    STR_INIT("get"), STR_INIT("post"), STR_INIT("put"), STR_INIT("patch"), STR_INIT("delete"),
};

struct operation {
    struct str method;
    struct str path;
    json_t *path_item;
    json_t *value;
};

/* Calls put for each operation of the tag, in the order of the file. */
static void each_operation(struct buf *out, json_t *openapi, struct str tag,
                           void (*put)(struct buf *out, json_t *openapi,
                                       const struct operation *operation)) {
    const char *path, *name;
    json_t *item, *value;
    json_object_foreach(json_object_get(openapi, "paths"), path, item) {
        json_object_foreach(item, name, value) {
            struct operation operation = {STR_NONE, str_from_cstr(path), item, value};
            for (size_t i = 0; i < COUNT_OF(methods); i++)
                if (str_equal(methods[i], str_from_cstr(name))) operation.method = methods[i];
            json_t *first = json_array_get(json_object_get(value, "tags"), 0);
            if (str_is_absent(operation.method) ||
                !str_equal(tag, str_from_cstr(json_string_value(first))))
                continue;
            put(out, openapi, &operation);
        }
    }
}

static void put_method(struct buf *out, struct str method) {
    buf_printf(out, "<span class=\"method %.*s\">", STR_ARG(method));
    for (size_t i = 0; i < method.len; i++) buf_put_char(out, (char)(method.ptr[i] - 'a' + 'A'));
    buf_put(out, STR("</span>"));
}

static void put_link(struct buf *out, json_t *openapi, const struct operation *operation) {
    (void)openapi;
    buf_printf(out, "<li><a href=\"#%.*s\">", STR_ARG(member(operation->value, "operationId")));
    put_method(out, operation->method);
    buf_put_char(out, ' ');
    html_escape(out, member(operation->value, "summary"));
    buf_put(out, STR("</a></li>\n"));
}

/* ---- one operation ---- */

static void put_parameter(struct buf *out, json_t *openapi, json_t *reference) {
    json_t *parameter = resolve(openapi, reference);
    json_t *schema = json_object_get(parameter, "schema");
    buf_put(out, STR("<dt><code>"));
    html_escape(out, member(parameter, "name"));
    buf_put(out, STR("</code> <span class=\"type\">"));
    schema_type(out, openapi, schema);
    buf_printf(out, "</span> <span class=\"place\">in %.*s</span>",
               STR_ARG(member(parameter, "in")));
    if (json_is_true(json_object_get(parameter, "required")))
        buf_put(out, STR(" <span class=\"needed\">required</span>"));
    buf_put(out, STR("</dt>\n<dd>"));
    markdown_blocks(out, member(parameter, "description"), 5);
    schema_limits(out, resolve(openapi, schema));
    buf_put(out, STR("</dd>\n"));
}

static void put_parameters(struct buf *out, json_t *openapi, const struct operation *operation) {
    json_t *lists[] = {json_object_get(operation->path_item, "parameters"),
                       json_object_get(operation->value, "parameters")};
    if (!lists[0] && !lists[1]) return;
    buf_put(out, STR("<h4>Parameters</h4>\n<dl>\n"));
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (size_t j = 0; j < json_array_size(lists[i]); j++)
            put_parameter(out, openapi, json_array_get(lists[i], j));
    buf_put(out, STR("</dl>\n"));
}

static void put_body(struct buf *out, json_t *openapi, const struct operation *operation) {
    json_t *body = json_object_get(operation->value, "requestBody");
    json_t *content = json_object_get(json_object_get(body, "content"), "application/json");
    json_t *schema = json_object_get(content, "schema");
    if (!schema) return;
    bool required = json_is_true(json_object_get(body, "required"));
    buf_put(out, STR("<h4>Request body</h4>\n<p>"));
    schema_type(out, openapi, schema);
    buf_put(out, required ? STR("</p>\n") : STR(" <span class=\"place\">optional</span></p>\n"));
    json_t *meant = resolve(openapi, schema);
    size_t fields = json_object_size(json_object_get(meant, "properties"));
    if (fields > 0) {
        buf_printf(out, "<details%s><summary>Fields</summary>\n", fields <= 6 ? " open" : "");
        schema_fields(out, openapi, meant);
        buf_put(out, STR("</details>\n"));
    }
    const char *name;
    json_t *example;
    json_object_foreach(json_object_get(content, "examples"), name, example)
        schema_example(out, member(example, "summary"), json_object_get(example, "value"));
}

/* The headers beside those that every answer has. */
static void put_headers(struct buf *out, json_t *answer) {
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(answer, "headers"), name, header) {
        if (str_equal(str_from_cstr(name), STR("X-Request-Id"))) continue;
        buf_printf(out, "; header <code>%s</code>", name);
    }
}

static void put_success(struct buf *out, json_t *openapi, const char *status, json_t *answer) {
    buf_printf(out, "<dt><code>%s</code> ", status);
    markdown_inline(out, member(answer, "description"));
    buf_put(out, STR("</dt>\n<dd>"));
    const char *type;
    json_t *content;
    bool any = false;
    json_object_foreach(json_object_get(answer, "content"), type, content) {
        buf_printf(out, "%s<code>%s</code> ", any ? ", " : "", type);
        schema_type(out, openapi, json_object_get(content, "schema"));
        any = true;
    }
    if (!any) buf_put(out, STR("no body"));
    put_headers(out, answer);
    buf_put(out, STR("</dd>\n"));
}

static void put_answers(struct buf *out, json_t *openapi, const struct operation *operation) {
    const char *status;
    json_t *answer;
    json_t *answers = json_object_get(operation->value, "responses");
    buf_put(out, STR("<h4>Answers</h4>\n<dl>\n"));
    json_object_foreach(answers, status, answer) {
        if (str_is_absent(ref_name(answer))) put_success(out, openapi, status, answer);
    }
    buf_put(out, STR("</dl>\n<p>Problems:"));
    json_object_foreach(answers, status, answer) {
        struct str name = ref_name(answer);
        if (!str_is_absent(name))
            buf_printf(out, " <a href=\"#problem-%.*s\">%s</a>", STR_ARG(name),
                       str_equal(str_from_cstr(status), STR("default")) ? "others" : status);
    }
    buf_put(out, STR("</p>\n"));
}

static void put_operation(struct buf *out, json_t *openapi, const struct operation *operation) {
    struct str role = member(operation->value, "x-role");
    bool open = str_equal(role, STR("none"));
    buf_printf(out, "<article id=\"%.*s\">\n<h3>",
               STR_ARG(member(operation->value, "operationId")));
    put_method(out, operation->method);
    buf_put(out, STR(" <code>"));
    html_escape(out, operation->path);
    buf_put(out, STR("</code></h3>\n<p class=\"summary\"><strong>"));
    html_escape(out, member(operation->value, "summary"));
    buf_printf(out, "</strong> <span class=\"role\">%s%.*s</span></p>\n",
               open ? "no token needed" : "role ", open ? 0 : (int)role.len, role.ptr);
    markdown_blocks(out, member(operation->value, "description"), 4);
    put_parameters(out, openapi, operation);
    put_body(out, openapi, operation);
    put_answers(out, openapi, operation);
    buf_put(out, STR("</article>\n"));
}

/* ---- the parts that operations point to ---- */

static void put_problems(struct buf *out, json_t *openapi) {
    const char *name;
    json_t *answer;
    json_t *components = json_object_get(openapi, "components");
    buf_put(out, STR("<section aria-labelledby=\"problems\">\n<h2 id=\"problems\">Problems</h2>\n"
                     "<p>Each is <a href=\"#schema-Problem\">Problem</a> as "
                     "<code>application/problem+json</code>.</p>\n<dl>\n"));
    json_object_foreach(json_object_get(components, "responses"), name, answer) {
        buf_printf(out, "<dt id=\"problem-%s\">%s</dt>\n<dd>", name, name);
        markdown_inline(out, member(answer, "description"));
        put_headers(out, answer);
        buf_put(out, STR("</dd>\n"));
    }
    buf_put(out, STR("</dl>\n</section>\n"));
}

static void put_alternatives(struct buf *out, json_t *openapi, json_t *alternatives) {
    size_t i;
    json_t *each;
    json_array_foreach(alternatives, i, each) {
        if (!json_object_get(each, "properties")) continue;
        buf_put(out, STR("<p>"));
        markdown_inline(out, member(each, "description"));
        buf_put(out, STR("</p>\n"));
        schema_fields(out, openapi, each);
    }
}

static void put_schema(struct buf *out, json_t *openapi, const char *name, json_t *schema) {
    size_t i;
    json_t *example;
    buf_printf(out, "<article id=\"schema-%s\">\n<h3>%s <span class=\"type\">", name, name);
    schema_type(out, openapi, schema);
    buf_put(out, STR("</span></h3>\n"));
    markdown_blocks(out, member(schema, "description"), 4);
    schema_limits(out, schema);
    if (json_object_get(schema, "properties")) schema_fields(out, openapi, schema);
    put_alternatives(out, openapi, json_object_get(schema, "oneOf"));
    json_array_foreach(json_object_get(schema, "examples"), i, example)
        schema_example(out, str_from_cstr(name), example);
    buf_put(out, STR("</article>\n"));
}

static void put_schemas(struct buf *out, json_t *openapi) {
    const char *name;
    json_t *schema;
    json_t *components = json_object_get(openapi, "components");
    buf_put(out, STR("<section aria-labelledby=\"schemas\">\n<h2 id=\"schemas\">Schemas</h2>\n"));
    json_object_foreach(json_object_get(components, "schemas"), name, schema)
        put_schema(out, openapi, name, schema);
    buf_put(out, STR("</section>\n"));
}

/* ---- the page ---- */

static void put_head(struct buf *out, json_t *info, struct str css) {
    buf_put(out, STR("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"));
    html_escape(out, member(info, "title"));
    buf_put(out, STR(" API</title>\n<style>"));
    buf_put(out, css);
    buf_put(out,
            STR("</style>\n</head>\n<body>\n"
                "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<h1>"));
    html_escape(out, member(info, "title"));
    buf_printf(out, " <small>API %.*s</small></h1>\n<p>", STR_ARG(member(info, "version")));
    html_escape(out, member(info, "summary"));
    buf_put(out, STR(" The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>\n"
                     "</header>\n"));
}

static void put_navigation(struct buf *out, json_t *openapi) {
    size_t i;
    json_t *tag;
    buf_put(out, STR("<nav aria-label=\"Operations\">\n<ul>\n"
                     "<li><a href=\"#content\">How it works</a></li>\n"));
    json_array_foreach(json_object_get(openapi, "tags"), i, tag) {
        struct str name = member(tag, "name");
        buf_put(out, STR("<li><details><summary>"));
        html_escape(out, name);
        buf_put(out, STR("</summary>\n<ul>\n"));
        each_operation(out, openapi, name, put_link);
        buf_put(out, STR("</ul></details></li>\n"));
    }
    buf_put(out, STR("<li><a href=\"#problems\">Problems</a></li>\n"
                     "<li><a href=\"#schemas\">Schemas</a></li>\n</ul>\n</nav>\n"));
}

static void put_tag(struct buf *out, json_t *openapi, json_t *tag) {
    struct str name = member(tag, "name");
    buf_put(out, STR("<section aria-labelledby=\"tag-"));
    html_id(out, name);
    buf_put(out, STR("\">\n<h2 id=\"tag-"));
    html_id(out, name);
    buf_put(out, STR("\">"));
    html_escape(out, name);
    buf_put(out, STR("</h2>\n"));
    markdown_blocks(out, member(tag, "description"), 3);
    each_operation(out, openapi, name, put_operation);
    buf_put(out, STR("</section>\n"));
}

void page_write(struct buf *out, json_t *openapi, struct str css) {
    json_t *info = json_object_get(openapi, "info");
    size_t i;
    json_t *tag;
    put_head(out, info, css);
    put_navigation(out, openapi);
    buf_put(out, STR("<main id=\"content\">\n<section aria-labelledby=\"how\">\n"
                     "<h2 id=\"how\">How it works</h2>\n"));
    markdown_blocks(out, member(info, "description"), 3);
    buf_put(out, STR("</section>\n"));
    json_array_foreach(json_object_get(openapi, "tags"), i, tag) put_tag(out, openapi, tag);
    put_problems(out, openapi);
    put_schemas(out, openapi);
    buf_put(out, STR("</main>\n</body>\n</html>\n"));
}
