/* fuzz_json_scan.c - no text breaks the scanner, and it agrees with the reader: what is one JSON
 * object or array to that one is walked to its end by this one, with the same values in it, and
 * strings mean the same to both.
 */
#include "base/json_read.h"
#include "base/json_scan.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_whole(struct str text, char open, const json_t *root) {
    struct json_scan scan;
    struct str name, value;
    struct err err = ERR_INIT;
    size_t count = 0;
    if (!json_scan_begin(text, open, &scan, &err)) return false;
    while (json_scan_next(&scan, &name, &value, &err)) {
        assert(value.ptr >= text.ptr && value.ptr + value.len <= text.ptr + text.len);
        if (root && open == '[') {
            json_t *one = json_read(value, &err);
            assert(one && json_equal(one, json_array_get(root, count)));
            json_decref(one);
        }
        count++;
    }
    if (err.kind != ERR_NONE) return false;
    size_t expected = open == '[' ? json_array_size(root) : json_object_size(root);
    assert(root == NULL || count == expected);
    return true;
}

static void compare_string(struct str text, const json_t *root) {
    struct err err = ERR_INIT;
    struct buf meant = buf_with_max(0);
    bool good = json_scan_string(text, &meant, &err);
    if (json_is_string(root) && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        assert(good && str_equal(buf_str(&meant), json_str_of(root)));
    if (good) assert(str_is_utf8(buf_str(&meant)));
    buf_free(&meant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    struct err err = ERR_INIT;
    json_t *root = json_read(text, &err);
    bool object = is_whole(text, '{', json_is_object(root) ? root : NULL);
    bool array = is_whole(text, '[', json_is_array(root) ? root : NULL);
    assert(!json_is_object(root) || object);
    assert(!json_is_array(root) || array);
    compare_string(text, root);
    json_decref(root);
    return 0;
}
