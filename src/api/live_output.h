/* live_output.h - what running executions have put out so far, for those who follow them.
 *
 *     live_output_add(live, execution_id, more);                  // as it comes
 *     if (live_output_read(live, execution_id, arena, &tail)) ... // tail.text begins at tail.start
 *     live_output_end(live, execution_id);                        // the record has it now
 *
 * The record of an execution gets its output at the end. Until then the last LIVE_OUTPUT_BYTES of
 * it are here, of at most LIVE_OUTPUTS executions; beyond that the one that was heard of least
 * recently is forgotten.
 *
 *   Owns:    copies of the output.   Threads: any.   Units: bytes.   Errors: none.
 */
#ifndef ALPHABET_API_LIVE_OUTPUT_H
#define ALPHABET_API_LIVE_OUTPUT_H

#include "base/guid.h"
#include "base/mem.h"

enum { LIVE_OUTPUT_BYTES = 64 * 1024, LIVE_OUTPUTS = 256 };

struct live_output;

struct live_tail {
    struct str text;
    int64_t start; // how many bytes came before it
};

struct live_output *live_output_new(void);
void live_output_free(struct live_output *live); // NULL is fine
void live_output_add(struct live_output *live, struct guid execution_id, struct str more);
/* False when nothing is there. */
bool live_output_read(struct live_output *live, struct guid execution_id, struct arena *arena,
                      struct live_tail *ret);
void live_output_end(struct live_output *live, struct guid execution_id);

#endif
