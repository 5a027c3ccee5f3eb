/* send.h - a response becomes bytes, with the headers that every answer has.
 *
 *   Owns:    takes the response's body over.   Threads: the serving thread of the connection.
 *   Errors:  MHD_NO when libmicrohttpd refuses; the connection then breaks.
 */
#ifndef ALPHABET_HTTP_SEND_H
#define ALPHABET_HTTP_SEND_H

#include "http/connection.h"

enum MHD_Result send_response(struct exchange *exchange);
/* Writes the answer straight to the socket, for the one place where libmicrohttpd takes none: in
 * the middle of a body. The connection must be closed after it. */
void send_raw(struct exchange *exchange);

#endif
