/* serve.c - `alphabet serve`: every part in the order it starts, and the reverse at the end.
 *
 * Starting is recovering: what a crash left Running is settled before the port opens, so the first
 * answer a client gets is already true.
 */
#include "api/api.h"
#include "app/alert_settings.h"
#include "app/commands.h"
#include "app/data_folder.h"
#include "app/notify.h"
#include "app/options.h"
#include "app/setting_notes.h"
#include "base/log.h"
#include "dashboard/dashboard.h"
#include "handlers/registry.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_STORE_FAILED = 70,
    IDEMPOTENCY_HOURS = 24,
    ENGINE_SILENCE_SECONDS = 10,
    /* What limits memory: glibc would give every thread an arena of its own, each keeping what it
     * needed once, and every connection of the store keeps pages and prepared statements. */
    MALLOC_ARENAS = 4,
    READ_CONNECTIONS = 8,
};

struct server {
    struct settings settings;
    struct arena arena;
    const struct clock *clock;
    struct str *queues;
    struct str node_name;
    struct handlers_options handlers;
    struct secrets *secrets;
    struct guard *guard;
    struct code_handlers *code_handlers;
    struct beneath *beneath;
    struct procedure_connections *connections;
    int scripts; // Scheduler:Procedures:Directory, opened; -1: none

    struct zone_cache *zones;
    struct store *store;
    struct identity *identity;
    struct api *api;
    struct dashboard *dashboard;
    struct engine *engine;
    struct http_router *router;
    struct http_server *http;
    char first_password[GENERATED_PASSWORD_SIZE]; // empty unless it was made just now
};

/* ---- the process ---- */

