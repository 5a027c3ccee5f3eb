/* store.h - the contract of a store: what is kept, what a transaction may do, what is promised.
 *
 * The store is the schedule: there is no second copy of the truth. Back ends (sqlite/, memory/,
 * postgres/) implement `struct store_ops`; everyone else calls the functions below and never
 * knows which one it is. tests/store/ is one suite that every back end passes.
 *
 * Reading.  A read transaction is a consistent snapshot of what is committed:
 *
 *     struct store_tx *tx = store_read_begin(store, &err);
 *     bool ok = store_job_get(tx, id, &arena, &job, &err);
 *     store_read_end(tx);
 *
 * Writing.  All writing goes through one queue. The committer takes what has been posted, runs it
 * in one transaction - each write in a savepoint of its own, so that one that fails leaves no trace
 * and harms no other - commits, flushes, and only then answers each:
 *
 *     store_submit(store, &write);          // returns at once; write.done(&write) comes later,
 *                                           // on the committer's thread: keep it short
 *     store_write_wait(store, run, context, &err);   // the same, and waits (API threads)
 *
 * `run` is called with the transaction, on the committer's thread, and may call any function below,
 * reading or writing. It must not block, and must touch nothing but its own context.
 * It may be called more than once, when a database that others write to as well gives the group up
 * and it is run again: what it leaves in its context must be what its last call put there, so it
 * begins by setting that back. What it did before is undone then.
 *
 * Promises, for every back end:
 *   - what `done` reports as ok is on disk: it survives kill -9 and loss of power;
 *   - a failed write has changed nothing;
 *   - (job, scheduled_for) is unique among executions made by the schedule (TRIGGER_SCHEDULE and
 *     TRIGGER_CATCH_UP with retry_count 0), so that a due time runs once, ever;
 *   - the end states of an execution never change; a settlement whose fence is not the row's is
 * refused;
 *   - counters (timeline, totals, queues, live_count, …) agree with a recount of the rows at every
 *     commit, also after rows were cleared;
 *   - fences grow with each claim, through restarts;
 *   - what is deleted is never mistaken for what comes later: the row of an erased job is not given
 * out again;
 *   - a failed flush is fatal (options.on_fatal): nothing is acknowledged after it.
 *
 *   Owns:    results live in the arena that was passed in. Inputs are borrowed until the call
 * returns. Threads: store_submit, store_write_wait and store_read_begin from any thread; a store_tx
 * belongs to the thread that began it. Errors:  INVALID, NOT_FOUND, CONFLICT, STALE as the
 * functions say; UNAVAILABLE when the store cannot be reached or is full; INTERNAL otherwise.
 * Outputs untouched on failure. Units:   struct utc, microseconds, in every field.
 */
#ifndef ALPHABET_STORE_STORE_H
#define ALPHABET_STORE_STORE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "model/execution.h"
#include "model/job.h"
#include "model/user.h"
#include "store/dependencies.h"
#include "store/workflows.h"

struct store;
struct store_tx;

/* ---- life ------------------------------------------------------------------------------------ */

/* Stops the committer after the writes already posted, answers each, closes. NULL is fine. */
void store_close(struct store *store);

/* ---- reading and writing --------------------------------------------------------------------- */

struct store_write {
    /* In the transaction. False and err undoes this write alone. */
    bool (*run)(struct store_tx *tx, void *context, struct err *err);
    /* After commit or failure; `ok` and `err` are set. The store does not touch the write again. */
    void (*done)(struct store_write *write);
    void *context;

    /* answer */
    bool ok;
    struct err err;
    /* the store's, while the write is posted */
    struct store_write *next;
};

void store_submit(struct store *store, struct store_write *write);
WARN_UNUSED bool store_write_wait(struct store *store,
                                  bool (*run)(struct store_tx *, void *, struct err *),
                                  void *context, struct err *err);
WARN_UNUSED struct store_tx *store_read_begin(struct store *store, struct err *err);
void store_read_end(struct store_tx *tx); // NULL is fine

/* ---- jobs ------------------------------------------------------------------------------------ */

