/* pg_query.c - see pg_query.h. Everything travels in binary: numbers as they stand in the protocol
 * (most significant byte first), texts and bytes as they are, arrays as array_recv takes them.
 *
 * A reading connection begins its transaction with its first statement: the BEGIN goes ahead of it
 * in the same packet.
 */
#include "store/postgres/pg_query.h"

#include <assert.h>
#include <string.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_I64 = 20, OID_TEXT = 25, OID_UUID = 2950 };
enum { OID_BOOLS = 1000, OID_TEXTS = 1009, OID_I64S = 1016, OID_UUIDS = 2951 };

static void put_u32(unsigned char *out, uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_u64(unsigned char *out, uint64_t value) {
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(value >> (56 - 8 * i));
}

/* ---- running --------------------------------------------------------------------------------- */

void pg_begin(struct pg_query *q, struct store_tx *tx, enum sql_statement which) {
    q->connection = pg_connection_of(tx);
    q->which = which;
    q->parameters = q->column = q->rows = 0;
    q->row = -1;
    q->was_sent = q->has_failed = false;
    q->result = NULL;
    q->err = (struct err)ERR_INIT;
    q->arena = (struct arena){0};
}

static void send_it(struct pg_query *q, PGresult **result) {
    struct pg_connection *connection = q->connection;
    if (!connection->in_transaction) {
        assert(!connection->writer); // the committer begins those
        connection->in_transaction = true;
        pg_send(connection, SQL_BEGIN_READ, &(struct pg_values){0}, NULL);
    }
    pg_send(connection, q->which,
            &(struct pg_values){q->parameters, q->types, q->values, q->lengths, q->formats},
            result);
    q->was_sent = true;
    arena_free(&q->arena);
}

void pg_ask(struct pg_query *q) {
    send_it(q, &q->result);
}

void pg_post(struct pg_query *q) {
    send_it(q, NULL);
}

static bool await(struct pg_query *q) {
    if (q->has_failed) return false;
    if (q->row >= 0 || q->result) {
        /* read already, maybe by the wait of a later one */
    } else {
        if (!q->was_sent) pg_ask(q);
        q->has_failed = !pg_wait(q->connection, &q->err);
        if (!q->has_failed && !q->result)
            q->has_failed =
                !err_set(&q->err, ERR_INTERNAL, "a statement before this one has failed");
    }
    if (q->row < 0 && q->result) q->rows = libpq()->PQntuples(q->result);
    return !q->has_failed;
}

bool pg_row(struct pg_query *q) {
    if (!await(q)) return false;
    if (q->row + 1 >= q->rows) return false;
    q->row++;
    q->column = 0;
    return true;
}

size_t pg_rows(struct pg_query *q) {
    return await(q) ? (size_t)q->rows : 0;
}

bool pg_end(struct pg_query *q, struct err *err) {
    (void)await(q);
    if (q->result) libpq()->PQclear(q->result);
    q->result = NULL;
    arena_free(&q->arena);
    if (q->has_failed && err) *err = q->err;
    return !q->has_failed;
}

bool pg_run(struct pg_query *q, struct err *err) {
    return pg_end(q, err);
}

bool pg_run_counting(struct pg_query *q, int64_t *changes, struct err *err) {
    int64_t count = 0;
    if (await(q) && q->result &&
        !str_parse_i64(str_from_cstr(libpq()->PQcmdTuples(q->result)), &count))
        count = 0;
    if (!pg_end(q, err)) return false;
    *changes = count;
    return true;
}

bool pg_numbers(struct pg_query *q, struct arena *arena, int64_t **ret, size_t *count,
                struct err *err) {
    size_t found = 0;
    int64_t *numbers = ARENA_ARRAY(arena, pg_rows(q), int64_t);
    while (pg_row(q)) numbers[found++] = pg_read_i64(q);
    if (!pg_end(q, err)) return false;
    *ret = numbers;
    *count = found;
    return true;
}

bool pg_number(struct pg_query *q, int64_t *ret, struct err *err) {
    int64_t number = pg_row(q) ? pg_read_i64(q) : 0;
    if (!pg_end(q, err)) return false;
    *ret = number;
    return true;
}

/* ---- binding --------------------------------------------------------------------------------- */

static void bind(struct pg_query *q, Oid type, const void *bytes, size_t size) {
    assert(q->parameters < PG_PARAMETERS && size <= INT32_MAX);
    int at = q->parameters++;
    q->types[at] = type;
    q->values[at] = bytes;
    q->lengths[at] = (int)size;
    q->formats[at] = 1;
}

void pg_i64(struct pg_query *q, int64_t value) {
    unsigned char *number = q->numbers[q->parameters];
    put_u64(number, (uint64_t)value);
    bind(q, OID_I64, number, 8);
}

void pg_bool(struct pg_query *q, bool value) {
    unsigned char *number = q->numbers[q->parameters];
    number[0] = value;
    bind(q, OID_BOOL, number, 1);
}

void pg_utc(struct pg_query *q, struct utc t) {
    if (utc_is_none(t))
        bind(q, OID_I64, NULL, 0);
    else
        pg_i64(q, t.us);
}

void pg_never(struct pg_query *q, struct utc t) {
    if (utc_is_never(t))
        bind(q, OID_I64, NULL, 0);
    else
        pg_i64(q, t.us);
}

static bool is_fit(struct str text) {
    return !memchr(text.ptr, 0, text.len) && str_is_utf8(text);
}

static struct str mended(struct str text, struct arena *arena) {
    struct buf out = buf_with_max(0);
    while (text.len > 0) {
        const char *nul = memchr(text.ptr, 0, text.len);
        size_t before = nul ? (size_t)(nul - text.ptr) : text.len;
        buf_put_utf8(&out, str_slice(text, 0, before));
        if (nul) buf_put(&out, STR("\xef\xbf\xbd"));
        text = str_slice(text, before + (nul ? 1 : 0), text.len);
    }
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return copy;
}

struct str pg_fit_text(struct str text, struct arena *arena) {
    if (text.len == 0) return str_is_absent(text) ? STR_NONE : STR("");
    return is_fit(text) ? text : mended(text, arena);
}

void pg_text(struct pg_query *q, struct str text) {
    if (str_is_absent(text)) {
        bind(q, OID_TEXT, NULL, 0);
        return;
    }
    text = pg_fit_text(text, &q->arena);
    bind(q, OID_TEXT, text.ptr, text.len);
}

void pg_bytes(struct pg_query *q, const void *bytes, size_t size) {
    bind(q, OID_BYTEA, bytes, size);
}

void pg_guid(struct pg_query *q, const struct guid *id) {
    if (guid_is_zero(*id))
        bind(q, OID_UUID, NULL, 0);
    else
        bind(q, OID_UUID, id->bytes, sizeof id->bytes);
}

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Dimensions, has-null, element type; length and lower bound of the one dimension. */
enum { ARRAY_HEAD = 20, ARRAY_HEAD_EMPTY = 12 };

static const struct {
    Oid element, array;
    size_t size; // of one, with its length; a guess for texts
} array_types[] = {
    [PG_ARRAY_I64] = {OID_I64, OID_I64S, 12},
    [PG_ARRAY_TEXT] = {OID_TEXT, OID_TEXTS, 24},
    [PG_ARRAY_GUID] = {OID_UUID, OID_UUIDS, 20},
    [PG_ARRAY_BOOL] = {OID_BOOL, OID_BOOLS, 5},
};

struct pg_array pg_array_new(struct pg_query *q, enum pg_array_type type, size_t count) {
    struct pg_array array = {.type = type, .arena = &q->arena, .len = ARRAY_HEAD};
    array.room = ARRAY_HEAD + count * array_types[type].size;
    array.bytes = arena_alloc(&q->arena, array.room);
    return array;
}

static void append(struct pg_array *array, const void *bytes, size_t size) {
    size_t needed = array->len + 4 + size;
    if (needed > array->room) {
        size_t room = needed > array->room * 2 ? needed : array->room * 2;
        char *larger = arena_alloc(array->arena, room);
        memcpy(larger, array->bytes, array->len);
        array->bytes = larger;
        array->room = room;
    }
    put_u32((unsigned char *)array->bytes + array->len, (uint32_t)size);
    if (size > 0) memcpy(array->bytes + array->len + 4, bytes, size);
    array->len = needed;
    array->count++;
}

void pg_array_null(struct pg_array *array) {
    append(array, NULL, 0);
    put_u32((unsigned char *)array->bytes + array->len - 4, UINT32_MAX);
    array->has_null = true;
}

void pg_array_i64(struct pg_array *array, int64_t value) {
    unsigned char bytes[8];
    put_u64(bytes, (uint64_t)value);
    append(array, bytes, sizeof bytes);
}

void pg_array_bool(struct pg_array *array, bool value) {
    unsigned char byte = value;
    append(array, &byte, 1);
}

void pg_array_utc(struct pg_array *array, struct utc t) {
    if (utc_is_none(t))
        pg_array_null(array);
    else
        pg_array_i64(array, t.us);
}

void pg_array_never(struct pg_array *array, struct utc t) {
    if (utc_is_never(t))
        pg_array_null(array);
    else
        pg_array_i64(array, t.us);
}

void pg_array_text(struct pg_array *array, struct str text) {
    if (str_is_absent(text)) {
        pg_array_null(array);
        return;
    }
    text = pg_fit_text(text, array->arena);
    append(array, text.ptr, text.len);
}

void pg_array_guid(struct pg_array *array, const struct guid *id) {
    if (guid_is_zero(*id))
        pg_array_null(array);
    else
        append(array, id->bytes, sizeof id->bytes);
}

void pg_array_bind(struct pg_query *q, struct pg_array *array) {
    unsigned char *head = (unsigned char *)array->bytes;
    put_u32(head, array->count > 0 ? 1 : 0);
    put_u32(head + 4, array->has_null);
    put_u32(head + 8, array_types[array->type].element);
    put_u32(head + 12, array->count);
    put_u32(head + 16, 1);
    bind(q, array_types[array->type].array, head, array->count > 0 ? array->len : ARRAY_HEAD_EMPTY);
}

void pg_i64s(struct pg_query *q, const int64_t *values, size_t count) {
    struct pg_array array = pg_array_new(q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++) pg_array_i64(&array, values[i]);
    pg_array_bind(q, &array);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool pg_read_is_null(const struct pg_query *q) {
    return libpq()->PQgetisnull(q->result, q->row, q->column) != 0;
}

int64_t pg_read_i64(struct pg_query *q) {
    int column = q->column++;
    int size = libpq()->PQgetlength(q->result, q->row, column);
    const unsigned char *bytes =
        (const unsigned char *)libpq()->PQgetvalue(q->result, q->row, column);
    assert(size == 8 || size == 4 || size == 2 || size == 1 || size == 0);
    uint64_t value = 0;
    for (int i = 0; i < size; i++) value = value << 8 | bytes[i];
    if (size == 4) return (int32_t)value;
    if (size == 2) return (int16_t)value;
    return (int64_t)value;
}

bool pg_read_bool(struct pg_query *q) {
    return pg_read_i64(q) != 0;
}

struct utc pg_read_utc(struct pg_query *q) {
    return (struct utc){pg_read_i64(q)};
}

struct utc pg_read_never(struct pg_query *q) {
    if (!pg_read_is_null(q)) return (struct utc){pg_read_i64(q)};
    q->column++;
    return UTC_NEVER;
}

struct str pg_read_text(struct pg_query *q, struct arena *arena) {
    bool is_null = pg_read_is_null(q);
    int column = q->column++;
    if (is_null) return STR_NONE;
    size_t size = (size_t)libpq()->PQgetlength(q->result, q->row, column);
    return arena_copy(arena, (struct str){libpq()->PQgetvalue(q->result, q->row, column), size});
}

void pg_read_bytes(struct pg_query *q, void *ret, size_t size) {
    int column = q->column++;
    if ((size_t)libpq()->PQgetlength(q->result, q->row, column) == size)
        memcpy(ret, libpq()->PQgetvalue(q->result, q->row, column), size);
    else
        memset(ret, 0, size);
}

struct guid pg_read_guid(struct pg_query *q) {
    struct guid id;
    pg_read_bytes(q, id.bytes, sizeof id.bytes);
    return id;
}
