/* alert_settings.h - from the settings to who is told of alerts, and how.
 *
 *     if (!alert_settings_check(&settings, &complaints)) ...      // part of settings_load
 *     struct alert_options alerts = alert_settings_options(&settings, &arena);
 *     if (alert_options_any(&alerts)) ...                         // somebody is to be told
 *
 *   Owns:    nothing; the options point into the settings and the arena. Clock and node name are
 * the caller's to set. Threads: pure, but for a look at EmailSettings:CaFile. Errors:  every fault
 * at once, a line each with its key and how to mend it; never a secret.
 */
#ifndef ALPHABET_APP_ALERT_SETTINGS_H
#define ALPHABET_APP_ALERT_SETTINGS_H

#include "app/settings.h"
#include "handlers/alert_delivery.h"

/* What the settings of alerts must be to each other. */
WARN_UNUSED bool alert_settings_check(const struct settings *settings, struct buf *complaints);
struct alert_options alert_settings_options(const struct settings *settings, struct arena *arena);

#endif
