/* metric_text.h - the text that Prometheus reads.
 *
 *     metric_family(out, "alphabet_workers", "gauge", "Executions that may run at once.");
 *     metric_i64(out, "alphabet_workers", NULL, 0, 5);
 *
 *     const struct metric_label labels[] = {{"queue", name}};
 *     metric_i64(out, "alphabet_queue_pending", labels, 1, 12);
 *
 * A family is begun once, and its samples follow it.
 *
 *   Owns:   nothing.   Threads: one at a time.   Units: seconds and bytes in what is read.
 *   Errors: none; values of labels are escaped, and repaired when they are not UTF-8.
 *   Source: the exposition format 0.0.4 of Prometheus.
 */
#ifndef ALPHABET_API_METRIC_TEXT_H
#define ALPHABET_API_METRIC_TEXT_H

#include "base/buf.h"
#include "base/histogram.h"
#include "base/str.h"

#define METRIC_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metric_label {
    const char *name;
    struct str value;
};

void metric_family(struct buf *out, const char *name, const char *type, const char *help);
void metric_i64(struct buf *out, const char *name, const struct metric_label *labels, size_t count,
                int64_t value);
/* Microseconds, written as seconds. */
void metric_seconds(struct buf *out, const char *name, const struct metric_label *labels,
                    size_t count, int64_t us);
/* Buckets, sum and count. `in_seconds`: the histogram is one of microseconds. */
void metric_histogram(struct buf *out, const char *name, const struct metric_label *labels,
                      size_t count, const struct histogram *histogram, bool in_seconds);

#endif
