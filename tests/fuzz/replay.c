/* replay - runs a fuzz target without a fuzzer, as a regression test.
 *
 *     replay_cron cron tests/fuzz/corpus/cron tests/fuzz/crashes/cron
 *
 * Every file of the folders goes in once, as it is; then FUZZ_MUTATIONS (default 4000) inputs made
 * from them by flipping, cutting, repeating and splicing bytes. The mutations follow from a seed,
 * which is printed, so that a failure repeats: FUZZ_SEED=n. An input that ends the process is left
 * behind in FUZZ_LAST (a path) when that is set, since a crash leaves no time to write it.
 *
 * The one test this program reports is "the target came back from all of them".
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* libFuzzer's hook for one-time preparation; a target may have it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { INPUT_LIMIT = 64 * 1024, SEED_LIMIT = 4096, DEFAULT_MUTATIONS = 4000 };

struct input {
    uint8_t *data;
    size_t size;
};
struct corpus {
    struct input *items;
    size_t count;
};

/* xorshift64*: small, and the same everywhere. */
static uint64_t random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static size_t random_below(uint64_t *state, size_t bound) {
    return bound == 0 ? 0 : (size_t)(random_next(state) >> 11) % bound;
}

static void fail(const char *what, const char *name) {
    fprintf(stderr, "replay: %s: %s\n", what, name);
    exit(2);
}

static void remember(const uint8_t *data, size_t size) {
    const char *path = getenv("FUZZ_LAST");
    if (path == NULL) return;
    FILE *file = fopen(path, "wb");
    if (file == NULL) fail("cannot write", path);
    if (fwrite(data, 1, size, file) != size || fclose(file) != 0) fail("cannot write", path);
}

/* A copy of exactly `size` bytes, so that the address sanitizer sees a read past the end. */
static void run_one(const uint8_t *data, size_t size) {
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) fail("out of memory", "input");
    if (size > 0) memcpy(exact, data, size);
    remember(data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void corpus_add(struct corpus *corpus, const uint8_t *data, size_t size) {
    if (corpus->count == SEED_LIMIT) return;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) fail("out of memory", "corpus");
    if (size > 0) memcpy(copy, data, size);
    corpus->items[corpus->count++] = (struct input){copy, size};
}

static void corpus_read_file(struct corpus *corpus, const char *path) {
    static uint8_t bytes[INPUT_LIMIT];
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("cannot read", path);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    corpus_add(corpus, bytes, size);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of the names, so that the mutations do not depend on the file system. */
static void corpus_read_folder(struct corpus *corpus, const char *folder) {
    static char *names[SEED_LIMIT];
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) return; // a target without crashes has no such folder
    for (struct dirent *entry = readdir(dir); entry != NULL && count < SEED_LIMIT;
         entry = readdir(dir)) {
        if (entry->d_name[0] == '.') continue;
        names[count] = strdup(entry->d_name);
        if (names[count++] == NULL) fail("out of memory", folder);
    }
    (void)closedir(dir);
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        int written = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (written < 0 || (size_t)written >= sizeof path) fail("name too long", names[i]);
        corpus_read_file(corpus, path);
        free(names[i]);
    }
}

/* Writes `size` bytes from `from` at `at`, moving what follows; cuts what does not fit. */
static size_t splice(uint8_t *data, size_t length, size_t at, const uint8_t *from, size_t size) {
    if (at + size > INPUT_LIMIT) size = INPUT_LIMIT - at;
    size_t tail = length - at;
    if (at + size + tail > INPUT_LIMIT) tail = INPUT_LIMIT - at - size;
    memmove(data + at + size, data + at, tail);
    memcpy(data + at, from, size);
    return at + size + tail;
}

static size_t mutate_once(uint8_t *data, size_t length, const struct corpus *corpus,
                          uint64_t *state) {
    static const uint8_t interesting[] = {0,   1,   9,   10,  32,  '"', '*', '+',
                                          ',', '-', '.', '/', '0', '9', ':', '?',
                                          '@', '[', '{', '}', 127, 128, 192, 255};
    static uint8_t piece[INPUT_LIMIT];
    size_t at = random_below(state, length + 1);
    switch (random_below(state, 6)) {
    case 0: // flip a bit
        if (at < length) data[at] ^= (uint8_t)(1U << random_below(state, 8));
        return length;
    case 1: // put a byte that parsers care about
        if (at < length) data[at] = interesting[random_below(state, sizeof interesting)];
        return length;
    case 2: { // cut a piece out
        size_t size = random_below(state, length - at + 1);
        memmove(data + at, data + at + size, length - at - size);
        return length - size;
    }
    case 3: { // repeat a piece
        size_t size = random_below(state, length - at + 1);
        memcpy(piece, data + at, size);
        return splice(data, length, at, piece, size);
    }
    case 4: // insert a byte
        piece[0] = interesting[random_below(state, sizeof interesting)];
        return splice(data, length, at, piece, 1);
    default: { // a piece of another input
        const struct input *other = &corpus->items[random_below(state, corpus->count)];
        size_t start = random_below(state, other->size + 1);
        return splice(data, length, at, other->data + start,
                      random_below(state, other->size - start + 1));
    }
    }
}

static uint64_t number_from_environment(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text == NULL ? fallback : strtoull(text, NULL, 10);
}

int main(int argc, char **argv) {
    if (argc < 2) fail("usage", "replay NAME FOLDER...");
    struct corpus corpus = {calloc(SEED_LIMIT, sizeof(struct input)), 0};
    if (corpus.items == NULL) fail("out of memory", "corpus");
    if (LLVMFuzzerInitialize != NULL) (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 2; i < argc; i++) corpus_read_folder(&corpus, argv[i]);
    size_t files = corpus.count;
    if (files == 0) corpus_add(&corpus, (const uint8_t *)"", 0);

    uint64_t seed = number_from_environment("FUZZ_SEED", 20260101);
    uint64_t mutations = number_from_environment("FUZZ_MUTATIONS", DEFAULT_MUTATIONS);
    printf("replay %s: %zu files, %" PRIu64 " mutations, FUZZ_SEED=%" PRIu64 "\n", argv[1], files,
           mutations, seed);
    (void)fflush(stdout);
    for (size_t i = 0; i < corpus.count; i++) run_one(corpus.items[i].data, corpus.items[i].size);

    static uint8_t work[INPUT_LIMIT];
    uint64_t state = seed | 1;
    for (uint64_t i = 0; i < mutations; i++) {
        const struct input *start = &corpus.items[random_below(&state, corpus.count)];
        size_t length = start->size;
        memcpy(work, start->data, length);
        for (size_t rounds = 1 + random_below(&state, 4); rounds > 0; rounds--) {
            length = mutate_once(work, length, &corpus, &state);
        }
        run_one(work, length);
    }
    for (size_t i = 0; i < corpus.count; i++) free(corpus.items[i].data);
    free(corpus.items);
    printf("ok %s\n", argv[1]);
    return 0;
}
