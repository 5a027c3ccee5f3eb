/* curl_loop.h - libcurl's multi interface on a libuv loop: any number of transfers, no thread.
 *
 *     struct curl_loop *curls = curl_loop_new(loop, &callbacks, &err);
 *     curl_loop_prepare_easy(curls, easy);       // once a handle
 *     curl_loop_add(curls, easy);                // later: callbacks.done(context, easy, code)
 *     curl_loop_remove(curls, easy);             // ends it now, its connection is closed
 *     curl_loop_free(curls);
 *
 *   Owns:    the multi handle and its connections; easy handles are the caller's. After
 *            curl_loop_free the loop must run once more before it is closed (libuv closes handles
 *            from the loop).
 *   Threads: the loop's thread only.
 *   Errors:  curl_loop_new: INTERNAL, when the system has no descriptor left.
 *   Order:   libcurl forbids adding and removing from inside its callbacks; curl_loop_is_inside
 *            tells, and callbacks.settle is called, outside, whenever libcurl has done a piece of
 *            work. The multi handle is made with the first transfer: a server without HTTP jobs
 *            pays nothing for it.
 */
#ifndef ALPHABET_HANDLERS_CURL_LOOP_H
#define ALPHABET_HANDLERS_CURL_LOOP_H

#include "base/err.h"

#include <curl/curl.h>
#include <uv.h>

struct curl_loop;

struct curl_loop_callbacks {
    void (*done)(void *context, CURL *easy, CURLcode code); // it is removed already
    void (*settle)(void *context);
    void *context;
};

WARN_UNUSED struct curl_loop *
curl_loop_new(uv_loop_t *loop, const struct curl_loop_callbacks *callbacks, struct err *err);
/* No transfer is live any more. */
void curl_loop_free(struct curl_loop *curls);

/* Makes the sockets of this handle close through the loop; it must open them with
 * curl_loop_socket. */
void curl_loop_prepare_easy(struct curl_loop *curls, CURL *easy);
/* A socket for CURLOPT_OPENSOCKETFUNCTION; CURL_SOCKET_BAD when there is none. */
curl_socket_t curl_loop_socket(struct curl_loop *curls, const struct curl_sockaddr *address);
void curl_loop_add(struct curl_loop *curls, CURL *easy);
void curl_loop_remove(struct curl_loop *curls, CURL *easy);
bool curl_loop_is_inside(const struct curl_loop *curls);
/* Calls settle on the next turn of the loop. */
void curl_loop_wake(struct curl_loop *curls);

#endif
