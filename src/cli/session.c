/* session.c - see session.h. */
#include "cli/session.h"

#include "cli/credentials.h"
#include "cli/input.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SERVER "http://127.0.0.1:8080"

static void wipe(char **secret) {
    if (*secret != NULL) sodium_memzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

void session_free(struct session *session) {
    free(session->server);
    session->server = NULL;
    wipe(&session->token);
    wipe(&session->refresh_token);
}

static bool is_loopback_host(struct str host) {
    return str_equal(host, STR("localhost")) || str_equal(host, STR("[::1]")) ||
           (str_starts_with(host, STR("127.")) && host.len <= 15);
}

/* The server as it is kept: scheme, host, port and perhaps a path, no slash at the end. */
static int take_server(struct invocation *invocation, const char *given, struct session *session) {
    struct str server = str_trim(str_from_cstr(given));
    while (str_ends_with(server, STR("/"))) server.len--;
    bool plain = str_starts_with(server, STR("http://"));
    struct str rest = str_slice(server, plain ? 7 : 8, server.len);
    struct str host = str_cut(&rest, '/');
    bool sound = (plain || str_starts_with(server, STR("https://"))) && host.len > 0;
    for (size_t i = 0; i < server.len; i++)
        if (server.ptr[i] <= ' ' || server.ptr[i] > '~' || strchr("@?#\\", server.ptr[i]) != NULL)
            sound = false;
    if (!sound)
        return complain(invocation, EXIT_USAGE,
                        "the server must be written as https://HOST or http://HOST:PORT, without "
                        "a name or password in it");
    if (host.ptr[0] == '[') {
        struct str inside = host;
        host.len = str_cut(&inside, ']').len + 1;
    } else {
        host = str_cut(&host, ':');
    }
    session->is_loopback = is_loopback_host(host);
    if (plain && !session->is_loopback && !option_given(invocation, "--allow-plain-http"))
        return complain(invocation, EXIT_USAGE,
                        "%.*s is not encrypted, and everybody on the way could read the token; use "
                        "https://, or allow it with --allow-plain-http",
                        STR_ARG(server));
    session->server = xstr_dup(server);
    return EXIT_OK;
}

void session_take(struct session *session, const json_t *entry) {
    const char *token = json_string_value(json_object_get(entry, "accessToken"));
    const char *refresh = json_string_value(json_object_get(entry, "refreshToken"));
    const char *expires = json_string_value(json_object_get(entry, "expiresAt"));
    if (token == NULL || refresh == NULL) return;
    wipe(&session->token);
    wipe(&session->refresh_token);
    session->source = TOKEN_OF_LOGIN;
    session->token = xstrdup(token);
    session->refresh_token = xstrdup(refresh);
    session->expires_at = UTC_NONE;
    if (expires != NULL && !utc_parse(str_from_cstr(expires), &session->expires_at))
        session->expires_at = UTC_NONE;
}

/* A token is one line of visible ASCII; whatever else would end up in a header. */
static int take_token(struct invocation *invocation, struct str text, struct session *session) {
    struct str token = str_trim(text);
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] > '~') token.len = 0;
    if (token.len == 0)
        return complain(invocation, EXIT_USAGE,
                        "what was given as a token is none: one line of letters, digits and signs");
    session->token = xstr_dup(token);
    session->source = TOKEN_GIVEN;
    return EXIT_OK;
}

static int find_token(struct invocation *invocation, const struct credentials *saved,
                      struct session *session) {
    const char *file = option_value(invocation, "--token-file");
    const char *variable = getenv("ALPHABET_TOKEN");
    if (file != NULL) {
        struct buf text = buf_with_max(0);
        int code = input_read(invocation, file, &text);
        if (code == EXIT_OK) code = take_token(invocation, buf_str(&text), session);
        if (text.ptr != NULL) sodium_memzero(text.ptr, text.cap);
        buf_free(&text);
        return code;
    }
    if (variable != NULL && variable[0] != '\0')
        return take_token(invocation, str_from_cstr(variable), session);
    session_take(session, credentials_entry(saved, session->server));
    return EXIT_OK;
}

int session_open(struct invocation *invocation, bool with_token, struct session *ret) {
    const char *server = option_value(invocation, "--server");
    const char *variable = getenv("ALPHABET_SERVER");
    struct credentials saved;
    struct err err = ERR_INIT;
    *ret = (struct session){0};
    if (server == NULL && variable != NULL && variable[0] != '\0') server = variable;
    if (server == NULL) server = invocation->own_server;
    const char *given = getenv("ALPHABET_TOKEN");
    bool token_given =
        option_given(invocation, "--token-file") || (given != NULL && given[0] != '\0');
    /* A login that cannot be read matters only when it is needed. */
    if (!credentials_read(&saved, &err)) {
        if (server == NULL || (with_token && !token_given))
            return complain(invocation, EXIT_NOT_ALLOWED, "%s", err.msg);
    }
    if (server == NULL) server = credentials_current(&saved);
    if (server == NULL) server = DEFAULT_SERVER;
    int code = take_server(invocation, server, ret);
    if (code == EXIT_OK && with_token) code = find_token(invocation, &saved, ret);
    credentials_unlock(&saved);
    if (code != EXIT_OK) session_free(ret);
    return code;
}
