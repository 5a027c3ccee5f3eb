/* test_guard.c - which addresses are blocked, in every spelling a URL can give them. */
#include "handlers/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct guard *make(bool allow_private, const struct str *allowed, size_t count) {
    struct guard_options options = {allow_private, allowed, count};
    struct err err = ERR_INIT;
    struct guard *guard = guard_new(&options, &err);
    if (!guard) fail_msg("%s", err.msg);
    return guard;
}

static bool allows(const struct guard *guard, const char *host, const char *address) {
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&storage;
    if (inet_pton(AF_INET, address, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &ipv6->sin6_addr), 1);
        ipv6->sin6_family = AF_INET6;
    }
    return guard_allows(guard, str_from_cstr(host), (struct sockaddr *)&storage);
}

static void test_special_networks_to_their_edges(void **state) {
    (void)state;
    static const char *const blocked[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fdff::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "5f00::1",
        "4000::1",
    };
    static const char *const open[] = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
    };
    struct guard *guard = make(false, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(blocked); i++)
        if (allows(guard, "h", blocked[i])) fail_msg("%s is allowed", blocked[i]);
    for (size_t i = 0; i < COUNT_OF(open); i++)
        if (!allows(guard, "h", open[i])) fail_msg("%s is blocked", open[i]);
    struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    assert_false(guard_allows(guard, STR("h"), &unix_socket));
    guard_free(guard);
    guard = make(true, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(blocked); i++) assert_true(allows(guard, "h", blocked[i]));
    assert_false(guard_allows(guard, STR("h"), &unix_socket));
    guard_free(guard);
}

static void test_allow_list(void **state) {
    (void)state;
    struct str list[] = {STR("10.1.0.0/16"), STR(" 192.168.1.5"), STR("fd00:1::/32"),
                         STR("hooks.corp"), STR("*.inner.example")};
    struct guard *guard = make(false, list, COUNT_OF(list));
    assert_true(allows(guard, "x", "10.1.255.255"));
    assert_false(allows(guard, "x", "10.2.0.0"));
    assert_true(allows(guard, "x", "::ffff:10.1.2.3"));
    assert_true(allows(guard, "x", "192.168.1.5"));
    assert_false(allows(guard, "x", "192.168.1.6"));
    assert_true(allows(guard, "x", "fd00:1::9"));
    assert_false(allows(guard, "x", "fd00:2::9"));
    assert_true(allows(guard, "Hooks.Corp.", "127.0.0.1"));
    assert_false(allows(guard, "xhooks.corp", "127.0.0.1"));
    assert_true(allows(guard, "a.b.inner.example", "10.9.9.9"));
    assert_false(allows(guard, "inner.example", "10.9.9.9"));
    assert_false(allows(guard, "badinner.example", "10.9.9.9"));
    guard_free(guard);
    static const char *const bad[] = {"",          "10.0.0.0/33", "a b",         "*",        "*.",
                                      "http://x/", "::1/129",     "10.0.0.0/-1", "10.0.0.0/"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct str entry = str_from_cstr(bad[i]);
        struct guard_options options = {false, &entry, 1};
        struct err err = ERR_INIT;
        if (guard_new(&options, &err)) fail_msg("\"%s\" was taken", bad[i]);
        assert_string_equal(err.field, "Scheduler:Http:AllowedHosts");
    }
}

/* Every spelling is either refused, or read as a name that the check at connect(2) will see. */
static void test_spellings_of_loopback_are_refused(void **state) {
    (void)state;
    static const char *const refused[] = {
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.01/",
        "http://0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[fe80::1%25eth0]/",
        "http://[64:ff9b::7f00:1]/",
        "http://%31%32%37.0.0.1/",
        "http://0x%7f.1/",   // decoded it would hold a control character
        "http://0x%31f.80/", // and this would become an address when read again
        "http://a%2fb/",
        "http://user@127.0.0.1/",
        "http://public.example@127.0.0.1/",
        "http://127.0.0.1\\@public.example/",
        "http://public.example\\@127.0.0.1/",
        "http://127.0.0.1#@public.example/",
        "http://127.0.0.1\t/",
        "http://127.0.0.1 /",
        "http://127.0.0.1\r\nHost: x/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "HTTP://127.0.0.1/",
        "http:127.0.0.1/",
        "http:////127.0.0.1/",
        "//127.0.0.1/",
        "127.0.0.1",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "dict://127.0.0.1:11211/",
        "http+unix://%2fvar%2frun%2fdocker.sock/",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://exa mple.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:22/",
        "http://example.org:25/",
        "https://example.org:6379/",
        "http://user:pass@example.org/",
        "",
    };
    struct guard *guard = make(false, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct target target;
        struct err err = ERR_INIT;
        if (guard_read_url(guard, str_from_cstr(refused[i]), &target, &err))
            fail_msg("%s was read as %s", refused[i], target.host);
        assert_true(err.msg[0] != '\0');
    }
    struct target target;
    assert_false(guard_read_url(guard, STR("http://a\0b/"), &target, NULL));
    guard_free(guard);
}

/* Names stay names here; that these end at a blocked address is seen when the socket is opened
 * (test_http_call.c). */
static void test_names_are_left_to_the_check_at_connect(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"http://localhost/", "localhost"},
        {"http://example.org./", "example.org."},
        {"http://EXAMPLE.org:8080/a?b#c", "EXAMPLE.org"},
        {"https://xn--bcher-kva.example/", "xn--bcher-kva.example"},
        {"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
         "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1"},
    };
    struct guard *guard = make(false, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct target target;
        struct err err = ERR_INIT;
        if (!guard_read_url(guard, str_from_cstr(names[i][0]), &target, &err))
            fail_msg("%s: %s", names[i][0], err.msg);
        assert_string_equal(target.host, names[i][1]);
        target_free(&target);
    }
    guard_free(guard);
}

static void test_target_is_taken_apart(void **state) {
    (void)state;
    struct guard *guard = make(true, NULL, 0);
    struct target a, b;
    assert_true(guard_read_url(guard, STR("https://[2001:db8::1]/x?y=1"), &a, NULL));
    assert_string_equal(a.host, "2001:db8::1");
    assert_string_equal(a.url, "https://[2001:db8::1]/x?y=1");
    assert_int_equal(a.port, 443);
    assert_true(a.is_tls);
    assert_true(guard_read_url(guard, STR("http://[2001:db8::1]:443/"), &b, NULL));
    assert_false(target_same_origin(&a, &b));
    target_free(&b);
    assert_true(guard_read_url(guard, STR("HTTPS://[2001:DB8::1]:443/z"), &b, NULL));
    assert_true(target_same_origin(&a, &b));
    target_free(&a);
    target_free(&b);
    guard_free(guard);
}
