/* shell_call.c - a command line of curl or wget into an HttpCall; see crontab.h.
 *
 * The line is taken apart as a shell would, and whatever a shell would do beyond that refuses it:
 * guessing would make a job that does something else.
 */
#include "base/bounds.h"
#include "base/buf.h"
#include "cli/crontab.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 256 };

struct words {
    struct arena arena;
    struct str items[WORDS];
    size_t count;
};

/* ---- taking apart ---- */

/* "> /dev/null", "2>&1" and the like at `rest`; they change nothing here. */
static bool skip_redirection(struct str *rest, struct err *err) {
    static const struct str harmless[] = {
        STR_INIT("2>&1"),         STR_INIT("1>&2"),          STR_INIT(">&2"),
        STR_INIT("&>/dev/null"),  STR_INIT("&> /dev/null"),  STR_INIT(">/dev/null"),
        STR_INIT("> /dev/null"),  STR_INIT("1>/dev/null"),   STR_INIT("1> /dev/null"),
        STR_INIT("2>/dev/null"),  STR_INIT("2> /dev/null"),  STR_INIT(">>/dev/null"),
        STR_INIT(">> /dev/null"), STR_INIT("</dev/null"),    STR_INIT("< /dev/null"),
        STR_INIT("2>>/dev/null"), STR_INIT("2>> /dev/null"),
    };
    for (size_t i = 0; i < COUNT_OF(harmless); i++) {
        if (!str_starts_with(*rest, harmless[i])) continue;
        struct str behind = str_slice(*rest, harmless[i].len, rest->len);
        if (behind.len > 0 && behind.ptr[0] != ' ' && behind.ptr[0] != '\t') continue;
        *rest = behind;
        return true;
    }
    return err_set(err, ERR_INVALID,
                   "it needs a shell: it reads or writes a file, or runs on in the background");
}

