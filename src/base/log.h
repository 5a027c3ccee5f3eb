/* log.h - one line an event, key=value, to standard error.
 *
 *     log_info("job created", "job=%s name=%s", id, log_quote(name, quoted, sizeof quoted));
 *
 * gives  2026-01-02T03:04:05.678Z INFO job created job=… name="…"
 *
 * Control characters in the formatted text are escaped, so an event is one line whatever it quotes;
 * a line is cut at 2 KiB. Never pass a secret. base/, schedule/, model/ and store/ do not log: they
 * return errors.
 *
 *   Threads: safe from any; a line is one write(2). When the sink would block, the line is dropped
 *            and counted; the next line that gets through says how many.
 *   Errors:  none.
 */
#ifndef ALPHABET_BASE_LOG_H
#define ALPHABET_BASE_LOG_H

#include "base/attr.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_set_level(enum log_level level);
WARN_UNUSED bool log_level_parse(struct str name, enum log_level *ret); // debug info warn error
void log_write(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
/* s in double quotes with control characters, quotes and backslashes escaped, cut to fit out. */
const char *log_quote(struct str s, char *out, size_t size);

#define log_debug(event, ...) log_write(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) log_write(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) log_write(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_write(LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
