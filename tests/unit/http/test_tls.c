/* TLS, spoken by GnuTLS as the client. The certificate is made for the test. */
#include "tests/unit/http/harness.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

static void handle(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    respond_text(response, 200, request->secure ? STR("secure") : STR("plain"));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/a", handle, 0, 0, 0},
    {HTTP_POST, "/a", handle, HTTP_ANY_BODY, 0, 10},
};

static char certificate_pem[8192], key_pem[8192];

static void make_certificate(void) {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    size_t size = sizeof key_pem - 1;
    if (key_pem[0]) return;
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, key_pem, &size), 0);
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(certificate, "\1", 1), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_key(certificate, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    size = sizeof certificate_pem - 1;
    assert_int_equal(
        gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_PEM, certificate_pem, &size), 0);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

static struct http_server *start(unsigned header_seconds) {
    make_certificate();
    return serve(&(struct http_server_options){.tls_certificate = certificate_pem,
                                               .tls_key = key_pem,
                                               .header_timeout_seconds = header_seconds},
                 routes, COUNT_OF(routes), NULL);
}

/* One request over TLS by these priorities; the status, or 0 when the handshake fails. */
static int ask_tls(const struct http_server *server, const char *priorities, const char *request,
                   struct reply *reply) {
    gnutls_session_t session;
    gnutls_certificate_credentials_t trust;
    int fd = dial(server);
    assert_int_equal(gnutls_certificate_allocate_credentials(&trust), 0);
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_priority_set_direct(session, priorities, NULL), 0);
    assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust), 0);
    gnutls_transport_set_int(session, fd);
    if (gnutls_handshake(session) == 0) {
        assert_int_equal(gnutls_record_send(session, request, strlen(request)), strlen(request));
        ssize_t got;
        while ((got = gnutls_record_recv(session, reply->text + reply->length,
                                         sizeof reply->text - 1 - reply->length)) > 0)
            reply->length += (size_t)got;
        reply->text[reply->length] = '\0';
        (void)sscanf(reply->text, "HTTP/1.1 %d", &reply->status);
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(trust);
    close(fd);
    return reply->status;
}

static const char request[] = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

static void test_answers_over_tls_say_so(void **state) {
    (void)state;
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    struct http_server *server = start(0);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct reply *reply = reply_new();
        assert_int_equal(ask_tls(server, versions[i], request, reply), 200);
        assert_non_null(strstr(reply->text, "Strict-Transport-Security: max-age="));
        assert_non_null(strstr(reply->text, "\r\n\r\nsecure"));
    }
    unserve(server);
}

static void test_old_versions_and_ciphers_are_refused(void **state) {
    (void)state;
    static const char *const old[] = {
        "NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT", "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT",
        "NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-128-CBC:+SHA1:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"};
    struct http_server *server = start(0);
    for (size_t i = 0; i < COUNT_OF(old); i++)
        assert_int_equal(ask_tls(server, old[i], request, reply_new()), 0);
    assert_int_equal(ask_tls(server, "NORMAL", request, reply_new()), 200);
    unserve(server);
}

static void test_a_chunked_body_too_large_is_answered_over_tls(void **state) {
    (void)state;
    struct http_server *server = start(0);
    struct reply *reply = reply_new();
    assert_int_equal(ask_tls(server, "NORMAL",
                             "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "b\r\n0123456789a\r\n",
                             reply),
                     413);
    unserve(server);
}

static void test_a_handshake_that_stalls_is_cut(void **state) {
    (void)state;
    struct http_server *server = start(1);
    int fd = dial(server);
    assert_true(say(fd, "\x16\x03\x01", 3));
    assert_true(hung_up(fd));
    close(fd);
    unserve(server);
}

static void test_plain_http_is_not_answered_on_a_tls_port(void **state) {
    (void)state;
    struct http_server *server = start(1);
    assert_int_equal(ask(server, request)->status, 0);
    unserve(server);
}
