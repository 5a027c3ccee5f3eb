/* http_config.h - the jobConfiguration of an HttpCall: read once, checked whole, then immutable.
 *
 *   url                  absolute http or https URL, may hold variables; no user name in it
 *   method               GET (default), POST, PUT, PATCH, DELETE, HEAD
 *   headers{}            name: text; those that the product sets itself are refused
 *   body                 a text, or any JSON value, which is sent as JSON
 *   timeoutSeconds       1 to 86400; none: only the job's timeoutSeconds counts
 *   successStatusCodes[] 200 to 299 unless given;   retryOnStatusCodes[]  all failures unless given
 *   followRedirects      false;   maxRedirects  0 to 20, 5 unless given
 *   signingSecret        a text, best {{Secret.NAME}}
 *   parameters{}         what {{Parameters.NAME}} means when the run brings no value
 *
 *     struct http_config *config = http_config_new(json, guard, &known, &faults);
 *     if (!config) ...                               // every fault is in faults
 *     http_config_release(config);
 *
 * A body counts as JSON - variables are escaped, Content-Type defaults to application/json - when
 * it is a JSON value, when a Content-Type header says json, or, without that header, when its text
 * begins with `{` or `[`. Other text defaults to text/plain; charset=utf-8.
 *
 *   Owns:    all of its texts. Counted, because runs of an older revision outlive the cache.
 *   Threads: reading and checking are safe from any; the count belongs to one thread.
 *   Errors:  faults with fields "jobConfiguration.headers.X-Y".
 */
#ifndef ALPHABET_HANDLERS_HTTP_CONFIG_H
#define ALPHABET_HANDLERS_HTTP_CONFIG_H

#include "handlers/guard.h"
#include "handlers/variables.h"

#include <curl/curl.h>
#include <jansson.h>

enum { DEFAULT_REDIRECTS = 5, MAX_SIGNING_SECRET = 1024, MAX_HTTP_HEADER_VALUE = 8192 };

struct http_header {
    struct str name, value;
    bool has_variables;
    bool is_private; // a secret, Authorization or Cookie: not for another origin
};

struct status_set {
    uint64_t bits[10];
    bool is_given;
};

struct http_config {
    unsigned references;
    uint64_t number; // its own, never used again: what a call is set up for
    struct arena arena;
    size_t size; // bytes it holds, about

    struct str url;
    bool url_has_variables;
    struct target target; // when it has none
    struct str method;
    bool has_body, body_is_json, body_has_variables;
    struct str body;
    struct http_header *headers; // a default Content-Type among them
    size_t header_count;
    bool headers_have_variables;
    struct curl_slist *fixed_headers; // all of them, ready for libcurl, when none has variables
    int64_t timeout_seconds;          // 0 = none
    struct status_set success, retry;
    bool follow_redirects;
    int64_t max_redirects;
    struct str signing_secret; // absent = calls are not signed
    json_t *parameters;        // NULL = none
};

/* One reference, the caller's. */
WARN_UNUSED struct http_config *http_config_new(const json_t *json, const struct guard *guard,
                                                const struct variables_known *known,
                                                struct faults *faults);
struct http_config *http_config_share(struct http_config *config);
void http_config_release(struct http_config *config);

bool http_config_is_success(const struct http_config *config, int64_t status);
/* By retryOnStatusCodes; true for all when the list is empty. */
bool http_config_may_retry(const struct http_config *config, int64_t status);
/* "Name: value" as libcurl wants it, which spells an empty value "Name;". */
void http_header_put(struct buf *out, struct str name, struct str value);

#endif
