/* Trusted proxies, CORS and rates. */
#include "http/address.h"
#include "http/cors.h"
#include "http/rate.h"

#include <stdio.h>
#include <string.h>

static void test_networks_hold_their_addresses(void **state) {
    (void)state;
    static const char *const names[] = {"10.1.0.0/16", "::1", "192.168.1.7", "2001:db8::/33", NULL};
    static const struct {
        const char *address;
        bool listed;
    } rows[] = {
        {"10.1.2.3", true},
        {"10.2.0.1", false},
        {"::ffff:10.1.0.1", true},
        {"::1", true},
        {"::2", false},
        {"192.168.1.7", true},
        {"192.168.1.8", false},
        {"2001:db8:7fff::", true},
        {"2001:db8:8000::", false},
        {"", false},
        {"x", false},
        {"10.1.2.3.4", false},
    };
    struct err err = ERR_INIT;
    struct address_list *list = address_list_new(names, &err);
    assert_non_null(list);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(address_listed(list, str_from_cstr(rows[i].address)), rows[i].listed);
    address_list_free(list);
}

static void test_what_is_no_network_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",          "localhost",   "10.0.0.0/33", "::/129",
                                      "10.0.0.0/", "10.0.0.0/-1", "10.0.0"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *const names[] = {bad[i], NULL};
        struct err err = ERR_INIT;
        assert_null(address_list_new(names, &err));
        assert_int_equal(err.kind, ERR_INVALID);
    }
}

static void test_only_a_trusted_proxy_is_believed(void **state) {
    (void)state;
    static const char *const names[] = {"10.0.0.0/8", NULL};
    static const struct {
        const char *peer, *forwarded, *again, *client;
    } rows[] = {
        {"203.0.113.9", "127.0.0.1", NULL, "203.0.113.9"},
        {"10.0.0.1", "203.0.113.9", NULL, "203.0.113.9"},
        {"10.0.0.1", "127.0.0.1, 203.0.113.9", NULL, "203.0.113.9"},
        {"10.0.0.1", "127.0.0.1, 203.0.113.9,10.0.0.2", NULL, "203.0.113.9"},
        {"10.0.0.1", "127.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
        {"10.0.0.1", "10.0.0.3", NULL, "10.0.0.3"},
        {"10.0.0.1", "evil", NULL, "10.0.0.1"},
        {"10.0.0.1", "127.0.0.1, unknown, 10.0.0.2", NULL, "10.0.0.2"},
        {"10.0.0.1", NULL, NULL, "10.0.0.1"},
    };
    struct err err = ERR_INIT;
    struct address_list *list = address_list_new(names, &err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request request = {.header_count = 0};
        const char *const values[] = {rows[i].forwarded, rows[i].again};
        for (size_t v = 0; v < 2; v++)
            if (values[v])
                request.headers[request.header_count++] =
                    (struct http_header){STR("x-forwarded-for"), str_from_cstr(values[v])};
        struct str client = address_behind(list, str_from_cstr(rows[i].peer), &request);
        assert_true(str_equal(client, str_from_cstr(rows[i].client)));
    }
    address_list_free(list);
}

static void test_what_is_no_origin_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "null",    "example.com", "https://",
                                      "https://a/", "ftp://a", "https://a b"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *const origins[] = {bad[i], NULL};
        struct err err = ERR_INIT;
        assert_null(cors_new(origins, &err));
        assert_int_equal(err.kind, ERR_INVALID);
    }
}

static void test_a_bucket_holds_a_minute_and_refills(void **state) {
    (void)state;
    struct rate *rate = rate_new(60);
    struct mono now = {1000000};
    for (int i = 0; i < 60; i++) assert_int_equal(rate_take(rate, STR("192.0.2.1"), now), 0);
    assert_int_equal(rate_take(rate, STR("192.0.2.1"), now), 1);
    assert_int_equal(rate_take(rate, STR("192.0.2.2"), now), 0);
    now = mono_add(now, span_ms(999));
    assert_int_equal(rate_take(rate, STR("192.0.2.1"), now), 1);
    now = mono_add(now, span_ms(1));
    assert_int_equal(rate_take(rate, STR("192.0.2.1"), now), 0);
    assert_int_equal(rate_take(rate, STR("192.0.2.1"), now), 1);
    rate_free(rate);
}

static void test_an_ipv6_client_is_its_network(void **state) {
    (void)state;
    struct rate *rate = rate_new(1);
    struct mono now = {1000000};
    assert_int_equal(rate_take(rate, STR("2001:db8:1:2:3:4:5:6"), now), 0);
    assert_int_equal(rate_take(rate, STR("2001:db8:1:2:ffff::1"), now), 60);
    assert_int_equal(rate_take(rate, STR("2001:db8:1:3::1"), now), 0);
    rate_free(rate);
}

static void test_a_flood_of_addresses_does_not_grow_the_table(void **state) {
    (void)state;
    struct rate *rate = rate_new(60);
    struct mono now = {1000000};
    for (unsigned i = 0; i < 100000; i++) {
        char address[32];
        int length =
            snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(rate_take(rate, (struct str){address, (size_t)length}, now), 0);
    }
    rate_free(rate);
}
