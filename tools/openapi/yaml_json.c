/* yaml_json.c - see yaml_json.h. libyaml resolves the aliases; an alias becomes a copy, since one
 * tree must not hold a value twice when something changes it later. */
#include "yaml_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

struct reader {
    const char *path;
    yaml_document_t *document;
    struct err *err;
    int depth;
};

enum { DEPTH_MAX = 64 }; // also ends a tree that holds itself

static json_t *complain(const struct reader *reader, const yaml_node_t *node, const char *what) {
    err_set(reader->err, ERR_INVALID, "%s:%zu:%zu: %s", reader->path, node->start_mark.line + 1,
            node->start_mark.column + 1, what);
    return NULL;
}

static bool is_integer(struct str text) {
    int64_t value;
    if (text.len > 1 && text.ptr[0] == '0') return false; // 007 is a text
    return str_parse_i64(text, &value);
}

static bool is_fraction(struct str text) {
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.')
            dots++;
        else if (c >= '0' && c <= '9')
            digits++;
        else if (c != '-' || i > 0)
            return false;
    }
    return dots == 1 && digits > 1;
}

static json_t *scalar(const struct reader *reader, const yaml_node_t *node) {
    struct str text = {(const char *)node->data.scalar.value, node->data.scalar.length};
    if (!str_is_utf8(text)) return complain(reader, node, "this text is not UTF-8");
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return json_stringn(text.ptr, text.len);
    if (text.len == 0) return complain(reader, node, "a value is missing; write null or ''");
    if (str_equal(text, STR("null"))) return json_null();
    if (str_equal(text, STR("true"))) return json_true();
    if (str_equal(text, STR("false"))) return json_false();
    if (is_integer(text)) return json_integer(strtoll(text.ptr, NULL, 10));
    if (is_fraction(text)) return json_real(strtod(text.ptr, NULL));
    return json_stringn(text.ptr, text.len);
}

static json_t *convert(struct reader *reader, int index);

static json_t *sequence(struct reader *reader, const yaml_node_t *node) {
    json_t *array = json_array();
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        json_t *value = convert(reader, *item);
        if (value == NULL || json_array_append_new(array, value) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static bool add_pair(struct reader *reader, json_t *object, const yaml_node_pair_t *pair) {
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    if (key->type != YAML_SCALAR_NODE) return complain(reader, key, "a key must be a text");
    const char *name = (const char *)key->data.scalar.value;
    if (json_object_get(object, name)) return complain(reader, key, "this key is there twice");
    json_t *value = convert(reader, pair->value);
    if (value == NULL) return false;
    if (json_object_set_new(object, name, value) == 0) return true;
    return complain(reader, key, "this key is not UTF-8");
}

static json_t *mapping(struct reader *reader, const yaml_node_t *node) {
    json_t *object = json_object();
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        if (add_pair(reader, object, pair)) continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *convert(struct reader *reader, int index) {
    const yaml_node_t *node = yaml_document_get_node(reader->document, index);
    json_t *value = NULL;
    if (reader->depth == DEPTH_MAX) return complain(reader, node, "this is nested too deep");
    reader->depth++;
    switch (node->type) {
    case YAML_SCALAR_NODE: value = scalar(reader, node); break;
    case YAML_SEQUENCE_NODE: value = sequence(reader, node); break;
    case YAML_MAPPING_NODE: value = mapping(reader, node); break;
    case YAML_NO_NODE: complain(reader, node, "there is no value here"); break;
    }
    reader->depth--;
    return value;
}

static json_t *read_document(yaml_parser_t *parser, const char *path, struct err *err) {
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        err_set(err, ERR_INVALID, "%s:%zu:%zu: %s", path, parser->problem_mark.line + 1,
                parser->problem_mark.column + 1, parser->problem ? parser->problem : "malformed");
        return NULL;
    }
    json_t *root = NULL;
    struct reader reader = {.path = path, .document = &document, .err = err};
    if (yaml_document_get_root_node(&document)) {
        root = convert(&reader, 1);
    } else {
        err_set(err, ERR_INVALID, "%s is empty", path);
    }
    yaml_document_delete(&document);
    return root;
}

json_t *yaml_json_read(const char *path, struct err *err) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
        return NULL;
    }
    yaml_parser_t parser;
    json_t *root = NULL;
    if (yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, file);
        root = read_document(&parser, path, err);
        yaml_parser_delete(&parser);
    }
    (void)fclose(file);
    return root;
}
