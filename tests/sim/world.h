/* world.h - a little universe around the real core: a clock, nodes, a store with faults, handlers
 * that dawdle, and a witness that writes down every run that really began.
 *
 * Everything is decided by one random number generator, so a seed is a history. One thread.
 *
 *     struct world *world = world_new(seed);
 *     workload_step(world);                  // something happens
 *     oracle_check(world);                   // was it right?
 *
 *   Owns:    everything in it until world_free.   Errors: world_fail prints and ends the process.
 */
#ifndef ALPHABET_TESTS_SIM_WORLD_H
#define ALPHABET_TESTS_SIM_WORLD_H

#include "engine/core.h"
#include "engine/plan.h"
#include "store/memory/memory_store.h"

enum { SIM_ALERT_FAILURES = 3 };
enum { WORLD_NODES_MAX = 3, WORLD_RUNS_MAX = 64, LIVES_MAX = 4096 };

/* A run that a handler was asked to start: written down by the handler itself. */
struct witness {
    int64_t row, job_row, fence;
    int node, life; // which process
    enum trigger trigger;
    enum stop_reason stopped; // the reason the handler was given
    enum execution_status said;
    bool ended;  // it said how it ended
    bool killed; // its process died before
};

struct cancel { // asked for by a person, of a run that was going on
    int64_t row;
    struct mono at;
};

/* A run that is going on now. */
struct sim_run {
    struct run *run; // NULL = free
    size_t witness;
    int node;
    struct mono end_at;
};

struct sim_handler {
    struct handler handler;
    struct world *world;
    int node;
};

struct sim_node {
    char name[16];
    int index;
    int life;                      // counts processes
    bool born_paused;              // this process began during the pause-all that is on
    struct store *store;           // of this process
    struct core *core;             // NULL = down
    struct engine_metrics metrics; // of this process
    struct mono wake_at;
    struct mono up_at;        // down or frozen until then
    bool pause_is_asked;      // it was told of the pause-all that is on
    bool frozen;              // alive, but gets no time
    bool abnormal[LIVES_MAX]; // by life: it crashed, was frozen, or gave up waiting
    struct store_write *inbox, **inbox_end;
    struct sim_handler handler, alerts;
};

/* One stretch of a job's life with one schedule: what the oracle holds against the ledger. */
struct segment {
    struct job job;         // the definition
    struct utc open, close; // due times in (open, close]; close is UTC_NEVER while it goes on
    bool rest;              // all of them are skipped: paused or disabled
};

struct sim_job {
    int64_t row;
    struct guid id;
    int64_t revision; // as the API wrote it last
    int64_t max_attempts;
    struct job last; // as the API wrote it last; texts in the world's arena
    /* Given a new schedule that begins before what was decided (the clock had been set back, or a
     * runAt in the past): the ledger then holds two schedules for the same time. */
    bool rewound;
    struct segment *segments;
    size_t segment_count, segment_capacity;
};

struct world {
    uint64_t seed, random;
    bool verbose;
    struct utc now, latest; // the wall clock, and the latest it has ever shown
    struct mono mono;
    struct clock clock;
    struct zone_cache *zones;
    struct store *api; // never fails; owns the data
    struct arena arena;
    struct sim_node nodes[WORLD_NODES_MAX];
    int node_count;
    bool calm; // no faults, quick handlers
    bool paused;
    struct mono paused_at;
    uint64_t pause_ticket;
    int64_t fence_at_pause, planned_at_pause;
    struct plan_pause *pauses; // by their beginning
    size_t pause_count, pause_capacity;
    bool was_set_back; // the wall clock
    struct span dependency_wait;
    int64_t max_running;      // on all nodes together; 0 = no bound
    size_t released, refused; // runs that waited for other jobs, and how that ended
    struct sim_run runs[WORLD_RUNS_MAX];
    struct cancel *cancels;
    size_t cancel_count, cancel_capacity;
    size_t alerts_raised;
    size_t stops[STOP_FENCED + 1]; // how often a handler was stopped for each reason
    struct witness *witnesses;
    size_t witness_count, witness_capacity;
    struct sim_job *jobs;
    size_t job_count, job_capacity;
    int64_t steps;
    struct waiting *waiting; // runs that waited at the last check
    size_t waiting_count;
    struct shadow *shadow; // the oracle's memory of executions, by row
    size_t shadow_count;
};

struct world *world_new(uint64_t seed, bool verbose);
void world_free(struct world *world);
/* Prints what is wrong and the command that repeats it, and ends the process. */
void world_fail(const struct world *world, const char *format, ...) PRINTF_LIKE(2, 3) NORETURN;
void world_trace(const struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

uint64_t world_random(struct world *world);
int64_t world_pick(struct world *world, int64_t below); // 0 to below - 1
bool world_chance(struct world *world, int percent);

/* Time passes; whatever is due in it happens in its order. */
void world_advance(struct world *world, struct span by);
/* The stores run what was posted and the cores get their answers: some of it, or all of it. */
void world_pump(struct world *world, int percent);
void world_jump(struct world *world, struct span by); // the wall clock alone
void world_crash(struct world *world, struct sim_node *node, struct span down);
void world_shut_down(struct world *world, struct sim_node *node);
void world_start(struct world *world, struct sim_node *node);
/* Nothing may be started on this node now. */
bool world_is_still(const struct world *world, const struct sim_node *node);
void world_poke(struct world *world);
/* No more faults, quick handlers, and time until all has come to rest. */
void world_rest(struct world *world);

/* ---- handler.c ---- */
void sim_handler_init(struct sim_handler *handler, struct world *world, int node);
/* Does the record of a run that has ended say what the run said last of its progress? */
void sim_check_progress(const struct world *world, const struct witness *last,
                        const struct execution *execution);
void sim_run_end(struct world *world, struct sim_run *run);
void sim_runs_kill(struct world *world, int node);

/* ---- alerts.c ---- */
void sim_alerts_init(struct sim_handler *handler, struct world *world, int node);

/* ---- workload.c ---- */
void workload_begin(struct world *world);
void workload_step(struct world *world);
void workload_end(struct world *world); // undoes a pause-all

/* ---- oracle.c ---- */
/* After any commit. */
void oracle_check(struct world *world);
/* Notes the highest fence and the latest planned execution: while all is paused, no higher one may
 * appear. */
void oracle_note_pause(struct world *world);
/* When all has come to rest: every due time has its verdict, nothing is left lying. */
void oracle_check_rest(struct world *world);
void oracle_new_job(struct world *world, const struct job *job, int64_t max_attempts);
struct passed_over;
void oracle_job_changed(struct world *world, const struct job *before, const struct job *after,
                        const struct passed_over *passed);
/* The engine resumed it by itself (paused until); `before` as the store has it now. */
void oracle_notice_resume(struct world *world, struct store_tx *tx, struct sim_job *job,
                          const struct job *stored);
void oracle_free(struct world *world);

#endif
