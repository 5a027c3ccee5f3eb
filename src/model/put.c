/* put.c - see put.h. */
#include "model/put.h"

#include <string.h>

void put_text(struct buf *buf, struct str text) {
    if (str_is_absent(text))
        buf_put(buf, STR("null"));
    else
        buf_put_json_str(buf, text);
}

enum { SHORT = 62 };

/* One write instead of three, for the many short ones. */
void put_name(struct buf *buf, struct str name) {
    if (str_is_absent(name)) {
        buf_put(buf, STR("null"));
        return;
    }
    if (name.len > SHORT) {
        buf_put_json_str(buf, name);
        return;
    }
    char quoted[SHORT + 2];
    quoted[0] = '"';
    memcpy(quoted + 1, name.ptr, name.len);
    quoted[name.len + 1] = '"';
    buf_put(buf, (struct str){quoted, name.len + 2});
}

void put_utc(struct buf *buf, struct utc t) {
    if (utc_is_none(t) || utc_is_never(t)) {
        buf_put(buf, STR("null"));
        return;
    }
    char text[RFC3339_LENGTH + 1];
    utc_format(t, text);
    put_name(buf, (struct str){text, RFC3339_LENGTH});
}

void put_guid(struct buf *buf, struct guid id) {
    if (guid_is_zero(id)) {
        buf_put(buf, STR("null"));
        return;
    }
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    put_name(buf, (struct str){text, GUID_LENGTH});
}

void put_bool(struct buf *buf, bool value) {
    buf_put(buf, value ? STR("true") : STR("false"));
}

void put_raw(struct buf *buf, struct str json, struct str instead) {
    buf_put(buf, json.len > 0 ? json : instead);
}
