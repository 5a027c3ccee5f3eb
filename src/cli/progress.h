/* progress.h - how far long work has come, for somebody who watches.
 *
 *     struct progress progress = progress_begin(invocation, "creating");
 *     progress_show(&progress, done, total);              // as often as you like
 *     progress_end(&progress);                            // leaves nothing on the screen
 *
 *   Owns:    nothing.   Threads: main only.   Errors: none.
 *   Shown on standard error when that is a terminal, and only after half a second.
 */
#ifndef ALPHABET_CLI_PROGRESS_H
#define ALPHABET_CLI_PROGRESS_H

#include "cli/arguments.h"

struct progress {
    const struct clock *clock;
    const char *what;
    struct mono next; // when it is drawn again
    bool wanted, drawn;
};

struct progress progress_begin(const struct invocation *invocation, const char *what);
void progress_show(struct progress *progress, int64_t done, int64_t total);
void progress_end(struct progress *progress);

#endif
