/* doctor.c - `alphabet doctor`: is this machine fit to run the server, and is the server well?
 *
 * Looks and changes nothing, so that it can be run beside a server at work. Each check says what it
 * found and, where something is wrong, how to mend it.
 */
#include "app/commands.h"
#include "app/options.h"
#include "cli/client.h"
#include "cli/output.h"
#include "schedule/zone.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

enum verdict { WELL, DOUBTFUL, WRONG };

enum {
    FIRST_SANE_YEAR = 2024,
    FEW_FILES = 4096,
    ZONE_FILE_HEAD = 64,
};

static const uint64_t little_space = UINT64_C(1) << 30, no_space = UINT64_C(100) << 20;

struct doctor {
    struct invocation *invocation;
    struct settings settings;
    json_t *findings;
};

/* `mend` is NULL when all is well. */
static void find(struct doctor *doctor, enum verdict verdict, const char *check, struct str found,
                 const char *mend) {
    static const char *const names[] = {"ok", "warning", "wrong"};
    json_t *finding = json_pack("{s:s, s:s, s:s%, s:s?}", "check", check, "verdict", names[verdict],
                                "found", found.ptr, found.len, "mend", mend);
    if (finding != NULL) (void)json_array_append_new(doctor->findings, finding);
}

#define FOUND(doctor, ...) arena_printf(&(doctor)->invocation->arena, __VA_ARGS__)

/* ---- this machine ---- */

static void check_clock(struct doctor *doctor) {
    struct timex state = {0};
    char now[RFC3339_LENGTH + 1];
    struct utc t = clock_now(doctor->invocation->clock);
    utc_format(t, now);
    bool sane = civil_from_seconds(utc_seconds(t)).year >= FIRST_SANE_YEAR;
    bool kept = adjtimex(&state) >= 0 && !(state.status & STA_UNSYNC);
    if (!sane)
        find(doctor, WRONG, "clock", FOUND(doctor, "it is said to be %s", now),
             "set the clock of this machine; schedules follow it");
    else if (!kept)
        find(doctor, DOUBTFUL, "clock",
             FOUND(doctor, "%s, and nothing is known to keep it right", now),
             "run a time service, such as chrony or systemd-timesyncd");
    else
        find(doctor, WELL, "clock", FOUND(doctor, "%s, kept right by a time service", now), NULL);
}

/* "# version 2024a", the first line of a file of the zone database. */
static struct str zone_version(struct doctor *doctor) {
    char head[ZONE_FILE_HEAD + 1];
    int file = open("/usr/share/zoneinfo/tzdata.zi", O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, head, ZONE_FILE_HEAD) : -1;
    if (file >= 0) (void)close(file);
    if (got <= 0) return STR("of unknown version");
    struct str rest = {head, (size_t)got};
    struct str line = str_cut(&rest, '\n');
    if (str_starts_with(line, STR("# "))) line = str_slice(line, 2, line.len);
    return arena_copy(&doctor->invocation->arena, line);
}

static void check_zones(struct doctor *doctor) {
    static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Tokyo"};
    struct zone_cache *cache = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct err err = ERR_INIT;
    bool ok = true;
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        ok = ok && zone_cache_get(cache, str_from_cstr(zones[i]), &err) != NULL;
    zone_cache_free(cache);
    if (ok)
        find(doctor, WELL, "time zones",
             FOUND(doctor, "tzdata, %.*s", STR_ARG(zone_version(doctor))), NULL);
    else
        find(doctor, WRONG, "time zones", FOUND(doctor, "%s", err.msg),
             "install the package tzdata");
}

static void check_open_files(struct doctor *doctor) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    bool few = limit.rlim_max != RLIM_INFINITY && limit.rlim_max < FEW_FILES;
    find(doctor, few ? DOUBTFUL : WELL, "open files",
         FOUND(doctor, "at most %llu", (unsigned long long)limit.rlim_max),
         few ? "raise the limit (ulimit -n, or LimitNOFILE= of the unit): each connection takes one"
             : NULL);
}

