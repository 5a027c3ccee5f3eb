/* guard.c - see guard.h.
 *
 * Addresses are compared as 128-bit numbers; an IPv4 network is kept in its own table, so that one
 * prefix comparison serves both families. The URL is read by libcurl's own parser, and its normal
 * form is what libcurl is told to call: there is no second opinion for an attacker to play against
 * the first. */
#include "handlers/guard.h"

#include "base/bounds.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const char allow_field[] = "Scheduler:Http:AllowedHosts";

struct network {
    int family; // AF_INET or AF_INET6
    unsigned char bytes[16];
    unsigned prefix;
};

struct allowed_host {
    char *name;      // without the "*" of a wildcard
    bool subdomains; // "*.example.org": any name below it, not itself
};

struct guard {
    bool allow_private;
    struct network *networks;
    size_t network_count;
    struct allowed_host *hosts;
    size_t host_count;
};

/* clang-format off */
static const struct network special_ipv4[] = {
    {AF_INET, {0}, 8},             {AF_INET, {10}, 8},            {AF_INET, {100, 64}, 10},
    {AF_INET, {127}, 8},           {AF_INET, {169, 254}, 16},     {AF_INET, {172, 16}, 12},
    {AF_INET, {192, 0, 0}, 24},    {AF_INET, {192, 0, 2}, 24},    {AF_INET, {192, 88, 99}, 24},
    {AF_INET, {192, 168}, 16},     {AF_INET, {198, 18}, 15},      {AF_INET, {198, 51, 100}, 24},
    {AF_INET, {203, 0, 113}, 24},  {AF_INET, {224}, 4},           {AF_INET, {240}, 4},
};
static const struct network global_ipv6 = {AF_INET6, {0x20}, 3};
static const struct network special_ipv6[] = { // inside 2000::/3
    {AF_INET6, {0x20, 0x01}, 23},             // Teredo, ORCHID, benchmark and their like
    {AF_INET6, {0x20, 0x01, 0x0d, 0xb8}, 32}, // documentation
    {AF_INET6, {0x20, 0x02}, 16},             // 6to4
    {AF_INET6, {0x3f, 0xff}, 20},             // documentation
};
static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
/* Ports whose services could be made to act on the text of an HTTP request: FTP, SSH, Telnet, SMTP,
 * DNS, POP3, IMAP, LDAP, SMB, MySQL, PostgreSQL, Redis, memcached. */
static const uint16_t blocked_ports[] = {21, 22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 636,
                                         993, 995, 3306, 5432, 6379, 11211};
/* clang-format on */

static bool network_holds(const struct network *network, int family, const unsigned char *bytes) {
    if (network->family != family) return false;
    unsigned whole = network->prefix / 8, rest = network->prefix % 8;
    if (memcmp(network->bytes, bytes, whole) != 0) return false;
    if (rest == 0) return true;
    unsigned mask = (0xffU << (8 - rest)) & 0xffU;
    return ((network->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool any_network_holds(const struct network *networks, size_t count, int family,
                              const unsigned char *bytes) {
    for (size_t i = 0; i < count; i++)
        if (network_holds(&networks[i], family, bytes)) return true;
    return false;
}

static bool is_public(int family, const unsigned char *bytes) {
    if (family == AF_INET)
        return !any_network_holds(special_ipv4, COUNT_OF(special_ipv4), family, bytes);
    return network_holds(&global_ipv6, family, bytes) &&
           !any_network_holds(special_ipv6, COUNT_OF(special_ipv6), family, bytes);
}

static bool host_matches(const struct allowed_host *allowed, struct str host) {
    struct str name = str_from_cstr(allowed->name);
    if (!allowed->subdomains) return str_equal_nocase(name, host);
    return host.len > name.len &&
           str_equal_nocase(name, str_slice(host, host.len - name.len, name.len));
}

static bool host_is_allowed(const struct guard *guard, struct str host) {
    if (host.len > 0 && host.ptr[host.len - 1] == '.') host.len--;
    for (size_t i = 0; i < guard->host_count; i++)
        if (host_matches(&guard->hosts[i], host)) return true;
    return false;
}

bool guard_allows(const struct guard *guard, struct str host, const struct sockaddr *address) {
    unsigned char bytes[16] = {0};
    int family = address->sa_family;
    if (family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof ipv4);
        memcpy(bytes, &ipv4.sin_addr, 4);
    } else if (family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof ipv6);
        memcpy(bytes, &ipv6.sin6_addr, 16);
    } else {
        return false; // whatever it is, it is no network address
    }
    if (guard->allow_private || is_public(family, bytes) || host_is_allowed(guard, host))
        return true;
    if (any_network_holds(guard->networks, guard->network_count, family, bytes)) return true;
    /* A listed IPv4 network is meant in its mapped spelling too. */
    return family == AF_INET6 && memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0 &&
           any_network_holds(guard->networks, guard->network_count, AF_INET, bytes + 12);
}

/* --- the allow-list --- */

static bool network_parse(struct str text, struct network *ret) {
    struct str rest = text, address = str_cut(&rest, '/');
    char name[INET6_ADDRSTRLEN + 1];
    if (address.len == 0 || address.len >= sizeof name) return false;
    memcpy(name, address.ptr, address.len);
    name[address.len] = '\0';
    struct network network = {0};
    if (inet_pton(AF_INET, name, network.bytes) == 1)
        network.family = AF_INET;
    else if (inet_pton(AF_INET6, name, network.bytes) == 1)
        network.family = AF_INET6;
    else
        return false;
    int64_t longest = network.family == AF_INET ? 32 : 128, prefix = longest;
    if (!str_is_absent(rest) && (!str_parse_i64(rest, &prefix) || prefix < 0 || prefix > longest))
        return false;
    network.prefix = (unsigned)prefix;
    *ret = network;
    return true;
}

static bool is_host_name(struct str name) {
    if (name.len == 0 || name.len > 253 || name.ptr[0] == '.') return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_';
        if (!fine) return false;
    }
    return true;
}

