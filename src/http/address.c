/* address.c - see address.h. Everything is compared as 16 bytes; IPv4 as ::ffff:a.b.c.d. */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct network {
    unsigned char bytes[16];
    unsigned bits;
};

struct address_list {
    size_t count;
    struct network items[];
};

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool parse(struct str text, unsigned char out[16], bool *is_v4) {
    char copy[ADDRESS_TEXT];
    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *is_v4 = inet_pton(AF_INET, copy, out + 12) == 1;
    if (*is_v4) {
        memcpy(out, mapped, sizeof mapped);
        return true;
    }
    return inet_pton(AF_INET6, copy, out) == 1;
}

static bool parse_network(const char *text, struct network *ret) {
    struct str rest = str_from_cstr(text);
    struct str address = str_cut(&rest, '/');
    bool is_v4;
    int64_t bits;
    if (!parse(address, ret->bytes, &is_v4)) return false;
    if (str_is_absent(rest)) {
        bits = is_v4 ? 32 : 128;
    } else if (!str_parse_i64(rest, &bits) || bits < 0 || bits > (is_v4 ? 32 : 128)) {
        return false;
    }
    ret->bits = (unsigned)bits + (is_v4 ? 96 : 0);
    return true;
}

struct address_list *address_list_new(const char *const *names, struct err *err) {
    size_t count = 0;
    while (names && names[count]) count++;
    struct address_list *list = xcalloc(1, sizeof *list + count * sizeof(struct network));
    for (; list->count < count; list->count++) {
        if (parse_network(names[list->count], &list->items[list->count])) continue;
        err_set(err, ERR_INVALID, "\"%s\" is neither an address nor a network such as 10.0.0.0/8",
                names[list->count]);
        free(list);
        return NULL;
    }
    return list;
}

void address_list_free(struct address_list *list) {
    free(list);
}

static bool in_network(const unsigned char address[16], const struct network *network) {
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(address, network->bytes, whole) != 0) return false;
    if (rest == 0) return true;
    return ((address[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}

bool address_listed(const struct address_list *list, struct str address) {
    unsigned char bytes[16];
    bool is_v4;
    if (list->count == 0 || !parse(address, bytes, &is_v4)) return false;
    for (size_t i = 0; i < list->count; i++)
        if (in_network(bytes, &list->items[i])) return true;
    return false;
}

void address_format(const struct sockaddr *socket_address, char out[ADDRESS_TEXT]) {
    out[0] = '\0';
    if (socket_address == NULL) return;
    if (socket_address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, socket_address, sizeof v4);
        (void)inet_ntop(AF_INET, &v4.sin_addr, out, ADDRESS_TEXT);
    } else if (socket_address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, socket_address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            (void)inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], out, ADDRESS_TEXT);
        } else {
            (void)inet_ntop(AF_INET6, &v6.sin6_addr, out, ADDRESS_TEXT);
        }
    }
}

/* Cuts the part behind the last comma off *list. */
static struct str cut_last(struct str *list) {
    size_t at = list->len;
    while (at > 0 && list->ptr[at - 1] != ',') at--;
    struct str last = str_trim(str_slice(*list, at, list->len - at));
    list->len = at > 0 ? at - 1 : 0;
    return last;
}

struct str address_behind(const struct address_list *list, struct str peer,
                          const struct http_request *request) {
    struct str client = peer;
    if (!address_listed(list, peer)) return peer;
    for (size_t i = request->header_count; i-- > 0;) {
        if (!str_equal_nocase(request->headers[i].name, STR("X-Forwarded-For"))) continue;
        struct str rest = request->headers[i].value;
        while (rest.len > 0) {
            unsigned char bytes[16];
            bool is_v4;
            struct str hop = cut_last(&rest);
            if (!parse(hop, bytes, &is_v4)) return client;
            client = hop;
            if (!address_listed(list, hop)) return client;
        }
    }
    return client;
}
