/* retry.c - see retry.h.
 *
 * A policy comes from three places: the defaults, the stored text, and requests. Requests may use
 * the names of other products' clients as well; each alias is read as the field it stands for, and
 * when both are there they must say the same.
 */
#include "model/retry.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "model/fields.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_HTTP_STATUS = 100, LAST_HTTP_STATUS = 599, MAX_ERROR_NAMES = 32 };

#define ALL_ERROR_TYPES(constant, number, name) constant,
static const enum error_type error_types[] = {ERROR_TYPES(ALL_ERROR_TYPES)};

struct retry_policy retry_policy_default(void) {
    return (struct retry_policy){
        .max_attempts = RETRY_DEFAULT_MAX_ATTEMPTS,
        .delay_seconds = RETRY_DEFAULT_DELAY_SECONDS,
        .backoff = BACKOFF_FIXED,
        .max_delay_seconds = RETRY_DEFAULT_MAX_DELAY_SECONDS,
        .jitter = true,
    };
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct str known_fields[] = {
    STR_INIT("maxAttempts"),
    STR_INIT("delaySeconds"),
    STR_INIT("backoff"),
    STR_INIT("maxDelaySeconds"),
    STR_INIT("jitter"),
    STR_INIT("retryOnStatusCodes"),
    STR_INIT("retryOnErrorTypes"),
    STR_INIT("maxRetryAttempts"),
    STR_INIT("retryDelaySeconds"),
    STR_INIT("retryBackoffType"),
    STR_INIT("shouldRetryHttpStatusCodes"),
    STR_INIT("retryOnExceptions"),
};

static void fault_differs(const struct fields *fields, struct str alias, struct str canonical) {
    fields_fault(fields, alias, "says something else than \"%.*s\"; give one of them",
                 STR_ARG(canonical));
}

static void read_attempts(const struct fields *fields, int64_t *ret) {
    int64_t attempts, retries;
    bool has_attempts = fields_i64(fields, STR("maxAttempts"), 1, MAX_RETRY_ATTEMPTS, &attempts);
    bool has_retries =
        fields_i64(fields, STR("maxRetryAttempts"), 0, MAX_RETRY_ATTEMPTS - 1, &retries);
    if (has_attempts && has_retries && attempts != retries + 1)
        fields_fault(fields, STR("maxRetryAttempts"),
                     "must be \"maxAttempts\" - 1, which counts the first attempt too; give one of "
                     "them");
    if (has_attempts)
        *ret = attempts;
    else if (has_retries)
        *ret = retries + 1;
}

static void read_delay(const struct fields *fields, int64_t *ret) {
    int64_t delay, alias;
    struct str canonical = STR("delaySeconds"), other = STR("retryDelaySeconds");
    bool has_delay = fields_i64(fields, canonical, 0, MAX_RETRY_DELAY_SECONDS, &delay);
    bool has_alias = fields_i64(fields, other, 0, MAX_RETRY_DELAY_SECONDS, &alias);
    if (has_delay && has_alias && delay != alias) fault_differs(fields, other, canonical);
    if (has_delay)
        *ret = delay;
    else if (has_alias)
        *ret = alias;
}

/* A delay that alone is given may be longer than the default cap, and then is its own cap. */
static void read_delays(const struct fields *fields, struct retry_policy *policy) {
    read_delay(fields, &policy->delay_seconds);
    int64_t most;
    bool has_most = fields_i64(fields, STR("maxDelaySeconds"), 0, MAX_RETRY_DELAY_SECONDS, &most);
    if (has_most) policy->max_delay_seconds = most;
    if (policy->max_delay_seconds >= policy->delay_seconds) return;
    if (has_most)
        fields_fault(fields, STR("maxDelaySeconds"), "must not be less than delaySeconds (%lld)",
                     (long long)policy->delay_seconds);
    else
        policy->max_delay_seconds = policy->delay_seconds;
}

static void read_backoff(const struct fields *fields, enum backoff *ret) {
    enum backoff backoff, alias;
    struct str canonical = STR("backoff"), other = STR("retryBackoffType");
    bool has_backoff = fields_backoff(fields, canonical, &backoff);
    bool has_alias = fields_backoff(fields, other, &alias);
    if (has_backoff && has_alias && backoff != alias) fault_differs(fields, other, canonical);
    if (has_backoff)
        *ret = backoff;
    else if (has_alias)
        *ret = alias;
}

struct status_codes {
    int32_t items[MAX_RETRY_STATUS_CODES];
    size_t count;
};

static int by_number(const void *a, const void *b) {
    int32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void sort_and_unite(struct status_codes *codes) {
    if (codes->count == 0) return;
    qsort(codes->items, codes->count, sizeof codes->items[0], by_number);
    size_t kept = 1;
    for (size_t i = 1; i < codes->count; i++)
        if (codes->items[i] != codes->items[kept - 1]) codes->items[kept++] = codes->items[i];
    codes->count = kept;
}

static bool read_code_list(const struct fields *fields, struct str name, struct status_codes *ret) {
    const json_t *array = fields_array(fields, name);
    if (array == NULL) return false;
    if (json_array_size(array) > MAX_RETRY_STATUS_CODES) {
        fields_fault(fields, name, "must hold at most %d status codes", MAX_RETRY_STATUS_CODES);
        return false;
    }
    struct status_codes codes = {0};
    size_t bad = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        json_int_t code = json_is_integer(item) ? json_integer_value(item) : 0;
        if (code >= FIRST_HTTP_STATUS && code <= LAST_HTTP_STATUS) {
            codes.items[codes.count++] = (int32_t)code;
            continue;
        }
        struct str at = arena_printf(fields->faults->arena, "%.*s[%zu]", STR_ARG(name), i);
        fields_fault(fields, at, "must be an HTTP status code from %d to %d", FIRST_HTTP_STATUS,
                     LAST_HTTP_STATUS);
        bad++;
    }
    if (bad > 0) return false;
    sort_and_unite(&codes);
    *ret = codes;
    return true;
}

static void read_status_codes(const struct fields *fields, struct retry_policy *policy) {
    struct status_codes codes, alias;
    struct str canonical = STR("retryOnStatusCodes"), other = STR("shouldRetryHttpStatusCodes");
    bool has_codes = read_code_list(fields, canonical, &codes);
    bool has_alias = read_code_list(fields, other, &alias);
    if (has_codes && has_alias &&
        (codes.count != alias.count ||
         memcmp(codes.items, alias.items, codes.count * sizeof codes.items[0]) != 0))
        fault_differs(fields, other, canonical);
    if (!has_codes && !has_alias) return;
    const struct status_codes *given = has_codes ? &codes : &alias;
    memcpy(policy->status_codes, given->items, sizeof policy->status_codes);
    policy->status_code_count = given->count;
}

#define ERROR_BIT(type) (1U << (type))

/* What .NET's exceptions are here; with or without their namespace. */
static const struct {
    struct str name;
    uint32_t types;
} exceptions[] = {
    {STR_INIT("TimeoutException"), ERROR_BIT(ERROR_TIMEOUT)},
    {STR_INIT("TaskCanceledException"), ERROR_BIT(ERROR_TIMEOUT)},
    {STR_INIT("OperationCanceledException"), ERROR_BIT(ERROR_TIMEOUT)},
    {STR_INIT("HttpRequestException"), ERROR_BIT(ERROR_HTTP_STATUS) | ERROR_BIT(ERROR_CONNECTION)},
    {STR_INIT("WebException"), ERROR_BIT(ERROR_HTTP_STATUS) | ERROR_BIT(ERROR_CONNECTION)},
    {STR_INIT("SocketException"), ERROR_BIT(ERROR_CONNECTION)},
    {STR_INIT("SqlException"), ERROR_BIT(ERROR_DATABASE)},
    {STR_INIT("DbException"), ERROR_BIT(ERROR_DATABASE)},
    {STR_INIT("NpgsqlException"), ERROR_BIT(ERROR_DATABASE)},
    {STR_INIT("IOException"), ERROR_BIT(ERROR_FILE)},
    {STR_INIT("UnauthorizedAccessException"), ERROR_BIT(ERROR_FILE)},
};

static uint32_t error_types_of(const json_t *value) {
    enum error_type type;
    struct str name = json_str_of(value);
    if (str_is_absent(name)) {
        bool known =
            json_is_integer(value) && error_type_from_number(json_integer_value(value), &type);
        return known ? ERROR_BIT(type) : 0;
    }
    if (error_type_parse(name, &type)) return ERROR_BIT(type);
    struct str rest = name;
    while (!str_is_absent(rest)) name = str_cut(&rest, '.'); // System.Net.Http.X is X
    for (size_t i = 0; i < COUNT_OF(exceptions); i++)
        if (str_equal_nocase(name, exceptions[i].name)) return exceptions[i].types;
    return 0;
}

static bool read_error_list(const struct fields *fields, struct str name, uint32_t *ret) {
    const json_t *array = fields_array(fields, name);
    if (array == NULL) return false;
    if (json_array_size(array) > MAX_ERROR_NAMES) {
        fields_fault(fields, name, "must hold at most %d names", MAX_ERROR_NAMES);
        return false;
    }
    uint32_t all = 0;
    bool good = true;
    for (size_t i = 0; i < json_array_size(array); i++) {
        uint32_t types = error_types_of(json_array_get(array, i));
        all |= types;
        if (types != 0) continue;
        struct str at = arena_printf(fields->faults->arena, "%.*s[%zu]", STR_ARG(name), i);
        fields_fault(fields, at, "must be one of %s", error_type_names());
        good = false;
    }
    if (good) *ret = all;
    return good;
}

static void read_error_types(const struct fields *fields, uint32_t *ret) {
    uint32_t types, alias;
    struct str canonical = STR("retryOnErrorTypes"), other = STR("retryOnExceptions");
    bool has_types = read_error_list(fields, canonical, &types);
    bool has_alias = read_error_list(fields, other, &alias);
    if (has_types && has_alias && types != alias) fault_differs(fields, other, canonical);
    if (has_types)
        *ret = types;
    else if (has_alias)
        *ret = alias;
}

void retry_policy_from_json(const json_t *object, struct str path, const struct retry_policy *base,
                            struct retry_policy *ret, struct faults *faults) {
    struct fields fields = {.object = object, .path = path, .faults = faults};
    size_t before = faults->count + faults->more;
    struct retry_policy policy = *base;
    fields_known(&fields, known_fields, COUNT_OF(known_fields));
    read_attempts(&fields, &policy.max_attempts);
    read_delays(&fields, &policy);
    read_backoff(&fields, &policy.backoff);
    (void)fields_bool(&fields, STR("jitter"), &policy.jitter);
    read_status_codes(&fields, &policy);
    read_error_types(&fields, &policy.error_types);
    if (faults->count + faults->more == before) *ret = policy;
}

bool retry_policy_parse(struct str json, struct retry_policy *ret, struct err *err) {
    json_t *root = json_read(json, err);
    if (root == NULL) return err_wrap(err, "the retry policy");
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    struct retry_policy base = retry_policy_default();
    if (json_is_object(root))
        retry_policy_from_json(root, STR("retryPolicy"), &base, ret, &faults);
    else
        faults_add(&faults, STR("retryPolicy"), "must be an object");
    bool good = faults_none(&faults);
    if (!good)
        err_set(err, ERR_INVALID, "%.*s %.*s", STR_ARG(faults.items[0].field),
                STR_ARG(faults.items[0].message));
    json_decref(root);
    arena_free(&arena);
    return good;
}

/* ---- writing --------------------------------------------------------------------------------- */

void retry_policy_to_json(struct json_writer *w, const struct retry_policy *policy) {
    json_object_begin(w);
    json_field_i64(w, STR("maxAttempts"), policy->max_attempts);
    json_field_i64(w, STR("delaySeconds"), policy->delay_seconds);
    json_field_str(w, STR("backoff"), backoff_name(policy->backoff));
    json_field_i64(w, STR("maxDelaySeconds"), policy->max_delay_seconds);
    json_field_bool(w, STR("jitter"), policy->jitter);
    json_key(w, STR("retryOnStatusCodes"));
    json_array_begin(w);
    for (size_t i = 0; i < policy->status_code_count; i++) json_i64(w, policy->status_codes[i]);
    json_array_end(w);
    json_key(w, STR("retryOnErrorTypes"));
    json_array_begin(w);
    for (size_t i = 0; i < COUNT_OF(error_types); i++)
        if (policy->error_types & ERROR_BIT(error_types[i]))
            json_str(w, error_type_name(error_types[i]));
    json_array_end(w);
    json_object_end(w);
}

struct str retry_policy_text(struct arena *arena, const struct retry_policy *policy) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    retry_policy_to_json(&w, policy);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* delay * 2^(n-1), without overflow: delays and caps are far below 2^40, so 30 doublings of a
 * second are beyond every cap. */
static int64_t doubled(int64_t delay, int64_t n, int64_t most) {
    for (int64_t i = 1; i < n && delay < most && delay > 0; i++) delay *= 2;
    return delay;
}

static int64_t plain_delay(const struct retry_policy *policy, int64_t n) {
    switch (policy->backoff) {
    case BACKOFF_LINEAR: return policy->delay_seconds * n;
    case BACKOFF_EXPONENTIAL: return doubled(policy->delay_seconds, n, policy->max_delay_seconds);
    case BACKOFF_FIXED: break;
    }
    return policy->delay_seconds;
}

struct span retry_delay(const struct retry_policy *policy, int64_t n, uint64_t random) {
    if (n < 1) n = 1;
    if (n > MAX_RETRY_ATTEMPTS) n = MAX_RETRY_ATTEMPTS;
    int64_t seconds = plain_delay(policy, n);
    if (seconds > policy->max_delay_seconds) seconds = policy->max_delay_seconds;
    struct span delay = span_seconds(seconds);
    int64_t tenth = delay.us / 10;
    if (!policy->jitter || tenth == 0) return delay;
    /* From -10 % to +10 %, both included. */
    int64_t moved = (int64_t)(random % (uint64_t)(2 * tenth + 1)) - tenth;
    return span_us(delay.us + moved);
}

static bool has_status_code(const struct retry_policy *policy, int64_t code) {
    for (size_t i = 0; i < policy->status_code_count; i++)
        if (policy->status_codes[i] == code) return true;
    return false;
}

static bool is_worth_a_retry(const struct retry_policy *policy,
                             const struct retry_failure *failure) {
    if (failure->never_retry) return false;
    if (failure->http_status != 0 && policy->status_code_count > 0)
        return has_status_code(policy, failure->http_status);
    if (policy->error_types == 0) return true;
    enum error_type type;
    return error_type_from_number(failure->error_type, &type) &&
           (policy->error_types & ERROR_BIT(type)) != 0;
}

struct retry_decision retry_decide(const struct retry_policy *policy,
                                   const struct retry_failure *failure, uint64_t random) {
    int64_t attempts_made = failure->retry_count + 1;
    if (attempts_made >= policy->max_attempts || !is_worth_a_retry(policy, failure))
        return (struct retry_decision){.again = false, .available_at = UTC_NONE};
    struct utc own = utc_add(failure->ended_at, retry_delay(policy, attempts_made, random));
    return (struct retry_decision){.again = true,
                                   .available_at = utc_max(own, failure->retry_not_before)};
}
