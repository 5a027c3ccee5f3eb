/* fuzz_json.c - no text breaks the JSON reader, and what it takes can be written and read again.
 *
 * The writer is held to the reader as well: any bytes, written as a JSON string, are read back as
 * their repaired form.
 */
#include "base/bounds.h"
#include "base/buf.h"
#include "base/json_read.h"
#include "base/json_write.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int depth_of(const json_t *value) {
    int deepest = 0;
    const char *key;
    json_t *child;
    size_t index;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, child) {
            int depth = depth_of(child);
            if (depth > deepest) deepest = depth;
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, child) {
            int depth = depth_of(child);
            if (depth > deepest) deepest = depth;
        }
    } else {
        return 0;
    }
    return deepest + 1;
}

static void read_write_read(struct str text) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    json_t *root = json_read(text, &err);
    if (root == NULL) {
        assert(err.kind == ERR_INVALID && err.msg[0] != '\0');
        return;
    }
    assert(depth_of(root) <= MAX_JSON_DEPTH);
    struct str written = json_dump(&arena, root);
    json_t *again = json_read(written, &err);
    assert(again != NULL && json_equal(root, again));
    json_decref(again);
    json_decref(root);
    arena_free(&arena);
}

static void write_read(struct str bytes) {
    struct err err = ERR_INIT;
    struct buf json = buf_with_max(0), repaired = buf_with_max(0);
    buf_put_json_str(&json, bytes);
    buf_put_utf8(&repaired, bytes);
    json_t *value = json_read(buf_str(&json), &err);
    /* The reader takes no NUL, so that no C string can be cut short. */
    assert((value == NULL) == (bytes.len > 0 && memchr(bytes.ptr, '\0', bytes.len) != NULL));
    if (value) assert(str_equal(json_str_of(value), buf_str(&repaired)));
    json_decref(value);
    buf_free(&json);
    buf_free(&repaired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    read_write_read(text);
    write_read(text);
    return 0;
}
