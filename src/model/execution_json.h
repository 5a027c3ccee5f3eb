/* execution_json.h - an execution as JSON, every field of SPEC "Execution".
 *
 *     execution_to_json(&writer, &execution);
 *
 * completedAt is also written as endedAt; duration and durationMs are null until it has ended;
 * output stands there only when the execution was read with it.
 *
 *   Owns: nothing.   Threads: pure.   Errors: none; text that is not UTF-8 is repaired.
 */
#ifndef ALPHABET_MODEL_EXECUTION_JSON_H
#define ALPHABET_MODEL_EXECUTION_JSON_H

#include "base/json_write.h"
#include "model/execution.h"

void execution_to_json(struct json_writer *w, const struct execution *execution);
/* With retryIds: the attempts that name this one as their retryParentId, oldest first. */
void execution_to_json_with_retries(struct json_writer *w, const struct execution *execution,
                                    const struct execution *retries, size_t retry_count);
/* "00:00:01.234", and "1.02:03:04.567" from one day on; negative lengths count as zero. */
void buf_put_duration(struct buf *buf, struct span length);

#endif
