/* tokens.c - personal access tokens of the caller. The secret is in the answer to POST and nowhere
 * else, which is also why an Idempotency-Key is not kept for it. */
#include "api/context.h"

static void write_token(struct json_writer *w, const struct access_token *token,
                        struct str secret) {
    json_object_begin(w);
    json_field_guid(w, STR("id"), token->id);
    json_field_str(w, STR("name"), token->name);
    json_field_str(w, STR("prefix"), token->prefix);
    json_field_str(w, STR("role"), role_name(token->role));
    json_field_utc(w, STR("createdAt"), token->created_at);
    json_field_utc(w, STR("expiresAt"), token->expires_at);
    json_field_utc(w, STR("lastUsedAt"), token->last_used_at);
    json_field_utc(w, STR("revokedAt"), token->revoked_at);
    if (!str_is_absent(secret)) json_field_str(w, STR("token"), secret);
    json_object_end(w);
}

void tokens_create(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"name", "role", "expiresAt", NULL};
    const struct principal *who = api_principal(request);
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct str name = api_member_text(body, "name", true, &faults);
    struct str role_text = api_member_text(body, "role", false, &faults);
    struct str expires_text = api_member_text(body, "expiresAt", false, &faults);
    enum role role = who->role;
    struct utc expires_at = UTC_NEVER;
    if (!str_is_absent(role_text) && !role_parse(role_text, &role))
        faults_add(&faults, STR("role"), "must be one of: %s", role_names());
    if (!str_is_absent(expires_text) && !utc_parse(expires_text, &expires_at))
        faults_add(&faults, STR("expiresAt"), "must be a time such as 2026-01-02T03:04:05Z");
    if (!api_no_faults(request, response, &faults)) return;
    struct actor actor = api_actor(request);
    struct access_token token;
    char secret[SECRET_TOKEN_SIZE];
    struct err err = ERR_INIT;
    if (!identity_token_create(api->options.identity, who, &actor, name, role, expires_at, &token,
                               secret, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 201);
    write_token(&w, &token, str_from_cstr(secret));
}

void tokens_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct access_token *tokens;
    size_t count;
    struct err err = ERR_INIT;
    if (!api_no_query(request, response)) return;
    if (!identity_token_list(api->options.identity, api_principal(request), request->arena, &tokens,
                             &count, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) write_token(&w, &tokens[i], STR_NONE);
    json_array_end(&w);
}

void tokens_revoke(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    if (!api_path_guid(request, response, "tokenId", &id) || !api_no_query(request, response))
        return;
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (identity_token_revoke(api->options.identity, api_principal(request), &actor, id, &err)) {
        respond_empty(response, 204);
    } else {
        respond_err(request, response, &err);
    }
}
