/* registry.c - see registry.h. */
#include "handlers/registry.h"

void handlers_validate(enum job_type type, const json_t *configuration,
                       const struct handlers_options *options, struct faults *faults) {
    switch (type) {
    case JOB_HTTP_CALL: http_call_validate(&options->http, configuration, faults); return;
    case JOB_STORED_PROCEDURE:
    case JOB_CODE_EXECUTION:
    case JOB_FILE_OPERATION: break;
    }
    faults_add(faults, STR("jobType"), "this server does not offer %.*s yet",
               STR_ARG(job_type_name(type)));
}

bool handlers_make(void *context, uv_loop_t *loop, struct handler *handlers[HANDLERS],
                   struct err *err) {
    const struct handlers_options *options = context;
    handlers[JOB_HTTP_CALL] = http_call_new(loop, &options->http, err);
    if (handlers[JOB_HTTP_CALL] == NULL) return false;
    handlers[JOB_ALERT] = alert_delivery_new(loop, &options->alerts, err);
    if (handlers[JOB_ALERT]) return true;
    handlers[JOB_HTTP_CALL]->free(handlers[JOB_HTTP_CALL]);
    handlers[JOB_HTTP_CALL] = NULL;
    return false;
}
