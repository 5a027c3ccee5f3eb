/* registry.c - see registry.h. */
#include "handlers/registry.h"

void handlers_validate(enum job_type type, const json_t *configuration,
                       const struct handlers_options *options, struct faults *faults) {
    switch (type) {
    case JOB_HTTP_CALL: http_call_validate(&options->http, configuration, faults); return;
    case JOB_CODE_EXECUTION: code_execution_validate(&options->code, configuration, faults); return;
    case JOB_FILE_OPERATION:
        file_operation_validate(&options->files, configuration, faults);
        return;
    case JOB_STORED_PROCEDURE:
        stored_procedure_validate(&options->procedures, configuration, faults);
        return;
    }
    faults_add(faults, STR("jobType"), "this server does not offer %.*s yet",
               STR_ARG(job_type_name(type)));
}

bool handlers_are_for_admins(enum job_type type, const json_t *configuration,
                             const struct handlers_options *options) {
    return type == JOB_CODE_EXECUTION &&
           code_execution_is_for_admins(&options->code, configuration);
}

bool handlers_make(void *context, uv_loop_t *loop, struct handler *handlers[HANDLERS],
                   struct err *err) {
    const struct handlers_options *options = context;
    handlers[JOB_HTTP_CALL] = http_call_new(loop, &options->http, err);
    if (handlers[JOB_HTTP_CALL])
        handlers[JOB_ALERT] = alert_delivery_new(loop, &options->alerts, err);
    if (handlers[JOB_ALERT])
        handlers[JOB_CODE_EXECUTION] = code_execution_new(loop, &options->code, err);
    if (handlers[JOB_CODE_EXECUTION]) {
        handlers[JOB_FILE_OPERATION] = file_operation_new(loop, &options->files);
        handlers[JOB_STORED_PROCEDURE] = stored_procedure_new(loop, &options->procedures);
        return true;
    }
    for (size_t i = 0; i < HANDLERS; i++) {
        if (handlers[i]) handlers[i]->free(handlers[i]);
        handlers[i] = NULL;
    }
    return false;
}
