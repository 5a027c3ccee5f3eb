/* login.c - `alphabet login` and `alphabet logout`. */
#include "cli/client.h"
#include "cli/input.h"
#include "cli/output.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int log_in(struct client *client, struct str email, const char *password) {
    struct invocation *invocation = client_invocation(client);
    json_t *body = json_pack("{s:s%, s:s}", "email", email.ptr, email.len, "password", password);
    if (body == NULL)
        return complain(invocation, EXIT_USAGE, "the e-mail address or password is not UTF-8");
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    struct call call = {.method = "POST",
                        .path = STR("/api/v1/auth/login"),
                        .body = str_from_cstr(text),
                        .without_token = true};
    struct reply reply;
    struct err err = ERR_INIT;
    int code = client_call(client, &call, &reply);
    sodium_memzero(text, strlen(text));
    free(text);
    char *name = xstr_dup(email);
    if (code == EXIT_OK && !client_remember(client, name, reply.json, &err))
        code = complain(invocation, EXIT_FAILED, "%s", err.msg);
    if (code == EXIT_OK) {
        (void)printf("logged in at %s as ", client_server(client));
        print_visible(email, VISIBLE_ONE_LINE);
        (void)putchar('\n');
    }
    free(name);
    if (reply.body.ptr != NULL) sodium_memzero(reply.body.ptr, reply.body.cap);
    reply_free(&reply);
    return code;
}

int cli_login(struct invocation *invocation) {
    int code;
    char *password = NULL;
    struct str email = STR_NONE;
    struct client *client = client_open_without_login(invocation, &code);
    if (client == NULL) return code;
    if (invocation->argument_count > 0)
        email = str_from_cstr(invocation->arguments[0]);
    else
        code = input_ask(invocation, "E-mail: ", "say who: alphabet login EMAIL", &email);
    if (code == EXIT_OK) code = input_password(invocation, false, &password);
    if (code == EXIT_OK) code = log_in(client, email, password);
    input_wipe(password);
    client_close(client);
    return code;
}

int cli_logout(struct invocation *invocation) {
    int code;
    struct reply reply;
    struct err err = ERR_INIT;
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    if (!client_uses_login(client)) {
        code = complain(invocation, EXIT_NOT_ALLOWED, "nobody is logged in at %s",
                        client_server(client));
        client_close(client);
        return code;
    }
    code = client_send(client, "POST", STR("/api/v1/auth/logout"), NULL, &reply);
    reply_free(&reply);
    /* A login that the server knows no more is over, and only has to be forgotten. */
    if (code == EXIT_OK || code == EXIT_NOT_ALLOWED) {
        code = client_forget(client, &err) ? EXIT_OK
                                           : complain(invocation, EXIT_FAILED, "%s", err.msg);
        if (code == EXIT_OK) (void)printf("logged out at %s\n", client_server(client));
    }
    client_close(client);
    return code;
}
