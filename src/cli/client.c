/* client.c - see client.h.
 *
 * A renewal rotates the refresh token, and the old one used twice ends the whole login: so it is
 * done under the lock of the credentials file, and whoever gets the lock first looks whether
 * somebody else has renewed it meanwhile.
 */
#include "cli/client.h"

#include "base/json_read.h"
#include "cli/credentials.h"
#include "cli/output.h"
#include "cli/session.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    LARGEST_ANSWER = 512 * 1024 * 1024,
    LARGEST_PROBLEM = 1024 * 1024,
    MOST_HEADERS = 64 * 1024,
    CONNECT_SECONDS = 10,
    DEFAULT_SECONDS = 60,
    SILENCE_SECONDS = 60, // of a stream; the server sends something every 15
    RENEW_BEFORE_SECONDS = 30,
    PATIENCE_SECONDS = 65, // with a server that asks to wait
    STATUS_UNAUTHORIZED = 401,
};

struct client {
    struct invocation *invocation;
    struct session session;
    CURL *curl;
};

struct transfer {
    struct client *client;
    const struct call *call;
    struct reply *reply;
};

/* ---- open and close ---- */

static struct client *open_client(struct invocation *invocation, bool with_token, int *ret_code) {
    struct session session;
    *ret_code = session_open(invocation, with_token, &session);
    if (*ret_code != EXIT_OK) return NULL;
    struct client *client = xcalloc(1, sizeof *client);
    client->invocation = invocation;
    client->session = session;
    bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == 0;
    client->curl = ready ? curl_easy_init() : NULL;
    if (client->curl == NULL) {
        *ret_code = complain(invocation, EXIT_FAILED, "the HTTP library cannot be started");
        client_close(client);
        return NULL;
    }
    return client;
}

struct client *client_open(struct invocation *invocation, int *ret_code) {
    return open_client(invocation, true, ret_code);
}

struct client *client_open_without_login(struct invocation *invocation, int *ret_code) {
    return open_client(invocation, false, ret_code);
}

void client_close(struct client *client) {
    if (client == NULL) return;
    if (client->curl != NULL) curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    session_free(&client->session);
    free(client);
}

const char *client_server(const struct client *client) {
    return client->session.server;
}

struct invocation *client_invocation(const struct client *client) {
    return client->invocation;
}

bool client_uses_login(const struct client *client) {
    return client->session.source == TOKEN_OF_LOGIN;
}

void reply_free(struct reply *reply) {
    buf_free(&reply->body);
    buf_free(&reply->headers);
    json_decref(reply->json);
    *reply = (struct reply){0};
}

/* ---- one exchange ---- */

static size_t on_body(char *bytes, size_t one, size_t count, void *context) {
    struct transfer *transfer = context;
    size_t size = one * count;
    struct reply *reply = transfer->reply;
    struct str piece = {bytes, size};
    if (reply->status == 0)
        (void)curl_easy_getinfo(transfer->client->curl, CURLINFO_RESPONSE_CODE, &reply->status);
    bool good = reply->status >= 200 && reply->status < 300;
    if (good && transfer->call->sink != NULL)
        return transfer->call->sink(transfer->call->context, piece) ? size : 0;
    if (reply->body.len + size > (good ? LARGEST_ANSWER : LARGEST_PROBLEM)) return 0;
    buf_put(&reply->body, piece);
    return size;
}

static size_t on_header(char *bytes, size_t one, size_t count, void *context) {
    struct transfer *transfer = context;
    buf_put(&transfer->reply->headers, (struct str){bytes, one * count});
    return one * count;
}

struct str reply_header(const struct reply *reply, struct str name) {
    struct str rest = buf_str(&reply->headers);
    while (rest.len > 0) {
        struct str value = str_cut(&rest, '\n');
        if (str_equal_nocase(str_cut(&value, ':'), name)) return str_trim(value);
    }
    return STR_NONE;
}

static struct curl_slist *headers_of(const struct client *client, const struct call *call) {
    struct curl_slist *headers = NULL;
    struct buf line = buf_with_max(0);
    buf_printf(&line, "Accept: %s", call->accept != NULL ? call->accept : "application/json");
    headers = curl_slist_append(headers, buf_str(&line).ptr);
    if (client->session.token != NULL && !call->without_token) {
        buf_reset(&line);
        buf_printf(&line, "Authorization: Bearer %s", client->session.token);
        headers = curl_slist_append(headers, buf_str(&line).ptr);
        sodium_memzero(line.ptr, line.cap);
    }
    if (call->if_match != NULL) {
        buf_reset(&line);
        buf_printf(&line, "If-Match: %s", call->if_match);
        headers = curl_slist_append(headers, buf_str(&line).ptr);
    }
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    buf_free(&line);
    return headers;
}

