/* follow.c - see follow.h.
 *
 * The server's stream says the status whenever it changes, the output, and the end. A stream that
 * breaks off before the end (a proxy that lost patience, a token that ended) is opened again; what
 * was printed already is not printed twice.
 */
#include "cli/follow.h"

#include "base/json_read.h"
#include "cli/output.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_EVENT = 64 * 1024 * 1024, AGAIN_AFTER_SECONDS = 1 };

struct stream {
    bool prints;     // the output, as it comes
    struct buf line; // not yet complete
    struct {
        char name[32];
        char id[24];
        struct buf data;
    } event;
    int64_t position; // in the output: what lies before it was printed, or is gone
    bool is_long;     // the recorded output has to be read apart
    char status[32];
    bool ended;
};

void output_print(struct str output) {
    if (isatty(STDOUT_FILENO))
        print_visible(output, VISIBLE_LINES);
    else
        (void)fwrite(output.ptr != NULL ? output.ptr : "", 1, output.len, stdout);
    (void)fflush(stdout);
}

static void take_more(struct stream *stream, struct str piece) {
    int64_t end;
    if (stream->prints) output_print(piece);
    stream->position = str_parse_i64(str_from_cstr(stream->event.id), &end)
                           ? end
                           : stream->position + (int64_t)piece.len;
}

/* The output as it was recorded: what of it was not printed yet. */
static void take_whole(struct stream *stream, struct str output) {
    size_t from = stream->position < 0 ? 0 : (size_t)stream->position;
    if (from >= output.len) return;
    if (stream->prints) output_print(str_slice(output, from, output.len));
    stream->position = (int64_t)output.len;
}

/* "40 % copying files" */
static void put_progress(struct buf *out, const json_t *progress) {
    struct str text = json_text(progress, "progressText");
    if (!json_is_integer(json_object_get(progress, "progressPercent"))) return;
    buf_printf(out, "%lld %%", (long long)json_number(progress, "progressPercent"));
    if (text.len > 0) buf_put(out, STR(" "));
    buf_put(out, text);
}

/* On standard error: standard output is the job's own. */
static void say_progress(const json_t *progress) {
    struct buf text = buf_with_max(0), line = buf_with_max(0);
    put_progress(&text, progress);
    buf_put_visible(&line, buf_str(&text), VISIBLE_ONE_LINE);
    (void)fflush(stdout);
    if (line.len > 0) (void)fprintf(stderr, "[%s]\n", buf_str(&line).ptr);
    buf_free(&text);
    buf_free(&line);
}

static void on_event(struct stream *stream) {
    struct err err = ERR_INIT;
    struct str name = str_from_cstr(stream->event.name);
    json_t *value = json_read(buf_str(&stream->event.data), &err);
    struct str text = json_str_of(value);
    if (str_equal(name, STR("more"))) {
        take_more(stream, text);
    } else if (str_equal(name, STR("output"))) {
        take_whole(stream, text);
    } else if (str_equal(name, STR("long-output"))) {
        stream->is_long = stream->position == 0;
    } else if (str_equal(name, STR("progress"))) {
        if (stream->prints) say_progress(value);
    } else if (str_equal(name, STR("gap"))) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "\n[%lld bytes of the output are not there any more]\n",
                      (long long)json_integer_value(value));
    } else if (str_equal(name, STR("status")) || str_equal(name, STR("end"))) {
        (void)snprintf(stream->status, sizeof stream->status, "%.*s", STR_ARG(text));
        stream->ended = str_equal(name, STR("end"));
    }
    json_decref(value);
}

static void on_line(struct stream *stream, struct str line) {
    if (line.len == 0) {
        if (stream->event.data.len > 0) on_event(stream);
        stream->event.name[0] = stream->event.id[0] = '\0';
        buf_reset(&stream->event.data);
        return;
    }
    struct str field = str_cut(&line, ':');
    if (str_starts_with(line, STR(" "))) line = str_slice(line, 1, line.len);
    if (str_equal(field, STR("event")))
        (void)snprintf(stream->event.name, sizeof stream->event.name, "%.*s", STR_ARG(line));
    if (str_equal(field, STR("id")))
        (void)snprintf(stream->event.id, sizeof stream->event.id, "%.*s", STR_ARG(line));
    if (str_equal(field, STR("data"))) {
        if (stream->event.data.len > 0) buf_put_char(&stream->event.data, '\n');
        buf_put(&stream->event.data, line);
    }
}

