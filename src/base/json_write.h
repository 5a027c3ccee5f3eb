/* json_write.h - JSON straight into a buffer: no tree, no allocation but the buffer's own.
 *
 *     struct json_writer w = json_writer(&buf);
 *     json_object_begin(&w);
 *     json_key(&w, STR("name"));  json_str(&w, job->name);
 *     json_field_i64(&w, STR("retryCount"), 3);
 *     json_object_end(&w);
 *
 *   Owns:    nothing; the buffer is the caller's.   Threads: one at a time.
 *   Errors:  none; a buffer with a maximum sets too_big. Text that is not UTF-8 is repaired
 * (U+FFFD). Commas are put by the writer; nesting up to MAX_JSON_DEPTH + 16 levels is checked by
 * assert.
 */
#ifndef ALPHABET_BASE_JSON_WRITE_H
#define ALPHABET_BASE_JSON_WRITE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/guid.h"

struct json_writer {
    struct buf *out;
    unsigned depth;
    bool need_comma; // something stands before in this object or array
};

struct json_writer json_writer(struct buf *out);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);
void json_str(struct json_writer *w, struct str value); // absent gives null
void json_i64(struct json_writer *w, int64_t value);
void json_double(struct json_writer *w, double value); // not finite gives null
void json_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
void json_utc(struct json_writer *w, struct utc t);    // UTC_NONE and UTC_NEVER give null
void json_guid(struct json_writer *w, struct guid id); // zero gives null
void json_raw(struct json_writer *w, struct str json); // already JSON; absent gives null

void json_field_str(struct json_writer *w, struct str key, struct str value);
void json_field_i64(struct json_writer *w, struct str key, int64_t value);
void json_field_bool(struct json_writer *w, struct str key, bool value);
void json_field_utc(struct json_writer *w, struct str key, struct utc t);
void json_field_guid(struct json_writer *w, struct str key, struct guid id);
void json_field_raw(struct json_writer *w, struct str key, struct str json);

/* Puts s as a JSON string with its quotes. */
void buf_put_json_str(struct buf *buf, struct str s);
/* Puts s escaped for the inside of a JSON string, without quotes. */
void buf_put_json_escaped(struct buf *buf, struct str s);

#endif
