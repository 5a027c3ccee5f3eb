/* setting_notes.h - what the operator should hear about settings that are right and do nothing.
 *
 *     setting_notes_idle(&settings, warn, context);     // set, and without effect as things stand
 *     setting_notes_changed(&in_force, &fresh, &keys);  // "Server:Port, Cors:AllowedOrigins"
 *
 *   Owns:    nothing.   Threads: safe from any.   Errors: none.
 */
#ifndef ALPHABET_APP_SETTING_NOTES_H
#define ALPHABET_APP_SETTING_NOTES_H

#include "app/settings.h"

/* `say` hears of each setting that somebody has set and that does nothing, and why. */
void setting_notes_idle(const struct settings *settings,
                        void (*say)(void *context, const char *key, const char *why),
                        void *context);
/* The keys whose values differ, with commas between them, but for Logging:Level, which is taken
 * over while the server runs. */
void setting_notes_changed(const struct settings *before, const struct settings *after,
                           struct buf *keys);

#endif
