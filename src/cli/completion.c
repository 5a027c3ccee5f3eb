/* completion.c - `alphabet completion SHELL`: what a shell offers while one types; from the table.
 *
 * Each script is data and a small reader of it: a line for each command with its words and options.
 * Files are offered behind options that name one.
 */
#include "base/str.h"
#include "cli/arguments.h"

#include <string.h>

static bool has_choices(const struct command_option *option) {
    return option->value != NULL && strchr(option->value, '|') != NULL;
}

static bool names_file(const char *value) {
    return value != NULL && (strcmp(value, "FILE") == 0 || strcmp(value, "FOLDER") == 0);
}

static void put_choices(const char *choices) {
    for (; *choices != '\0'; choices++) (void)putchar(*choices == '|' ? ' ' : *choices);
}

/* The words behind `group`, or the first words of all commands. */
static void put_words(const char *group) {
    size_t count, length = strlen(group);
    const struct command *table = command_table(&count);
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        const char *name = table[i].name;
        if (length > 0 && (strncmp(name, group, length) != 0 || name[length] != ' ')) continue;
        const char *word = length > 0 ? name + length + 1 : name;
        int size = (int)strcspn(word, " ");
        if (strncmp(before, word, (size_t)size) == 0 &&
            (before[size] == ' ' || before[size] == '\0'))
            continue;
        (void)printf("%s%.*s", before[0] != '\0' ? " " : "", size, word);
        before = word;
    }
}

/* Calls `put` for the first word of each command that is a group, once. */
static void each_group(void (*put)(const char *group)) {
    size_t count;
    const struct command *table = command_table(&count);
    char before[32] = "";
    for (size_t i = 0; i < count; i++) {
        char group[32];
        const char *space = strchr(table[i].name, ' ');
        if (space == NULL) continue;
        (void)snprintf(group, sizeof group, "%.*s", (int)(space - table[i].name), table[i].name);
        if (strcmp(group, before) == 0) continue;
        put(group);
        (void)snprintf(before, sizeof before, "%s", group);
    }
}

/* ---- bash ---- */

static void bash_group(const char *group) {
    (void)printf("    '%s') words='", group);
    put_words(group);
    (void)puts("' ;;");
}

static void bash_command(const struct command *command) {
    const struct command_option *option;
    bool choices = strchr(command->arguments, '|') != NULL;
    const char *last = strrchr(command->arguments, ' ');
    (void)printf("    '%s') words='", command->name);
    if (choices) put_choices(last != NULL ? last + 1 : command->arguments);
    for (size_t at = 0; (option = command_next_option(command, &at)) != NULL;)
        (void)printf(" %s", option->name);
    (void)puts(" --help' ;;");
}

static void bash_option(const struct command *command, const struct command_option *option) {
    if (has_choices(option)) {
        (void)printf("    '%s %s') words='", command->name, option->name);
        put_choices(option->value);
        (void)puts("' ;;");
    } else if (names_file(option->value)) {
        (void)printf("    '%s %s'%s%s%s) files=1 ;;\n", command->name, option->name,
                     option->letter ? " | '" : "", option->letter ? command->name : "",
                     option->letter == 'f' ? " -f'" : "");
    }
}

static void print_bash(void) {
    size_t count;
    const struct command *table = command_table(&count);
    (void)printf(
        "# bash completion for alphabet(1)\n_alphabet() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local one=${COMP_WORDS[1]-} two=${COMP_WORDS[2]-} words= files= command\n"
        "    command=$one\n"
        "    if [ \"$COMP_CWORD\" -le 1 ]; then\n        words='");
    put_words("");
    (void)puts("'\n    else\n    case $one in");
    each_group(bash_group);
    (void)puts("    esac\n"
               "    if [ -n \"$words\" ]; then\n"
               "        [ \"$COMP_CWORD\" -gt 2 ] && { command=\"$one $two\"; words=; }\n"
               "    fi\n"
               "    [ -n \"$words\" ] || case $command in");
    for (size_t i = 0; i < count; i++) bash_command(&table[i]);
    (void)puts("    esac\n    case \"$command $previous\" in");
    for (size_t i = 0; i < count; i++) {
        const struct command_option *option;
        for (size_t at = 0; (option = command_next_option(&table[i], &at)) != NULL;)
            bash_option(&table[i], option);
    }
    (void)puts("    esac\n    fi\n"
               "    if [ -n \"$files\" ]; then\n"
               "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
               "    else\n"
               "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
               "    fi\n"
               "}\ncomplete -o filenames -F _alphabet alphabet");
}

/* ---- zsh ---- */

/* Inside single quotes of zsh, where _describe and _arguments take colons and brackets apart. */
static void put_zsh(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text) != NULL)
            (void)printf("\\%c", *text);
        else
            (void)putchar(*text);
    }
}

static void zsh_value(const struct command_option *option) {
    if (option->value == NULL) return;
    if (has_choices(option)) {
        (void)fputs(":value:(", stdout);
        put_choices(option->value);
        (void)putchar(')');
    } else {
        (void)printf(":%s:%s", option->value, names_file(option->value) ? "_files" : "");
    }
}

