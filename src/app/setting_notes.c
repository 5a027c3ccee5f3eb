/* setting_notes.c - see setting_notes.h. */
#include "app/setting_notes.h"

#include <string.h>

/* ---- without effect -------------------------------------------------------------------------- */

static bool has_recipients(const struct settings *settings) {
    return settings->alert_recipients[0] != '\0';
}

static bool has_webhook(const struct settings *settings) {
    return settings->alert_webhook_url[0] != '\0';
}

static bool has_channel(const struct settings *settings) {
    return has_recipients(settings) || has_webhook(settings);
}

static bool has_dashboard(const struct settings *settings) {
    return settings->dashboard_enabled;
}

static bool has_roots(const struct settings *settings) {
    return settings->file_roots.count > 0;
}

static bool has_shell(const struct settings *settings) {
    return settings->shell_enabled;
}

static bool is_guarded(const struct settings *settings) {
    return !settings->allow_private_networks;
}

static const struct condition {
    const char *key; // with a colon at its end: all that begin so
    bool (*is_met)(const struct settings *settings);
    const char *why;
} conditions[] = {
    {"EmailSettings:", has_recipients, "Scheduler:Monitoring:FailedJobsAlertEmail names nobody"},
    {"Scheduler:Monitoring:AlertWebhookSecret", has_webhook, "there is no AlertWebhookUrl"},
    {"Scheduler:Monitoring:AlertOnConsecutiveFailures", has_channel,
     "there is neither FailedJobsAlertEmail nor AlertWebhookUrl"},
    {"Scheduler:Monitoring:AlertTimeoutSeconds", has_channel,
     "there is neither FailedJobsAlertEmail nor AlertWebhookUrl"},
    {"Scheduler:Hangfire:DashboardPath", has_dashboard, "DashboardEnabled is false"},
    {"Scheduler:Jobs:MaxDecompressedBytes", has_roots, "AllowedFileRoots is empty"},
    {"Scheduler:Handlers:Shell:", has_shell, "Scheduler:Handlers:Shell:Enabled is false"},
    {"Scheduler:Http:AllowedHosts", is_guarded, "AllowPrivateNetworks allows all"},
};

struct idle {
    const struct settings *settings;
    void (*say)(void *context, const char *key, const char *why);
    void *context;
};

static bool covers(const struct condition *condition, struct str key) {
    struct str covered = str_from_cstr(condition->key);
    if (!str_ends_with(covered, STR(":"))) return str_equal(key, covered);
    return key.len > covered.len && str_equal_nocase(str_slice(key, 0, covered.len), covered);
}

static void check_idle(void *context, const char *key, const struct setting *setting,
                       const void *field, const struct setting_origin *origin) {
    const struct idle *idle = context;
    struct buf value = buf_with_max(0);
    settings_put_value(setting, field, &value);
    bool is_off = str_equal(buf_str(&value), STR("false")) ||
                  str_equal(buf_str(&value), STR("\"\"")) || str_equal(buf_str(&value), STR("[]"));
    buf_free(&value);
    if (is_off || origin->text == NULL || strcmp(origin->text, "default") == 0) return;
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        if (!covers(&conditions[i], str_from_cstr(key))) continue;
        if (!conditions[i].is_met(idle->settings)) idle->say(idle->context, key, conditions[i].why);
        return;
    }
}

void setting_notes_idle(const struct settings *settings,
                        void (*say)(void *context, const char *key, const char *why),
                        void *context) {
    struct idle idle = {settings, say, context};
    settings_each(settings, check_idle, &idle);
}

/* ---- changed --------------------------------------------------------------------------------- */

struct search {
    const char *key;
    struct buf value;
    bool found;
};

static void look(void *context, const char *key, const struct setting *setting, const void *field,
                 const struct setting_origin *origin) {
    struct search *search = context;
    (void)origin;
    if (search->found || strcmp(search->key, key) != 0) return;
    search->found = true;
    settings_put_value(setting, field, &search->value);
}

struct comparison {
    const struct settings *other;
    bool only_missing; // what is the same key there was compared already
    struct buf *keys;
};

static void compare(void *context, const char *key, const struct setting *setting,
                    const void *field, const struct setting_origin *origin) {
    const struct comparison *comparison = context;
    (void)origin;
    if (strcmp(key, "Logging:Level") == 0) return;
    struct search search = {.key = key, .value = buf_with_max(0)};
    struct buf value = buf_with_max(0);
    settings_each(comparison->other, look, &search);
    settings_put_value(setting, field, &value);
    bool differs = !search.found || (!comparison->only_missing &&
                                     !str_equal(buf_str(&value), buf_str(&search.value)));
    if (differs) buf_printf(comparison->keys, "%s%s", comparison->keys->len > 0 ? ", " : "", key);
    buf_free(&search.value);
    buf_free(&value);
}

void setting_notes_changed(const struct settings *before, const struct settings *after,
                           struct buf *keys) {
    struct comparison to_before = {.other = before, .keys = keys};
    struct comparison to_after = {.other = after, .only_missing = true, .keys = keys};
    settings_each(after, compare, &to_before);
    settings_each(before, compare, &to_after);
}