/* ---- its data ---- */

/* The folder, or the nearest one above it that is there. */
static struct str nearest_folder(struct doctor *doctor) {
    struct str path =
        arena_copy(&doctor->invocation->arena, str_from_cstr(doctor->settings.data_directory));
    struct stat info;
    while (stat(path.ptr, &info) != 0) {
        const char *slash = strrchr(path.ptr, '/');
        if (slash == NULL) return STR(".");
        if (slash == path.ptr) return STR("/");
        path = arena_copy(&doctor->invocation->arena,
                          (struct str){path.ptr, (size_t)(slash - path.ptr)});
    }
    return path;
}

static bool check_folder(struct doctor *doctor) {
    const char *path = doctor->settings.data_directory;
    struct stat info;
    if (stat(path, &info) != 0) {
        struct str above = nearest_folder(doctor);
        bool can = access(above.ptr, W_OK | X_OK) == 0;
        find(doctor, can ? WELL : WRONG, "data folder",
             can ? FOUND(doctor, "%s is not there yet; serve makes it", path)
                 : FOUND(doctor, "%s is not there, and %s cannot be written to", path, above.ptr),
             can ? NULL : "make it and give it to the user that serves, or set Data:Directory");
        return false;
    }
    bool ours = S_ISDIR(info.st_mode) && access(path, R_OK | W_OK | X_OK) == 0;
    if (!ours)
        find(doctor, WRONG, "data folder", FOUND(doctor, "%s cannot be written to", path),
             "run this as the user that serves, or chown the folder to that user");
    else if (info.st_mode & (S_IWGRP | S_IWOTH))
        find(doctor, WRONG, "data folder", FOUND(doctor, "%s may be written to by others", path),
             "chmod 700 it; serve does not start like this");
    else if (info.st_mode & (S_IRGRP | S_IROTH | S_IXGRP | S_IXOTH))
        find(doctor, DOUBTFUL, "data folder", FOUND(doctor, "%s can be read by others", path),
             "chmod 700 it: it holds the signing key and every definition");
    else
        find(doctor, WELL, "data folder", FOUND(doctor, "%s is for its owner alone", path), NULL);
    return ours;
}

static void check_space(struct doctor *doctor) {
    struct statvfs info;
    struct str folder = nearest_folder(doctor);
    if (statvfs(folder.ptr, &info) != 0) return;
    uint64_t left = (uint64_t)info.f_bavail * info.f_frsize;
    enum verdict verdict = left < no_space ? WRONG : left < little_space ? DOUBTFUL : WELL;
    if (info.f_files > 0 && info.f_favail == 0) verdict = WRONG;
    find(doctor, verdict, "disk",
         FOUND(doctor, "%llu MiB are free", (unsigned long long)(left >> 20)),
         verdict == WELL ? NULL
                         : "make room: clear-logs deletes old executions, or move Data:Directory");
}

static void check_postgres(struct doctor *doctor) {
    struct postgres_store_look look;
    struct err err = ERR_INIT;
    if (!postgres_store_look(doctor->settings.connection_string, &look, &err)) {
        find(doctor, WRONG, "database", FOUND(doctor, "%s", err.msg),
             "see that the server runs and that Database:ConnectionString names it");
    } else if (look.version > look.newest) {
        find(doctor, WRONG, "database",
             FOUND(doctor, "it has schema %lld, and this program knows %lld",
                   (long long)look.version, (long long)look.newest),
             "run the version of alphabet that wrote it, or a later one");
    } else {
        find(doctor, WELL, "database",
             FOUND(doctor, "PostgreSQL %lld, schema %lld of %lld%s", (long long)look.server,
                   (long long)look.version, (long long)look.newest,
                   look.version < look.newest ? "; serve brings it to the newest" : ""),
             NULL);
    }
}

