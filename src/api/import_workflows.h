/* import_workflows.h - the workflows of an import, behind its jobs.
 *
 * The ids that stand in the file become those that its jobs have here (import_links.h); an id that
 * no job of the file had means a job that is there. What becomes of a name that is there already is
 * said by onConflict, as for jobs.
 *
 *     if (!import_workflows_check(&workflows, tx, &faults, err)) ...    // beforehand
 *     if (!import_workflows_write(&workflows, tx, write, err)) ...      // behind the jobs
 *
 *   Owns:    nothing; texts live in the request's arena.   Threads: one at a time.
 *   Errors:  the store's; INVALID with faults named "workflows[2].jobs[0].jobId", unless `partial`.
 */
#ifndef ALPHABET_API_IMPORT_WORKFLOWS_H
#define ALPHABET_API_IMPORT_WORKFLOWS_H

#include "api/context.h"
#include "api/import_links.h"

enum { MAX_IMPORT_WORKFLOWS = 10000 };

struct import_workflows {
    struct api *api;
    struct http_request *request;
    struct str array; // of the file; absent = none
    const struct import_links *links;
    struct utc now;
    bool skips, replaces; // onConflict
    bool partial;
    int64_t rejected; // by the check
    /* the answer of the write */
    int64_t written, skipped, left_out;
};

/* Their form, and that their jobs are in the file or here. */
WARN_UNUSED bool import_workflows_check(struct import_workflows *workflows, struct store_tx *tx,
                                        struct faults *faults, struct err *err);
WARN_UNUSED bool import_workflows_write(struct import_workflows *workflows, struct store_tx *tx,
                                        struct api_write *write, struct err *err);

#endif
