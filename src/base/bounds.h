/* bounds.h - every size that a user controls, with its limit. Checked at the edge, once.
 *
 *   Units: bytes unless the name says otherwise.   Source: SPEC of the API; docs/security.md.
 */
#ifndef ALPHABET_BASE_BOUNDS_H
#define ALPHABET_BASE_BOUNDS_H

enum {
    /* Job fields, in code points. */
    MAX_NAME = 200,
    MAX_DESCRIPTION = 2000,
    MAX_TAGS = 50,
    MAX_TAG = 100,
    MAX_QUEUE_NAME = 50,
    MAX_CONCURRENCY_GROUP = 100,
    MAX_ZONE_NAME = 64,
    MAX_CRON_PATTERN = 256,
    MAX_EXCLUDED_DATES = 1000,
    MAX_JOB_CONFIGURATION = 256 * 1024,
    /* Numbers in a job. */
    MAX_INTERVAL_SECONDS = 31536000,
    MAX_TIMEOUT_SECONDS = 86400,
    MAX_JITTER_SECONDS = 86400,
    MAX_RETRY_ATTEMPTS = 100,
    MAX_RETRY_DELAY_SECONDS = 604800,
    MAX_RUNS = 1000000000,
    MAX_CONCURRENCY_GROUP_LIMIT = 10000,
    MAX_FIRE_ALL = 1000, // runs made by misfirePolicy FireAll
    /* JSON. */
    MAX_JSON_DEPTH = 64,
    /* HTTP server. */
    MAX_URI = 8192,
    MAX_HEADERS = 100,
    MAX_HEADER_BYTES = 16384,
    MAX_BODY = 1024 * 1024, // default of Server:MaxBodyBytes
    MAX_IMPORT_BODY = 64 * 1024 * 1024,
    MAX_IMPORT_JOBS = 100000,
    MAX_IDEMPOTENCY_KEY = 255,
    MAX_SEARCH = 200,
    /* Pages. */
    MAX_PAGE_SIZE = 200,
    MAX_UPCOMING = 1000,
    /* Outgoing HTTP. */
    MAX_URL = 8192,
    MAX_HTTP_HEADERS = 100,
    MAX_REDIRECTS = 20,
    DEFAULT_OUTPUT_BYTES = 64 * 1024, // default of Scheduler:Jobs:MaxOutputBytes
    MAX_ERROR_MESSAGE = 4096,
    MAX_PROGRESS_TEXT = 200,
    MAX_RESULT = 64 * 1024, // JSON that a run hands on
    /* Identity. */
    MIN_PASSWORD = 12, // characters
    MAX_PASSWORD = 128,
    MAX_EMAIL = 254,
    MAX_TOKEN_NAME = 100,
};

#endif
