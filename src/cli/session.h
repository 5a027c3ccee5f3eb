/* session.h - which server, and by whose token.
 *
 *   Owns:    session_free wipes and frees all.   Threads: main only.
 *   Errors:  an exit code after a complaint.
 */
#ifndef ALPHABET_CLI_SESSION_H
#define ALPHABET_CLI_SESSION_H

#include "cli/arguments.h"

#include <jansson.h>

enum token_source { TOKEN_NONE, TOKEN_GIVEN, TOKEN_OF_LOGIN };

struct session {
    char *server; // without a slash at its end
    bool is_loopback;
    enum token_source source;
    char *token;
    char *refresh_token;   // TOKEN_OF_LOGIN
    struct utc expires_at; // TOKEN_OF_LOGIN
};

WARN_UNUSED int session_open(struct invocation *invocation, bool with_token, struct session *ret);
/* Takes the tokens of an entry of the credentials file. */
void session_take(struct session *session, const json_t *entry);
void session_free(struct session *session);

#endif
