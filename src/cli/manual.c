/* manual.c - see manual.h. No date and no version stand in it, so that it changes only when the
 * commands do. */
#include "cli/manual.h"

#include "cli/commands.h"

#include <string.h>

/* Text for troff: a backslash, a dash and a leading dot or quote mean something to it. */
static void put(FILE *out, const char *text) {
    if (*text == '.' || *text == '\'') (void)fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            (void)fputs("\\e", out);
        else if (*text == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(*text, out);
    }
}

static void put_line(FILE *out, const char *text) {
    put(out, text);
    (void)fputc('\n', out);
}

static void put_option(FILE *out, const struct command_option *option) {
    (void)fputs(".TP\n\\fB", out);
    if (option->letter != '\0') (void)fprintf(out, "\\-%c\\fR, \\fB", option->letter);
    put(out, option->name);
    (void)fputs("\\fR", out);
    if (option->value != NULL) {
        (void)fputs(" \\fI", out);
        put(out, option->value);
        (void)fputs("\\fR", out);
    }
    (void)fputc('\n', out);
    put_line(out, option->meaning);
}

static void put_options(FILE *out, const struct command_option *options) {
    for (; options != NULL && options->name != NULL; options++) put_option(out, options);
}

static void put_command(FILE *out, const struct command *command) {
    (void)fputs(".SS \"alphabet ", out);
    put(out, command->name);
    if (command->arguments[0] != '\0') (void)fputc(' ', out);
    put(out, command->arguments);
    (void)fputs("\"\n", out);
    (void)fputc(command->summary[0] >= 'a' ? command->summary[0] - 'a' + 'A' : command->summary[0],
                out);
    put(out, command->summary + 1);
    (void)fputs(".\n", out);
    if (command->details != NULL) put_line(out, command->details);
    put_options(out, command->options);
    if (command->example == NULL) return;
    (void)fputs(".PP\nExample:\n.PP\n.nf\n.RS\nalphabet ", out);
    put_line(out, command->example);
    (void)fputs(".RE\n.fi\n", out);
}

static void put_environment(FILE *out) {
    static const char *const variables[][2] = {
        {"ALPHABET_SERVER", "The server to talk to, unless --server is given."},
        {"ALPHABET_TOKEN", "The token to use, unless --token-file is given."},
        {"ALPHABET_CA_FILE", "The authority of its certificate, unless --ca-file is given."},
        {"XDG_CONFIG_HOME", "Where alphabet/credentials.json is, instead of ~/.config."},
        {"NO_COLOR", "When set, no colours are used."},
        {"https_proxy", "A proxy for https; none is used for this machine itself."},
    };
    (void)fputs(".SH ENVIRONMENT\n", out);
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        (void)fprintf(out, ".TP\n\\fB%s\\fR\n", variables[i][0]);
        put_line(out, variables[i][1]);
    }
}

void manual_print(FILE *out) {
    size_t count;
    const struct command *table = command_table(&count);
    (void)fputs(
        ".TH ALPHABET 1 \"\" \"Alphabet Scheduler\" \"User Commands\"\n"
        ".SH NAME\nalphabet \\- background jobs behind one REST API\n"
        ".SH SYNOPSIS\n\\fBalphabet\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n"
        "One program: \\fBalphabet serve\\fR is the server, the other commands talk to one.\n"
        "A \\fIJOB\\fR is named by its id or, when only one has it, by its name.\n"
        "Options may stand anywhere; behind \\fB\\-\\-\\fR everything is an argument.\n"
        ".SH COMMANDS\n",
        out);
    for (size_t i = 0; i < count; i++) put_command(out, &table[i]);
    (void)fputs(".SH OUTPUT\nOf the commands that show or change something:\n", out);
    put_options(out, command_output_options());
    (void)fputs(".SH CONNECTION\nOf the commands that talk to a server:\n", out);
    put_options(out, command_connection_options());
    (void)fputs(".SH EXIT STATUS\n", out);
#define X(name, code, meaning) \
    (void)fprintf(out, ".TP\n\\fB%d\\fR\n", code); \
    put_line(out, meaning);
    EXIT_CODES(X)
#undef X
    put_environment(out);
    (void)fputs(".SH FILES\n.TP\n\\fI~/.config/alphabet/credentials.json\\fR\n"
                "The logins, readable by their owner only.\n",
                out);
}
