/* transfer.c - `alphabet export` and `alphabet import`.
 *
 * An export goes to a file of its own name only when it is whole: it is written beside it and put
 * in its place at the end.
 */
#include "cli/crontab.h"
#include "cli/input.h"
#include "cli/lists.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- export ---- */

static bool write_piece(void *context, struct str piece) {
    return fwrite(piece.ptr, 1, piece.len, context) == piece.len;
}

static int export_to(struct client *client, FILE *out) {
    struct reply reply;
    struct call call = {.method = "GET",
                        .path = STR(V1 "/admin/export"),
                        .endless = true,
                        .sink = write_piece,
                        .context = out};
    int code = client_call(client, &call, &reply);
    reply_free(&reply);
    if (code == EXIT_OK && (fflush(out) != 0 || ferror(out)))
        code = complain(client_invocation(client), EXIT_FAILED, "the export cannot be written: %s",
                        strerror(errno));
    return code;
}

static int export_to_file(struct client *client, const char *path) {
    struct invocation *invocation = client_invocation(client);
    const char *fresh = arena_printf(&invocation->arena, "%s.XXXXXX", path).ptr;
    char *name = xstrdup(fresh);
    int file = mkstemp(name); // mode 0600: a definition may hold what is nobody else's business
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    int code = EXIT_OK;
    if (out == NULL)
        code =
            complain(invocation, EXIT_FAILED, "cannot write beside %s: %s", path, strerror(errno));
    else
        code = export_to(client, out);
    if (out != NULL && (fsync(file) != 0 || fclose(out) != 0) && code == EXIT_OK)
        code = complain(invocation, EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
    if (code == EXIT_OK && rename(name, path) != 0)
        code = complain(invocation, EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
    if (code != EXIT_OK && out != NULL) (void)unlink(name);
    free(name);
    return code;
}

int cli_export(struct invocation *invocation) {
    int code;
    const char *path = option_value(invocation, "--file");
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    if (path == NULL || strcmp(path, "-") == 0)
        code = export_to(client, stdout);
    else
        code = export_to_file(client, path);
    client_close(client);
    return code;
}

/* ---- import ---- */

static int64_t header_number(const struct reply *reply, const char *name) {
    int64_t number;
    struct str value = reply_header(reply, str_from_cstr(name));
    return str_parse_i64(value, &number) ? number : 0;
}

static void print_imported(const struct invocation *invocation, const struct reply *reply) {
    bool dry = option_given(invocation, "--dry-run");
    long long created = (long long)header_number(reply, "X-Import-Created");
    long long replaced = (long long)header_number(reply, "X-Import-Replaced");
    long long skipped = (long long)header_number(reply, "X-Import-Skipped");
    long long rejected = (long long)header_number(reply, "X-Import-Rejected");
    (void)printf("%s%lld created, %lld replaced, %lld left out because of their name",
                 dry ? "would be: " : "", created, replaced, skipped);
    if (rejected > 0) (void)printf(", %lld refused", rejected);
    (void)putchar('\n');
}

/* `payload` is the text of an export. */
static int import_text(struct invocation *invocation, struct str payload) {
    int code;
    const char *conflict = option_value(invocation, "--on-conflict");
    struct client *client = client_open(invocation, &code);
    if (client == NULL) return code;
    json_t *body = json_pack("{s:s%, s:b, s:b}", "jsonPayload", payload.ptr, payload.len, "partial",
                             option_given(invocation, "--partial"), "dryRun",
                             option_given(invocation, "--dry-run"));
    if (body == NULL) {
        client_close(client);
        return complain(invocation, EXIT_USAGE, "what is to be imported is not UTF-8");
    }
    if (conflict != NULL) (void)json_object_set_new(body, "onConflict", json_string(conflict));
    struct reply reply;
    code = client_send(client, "POST", STR(V1 "/admin/import"), body, &reply);
    if (code == EXIT_OK && invocation->json)
        print_json_text(buf_str(&reply.body));
    else if (code == EXIT_OK)
        print_imported(invocation, &reply);
    json_decref(body);
    reply_free(&reply);
    client_close(client);
    return code;
}

/* What became of each line, on standard output; JSON has it on standard error, out of its way. */
static int import_crontab(struct invocation *invocation, struct str text) {
    struct crontab_options options = {
        .timezone = str_from_cstr(option_value(invocation, "--timezone")),
        .with_user = option_given(invocation, "--with-user"),
        .report = invocation->json ? stderr : stdout,
    };
    struct crontab_result result;
    if (!crontab_read(text, &options, &result)) {
        int code = complain_usage(invocation, "%s", result.fault.msg);
        crontab_free(&result);
        return code;
    }
    int code = EXIT_OK;
    size_t made = json_array_size(json_object_get(result.payload, "jobs"));
    (void)fprintf(options.report, "%zu jobs, %zu lines refused\n", made, result.refused);
    (void)fflush(options.report);
    if (result.refused > 0 && !option_given(invocation, "--partial")) {
        code = complain(
            invocation, EXIT_REFUSED,
            "nothing was imported, since lines were refused; --partial imports the others");
    } else if (made > 0) {
        char *payload = json_dumps(result.payload, JSON_COMPACT);
        code = import_text(invocation, str_from_cstr(payload));
        free(payload);
    }
    crontab_free(&result);
    return code;
}

int cli_import(struct invocation *invocation) {
    const char *path = option_value(invocation, "--file");
    const char *from = option_value(invocation, "--from");
    bool crontab = from != NULL && strcmp(from, "crontab") == 0;
    struct buf text = buf_with_max(0);
    if (!crontab &&
        (option_given(invocation, "--timezone") || option_given(invocation, "--with-user")))
        return complain_usage(invocation, "--timezone and --with-user are for --from crontab");
    int code = input_read(invocation, path != NULL ? path : "-", &text);
    if (code == EXIT_OK)
        code = crontab ? import_crontab(invocation, buf_str(&text))
                       : import_text(invocation, buf_str(&text));
    buf_free(&text);
    return code;
}
