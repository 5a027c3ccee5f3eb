/* export.c - all definitions as one download.
 *
 * The jobs are read in one read transaction, so that the file is what the store held at one moment,
 * and written to a file without a name in the data folder, which is then streamed. Streaming
 * straight out of the transaction would save the file, but a client that takes its time would keep
 * the snapshot, and with it the write-ahead log, growing for as long. Memory stays the same however
 * many jobs there are: a piece of them, and a buffer.
 */
#include "api/context.h"
#include "model/workflow_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXPORT_PIECE = 50, EXPORT_BUFFER = 256 * 1024, EXPORTS_AT_ONCE = 4 };

/* A snapshot on its way to a client. */
struct snapshot {
    struct api *api;
    int fd;
    off_t at;
};

static long read_snapshot(void *context, char *out, size_t size) {
    struct snapshot *snapshot = context;
    ssize_t count = pread(snapshot->fd, out, size, snapshot->at);
    if (count > 0) snapshot->at += count;
    return count;
}

static void close_snapshot(void *context) {
    struct snapshot *snapshot = context;
    (void)close(snapshot->fd);
    atomic_fetch_sub(&snapshot->api->exports, 1);
    free(snapshot);
}

/* A file without a name: it is gone with its descriptor, whatever happens. */
static int open_nameless(const char *directory) {
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) return fd;
    struct buf path = buf_with_max(0);
    buf_printf(&path, "%s/export-XXXXXX", directory); // a file system that knows no O_TMPFILE
    fd = mkostemp(path.ptr, O_CLOEXEC);
    if (fd >= 0) (void)unlink(path.ptr);
    buf_free(&path);
    return fd;
}

static bool write_out(int fd, struct buf *buf, struct err *err) {
    for (size_t done = 0; done < buf->len;) {
        ssize_t count = write(fd, buf->ptr + done, buf->len - done);
        if (count < 0 && errno != EINTR)
            return err_set(err, ERR_UNAVAILABLE, "the export cannot be written: %s",
                           strerrordesc_np(errno));
        if (count > 0) done += (size_t)count;
    }
    buf_reset(buf);
    return true;
}

static bool write_jobs(struct store_tx *tx, int fd, struct json_writer *w, struct err *err) {
    struct arena arena = {0};
    struct job_walk walk = {.limit = EXPORT_PIECE};
    bool ok = true;
    for (size_t count = EXPORT_PIECE; ok && count == EXPORT_PIECE;) {
        struct job *jobs;
        arena_reset(&arena);
        ok = store_job_walk(tx, &walk, &arena, &jobs, &count, err);
        for (size_t i = 0; ok && i < count; i++) {
            job_to_export_json(w, &jobs[i]);
            walk.after_row = jobs[i].row;
            if (w->out->len >= EXPORT_BUFFER) ok = write_out(fd, w->out, err);
        }
    }
    arena_free(&arena);
    return ok;
}

/* Left out when there are none. */
static bool write_workflows(struct store_tx *tx, int fd, struct json_writer *w, struct err *err) {
    struct arena arena = {0};
    struct workflow_filter filter = {.limit = EXPORT_PIECE};
    bool ok = true;
    for (size_t count = EXPORT_PIECE; ok && count == EXPORT_PIECE; filter.offset += EXPORT_PIECE) {
        struct workflow_page page = {0};
        arena_reset(&arena);
        ok = store_workflow_list(tx, &filter, &arena, &page, err);
        count = page.count;
        if (filter.offset == 0 && count > 0) {
            json_key(w, STR("workflows"));
            json_array_begin(w);
        }
        for (size_t i = 0; ok && i < count; i++) {
            workflow_to_export_json(w, &page.items[i]);
            if (w->out->len >= EXPORT_BUFFER) ok = write_out(fd, w->out, err);
        }
        if (ok && count < EXPORT_PIECE && page.total > 0) json_array_end(w);
    }
    arena_free(&arena);
    return ok;
}

static bool write_snapshot(struct api *api, int fd, struct err *err) {
    struct utc now = clock_now(api->options.clock);
    struct store_tx *tx = store_read_begin(api->options.store, err);
    if (tx == NULL) return false;
    struct buf buf = buf_with_max(0);
    struct json_writer w = json_writer(&buf);
    json_object_begin(&w);
    json_field_i64(&w, STR("version"), EXPORT_VERSION);
    json_field_utc(&w, STR("exportedAt"), now);
    json_key(&w, STR("jobs"));
    json_array_begin(&w);
    bool ok = write_jobs(tx, fd, &w, err);
    json_array_end(&w);
    ok = ok && write_workflows(tx, fd, &w, err);
    store_read_end(tx);
    json_object_end(&w);
    ok = ok && write_out(fd, &buf, err);
    buf_free(&buf);
    return ok;
}

static bool take_snapshot(struct snapshot *snapshot, struct err *err) {
    snapshot->fd = open_nameless(snapshot->api->options.data_directory);
    if (snapshot->fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "the data folder takes no file: %s",
                       strerrordesc_np(errno));
    if (write_snapshot(snapshot->api, snapshot->fd, err)) return true;
    (void)close(snapshot->fd);
    return false;
}

void admin_export(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct err err = ERR_INIT;
    if (!api_no_query(request, response)) return;
    if (atomic_fetch_add(&api->exports, 1) >= EXPORTS_AT_ONCE) {
        atomic_fetch_sub(&api->exports, 1);
        err_set(&err, ERR_BUSY, "%d exports are going on already; try again later",
                EXPORTS_AT_ONCE);
        respond_err(request, response, &err);
        return;
    }
    struct snapshot *snapshot = xmalloc(sizeof *snapshot);
    *snapshot = (struct snapshot){.api = api};
    if (!take_snapshot(snapshot, &err)) {
        atomic_fetch_sub(&api->exports, 1);
        free(snapshot);
        respond_err(request, response, &err);
        return;
    }
    respond_stream(response, 200, "application/json", read_snapshot, close_snapshot, snapshot);
    response_header(response, "Content-Disposition",
                    STR("attachment; filename=\"scheduler-jobs-export.json\""));
}
