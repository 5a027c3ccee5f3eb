/* response.h - what a handler answers.
 *
 *     struct json_writer w = respond_json_begin(response, 200);
 *     job_write(&w, &job);                                         // straight into the answer
 *
 *     respond_empty(response, 204);
 *     response_header(response, "Location", location);
 *
 * The server adds X-Request-Id and the security headers to every answer. The last respond_ call
 * wins; a handler that answers nothing gives a 500.
 *
 *   Owns:    the response owns its body (struct buf is taken over) until the server sends it;
 *            header values and texts are copied into the request's arena.
 *   Threads: the one that runs the handler.
 *   Errors:  a header name or value that could break out of its line (CR, LF, NUL, any control
 *            character) is refused: response_header returns false and nothing is added.
 */
#ifndef ALPHABET_HTTP_RESPONSE_H
#define ALPHABET_HTTP_RESPONSE_H

#include "base/buf.h"
#include "base/json_write.h"
#include "base/mem.h"

struct sse_stream;

enum { RESPONSE_MAX_HEADERS = 24 };

struct response_header {
    const char *name; // NUL-terminated, as MHD wants both
    const char *value;
};

/* Gives the next bytes of a long answer: at most `size` into out, 0 at the end, -1 to break off.
 * Runs on the serving thread: it must be as quick as a quick handler. */
typedef long response_reader(void *context, char *out, size_t size);

struct http_response {
    int status;               // 0 = not answered yet
    const char *content_type; // NULL = none
    struct buf body;
    struct str fixed_body; // instead of body: bytes that outlive the server
    response_reader *read; // instead of a body: pulled piece by piece
    void (*read_done)(void *context);
    void *read_context;
    struct sse_stream *stream; // instead of a body: server-sent events
    struct response_header headers[RESPONSE_MAX_HEADERS];
    size_t header_count;
    bool close; // close the connection behind this answer
    struct arena *arena;
};

/* `response` is the answer's own buffer: the writer may be used until the handler returns. */
struct json_writer respond_json_begin(struct http_response *response, int status);
/* Takes the body over and leaves `body` empty. */
void respond_json(struct http_response *response, int status, struct buf *body);
void respond_bytes(struct http_response *response, int status, const char *content_type,
                   struct buf *body);
void respond_text(struct http_response *response, int status, struct str text); // UTF-8, copied
void respond_empty(struct http_response *response, int status);
/* Bytes that are there as long as the program, such as an embedded file. Nothing is copied. */
void respond_fixed(struct http_response *response, int status, const char *content_type,
                   struct str bytes);
/* A body of unknown length. `done` (may be NULL) is called once, whatever happens. */
void respond_stream(struct http_response *response, int status, const char *content_type,
                    response_reader *read, void (*done)(void *context), void *context);

/* Adds a header; one of the same name is replaced, except Set-Cookie. */
bool response_header(struct http_response *response, const char *name, struct str value);
bool response_header_i64(struct http_response *response, const char *name, int64_t value);
/* ETag: "tag", in quotes. */
bool response_etag(struct http_response *response, struct str tag);

/* Forgets what was answered so far and frees it; headers too. */
void response_clear(struct http_response *response);

/* True when the value of If-Match or If-None-Match names the tag (given without quotes) or is `*`.
 * Weak tags match only for If-None-Match (`weak`). An absent value is false. */
bool etag_listed(struct str header_value, struct str tag, bool weak);

#endif