/* Definition and state; sets job->row. job->revision is stored as given. */
WARN_UNUSED bool store_job_insert(struct store_tx *tx, struct job *job, struct err *err);
/* Replaces definition, next_run_at, wake_at, schedule_from, run_count, consecutive_failures; leaves
 * last_executed_at, last_execution_status and live_count alone. STALE when the stored revision is
 * not `expected_revision`. job->revision is what is stored. NOT_FOUND. */
WARN_UNUSED bool store_job_update(struct store_tx *tx, const struct job *job,
                                  int64_t expected_revision, struct err *err);
/* Removes definition, executions, ledger and tags for good. CONFLICT while an execution is Running.
 * (A soft delete is an update with is_deleted and no next run.) Audit entries stay. */
WARN_UNUSED bool store_job_erase(struct store_tx *tx, int64_t job_row, struct err *err);
/* Also finds soft-deleted ones. NOT_FOUND. */
WARN_UNUSED bool store_job_get(struct store_tx *tx, struct guid id, struct arena *arena,
                               struct job *ret, struct err *err);
WARN_UNUSED bool store_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                      struct job *ret, struct err *err);

enum job_sort {
    JOB_SORT_NAME,
    JOB_SORT_CREATED_AT,
    JOB_SORT_UPDATED_AT,
    JOB_SORT_NEXT_RUN_AT,
    JOB_SORT_LAST_EXECUTED_AT
};

struct job_filter {
    int64_t type;          // enum job_type, 0 = any
    int64_t status;        // enum job_status, 0 = any but Deleted
    struct str tag;        // absent = any; exact
    struct str search;     // absent = any; part of name or description, ASCII case folded
    struct str queue;      // absent = any
    struct str created_by; // absent = any
    enum job_sort sort;    // ties by row in the same direction; absent values last
    bool descending;
    int64_t offset, limit;
};

struct job_page {
    struct job *items;
    size_t count;
    int64_t total; // exact
};

WARN_UNUSED bool store_job_list(struct store_tx *tx, const struct job_filter *filter,
                                struct arena *arena, struct job_page *ret, struct err *err);
/* Not deleted, consecutive_failures >= threshold, worst first; at most `limit`. */
WARN_UNUSED bool store_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit,
                                  struct arena *arena, struct job_page *ret, struct err *err);

/* The first job of this name, exactly, behind `after_row` that is not deleted, by index. *found
 * tells whether there is one. Names need not be unique: go on with its row for the next. */
WARN_UNUSED bool store_job_named(struct store_tx *tx, struct str name, int64_t after_row,
                                 struct arena *arena, struct job *ret, bool *found,
                                 struct err *err);

struct job_walk {
    int64_t after_row;   // begin with 0, go on with the last row's
    int64_t status;      // enum job_status, 0 = any but Deleted
    bool with_retention; // only those that have a retention of their own
    int64_t limit;
};
/* Jobs by row, ascending: to go through all of them in pieces. Cheap at any point. */
WARN_UNUSED bool store_job_walk(struct store_tx *tx, const struct job_walk *walk,
                                struct arena *arena, struct job **ret, size_t *count,
                                struct err *err);
struct next_job { // as much of a job as a list of what comes next shows
    struct guid id;
    struct str name;
    struct utc next_run_at;
};
/* The jobs that run next, by wake_at: not deleted, with a next_run_at; at most `limit`. By index.
 */
WARN_UNUSED bool store_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                                 struct next_job **ret, size_t *count, struct err *err);
/* How many jobs have a next_run_at in a minute that began before `before`: from counters kept for
 * each minute, so its cost depends on the minutes ahead that hold any, not on the jobs. */
WARN_UNUSED bool store_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret,
                                struct err *err);

/* ---- planning: due jobs to executions ----------------------------------------------------------
 */

struct due_job {
    int64_t row;
    int64_t revision;
    struct utc wake_at, next_run_at, schedule_from;
    int64_t run_count, live_count;
    struct utc last_run_created_at;
    int64_t starts_workflow; // see struct job
};

