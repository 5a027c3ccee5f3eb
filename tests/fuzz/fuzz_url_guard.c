/* fuzz_url_guard.c - any URL: what guard_read_url accepts is http(s), carries no user name, fits,
 * reads the same once more, and is no blocked address in disguise. The first byte picks the guard,
 * and the bytes are also tried as an address: the IPv4-mapped form never is more open than IPv4. */
#include "base/bounds.h"
#include "handlers/guard.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(const struct guard *guard, const struct target *target) {
    struct str url = str_from_cstr(target->url);
    assert(url.len <= MAX_URL);
    assert(str_starts_with(url, target->is_tls ? STR("https://") : STR("http://")));
    assert(target->port > 0 && target->host[0] != '\0');
    for (size_t i = 0; i < url.len; i++) assert((unsigned char)url.ptr[i] > 0x20);
    size_t authority = target->is_tls ? 8 : 7;
    while (authority < url.len && !memchr("/?#", url.ptr[authority], 3))
        assert(url.ptr[authority] != '\\' && url.ptr[authority++] != '@');
    struct target again;
    bool same = guard_read_url(guard, url, &again, NULL);
    assert(same && strcmp(again.host, target->host) == 0 && again.port == target->port);
    target_free(&again);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found;
    if (getaddrinfo(target->host, NULL, &hints, &found) != 0) return;
    assert(guard_allows(guard, str_from_cstr(target->host), found->ai_addr));
    freeaddrinfo(found);
}

static void check_address(const struct guard *guard, const uint8_t *data, size_t size) {
    if (size < 16) return;
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6}, any = {.sin6_family = AF_INET6};
    memcpy(&ipv4.sin_addr, data, 4);
    memcpy(&any.sin6_addr, data, 16);
    mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
    memcpy(mapped.sin6_addr.s6_addr + 12, data, 4);
    struct str host = STR("fuzz.example");
    bool plain = guard_allows(guard, host, (struct sockaddr *)&ipv4);
    assert(plain || !guard_allows(guard, host, (struct sockaddr *)&mapped));
    bool open = guard_allows(guard, host, (struct sockaddr *)&any);
    assert(!open || (data[0] & 0xe0) == 0x20); // global unicast only
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct guard *strict;
    struct guard_options options = {0};
    if (!strict) strict = guard_new(&options, NULL);
    assert(strict);
    struct target target;
    struct err err = ERR_INIT;
    if (guard_read_url(strict, (struct str){(const char *)data, size}, &target, &err)) {
        check_accepted(strict, &target);
        target_free(&target);
    } else {
        assert(err.msg[0] != '\0');
    }
    check_address(strict, data, size);
    return 0;
}
