/* put.c - see put.h. */
#include "model/put.h"

void put_text(struct buf *buf, struct str text) {
    if (str_is_absent(text))
        buf_put(buf, STR("null"));
    else
        buf_put_json_str(buf, text);
}

void put_name(struct buf *buf, struct str name) {
    if (str_is_absent(name)) {
        buf_put(buf, STR("null"));
        return;
    }
    buf_put_char(buf, '"');
    buf_put(buf, name);
    buf_put_char(buf, '"');
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