/* Jobs with wake_at <= now, earliest first, at most `limit`. PostgreSQL: for update skip locked. */
WARN_UNUSED bool store_due_jobs(struct store_tx *tx, struct utc now, int64_t limit,
                                struct arena *arena, struct due_job **ret, size_t *count,
                                struct err *err);

/* A new execution. `status` is EXECUTION_PENDING, or EXECUTION_RUNNING (born running: node_name and
 * started_at are set, a fence is drawn), or EXECUTION_CANCELLED (a skip that is recorded:
 * completed_at and error_message are set). */
struct new_execution {
    struct guid id;
    int64_t job_row;
    enum execution_status status;
    struct str queue;
    enum trigger trigger;
    struct str triggered_by;
    struct utc scheduled_for, created_at, available_at, started_at, completed_at;
    int64_t retry_count;
    struct guid retry_parent_id;
    struct str node_name;
    struct str error_message;
    struct str parameters;
    struct guid workflow_run_id; // zero = of no workflow run
    struct utc waiting_since;    // Pending only, UTC_NONE = does not wait; see struct execution
    struct str inputs;           // likewise; absent = none

    /* Under paused_all one that was to be born running becomes Pending (fence 0), and so does one
     * whose concurrency group is full. */
    /* answer */
    bool inserted; // false: this due time has its execution already; nothing was written
    int64_t row;
    int64_t fence; // of one born running
};

/* A range of due times that were decided against, for the ledger: from < due <= to. */
struct skip_range {
    int64_t job_row;
    struct utc from, to;
    enum skip_reason reason;
    struct utc decided_at;
};

struct plan_item {
    int64_t job_row;
    int64_t revision;                               // the one that the plan was made from
    struct utc old_wake_at;                         // likewise
    struct utc next_run_at, wake_at, schedule_from; // from now on
    int64_t run_count;
    bool resume; // paused_until has come: clears is_paused (and counts as a new revision)
    struct new_execution *executions;
    size_t execution_count;
    struct skip_range *skips;
    size_t skip_count;

    /* answer: false when revision or wake_at changed meanwhile; nothing was written for this job */
    bool applied;
};

/* (Also sets last_run_created_at of the job, as store_execution_insert does, when a first attempt
 * is made that is not a recorded skip.) */
WARN_UNUSED bool store_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                                  struct err *err);
/* One execution outside of a plan: manual trigger, retry by hand, backfill. */
WARN_UNUSED bool store_execution_insert(struct store_tx *tx, struct new_execution *execution,
                                        struct err *err);

struct wake_times {
    struct utc job;     // earliest wake_at of any job; UTC_NEVER
    struct utc pending; // earliest available_at of a Pending execution; UTC_NEVER
    struct utc watch;   // earliest check_at of a watch; UTC_NEVER
};
WARN_UNUSED bool store_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err);

/* ---- claiming and settling ---------------------------------------------------------------------
 */

struct claim_queue {
    struct str name; // absent = any queue that is not named in the other entries
    int64_t limit;   // at most so many from this queue
};

struct claim {
    struct str node_name;
    struct utc now;
    const struct claim_queue *queues; // in the order to be served
    size_t queue_count;
    int64_t limit; // in all
};

/* Pending executions whose available_at has come become Running, oldest (available_at, row) first
 * in each queue, each with a new fence. An execution of a job with CONCURRENCY_QUEUE is passed over
 * while another one of that job is Running, and one of a job with a concurrency group while
 * concurrency_group_limit of that job or more are Running of the jobs that name the group now.
 * Nothing while paused_all (see store_meta). One that still waits for other jobs is claimed when
 * its available_at, the deadline, has come: waiting_since of the answer is set, and the caller lets
 * it fail; it stays set until the execution has ended, so that one that is handed back waits again.
 */
WARN_UNUSED bool store_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                             struct execution **ret, size_t *count, struct err *err);

/* How many executions may still become Running in this transaction when at most `cap` may run on
 * all nodes together: 0 when there are as many or more. No other node makes any Running before this
 * transaction has ended. For write transactions. */
