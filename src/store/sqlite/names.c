/* names.c - see names.h. The memory is a table of slots by hash: a text that is not in its slot is
 * asked for in the file, and takes the slot.
 */
#include "store/sqlite/names.h"

#include "base/hash.h"
#include "store/sqlite/writer.h"

#include <string.h>

bool name_find(struct store_tx *tx, struct str text, int64_t *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_NAME_FIND);
    query_text(&q, text);
    int64_t id = query_row(&q) ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    *ret = id;
    return true;
}

static bool add(struct store_tx *tx, struct str text, int64_t *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_NAME_ADD);
    query_text(&q, text);
    if (!query_run(&q, err)) return false;
    *ret = sqlite3_last_insert_rowid(q.connection->db);
    return true;
}

bool name_id(struct store_tx *tx, struct str text, int64_t *ret, struct err *err) {
    if (str_is_absent(text)) text = STR("");
    struct names *names = &writer_of(tx)->names;
    size_t slot = hash_str(text, 0) % NAMES_REMEMBERED;
    if (names->slots[slot].id != 0 && names->slots[slot].length == text.len &&
        memcmp(names->slots[slot].text, text.ptr, text.len) == 0) {
        *ret = names->slots[slot].id;
        return true;
    }
    int64_t id;
    if (!name_find(tx, text, &id, err) || (id == 0 && !add(tx, text, &id, err))) return false;
    if (text.len <= NAME_REMEMBERED_LENGTH) {
        names->slots[slot].id = id;
        names->slots[slot].length = text.len;
        memcpy(names->slots[slot].text, text.ptr, text.len);
    }
    *ret = id;
    return true;
}

void names_forget(struct names *names) {
    for (size_t i = 0; i < NAMES_REMEMBERED; i++) names->slots[i].id = 0;
}