static bool allow(struct guard *guard, struct str entry, struct err *err) {
    entry = str_trim(entry);
    if (network_parse(entry, &guard->networks[guard->network_count])) {
        guard->network_count++;
        return true;
    }
    bool subdomains = str_starts_with(entry, STR("*."));
    struct str name = subdomains ? str_slice(entry, 1, entry.len) : entry; // keeps the dot
    if (!is_host_name(subdomains ? str_slice(entry, 2, entry.len) : entry))
        return err_set_field(err, ERR_INVALID, allow_field,
                             "\"%.*s\" is neither a host name, nor an address, nor a network",
                             STR_ARG(str_slice(entry, 0, 100)));
    guard->hosts[guard->host_count++] = (struct allowed_host){xstr_dup(name), subdomains};
    return true;
}

struct guard *guard_new(const struct guard_options *options, struct err *err) {
    struct guard *guard = xcalloc(1, sizeof *guard);
    guard->allow_private = options->allow_private_networks;
    guard->networks = xcalloc(options->allowed_count + 1, sizeof *guard->networks);
    guard->hosts = xcalloc(options->allowed_count + 1, sizeof *guard->hosts);
    for (size_t i = 0; i < options->allowed_count; i++) {
        if (allow(guard, options->allowed[i], err)) continue;
        guard_free(guard);
        return NULL;
    }
    return guard;
}

void guard_free(struct guard *guard) {
    if (!guard) return;
    for (size_t i = 0; i < guard->host_count; i++) free(guard->hosts[i].name);
    free(guard->hosts);
    free(guard->networks);
    free(guard);
}

/* --- URLs --- */

/* In words a person can act on; libcurl's own are about its interface. */
static bool explain(CURLUcode code, struct err *err) {
    switch (code) {
    case CURLUE_USER_NOT_ALLOWED:
        return err_set(err, ERR_INVALID,
                       "must not carry a user name or password; use the Authorization header with "
                       "a {{Secret.NAME}}");
    case CURLUE_BAD_PORT_NUMBER: return err_set(err, ERR_INVALID, "has a bad port number");
    case CURLUE_NO_HOST:
    case CURLUE_BAD_HOSTNAME:
    case CURLUE_BAD_IPV6: return err_set(err, ERR_INVALID, "has no valid host name");
    default: return err_set(err, ERR_INVALID, "must be an absolute http or https URL");
    }
}

static bool port_is_blocked(uint16_t port) {
    for (size_t i = 0; i < COUNT_OF(blocked_ports); i++)
        if (blocked_ports[i] == port) return true;
    return false;
}

/* When the host is an address - in any spelling the system's resolver takes - it can be judged
 * before anything is looked up. */
static bool literal_is_allowed(const struct guard *guard, const char *host) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return true; // a name: judged at connect
    bool allowed = true;
    for (struct addrinfo *each = found; each; each = each->ai_next)
        allowed = allowed && guard_allows(guard, str_from_cstr(host), each->ai_addr);
    freeaddrinfo(found);
    return allowed;
}