WARN_UNUSED bool store_running_room(struct store_tx *tx, int64_t cap, int64_t *ret,
                                    struct err *err);

struct settlement {
    int64_t execution_row;
    int64_t job_row;
    int64_t fence; // must be the row's own
    enum execution_status
        status; // Succeeded, Failed or Cancelled; or Pending: handed back, unclaimed
    struct utc completed_at;
    int64_t error_type; // 0 = none
    struct str error_message;
    struct str output;
    bool output_truncated;
    struct str result;           // JSON; absent = none
    struct new_execution *retry; // NULL = none; inserted in the same transaction
    /* FixedDelay: the next run counts from this end. Applied only while the job's revision is
     * `revision`. */
    bool reschedule;
    int64_t revision;
    struct utc next_run_at, wake_at;

    /* answer */
    bool applied;                            // false: fenced out; nothing was written
    int64_t failures_before, failures_after; // consecutive_failures of the job
    struct durations durations_before;       // of the job; set when it Succeeded
    bool has_dependants;                     // other jobs, not deleted, depend on the job
};

/* Results, the job's last state (last_executed_at, last_execution_status, consecutive_failures:
 * Succeeded -> 0, Failed -> +1, Cancelled -> unchanged; last_success_at, durations;
 * last_completed_at when it ends without a retry), live_count, counters, retries: together. */
WARN_UNUSED bool store_settle(struct store_tx *tx, struct settlement *items, size_t count,
                              struct err *err);

struct execution_progress {
    int64_t execution_row;
    int64_t fence;   // must be the row's own
    int64_t percent; // 0 to 100
    struct str text; // absent = none; at most MAX_PROGRESS_TEXT bytes

    /* answer */
    bool applied; // false: it does not Run under this fence; nothing was written
};
/* How far Running executions have come. It stays with them when they end, and is forgotten when
 * they are handed back. */
WARN_UNUSED bool store_execution_progress(struct store_tx *tx, struct execution_progress *items,
                                          size_t count, struct err *err);

/* Running executions of a node (its own name, at its start), or of every node whose lease ended
 * before `lease_before` (UTC_NONE: not asked), which is the caller's now. Where several nodes share
 * a database its clock decides: a lease lasts from the heartbeat on as long as that said, and ends
 * when the database says so. At most `limit`, oldest first. */
WARN_UNUSED bool store_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                               int64_t limit, struct arena *arena, struct execution **ret,
                               size_t *count, struct err *err);

struct node {
    struct str name;
    struct str version;
    struct utc started_at, heartbeat_at, lease_until;
    int64_t workers_busy, workers_total;
};
WARN_UNUSED bool store_heartbeat(struct store_tx *tx, const struct node *node, struct err *err);
WARN_UNUSED bool store_nodes(struct store_tx *tx, struct arena *arena, struct node **ret,
                             size_t *count, struct err *err);

enum cancel_result {
    CANCEL_DONE,      // it was Pending and is Cancelled now
    CANCEL_REQUESTED, // it is Running; cancel_requested is set, its engine must stop it
    CANCEL_TOO_LATE,  // it has ended
};
/* NOT_FOUND. `ret_execution` is the row as it stands after the call. The reason becomes its error
 * message: at once while it is Pending; with the request while it is Running, until its settlement
 * says more (the first request's, when there are several). Cancelling a Pending retry ends the run:
 * it sets last_completed_at of the job. */
WARN_UNUSED bool store_execution_cancel(struct store_tx *tx, struct guid id, struct str reason,
                                        struct utc now, struct arena *arena,
                                        enum cancel_result *ret, struct execution *ret_execution,
                                        struct err *err);
struct cancel_request {
    int64_t row;       // of the execution
    struct str reason; // absent = none was given
};
/* Of executions that Run on this node (for nodes that the API call did not reach). */
WARN_UNUSED bool store_cancel_requests(struct store_tx *tx, struct str node_name,
                                       struct arena *arena, struct cancel_request **ret,
                                       size_t *count, struct err *err);
/* Rows of this job that are Pending or Running, oldest first. */
WARN_UNUSED bool store_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                                       struct execution **ret, size_t *count, struct err *err);

