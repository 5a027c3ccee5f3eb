/* client.h - the command line's HTTP client: one server, one login, complaints for people.
 *
 *     int code;
 *     struct client *client = client_open(invocation, &code);     // NULL: complained, leave with
 * code struct reply reply; code = client_get(client, STR("/api/v1/scheduler/jobs"), &reply); if
 * (code == EXIT_OK) … reply.json … reply_free(&reply); client_close(client);
 *
 * The server is --server, else ALPHABET_SERVER, else the one that was logged in to last, else
 * http://127.0.0.1:8080. The token is that of --token-file, else ALPHABET_TOKEN, else the login of
 * that server, which is renewed when it is about to end; several processes may do so at once. A
 * token is sent to no other server than the one it belongs to, never printed, and never over plain
 * HTTP to another machine unless --allow-plain-http says so.
 *
 *   Owns:    client_close, reply_free.   Threads: main only.   Units: --timeout in seconds.
 *   Errors:  an exit code; everything but EXIT_OK has been complained about. Problem documents are
 *            printed with every fault in a line of its own.
 */
#ifndef ALPHABET_CLI_CLIENT_H
#define ALPHABET_CLI_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/arguments.h"

#include <jansson.h>

#define V1 "/api/v1/scheduler"

struct client;

struct call {
    const char *method;
    struct str path;      // with its query
    struct str body;      // JSON; absent = none
    const char *accept;   // NULL: application/json
    const char *if_match; // NULL: none
    bool quiet;           // the caller tells what was wrong
    bool endless;         // no deadline but silence, for streams
    bool without_token;   // for logging in
    /* Gets the body of a good answer piece by piece instead of reply.body; false ends it. */
    bool (*sink)(void *context, struct str piece);
    void *context;
};

struct reply {
    long status; // 0: there was no answer
    struct buf body;
    json_t *json;       // NULL when the body is none
    struct buf headers; // "Name: value" and a line break each
};

struct client *client_open(struct invocation *invocation, int *ret_code);
/* The same for logging in: no token is looked for. */
struct client *client_open_without_login(struct invocation *invocation, int *ret_code);
void client_close(struct client *client); // NULL is fine
const char *client_server(const struct client *client);
struct invocation *client_invocation(const struct client *client);

WARN_UNUSED int client_call(struct client *client, const struct call *call, struct reply *ret);
WARN_UNUSED int client_get(struct client *client, struct str path, struct reply *ret);
/* With a body that is a JSON value; NULL: none. */
WARN_UNUSED int client_send(struct client *client, const char *method, struct str path,
                            const json_t *body, struct reply *ret);
void reply_free(struct reply *reply);
/* A header of the answer; absent when it has none. A view into it. */
struct str reply_header(const struct reply *reply, struct str name);

/* Is the saved login of this server in use (and not a token that was given)? */
bool client_uses_login(const struct client *client);
/* Takes the tokens of a login or renewal into the credentials file. */
WARN_UNUSED bool client_remember(struct client *client, const char *email, const json_t *tokens,
                                 struct err *err);
/* Takes them away again. */
WARN_UNUSED bool client_forget(struct client *client, struct err *err);

/* Puts "/segment", percent-encoded. */
void path_put_segment(struct buf *path, struct str segment);
/* Puts "?name=value" or "&name=value"; nothing when value is absent. */
void path_put_query(struct buf *path, const char *name, struct str value);
void path_put_number(struct buf *path, const char *name, int64_t value);

/* A member of a JSON object as a text; absent when there is none. */
struct str json_text(const json_t *object, const char *name);
int64_t json_number(const json_t *object, const char *name);

#endif
