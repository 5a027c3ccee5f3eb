/* code_handlers.c - see code_handlers.h.
 *
 * All that does not change from run to run is made here once: the user, the Landlock rules, the
 * descriptors of folders, of the examples and of the library host, both of which are files in
 * memory that nobody can change. */
#include "handlers/code_handlers.h"

#include "handlers/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const unsigned char alphabet_host[], example_sample_job[], example_report_generation_job[],
    example_cleanup_job[];
extern const size_t alphabet_host_size, example_sample_job_size, example_report_generation_job_size,
    example_cleanup_job_size;

enum { SPARE_PROCESSES = 256, NOBODY = 65534, EXAMPLES = 3 };

struct example {
    struct str name;
    enum code_kind kind;
    const unsigned char *bytes;
    const size_t *size;
};

static const struct example examples[EXAMPLES] = {
    {STR_INIT("SampleJob"), CODE_LIBRARY, example_sample_job, &example_sample_job_size},
    {STR_INIT("ReportGenerationJob"), CODE_EXECUTABLE, example_report_generation_job,
     &example_report_generation_job_size},
    {STR_INIT("CleanupJob"), CODE_EXECUTABLE, example_cleanup_job, &example_cleanup_job_size},
};
static const struct str shell_name = STR_INIT("Shell");

struct code_handlers {
    struct arena arena;
    struct sandbox sandbox;
    int host, root;
    struct code_handler *items; // by name
    size_t count;
    int64_t worker_count;
};

static bool fail_setting(const struct code_handler *handler, struct err *err) {
    return err_wrap(err, "Scheduler:Handlers:%.*s", STR_ARG(handler->definition.name));
}

static const struct example *find_example(struct str name) {
    for (size_t i = 0; i < EXAMPLES; i++)
        if (str_equal_nocase(examples[i].name, name)) return &examples[i];
    return NULL;
}

/* --- what each is made of --- */

static bool set_program(struct code_handler *handler, struct arena *arena, struct err *err) {
    const struct code_definition *definition = &handler->definition;
    const struct example *example = find_example(definition->name);
    bool is_executable = definition->executable && definition->executable[0];
    bool is_library = definition->library && definition->library[0];
    handler->built_in = -1;
    if (str_equal_nocase(definition->name, shell_name)) {
        if (is_executable || is_library)
            return err_set(err, ERR_INVALID, "Shell takes no Executable and no Library");
        char *shell = realpath("/bin/sh", NULL);
        if (!shell) return err_set(err, ERR_INVALID, "/bin/sh: %s", strerrordesc_np(errno));
        handler->kind = CODE_SHELL;
        handler->path = arena_copy(arena, str_from_cstr(shell)).ptr;
        free(shell);
        return true;
    }
    if (is_executable && is_library)
        return err_set(err, ERR_INVALID, "Executable and Library exclude each other");
    if (is_executable || is_library) {
        handler->kind = is_library ? CODE_LIBRARY : CODE_EXECUTABLE;
        handler->path = is_library ? definition->library : definition->executable;
        return true;
    }
    if (!example)
        return err_set(err, ERR_INVALID, "needs an Executable or a Library, an absolute path");
    handler->kind = example->kind;
    handler->is_script = example->kind == CODE_EXECUTABLE;
    struct str bytes = {(const char *)example->bytes, *example->size};
    handler->built_in = memory_file(example->name.ptr, bytes, err);
    return handler->built_in >= 0;
}

static bool set_user(struct code_handler *handler, struct arena *arena, struct err *err) {
    const char *name = handler->definition.user ? handler->definition.user : "";
    handler->uid = geteuid();
    handler->gid = getegid();
    handler->home = "/";
    handler->user_name = "";
    const char *wanted = name[0] ? name : geteuid() == 0 ? "nobody" : "";
    char text[2048];
    struct passwd entry, *found = NULL;
    int error = wanted[0] ? getpwnam_r(wanted, &entry, text, sizeof text, &found)
                          : getpwuid_r(geteuid(), &entry, text, sizeof text, &found);
    if (found) {
        handler->uid = found->pw_uid;
        handler->gid = found->pw_gid;
        handler->user_name = arena_copy(arena, str_from_cstr(found->pw_name)).ptr;
    } else if (name[0]) {
        return err_set(err, ERR_INVALID, "User: there is no user %s%s%s", name, error ? ": " : "",
                       error ? strerrordesc_np(error) : "");
    } else if (wanted[0]) {
        handler->uid = handler->gid = NOBODY;
    }
    handler->changes_user = handler->uid != geteuid();
    if (handler->changes_user && geteuid() != 0)
        return err_set(err, ERR_INVALID,
                       "User: only a server that runs as root can run a handler as %s", name);
    return true;
}