/* ---- executions, read
 * ---------------------------------------------------------------------------- */

/* With output. NOT_FOUND. */
WARN_UNUSED bool store_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                                     struct execution *ret, struct err *err);

struct execution_filter {
    int64_t job_row; // 0 = all jobs
    int64_t status;  // enum execution_status, 0 = any
    struct utc from; // UTC_NONE = unbounded; compared with started_at, or created_at while Pending
    struct utc to;   // UTC_NONE = unbounded; inclusive
    struct str
        search; // absent = any; each of its words stands in job name, output or error message;
                // store/words.h says what a word is, and how many there may be (INVALID)
    struct str queue; // absent = any
    int64_t offset, limit;
};

struct execution_page {
    struct execution *items; // without output, newest (row) first
    size_t count;
    int64_t total; // exact
};
WARN_UNUSED bool store_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                                      struct arena *arena, struct execution_page *ret,
                                      struct err *err);
/* Takes the texts of ended executions into the index that answers `search`: at most `limit` of
 * them. What is not in it yet is read for each search, so results are exact at any time; the index
 * only makes them fast. *more: call again soon. A store without an index answers false. */
WARN_UNUSED bool store_search_index(struct store_tx *tx, int64_t limit, bool *more,
                                    struct err *err);
/* Executions with retry_parent_id = id (the next link of the chain), oldest first. */
WARN_UNUSED bool store_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                                         struct execution **ret, size_t *count, struct err *err);
/* The first attempts that the schedule made for due times in [from, to], by scheduled_for; at most
 * `limit`. For the ledger and for backfill. */
WARN_UNUSED bool store_occurrences(struct store_tx *tx, int64_t job_row, struct utc from,
                                   struct utc to, int64_t limit, struct arena *arena,
                                   struct execution **ret, size_t *count, struct err *err);
WARN_UNUSED bool store_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                             struct arena *arena, struct skip_range **ret, size_t *count,
                             struct err *err);
WARN_UNUSED bool store_skip_insert(struct store_tx *tx, const struct skip_range *range,
                                   struct err *err);

/* ---- clearing away history
 * ------------------------------------------------------------------------------------ */

/* Ended executions that were created before a time, all jobs, oldest rows first, a piece a call.
 * Also everything that belongs to them: details, index entries, counts. Never one that is Pending
 * or Running; the history of a job stays in order around it. */
struct clear {
    struct utc created_before;
    bool spare_own_retention; // leave the executions of jobs that have a retention of their own
    int64_t after_row;        // in: begin with 0; out: go on from here
    int64_t limit;            // rows to look at in this call
    /* answer */
    int64_t deleted;
    bool done; // no older row is left to look at
};
WARN_UNUSED bool store_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err);

/* Ended executions of one job: those beyond the newest `keep`, and those that were created before a
 * time; but never the latest Failed one, and none that is Pending or Running. Of a history of
 * thousands it deletes from the old end only, whatever is too old or too many further up, and may
 * keep a second Failed one. */
struct trim {
    int64_t job_row;
    int64_t keep;              // 0 = no limit
    struct utc created_before; // UTC_NONE = no limit
    int64_t limit;             // to delete in this call
    /* answer */
    int64_t deleted;
    bool done;
};
WARN_UNUSED bool store_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err);
/* Ledger entries whose range ended before `before`: deletes at most `limit`. */
WARN_UNUSED bool store_skips_clear(struct store_tx *tx, struct utc before, int64_t limit,
                                   int64_t *ret, struct err *err);

/* ---- watches: when to look whether a job does what was expected of it
 * --------------------------------------------- */

/* One for each job that has watches (job->watches): made when the job is written, with check_at =
 * updated_at and the rest 0, whenever its watches changed; removed with them, and with the job
 * (erased or soft-deleted). */
struct watch {
    int64_t job_row;
    struct utc check_at;        // look then; UTC_NEVER = not by time
    int64_t raised;             // bits of the alerts that are raised and not recovered
    struct guid last_execution; // the latest one that an alert was raised for; zero = none
};
WARN_UNUSED bool store_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret,
                                 bool *found, struct err *err);
