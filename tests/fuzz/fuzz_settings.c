/* Any text as a settings file: it is taken or refused with a complaint, never a crash. */
#include "app/key_lines.h"
#include "app/settings.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct settings settings;
    struct buf complaints = buf_with_max(0);
    settings_set_defaults(&settings);
    struct str text = {(const char *)data, size};
    if (settings_read_text(&settings, "fuzz", text, &complaints)) {
        struct buf printed = buf_with_max(0);
        settings_print(&settings, &printed);
        assert(printed.len > 0);
        buf_free(&printed);
    } else {
        assert(complaints.len > 0);
    }
    (void)key_line(text, STR("Server:Port"));
    buf_free(&complaints);
    settings_free(&settings);
    return 0;
}
