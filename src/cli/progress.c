/* progress.c - see progress.h. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { FIRST_AFTER_MS = 500, AGAIN_AFTER_MS = 100, BAR = 30 };

struct progress progress_begin(const struct invocation *invocation, const char *what) {
    struct mono now = clock_mono(invocation->clock);
    return (struct progress){
        .clock = invocation->clock,
        .what = what,
        .next = mono_add(now, span_ms(FIRST_AFTER_MS)),
        .wanted = isatty(STDERR_FILENO),
    };
}

void progress_show(struct progress *progress, int64_t done, int64_t total) {
    if (!progress->wanted || total <= 0 || done > total) return;
    struct mono now = clock_mono(progress->clock);
    if (mono_before(now, progress->next)) return;
    progress->next = mono_add(now, span_ms(AGAIN_AFTER_MS));
    progress->drawn = true;
    char bar[BAR + 1];
    int filled = (int)(done * BAR / total);
    for (int i = 0; i < BAR; i++) bar[i] = i < filled ? '#' : '.';
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\r%s [%s] %lld of %lld ", progress->what, bar, (long long)done,
                  (long long)total);
}

void progress_end(struct progress *progress) {
    if (progress->drawn) (void)fputs("\r\x1b[K", stderr);
    progress->drawn = false;
}
