/* people.c - `alphabet user …`, for admins, and `alphabet token …`, for everyone. */
#include "base/json_read.h"
#include "cli/input.h"
#include "cli/lists.h"
#include "cli/output.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define USERS "/api/v1/admin/users"
#define TOKENS "/api/v1/auth/tokens"

static void put_time_cell(struct table *table, const struct invocation *invocation,
                          const json_t *object, const char *name) {
    struct buf text = buf_with_max(0);
    buf_put_time(&text, json_object_get(object, name), clock_now(invocation->clock));
    table_cell(table, STYLE_NONE, buf_str(&text));
    buf_free(&text);
}

/* ---- users ---- */

static void print_users(const struct invocation *invocation, const json_t *users) {
    struct table *table = table_new();
    table_column(table, "E-MAIL", TABLE_SHRINKS);
    table_column(table, "ROLE", TABLE_LEFT);
    table_column(table, "LOCKED", TABLE_LEFT);
    table_column(table, "LAST LOGIN", TABLE_LEFT);
    table_column(table, "ID", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *user = json_array_get(users, i);
        bool locked = json_is_true(json_object_get(user, "isLocked"));
        table_cell(table, STYLE_NONE, json_text(user, "email"));
        table_cell(table, STYLE_NONE,
                   json_str_of(json_array_get(json_object_get(user, "roles"), 0)));
        table_cell(table, locked ? STYLE_BAD : STYLE_NONE, locked ? STR("yes") : STR("no"));
        put_time_cell(table, invocation, user, "lastLoginAt");
        table_cell(table, STYLE_DIM, json_text(user, "id"));
    }
    table_print(table, stdout);
}

int cli_user_list(struct invocation *invocation) {
    int code;
    struct list_answer list;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = list_get(client, STR(USERS), list_limit(invocation), &list);
    if (code == EXIT_OK && invocation->json) list_print_json(&list);
    if (code == EXIT_OK && !invocation->json) {
        print_users(invocation, list.items);
        list_print_rest(&list);
    }
    list_free(&list);
    client_close(client);
    return code;
}

/* The id of the user that the first argument names, by e-mail address or id. */
static int user_find(struct client *client, struct str *ret_id) {
    struct invocation *invocation = client_invocation(client);
    const char *name = invocation->arguments[0];
    struct list_answer list;
    char id[37];
    if (id_parse(name, id)) {
        *ret_id = arena_copy(&invocation->arena, str_from_cstr(id));
        return EXIT_OK;
    }
    int code = list_get(client, STR(USERS), 0, &list);
    if (code != EXIT_OK) return code;
    *ret_id = STR_NONE;
    for (size_t i = 0; i < json_array_size(list.items); i++) {
        const json_t *user = json_array_get(list.items, i);
        if (str_equal_nocase(json_text(user, "email"), str_from_cstr(name)))
            *ret_id = arena_copy(&invocation->arena, json_text(user, "id"));
    }
    list_free(&list);
    if (!str_is_absent(*ret_id)) return EXIT_OK;
    return complain(invocation, EXIT_NOT_FOUND, "there is no user %s", name);
}

static int report_user(const struct invocation *invocation, const struct reply *reply,
                       const char *what) {
    if (invocation->json && reply->json != NULL)
        print_json_text(buf_str(&reply->body));
    else if (!invocation->json) {
        (void)printf("%s ", what);
        print_visible(str_from_cstr(invocation->arguments[0]), VISIBLE_ONE_LINE);
        (void)putchar('\n');
    }
    return EXIT_OK;
}

/* One request about the user of the first argument. */
static int change_user(struct invocation *invocation, const char *method, const char *rest,
                       const json_t *body, const char *what) {
    int code;
    struct str id;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = user_find(client, &id);
    if (code == EXIT_OK) {
        struct reply reply;
        struct str path = arena_printf(&invocation->arena, USERS "/%.*s%s", STR_ARG(id), rest);
        code = client_send(client, method, path, body, &reply);
        if (code == EXIT_OK) code = report_user(invocation, &reply, what);
        reply_free(&reply);
    }
    client_close(client);
    return code;
}

int cli_user_delete(struct invocation *invocation) {
    return change_user(invocation, "DELETE", "", NULL, "deleted");
}

int cli_user_lock(struct invocation *invocation) {
    return change_user(invocation, "POST", "/lock", NULL, "locked");
}

int cli_user_unlock(struct invocation *invocation) {
    return change_user(invocation, "POST", "/unlock", NULL, "unlocked");
}

int cli_user_role(struct invocation *invocation) {
    json_t *body = json_pack("{s:[s]}", "roles", invocation->arguments[1]);
    int code = change_user(invocation, "PUT", "/roles", body, "set the role of");
    json_decref(body);
    return code;
}

/* jansson frees without wiping; the text made from it is wiped here, the copy inside is
 * short-lived. */
static int send_secret(struct client *client, struct str path, json_t *body, struct reply *reply) {
    char *text = json_dumps(body, JSON_COMPACT);
    struct call call = {.method = "POST", .path = path, .body = str_from_cstr(text)};
    int code = client_call(client, &call, reply);
    if (text != NULL) sodium_memzero(text, strlen(text));
    free(text);
    return code;
}

