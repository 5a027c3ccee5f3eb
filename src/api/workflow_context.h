/* workflow_context.h - what workflows.c and workflow_runs.c share.
 *
 *   Owns, Threads, Errors: as context.h says.
 */
#ifndef ALPHABET_API_WORKFLOW_CONTEXT_H
#define ALPHABET_API_WORKFLOW_CONTEXT_H

#include "api/context.h"
#include "model/workflow_json.h"

/* A change of one workflow by one request. */
struct workflow_change {
    const char *action;
    struct api *api;
    struct http_request *request;
    struct http_response *response;
    struct utc now;
    struct workflow before;
    struct workflow_definition after;
};

/* A workflow that is not deleted, with the transaction that it was read in; 404 and false when
 * there is none. */
bool workflow_read(struct api *api, struct http_request *request, struct http_response *response,
                   struct guid id, struct store_tx **ret_tx, struct workflow *ret);
/* find_job of struct workflow_rules; context is the lookup. */
struct workflow_lookup {
    struct store_tx *tx;
    struct arena *arena;
    struct err err; // kind ERR_NONE while the store answers
};
bool workflow_find_job(void *context, struct guid id, struct workflow_job *ret);
/* Makes change->after (of change->before, when that is stored) with its schedule, members and audit
 * entry; the ids, times and revision are set here. */
WARN_UNUSED bool workflow_write(struct store_tx *tx, struct api_write *write,
                                struct workflow_change *change, struct err *err);
struct str workflow_etag(struct arena *arena, const struct workflow *workflow);
/* For the audit: the fields of `workflow` that are not as in `other`; all with NULL. */
struct str workflow_audit_text(struct arena *arena, const struct workflow *workflow,
                               const struct workflow *other);

#endif
