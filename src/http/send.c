/* send.c - see send.h. */
#include "http/send.h"

#include "http/problem.h"
#include "http/sse_stream.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MAX_STANDARD_HEADERS = 12, STREAM_BLOCK = 32 * 1024 };

struct standard {
    struct response_header items[MAX_STANDARD_HEADERS];
    size_t count;
};

static void put(struct standard *standard, const struct http_response *response, const char *name,
                const char *value) {
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0) return; // the handler knows better
    standard->items[standard->count++] = (struct response_header){name, value};
}

static void standard_headers(const struct exchange *exchange, struct standard *out) {
    const struct http_response *response = &exchange->response;
    unsigned flags = exchange->request.route ? exchange->request.route->flags : 0;
    out->count = 0;
    put(out, response, "X-Request-Id", exchange->request.id.ptr);
    if (response->content_type) put(out, response, "Content-Type", response->content_type);
    put(out, response, "X-Content-Type-Options", "nosniff");
    put(out, response, "Referrer-Policy", "no-referrer");
    if (!(flags & HTTP_PAGE))
        put(out, response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    put(out, response, "Cross-Origin-Opener-Policy", "same-origin");
    put(out, response, "Cross-Origin-Resource-Policy", "same-origin");
    if (!(flags & HTTP_CACHEABLE) || response->status >= 400)
        put(out, response, "Cache-Control", "no-store");
    if (exchange->connection->server->tls)
        put(out, response, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    if (response->close) put(out, response, "Connection", "close");
}

struct stream_reader {
    struct connection *connection;
    response_reader *read;
    void (*done)(void *context);
    void *context;
};

static ssize_t reader_read(void *context, uint64_t position, char *out, size_t max) {
    (void)position;
    struct stream_reader *reader = context;
    struct http_server *server = reader->connection->server;
    /* The client has taken the piece before: from here it has its time for this one. */
    connection_set_deadline(reader->connection, clock_mono(server->clock), server->request_timeout,
                            max);
    long count = reader->read(reader->context, out, max);
    if (count > 0) return (ssize_t)count;
    return count == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void reader_free(void *context) {
    struct stream_reader *reader = context;
    if (reader->done) reader->done(reader->context);
    free(reader);
}

static struct MHD_Response *make_reader(struct connection *connection,
                                        struct http_response *response) {
    struct stream_reader *reader = xmalloc(sizeof *reader);
    *reader = (struct stream_reader){connection, response->read, response->read_done,
                                     response->read_context};
    response->read = NULL;
    response->read_done = NULL;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, reader_read, reader,
                                             reader_free);
}

static struct MHD_Response *make_response(struct connection *connection,
                                          struct http_response *response) {
    if (response->stream) {
        struct sse_stream *stream = response->stream;
        response->stream = NULL;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, sse_stream_read,
                                                 stream, sse_stream_free);
    }
    if (response->read) return make_reader(connection, response);
    if (response->fixed_body.len) {
        /* The parameter is not const, but MHD_RESPMEM_PERSISTENT is only read. */
        void *bytes = (void *)(uintptr_t)response->fixed_body.ptr;
        return MHD_create_response_from_buffer(response->fixed_body.len, bytes,
                                               MHD_RESPMEM_PERSISTENT);
    }
    size_t size = response->body.len;
    if (size == 0) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer(size, buf_take(&response->body), MHD_RESPMEM_MUST_FREE);
}

enum MHD_Result send_response(struct exchange *exchange) {
    struct http_response *response = &exchange->response;
    struct connection *connection = exchange->connection;
    struct http_server *server = connection->server;
    bool endless = response->stream != NULL;
    size_t size = response->fixed_body.len ? response->fixed_body.len : response->body.len;
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed)) response->close = true;
    struct MHD_Response *made = make_response(connection, response);
    if (made == NULL) return MHD_NO;
    struct standard standard;
    standard_headers(exchange, &standard);
    enum MHD_Result ok = MHD_YES;
    for (size_t i = 0; i < standard.count && ok == MHD_YES; i++)
        ok = MHD_add_response_header(made, standard.items[i].name, standard.items[i].value);
    for (size_t i = 0; i < response->header_count && ok == MHD_YES; i++)
        ok = MHD_add_response_header(made, response->headers[i].name, response->headers[i].value);
    if (endless) {
        atomic_store(&connection->deadline_us, NO_DEADLINE);
    } else {
        connection_set_deadline(connection, clock_mono(server->clock), server->request_timeout,
                                size);
    }
    exchange->state = EXCHANGE_ANSWERED;
    if (ok == MHD_YES) ok = MHD_queue_response(exchange->mhd, (unsigned)response->status, made);
    if (ok == MHD_YES) exchange->sent_status = response->status;
    MHD_destroy_response(made);
    return ok;
}

void send_raw(struct exchange *exchange) {
    struct http_response *response = &exchange->response;
    struct standard standard;
    struct buf out = buf_with_max(0);
    response->close = true;
    standard_headers(exchange, &standard);
    buf_printf(&out, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", response->status,
               http_reason(response->status), response->body.len);
    for (size_t i = 0; i < standard.count; i++)
        buf_printf(&out, "%s: %s\r\n", standard.items[i].name, standard.items[i].value);
    for (size_t i = 0; i < response->header_count; i++)
        buf_printf(&out, "%s: %s\r\n", response->headers[i].name, response->headers[i].value);
    buf_put(&out, STR("\r\n"));
    buf_put(&out, buf_str(&response->body));
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    /* Best effort: the socket's buffer is empty, as nothing was answered yet. */
    if (tls && tls->tls_session) {
        (void)gnutls_record_send(tls->tls_session, out.ptr, out.len);
    } else {
        (void)send(exchange->connection->fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    exchange->sent_status = response->status;
    buf_free(&out);
}
