/* code_handlers.h - the handlers that the operator registered: what CodeExecution may run.
 *
 *     struct code_definition definitions[] = {{.name = STR("Report"), .executable = "/usr/…"}};
 *     struct code_handlers *handlers = code_handlers_new(&options, definitions, 1, &err);
 *     const struct code_handler *handler = code_handlers_find(handlers, STR("report"));
 *     code_handlers_free(handlers);
 *
 * Three examples that are part of the program are there without being defined: SampleJob,
 * ReportGenerationJob and CleanupJob; a definition of such a name without a program sets limits and
 * folders for it. Shell is there when it is enabled.
 *
 * A handler is an executable, a script with #!, or a library with the interface of
 * include/alphabet/handler.h, which a small program of our own loads in a child. Its file is
 * checked at the start (handler_file.h) and opened anew, with the same checks, for each run.
 *
 *   Owns:    definitions are borrowed until code_handlers_free.
 *   Threads: immutable once made; safe from any.
 *   Errors:  INVALID names the setting and what is wrong with it.
 *   Units:   limits of 0 are none.
 */
#ifndef ALPHABET_HANDLERS_CODE_HANDLERS_H
#define ALPHABET_HANDLERS_CODE_HANDLERS_H

#include "base/buf.h"
#include "handlers/handler_file.h"
#include "handlers/process.h"
#include "handlers/sandbox.h"

/* As the settings have it; lists end with NULL. */
struct code_definition {
    struct str name;
    const char *executable, *library; // one of them, or none for an example
    const char *const *arguments;     // behind argv[0]
    const char *const *methods;       // the first is the default; "*" takes any name
    const char *const *environment;   // what a job may set: names, or beginnings with *
    const char *const *folders;       // WorkingDirectories: written to; the first is the default
    const char *const *readable;      // further folders and files it may read
    const char *user;                 // "" = nobody when the server is root, else the server's own
    bool network;
    struct process_limits limits; // user_processes is worked out
    int64_t output_bytes;
};

struct code_handlers_options {
    bool shell;           // Scheduler:Handlers:Shell:Enabled
    int64_t worker_count; // runs at once
};

enum code_kind { CODE_EXECUTABLE, CODE_LIBRARY, CODE_SHELL };

struct code_handler {
    struct code_definition definition;
    enum code_kind kind;
    const char *path; // NULL: part of the program
    int built_in;     // its file; -1 = `path`
    bool is_script;   // of a built-in one
    int rules;        // Landlock; -1 = none
    dev_t device;     // of the file that the rules name
    ino_t inode;
    int *folders; // one for each of definition.folders
    size_t folder_count;
    bool changes_user;
    uid_t uid;
    gid_t gid;
    const char *user_name, *home;
};

struct code_handlers;

WARN_UNUSED struct code_handlers *code_handlers_new(const struct code_handlers_options *options,
                                                    const struct code_definition *definitions,
                                                    size_t count, struct err *err);
void code_handlers_free(struct code_handlers *handlers);
/* NULL when there is none; names are compared without regard to case. */
const struct code_handler *code_handlers_find(const struct code_handlers *handlers,
                                              struct str name);
/* "CleanupJob, ReportGenerationJob, SampleJob" */
void code_handlers_put_names(const struct code_handlers *handlers, struct buf *out);
/* Opens what a run of it executes or loads, checked, and the rules for it: what was made at the
 * start, or, when another file has taken the place since, *ret_rules anew. The caller closes what
 * is not the handler's own. */
WARN_UNUSED bool code_handlers_open(const struct code_handlers *handlers,
                                    const struct code_handler *handler, struct handler_file *ret,
                                    int *ret_rules, struct err *err);
const struct sandbox *code_handlers_sandbox(const struct code_handlers *handlers);
int code_handlers_library_host(const struct code_handlers *handlers); // the program, a descriptor
int code_handlers_root(const struct code_handlers *handlers);         // the folder "/"

#endif