static bool open_folders(struct code_handler *handler, struct arena *arena, struct err *err) {
    const char *const *folders = handler->definition.folders;
    size_t count = 0;
    while (folders && folders[count]) count++;
    handler->folders = ARENA_ARRAY(arena, count + 1, int);
    for (size_t i = 0; i < count; i++) {
        int fd = folders[i][0] == '/' ? open(folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        if (folders[i][0] != '/')
            return err_set(err, ERR_INVALID, "WorkingDirectories: %s is no absolute path",
                           folders[i]);
        if (fd < 0)
            return err_set(err, ERR_INVALID, "WorkingDirectories: %s: %s", folders[i],
                           strerrordesc_np(errno));
        handler->folders[handler->folder_count++] = fd;
    }
    return true;
}

static bool make_rules(const struct code_handlers *handlers, const struct code_handler *handler,
                       int file, int *ret, struct err *err) {
    struct sandbox_access access = {
        .writable = handler->definition.folders,
        .readable = handler->definition.readable,
        .network = handler->definition.network,
        .file = file,
    };
    return sandbox_rules(&handlers->sandbox, &access, ret, err);
}

static bool check_file(const struct code_handlers *handlers, struct code_handler *handler,
                       struct err *err) {
    struct handler_file file = {.fd = -1};
    struct stat facts = {0};
    if (handler->path &&
        !handler_file_open(handler->path, handler->kind != CODE_LIBRARY, &file, err))
        return false;
    bool ok = make_rules(handlers, handler, file.fd, &handler->rules, err);
    if (ok && file.fd >= 0 && fstat(file.fd, &facts) == 0) {
        handler->device = facts.st_dev;
        handler->inode = facts.st_ino;
    }
    if (file.fd >= 0) (void)close(file.fd);
    return ok;
}

static bool make_handler(struct code_handlers *handlers, struct code_handler *handler,
                         struct err *err) {
    handler->rules = handler->built_in = -1;
    struct process_limits *limits = &handler->definition.limits;
    limits->user_processes =
        limits->processes == 0 ? 0
                               : (limits->processes + 1) * handlers->worker_count + SPARE_PROCESSES;
    bool ok = set_program(handler, &handlers->arena, err) &&
              set_user(handler, &handlers->arena, err) &&
              open_folders(handler, &handlers->arena, err) && check_file(handlers, handler, err);
    return ok || fail_setting(handler, err);
}

/* --- the set --- */

static int by_name(const void *a, const void *b) {
    const struct code_handler *left = a, *right = b;
    return str_compare(left->definition.name, right->definition.name);
}

static struct code_definition default_definition(struct str name) {
    static const char *const any[] = {"*", NULL};
    static const char *const methods[] = {"Execute", "*", NULL};
    return (struct code_definition){
        .name = name,
        .methods = methods,
        .environment = any,
        .limits = {.cpu_seconds = 3600,
                   .memory_bytes = INT64_C(2) << 30,
                   .file_bytes = INT64_C(1) << 30,
                   .open_files = 1024,
                   .processes = 64},
        .output_bytes = INT64_C(64) << 20,
    };
}

static bool is_empty(const char *const *list) {
    return !list || !list[0];
}

static void add(struct code_handlers *handlers, const struct code_definition *definition) {
    struct code_handler *handler = &handlers->items[handlers->count++];
    *handler = (struct code_handler){.definition = *definition, .rules = -1, .built_in = -1};
    if (!find_example(definition->name)) return;
    const struct code_definition example = default_definition(definition->name);
    if (is_empty(definition->methods)) handler->definition.methods = example.methods;
    if (is_empty(definition->environment)) handler->definition.environment = example.environment;
}

static const struct code_definition *find_definition(const struct code_definition *definitions,
                                                     size_t count, struct str name) {
    for (size_t i = 0; i < count; i++)
        if (str_equal_nocase(definitions[i].name, name)) return &definitions[i];
    return NULL;
}

static void collect(struct code_handlers *handlers, const struct code_handlers_options *options,
                    const struct code_definition *definitions, size_t count) {
    handlers->items = ARENA_ARRAY(&handlers->arena, count + EXAMPLES + 1, struct code_handler);
    for (size_t i = 0; i < count; i++)
        if (options->shell || !str_equal_nocase(definitions[i].name, shell_name))
            add(handlers, &definitions[i]);
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct code_definition definition = default_definition(examples[i].name);
        if (!find_definition(definitions, count, examples[i].name)) add(handlers, &definition);
    }
    struct code_definition shell = default_definition(shell_name);
    shell.methods = NULL;
    if (options->shell && !find_definition(definitions, count, shell_name)) add(handlers, &shell);
    qsort(handlers->items, handlers->count, sizeof *handlers->items, by_name);
}

