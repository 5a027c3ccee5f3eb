/* Nothing outside of a root is read or written, whoever swaps what meanwhile (P2, P3, P4).
 *
 * ALPHABET_SWAPS says how many swaps the race makes; 20,000 unless it is set. */
#include "handlers/beneath.h"
#include "handlers/file_copy.h"
#include "handlers/file_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct area {
    char folder[64]; // outside; the root is folder/root
    char root[80];
    struct beneath *beneath;
};

static void put(const char *folder, const char *name, const char *text) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *folder, const char *name) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void begin(struct area *area) {
    (void)snprintf(area->folder, sizeof area->folder, "/tmp/alphabet-beneath-XXXXXX");
    assert_non_null(mkdtemp(area->folder));
    (void)snprintf(area->root, sizeof area->root, "%s/root", area->folder);
    make_folder(area->folder, "root");
    make_folder(area->folder, "dir");
    put(area->folder, "dir/a", "secret");
    put(area->folder, "dir/new", "secret");
    put(area->folder, "secret", "secret");
    const char *const paths[] = {area->root, NULL};
    struct err err = ERR_INIT;
    area->beneath = beneath_new(paths, &err);
    if (!area->beneath) fail_msg("%s", err.msg);
}

static void end(struct area *area) {
    char command[256];
    beneath_free(area->beneath);
    (void)snprintf(command, sizeof command, "rm -rf %s", area->folder);
    assert_int_equal(system(command), 0);
}

static struct place at(const char *below) {
    return (struct place){0, below};
}

static bool opens(const struct area *area, const char *below, struct err *err) {
    struct stat status;
    int fd;
    *err = (struct err)ERR_INIT;
    if (!beneath_open_file(area->beneath, at(below), &fd, &status, err)) return false;
    (void)close(fd);
    return true;
}

static void test_roots_that_cannot_be(void **state) {
    (void)state;
    static const char *const table[] = {"relative",        "/",           "/..", "/tmp/../tmp",
                                        "/nowhere/at/all", "/etc/passwd", ""};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const char *const paths[] = {table[i], NULL};
        struct err err = ERR_INIT;
        if (beneath_new(paths, &err)) fail_msg("%s is taken", table[i]);
        assert_true(err.msg[0] != '\0');
    }
    struct err err = ERR_INIT;
    struct beneath *none = beneath_new(NULL, &err);
    assert_int_equal(beneath_count(none), 0);
    beneath_free(none);
}

static void test_holds_what_lies_in_it(void **state) {
    (void)state;
    struct area area;
    char path[128];
    begin(&area);
    make_folder(area.root, "data");
    (void)snprintf(path, sizeof path, "%s/data", area.root);
    assert_true(beneath_holds(area.beneath, path));
    assert_true(beneath_holds(area.beneath, area.root));
    assert_false(beneath_holds(area.beneath, area.folder));
    assert_false(beneath_holds(area.beneath, "/nowhere"));
    (void)snprintf(path, sizeof path, "%s/link", area.folder);
    assert_int_equal(symlink("root/data", path), 0);
    assert_true(beneath_holds(area.beneath, path));
    end(&area);
}

static void test_what_leads_out_is_not_opened(void **state) {
    (void)state;
    struct area area;
    struct err err;
    char path[128], magic[64];
    begin(&area);
    put(area.root, "a", "inside");
    make_folder(area.root, "d");
    put(area.root, "d/b", "inside");
    static const char *const links[][2] = {{"out", ".."},    {"abs", "/etc"},
                                           {"loop", "loop"}, {"file", "../secret"},
                                           {"inward", "d"},  {"chain", "out/dir"}};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", area.root, links[i][0]);
        assert_int_equal(symlink(links[i][1], path), 0);
    }
    (void)snprintf(magic, sizeof magic, "/proc/%d/root/etc", (int)getpid());
    (void)snprintf(path, sizeof path, "%s/magic", area.root);
    assert_int_equal(symlink(magic, path), 0);
    (void)snprintf(path, sizeof path, "%s/hard", area.root);
    (void)snprintf(magic, sizeof magic, "%.50s/secret", area.folder);
    assert_int_equal(link(magic, path), 0);
    (void)snprintf(path, sizeof path, "%s/fifo", area.root);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)snprintf(path, sizeof path, "%s/null", area.root);
    bool has_device = mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0;

    assert_true(opens(&area, "a", &err));
    assert_true(opens(&area, "d/b", &err));
    assert_true(opens(&area, "inward/b", &err));
    static const char *const table[] = {"out/secret",
                                        "abs/passwd",
                                        "loop",
                                        "loop/x",
                                        "file",
                                        "chain/a",
                                        "magic/passwd",
                                        "../secret",
                                        "d/../../secret",
                                        "/etc/passwd",
                                        "hard",
                                        "fifo",
                                        "d",
                                        "",
                                        "..",
                                        "d/.."};
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (opens(&area, table[i], &err)) fail_msg("%s is opened", table[i]);
    if (has_device) assert_false(opens(&area, "null", &err));
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        assert_false(beneath_delete_file(area.beneath, at(table[i]), &err));
        bool other;
        assert_false(beneath_rename(area.beneath, at(table[i]), at("n"), true, &other, &err));
        struct place to = {0, table[i]};
        if (i < 2 || strstr(table[i], "..") || strstr(table[i], "magic"))
            assert_false(beneath_rename(area.beneath, at("a"), to, true, &other, &err));
    }
    assert_false(beneath_delete_folder(area.beneath, at(""), &err));
    assert_false(beneath_make_folders(area.beneath, at("out/made"), &err));
    assert_true(beneath_make_folders(area.beneath, at("x/y/z"), &err));
    assert_true(beneath_delete_folder(area.beneath, at("x/y/z"), &err));
    assert_true(opens(&area, "a", &err));
    end(&area);
}