static bool judge(const struct guard *guard, const struct target *target, struct err *err) {
    struct str host = str_from_cstr(target->host);
    if (port_is_blocked(target->port) && !host_is_allowed(guard, host))
        return err_set(err, ERR_INVALID, "port %d is not allowed for HTTP calls", target->port);
    if (!literal_is_allowed(guard, target->host))
        return err_set(err, ERR_INVALID,
                       "leads to a private or reserved address, which "
                       "Scheduler:Http:AllowPrivateNetworks and AllowedHosts do not permit");
    return true;
}

static void strip_brackets(char *host) {
    size_t len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

/* Without what no host name may hold, however libcurl came to it. */
static bool is_sound_host(struct str host) {
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= 0x20 || c == 0x7f || strchr("%@/\\?#<>^|\"`{}", c)) return false;
    }
    return host.len > 0;
}

/* curl_url_get with the result copied to memory of ours; NULL when there is no such part. */
static char *part(CURLU *handle, CURLUPart what, unsigned flags) {
    char *text = NULL, *copy = NULL;
    if (curl_url_get(handle, what, &text, flags) == CURLUE_OK && text) copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static bool check_parts(const char *scheme, const char *port, struct target *target,
                        struct err *err) {
    if (!target->host || !is_sound_host(str_from_cstr(target->host)))
        return explain(CURLUE_NO_HOST, err);
    if (!scheme || !port || !target->url) return explain(CURLUE_MALFORMED_INPUT, err);
    int64_t number = 0;
    target->is_tls = strcasecmp(scheme, "https") == 0;
    if (!target->is_tls && strcasecmp(scheme, "http") != 0)
        return explain(CURLUE_UNSUPPORTED_SCHEME, err);
    if (!str_parse_i64(str_from_cstr(port), &number) || number < 1 || number > 65535)
        return explain(CURLUE_BAD_PORT_NUMBER, err);
    if (strlen(target->url) > MAX_URL)
        return err_set(err, ERR_INVALID, "is longer than %d bytes", MAX_URL);
    target->port = (uint16_t)number;
    strip_brackets(target->host);
    return true;
}

static bool take_apart(CURLU *handle, struct target *ret, struct err *err) {
    char *scheme = part(handle, CURLUPART_SCHEME, 0);
    char *port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    struct target target = {.url = part(handle, CURLUPART_URL, 0),
                            .host = part(handle, CURLUPART_HOST, 0)};
    bool ok = check_parts(scheme, port, &target, err);
    free(scheme);
    free(port);
    if (!ok) {
        target_free(&target);
        return false;
    }
    *ret = target;
    return true;
}

/* libcurl mends "http:/host" and "http:///host", and decodes a percent-encoded host only after it
 * has looked for addresses in odd spellings, so that its normal form can read differently the next
 * time. We do not guess: both are refused. */
static bool has_plain_authority(struct str url) {
    struct str rest = url, scheme = str_cut(&rest, ':');
    if (!str_equal_nocase(scheme, STR("http")) && !str_equal_nocase(scheme, STR("https")))
        return false;
    if (!str_starts_with(rest, STR("//")) || str_starts_with(rest, STR("///"))) return false;
    for (size_t i = 2; i < rest.len; i++) {
        char c = rest.ptr[i];
        if (c == '/' || c == '?' || c == '#') break;
        if (c == '%') return false;
    }
    return true;
}

bool guard_read_url(const struct guard *guard, struct str url, struct target *ret,
                    struct err *err) {
    if (url.len > MAX_URL) return err_set(err, ERR_INVALID, "is longer than %d bytes", MAX_URL);
    if (!has_plain_authority(url) || memchr(url.ptr, 0, url.len))
        return err_set(err, ERR_INVALID, "must be an absolute http or https URL");
    CURLU *handle = curl_url();
    if (!handle) abort();
    char *text = xstr_dup(url);
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    free(text);
    struct target target = {0};
    bool ok = code == CURLUE_OK ? take_apart(handle, &target, err) : explain(code, err);
    curl_url_cleanup(handle);
    if (ok && !judge(guard, &target, err)) {
        target_free(&target);
        ok = false;
    }
    if (ok) *ret = target;
    return ok;
}

bool target_same_origin(const struct target *a, const struct target *b) {
    return a->is_tls == b->is_tls && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

void target_free(struct target *target) {
    free(target->url);
    free(target->host);
    *target = (struct target){0};
}