struct code_handlers *code_handlers_new(const struct code_handlers_options *options,
                                        const struct code_definition *definitions, size_t count,
                                        struct err *err) {
    struct code_handlers *handlers = xcalloc(1, sizeof *handlers);
    handlers->sandbox = sandbox_probe();
    handlers->worker_count = options->worker_count;
    handlers->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct str host = {(const char *)alphabet_host, alphabet_host_size};
    handlers->host = memory_file("alphabet-host", host, err);
    collect(handlers, options, definitions, count);
    bool ok = handlers->host >= 0 && handlers->root >= 0;
    for (size_t i = 0; ok && i < handlers->count; i++)
        ok = make_handler(handlers, &handlers->items[i], err);
    if (ok) return handlers;
    code_handlers_free(handlers);
    return NULL;
}

void code_handlers_free(struct code_handlers *handlers) {
    if (!handlers) return;
    for (size_t i = 0; i < handlers->count; i++) {
        struct code_handler *handler = &handlers->items[i];
        if (handler->built_in >= 0) (void)close(handler->built_in);
        if (handler->rules >= 0) (void)close(handler->rules);
        for (size_t j = 0; j < handler->folder_count; j++) (void)close(handler->folders[j]);
    }
    if (handlers->host >= 0) (void)close(handlers->host);
    if (handlers->root >= 0) (void)close(handlers->root);
    arena_free(&handlers->arena);
    free(handlers);
}

const struct code_handler *code_handlers_find(const struct code_handlers *handlers,
                                              struct str name) {
    for (size_t i = 0; i < handlers->count; i++)
        if (str_equal_nocase(handlers->items[i].definition.name, name)) return &handlers->items[i];
    return NULL;
}

void code_handlers_put_names(const struct code_handlers *handlers, struct buf *out) {
    for (size_t i = 0; i < handlers->count; i++) {
        if (i > 0) buf_put(out, STR(", "));
        buf_put(out, handlers->items[i].definition.name);
    }
}

/* The rules name a file by its inode: one that took its place needs its own. */
bool code_handlers_open(const struct code_handlers *handlers, const struct code_handler *handler,
                        struct handler_file *ret, int *ret_rules, struct err *err) {
    *ret_rules = handler->rules;
    *ret = (struct handler_file){.fd = handler->built_in, .is_script = handler->is_script};
    if (!handler->path) return true;
    struct stat facts;
    if (!handler_file_open(handler->path, handler->kind != CODE_LIBRARY, ret, err)) return false;
    bool is_known = fstat(ret->fd, &facts) == 0 && facts.st_ino == handler->inode &&
                    facts.st_dev == handler->device;
    if (is_known || make_rules(handlers, handler, ret->fd, ret_rules, err)) return true;
    (void)close(ret->fd);
    return false;
}

const struct sandbox *code_handlers_sandbox(const struct code_handlers *handlers) {
    return &handlers->sandbox;
}

int code_handlers_library_host(const struct code_handlers *handlers) {
    return handlers->host;
}

int code_handlers_root(const struct code_handlers *handlers) {
    return handlers->root;
}
