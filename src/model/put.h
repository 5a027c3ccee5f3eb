/* put.h - single values as JSON text, for the writers of this folder that answer whole pages.
 *
 *     PUT_KEY(buf, "queue");                  // ,"queue":
 *     put_text(buf, job->queue);
 *
 *   Owns: nothing.   Threads: pure.   Errors: none. Absent, UTC_NONE, UTC_NEVER and zero are null.
 */
#ifndef ALPHABET_MODEL_PUT_H
#define ALPHABET_MODEL_PUT_H

#include "base/json_write.h"

/* A literal with its comma and colon: names of fields need no escaping. */
#define PUT_KEY(buf, name) buf_put((buf), STR(",\"" name "\":"))

void put_text(struct buf *buf, struct str text);
void put_name(struct buf *buf, struct str name); // holds nothing to escape
void put_utc(struct buf *buf, struct utc t);
void put_guid(struct buf *buf, struct guid id);
void put_bool(struct buf *buf, bool value);
void put_raw(struct buf *buf, struct str json, struct str instead); // `instead` when json is empty

#endif
