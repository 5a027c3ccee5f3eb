/* procedure_run.h - one StoredProcedure run: what all databases have in common.
 *
 * The handler (stored_procedure.h) prepares it and hands it to the back end of its connection. The
 * back end works, puts what the database says into it as it comes, and ends it once.
 *
 *     procedure_run_say(run, STR("NOTICE: refreshed 3 views\n"));
 *     procedure_run_begin_command(run);                 // commandTimeoutSeconds counts from here
 *     procedure_run_finish(run, &(struct procedure_end){.succeeded = true, .document = text});
 *
 * All that is put out passes the redactor first, which knows the secrets of the run's parameters
 * and of its connection string.
 *
 *   Owns:    the run, from procedure_run_new to procedure_run_finish.
 *   Threads: the loop's.   Errors: none of its own; a run's failure is data.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_RUN_H
#define ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_RUN_H

#include "handlers/capture.h"
#include "handlers/handler.h"
#include "handlers/procedures/procedure_config.h"
#include "handlers/redactor.h"

#include <uv.h>

struct procedure_run;

/* What does the work for one kind of connection. */
struct procedure_back_end {
    void (*start)(struct procedure_back_end *back_end, struct procedure_run *run);
    /* Makes the work end soon; called once, never after the run was finished. */
    void (*stop)(struct procedure_back_end *back_end, struct procedure_run *run);
    void (*free)(struct procedure_back_end *back_end); // no run is live any more
};

struct procedure_run {
    struct run *run;
    uv_loop_t *loop;
    struct procedure_back_end *back_end;
    struct procedure_config config;
    json_t *json;       // what the config's texts belong to
    json_t *parameters; // of job and trigger, variables replaced
    struct arena arena;
    struct redactor redactor;
    struct capture capture;
    uv_timer_t *command_timer; // NULL: it does not run
    bool is_command_timeout;   // stopped by commandTimeoutSeconds
    bool is_stopping;          // by that or by the engine
    void *state;               // the back end's; freed by it before the end
};

/* How it ended, as the back end saw it. */
struct procedure_end {
    bool succeeded;
    enum error_type error_type; // of a failure; 0 when the reason it was stopped for says it
    bool never_retry;
    struct str message;  // of a failure, or of how it was stopped
    struct str document; // JSON for the end of the output; absent: none
    bool has_left_out;   // rows had no room
};

struct procedure_run *procedure_run_new(struct run *run, uv_loop_t *loop);
void procedure_run_say(struct procedure_run *run, struct str text);
void procedure_run_begin_command(struct procedure_run *run);
/* Asks the back end to stop it, once. */
void procedure_run_stop(struct procedure_run *run);
/* The run is gone after this. */
void procedure_run_finish(struct procedure_run *run, const struct procedure_end *end);
void procedure_run_fail(struct procedure_run *run, enum error_type type, const char *message);
/* Are there other things in the output than rows? */
bool procedure_run_has_said(const struct procedure_run *run);

#endif
