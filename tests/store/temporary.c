/* temporary.c - see temporary.h. */
#include "temporary.h"

#include "base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *temporary_folder_new(void) {
    const char *parent = getenv("TMPDIR");
    struct buf name = {0};
    buf_printf(&name, "%s/alphabet-store-XXXXXX", parent && *parent ? parent : "/tmp");
    char *folder = buf_take(&name);
    if (!mkdtemp(folder)) abort();
    return folder;
}

/* The stores make files only, no folders. */
void temporary_folder_remove(char *folder) {
    if (!folder) return;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir) (void)closedir(dir);
    (void)rmdir(folder);
    free(folder);
}
