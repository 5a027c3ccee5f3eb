/* process_figures.c - see process_figures.h. Reads /proc: some files of one line each. */
#include "api/process_figures.h"

#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MICROSECONDS = 1000000, FIELDS_MAX = 64 };

static struct str read_file(const char *path, char *into, size_t size) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL) return STR_NONE;
    size_t got = fread(into, 1, size, file);
    (void)fclose(file);
    return (struct str){into, got};
}

static int64_t cpu_us(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return -1;
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * MICROSECONDS +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64_t open_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return -1;
    int64_t count = -1; // the one that reads the folder
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count;
}

/* When the machine was started, in seconds since 1970. */
static int64_t boot_seconds(void) {
    const struct str key = STR("\nbtime ");
    char text[65536];
    struct str all = read_file("/proc/stat", text, sizeof text);
    for (size_t i = 0; i + key.len < all.len; i++) {
        if (memcmp(all.ptr + i, key.ptr, key.len) != 0) continue;
        struct str rest = str_slice(all, i + key.len, all.len);
        int64_t seconds;
        return str_parse_i64(str_cut(&rest, '\n'), &seconds) ? seconds : -1;
    }
    return -1;
}

/* The fields of /proc/self/stat behind the name of the program, which may hold anything. */
static size_t stat_fields(char *text, size_t size, int64_t fields[FIELDS_MAX]) {
    struct str rest = read_file("/proc/self/stat", text, size);
    size_t end = rest.len;
    while (end > 0 && rest.ptr[end - 1] != ')') end--;
    rest = str_trim(str_slice(rest, end, rest.len));
    size_t count = 0;
    while (rest.len > 0 && count < FIELDS_MAX) {
        int64_t value;
        fields[count++] = str_parse_i64(str_cut(&rest, ' '), &value) ? value : -1;
    }
    return count;
}

struct process_figures process_figures(void) {
    /* Counted from the field behind the name, which is the third one of proc(5). */
    enum { THREADS = 20 - 3, START = 22 - 3, VIRTUAL = 23 - 3, RESIDENT = 24 - 3 };
    struct process_figures figures = {
        .cpu_us = cpu_us(),
        .resident_bytes = -1,
        .virtual_bytes = -1,
        .open_descriptors = open_descriptors(),
        .max_descriptors = -1,
        .threads = -1,
        .start_us = -1,
    };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_descriptors = (int64_t)limit.rlim_cur;
    char text[1024];
    int64_t fields[FIELDS_MAX];
    if (stat_fields(text, sizeof text, fields) <= RESIDENT) return figures;
    figures.threads = fields[THREADS];
    figures.virtual_bytes = fields[VIRTUAL];
    figures.resident_bytes = fields[RESIDENT] * sysconf(_SC_PAGESIZE);
    int64_t boot = boot_seconds(), ticks = sysconf(_SC_CLK_TCK);
    if (boot >= 0 && ticks > 0)
        figures.start_us = boot * MICROSECONDS + fields[START] * (MICROSECONDS / ticks);
    return figures;
}
