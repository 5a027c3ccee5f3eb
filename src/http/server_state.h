/* server_state.h - what a running server is made of; for the files of this folder only.
 *
 *   Owns:    everything it points to but the router and the clock.
 *   Threads: immutable after start, except for what says otherwise.
 */
#ifndef ALPHABET_HTTP_SERVER_STATE_H
#define ALPHABET_HTTP_SERVER_STATE_H

#include "http/address.h"
#include "http/cors.h"
#include "http/keeper.h"
#include "http/rate.h"
#include "http/server.h"
#include "http/workers.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct http_server {
    struct MHD_Daemon *daemon;
    const struct http_router *router;
    const struct clock *clock;
    http_before *before;
    http_done_hook *done;
    void *context;
    struct address_list *proxies;
    struct cors *cors;
    struct rate *rate; // NULL = no limit
    char **hosts;      // NULL-terminated; NULL = any
    struct workers *workers;
    unsigned header_timeout;
    unsigned request_timeout;
    unsigned stop_grace;
    size_t max_body;
    uint16_t port;
    bool tls;
    bool strict_layout; // this libmicrohttpd leaves the headers where check.h can see line ends

    struct keeper keeper; // has a lock of its own
    struct sse_hub hub;   // has a lock of its own
    _Atomic bool stopping;
    _Atomic unsigned large_bodies; // requests that hold, or wait for, a place for one
    _Atomic unsigned active;       // requests between their headers and the end of their answer
    pthread_t starter;             // the thread that started the server
    char complaint[256];           // libmicrohttpd's last one to it; starter alone
};

#endif
