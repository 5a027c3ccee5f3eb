/* config.c - `alphabet config`: what is in force, and where it came from. */
#include "app/commands.h"
#include "app/options.h"

#include <stdio.h>

int app_config(int argc, char **argv) {
    struct settings settings;
    int code = options_load(argc, argv, "config", &settings);
    if (code != 0) return code < 0 ? 0 : code;
    struct buf out = buf_with_max(0);
    settings_print(&settings, &out);
    struct str text = buf_str(&out);
    bool written = fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    buf_free(&out);
    settings_free(&settings);
    return written ? 0 : 1;
}