/* Those with check_at <= now, earliest first. */
WARN_UNUSED bool store_watches_due(struct store_tx *tx, struct utc now, int64_t limit,
                                   struct arena *arena, struct watch **ret, size_t *count,
                                   struct err *err);
/* NOT_FOUND when the job has none. */
WARN_UNUSED bool store_watch_update(struct store_tx *tx, const struct watch *watch,
                                    struct err *err);

/* ---- counters, kept as executions end
 * ------------------------------------------------------------ */

struct timeline_bucket {
    struct utc start;
    int64_t succeeded, failed, cancelled; // ended in the bucket
    int64_t running;                      // Running now and started in the bucket
    int64_t duration_us;                  // how long the Succeeded and Failed ones ran, together
};
/* Whole minutes: `from` is cut to the minute, `bucket_minutes` >= 1; `count` buckets, zeroes
 * included. */
WARN_UNUSED bool store_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes,
                                size_t count, struct timeline_bucket *ret, struct err *err);

struct totals {
    int64_t jobs;              // not deleted
    int64_t jobs_enabled;      // enabled, not paused, not deleted
    int64_t jobs_by_status[8]; // indexed by enum job_status
    int64_t executions;        // rows there are: erasing a job lowers it
    int64_t pending, running, succeeded, failed, cancelled;
};
WARN_UNUSED bool store_totals(struct store_tx *tx, struct totals *ret, struct err *err);

struct queue_figures {
    struct str name;
    int64_t pending;
    struct utc oldest; // earliest available_at of these: it may lie ahead
};
/* Queues that have Pending executions, by name. From counters. */
WARN_UNUSED bool store_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                              size_t *count, struct err *err);

/* ---- idempotency keys
 * ----------------------------------------------------------------------------- */

struct idempotency {
    struct str scope; // user and route
    struct str key;
    unsigned char request_hash[32];
    int64_t status;
    struct str location; // absent = none
    struct str body;
    struct utc created_at;
};
/* The answer kept under (scope, key) if it was made at `not_before` or later. NOT_FOUND. */
WARN_UNUSED bool store_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                                       struct utc not_before, struct arena *arena,
                                       struct idempotency *ret, struct err *err);
/* Replaces an expired one. */
WARN_UNUSED bool store_idempotency_put(struct store_tx *tx, const struct idempotency *entry,
                                       struct err *err);
/* Deletes at most `limit` entries made before `before`, oldest first; answers how many. */
WARN_UNUSED bool store_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit,
                                          int64_t *ret, struct err *err);

/* ---- audit: append-only, chained by SHA-256
 * -------------------------------------------------------- */

struct audit_entry {
    int64_t row; // answer
    struct utc at;
    struct str actor;    // e-mail, or "system"
    struct str address;  // of the client; absent for the system
    struct str action;   // "job.create", "user.lock", …
    struct guid subject; // id of the job, user or execution; zero = none
    struct str before;   // JSON of the changed fields; absent = none; never a secret
    struct str after;
    unsigned char hash[32]; // answer: SHA-256 over the hash before and every field above
};
WARN_UNUSED bool store_audit_append(struct store_tx *tx, struct audit_entry *entry,
                                    struct err *err);
struct audit_filter {
    struct guid subject; // zero = any
    struct str actor;    // absent = any; exact, ASCII case folded
    struct str action;   // absent = any; exact, or "job." for all that begin so
    struct utc from, to; // UTC_NONE = unbounded; inclusive
    int64_t offset, limit;
};
/* Newest first. */
WARN_UNUSED bool store_audit_list(struct store_tx *tx, const struct audit_filter *filter,
                                  struct arena *arena, struct audit_entry **ret, size_t *count,
                                  int64_t *total, struct err *err);
/* Oldest first, from the entry behind `after_row`. */
WARN_UNUSED bool store_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit,
                                  struct arena *arena, struct audit_entry **ret, size_t *count,
                                  struct err *err);
