/* metric_text.c - see metric_text.h. */
#include "api/metric_text.h"

enum { MICROSECONDS = 1000000 };

void metric_family(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label_value(struct buf *out, struct str value) {
    struct buf clean = buf_with_max(0);
    buf_put_utf8(&clean, value);
    for (size_t i = 0; i < clean.len; i++) {
        switch (clean.ptr[i]) {
        case '\\': buf_put(out, STR("\\\\")); break;
        case '"': buf_put(out, STR("\\\"")); break;
        case '\n': buf_put(out, STR("\\n")); break;
        default: buf_put_char(out, clean.ptr[i]);
        }
    }
    buf_free(&clean);
}

static void put_one_label(struct buf *out, bool first, const char *name, struct str value) {
    buf_printf(out, "%s%s=\"", first ? "{" : ",", name);
    put_label_value(out, value);
    buf_put_char(out, '"');
}

/* name_suffix{labels…,le="…"} and a space; no `le` when it is absent. */
static void put_series(struct buf *out, const char *name, const char *suffix,
                       const struct metric_label *labels, size_t count, struct str le) {
    buf_printf(out, "%s%s", name, suffix);
    for (size_t i = 0; i < count; i++) put_one_label(out, i == 0, labels[i].name, labels[i].value);
    if (!str_is_absent(le)) put_one_label(out, count == 0, "le", le);
    if (count > 0 || !str_is_absent(le)) buf_put_char(out, '}');
    buf_put_char(out, ' ');
}

/* Whole digits, so that no rounding shows. */
static void put_seconds(struct buf *out, int64_t us) {
    bool negative = us < 0;
    uint64_t value = negative ? (uint64_t)0 - (uint64_t)us : (uint64_t)us;
    buf_printf(out, "%s%llu", negative ? "-" : "", (unsigned long long)(value / MICROSECONDS));
    unsigned fraction = (unsigned)(value % MICROSECONDS);
    if (fraction == 0) return;
    char digits[] = ".000000";
    for (size_t i = 6; i >= 1; i--, fraction /= 10) digits[i] = (char)('0' + fraction % 10);
    size_t length = 7;
    while (digits[length - 1] == '0') length--;
    buf_put(out, (struct str){digits, length});
}

static void put_number(struct buf *out, int64_t value, bool in_seconds) {
    if (in_seconds)
        put_seconds(out, value);
    else
        buf_put_i64(out, value);
}

void metric_i64(struct buf *out, const char *name, const struct metric_label *labels, size_t count,
                int64_t value) {
    put_series(out, name, "", labels, count, STR_NONE);
    buf_put_i64(out, value);
    buf_put_char(out, '\n');
}

void metric_seconds(struct buf *out, const char *name, const struct metric_label *labels,
                    size_t count, int64_t us) {
    put_series(out, name, "", labels, count, STR_NONE);
    put_seconds(out, us);
    buf_put_char(out, '\n');
}

/* While it is read it may grow: the count is made of what the buckets were, so that they agree. */
void metric_histogram(struct buf *out, const char *name, const struct metric_label *labels,
                      size_t count, const struct histogram *histogram, bool in_seconds) {
    struct buf le = buf_with_max(0);
    uint64_t below = 0;
    for (size_t i = 0; i <= histogram->bound_count; i++) {
        bool last = i == histogram->bound_count;
        below += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        buf_reset(&le);
        if (last)
            buf_put(&le, STR("+Inf"));
        else
            put_number(&le, histogram->bounds[i], in_seconds);
        put_series(out, name, "_bucket", labels, count, buf_str(&le));
        buf_put_i64(out, (int64_t)below);
        buf_put_char(out, '\n');
    }
    buf_free(&le);
    put_series(out, name, "_sum", labels, count, STR_NONE);
    put_number(out, atomic_load_explicit(&histogram->sum, memory_order_relaxed), in_seconds);
    buf_put_char(out, '\n');
    put_series(out, name, "_count", labels, count, STR_NONE);
    buf_put_i64(out, (int64_t)below);
    buf_put_char(out, '\n');
}