/* Pieces end anywhere, lines at \n or \r\n. */
static bool on_piece(void *context, struct str piece) {
    struct stream *stream = context;
    while (piece.len > 0 && !stream->ended) {
        const char *end = memchr(piece.ptr, '\n', piece.len);
        size_t length = end != NULL ? (size_t)(end - piece.ptr) : piece.len;
        buf_put(&stream->line, str_slice(piece, 0, length));
        if (stream->line.too_big || stream->event.data.too_big) return false;
        if (end == NULL) break;
        struct str line = buf_str(&stream->line);
        if (str_ends_with(line, STR("\r"))) line.len--;
        on_line(stream, line);
        buf_reset(&stream->line);
        piece = str_slice(piece, length + 1, piece.len);
    }
    return !stream->ended;
}

static bool print_piece(void *context, struct str piece) {
    (void)context;
    output_print(piece);
    return true;
}

static int stream_once(struct client *client, struct str id, struct stream *stream) {
    struct buf path = buf_with_max(0);
    struct reply reply;
    buf_printf(&path, V1 "/executions/%.*s/output", STR_ARG(id));
    if (stream->position > 0) path_put_number(&path, "lastEventId", stream->position);
    buf_reset(&stream->line);
    buf_reset(&stream->event.data);
    struct call call = {.method = "GET",
                        .path = buf_str(&path),
                        .accept = "text/event-stream",
                        .endless = true,
                        .sink = on_piece,
                        .context = stream};
    int code = client_call(client, &call, &reply);
    reply_free(&reply);
    buf_free(&path);
    return code;
}

static int stream_until_end(struct client *client, struct str id, struct stream *stream) {
    struct timespec pause = {.tv_sec = AGAIN_AFTER_SECONDS};
    int code = stream_once(client, id, stream);
    while (code == EXIT_OK && !stream->ended) {
        (void)nanosleep(&pause, NULL);
        code = stream_once(client, id, stream);
    }
    if (code != EXIT_OK || !stream->is_long || !stream->prints) return code;
    struct reply reply;
    struct call call = {
        .method = "GET",
        .path = arena_printf(&client_invocation(client)->arena, V1 "/executions/%.*s/output",
                             STR_ARG(id)),
        .accept = "text/plain",
        .sink = print_piece,
    };
    code = client_call(client, &call, &reply);
    reply_free(&reply);
    return code;
}

static int follow(struct client *client, struct str id, bool prints, char status[32]) {
    struct stream stream = {.prints = prints,
                            .line = buf_with_max(LONGEST_EVENT),
                            .event.data = buf_with_max(LONGEST_EVENT)};
    int code = stream_until_end(client, id, &stream);
    memcpy(status, stream.status, sizeof stream.status);
    buf_free(&stream.line);
    buf_free(&stream.event.data);
    if (code != EXIT_OK) return code;
    return strcmp(status, "Succeeded") == 0 ? EXIT_OK : EXIT_FAILED;
}

/* ---- how it ended ---- */

static void print_length(const json_t *execution) {
    struct buf text = buf_with_max(0);
    if (!json_is_integer(json_object_get(execution, "durationMs"))) return;
    buf_put_length(&text, json_number(execution, "durationMs"));
    print_field("took", buf_str(&text));
    buf_free(&text);
}

static void print_progress(const json_t *execution) {
    struct buf text = buf_with_max(0);
    put_progress(&text, execution);
    print_field("progress", buf_str(&text));
    buf_free(&text);
}

