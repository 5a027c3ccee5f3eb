/* main.c - openapi-documents VERSION OPENAPI.yaml PAGE.css JSON HTML POLICY
 *
 * Reads the API's description and writes it (a) as compact JSON, (b) as a page for people, and (c)
 * the Content-Security-Policy under which the page shows: nothing may be loaded, and no style holds
 * but the one in it, named by its hash. Runs at build; the program embeds the three.
 */
#include "page.h"
#include "schema.h"
#include "yaml_json.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_file(const char *path, struct buf *out, struct err *err) {
    char piece[4096];
    FILE *file = fopen(path, "rbe");
    if (file == NULL) return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_put(out, (struct str){piece, got});
    bool ok = !ferror(file);
    (void)fclose(file);
    return ok ? true : err_set(err, ERR_INVALID, "%s cannot be read", path);
}

static bool write_file(const char *path, struct str text, struct err *err) {
    FILE *file = fopen(path, "wbe");
    if (file == NULL) return err_set(err, ERR_INVALID, "%s: %s", path, strerrordesc_np(errno));
    bool ok = fwrite(text.ptr, 1, text.len, file) == text.len;
    ok = fclose(file) == 0 && ok;
    return ok ? true : err_set(err, ERR_INVALID, "%s cannot be written", path);
}

/* The two places that say the version must agree, or clients would be told the wrong one. */
static bool check_version(json_t *openapi, const char *version, struct err *err) {
    struct str said = member(json_object_get(openapi, "info"), "version");
    if (str_equal(said, str_from_cstr(version))) return true;
    return err_set(err, ERR_INVALID,
                   "info.version of the description is \"%.*s\", the project's is \"%s\"",
                   STR_ARG(said), version);
}

/* A reference to nothing would be a dead link. */
static bool check_references(json_t *openapi, json_t *value, struct err *err) {
    const char *name;
    size_t i;
    json_t *each;
    struct str ref = json_is_object(value) ? member(value, "$ref") : STR_NONE;
    if (!str_is_absent(ref) && resolve(openapi, value) == value)
        return err_set(err, ERR_INVALID, "there is no %.*s", STR_ARG(ref));
    json_object_foreach(value, name, each) {
        if (!check_references(openapi, each, err)) return false;
    }
    json_array_foreach(value, i, each) {
        if (!check_references(openapi, each, err)) return false;
    }
    return true;
}

static void write_policy(struct buf *out, struct str css) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
    (void)crypto_hash_sha256(hash, (const unsigned char *)css.ptr, css.len);
    (void)sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    buf_printf(out,
               "default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'; "
               "base-uri 'none'; form-action 'none'",
               text);
}

static bool write_documents(char **argv, json_t *openapi, struct err *err) {
    struct buf css = buf_with_max(0), page = buf_with_max(0), policy = buf_with_max(0);
    char *json = json_dumps(openapi, JSON_COMPACT);
    bool ok = check_version(openapi, argv[1], err) && check_references(openapi, openapi, err) &&
              read_file(argv[3], &css, err);
    if (ok) {
        page_write(&page, openapi, buf_str(&css));
        write_policy(&policy, buf_str(&css));
        ok = write_file(argv[4], str_from_cstr(json), err) &&
             write_file(argv[5], buf_str(&page), err) && write_file(argv[6], buf_str(&policy), err);
    }
    free(json);
    buf_free(&css);
    buf_free(&page);
    buf_free(&policy);
    return ok;
}

int main(int argc, char **argv) {
    struct err err = ERR_INIT;
    if (argc != 7) {
        (void)fputs("Usage: openapi-documents VERSION OPENAPI.yaml PAGE.css JSON HTML POLICY\n",
                    stderr);
        return 2;
    }
    json_t *openapi = yaml_json_read(argv[2], &err);
    bool ok = openapi && write_documents(argv, openapi, &err);
    json_decref(openapi);
    if (!ok) (void)fprintf(stderr, "openapi-documents: %s\n", err.msg);
    return ok ? 0 : 1;
}
