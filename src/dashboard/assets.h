/* assets.h - the files of web/, embedded at build by tools/embed-web.
 *
 *   Owns: nothing; the bytes are part of the program.   Threads: any.   Errors: none.
 */
#ifndef ALPHABET_DASHBOARD_ASSETS_H
#define ALPHABET_DASHBOARD_ASSETS_H

#include "base/str.h"

struct asset {
    const char *path; // below web/, such as "pages/overview.js"
    const char *type; // Content-Type
    struct str plain, gzip;
};

extern const struct asset dashboard_assets[];
extern const size_t dashboard_asset_count;
extern const char dashboard_hash[]; // changes with any of them

#endif
