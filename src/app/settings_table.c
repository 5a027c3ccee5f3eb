/* settings_table.c - every setting there is. To add one: a field in struct settings, a row here, a
 * line in appsettings.json or docs/operations.md, and code that honours it. */
#include "app/settings.h"

#include "base/bounds.h"

#include <stddef.h>

#define TEXT(key, field, fallback, meaning) \
    { key, SETTING_TEXT, 0, offsetof(struct settings, field), fallback, 0, 0, NULL, meaning }
#define SECRET(key, field, meaning) \
    { key, SETTING_TEXT, SETTING_SECRET, offsetof(struct settings, field), "", 0, 0, NULL, meaning }
#define NUMBER(key, field, fallback, min, max, meaning) \
    { key, SETTING_NUMBER, 0, offsetof(struct settings, field), fallback, min, max, NULL, meaning }
#define BOOL(key, field, fallback, meaning) \
    { key, SETTING_BOOL, 0, offsetof(struct settings, field), fallback, 0, 0, NULL, meaning }
#define CHOICE(key, field, fallback, choices, meaning) \
    { key, SETTING_CHOICE, 0, offsetof(struct settings, field), fallback, 0, 0, choices, meaning }
#define LIST(key, field, fallback, meaning) \
    { key, SETTING_LIST, 0, offsetof(struct settings, field), fallback, 0, 0, NULL, meaning }
#define NOT_OFFERED(key) \
    { key, SETTING_TEXT, SETTING_NOT_OFFERED, 0, "", 0, 0, NULL, "" }