static void set_connection(const struct client *client, const struct call *call) {
    const struct invocation *invocation = client->invocation;
    CURL *curl = client->curl;
    const char *ca_file = option_value(invocation, "--ca-file");
    long seconds = (long)option_number(invocation, "--timeout", DEFAULT_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "alphabet/" ALPHABET_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                           seconds < CONNECT_SECONDS ? seconds : (long)CONNECT_SECONDS);
    if (call->endless) {
        (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_SECONDS);
    } else {
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    }
    if (ca_file == NULL) ca_file = getenv("ALPHABET_CA_FILE");
    if (ca_file != NULL && ca_file[0] != '\0')
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    if (client->session.is_loopback) (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

static CURLcode exchange(struct client *client, const struct call *call, struct reply *reply) {
    struct transfer transfer = {client, call, reply};
    CURL *curl = client->curl;
    struct buf url = buf_with_max(0);
    curl_easy_reset(curl); // keeps the connection
    *reply = (struct reply){.headers = buf_with_max(MOST_HEADERS)};
    buf_printf(&url, "%s%.*s", client->session.server, STR_ARG(call->path));
    struct curl_slist *headers = headers_of(client, call);
    set_connection(client, call);
    (void)curl_easy_setopt(curl, CURLOPT_URL, buf_str(&url).ptr);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    if (strcmp(call->method, "GET") != 0) {
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
        if (!str_is_absent(call->body) || strcmp(call->method, "DELETE") != 0) {
            (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
            (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                                   call->body.len > 0 ? call->body.ptr : "");
        }
    }
    CURLcode result = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    /* libcurl keeps copies of its options: the token goes with the list. */
    for (struct curl_slist *each = headers; each != NULL; each = each->next)
        sodium_memzero(each->data, strlen(each->data));
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    buf_free(&url);
    return result;
}

static void read_json(struct reply *reply) {
    struct err err = ERR_INIT;
    struct str text = str_trim(buf_str(&reply->body));
    if (text.len > 0 && strchr("{[\"-0123456789tfn", text.ptr[0]) != NULL)
        reply->json = json_read(text, &err);
}

/* ---- the login ---- */

bool client_remember(struct client *client, const char *email, const json_t *tokens,
                     struct err *err) {
    struct credentials credentials;
    if (!credentials_lock(&credentials, err)) return false;
    char expires[RFC3339_LENGTH + 1];
    struct utc now = clock_now(client->invocation->clock);
    utc_format(utc_add(now, span_seconds(json_number(tokens, "expiresIn"))), expires);
    json_t *entry = json_pack("{s:s, s:O, s:s, s:O}", "email", email, "accessToken",
                              json_object_get(tokens, "accessToken"), "expiresAt", expires,
                              "refreshToken", json_object_get(tokens, "refreshToken"));
    bool ok = entry != NULL || err_set(err, ERR_INTERNAL, "the server's answer to a login is odd");
    if (ok) {
        credentials_set_entry(&credentials, client->session.server, entry);
        ok = credentials_save(&credentials, err);
        session_take(&client->session, entry);
    }
    credentials_unlock(&credentials);
    return ok;
}

bool client_forget(struct client *client, struct err *err) {
    struct credentials credentials;
    if (!credentials_lock(&credentials, err)) return false;
    credentials_set_entry(&credentials, client->session.server, NULL);
    bool ok = credentials_save(&credentials, err);
    credentials_unlock(&credentials);
    return ok;
}

static int complain_unreachable(const struct client *client, CURLcode result) {
    const struct invocation *invocation = client->invocation;
    const char *server = client->session.server;
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE)
        return complain(invocation, EXIT_UNREACHABLE,
                        "the certificate of %s cannot be trusted (%s); --ca-file names the file "
                        "with its authority",
                        server, curl_easy_strerror(result));
    if (result == CURLE_OPERATION_TIMEDOUT)
        return complain(invocation, EXIT_UNREACHABLE,
                        "no answer from %s in time; --timeout sets how long to wait", server);
    return complain(invocation, EXIT_UNREACHABLE,
                    "cannot reach the server at %s: %s; is it running? --server or "
                    "ALPHABET_SERVER names another",
                    server, curl_easy_strerror(result));
}

static int save_renewed(struct client *client, struct credentials *credentials,
                        const json_t *tokens) {
    struct err err = ERR_INIT;
    char expires[RFC3339_LENGTH + 1];
    struct utc now = clock_now(client->invocation->clock);
    json_t *entry = credentials_entry(credentials, client->session.server);
    utc_format(utc_add(now, span_seconds(json_number(tokens, "expiresIn"))), expires);
    (void)json_object_set(entry, "accessToken", json_object_get(tokens, "accessToken"));
    (void)json_object_set(entry, "refreshToken", json_object_get(tokens, "refreshToken"));
    (void)json_object_set_new(entry, "expiresAt", json_string(expires));
    session_take(&client->session, entry);
    return credentials_save(credentials, &err)
               ? EXIT_OK
               : complain(client->invocation, EXIT_FAILED,
                          "%s; the renewed login is lost, log in again", err.msg);
}

static int renew_locked(struct client *client, struct credentials *credentials) {
    const json_t *entry = credentials_entry(credentials, client->session.server);
    struct str now_saved = json_text(entry, "accessToken");
    if (entry == NULL)
        return complain(client->invocation, EXIT_NOT_ALLOWED,
                        "the login at %s has ended; `alphabet login` begins another",
                        client->session.server);
    if (!str_equal(now_saved, str_from_cstr(client->session.token))) {
        session_take(&client->session, entry); // another process was quicker
        return EXIT_OK;
    }
    char *body = json_dumps(json_object_get(entry, "refreshToken"), JSON_ENCODE_ANY);
    struct buf text = buf_with_max(0);
    buf_printf(&text, "{\"refreshToken\":%s}", body);
    struct call call = {.method = "POST",
                        .path = STR("/api/v1/auth/refresh-token"),
                        .body = buf_str(&text),
                        .without_token = true};
    struct reply reply;
    CURLcode result = exchange(client, &call, &reply);
    int code;
    if (result != CURLE_OK) {
        code = complain_unreachable(client, result);
    } else if (reply.status != 200) {
        bool over = reply.status == STATUS_UNAUTHORIZED || reply.status == 400;
        code = complain(client->invocation, over ? EXIT_NOT_ALLOWED : EXIT_UNREACHABLE,
                        over ? "the login at %s has ended; `alphabet login` begins another"
                             : "the server at %s cannot renew the login now; try again later",
                        client->session.server);
    } else {
        read_json(&reply);
        code = save_renewed(client, credentials, reply.json);
    }
    sodium_memzero(body, strlen(body));
    sodium_memzero(text.ptr, text.cap);
    if (reply.body.ptr != NULL) sodium_memzero(reply.body.ptr, reply.body.cap);
    free(body);
    buf_free(&text);
    reply_free(&reply);
    return code;
}

static int renew(struct client *client) {
    struct credentials credentials;
    struct err err = ERR_INIT;
    if (!credentials_lock(&credentials, &err))
        return complain(client->invocation, EXIT_NOT_ALLOWED, "%s", err.msg);
    int code = renew_locked(client, &credentials);
    credentials_unlock(&credentials);
    return code;
}

static bool is_about_to_end(const struct client *client) {
    struct utc soon =
        utc_add(clock_now(client->invocation->clock), span_seconds(RENEW_BEFORE_SECONDS));
    return client_uses_login(client) && !utc_is_none(client->session.expires_at) &&
           utc_before(client->session.expires_at, soon);
}

/* ---- problems ---- */

static int code_of_status(long status) {
    switch (status) {
    case 401:
    case 403: return EXIT_NOT_ALLOWED;
    case 404: return EXIT_NOT_FOUND;
    case 409:
    case 412: return EXIT_CONFLICT;
    case 429:
    case 502:
    case 503:
    case 504: return EXIT_UNREACHABLE;
    default: return status >= 400 && status < 500 ? EXIT_REFUSED : EXIT_FAILED;
    }
}

static void print_faults(const json_t *errors) {
    const char *field;
    json_t *messages;
    struct buf line = buf_with_max(0);
    json_object_foreach((json_t *)(uintptr_t)errors, field, messages) {
        for (size_t i = 0; i < json_array_size(messages); i++) {
            struct str message = json_str_of(json_array_get(messages, i));
            buf_reset(&line);
            buf_put(&line, STR("  "));
            buf_put_visible(&line, str_from_cstr(field), VISIBLE_ONE_LINE);
            if (field[0] != '\0') buf_put(&line, STR(": "));
            buf_put_visible(&line, message, VISIBLE_ONE_LINE);
            (void)fprintf(stderr, "%s\n", buf_str(&line).ptr);
        }
    }
    buf_free(&line);
}

static int complain_problem(const struct client *client, const struct call *call,
                            const struct reply *reply) {
    const struct invocation *invocation = client->invocation;
    int code = code_of_status(reply->status);
    struct str detail = json_text(reply->json, "detail");
    bool by_token = reply->status == STATUS_UNAUTHORIZED && !call->without_token;
    if (by_token && client->session.source == TOKEN_NONE)
        return complain(invocation, code, "not logged in at %s; `alphabet login` does it",
                        client->session.server);
    if (by_token)
        return complain(invocation, code, "the token is not valid at %s; it may have expired",
                        client->session.server);
    if (str_is_absent(detail))
        return complain(invocation, code,
                        "%s answered with status %ld and no reason; is it Alphabet?",
                        client->session.server, reply->status);
    (void)complain(invocation, code, "%.*s", STR_ARG(detail));
    print_faults(json_object_get(reply->json, "errors"));
    if (reply->status >= 500) {
        struct str trace = json_text(reply->json, "traceId");
        (void)fprintf(stderr, "  trace id: %.*s\n", STR_ARG(trace));
    }
    return code;
}

/* ---- calls ---- */

static bool should_wait(const struct reply *reply, int64_t *patience) {
    int64_t seconds;
    if (reply->status != 429 || !str_parse_i64(reply_header(reply, STR("Retry-After")), &seconds) ||
        seconds < 1 || seconds > *patience)
        return false;
    *patience -= seconds;
    struct timespec time = {.tv_sec = (time_t)seconds};
    (void)nanosleep(&time, NULL);
    return true;
}

int client_call(struct client *client, const struct call *call, struct reply *ret) {
    int64_t patience = PATIENCE_SECONDS;
    bool renewed = false;
    *ret = (struct reply){0};
    if (!call->without_token && is_about_to_end(client)) {
        int code = renew(client);
        if (code != EXIT_OK) return code;
        renewed = true;
    }
    for (;;) {
        CURLcode result = exchange(client, call, ret);
        bool ended_by_us = result == CURLE_WRITE_ERROR && call->sink != NULL && ret->status == 200;
        if (result != CURLE_OK && !ended_by_us) {
            reply_free(ret);
            return call->quiet ? EXIT_UNREACHABLE : complain_unreachable(client, result);
        }
        if (ret->status == STATUS_UNAUTHORIZED && client_uses_login(client) && !renewed &&
            !call->without_token) {
            reply_free(ret);
            int code = renew(client);
            if (code != EXIT_OK) return code;
            renewed = true;
            continue;
        }
        if (!should_wait(ret, &patience)) break;
        reply_free(ret);
    }
    read_json(ret);
    if (ret->status >= 200 && ret->status < 300) return EXIT_OK;
    if (call->quiet) return code_of_status(ret->status);
    return complain_problem(client, call, ret);
}

int client_get(struct client *client, struct str path, struct reply *ret) {
    return client_call(client, &(struct call){.method = "GET", .path = path}, ret);
}

int client_send(struct client *client, const char *method, struct str path, const json_t *body,
                struct reply *ret) {
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    struct call call = {.method = method, .path = path, .body = str_from_cstr(text)};
    int code = client_call(client, &call, ret);
    free(text);
    return code;
}

/* ---- paths and answers ---- */

static void put_encoded(struct buf *path, struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            buf_put_char(path, (char)c);
        else
            buf_printf(path, "%%%02X", c);
    }
}

void path_put_segment(struct buf *path, struct str segment) {
    buf_put_char(path, '/');
    put_encoded(path, segment);
}

void path_put_query(struct buf *path, const char *name, struct str value) {
    if (str_is_absent(value)) return;
    bool first = memchr(path->ptr, '?', path->len) == NULL;
    buf_printf(path, "%c%s=", first ? '?' : '&', name);
    put_encoded(path, value);
}

void path_put_number(struct buf *path, const char *name, int64_t value) {
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    path_put_query(path, name, (struct str){text, (size_t)length});
}

struct str json_text(const json_t *object, const char *name) {
    return json_str_of(json_object_get(object, name));
}

int64_t json_number(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}
