/* zone_data.h - what a zone is made of. For the files of this folder that make or read one.
 *
 * Stretch i begins at starts[i] and has offsets[i]; starts[0] is INT64_MIN, starts grow, and
 * neighbours differ in their offsets.
 *
 *   Owns: zone_free frees a zone and its arrays.   Threads: immutable once made.
 */
#ifndef ALPHABET_SCHEDULE_ZONE_DATA_H
#define ALPHABET_SCHEDULE_ZONE_DATA_H

#include "base/bounds.h"
#include "base/str.h"

struct zone {
    char name[MAX_ZONE_NAME + 1];
    size_t name_length;
    size_t count; // of stretches, at least 1
    int64_t *starts;
    int32_t *offsets;
};

#endif