static const struct setting table[] = {
    TEXT("Data:Directory", data_directory, "data", "folder of database, keys and logs"),
    CHOICE("Database:Provider", database_provider, "Sqlite", "Sqlite|PostgreSql", "kind of store"),
    {"Database:ConnectionString", SETTING_TEXT, SETTING_PASSWORD_INSIDE,
     offsetof(struct settings, connection_string), "", 0, 0, NULL,
     "SQLite: path of the file, empty = alphabet.db in the data folder; PostgreSQL: "
     "postgresql://USER@HOST/DATABASE or host=… dbname=…"},
    CHOICE("Logging:Level", log_level, "info", "debug|info|warn|error", "what is logged"),
    TEXT("Jwt:Issuer", jwt_issuer, "Alphabet", "iss of access tokens"),
    TEXT("Jwt:Audience", jwt_audience, "Alphabet.Clients", "aud of access tokens"),
    SECRET("Jwt:SecretKey", jwt_secret_key,
           "key of access tokens, 32 bytes or more; empty = made and kept in the data folder"),
    NUMBER("Jwt:AccessTokenExpiryMinutes", access_token_minutes, "15", 1, 1440,
           "life of an access token"),
    NUMBER("Jwt:RefreshTokenExpiryDays", refresh_token_days, "7", 1, 365,
           "life of a refresh token"),
    NOT_OFFERED("Jwt:JwksUrl"),
    NUMBER("Session:IdleMinutes", session_idle_minutes, "60", 1, 43200,
           "without a request, after which a session of the dashboard ends"),
    NUMBER("Session:LifetimeHours", session_lifetime_hours, "12", 1, 8760,
           "after which it ends anyhow"),
    NUMBER("LockoutSettings:MaxFailedAttempts", lockout_failures, "5", 1, 100,
           "failed logins in a row that lock an account"),
    NUMBER("LockoutSettings:LockoutMinutes", lockout_minutes, "5", 1, 1440, "for how long"),
    LIST("Cors:AllowedOrigins", cors_origins, "", "web origins that may call the API"),
    TEXT("Server:Address", address, "127.0.0.1", "address to listen on"),
    NUMBER("Server:Port", port, "8080", 0, 65535, "port; 0 = any free one, printed at start"),
    TEXT("Server:TlsCertificate", tls_certificate, "", "PEM file with the certificate chain"),
    TEXT("Server:TlsKey", tls_key, "", "PEM file with the private key"),
    BOOL("Server:AllowPlainHttp", allow_plain_http, "false",
         "allow an address beyond loopback without TLS"),
    LIST("Server:TrustedProxies", trusted_proxies, "",
         "addresses or networks whose X-Forwarded-For is believed"),
    NUMBER("Server:MaxBodyBytes", max_body_bytes, "1048576", 1024, MAX_IMPORT_BODY,
           "largest request body"),
    NUMBER("Server:MaxConnections", max_connections, "1000", 1, 100000, "open connections"),
    NUMBER("Server:RequestTimeoutSeconds", request_timeout_seconds, "30", 1, 3600,
           "for a request to arrive and its answer to be taken"),
    NUMBER("Server:RateLimitPerMinute", rate_limit_per_minute, "0", 0, 10000000,
           "requests a minute from one address; 0 = no limit"),
    BOOL("Server:OpenMetrics", open_metrics, "false",
         "let anybody read /metrics; on loopback anybody may anyway"),
    BOOL("Scheduler:Hangfire:DashboardEnabled", dashboard_enabled, "true", "serve the dashboard"),
    TEXT("Scheduler:Hangfire:DashboardPath", dashboard_path, "/hangfire", "where"),
    NUMBER("Scheduler:Hangfire:WorkerCount", worker_count, "5", 1, 100000,
           "executions that run at once"),
    LIST("Scheduler:Hangfire:Queues", queues, "critical,default,background",
         "queues in order of priority"),
    NUMBER("Scheduler:Hangfire:JobExpirationDays", job_expiration_days, "30", 1, 3650,
           "after which idempotency keys go"),
    NUMBER("Scheduler:Jobs:DefaultTimeoutSeconds", default_timeout_seconds, "300", 1,
           MAX_TIMEOUT_SECONDS, "timeoutSeconds of a job that says none"),
    NUMBER("Scheduler:Jobs:MaxConcurrentJobs", max_concurrent_jobs, "0", 0, 1000000,
           "executions that run at once on all nodes together; 0 = no bound but the workers"),
    NUMBER("Scheduler:Jobs:HeartbeatIntervalSeconds", heartbeat_seconds, "30", 1, 3600,
           "a third of a lease"),
    CHOICE("Scheduler:Jobs:OrphanPolicy", orphan_policy, "Retry", "Retry|Fail",
           "what becomes of executions that a crash interrupted"),
    NUMBER("Scheduler:Jobs:MaxOutputBytes", max_output_bytes, "65536", 1024, 16 * 1024 * 1024,
           "kept output of an execution"),
    LIST("Scheduler:Jobs:AllowedFileRoots", file_roots, "",
         "folders that FileOperation jobs may work in; empty = the job type is off"),
    NUMBER("Scheduler:Jobs:MaxDecompressedBytes", max_unpacked_bytes, "10737418240", 1,
           INT64_MAX / 2, "what a Decompress may take out of one archive"),
    NUMBER("Scheduler:Jobs:ShutdownGraceSeconds", shutdown_grace_seconds, "30", 0, 3600,
           "for running work at a stop"),
    NUMBER("Scheduler:Jobs:DependencyWaitSeconds", dependency_wait_seconds, "86400", 1, 31536000,
           "after which a run that waits for other jobs fails"),
    NUMBER("Scheduler:Retry:DefaultMaxAttempts", retry_max_attempts, "3", 1, MAX_RETRY_ATTEMPTS,
           "attempts of a job that says none; 1 = no retry"),
    NUMBER("Scheduler:Retry:DefaultDelaySeconds", retry_delay_seconds, "60", 0,
           MAX_RETRY_DELAY_SECONDS, "before the first retry"),
    BOOL("Scheduler:Http:AllowPrivateNetworks", allow_private_networks, "false",
         "let HTTP jobs call loopback, link-local and private addresses"),
    LIST("Scheduler:Http:AllowedHosts", allowed_hosts, "",
         "hosts and networks that HTTP jobs may call all the same"),
    TEXT("Scheduler:Secrets:Directory", secrets_directory, "",
         "folder with a file for each secret"),
    NUMBER("Scheduler:Retention:ExecutionDays", keep_execution_days, "0", 0, 3650,
           "ended executions created longer ago are deleted; 0 = never"),
    TEXT("Scheduler:Monitoring:FailedJobsAlertEmail", alert_recipients, "",
         "who gets an e-mail when a job keeps failing; several with commas between them"),
    NUMBER("Scheduler:Monitoring:AlertOnConsecutiveFailures", alert_on_failures, "3", 1, 1000000,
           "failures in a row that are worth an alert"),
    SECRET("Scheduler:Monitoring:AlertWebhookUrl", alert_webhook_url,
           "where alerts are posted to as JSON"),
    SECRET("Scheduler:Monitoring:AlertWebhookSecret", alert_webhook_secret,
           "signs what is posted there; 16 bytes or more"),
    NUMBER("Scheduler:Monitoring:AlertTimeoutSeconds", alert_timeout_seconds, "30", 1, 600,
           "for each attempt to deliver an alert"),
    NUMBER("Scheduler:Monitoring:StatsWindowHours", stats_window_hours, "24", 1, 8760,
           "how far back success rate and recent failures look"),
    NUMBER("Scheduler:Monitoring:UpcomingWindowMinutes", upcoming_window_minutes, "60", 1, 10080,
           "how far ahead upcoming executions look"),
    TEXT("Scheduler:Procedures:Directory", procedures_directory, "",
         "folder of the .sql files that StoredProcedure jobs run on SQLite"),
    LIST("Scheduler:Procedures:Allowed", procedures_allowed, "",
         "procedures that jobs may call, or beginnings with *; empty = all that the login may"),
    NUMBER("Scheduler:Procedures:MaxConnectionsPerName", procedure_connections, "10", 1, 1000,
           "connections to one database at once"),
    NUMBER("Scheduler:Procedures:ConnectTimeoutSeconds", procedure_connect_seconds, "10", 1, 300,
           "for a connection to a database"),
    NUMBER("Scheduler:Procedures:IdleSeconds", procedure_idle_seconds, "60", 1, 86400,
           "after which a connection that nobody uses is closed"),
    TEXT("EmailSettings:SmtpServer", smtp_server, "", "mail server that alerts are sent by"),
    NUMBER("EmailSettings:SmtpPort", smtp_port, "587", 1, 65535, "its port"),
    TEXT("EmailSettings:User", smtp_user, "", "login at the mail server; empty = none"),
    SECRET("EmailSettings:Password", smtp_password, "password of that login"),
    TEXT("EmailSettings:From", smtp_from, "", "sender of the e-mails; empty = User"),
    CHOICE("EmailSettings:UseTls", smtp_use_tls, "Auto", "Auto|StartTls|Tls|None",
           "Auto: Tls at port 465, else StartTls, which only a server on loopback may lack"),
    TEXT("EmailSettings:CaFile", smtp_ca_file, "",
         "PEM file with the authorities to trust instead of the system's"),
    BOOL("Scheduler:Handlers:Shell:Enabled", shell_enabled, "false",
         "offer handlerType Shell: scripts that administrators write into jobs"),
};

