/* job_configuration.c - see job_configuration.h. */
#include "model/job_configuration.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "model/mask.h"

/* The scheme, host and port of a URL. */
static struct str origin_of(struct str url) {
    for (size_t i = 0, slashes = 0; i < url.len; i++) {
        char c = url.ptr[i];
        slashes += c == '/';
        if (slashes == 3 || c == '?' || c == '#') return str_slice(url, 0, i);
    }
    return url;
}

/* Does the configuration still hand its secrets to the same target? If not, "***" keeps none of
 * them: whoever may write a job, but not read its secrets, could else have them sent to himself. */
static bool has_same_target(const json_t *configuration, const json_t *stored) {
    static const char *const targets[] = {"handlerType", "methodName", "storedProcedureName",
                                          "databaseConnectionStringName"};
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        if (!str_equal(json_str_of(json_object_get(configuration, targets[i])),
                       json_str_of(json_object_get(stored, targets[i]))))
            return false;
    return str_equal(origin_of(json_str_of(json_object_get(configuration, "url"))),
                     origin_of(json_str_of(json_object_get(stored, "url"))));
}

static void restore_secrets(json_t *configuration, enum job_type type, const struct job *base,
                            struct faults *faults) {
    json_t *stored = NULL;
    if (base != NULL && base->configuration.len > 0 && base->type == type)
        stored = json_read(base->configuration, NULL);
    bool keeps = stored != NULL && has_same_target(configuration, stored);
    mask_restore(configuration, keeps ? stored : NULL, STR("jobConfiguration"), faults);
    json_decref(stored);
}

static void check(const json_t *configuration, enum job_type type,
                  const struct job_defaults *defaults, struct faults *faults) {
    if (type == 0 || defaults->check_configuration == NULL) return;
    defaults->check_configuration(defaults->check_context, type, configuration, faults);
}

bool job_configuration_from_json(const json_t *object, enum job_type type, const struct job *base,
                                 const struct job_defaults *defaults, struct arena *arena,
                                 struct str *ret, struct faults *faults) {
    size_t before = faults->count + faults->more;
    json_t *configuration = json_deep_copy(object);
    restore_secrets(configuration, type, base, faults);
    check(configuration, type, defaults, faults);
    struct str text = json_dump(arena, configuration);
    json_decref(configuration);
    if (text.len > MAX_JOB_CONFIGURATION)
        faults_add(faults, STR("jobConfiguration"), "must be at most %d bytes, not %zu",
                   MAX_JOB_CONFIGURATION, text.len);
    if (faults->count + faults->more != before) return false;
    *ret = text;
    return true;
}

void job_configuration_check(struct str stored, enum job_type type,
                             const struct job_defaults *defaults, struct faults *faults) {
    json_t *configuration = json_read(stored, NULL);
    if (configuration != NULL) check(configuration, type, defaults, faults);
    json_decref(configuration);
}
