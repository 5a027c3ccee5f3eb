/* write.c - one change by one request: in one transaction with its audit entry and, for a POST that
 * carries an Idempotency-Key, with the answer that the same request gets from then on.
 *
 * The key is looked up and the answer kept inside of the transaction that makes the change, so that
 * two equal requests at the same moment cannot both do it, and a crash leaves either both or
 * neither.
 */
#include "api/context.h"

#include "api/backfill_line.h"

#include <sodium.h>
#include <string.h>

struct keyed_write {
    struct api_write *write;
    struct str key; // absent = none
    struct str scope;
    unsigned char request_hash[32];
};

static bool give_again(struct keyed_write *keyed, const struct idempotency *kept, struct err *err) {
    if (sodium_memcmp(kept->request_hash, keyed->request_hash, sizeof kept->request_hash) != 0)
        return err_set(err, ERR_CONFLICT,
                       "this Idempotency-Key was used for another request; choose a new one");
    keyed->write->answer = (struct answer){
        .status = (int)kept->status, .body = kept->body, .location = kept->location};
    keyed->write->poke = false;
    return true;
}

static bool run_keyed(struct store_tx *tx, struct keyed_write *keyed, struct err *err) {
    struct api_write *write = keyed->write;
    struct utc not_before =
        utc_add(write->now, span_seconds(-3600 * write->api->options.idempotency_hours));
    struct idempotency kept;
    struct err why = ERR_INIT;
    if (store_idempotency_get(tx, keyed->scope, keyed->key, not_before, write->arena, &kept, &why))
        return give_again(keyed, &kept, err);
    if (why.kind != ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    if (!write->run(tx, write, err)) return false;
    struct idempotency entry = {
        .scope = keyed->scope,
        .key = keyed->key,
        .status = write->answer.status,
        .location = write->answer.location,
        .body = write->answer.body,
        .created_at = write->now,
    };
    for (size_t i = 0; i < sizeof entry.request_hash; i++)
        entry.request_hash[i] = keyed->request_hash[i];
    return store_idempotency_put(tx, &entry, err);
}

static bool run_write(struct store_tx *tx, void *context, struct err *err) {
    struct keyed_write *keyed = context;
    keyed->write->audited = NULL;
    keyed->write->execution = (struct engine_event){0};
    keyed->write->runs = NULL;
    keyed->write->faults.count = keyed->write->faults.more = 0;
    if (!str_is_absent(keyed->key)) return run_keyed(tx, keyed, err);
    return keyed->write->run(tx, keyed->write, err);
}

/* The scope is the caller and the path: a key means something only there. */
static bool read_key(struct keyed_write *keyed, struct err *err) {
    struct http_request *request = keyed->write->request;
    if (request->method != HTTP_POST) return true;
    struct str key = request_header(request, STR("Idempotency-Key"));
    if (str_is_absent(key)) return true;
    bool sane = key.len > 0 && key.len <= MAX_IDEMPOTENCY_KEY;
    for (size_t i = 0; i < key.len; i++) sane = sane && key.ptr[i] > 0x20 && key.ptr[i] < 0x7F;
    if (!sane)
        return err_set_field(err, ERR_INVALID, "Idempotency-Key",
                             "must be 1 to %d printable ASCII characters without spaces",
                             MAX_IDEMPOTENCY_KEY);
    const struct principal *who = api_principal(request);
    char user[GUID_LENGTH + 1] = "";
    if (who) guid_format(who->user_id, user);
    keyed->key = key;
    keyed->scope = arena_printf(request->arena, "%s %.*s", user, STR_ARG(request->path));
    if (keyed->write->fingerprint) {
        memcpy(keyed->request_hash, keyed->write->fingerprint, sizeof keyed->request_hash);
        return true;
    }
    (void)crypto_hash_sha256(keyed->request_hash,
                             (const unsigned char *)(request->body.ptr ? request->body.ptr : ""),
                             request->body.len);
    return true;
}

static void tell_runs(struct api *api, const struct workflow_changes *changes) {
    struct engine *engine = atomic_load(&api->engine);
    for (const struct workflow_ended *each = changes->ended; each; each = each->next) {
        struct engine_event event = {.job_id = each->execution.job_id,
                                     .execution_id = each->execution.id,
                                     .job_type = each->job_type,
                                     .status = EXECUTION_CANCELLED,
                                     .at = changes->now};
        api_on_event(api, &event);
    }
    for (const struct workflow_stop *each = changes->stops; each && engine; each = each->next)
        engine_cancel(engine, each->execution_row, each->reason);
    for (const struct workflow_news *each = changes->news; each; each = each->next)
        api_on_run(api, &each->event);
}

/* What was changed is told only now that it is committed. */
static void tell_listeners(const struct api_write *write) {
    struct api *api = write->api;
    for (const struct audited *each = write->audited; each; each = each->before) {
        feed_job(api->feed, each->subject, each->action, write->now);
        backfill_lines_look(api->backfill_lines, each->subject);
    }
    if (!guid_is_zero(write->execution.job_id)) api_on_event(api, &write->execution);
    if (write->runs) tell_runs(api, write->runs);
}

static bool do_write(struct keyed_write *keyed, struct err *err) {
    struct api_write *write = keyed->write;
    if (!store_write_wait(write->api->options.store, run_write, keyed, err)) return false;
    tell_listeners(write);
    struct engine *engine = atomic_load(&write->api->engine);
    if (write->poke && engine) engine_poke(engine);
    return true;
}

bool api_execution_left(struct store_tx *tx, struct api_write *write,
                        const struct execution *execution, enum execution_status status,
                        struct str reason, struct err *err) {
    struct workflow_end end = {.run_id = execution->workflow_run_id,
                               .execution_id = execution->id,
                               .status = status,
                               .error_message = reason};
    if (write->runs == NULL) {
        write->runs = ARENA_NEW(write->arena, struct workflow_changes);
        *write->runs =
            (struct workflow_changes){.tx = tx, .arena = write->arena, .now = write->now};
    }
    return workflows_ended(write->runs, &end, err);
}

bool api_advance_runs(struct api_write *write, struct err *err) {
    return write->runs == NULL || workflows_advance(write->runs, err);
}

static void prepare(struct api_write *write) {
    write->faults = (struct faults){.arena = write->request->arena};
    write->arena = write->request->arena;
    if (utc_is_none(write->now)) write->now = clock_now(write->api->options.clock);
}

bool api_write_quietly(struct api_write *write, struct err *err) {
    struct keyed_write keyed = {.write = write};
    prepare(write);
    return read_key(&keyed, err) && do_write(&keyed, err);
}

bool api_write_unkeyed(struct api_write *write, struct err *err) {
    struct keyed_write keyed = {.write = write};
    prepare(write);
    return do_write(&keyed, err);
}

void api_answer(struct http_response *response, const struct answer *answer) {
    if (str_is_absent(answer->body)) {
        respond_empty(response, answer->status);
    } else {
        struct json_writer w = respond_json_begin(response, answer->status);
        json_raw(&w, answer->body);
    }
    if (!str_is_absent(answer->location)) response_header(response, "Location", answer->location);
    if (!str_is_absent(answer->etag)) response_etag(response, answer->etag);
}

void api_respond_failed(const struct api_write *write, struct http_response *response,
                        const struct err *err) {
    if (faults_none(&write->faults))
        respond_err(write->request, response, err);
    else
        respond_faults(write->request, response, &write->faults);
}

bool api_write(struct api_write *write, struct http_response *response) {
    struct err err = ERR_INIT;
    if (!api_write_quietly(write, &err)) {
        api_respond_failed(write, response, &err);
        return false;
    }
    api_answer(response, &write->answer);
    return true;
}
