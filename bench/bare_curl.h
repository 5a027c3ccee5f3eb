/* bare_curl.h - the yardstick for outgoing calls: a local target, and libcurl with nothing on top.
 *
 *     pid_t target = bare_target_start(url, sizeof url);
 *     int failed = bare_curl_run(url, 60000, 64);
 *     bare_target_stop(target);
 *
 * The target is a child process that answers each request with "ok" and keeps connections open. The
 * bare program does nothing but use its easy handles again in a multi loop on epoll.
 *
 *   Owns:    the target lives until bare_target_stop or the end of the thread that started it.
 *   Threads: one.   Errors: a target or a loop that cannot be made ends the program.
 */
#ifndef ALPHABET_BENCH_BARE_CURL_H
#define ALPHABET_BENCH_BARE_CURL_H

#include <stddef.h>
#include <sys/types.h>

/* Before any thread is made. Writes its URL, "http://127.0.0.1:PORT/". */
pid_t bare_target_start(char *url, size_t size);
void bare_target_stop(pid_t target);
/* Makes `calls` GETs, `in_flight` at a time; returns how many failed. After curl_global_init. */
int bare_curl_run(const char *url, int calls, int in_flight);

#endif