static void check_sqlite(struct doctor *doctor) {
    const char *path = doctor->settings.connection_string;
    struct sqlite_store_look look;
    struct err err = ERR_INIT;
    struct stat info;
    if (path[0] == '\0')
        path = FOUND(doctor, "%s/alphabet.db", doctor->settings.data_directory).ptr;
    if (stat(path, &info) != 0) {
        find(doctor, WELL, "database", FOUND(doctor, "%s is not there yet; serve makes it", path),
             NULL);
    } else if (!sqlite_store_look(path, &look, &err)) {
        find(doctor, WRONG, "database", FOUND(doctor, "%s: %s", path, err.msg),
             "name the right file in Database:ConnectionString, or put a backup in its place");
    } else if (look.version > look.newest) {
        find(doctor, WRONG, "database",
             FOUND(doctor, "%s has schema %lld, and this program knows %lld", path,
                   (long long)look.version, (long long)look.newest),
             "run the version of alphabet that wrote it, or a later one");
    } else {
        find(doctor, WELL, "database",
             FOUND(doctor, "%s, schema %lld of %lld, %lld KiB%s", path, (long long)look.version,
                   (long long)look.newest, (long long)info.st_size / 1024,
                   look.version < look.newest ? "; serve brings it to the newest" : ""),
             NULL);
    }
}

static void check_store(struct doctor *doctor) {
    if (strcmp(doctor->settings.database_provider, "PostgreSql") == 0)
        check_postgres(doctor);
    else
        check_sqlite(doctor);
}

/* ---- the port and the server ---- */

static bool port_is_free(const struct doctor *doctor) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char port[24];
    (void)snprintf(port, sizeof port, "%lld", (long long)doctor->settings.port);
    bool is_free = true;
    if (getaddrinfo(doctor->settings.address, port, &hints, &found) != 0) return true;
    int one = 1, file = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file >= 0) {
        (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        is_free = bind(file, found->ai_addr, found->ai_addrlen) == 0 || errno != EADDRINUSE;
        (void)close(file);
    }
    freeaddrinfo(found);
    return is_free;
}

/* Where serve listens by these settings, as this machine reaches it. */
static const char *own_server(struct doctor *doctor) {
    const struct settings *settings = &doctor->settings;
    const char *address = settings->address;
    bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    bool is_v6 = !any && strchr(address, ':') != NULL;
    return FOUND(doctor, "%s://%s%s%s:%lld",
                 settings->tls_certificate[0] != '\0' ? "https" : "http", is_v6 ? "[" : "",
                 any ? "127.0.0.1" : address, is_v6 ? "]" : "", (long long)settings->port)
        .ptr;
}

static void check_server(struct doctor *doctor, struct client *client) {
    struct reply ready, version;
    struct call call = {
        .method = "GET", .path = STR("/readyz"), .without_token = true, .quiet = true};
    int code = client_call(client, &call, &ready);
    struct str why = json_text(ready.json, "detail");
    if (ready.status == 0) {
        bool is_free = port_is_free(doctor);
        find(doctor, DOUBTFUL, "server",
             FOUND(doctor, "nothing answers at %s, or not as Alphabet does%s",
                   client_server(client),
                   is_free ? "" : ", and its port is taken by another program"),
             is_free ? "start it: alphabet serve; or name another by --server or ALPHABET_SERVER"
                     : "end the other program, or set Server:Port");
    } else if (code != EXIT_OK) {
        find(doctor, WRONG, "server",
             FOUND(doctor, "%s is not ready: %.*s", client_server(client), STR_ARG(why)),
             "its log says more");
    } else {
        call.path = STR("/version");
        code = client_call(client, &call, &version);
        struct str theirs = json_text(version.json, "version");
        bool same = str_equal(theirs, STR(ALPHABET_VERSION));
        find(doctor, same ? WELL : DOUBTFUL, "server",
             FOUND(doctor, "%s is ready, version %.*s", client_server(client), STR_ARG(theirs)),
             same ? NULL
                  : "this program is version " ALPHABET_VERSION "; use the same on both sides");
        reply_free(&version);
    }
    reply_free(&ready);
}

