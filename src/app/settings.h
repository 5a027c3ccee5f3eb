/* settings.h - what the operator may set, where each value came from, and what is wrong with it.
 *
 * One table (settings_table.c) names every key with its kind, range, default and meaning; the file,
 * the environment and the flags all go through it, in that order, each overriding the one before.
 *
 *     struct settings settings;
 *     if (!settings_load(&sources, &settings, &complaints)) print complaints.text; exit
 *     settings_print(&settings, stdout_buffer);      // `alphabet config`
 *     settings_free(&settings);
 *
 *   Owns:    settings_free frees all texts.   Threads: read-only after loading.
 *   Units:   in the name of each key.
 *   Errors:  every fault at once, each with its key, where it stands (file and line, variable,
 * flag) and what is allowed.
 */
#ifndef ALPHABET_APP_SETTINGS_H
#define ALPHABET_APP_SETTINGS_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

struct text_list {
    const char **items; // NULL-terminated
    size_t count;
};

/* Entries of a section whose names the operator chooses: Scheduler:Handlers:NAME:… Each begins with
 * struct setting_entry. */
struct setting_entries {
    struct setting_entry **items; // in the order they were named
    size_t count;
};

struct setting_entry {
    const char *name;               // as it was written first
    struct setting_origin *origins; // one for each row of the section's table
};

/* Scheduler:Handlers:NAME */
struct handler_settings {
    struct setting_entry entry;
    const char *executable, *library, *user, *network;
    struct text_list arguments, methods, environment, folders, readable;
    int64_t cpu_seconds, memory_bytes, file_bytes, processes, open_files, output_bytes;
};

/* ConnectionStrings:NAME */
struct connection_settings {
    struct setting_entry entry;
    const char *string;
};

struct settings {
    struct arena arena;             // all texts and lists
    struct setting_origin *origins; // one for each row of the table

    /* Data, Database */
    const char *data_directory;
    const char *database_provider;
    const char *connection_string; // path of the file ("" = alphabet.db in the data folder), or
                                   // what libpq takes
    /* Logging */
    const char *log_level;
    /* Jwt, LockoutSettings */
    const char *jwt_issuer, *jwt_audience, *jwt_secret_key;
    int64_t access_token_minutes, refresh_token_days;
    int64_t session_idle_minutes, session_lifetime_hours;
    int64_t lockout_failures, lockout_minutes;
    /* Cors, Server */
    struct text_list cors_origins;
    const char *address;
    int64_t port;
    const char *tls_certificate, *tls_key;
    bool allow_plain_http;
    struct text_list trusted_proxies;
    int64_t max_body_bytes, max_connections, request_timeout_seconds, rate_limit_per_minute;
    bool open_metrics;
    /* Scheduler */
    bool dashboard_enabled;
    const char *dashboard_path;
    int64_t worker_count;
    struct text_list queues;
    int64_t job_expiration_days;
    int64_t keep_execution_days;
    int64_t default_timeout_seconds, heartbeat_seconds, max_output_bytes, shutdown_grace_seconds;
    int64_t max_concurrent_jobs, dependency_wait_seconds;
    const char *orphan_policy;
    struct text_list file_roots;
    int64_t max_unpacked_bytes;
    int64_t retry_max_attempts, retry_delay_seconds;
    bool allow_private_networks;
    struct text_list allowed_hosts;
    const char *secrets_directory;
    /* Scheduler:Monitoring, EmailSettings */
    const char *alert_recipients; // with commas between them
    int64_t alert_on_failures, alert_timeout_seconds;
    const char *alert_webhook_url, *alert_webhook_secret;
    int64_t stats_window_hours, upcoming_window_minutes;
    const char *smtp_server, *smtp_user, *smtp_password, *smtp_from, *smtp_use_tls, *smtp_ca_file;
    int64_t smtp_port;
    bool shell_enabled;
    struct setting_entries handlers; // struct handler_settings
    const char *procedures_directory;
    struct text_list procedures_allowed;
    int64_t procedure_connections, procedure_connect_seconds, procedure_idle_seconds;
    struct setting_entries connections; // struct connection_settings
};

enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_BOOL, SETTING_CHOICE, SETTING_LIST };
enum setting_flags {
    SETTING_SECRET = 1, // never printed
    /* The contract names it, this version cannot do it: setting it is refused, not ignored. */
    SETTING_NOT_OFFERED = 2,
    SETTING_PASSWORD_INSIDE = 4, // not printed when it holds a password
};

struct setting {
    const char *key; // "Scheduler:Hangfire:WorkerCount"; of a NOT_OFFERED one also a whole section
    enum setting_kind kind;
    unsigned flags;
    size_t offset;        // in struct settings
    const char *fallback; // as it would be written; lists: items separated by commas
    int64_t min, max;     // SETTING_NUMBER
    const char *choices;  // SETTING_CHOICE: "A|B"
    const char *meaning;  // one line for people
};

/* A section of named entries; the keys of its rows are what stands behind the name. A single row
 * with an empty key is the value of the name itself: ConnectionStrings:NAME. */
struct setting_section {
    const char *key; // "Scheduler:Handlers"
    const struct setting *rows;
    size_t row_count;
    size_t entry_size;
    size_t offset; // of the struct setting_entries in struct settings
};

const struct setting *settings_table(size_t *count);
const struct setting_section *settings_sections(size_t *count);

struct setting_origin {
    const char *text; // "default", "appsettings.json line 7", "environment Server__Port", "--port"
};

struct settings_sources {
    const char *file; // NULL = appsettings.json in the current folder, if there is one
    const char *const *environment; // NAME=value, NULL-terminated; may be NULL
    /* --data, --address, … as pairs of key and value, NULL-terminated. */
    const char *const *flags;
};

WARN_UNUSED bool settings_load(const struct settings_sources *sources, struct settings *ret,
                               struct buf *complaints);
/* Key, value (secrets masked) and origin of every setting, aligned for reading. */
void settings_print(const struct settings *settings, struct buf *out);
void settings_free(struct settings *settings);

/* Every row, those of named entries with their whole key. */
typedef void settings_visit(void *context, const char *key, const struct setting *setting,
                            const void *field, const struct setting_origin *origin);
void settings_each(const struct settings *settings, settings_visit *visit, void *context);
/* As it would be written in the file; a secret in full. */
void settings_put_value(const struct setting *setting, const void *field, struct buf *out);

/* Parses the text of a settings file alone; for tests and fuzzing. */
WARN_UNUSED bool settings_read_text(struct settings *settings, const char *file_name,
                                    struct str text, struct buf *complaints);
void settings_set_defaults(struct settings *settings);

#endif
