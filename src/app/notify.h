/* notify.h - tells the service manager how far the start is (systemd's Type=notify protocol: one
 * datagram to the socket named by NOTIFY_SOCKET). Without such a socket nothing happens.
 *
 *   Owns: nothing.   Threads: main only.   Errors: none; a manager that does not listen is no
 * reason to stop. Source: sd_notify(3), whose protocol is stable and meant to be spoken without the
 * library.
 */
#ifndef ALPHABET_APP_NOTIFY_H
#define ALPHABET_APP_NOTIFY_H

#include "base/clock.h"

void notify_manager(const char *state); // "READY=1", "STOPPING=1", "WATCHDOG=1"

/* How often WATCHDOG=1 is to be sent, half of what the manager waits for it; 0 when it does not. */
struct span notify_watchdog_interval(void);

#endif