struct audit_check {
    int64_t checked;    // entries that were looked at
    int64_t broken_row; // the first whose hash, or whose place in the chain, is wrong; 0 = none
};
/* Recomputes the chain from its beginning; the same for every back end. */
WARN_UNUSED bool store_audit_verify(struct store_tx *tx, struct audit_check *ret, struct err *err);

/* ---- people and tokens
 * ------------------------------------------------------------------------------ */

/* CONFLICT when the e-mail is taken. Sets user->row. */
WARN_UNUSED bool store_user_insert(struct store_tx *tx, struct user *user, struct err *err);
/* Everything but id and e-mail. NOT_FOUND. */
WARN_UNUSED bool store_user_update(struct store_tx *tx, const struct user *user, struct err *err);
/* With the user's tokens. NOT_FOUND. */
WARN_UNUSED bool store_user_delete(struct store_tx *tx, int64_t user_row, struct err *err);
WARN_UNUSED bool store_user_get(struct store_tx *tx, struct guid id, struct arena *arena,
                                struct user *ret, struct err *err);
WARN_UNUSED bool store_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                       struct user *ret, struct err *err);
WARN_UNUSED bool store_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                                         struct user *ret, struct err *err);
/* By e-mail. */
WARN_UNUSED bool store_user_list(struct store_tx *tx, int64_t offset, int64_t limit,
                                 struct arena *arena, struct user **ret, size_t *count,
                                 int64_t *total, struct err *err);
/* Users with this role who are not locked by an admin: the last admin cannot be taken away. */
WARN_UNUSED bool store_user_count(struct store_tx *tx, enum role role, int64_t *ret,
                                  struct err *err);

WARN_UNUSED bool store_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                                      struct err *err);
WARN_UNUSED bool store_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                                   struct refresh_token *ret, struct err *err);
WARN_UNUSED bool store_refresh_mark_used(struct store_tx *tx,
                                         const unsigned char hash[TOKEN_HASH_SIZE], struct utc at,
                                         struct err *err);
WARN_UNUSED bool store_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                             struct err *err);
/* Deletes at most `limit` refresh tokens that expired before `before`; answers how many. */
WARN_UNUSED bool store_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit,
                                      int64_t *ret, struct err *err);
WARN_UNUSED bool store_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                           struct err *err);

WARN_UNUSED bool store_token_insert(struct store_tx *tx, const struct access_token *token,
                                    struct err *err);
/* Also finds expired and revoked ones; the caller judges. NOT_FOUND. */
WARN_UNUSED bool store_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                                 struct arena *arena, struct access_token *ret, struct err *err);
WARN_UNUSED bool store_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                                  struct access_token **ret, size_t *count, struct err *err);
/* NOT_FOUND when the user has no such token. */
WARN_UNUSED bool store_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id,
                                    struct utc at, struct err *err);
WARN_UNUSED bool store_token_touch(struct store_tx *tx, struct guid id, struct utc at,
                                   struct err *err);

/* ---- small facts
 * ------------------------------------------------------------------------------------ */

/* Absent value = not set. Of pause-all:
 *   "paused_all"        "1": no execution is claimed or born running, no job is planned
 *   "paused_all_from"   RFC 3339: when it began; written with "1", and kept
 *   "paused_all_until"  RFC 3339: when it ended; written when "paused_all" is cleared, and kept
 * Due times within the last pause that the misfire policy does not run are skipped as Paused. */
WARN_UNUSED bool store_meta_get(struct store_tx *tx, struct str name, struct arena *arena,
                                struct str *ret, struct err *err);
WARN_UNUSED bool store_meta_set(struct store_tx *tx, struct str name, struct str value,
                                struct err *err);
/* A number that changes whenever a committed write changed a job's definition or state, for caches
 * of answers. Cheap: no I/O. */
int64_t store_jobs_generation(struct store *store);

/* Of the committer, since the store was opened. Read them from any thread. */
struct store_figures {
    struct histogram commit_us;     // from the begin of a group to its flush
    struct histogram commit_writes; // writes in a group
    _Atomic uint64_t failed_commits;
};
const struct store_figures *store_figures(struct store *store);

#endif