static void print_time(const struct invocation *invocation, const json_t *execution,
                       const char *title, const char *name) {
    struct buf text = buf_with_max(0);
    if (!json_is_string(json_object_get(execution, name))) return;
    buf_put_time(&text, json_object_get(execution, name), clock_now(invocation->clock));
    print_field(title, buf_str(&text));
    buf_free(&text);
}

void execution_print(const struct invocation *invocation, const json_t *execution) {
    static const char *const texts[][2] = {
        {"status", "status"},
        {"job", "jobName"},
        {"job id", "jobId"},
        {"id", "id"},
        {"queue", "queue"},
        {"trigger", "trigger"},
        {"by", "triggeredBy"},
        {"node", "nodeName"},
        {"error type", "errorType"},
        {"error", "errorMessage"},
        {"retry of", "retryParentId"},
    };
    static const char *const times[][2] = {
        {"due", "scheduledFor"},  {"created", "createdAt"}, {"available", "availableAt"},
        {"started", "startedAt"}, {"ended", "completedAt"},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        print_field(texts[i][0], json_text(execution, texts[i][1]));
    int64_t attempt = json_number(execution, "retryCount") + 1;
    (void)printf("%-15s %lld\n", "attempt", (long long)attempt);
    for (size_t i = 0; i < COUNT_OF(times); i++)
        print_time(invocation, execution, times[i][0], times[i][1]);
    print_length(execution);
    print_progress(execution);
    struct str output = json_text(execution, "output");
    if (output.len == 0) return;
    (void)printf("%s\n", json_is_true(json_object_get(execution, "outputTruncated"))
                             ? "output (its middle was left out):"
                             : "output:");
    print_visible(output, VISIBLE_LINES);
    if (output.ptr[output.len - 1] != '\n') (void)putchar('\n');
}

/* One line on standard error: standard output may be the job's own. */
static void say_end(const json_t *execution) {
    struct buf line = buf_with_max(0);
    struct str status = json_text(execution, "status"),
               error = json_text(execution, "errorMessage");
    buf_put_visible(&line, status, VISIBLE_ONE_LINE);
    if (json_is_integer(json_object_get(execution, "durationMs"))) {
        buf_put(&line, STR(" after "));
        buf_put_length(&line, json_number(execution, "durationMs"));
    }
    if (error.len > 0) buf_put(&line, STR(": "));
    buf_put_visible(&line, error, VISIBLE_ONE_LINE);
    (void)fprintf(stderr, "%s\n", buf_str(&line).ptr);
    buf_free(&line);
}

static int show_end(struct client *client, struct str id, bool whole) {
    struct invocation *invocation = client_invocation(client);
    struct str path = arena_printf(&invocation->arena, V1 "/executions/%.*s", STR_ARG(id));
    struct reply reply;
    int code = client_get(client, path, &reply);
    if (code == EXIT_OK && whole && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK && whole)
        execution_print(invocation, reply.json);
    else if (code == EXIT_OK)
        say_end(reply.json);
    reply_free(&reply);
    return code;
}

int follow_output(struct client *client, struct str id) {
    char status[32];
    int code = follow(client, id, true, status);
    if (code != EXIT_OK && code != EXIT_FAILED) return code;
    int shown = show_end(client, id, false);
    return shown != EXIT_OK ? shown : code;
}

int follow_new(struct client *client, struct str id) {
    struct invocation *invocation = client_invocation(client);
    bool follows = option_given(invocation, "--follow") && !invocation->json;
    if (!option_given(invocation, "--wait") && !option_given(invocation, "--follow")) {
        (void)printf(invocation->json ? "\"%.*s\"\n" : "queued %.*s\n", STR_ARG(id));
        return EXIT_OK;
    }
    if (follows) {
        (void)fprintf(stderr, "queued %.*s\n", STR_ARG(id));
        return follow_output(client, id);
    }
    char status[32];
    int code = follow(client, id, false, status);
    if (code != EXIT_OK && code != EXIT_FAILED) return code;
    int shown = show_end(client, id, true);
    return shown != EXIT_OK ? shown : code;
}
