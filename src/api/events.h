/* events.h - the feed of GET /events: what changes, as it changes, to everyone who listens.
 *
 *     feed_execution(feed, &event);                    // an execution changed its state, or told
 *                                                      // its progress
 *     feed_run(feed, &event);                          // a workflow run did
 *     feed_job(feed, job_id, STR("job.pause"), now);   // by its action in the audit
 *     feed_tick(feed, paused);                         // every STREAMS_TICK_MS while anybody
 * listens
 *
 * Up to FEED_SINGLES changes of a kind in a window of STREAMS_TICK_MS are told one by one; what is
 * more is counted, and told as one event at the end of the window with the latest FEED_LATEST. A
 * window after one that was full counts from its beginning.
 *
 *   Owns:    nothing of the streams.   Threads: any; see the lock order in streams.h.
 *   Errors:  none. Nothing is kept for who was not there: the feed says that something changed, and
 *            the API says what it is now.
 */
#ifndef ALPHABET_API_EVENTS_H
#define ALPHABET_API_EVENTS_H

#include "api/streams.h"
#include "base/clock.h"
#include "engine/engine.h"

enum { FEED_SINGLES = 25, FEED_LATEST = 10 };

struct feed;
struct feed *feed_new(struct streams *streams, const struct clock *clock);
void feed_free(struct feed *feed); // NULL is fine
void feed_execution(struct feed *feed, const struct engine_event *event);
void feed_run(struct feed *feed, const struct engine_run_event *event); // of a workflow
/* `action` as in the audit; one that is none of a job's is passed over. */
void feed_job(struct feed *feed, struct guid job_id, struct str action, struct utc at);
void feed_tick(struct feed *feed, bool paused);

#endif