static void prepare_process(void) {
    struct rlimit files;
    (void)umask(077);
    (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit fails, and the store says so
    (void)prctl(PR_SET_DUMPABLE, 0); // no core dump and no tracer sees the keys
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Before any thread is made, so that only main ever takes them. */
static void block_signals(sigset_t *ret) {
    (void)sigemptyset(ret);
    (void)sigaddset(ret, SIGTERM);
    (void)sigaddset(ret, SIGINT);
    (void)sigaddset(ret, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, ret, NULL);
}

/* Nothing may be acknowledged after a failed flush: the kernel has dropped what it could not write.
 * The next start reads what is really on disk. */
static void store_failed(void *context, const char *why) {
    (void)context;
    log_error("store failed", "why=\"%s\" action=exit", why);
    _exit(EXIT_STORE_FAILED);
}

static struct str own_name(struct arena *arena) {
    char name[256] = "localhost";
    (void)gethostname(name, sizeof name - 1);
    return arena_copy(arena, str_from_cstr(name));
}

/* ---- start, one part each ---- */

static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
           strcmp(address, "localhost") == 0;
}

static bool check_exposure(const struct settings *settings, struct err *err) {
    bool plain = settings->tls_certificate[0] == '\0';
    if (!plain || is_loopback(settings->address) || settings->allow_plain_http) return true;
    return err_set(err, ERR_INVALID,
                   "Server:Address %s is beyond loopback and there is no TLS; set "
                   "Server:TlsCertificate and Server:TlsKey, or Server:AllowPlainHttp to true",
                   settings->address);
}

static void warn_idle(void *context, const char *key, const char *why) {
    (void)context;
    log_warn("setting without effect", "setting=%s reason=\"%s\"", key, why);
}

static void copy_settings(struct server *server) {
    const struct text_list *queues = &server->settings.queues;
    enum log_level level;
    server->queues = ARENA_ARRAY(&server->arena, queues->count, struct str);
    for (size_t i = 0; i < queues->count; i++) server->queues[i] = str_from_cstr(queues->items[i]);
    server->node_name = own_name(&server->arena);
    if (log_level_parse(str_from_cstr(server->settings.log_level), &level)) log_set_level(level);
    setting_notes_idle(&server->settings, warn_idle, NULL);
}

static struct store *open_sqlite(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    const char *path = settings->connection_string;
    if (path[0] == '\0')
        path = arena_printf(&server->arena, "%s/alphabet.db", settings->data_directory).ptr;
    return sqlite_store_open(&(struct sqlite_store_options){.path = path,
                                                            .on_fatal = store_failed,
                                                            .read_connections = READ_CONNECTIONS},
                             err);
}

static struct store *open_postgres(const struct settings *settings, struct err *err) {
    if (settings->connection_string[0] == '\0') {
        (void)err_set(err, ERR_INVALID,
                      "Database:Provider PostgreSql needs Database:ConnectionString: "
                      "postgresql://USER@HOST/DATABASE or host=… dbname=…");
        return NULL;
    }
    struct store *store = postgres_store_open(
        &(struct postgres_store_options){.connection = settings->connection_string,
                                         .read_connections = READ_CONNECTIONS},
        err);
    if (!store) (void)err_wrap(err, "Database:ConnectionString");
    return store;
}

static bool open_store(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    if (!data_folder_open(settings->data_directory, err)) return false;
    bool postgres = strcmp(settings->database_provider, "PostgreSql") == 0;
    server->store = postgres ? open_postgres(settings, err) : open_sqlite(server, err);
    return server->store != NULL;
}

static bool open_identity(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    struct str key = str_from_cstr(settings->jwt_secret_key);
    if (key.len == 0 && !data_folder_key(settings->data_directory, &server->arena, &key, err))
        return false;
    struct identity_options options = {
        .store = server->store,
        .clock = server->clock,
        .issuer = str_from_cstr(settings->jwt_issuer),
        .audience = str_from_cstr(settings->jwt_audience),
        .key = key,
        .access_minutes = settings->access_token_minutes,
        .refresh_days = settings->refresh_token_days,
        .session_idle = span_seconds(settings->session_idle_minutes * 60),
        .session_life = span_seconds(settings->session_lifetime_hours * 3600),
        .lockout_failures = settings->lockout_failures,
        .lockout = span_seconds(settings->lockout_minutes * 60),
    };
    server->identity = identity_new(&options);
    bool created;
    const char *given = getenv("ALPHABET_ADMIN_PASSWORD");
    return identity_ensure_admin(server->identity, str_from_cstr(given), server->first_password,
                                 &created, err);
}

static struct code_definition definition_of(const struct handler_settings *from) {
    return (struct code_definition){
        .name = str_from_cstr(from->entry.name),
        .executable = from->executable,
        .library = from->library,
        .arguments = from->arguments.items,
        .methods = from->methods.items,
        .environment = from->environment.items,
        .folders = from->folders.items,
        .readable = from->readable.items,
        .user = from->user,
        .network = strcmp(from->network, "Allow") == 0,
        .limits = {.cpu_seconds = from->cpu_seconds,
                   .memory_bytes = from->memory_bytes,
                   .file_bytes = from->file_bytes,
                   .open_files = from->open_files,
                   .processes = from->processes},
        .output_bytes = from->output_bytes,
    };
}

static bool prepare_code(struct server *server, struct err *err) {
    const struct setting_entries *entries = &server->settings.handlers;
    struct code_definition *definitions =
        ARENA_ARRAY(&server->arena, entries->count + 1, struct code_definition);
    for (size_t i = 0; i < entries->count; i++)
        definitions[i] = definition_of((const void *)entries->items[i]);
    struct code_handlers_options options = {.shell = server->settings.shell_enabled,
                                            .worker_count = server->settings.worker_count};
    server->code_handlers = code_handlers_new(&options, definitions, entries->count, err);
    if (server->code_handlers == NULL) return false;
    const struct sandbox *sandbox = code_handlers_sandbox(server->code_handlers);
    const char *lacks = sandbox_shortcomings(sandbox);
    if (lacks)
        log_warn("handlers are not shut in", "landlock=%d seccomp=%d lacks=\"%s\"",
                 sandbox->landlock, sandbox->has_filter, lacks);
    else
        log_info("handlers are shut in", "landlock=%d seccomp=%d", sandbox->landlock,
                 sandbox->has_filter);
    return true;
}

/* Who could write a FileOperation could else read the database, its key and the secrets. */
static bool check_root_holds_nothing(const struct server *server, const char *folder,
                                     const char *setting, struct err *err) {
    if (folder[0] == '\0' || !beneath_holds(server->beneath, folder)) return true;
    return err_set(err, ERR_INVALID,
                   "Scheduler:Jobs:AllowedFileRoots: one of them holds %s, the folder of %s; name "
                   "folders that hold nothing of the server",
                   folder, setting);
}

static bool prepare_files(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    server->beneath = beneath_new(settings->file_roots.items, err);
    if (server->beneath == NULL) return err_wrap(err, "Scheduler:Jobs:AllowedFileRoots");
    for (size_t i = 0; i < beneath_count(server->beneath); i++)
        if (beneath_is_open_to_all(server->beneath, i))
            log_warn("everybody on this machine may write to a file root", "root=%.*s",
                     STR_ARG(beneath_root_path(server->beneath, i)));
    server->handlers.files = (struct file_operation_options){
        .beneath = server->beneath,
        .secrets = server->secrets,
        .machine_name = server->node_name,
        .max_unpacked_bytes = settings->max_unpacked_bytes,
    };
    return check_root_holds_nothing(server, settings->data_directory, "Data:Directory", err) &&
           check_root_holds_nothing(server, settings->secrets_directory,
                                    "Scheduler:Secrets:Directory", err);
}

static bool open_scripts(struct server *server, struct err *err) {
    const char *path = server->settings.procedures_directory;
    server->scripts = -1;
    if (path[0] == '\0') return true;
    server->scripts = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (server->scripts < 0)
        return err_set(err, ERR_INVALID, "Scheduler:Procedures:Directory %s: %s", path,
                       strerrordesc_np(errno));
    struct stat info;
    if (fstat(server->scripts, &info) == 0 && !(info.st_mode & S_IWOTH)) return true;
    return err_set(err, ERR_INVALID,
                   "Scheduler:Procedures:Directory %s: everybody may write to it; chmod o-w it",
                   path);
}

/* A job that reaches the server's own database could read every definition and become anybody. */
static bool check_own_database(const struct server *server, struct err *err) {
    const char *own = server->settings.connection_string;
    char path[4096];
    struct stat ours, theirs;
    (void)snprintf(path, sizeof path, "%s/alphabet.db", server->settings.data_directory);
    if (stat(own[0] ? own : path, &ours) != 0) return true;
    for (size_t i = 0; i < procedure_connections_count(server->connections); i++) {
        const struct procedure_connection *each = procedure_connections_at(server->connections, i);
        if (each->kind == CONNECTION_SQLITE && stat(each->path.ptr, &theirs) == 0 &&
            theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
            return err_set(err, ERR_INVALID,
                           "ConnectionStrings:%.*s is the server's own database; jobs must have "
                           "one of their own",
                           STR_ARG(each->name));
    }
    return true;
}

static bool prepare_procedures(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    const struct setting_entries *entries = &settings->connections;
    struct connection_string *strings =
        ARENA_ARRAY(&server->arena, entries->count + 1, struct connection_string);
    for (size_t i = 0; i < entries->count; i++) {
        const struct connection_settings *each = (const void *)entries->items[i];
        strings[i] = (struct connection_string){str_from_cstr(each->entry.name),
                                                str_from_cstr(each->string)};
    }
    server->connections = procedure_connections_new(strings, entries->count, err);
    if (server->connections == NULL || !check_own_database(server, err) ||
        !open_scripts(server, err))
        return false;
    server->handlers.procedures = (struct stored_procedure_options){
        .rules = {.connections = server->connections,
                  .allowed = settings->procedures_allowed.items},
        .secrets = server->secrets,
        .clock = server->clock,
        .machine_name = server->node_name,
        .max_connections = settings->procedure_connections,
        .connect_seconds = settings->procedure_connect_seconds,
        .idle_seconds = settings->procedure_idle_seconds,
        .scripts = server->scripts,
    };
    return check_root_holds_nothing(server, settings->procedures_directory,
                                    "Scheduler:Procedures:Directory", err);
}

static bool prepare_handlers(struct server *server, struct err *err) {
    if (!prepare_code(server, err)) return false;
    const struct text_list *hosts = &server->settings.allowed_hosts;
    struct str *allowed = ARENA_ARRAY(&server->arena, hosts->count + 1, struct str);
    for (size_t i = 0; i < hosts->count; i++) allowed[i] = str_from_cstr(hosts->items[i]);
    struct guard_options guard = {
        .allow_private_networks = server->settings.allow_private_networks,
        .allowed = allowed,
        .allowed_count = hosts->count,
    };
    server->guard = guard_new(&guard, err);
    if (server->guard == NULL) return false;
    server->secrets = secrets_new(str_from_cstr(server->settings.secrets_directory), server->clock);
    server->handlers.http = (struct http_call_options){
        .guard = server->guard,
        .secrets = server->secrets,
        .clock = server->clock,
        .machine_name = server->node_name,
    };
    struct alert_options *alerts = &server->handlers.alerts;
    *alerts = alert_settings_options(&server->settings, &server->arena);
    alerts->clock = server->clock;
    alerts->node_name = server->node_name;
    if (alerts->recipient_count > 0 && alerts->security == MAIL_NONE)
        log_warn("alerts go out unencrypted", "setting=EmailSettings:UseTls");
    server->handlers.code = (struct code_execution_options){
        .handlers = server->code_handlers,
        .secrets = server->secrets,
        .clock = server->clock,
        .machine_name = server->node_name,
    };
    return prepare_files(server, err) && prepare_procedures(server, err);
}

static bool make_api(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    struct api_options options = {
        .store = server->store,
        .clock = server->clock,
        .zones = server->zones,
        .identity = server->identity,
        .version = STR(ALPHABET_VERSION),
        .node_name = server->node_name,
        .data_directory = settings->data_directory,
        .queues = server->queues,
        .queue_count = settings->queues.count,
        .default_timeout_seconds = settings->default_timeout_seconds,
        .retry_max_attempts = settings->retry_max_attempts,
        .retry_delay_seconds = settings->retry_delay_seconds,
        .handlers = &server->handlers,
        .idempotency_hours = IDEMPOTENCY_HOURS,
        .stats_window_hours = settings->stats_window_hours,
        .upcoming_window_minutes = settings->upcoming_window_minutes,
        .open_metrics = settings->open_metrics || is_loopback(settings->address),
    };
    server->api = api_new(&options, err);
    if (server->api == NULL) return false;
    server->router = http_router_new();
    return api_add_routes(server->api, server->router, err);
}

static bool make_dashboard(struct server *server, struct err *err) {
    if (!server->settings.dashboard_enabled) return true;
    server->dashboard = dashboard_new(str_from_cstr(server->settings.dashboard_path), err);
    return server->dashboard && dashboard_add_routes(server->dashboard, server->router, err);
}

static bool start_engine(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    struct engine_options options = {
        .store = server->store,
        .clock = server->clock,
        .zones = server->zones,
        .node_name = server->node_name,
        .version = STR(ALPHABET_VERSION),
        .worker_count = settings->worker_count,
        .queues = server->queues,
        .queue_count = settings->queues.count,
        .max_output_bytes = settings->max_output_bytes,
        .heartbeat = span_seconds(settings->heartbeat_seconds),
        .shutdown_grace = span_seconds(settings->shutdown_grace_seconds),
        .retry_orphans = strcmp(settings->orphan_policy, "Retry") == 0,
        .dependency_wait = span_seconds(settings->dependency_wait_seconds),
        .max_running = settings->max_concurrent_jobs,
        .keep_keys = span_seconds(settings->job_expiration_days * 86400),
        .keep_executions = span_seconds(settings->keep_execution_days * 86400),
        .alert_on_failures =
            alert_options_any(&server->handlers.alerts) ? settings->alert_on_failures : 0,
        .make_handlers = handlers_make,
        .handlers_context = &server->handlers,
        .on_event = api_on_event,
        .on_run = api_on_run,
        .event_context = server->api,
        .on_output = api_on_output,
        .output_context = server->api,
    };
    randombytes_buf(&options.seed, sizeof options.seed);
    server->engine = engine_start(&options, err);
    if (server->engine == NULL) return false;
    api_set_engine(server->api, server->engine);
    return true;
}

static bool read_pem(struct server *server, const char *path, const char **ret, struct err *err) {
    *ret = NULL;
    if (path[0] == '\0') return true;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    enum { PEM_MAX = 256 * 1024 };
    char *text = arena_alloc(&server->arena, PEM_MAX + 1);
    size_t got = fread(text, 1, PEM_MAX, file);
    bool ok = !ferror(file) && feof(file);
    (void)fclose(file);
    if (!ok) return err_set(err, ERR_INVALID, "%s cannot be read", path);
    text[got] = '\0';
    *ret = text;
    return true;
}

/* Server:MaxConnections, or fewer when the process may not open that many descriptors beside those
 * of the program and the calls of its jobs: who accepts until there are none left can neither
 * answer nor run a job, and libmicrohttpd may turn in circles. */
static unsigned connections_that_fit(const struct settings *settings) {
    enum { OWN_DESCRIPTORS = 48, DESCRIPTORS_OF_A_RUN = 4 }; // a handler's pipes, its process
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return (unsigned)settings->max_connections;
    int64_t limit = files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur;
    int64_t fit = limit - OWN_DESCRIPTORS - settings->worker_count * DESCRIPTORS_OF_A_RUN;
    if (fit < limit / 4) fit = limit / 4;
    if (fit >= settings->max_connections) return (unsigned)settings->max_connections;
    log_warn("few descriptors", "limit=%lld connections=%lld wanted=%lld", (long long)limit,
             (long long)fit, (long long)settings->max_connections);
    return (unsigned)fit;
}

static bool start_http(struct server *server, struct err *err) {
    const struct settings *settings = &server->settings;
    struct http_server_options options = {
        .address = settings->address,
        .port = (uint16_t)settings->port,
        .max_connections = connections_that_fit(settings),
        .request_timeout_seconds = (unsigned)settings->request_timeout_seconds,
        .max_body = (size_t)settings->max_body_bytes,
        .trusted_proxies = settings->trusted_proxies.items,
        .allowed_origins = settings->cors_origins.items,
        .rate_limit_per_minute = (unsigned)settings->rate_limit_per_minute,
        .clock = server->clock,
        .before = api_before,
        .done = api_done,
        .context = server->api,
    };
    if (!read_pem(server, settings->tls_certificate, &options.tls_certificate, err) ||
        !read_pem(server, settings->tls_key, &options.tls_key, err))
        return false;
    server->http = http_server_start(&options, server->router, err);
    return server->http != NULL;
}

static bool start(struct server *server, struct err *err) {
    copy_settings(server);
    server->clock = clock_system();
    server->zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    return check_exposure(&server->settings, err) && open_store(server, err) &&
           open_identity(server, err) && prepare_handlers(server, err) && make_api(server, err) &&
           make_dashboard(server, err) && start_engine(server, err) && start_http(server, err);
}

/* The reverse of start; every part may be missing. */
static void stop(struct server *server) {
    api_stop(server->api);
    http_server_stop(server->http);
    if (server->api) api_set_engine(server->api, NULL);
    if (server->engine) engine_stop(server->engine);
    http_router_free(server->router);
    dashboard_free(server->dashboard);
    api_free(server->api);
    identity_free(server->identity);
    store_close(server->store);
    guard_free(server->guard);
    secrets_free(server->secrets);
    code_handlers_free(server->code_handlers);
    beneath_free(server->beneath);
    procedure_connections_free(server->connections);
    if (server->scripts > 0) (void)close(server->scripts);
    zone_cache_free(server->zones);
    settings_free(&server->settings);
    arena_free(&server->arena);
}

/* ---- while it runs ---- */

/* Also after a start that failed behind it: the account is in the store by then, and nobody could
 * ever log in. */
static void print_first_password(struct server *server) {
    if (server->first_password[0]) {
        (void)printf("First login: admin@alphabet.local with the password %s\n"
                     "It is shown this once; keep it, or set another one after logging in.\n",
                     server->first_password);
        sodium_memzero(server->first_password, sizeof server->first_password);
    }
    (void)fflush(stdout);
}

static void print_greeting(struct server *server) {
    const struct settings *settings = &server->settings;
    bool ipv6 = strchr(settings->address, ':') != NULL;
    (void)printf("Alphabet %s is ready at %s://%s%s%s:%u\n", ALPHABET_VERSION,
                 settings->tls_certificate[0] ? "https" : "http", ipv6 ? "[" : "",
                 settings->address, ipv6 ? "]" : "", (unsigned)http_server_port(server->http));
    print_first_password(server);
}

/* SIGHUP: reads the settings again and takes over what can change while it runs. */
static void reload(const struct settings *in_force, int argc, char **argv) {
    struct settings fresh;
    enum log_level level;
    if (options_load(argc, argv, "serve", &fresh) != 0) {
        log_error("reload failed", "action=\"the settings in force stay\"");
        return;
    }
    if (log_level_parse(str_from_cstr(fresh.log_level), &level)) log_set_level(level);
    log_info("reloaded", "log_level=%s", fresh.log_level);
    struct buf keys = buf_with_max(0);
    setting_notes_changed(in_force, &fresh, &keys);
    if (keys.len > 0)
        log_warn("settings that only a restart takes over", "changed=\"%s\"", buf_str(&keys).ptr);
    buf_free(&keys);
    settings_free(&fresh);
}

/* The next signal; 0 when the service manager is to hear from us first. */
static int next_signal(const sigset_t *signals, struct span beat) {
    int number = 0;
    if (beat.us == 0) return sigwait(signals, &number) == 0 ? number : 0;
    const struct timespec limit = {.tv_sec = (time_t)(beat.us / 1000000),
                                   .tv_nsec = (long)(beat.us % 1000000) * 1000};
    number = sigtimedwait(signals, NULL, &limit);
    return number > 0 ? number : 0;
}

/* The service manager hears from us only while the engine goes on: a process that answers requests
 * and runs no job is the one that must be started again. */
struct pulse {
    uint64_t turns;
    struct mono felt_at;
};

static bool engine_is_alive(struct server *server, struct pulse *pulse) {
    struct mono now = clock_mono(server->clock);
    uint64_t turns = engine_figures(server->engine).turns;
    if (turns != pulse->turns) *pulse = (struct pulse){turns, now};
    return mono_diff(now, pulse->felt_at).us < span_seconds(ENGINE_SILENCE_SECONDS).us;
}

static void wait_for_end(struct server *server, const sigset_t *signals, int argc, char **argv) {
    struct span beat = notify_watchdog_interval();
    struct pulse pulse = {.felt_at = clock_mono(server->clock)};
    int number;
    while ((number = next_signal(signals, beat)) == 0 || number == SIGHUP) {
        if (number == SIGHUP) reload(&server->settings, argc, argv);
        if (beat.us && engine_is_alive(server, &pulse)) notify_manager("WATCHDOG=1");
    }
    log_info("stopping", "signal=%s", sigabbrev_np(number));
}

int app_serve(int argc, char **argv) {
    struct server server = {0};
    struct err err = ERR_INIT;
    sigset_t signals;
    int code = options_load(argc, argv, "serve", &server.settings);
    if (code != 0) return code < 0 ? 0 : code;
    prepare_process();
    block_signals(&signals);
    if (sodium_init() < 0 || !start(&server, &err)) {
        print_first_password(&server);
        (void)fprintf(stderr, "alphabet: %s\n", err.msg);
        stop(&server);
        return err.kind == ERR_INVALID ? 2 : 1;
    }
    print_greeting(&server);
    notify_manager("READY=1");
    log_info("ready", "port=%u node=%.*s", (unsigned)http_server_port(server.http),
             STR_ARG(server.node_name));
    wait_for_end(&server, &signals, argc, argv);
    notify_manager("STOPPING=1");
    stop(&server);
    return 0;
}