static void zsh_command(const struct command *command) {
    const struct command_option *option;
    const char *last = strrchr(command->arguments, ' ');
    (void)printf("    '%s') _arguments", command->name);
    for (size_t at = 0; (option = command_next_option(command, &at)) != NULL;) {
        (void)printf(" \\\n        '%s[", option->name);
        put_zsh(option->meaning);
        (void)putchar(']');
        zsh_value(option);
        (void)putchar('\'');
        if (option->letter == '\0') continue;
        (void)printf(" \\\n        '-%c[", option->letter);
        put_zsh(option->meaning);
        (void)putchar(']');
        zsh_value(option);
        (void)putchar('\'');
    }
    (void)fputs(" \\\n        '--help[say how it is used]' '*:argument:(", stdout);
    if (strchr(command->arguments, '|') != NULL)
        put_choices(last != NULL ? last + 1 : command->arguments);
    (void)puts(")' ;;");
}

static void zsh_group(const char *group) {
    (void)printf("    '%s') words_behind=(", group);
    put_words(group);
    (void)puts(") ;;");
}

static void print_zsh(void) {
    size_t count;
    const struct command *table = command_table(&count);
    (void)puts("#compdef alphabet\n_alphabet() {\n"
               "    local command=$words[2] -a words_behind\n"
               "    if (( CURRENT == 2 )); then");
    (void)fputs("        compadd -- ", stdout);
    put_words("");
    (void)puts("\n        return\n    fi\n    case $command in");
    each_group(zsh_group);
    (void)puts("    esac\n"
               "    if (( $#words_behind )); then\n"
               "        if (( CURRENT == 3 )); then compadd -- $words_behind; return; fi\n"
               "        command=\"$words[2] $words[3]\"\n"
               "        shift words; (( CURRENT-- ))\n"
               "    fi\n"
               "    shift words; (( CURRENT-- ))\n"
               "    case $command in");
    for (size_t i = 0; i < count; i++) zsh_command(&table[i]);
    (void)puts("    esac\n}\nif [ \"$funcstack[1]\" = _alphabet ]; then _alphabet \"$@\"; else "
               "compdef _alphabet alphabet; fi");
}

/* ---- fish ---- */

static void put_fish(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') (void)putchar('\\');
        (void)putchar(*text);
    }
}

static void fish_condition(const struct command *command) {
    const char *space = strchr(command->name, ' ');
    if (space == NULL)
        (void)printf("complete -c alphabet -n '__fish_seen_subcommand_from %s", command->name);
    else
        (void)printf("complete -c alphabet -n '__fish_seen_subcommand_from %.*s; and "
                     "__fish_seen_subcommand_from %s",
                     (int)(space - command->name), command->name, space + 1);
    (void)fputs("'", stdout);
}

static void fish_name(const struct command *command) {
    const char *space = strchr(command->name, ' ');
    if (space == NULL) {
        (void)printf("complete -c alphabet -f -n __fish_use_subcommand -a %s", command->name);
    } else {
        int size = (int)(space - command->name);
        (void)printf("complete -c alphabet -f -n '__fish_seen_subcommand_from %.*s; and not "
                     "__fish_seen_subcommand_from ",
                     size, command->name);
        char group[32];
        (void)snprintf(group, sizeof group, "%.*s", size, command->name);
        put_words(group);
        (void)printf("' -a %s", space + 1);
    }
    (void)fputs(" -d '", stdout);
    put_fish(command->summary);
    (void)puts("'");
}

static void fish_option(const struct command *command, const struct command_option *option) {
    fish_condition(command);
    (void)printf(" -l %s", option->name + 2);
    if (option->letter != '\0') (void)printf(" -s %c", option->letter);
    if (option->value != NULL) (void)fputs(names_file(option->value) ? " -r -F" : " -x", stdout);
    if (has_choices(option)) {
        (void)fputs(" -a '", stdout);
        put_choices(option->value);
        (void)putchar('\'');
    }
    (void)fputs(" -d '", stdout);
    put_fish(option->meaning);
    (void)puts("'");
}

static void fish_group(const char *group) {
    (void)printf("complete -c alphabet -f -n __fish_use_subcommand -a %s\n", group);
}

static void print_fish(void) {
    size_t count;
    const struct command *table = command_table(&count);
    (void)puts("# fish completion for alphabet(1)\ncomplete -c alphabet -f");
    each_group(fish_group);
    for (size_t i = 0; i < count; i++) {
        const struct command_option *option;
        const char *last = strrchr(table[i].arguments, ' ');
        fish_name(&table[i]);
        if (strchr(table[i].arguments, '|') != NULL) {
            fish_condition(&table[i]);
            (void)fputs(" -f -a '", stdout);
            put_choices(last != NULL ? last + 1 : table[i].arguments);
            (void)puts("'");
        }
        for (size_t at = 0; (option = command_next_option(&table[i], &at)) != NULL;)
            fish_option(&table[i], option);
    }
}

int cli_completion(struct invocation *invocation) {
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < COUNT_OF(shells); i++)
        if (strcmp(invocation->arguments[0], shells[i].shell) == 0) {
            shells[i].print();
            return EXIT_OK;
        }
    return complain_usage(invocation, "there are completions for bash, zsh and fish, not for %s",
                          invocation->arguments[0]);
}
