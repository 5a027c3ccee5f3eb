/* process_figures.h - what this process takes from its machine, as Linux tells.
 *
 *     struct process_figures process = process_figures();
 *
 *   Owns: nothing.   Threads: any.   Units: named in each field.
 *   Errors: none; what cannot be read is -1.
 */
#ifndef ALPHABET_API_PROCESS_FIGURES_H
#define ALPHABET_API_PROCESS_FIGURES_H

#include <stdint.h>

struct process_figures {
    int64_t cpu_us; // user and system, since the start
    int64_t resident_bytes, virtual_bytes;
    int64_t open_descriptors, max_descriptors;
    int64_t threads;
    int64_t start_us; // since 1970
};

struct process_figures process_figures(void);

#endif
