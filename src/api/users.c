/* users.c - users, for admins. */
#include "api/context.h"

static void write_user(struct json_writer *w, const struct user *user, struct utc now) {
    json_object_begin(w);
    json_field_guid(w, STR("id"), user->id);
    json_field_str(w, STR("email"), user->email);
    json_key(w, STR("roles"));
    json_array_begin(w);
    json_str(w, role_name(user->role));
    json_array_end(w);
    json_field_bool(w, STR("isLocked"), user->is_locked || utc_before(now, user->locked_until));
    json_field_utc(w, STR("lockedUntil"),
                   utc_before(now, user->locked_until) ? user->locked_until : UTC_NONE);
    json_field_utc(w, STR("createdAt"), user->created_at);
    json_field_utc(w, STR("lastLoginAt"), user->last_login_at);
    json_object_end(w);
}

/* roles[]: the highest one counts, since each includes the ones below. */
static enum role read_roles(const json_t *body, bool needed, struct faults *faults) {
    const json_t *roles = json_object_get(body, "roles");
    enum role highest = ROLE_VIEWER;
    if (roles == NULL || json_is_null(roles)) {
        if (needed) faults_add(faults, STR("roles"), "is needed");
        return ROLE_USER;
    }
    if (!json_is_array(roles) || json_array_size(roles) == 0 || json_array_size(roles) > 3) {
        faults_add(faults, STR("roles"), "must be a list of one to three of: %s", role_names());
        return ROLE_USER;
    }
    for (size_t i = 0; i < json_array_size(roles); i++) {
        enum role role;
        if (!role_parse(json_str_of(json_array_get(roles, i)), &role)) {
            faults_add(faults, STR("roles"), "must hold only: %s", role_names());
            return ROLE_USER;
        }
        if (role > highest) highest = role;
    }
    return highest;
}

struct user_creation {
    struct user user;
    struct actor actor;
};

static bool run_create(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct user_creation *creation = write->context;
    if (!identity_user_insert(tx, &creation->actor, &creation->user, err)) return false;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    write_user(&w, &creation->user, write->now);
    write->answer = (struct answer){
        .status = 201,
        .body = api_take_json(write->arena, &out),
        .location = api_location(write->arena, "/api/v1/admin/users", creation->user.id),
    };
    return true;
}

void users_create(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"email", "password", "roles", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct str email = api_member_text(body, "email", true, &faults);
    struct str password = api_member_text(body, "password", true, &faults);
    enum role role = read_roles(body, false, &faults);
    struct err rule = ERR_INIT;
    struct str normal;
    if (!str_is_absent(password) && !password_check_rules(password, &rule))
        faults_add(&faults, STR("password"), "%s", rule.msg);
    if (!str_is_absent(email) && !identity_normal_email(email, request->arena, &normal, &rule))
        faults_add(&faults, STR("email"), "%s", rule.msg);
    if (!api_no_faults(request, response, &faults)) return;
    struct user_creation creation = {.actor = api_actor(request)};
    struct err err = ERR_INIT;
    if (!identity_user_prepare(api->options.identity, email, password, role, request->arena,
                               &creation.user, &err)) {
        respond_err(request, response, &err);
        return;
    }
    unsigned char fingerprint[IDENTITY_FINGERPRINT];
    identity_fingerprint(api->options.identity, request->body, fingerprint);
    struct api_write write = {.api = api,
                              .request = request,
                              .run = run_create,
                              .context = &creation,
                              .fingerprint = fingerprint};
    (void)api_write(&write, response);
}

void users_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct user *users;
    size_t count;
    int64_t total;
    struct err err = ERR_INIT;
    if (!identity_user_list(api->options.identity, page.offset, page.size, request->arena, &users,
                            &count, &total, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct utc now = clock_now(api->options.clock);
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < count; i++) write_user(&w, &users[i], now);
    api_page_end(&w, page, total);
}

static void answer_user(struct http_request *request, struct http_response *response,
                        struct api *api, struct guid id) {
    struct user user;
    struct err err = ERR_INIT;
    if (!identity_user_get(api->options.identity, id, request->arena, &user, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    write_user(&w, &user, clock_now(api->options.clock));
}

void users_show(struct http_request *request, struct http_response *response, void *context) {
    struct guid id;
    if (api_path_guid(request, response, "userId", &id) && api_no_query(request, response))
        answer_user(request, response, context, id);
}

static void set_lock(struct http_request *request, struct http_response *response, struct api *api,
                     bool locked) {
    struct guid id;
    if (!api_path_guid(request, response, "userId", &id) || !api_body_empty(request, response))
        return;
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (identity_user_lock(api->options.identity, &actor, id, locked, &err)) {
        answer_user(request, response, api, id);
    } else {
        respond_err(request, response, &err);
    }
}

void users_lock(struct http_request *request, struct http_response *response, void *context) {
    set_lock(request, response, context, true);
}

void users_unlock(struct http_request *request, struct http_response *response, void *context) {
    set_lock(request, response, context, false);
}

void users_set_password(struct http_request *request, struct http_response *response,
                        void *context) {
    struct api *api = context;
    static const char *const known[] = {"password", NULL};
    struct guid id;
    json_t *body;
    if (!api_path_guid(request, response, "userId", &id) ||
        !api_body_object(request, response, &body))
        return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct str password = api_member_text(body, "password", true, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (identity_user_set_password(api->options.identity, &actor, id, password, &err)) {
        respond_empty(response, 204);
    } else {
        respond_err(request, response, &err);
    }
}

void users_set_roles(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"roles", NULL};
    struct guid id;
    json_t *body;
    if (!api_path_guid(request, response, "userId", &id) ||
        !api_body_object(request, response, &body))
        return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    enum role role = read_roles(body, true, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (identity_user_set_role(api->options.identity, &actor, id, role, &err)) {
        answer_user(request, response, api, id);
    } else {
        respond_err(request, response, &err);
    }
}

void users_delete(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    if (!api_path_guid(request, response, "userId", &id) || !api_no_query(request, response))
        return;
    struct actor actor = api_actor(request);
    struct err err = ERR_INIT;
    if (identity_user_delete(api->options.identity, &actor, id, &err)) {
        respond_empty(response, 204);
    } else {
        respond_err(request, response, &err);
    }
}