/* In a child with mounts of its own. 77: this machine does not let us. */
static int child_with_a_mount(struct area *area) {
    const char *const roots[] = {area->root, NULL};
    char path[128];
    struct err err = ERR_INIT;
    (void)snprintf(path, sizeof path, "%s/mnt", area->root);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !(area->beneath = beneath_new(roots, &err)) || mount("none", path, "tmpfs", 0, NULL) != 0)
        return 77;
    put(path, "a", "mounted");
    if (opens(area, "mnt/a", &err) || !strstr(err.msg, "another file system")) return 1;
    if (beneath_make_folders(area->beneath, at("mnt/x"), &err)) return 2;
    if (beneath_delete_file(area->beneath, at("mnt/a"), &err)) return 3;
    (void)snprintf(path, sizeof path, "%s/one", area->root);
    char secret[128];
    (void)snprintf(secret, sizeof secret, "%s/secret", area->folder);
    if (mount(secret, path, NULL, MS_BIND, NULL) != 0) return 77;
    if (opens(area, "one", &err)) return 4;
    return beneath_delete_file(area->beneath, at("one"), &err) ? 5 : 0;
}

static void test_mount_points_are_not_entered(void **state) {
    (void)state;
    struct area area;
    int status = 0;
    begin(&area);
    make_folder(area.root, "mnt");
    put(area.root, "one", "inside");
    pid_t child = fork();
    if (child == 0) _exit(child_with_a_mount(&area));
    assert_int_equal(waitpid(child, &status, 0), child);
    end(&area);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_drafts_are_whole_or_nothing(void **state) {
    (void)state;
    struct area area;
    struct file_draft draft, second;
    struct err err = ERR_INIT;
    begin(&area);
    put(area.root, "a", "old");
    assert_true(file_draft_open(area.beneath, at("a"), &draft, &err));
    assert_true(file_write_all(draft.fd, "new", 3, &err));
    assert_false(file_draft_open(area.beneath, at("a"), &second, &err)); // somebody is at it
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_false(file_draft_publish(&draft, false, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_true(file_draft_publish(&draft, true, &err));
    file_draft_drop(&draft);
    /* What a crash leaves has no lock: the next draft takes it away. */
    assert_true(file_draft_open(area.beneath, at("b"), &draft, &err));
    char left[64];
    (void)snprintf(left, sizeof left, "%s", draft.temporary);
    file_draft_drop(&draft);
    put(area.root, left, "half");
    assert_true(file_draft_open(area.beneath, at("b"), &draft, &err));
    file_draft_drop(&draft);
    assert_false(opens(&area, left, &err));
    assert_false(opens(&area, "b", &err));
    end(&area);
}

/* --- the race --- */

struct swapper {
    const struct area *area;
    const char *folder;      // where `one` lies; held, since it may be swapped itself
    const char *one, *other; // changed for each other again and again
    long swaps;
    atomic_bool *is_over, *is_ready;
};

static void *swap_main(void *context) {
    const struct swapper *swapper = context;
    int root = open(swapper->area->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int folder = openat(root, swapper->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    atomic_store(swapper->is_ready, true);
    for (long i = 0; i < swapper->swaps; i++)
        (void)renameat2(folder, swapper->one, root, swapper->other, RENAME_EXCHANGE);
    (void)close(folder);
    (void)close(root);
    atomic_store(swapper->is_over, true);
    return NULL;
}

static void expect_inside(int fd) {
    char bytes[16] = "";
    assert_true(read(fd, bytes, sizeof bytes - 1) >= 0);
    if (strstr(bytes, "secret")) fail_msg("a file outside of the root was read");
}

static void never_told(void *context, struct place place, const char *why) {
    (void)context, (void)place, (void)why;
}

static void work_once(const struct area *area, const atomic_bool *is_stopped) {
    struct beneath *beneath = area->beneath;
    struct file_draft draft;
    struct stat status;
    struct err err;
    int64_t size;
    bool other;
    int fd;
    if (beneath_open_file(beneath, at("d/a"), &fd, &status, &err)) {
        expect_inside(fd);
        (void)close(fd);
    }
    if (file_copy(beneath, at("d/a"), at("copy"), true, is_stopped, &size, &err) &&
        beneath_open_file(beneath, at("copy"), &fd, &status, &err)) {
        expect_inside(fd);
        (void)close(fd);
    }
    if (file_draft_open(beneath, at("d/new"), &draft, &err)) {
        (void)!file_write_all(draft.fd, "inside", 6, &err);
        (void)!file_draft_publish(&draft, true, &err);
        file_draft_drop(&draft);
    }
    (void)!beneath_rename(beneath, at("d/new"), at("d/newer"), true, &other, &err);
    (void)!beneath_delete_file(beneath, at("d/newer"), &err);
    (void)!beneath_delete_file(beneath, at("d/new"), &err);
    (void)!beneath_make_folders(beneath, at("d/made"), &err);
    (void)!beneath_delete_folder(beneath, at("d/made"), &err);
    struct file_walk_options options = {.beneath = beneath,
                                        .source = at("d"),
                                        .is_recursive = true,
                                        .is_stopped = is_stopped,
                                        .skipped = never_told,
                                        .failed = never_told};
    struct file_walk *walk = file_walk_new(&options);
    while (file_walk_step(walk, &err)) continue;
    for (size_t i = 0; i < file_walk_count(walk); i++)
        if (strstr(file_walk_file(walk, i).below, "only-outside")) fail_msg("outside was listed");
    file_walk_free(walk);
}

static int count_names(const char *folder) {
    char command[256];
    int count = -1;
    (void)snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1); // NOLINT: the output of wc
    (void)pclose(pipe);
    return count;
}

static void expect_secret(const struct area *area, const char *name) {
    char path[128], bytes[16] = "";
    (void)snprintf(path, sizeof path, "%s/%s", area->folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, sizeof bytes - 1), 6);
    assert_string_equal(bytes, "secret");
    (void)close(fd);
}

static void test_swapped_links_and_folders_leave_outside_alone(void **state) {
    (void)state;
    struct area area;
    char path[128], target[128];
    const char *wanted = getenv("ALPHABET_SWAPS");
    long swaps = wanted ? strtol(wanted, NULL, 10) : 20000, rounds = 0;
    atomic_bool is_over[2] = {false, false}, is_ready[2] = {false, false}, is_stopped = false;
    pthread_t threads[2];
    begin(&area);
    put(area.folder, "dir/only-outside", "secret");
    make_folder(area.root, "d");
    put(area.root, "d/a", "inside");
    (void)snprintf(path, sizeof path, "%s/l", area.root);
    assert_int_equal(symlink("../dir", path), 0);
    (void)snprintf(path, sizeof path, "%s/s", area.root);
    (void)snprintf(target, sizeof target, "%s/secret", area.folder);
    assert_int_equal(symlink(target, path), 0);
    struct swapper swappers[2] = {{&area, "d", "a", "s", swaps / 2, &is_over[0], &is_ready[0]},
                                  {&area, ".", "d", "l", swaps / 2, &is_over[1], &is_ready[1]}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, swap_main, &swappers[i]), 0);
        while (!atomic_load(&is_ready[i])) (void)sched_yield();
    }
    for (; !atomic_load(&is_over[0]) || !atomic_load(&is_over[1]); rounds++)
        work_once(&area, &is_stopped);
    for (int i = 0; i < 2; i++) (void)pthread_join(threads[i], NULL);
    print_message("%ld rounds against %ld swaps\n", rounds, swaps);
    assert_true(rounds > 0);
    (void)snprintf(path, sizeof path, "%s/dir", area.folder);
    assert_int_equal(count_names(path), 3);        // a, new, only-outside
    assert_int_equal(count_names(area.folder), 3); // dir, root, secret
    static const char *const names[] = {"dir/a", "dir/new", "dir/only-outside", "secret"};
    for (size_t i = 0; i < COUNT_OF(names); i++) expect_secret(&area, names[i]);
    end(&area);
}