int cli_user_password(struct invocation *invocation) {
    int code;
    char *password = NULL;
    struct str id;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = user_find(client, &id);
    if (code == EXIT_OK) code = input_password(invocation, true, &password);
    if (code == EXIT_OK) {
        struct reply reply;
        json_t *body = json_pack("{s:s}", "password", password);
        struct str path =
            arena_printf(&invocation->arena, USERS "/%.*s/reset-password", STR_ARG(id));
        code = send_secret(client, path, body, &reply);
        if (code == EXIT_OK) code = report_user(invocation, &reply, "set the password of");
        json_decref(body);
        reply_free(&reply);
    }
    input_wipe(password);
    client_close(client);
    return code;
}

int cli_user_create(struct invocation *invocation) {
    int code;
    char *password = NULL;
    const char *role = option_value(invocation, "--role");
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = input_password(invocation, true, &password);
    if (code == EXIT_OK) {
        struct reply reply;
        json_t *body = json_pack("{s:s, s:s, s:[s]}", "email", invocation->arguments[0], "password",
                                 password, "roles", role != NULL ? role : "User");
        code = send_secret(client, STR(USERS), body, &reply);
        if (code == EXIT_OK) code = report_user(invocation, &reply, "added");
        json_decref(body);
        reply_free(&reply);
    }
    input_wipe(password);
    client_close(client);
    return code;
}

/* ---- tokens ---- */

static void print_tokens(const struct invocation *invocation, const json_t *tokens) {
    struct table *table = table_new();
    struct utc now = clock_now(invocation->clock);
    table_column(table, "NAME", TABLE_SHRINKS);
    table_column(table, "BEGINS", TABLE_LEFT);
    table_column(table, "ROLE", TABLE_LEFT);
    table_column(table, "STATE", TABLE_LEFT);
    table_column(table, "EXPIRES", TABLE_LEFT);
    table_column(table, "LAST USED", TABLE_LEFT);
    table_column(table, "ID", TABLE_LEFT);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        const json_t *token = json_array_get(tokens, i);
        struct utc expires = utc_of_json(json_object_get(token, "expiresAt"));
        bool revoked = json_is_string(json_object_get(token, "revokedAt"));
        bool expired = !utc_is_none(expires) && !utc_before(now, expires);
        table_cell(table, STYLE_NONE, json_text(token, "name"));
        table_cell(table, STYLE_NONE, json_text(token, "prefix"));
        table_cell(table, STYLE_NONE, json_text(token, "role"));
        table_cell(table, revoked || expired ? STYLE_DIM : STYLE_GOOD,
                   revoked   ? STR("revoked")
                   : expired ? STR("expired")
                             : STR("valid"));
        put_time_cell(table, invocation, token, "expiresAt");
        put_time_cell(table, invocation, token, "lastUsedAt");
        table_cell(table, STYLE_DIM, json_text(token, "id"));
    }
    table_print(table, stdout);
}

int cli_token_list(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = client_get(client, STR(TOKENS), &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_tokens(invocation, reply.json);
    reply_free(&reply);
    client_close(client);
    return code;
}

int cli_token_create(struct invocation *invocation) {
    int code;
    struct str expires;
    struct reply reply;
    const char *role = option_value(invocation, "--role");
    if (!option_time(invocation, "--expires", &expires)) return EXIT_USAGE;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    json_t *body = json_pack("{s:s}", "name", invocation->arguments[0]);
    if (role != NULL) (void)json_object_set_new(body, "role", json_string(role));
    if (!str_is_absent(expires))
        (void)json_object_set_new(body, "expiresAt", json_string(expires.ptr));
    code = body != NULL ? client_send(client, "POST", STR(TOKENS), body, &reply)
                        : complain(invocation, EXIT_USAGE, "the name is not UTF-8");
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        (void)printf("%.*s\n", STR_ARG(json_text(reply.json, "token")));
    if (body != NULL) reply_free(&reply);
    json_decref(body);
    client_close(client);
    return code;
}

static int token_find(struct client *client, struct str *ret_id) {
    struct invocation *invocation = client_invocation(client);
    struct str wanted = str_from_cstr(invocation->arguments[0]);
    struct reply reply;
    size_t found = 0;
    char id[37];
    if (id_parse(invocation->arguments[0], id)) {
        *ret_id = arena_copy(&invocation->arena, str_from_cstr(id));
        return EXIT_OK;
    }
    int code = client_get(client, STR(TOKENS), &reply);
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(reply.json); i++) {
        const json_t *token = json_array_get(reply.json, i);
        bool revoked = json_is_string(json_object_get(token, "revokedAt"));
        if (revoked || !str_equal(json_text(token, "name"), wanted)) continue;
        *ret_id = arena_copy(&invocation->arena, json_text(token, "id"));
        found++;
    }
    reply_free(&reply);
    if (code != EXIT_OK || found == 1) return code;
    if (found == 0)
        return complain(invocation, EXIT_NOT_FOUND, "you have no valid token named %s",
                        invocation->arguments[0]);
    return complain(invocation, EXIT_CONFLICT, "you have %zu tokens named %s; give the id of one",
                    found, invocation->arguments[0]);
}

int cli_token_revoke(struct invocation *invocation) {
    int code;
    struct str id;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    code = token_find(client, &id);
    if (code == EXIT_OK) {
        struct reply reply;
        struct str path = arena_printf(&invocation->arena, TOKENS "/%.*s", STR_ARG(id));
        code = client_send(client, "DELETE", path, NULL, &reply);
        if (code == EXIT_OK) code = report_user(invocation, &reply, "revoked");
        reply_free(&reply);
    }
    client_close(client);
    return code;
}
