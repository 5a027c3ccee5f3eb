/* lists.h - lists from the API, over all their pages; and the job that a name means.
 *
 *     struct list_answer list;
 *     code = list_get(client, path, limit, &list);             // limit 0: all of them
 *     if (code == EXIT_OK && invocation->json) list_print_json(&list);
 *     list_free(&list);
 *
 *   Owns:    list_free.   Threads: main only.   Errors: an exit code after a complaint.
 */
#ifndef ALPHABET_CLI_LISTS_H
#define ALPHABET_CLI_LISTS_H

#include "cli/client.h"

struct list_answer {
    json_t *items; // an array
    int64_t total; // also of those that were not fetched
};

/* `path` has its query but no pageNumber and pageSize. */
WARN_UNUSED int list_get(struct client *client, struct str path, int64_t limit,
                         struct list_answer *ret);
/* The shape of one page of the API, whatever the number of pages was. */
void list_print_json(const struct list_answer *list);
/* "20 of 154; --all or --limit shows more" on standard error, when there are more. */
void list_print_rest(const struct list_answer *list);
void list_free(struct list_answer *list);
/* --limit and --all of the command. */
int64_t list_limit(const struct invocation *invocation);

/* The job with this id, or the only one of this name. Several: they are listed, EXIT_CONFLICT. */
WARN_UNUSED int job_find(struct client *client, const char *id_or_name, json_t **ret_job);
/* Puts what --job, --from and --to ask for into the query of a path. */
WARN_UNUSED int path_put_job_and_times(struct client *client, struct buf *path);
/* The text as an id in lower case; false when it is none. */
WARN_UNUSED bool id_parse(const char *text, char ret[37]);

#endif
