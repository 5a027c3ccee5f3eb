/* The text that Prometheus reads: labels escaped, seconds without rounding, buckets that add up. */
#include "api/metric_text.h"

static void test_a_family_and_its_samples(void **state) {
    (void)state;
    struct buf out = buf_with_max(0);
    const struct metric_label labels[] = {{"queue", STR("default")}, {"of", STR("all")}};
    metric_family(&out, "a_total", "counter", "What it is.");
    metric_i64(&out, "a_total", NULL, 0, 7);
    metric_i64(&out, "a_total", labels, 2, -3);
    assert_string_equal(out.ptr, "# HELP a_total What it is.\n# TYPE a_total counter\n"
                                 "a_total 7\na_total{queue=\"default\",of=\"all\"} -3\n");
    buf_free(&out);
}

static void test_values_of_labels_cannot_break_out(void **state) {
    (void)state;
    struct buf out = buf_with_max(0);
    const struct metric_label label = {"name", STR("a\"b\\c\nd\xFF")};
    metric_i64(&out, "m", &label, 1, 1);
    assert_string_equal(out.ptr, "m{name=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} 1\n");
    buf_free(&out);
}

static void test_microseconds_are_written_as_seconds(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "m 0\n"},           {1, "m 0.000001\n"},   {500, "m 0.0005\n"},
        {1000000, "m 1\n"},     {1230000, "m 1.23\n"}, {86400000000, "m 86400\n"},
        {-1500000, "m -1.5\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = buf_with_max(0);
        metric_seconds(&out, "m", NULL, 0, rows[i].us);
        assert_string_equal(out.ptr, rows[i].text);
        buf_free(&out);
    }
}

static void test_buckets_hold_those_below_them(void **state) {
    (void)state;
    static const int64_t bounds[] = {1000, 500000};
    struct histogram histogram;
    histogram_init(&histogram, bounds, 2);
    histogram_add(&histogram, 1000);
    histogram_add(&histogram, 1001);
    histogram_add(&histogram, 2);
    histogram_add(&histogram, 9000000);
    struct buf out = buf_with_max(0);
    const struct metric_label label = {"a", STR("b")};
    metric_histogram(&out, "h", &label, 1, &histogram, true);
    metric_histogram(&out, "n", NULL, 0, &histogram, false);
    assert_string_equal(out.ptr,
                        "h_bucket{a=\"b\",le=\"0.001\"} 2\nh_bucket{a=\"b\",le=\"0.5\"} 3\n"
                        "h_bucket{a=\"b\",le=\"+Inf\"} 4\nh_sum{a=\"b\"} 9.002003\n"
                        "h_count{a=\"b\"} 4\n"
                        "n_bucket{le=\"1000\"} 2\nn_bucket{le=\"500000\"} 3\n"
                        "n_bucket{le=\"+Inf\"} 4\nn_sum 9002003\nn_count 4\n");
    buf_free(&out);
}
