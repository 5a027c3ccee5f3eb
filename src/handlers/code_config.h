/* code_config.h - the jobConfiguration of a CodeExecution: read once, checked whole, then
 * immutable.
 *
 *   handlerType        name of a registered handler (code_handlers.h); required
 *   methodName         one of the handler's Methods; the first of them unless given
 *   parameters{}       any JSON; variables in its texts are replaced. Of Shell: `script`, a text
 * taken as it is, without variables environment{}      name: text, as far as the handler's
 * Environment list goes workingDirectory   one of the handler's WorkingDirectories or a folder
 * below one; the first of them unless given
 *
 *     struct code_config config;
 *     if (!code_config_read(json, handlers, &known, &arena, &config, &faults)) ...
 *
 *   Owns:    texts live in the arena; parameters and environment belong to `json`.
 *   Threads: safe from any.
 *   Errors:  faults with fields "jobConfiguration.environment.NAME".
 */
#ifndef ALPHABET_HANDLERS_CODE_CONFIG_H
#define ALPHABET_HANDLERS_CODE_CONFIG_H

#include "handlers/code_handlers.h"
#include "handlers/variables.h"

#include <jansson.h>

enum { MAX_METHOD_NAME = 200 };

struct code_config {
    const struct code_handler *handler;
    struct str method;         // "" = none
    const json_t *parameters;  // NULL = none
    const json_t *environment; // NULL = none
    struct str folder;         // as written, variables included; absent = the default
    struct str script;         // of Shell
};

WARN_UNUSED bool code_config_read(const json_t *json, const struct code_handlers *handlers,
                                  const struct variables_known *known, struct arena *arena,
                                  struct code_config *ret, struct faults *faults);
/* Which of the handler's folders holds `path` (an index), and what is left below it ("" = itself).
 */
WARN_UNUSED bool code_config_find_folder(const struct code_handler *handler, struct str path,
                                         size_t *ret, struct str *ret_below);

#endif