static bool take_quoted(struct str *rest, char quote, struct buf *word, struct err *err) {
    *rest = str_slice(*rest, 1, rest->len);
    while (rest->len > 0 && rest->ptr[0] != quote) {
        char c = rest->ptr[0];
        if (quote == '"' && (c == '$' || c == '`'))
            return err_set(err, ERR_INVALID, "it needs a shell: %c in it stands for something else",
                           c);
        if (quote == '"' && c == '\\' && rest->len > 1 && strchr("$`\"\\", rest->ptr[1])) {
            *rest = str_slice(*rest, 1, rest->len);
            c = rest->ptr[0];
        }
        buf_put_char(word, c);
        *rest = str_slice(*rest, 1, rest->len);
    }
    if (rest->len == 0) return err_set(err, ERR_INVALID, "a quotation mark is not closed");
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

static bool take_word(struct str *rest, struct buf *word, struct err *err) {
    while (rest->len > 0 && rest->ptr[0] != ' ' && rest->ptr[0] != '\t') {
        char c = rest->ptr[0];
        if (c == '\'' || c == '"') {
            if (!take_quoted(rest, c, word, err)) return false;
            continue;
        }
        if (c == '\\' && rest->len > 1) {
            *rest = str_slice(*rest, 1, rest->len);
            c = rest->ptr[0];
        } else if (c == '%') {
            return err_set(err, ERR_INVALID,
                           "%% in it is a line break to cron, which feeds what follows to the "
                           "command; write \\%%");
        } else if (strchr("|;&<>()`$*?[]{}~!", c) != NULL) {
            return err_set(err, ERR_INVALID, "it needs a shell: %c outside of quotation marks", c);
        }
        buf_put_char(word, c);
        *rest = str_slice(*rest, 1, rest->len);
    }
    return true;
}

static bool begins_redirection(struct str rest) {
    if (rest.ptr[0] == '>' || rest.ptr[0] == '<') return true;
    bool numbered =
        rest.len > 1 && (rest.ptr[0] == '1' || rest.ptr[0] == '2' || rest.ptr[0] == '&');
    return numbered && rest.ptr[1] == '>';
}

static bool split(struct str command, struct words *words, struct err *err) {
    struct str rest = str_trim(command);
    while (rest.len > 0) {
        struct buf word = buf_with_max(0);
        bool redirected = begins_redirection(rest);
        bool ok = redirected ? skip_redirection(&rest, err) : take_word(&rest, &word, err);
        if (ok && !redirected && words->count == WORDS)
            ok = err_set(err, ERR_INVALID, "it has more than %d words", WORDS);
        if (ok && !redirected) {
            buf_put(&word, STR(""));
            words->items[words->count++] = arena_copy(&words->arena, buf_str(&word));
        }
        buf_free(&word);
        if (!ok) return false;
        rest = str_trim(rest);
    }
    return true;
}

/* ---- what is asked for ---- */

enum takes {
    IGNORED,       // it changes nothing of the call
    IGNORED_VALUE, // it has a value
    OUTPUT,        // where the answer goes: only nowhere
    METHOD,
    HEADER,
    DATA,
    JSON_DATA,
    AGENT,
    REFERER,
    REDIRECTS,
    HEAD,
    URL,
    TIMEOUT,
    ATTEMPTS, // how often in all
    RETRIES,  // how often again
    REFUSED,
};

struct call_option {
    const char *name; // "--header"
    char letter;      // 0 = none
    enum takes takes;
};

static const struct call_option curl_options[] = {
    {"--silent", 's', IGNORED},
    {"--show-error", 'S', IGNORED},
    {"--fail", 'f', IGNORED},
    {"--fail-with-body", 0, IGNORED},
    {"--verbose", 'v', IGNORED},
    {"--no-progress-meter", 0, IGNORED},
    {"--compressed", 0, IGNORED},
    {"--http1.1", 0, IGNORED},
    {"--ipv4", '4', IGNORED},
    {"--ipv6", '6', IGNORED},
    {"--connect-timeout", 0, IGNORED_VALUE},
    {"--retry-delay", 0, IGNORED_VALUE},
    {"--write-out", 'w', IGNORED_VALUE},
    {"--output", 'o', OUTPUT},
    {"--request", 'X', METHOD},
    {"--header", 'H', HEADER},
    {"--data", 'd', DATA},
    {"--data-raw", 0, DATA},
    {"--data-ascii", 0, DATA},
    {"--data-binary", 0, DATA},
    {"--json", 0, JSON_DATA},
    {"--user-agent", 'A', AGENT},
    {"--referer", 'e', REFERER},
    {"--location", 'L', REDIRECTS},
    {"--head", 'I', HEAD},
    {"--url", 0, URL},
    {"--max-time", 'm', TIMEOUT},
    {"--retry", 0, RETRIES},
    {NULL, 0, REFUSED},
};

static const struct call_option wget_options[] = {
    {"--quiet", 'q', IGNORED},
    {"--no-verbose", 0, IGNORED},
    {"--no-cache", 0, IGNORED},
    {"--output-document", 'O', OUTPUT},
    {"--output-file", 'o', OUTPUT},
    {"--method", 0, METHOD},
    {"--header", 0, HEADER},
    {"--post-data", 0, DATA},
    {"--body-data", 0, DATA},
    {"--user-agent", 'U', AGENT},
    {"--referer", 0, REFERER},
    {"--spider", 0, HEAD},
    {"--timeout", 'T', TIMEOUT},
    {"--tries", 't', ATTEMPTS},
    {NULL, 0, REFUSED},
};

struct http_call {
    struct arena *arena;
    struct str url, method;
    json_t *headers;
    struct buf body;
    bool has_body, is_json, redirects;
    int64_t timeout, attempts; // 0 = not said
};

static bool set_number(struct str value, int64_t least, int64_t most, int64_t add, int64_t *ret,
                       struct err *err) {
    struct str whole = str_cut(&value, '.');
    int64_t number;
    if (!str_parse_i64(whole, &number) || number < least || number > most)
        return err_set(err, ERR_INVALID, "%.*s is not a number from %lld to %lld", STR_ARG(whole),
                       (long long)least, (long long)most);
    *ret = number + add;
    return true;
}

static bool add_header(struct http_call *call, struct str name, struct str value) {
    char *key = xstr_dup(str_trim(name));
    value = str_trim(value);
    bool ok = json_object_set_new(call->headers, key, json_stringn(value.ptr, value.len)) == 0;
    free(key);
    return ok;
}

static bool add_body(struct http_call *call, struct str value, bool is_json, struct err *err) {
    if (str_starts_with(value, STR("@")))
        return err_set(err, ERR_INVALID, "it sends a file, and a job has none");
    if (call->has_body && !is_json) buf_put_char(&call->body, '&');
    buf_put(&call->body, value);
    call->has_body = true;
    call->is_json = call->is_json || is_json;
    return true;
}

static bool take_value(struct http_call *call, enum takes takes, struct str value,
                       struct err *err) {
    struct str rest = value;
    switch (takes) {
    case OUTPUT:
        return str_equal(value, STR("/dev/null")) || str_equal(value, STR("-")) ||
               err_set(err, ERR_INVALID, "it writes a file, and a job keeps its output itself");
    case METHOD: call->method = value; return true;
    case HEADER: {
        struct str name = str_cut(&rest, ':');
        return (!str_is_absent(rest) && add_header(call, name, rest)) ||
               err_set(err, ERR_INVALID, "a header is written as \"Name: value\"");
    }
    case AGENT: return add_header(call, STR("User-Agent"), value);
    case REFERER: return add_header(call, STR("Referer"), value);
    case DATA: return add_body(call, value, false, err);
    case JSON_DATA: return add_body(call, value, true, err);
    case URL:
        if (!str_is_absent(call->url))
            return err_set(err, ERR_INVALID, "it calls more than one URL; make a line of each");
        call->url = value;
        return true;
    case TIMEOUT: return set_number(value, 1, MAX_TIMEOUT_SECONDS, 0, &call->timeout, err);
    case ATTEMPTS: return set_number(value, 1, MAX_RETRY_ATTEMPTS, 0, &call->attempts, err);
    case RETRIES: return set_number(value, 0, MAX_RETRY_ATTEMPTS - 1, 1, &call->attempts, err);
    default: return true;
    }
}

static bool has_value(enum takes takes) {
    return takes != IGNORED && takes != REDIRECTS && takes != HEAD;
}

static bool take_flag(struct http_call *call, enum takes takes) {
    if (takes == REDIRECTS) call->redirects = true;
    if (takes == HEAD) call->method = STR("HEAD");
    return true;
}

static bool refuse_option(struct str name, struct err *err) {
    struct str secret[] = {STR("--user"), STR("-u"), STR("--insecure"), STR("-k"),
                           STR("--no-check-certificate")};
    for (size_t i = 0; i < COUNT_OF(secret); i++)
        if (str_equal(secret[i], name))
            return i < 2 ? err_set(err, ERR_INVALID,
                                   "%.*s: put the password into a header with {{Secret.NAME}}",
                                   STR_ARG(name))
                         : err_set(err, ERR_INVALID, "%.*s: certificates are always checked",
                                   STR_ARG(name));
    return err_set(err, ERR_INVALID, "%.60s has no counterpart in an HttpCall",
                   name.len < 60 ? name.ptr : "an option");
}

/* One option at words[*at], which moves over its value. */
static bool take_option(struct http_call *call, const struct call_option *options,
                        const struct words *words, size_t *at, struct err *err) {
    struct str word = words->items[*at];
    bool is_long = str_starts_with(word, STR("--"));
    for (size_t letter = 1; letter < word.len; letter++) {
        struct str value = STR_NONE, name = word;
        if (is_long) {
            value = word;
            name = str_cut(&value, '=');
        }
        const struct call_option *option = options;
        for (; option->name != NULL; option++)
            if (is_long ? str_equal(str_from_cstr(option->name), name)
                        : option->letter == word.ptr[letter])
                break;
        char short_name[] = {'-', word.ptr[letter], '\0'};
        if (option->name == NULL)
            return refuse_option(
                is_long ? arena_copy(call->arena, name) : str_from_cstr(short_name), err);
        if (!has_value(option->takes)) {
            if (!take_flag(call, option->takes)) return false;
            if (is_long) return true;
            continue;
        }
        if (!is_long && letter + 1 < word.len) value = str_slice(word, letter + 1, word.len);
        if (str_is_absent(value)) {
            if (*at + 1 == words->count)
                return err_set(err, ERR_INVALID, "a value is missing behind %s", option->name);
            value = words->items[++*at];
        }
        return take_value(call, option->takes, value, err);
    }
    return true;
}

static struct str program_of(struct str path) {
    struct str rest = path, name = path;
    while (!str_is_absent(rest)) name = str_cut(&rest, '/');
    return name;
}

static bool read_call(const struct words *words, struct http_call *call, struct err *err) {
    struct str program = words->count > 0 ? program_of(words->items[0]) : STR_NONE;
    bool is_wget = str_equal(program, STR("wget"));
    if (!is_wget && !str_equal(program, STR("curl")))
        return err_set(err, ERR_INVALID,
                       "it runs a program, and only calls of URLs by curl or wget can become jobs");
    call->redirects = is_wget;
    for (size_t i = 1; i < words->count; i++) {
        struct str word = words->items[i];
        bool is_option = word.len > 1 && word.ptr[0] == '-';
        if (is_wget && str_equal(word, STR("-nv"))) continue;
        if (is_option ? !take_option(call, is_wget ? wget_options : curl_options, words, &i, err)
                      : !take_value(call, URL, word, err))
            return false;
    }
    if (str_is_absent(call->url)) return err_set(err, ERR_INVALID, "it names no URL");
    return true;
}

/* ---- the job ---- */

static bool has_header(const struct http_call *call, const char *wanted) {
    const char *name;
    json_t *value;
    json_object_foreach(call->headers, name, value) {
        if (str_equal_nocase(str_from_cstr(name), str_from_cstr(wanted))) return true;
    }
    return false;
}

static json_t *job_of(struct http_call *call, struct err *err) {
    struct str url = call->url;
    bool has_scheme = str_contains(url, STR("://"));
    if (!has_scheme) url = arena_printf(call->arena, "http://%.*s", STR_ARG(url));
    if (!str_starts_with(url, STR("http://")) && !str_starts_with(url, STR("https://"))) {
        (void)err_set(err, ERR_INVALID, "only http and https can be called");
        return NULL;
    }
    struct str method = call->method;
    if (str_is_absent(method)) method = call->has_body ? STR("POST") : STR("GET");
    if (call->has_body && !has_header(call, "Content-Type"))
        (void)add_header(call, STR("Content-Type"),
                         call->is_json ? STR("application/json")
                                       : STR("application/x-www-form-urlencoded"));
    json_t *configuration =
        json_pack("{s:s%, s:s%}", "url", url.ptr, url.len, "method", method.ptr, method.len);
    if (json_object_size(call->headers) > 0)
        (void)json_object_set(configuration, "headers", call->headers);
    if (call->has_body)
        (void)json_object_set_new(configuration, "body",
                                  json_stringn(call->body.ptr, call->body.len));
    if (call->redirects) (void)json_object_set_new(configuration, "followRedirects", json_true());
    json_t *job = json_pack("{s:o}", "jobConfiguration", configuration);
    if (call->timeout > 0)
        (void)json_object_set_new(job, "timeoutSeconds", json_integer(call->timeout));
    if (call->attempts > 0)
        (void)json_object_set_new(job, "retryPolicy",
                                  json_pack("{s:I}", "maxAttempts", (json_int_t)call->attempts));
    return job;
}

json_t *command_to_job(struct str command, struct err *err) {
    struct words *words = xcalloc(1, sizeof *words);
    struct http_call call = {.arena = &words->arena,
                             .headers = json_object(),
                             .body = buf_with_max(MAX_JOB_CONFIGURATION)};
    json_t *job = NULL;
    if (split(command, words, err) && read_call(words, &call, err)) job = job_of(&call, err);
    buf_free(&call.body);
    json_decref(call.headers);
    arena_free(&words->arena);
    free(words);
    return job;
}
