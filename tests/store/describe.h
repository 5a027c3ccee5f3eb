/* describe.h - answers of a store as text, one line each, so that two stores can be compared and a
 * difference can be read.
 *
 * Rows are left out, for a store may number as it likes; of fences only their order counts, so a
 * fence is told by its rank in the list.
 *
 *   Owns: nothing; everything is put into the buffer.
 */
#ifndef ALPHABET_TESTS_STORE_DESCRIBE_H
#define ALPHABET_TESTS_STORE_DESCRIBE_H

#include "base/buf.h"
#include "store/store.h"

void describe_err(struct buf *out, const struct err *err); // its kind; messages may differ
void describe_durations(struct buf *out, const struct durations *durations); // no line of its own
void describe_job(struct buf *out, const struct job *job);
void describe_jobs(struct buf *out, const struct job_page *page);
void describe_executions(struct buf *out, const struct execution *items, size_t count);
void describe_skips(struct buf *out, const struct skip_range *items, size_t count);
void describe_nodes(struct buf *out, const struct node *items, size_t count);
void describe_audit(struct buf *out, const struct audit_entry *items, size_t count);
void describe_user(struct buf *out, const struct user *user);
void describe_refresh(struct buf *out, const struct refresh_token *token);
void describe_tokens(struct buf *out, const struct access_token *items, size_t count);
void describe_idempotency(struct buf *out, const struct idempotency *entry);
void describe_totals(struct buf *out, const struct totals *totals);
void describe_queues(struct buf *out, const struct queue_figures *items, size_t count);
void describe_waiting(struct buf *out, const struct waiting_run *items, size_t count);
void describe_job_end(struct buf *out, const struct job_end *end);
void describe_workflow(struct buf *out, const struct workflow *workflow);
void describe_run(struct buf *out, const struct workflow_run *run);
void describe_steps(struct buf *out, const struct workflow_step *items, size_t count);
void describe_timeline(struct buf *out, const struct timeline_bucket *items, size_t count);

#endif