#undef TEXT
#undef NUMBER
#undef LIST
#define TEXT(key, field, meaning) \
    { key, SETTING_TEXT, 0, offsetof(struct handler_settings, field), "", 0, 0, NULL, meaning }
#define LIST(key, field, meaning) \
    { key, SETTING_LIST, 0, offsetof(struct handler_settings, field), "", 0, 0, NULL, meaning }
#define NUMBER(key, field, fallback, max, meaning) \
    { \
        key, SETTING_NUMBER, 0, offsetof(struct handler_settings, field), fallback, 0, max, NULL, \
            meaning \
    }

static const struct setting handler_rows[] = {
    TEXT("Executable", executable, "absolute path of a program or a script with #!"),
    TEXT("Library", library, "absolute path of a library with the interface of alphabet/handler.h"),
    LIST("Arguments", arguments, "its arguments; a job cannot change them"),
    LIST("Methods", methods, "values of methodName, the first is the default; * takes any"),
    LIST("Environment", environment, "variables a job may set: names, or beginnings with *"),
    LIST("WorkingDirectories", folders, "folders it may write to; it starts in the first"),
    LIST("ReadablePaths", readable, "folders and files it may read beyond those of the system"),
    TEXT("User", user, "user it runs as; empty = nobody when the server is root, else its own"),
    {"Network", SETTING_CHOICE, 0, offsetof(struct handler_settings, network), "Deny", 0, 0,
     "Deny|Allow", "sockets of any kind"},
    NUMBER("Limits:CpuSeconds", cpu_seconds, "3600", 31536000, "processor time of a process"),
    NUMBER("Limits:MemoryBytes", memory_bytes, "2147483648", INT64_MAX / 2,
           "address space of a process"),
    NUMBER("Limits:FileSizeBytes", file_bytes, "1073741824", INT64_MAX / 2, "largest file"),
    NUMBER("Limits:Processes", processes, "64", 30000, "processes of a run at once"),
    NUMBER("Limits:OpenFiles", open_files, "1024", 1000000, "descriptors of a process"),
    NUMBER("Limits:OutputBytes", output_bytes, "67108864", INT64_MAX / 2,
           "output after which a run is killed"),
};

/* ConnectionStrings:NAME is the value itself. */
static const struct setting connection_rows[] = {
    {"", SETTING_TEXT, SETTING_SECRET, offsetof(struct connection_settings, string), "", 0, 0, NULL,
     "postgresql://…, sqlite:PATH, or DSN=…/Driver=… of ODBC"},
};

static const struct setting_section sections[] = {
    {"ConnectionStrings", connection_rows, COUNT_OF(connection_rows),
     sizeof(struct connection_settings), offsetof(struct settings, connections)},
    {"Scheduler:Handlers", handler_rows, COUNT_OF(handler_rows), sizeof(struct handler_settings),
     offsetof(struct settings, handlers)},
};

const struct setting_section *settings_sections(size_t *count) {
    *count = COUNT_OF(sections);
    return sections;
}

const struct setting *settings_table(size_t *count) {
    *count = COUNT_OF(table);
    return table;
}
