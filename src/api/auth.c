/* auth.c - login, refresh, logout, me; see identity/identity.h for what they do. */
#include "api/context.h"

#include "api/session.h"

struct str api_member_text(const json_t *body, const char *name, bool needed,
                           struct faults *faults) {
    const json_t *value = json_object_get(body, name);
    if (value == NULL || json_is_null(value)) {
        if (needed) faults_add(faults, str_from_cstr(name), "is needed");
        return STR_NONE;
    }
    if (!json_is_string(value)) faults_add(faults, str_from_cstr(name), "must be a text");
    return json_str_of(value);
}

static void answer_pair(struct http_response *response, const struct token_pair *pair) {
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_str(&w, STR("accessToken"), pair->access_token);
    json_field_str(&w, STR("refreshToken"), str_from_cstr(pair->refresh_token));
    json_field_i64(&w, STR("expiresIn"), pair->expires_in);
    json_field_str(&w, STR("tokenType"), STR("Bearer"));
    json_object_end(&w);
}

static void write_caller(struct http_response *response, const struct api *api,
                         const struct principal *who) {
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_guid(&w, STR("id"), who->user_id);
    json_field_str(&w, STR("email"), str_from_cstr(who->email));
    json_key(&w, STR("roles"));
    json_array_begin(&w);
    json_str(&w, role_name(who->role));
    json_array_end(&w);
    json_field_bool(&w, STR("isPersonalToken"), who->is_personal_token);
    if (who->is_session) {
        char csrf[SESSION_CSRF_SIZE];
        identity_session_csrf(api->options.identity, who, csrf);
        json_field_str(&w, STR("csrfToken"), str_from_cstr(csrf));
        json_field_utc(&w, STR("sessionExpiresAt"), who->session_expires_at);
    }
    json_object_end(&w);
}

/* A browser that is made to log in as somebody else by another site would work for that one. */
static void login_by_cookie(struct api *api, struct http_request *request,
                            struct http_response *response, struct str email, struct str password) {
    struct err err = ERR_INIT;
    struct session session;
    if (session_is_from_here(request, &err) &&
        identity_session_login(api->options.identity, email, password, request->client,
                               session_secret(request), request->arena, &session, &err)) {
        write_caller(response, api, &session.who);
        session_give_cookie(request, response, &session);
    } else {
        respond_err(request, response, &err);
    }
}

void auth_login(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"email", "password", "useCookies", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct str email = api_member_text(body, "email", true, &faults);
    struct str password = api_member_text(body, "password", true, &faults);
    const json_t *cookies = json_object_get(body, "useCookies");
    if (cookies && !json_is_null(cookies) && !json_is_boolean(cookies))
        faults_add(&faults, STR("useCookies"), "must be true or false");
    if (password.len > (size_t)MAX_PASSWORD * 4)
        faults_add(&faults, STR("password"), "is longer than any password can be");
    if (!api_no_faults(request, response, &faults)) return;
    if (json_is_true(cookies)) {
        login_by_cookie(api, request, response, email, password);
        return;
    }
    struct err err = ERR_INIT;
    struct token_pair pair;
    if (identity_login(api->options.identity, email, password, request->client, request->arena,
                       &pair, &err)) {
        answer_pair(response, &pair);
    } else {
        respond_err(request, response, &err);
    }
}

void auth_refresh(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"refreshToken", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct str token = api_member_text(body, "refreshToken", true, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct err err = ERR_INIT;
    struct token_pair pair;
    if (identity_refresh(api->options.identity, token, request->client, request->arena, &pair,
                         &err)) {
        answer_pair(response, &pair);
    } else {
        respond_err(request, response, &err);
    }
}

/* A session ends alone; a token takes every token of its user with it. */
void auth_logout(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    if (!api_body_empty(request, response)) return;
    const struct principal *who = api_principal(request);
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (who->is_session ? identity_session_logout(api->options.identity, who, &actor, &err)
                        : identity_logout(api->options.identity, who, &actor, &err)) {
        respond_empty(response, 204);
        if (who->is_session) session_take_cookie(request, response);
    } else {
        respond_err(request, response, &err);
    }
}

void auth_me(struct http_request *request, struct http_response *response, void *context) {
    if (!api_no_query(request, response)) return;
    write_caller(response, context, api_principal(request));
}