static void check_login(struct doctor *doctor, struct client *client) {
    struct reply reply;
    struct call call = {.method = "GET", .path = STR("/api/v1/auth/me"), .quiet = true};
    int code = client_call(client, &call, &reply);
    if (code == EXIT_OK)
        find(doctor, WELL, "login",
             FOUND(doctor, "as %.*s", STR_ARG(json_text(reply.json, "email"))), NULL);
    else if (reply.status != 0)
        find(doctor, DOUBTFUL, "login", STR("nobody is logged in"), "alphabet login");
    reply_free(&reply);
}

/* ---- all together ---- */

static int load_settings(struct doctor *doctor) {
    const struct invocation *invocation = doctor->invocation;
    char **argv = ARENA_ARRAY(&doctor->invocation->arena, 2 * invocation->given_count + 2, char *);
    int argc = 0;
    argv[argc++] = xstrdup("doctor");
    for (size_t i = 0; i < invocation->given_count; i++) {
        const struct command_option *each = invocation->command->options;
        for (; each->name != NULL && each != invocation->given[i].option; each++) continue;
        if (each->name == NULL) continue; // of the connection
        argv[argc++] = xstrdup(each->name);
        argv[argc++] = xstrdup(invocation->given[i].value);
    }
    int code = options_load(argc, argv, "doctor", &doctor->settings);
    for (int i = 0; i < argc; i++) free(argv[i]);
    return code;
}

static void examine(struct doctor *doctor) {
    int code;
    find(doctor, WELL, "settings", STR("every one is known and in range"), NULL);
    check_clock(doctor);
    check_zones(doctor);
    check_open_files(doctor);
    bool readable = check_folder(doctor);
    check_space(doctor);
    if (readable) check_store(doctor);
    doctor->invocation->own_server = own_server(doctor);
    struct client *client = client_open(doctor->invocation, &code);
    if (client == NULL) {
        find(doctor, WRONG, "login", STR("the login cannot be read"), "see the message above");
        return;
    }
    check_server(doctor, client);
    check_login(doctor, client);
    client_close(client);
}

static void print_findings(const json_t *findings) {
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        struct str verdict = json_text(finding, "verdict"), mend = json_text(finding, "mend");
        enum style style = str_equal(verdict, STR("ok"))      ? STYLE_GOOD
                           : str_equal(verdict, STR("wrong")) ? STYLE_BAD
                                                              : STYLE_WARNING;
        (void)printf("%s%-8.*s%s %-12s ", style_begin(style), STR_ARG(verdict), style_end(style),
                     json_text(finding, "check").ptr);
        print_visible(json_text(finding, "found"), VISIBLE_ONE_LINE);
        (void)putchar('\n');
        if (mend.len > 0) (void)printf("%21s mend: %.*s\n", "", STR_ARG(mend));
    }
}

static int diagnose(struct invocation *invocation) {
    struct doctor doctor = {.invocation = invocation, .findings = json_array()};
    int code = load_settings(&doctor);
    if (code == EXIT_OK) {
        examine(&doctor);
        for (size_t i = 0; i < json_array_size(doctor.findings); i++)
            if (str_equal(json_text(json_array_get(doctor.findings, i), "verdict"), STR("wrong")))
                code = EXIT_FAILED;
        if (invocation->json)
            print_json(doctor.findings);
        else
            print_findings(doctor.findings);
        settings_free(&doctor.settings);
    }
    json_decref(doctor.findings);
    return code;
}

int app_doctor(int argc, char **argv) {
    struct invocation invocation;
    const struct command *command = command_find("doctor");
    int code = invocation_parse(&invocation, command, argc - 1, argv + 1);
    if (code == EXIT_OK && invocation.help)
        help_of_command(stdout, command);
    else if (code == EXIT_OK)
        code = diagnose(&invocation);
    invocation_free(&invocation);
    return code;
}
