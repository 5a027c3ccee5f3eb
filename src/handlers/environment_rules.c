/* environment_rules.c - see environment_rules.h.
 *
 * The deny-list names what is known to make a dynamic linker, a shell, an interpreter or a C
 * library load or run something else. It cannot be complete, which is why there is an allow-list
 * before it. */
#include "handlers/environment_rules.h"

static const struct str denied[] = {
    /* dynamic linker and C library */
    STR_INIT("LD_*"),
    STR_INIT("GCONV_PATH"),
    STR_INIT("GETCONF_DIR"),
    STR_INIT("GLIBC_TUNABLES"),
    STR_INIT("HOSTALIASES"),
    STR_INIT("LOCALDOMAIN"),
    STR_INIT("LOCPATH"),
    STR_INIT("MALLOC_*"),
    STR_INIT("NIS_PATH"),
    STR_INIT("NLSPATH"),
    STR_INIT("RESOLV_HOST_CONF"),
    STR_INIT("RES_OPTIONS"),
    STR_INIT("TZDIR"),
    STR_INIT("TERMINFO*"),
    STR_INIT("TERMCAP"),
    STR_INIT("DYLD_*"),
    STR_INIT("ASAN_OPTIONS"),
    STR_INIT("LSAN_OPTIONS"),
    /* shells and how programs are found */
    STR_INIT("PATH"),
    STR_INIT("IFS"),
    STR_INIT("ENV"),
    STR_INIT("BASH*"),
    STR_INIT("SHELLOPTS"),
    STR_INIT("PS0"),
    STR_INIT("PS1"),
    STR_INIT("PS2"),
    STR_INIT("PS4"),
    STR_INIT("PROMPT_COMMAND"),
    STR_INIT("CDPATH"),
    STR_INIT("GLOBIGNORE"),
    STR_INIT("SHELL"),
    STR_INIT("ZDOTDIR"),
    STR_INIT("FPATH"),
    STR_INIT("KSH_VERSION"),
    STR_INIT("EDITOR"),
    STR_INIT("VISUAL"),
    STR_INIT("PAGER"),
    STR_INIT("BROWSER"),
    STR_INIT("LESSOPEN"),
    STR_INIT("LESSCLOSE"),
    STR_INIT("HOME"),
    STR_INIT("TMPDIR"),
    STR_INIT("PWD"),
    STR_INIT("XDG_*"),
    /* interpreters */
    STR_INIT("PYTHON*"),
    STR_INIT("PERL*"),
    STR_INIT("RUBY*"),
    STR_INIT("GEM_*"),
    STR_INIT("BUNDLE_*"),
    STR_INIT("NODE_*"),
    STR_INIT("NPM_*"),
    STR_INIT("JAVA_*"),
    STR_INIT("_JAVA_*"),
    STR_INIT("JDK_*"),
    STR_INIT("CLASSPATH"),
    STR_INIT("PHP*"),
    STR_INIT("LUA_*"),
    STR_INIT("DOTNET_*"),
    STR_INIT("COMPLUS_*"),
    STR_INIT("CORECLR_*"),
    STR_INIT("R_*"),
    STR_INIT("TCLLIBPATH"),
    STR_INIT("AWKPATH"),
    STR_INIT("AWKLIBPATH"),
    STR_INIT("GO*"),
    STR_INIT("RUST*"),
    STR_INIT("CARGO_*"),
    /* libraries and tools that load what a variable says, or talk to where it says */
    STR_INIT("OPENSSL_*"),
    STR_INIT("SSL_*"),
    STR_INIT("SSLKEYLOGFILE"),
    STR_INIT("CURL_*"),
    STR_INIT("KRB5*"),
    STR_INIT("SASL_*"),
    STR_INIT("PKCS11_*"),
    STR_INIT("P11_KIT_*"),
    STR_INIT("GIO_*"),
    STR_INIT("GST_*"),
    STR_INIT("GTK_*"),
    STR_INIT("QT_*"),
    STR_INIT("GIT_*"),
    STR_INIT("SSH_*"),
    STR_INIT("GNUPGHOME"),
    STR_INIT("DBUS_*"),
    STR_INIT("HTTP_PROXY"),
    STR_INIT("HTTPS_PROXY"),
    STR_INIT("FTP_PROXY"),
    STR_INIT("ALL_PROXY"),
    STR_INIT("NO_PROXY"),
    STR_INIT("DOCKER_*"),
    STR_INIT("KUBE*"),
    STR_INIT("SYSTEMD_*"),
    STR_INIT("NOTIFY_SOCKET"),
    STR_INIT("LISTEN_*"),
    STR_INIT("CREDENTIALS_DIRECTORY"),
    /* what the scheduler sets itself */
    STR_INIT("ALPHABET_*"),
};

/* A pattern is a name, or a beginning with `*`. */
static bool matches(struct str pattern, struct str name) {
    if (!str_ends_with(pattern, STR("*"))) return str_equal_nocase(pattern, name);
    struct str beginning = str_slice(pattern, 0, pattern.len - 1);
    return name.len >= beginning.len &&
           str_equal_nocase(str_slice(name, 0, beginning.len), beginning);
}

static bool is_name(struct str name) {
    bool fine = name.len > 0 && name.len <= MAX_ENVIRONMENT_NAME;
    for (size_t i = 0; fine && i < name.len; i++) {
        char c = name.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (is_digit && i > 0);
    }
    return fine;
}

bool environment_allows(struct str name, const char *const *patterns, struct str *why) {
    *why = STR("is no name of a variable: letters, digits and '_', at most 128");
    if (!is_name(name)) return false;
    *why = STR("changes how programs are loaded, found or run, and is never taken from a job");
    for (size_t i = 0; i < COUNT_OF(denied); i++)
        if (matches(denied[i], name)) return false;
    *why = STR("is not in the Environment list of this handler, which the operator sets");
    for (size_t i = 0; patterns && patterns[i]; i++)
        if (matches(str_from_cstr(patterns[i]), name)) return true;
    return false;
}

void environment_put_safe_name(struct buf *out, struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_lower) c = (char)(c - 'a' + 'A');
        buf_put_char(out, is_lower || is_other ? c : '_');
    }
}
