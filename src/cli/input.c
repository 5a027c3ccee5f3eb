/* input.c - see input.h. */
#include "cli/input.h"

#include "base/json_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LONGEST_LINE = 4096 };

int input_read(const struct invocation *invocation, const char *path, struct buf *ret_text) {
    char piece[65536];
    bool is_stdin = strcmp(path, "-") == 0;
    int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return complain(invocation, EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
    ssize_t got;
    while ((got = read(file, piece, sizeof piece)) > 0 && ret_text->len <= INPUT_LARGEST)
        buf_put(ret_text, (struct str){piece, (size_t)got});
    int why = errno;
    if (!is_stdin) (void)close(file);
    sodium_memzero(piece, sizeof piece);
    if (got < 0) return complain(invocation, EXIT_USAGE, "cannot read %s: %s", path, strerror(why));
    if (ret_text->len > INPUT_LARGEST)
        return complain(invocation, EXIT_USAGE, "%s is larger than 128 MiB", path);
    buf_put(ret_text, STR("")); // NUL-terminated also when it is empty
    return EXIT_OK;
}

int input_read_json(const struct invocation *invocation, const char *path, json_t **ret) {
    struct buf text = buf_with_max(0);
    struct err err = ERR_INIT;
    int code = input_read(invocation, path, &text);
    if (code == EXIT_OK) {
        *ret = json_read(buf_str(&text), &err);
        if (*ret == NULL)
            code = complain(invocation, EXIT_USAGE, "%s: %s",
                            strcmp(path, "-") == 0 ? "standard input" : path, err.msg);
    }
    buf_free(&text);
    return code;
}

/* ---- the terminal ---- */

/* One line without its end; NULL at the end of the input. */
static char *read_line(int file) {
    struct buf line = buf_with_max(LONGEST_LINE);
    char c;
    ssize_t got;
    bool any = false;
    while ((got = read(file, &c, 1)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0) continue;
        any = true;
        if (c == '\n') break;
        buf_put_char(&line, c);
    }
    if (!any) {
        buf_free(&line);
        return NULL;
    }
    buf_put(&line, STR(""));
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.ptr[--line.len] = '\0';
    if (line.ptr == NULL) return xstrdup("");
    return buf_take(&line);
}

static int open_terminal(void) {
    return isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
}

static void say(int terminal, const char *text) {
    (void)!write(terminal, text, strlen(text));
}

int input_ask(struct invocation *invocation, const char *question, const char *otherwise,
              struct str *ret) {
    int terminal = open_terminal();
    if (terminal < 0) return complain_usage(invocation, "%s", otherwise);
    say(terminal, question);
    char *line = read_line(terminal);
    (void)close(terminal);
    if (line == NULL || line[0] == '\0') {
        free(line);
        return complain_usage(invocation, "%s", otherwise);
    }
    *ret = arena_copy(&invocation->arena, str_from_cstr(line));
    free(line);
    return EXIT_OK;
}

static char *ask_hidden(int terminal, const char *question) {
    struct termios before, hidden;
    bool known = tcgetattr(terminal, &before) == 0;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    /* Better no password than one that can be read on the screen; hence also before the question.
     */
    if (!known || tcsetattr(terminal, TCSAFLUSH, &hidden) != 0) return NULL;
    say(terminal, question);
    char *line = read_line(terminal);
    (void)tcsetattr(terminal, TCSAFLUSH, &before);
    say(terminal, "\n");
    return line;
}

void input_wipe(char *password) {
    if (password != NULL) sodium_memzero(password, strlen(password));
    free(password);
}

int input_password(const struct invocation *invocation, bool twice, char **ret) {
    char *password, *again = NULL;
    if (option_given(invocation, "--password-stdin")) {
        password = read_line(STDIN_FILENO);
        if (password == NULL)
            return complain(invocation, EXIT_USAGE, "there is no password on standard input");
        *ret = password;
        return EXIT_OK;
    }
    int terminal = open_terminal();
    if (terminal < 0)
        return complain_usage(invocation,
                              "there is no terminal to ask for the password; pass it on standard "
                              "input with --password-stdin");
    password = ask_hidden(terminal, twice ? "New password: " : "Password: ");
    if (twice && password != NULL) again = ask_hidden(terminal, "Once more: ");
    (void)close(terminal);
    bool same = !twice || (password != NULL && again != NULL && strcmp(password, again) == 0);
    input_wipe(again);
    if (password == NULL || !same) {
        input_wipe(password);
        return complain(invocation, EXIT_USAGE,
                        same ? "no password was given" : "the two passwords are not the same");
    }
    *ret = password;
    return EXIT_OK;
}
