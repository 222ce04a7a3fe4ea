/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: verbs, options, and the help about them.
 */
#include "console/cli.h"

#include <apr_getopt.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* Codes above 255 have no short form. In the order of the bits. */
static const apr_getopt_option_t options[] = {
    { "driver", 'd', 1,
      "-d, --driver DRIVER    kind of database: sqlite3 or pgsql\n"
      "                         ($ACCTAUTH_DRIVER; sqlite3 when not given)" },
    { "params", 'p', 1,
      "-p, --params PARAMS    the database: path of the file; for pgsql a\n"
      "                         connection string, or file:/PATH of one\n"
      "                         ($ACCTAUTH_PARAMS)" },
    { "key", 258, 1,
      "    --key FILE         key file (init makes it)" },
    { "owner", 259, 1,
      "    --owner USER       user that the database is given to" },
    { "email", 260, 1,
      "    --email E          email address" },
    { "first-name", 261, 1,
      "    --first-name F     first name" },
    { "last-name", 262, 1,
      "    --last-name L      last name" },
    { "staff", 263, 0,
      "    --staff            mark the account as staff" },
    { "no-username", 264, 0,
      "    --no-username      the account has an email address alone" },
    { "password-stdin", 265, 0,
      "    --password-stdin   the password is the first line of standard\n"
      "                         input; else it is asked for on the terminal" },
    { "json", 266, 0,
      "    --json             print JSON" },
    { "all", 267, 0,
      "    --all              all tokens of the account; all accounts" },
    { "everyone", 268, 0,
      "    --everyone         all tokens of all accounts" },
    { "wait", 269, 1,
      "    --wait[=SECONDS]   wait until no running server lets the ended\n"
      "                         tokens in (2.5 seconds when not given)" },
    { "help", 'h', 0,
      "-h, --help             print this help" },
    { "version", 'V', 0,
      "-V, --version          print the version" },
    { "dry-run", 270, 0,
      "    --dry-run          change nothing, only say what would be done" },
    { "keep-oldest", 271, 0,
      "    --keep-oldest      of accounts that have one name or address the\n"
      "                         oldest keeps it" },
    { "no-copy", 272, 0,
      "    --no-copy          make no copy of the file before" },
    { "audit", 273, 1,
      "    --audit FILE       tell there what was done, as a line of JSON\n"
      "                         ($ACCTAUTH_AUDIT; else the system's log)" },
    { "username", 274, 1,
      "    --username U       another username" },
    { "no-staff", 275, 0,
      "    --no-staff         the account is staff no more" },
    { "verified", 276, 0,
      "    --verified         the address is verified" },
    { "unverified", 277, 0,
      "    --unverified       the address is not verified" },
    { "httpd", 278, 1,
      "    --httpd PROGRAM    ask this httpd where -p names no database\n"
      "                         (apachectl when not given)" },
    { "conf", 279, 1,
      "    --conf FILE        its configuration, where that is not its own" },
    { "name", 280, 1,
      "    --name NAME        the import's name, by which it knows its runs" },
    { "report", 281, 1,
      "    --report FILE      a line there for each row not taken as it is" },
    { "ids", 282, 1,
      "    --ids keep|new     the source's ids (keep), or new ones" },
    { "on-conflict", 283, 1,
      "    --on-conflict fail|skip\n"
      "                         accounts in each other's way: change\n"
      "                         nothing (fail), or leave all of them out" },
    { "decide", 284, 1,
      "    --decide FILE      lines of SOURCE_ID,ACTION[,VALUE]" },
    { "duplicate-email", 285, 1,
      "    --duplicate-email fail|drop\n"
      "                         accounts with one address: in conflict, or\n"
      "                         none of them keeps it" },
    { "weak", 286, 1,
      "    --weak keep|refuse hashes cheap to guess: keep them, or have no\n"
      "                         password match" },
    { "staff-from", 287, 1,
      "    --staff-from COLUMN\n"
      "                         is_staff, is_superuser, either, none: who\n"
      "                         is staff (--staff does the same here)" },
    { "time-zone", 288, 1,
      "    --time-zone ZONE   of times that name none: UTC, Europe/Berlin" },
    { "tokens", 289, 1,
      "    --tokens KIND      auto, none, drf, knox or sanctum" },
    { "reuse", 290, 0,
      "    --reuse            seal tokens in clear text under --key, so that\n"
      "                         sign-in hands the same ones out again" },
    { "revive", 291, 0,
      "    --revive           take tokens that knox finds no more itself" },
    { "sliding", 292, 1,
      "    --sliding SECONDS  tokens with an end live that long by use" },
    { "all-abilities", 293, 0,
      "    --all-abilities    take tokens that had some abilities alone" },
    { "batch", 294, 1,
      "    --batch N          rows a transaction (1000)" },
    { "update", 295, 0,
      "    --update           accounts that came before follow the source" },
    { "prove", 296, 1,
      "    --prove NAME       verify a password of this account of the\n"
      "                         source before anything is written" },
    { "totp", 297, 1,
      "    --totp drop        accounts with a second factor go on without" },
    { "user-table", 298, 1,
      "    --user-table TABLE the table of users" },
    { "user-model", 299, 1,
      "    --user-model MODEL their model: app.User, App\\Models\\User" },
    { "purpose", 300, 1,
      "    --purpose PURPOSE  what the link is for: password-reset,\n"
      "                         username-reset, activation or verify-email" },
    { "dialect", 301, 1,
      "    --dialect FILE     the dialect whose page it leads to, where\n"
      "                         httpd has several, or none that mails" },
    { "base", 302, 1,
      "    --base URL         what the link begins with, in place of\n"
      "                         AcctAuthMailLinkBase" },
    { NULL, 0, 0, NULL }
};

const char *acct_cli_value(const acct_cli_t *cli, acct_cli_options_t option)
{
    int i;

    for (i = 0; i < ACCT_OPT__COUNT; i++) {
        if (option == ACCT_OPT(i)) {
            return cli->value[i];
        }
    }
    return NULL;
}

static void print_options(acct_cli_options_t which)
{
    int i;

    printf("\nOptions:\n");
    for (i = 0; i < ACCT_OPT__COUNT; i++) {
        if (which & ACCT_OPT(i)) {
            printf("  %s\n", options[i].description);
        }
    }
}

static int is_in_group(const acct_cli_verb_t *verb, const char *group)
{
    size_t length = strlen(group);

    return strncmp(verb->name, group, length) == 0
        && (verb->name[length] == ' ' || verb->name[length] == '\0');
}

static int is_group(const acct_cli_t *cli, const char *word)
{
    const acct_cli_verb_t *verb;

    for (verb = cli->verbs; verb->name != NULL; verb++) {
        if (is_in_group(verb, word)) {
            return 1;
        }
    }
    return 0;
}

static void print_verb(const acct_cli_verb_t *verb)
{
    printf("usage: acctauth %s %s\n\n%s\n", verb->name, verb->usage,
           verb->help);
    if (verb->details != NULL) {
        printf("%s", verb->details);
    }
    print_options(verb->options | ACCT_OPT_HELP);
}

/* The verbs of a group ("user"), or all (NULL). */
static void print_group(const acct_cli_t *cli, const char *group)
{
    const acct_cli_verb_t *verb;

    printf("usage: acctauth %s [OPTION...] ...\n\nVerbs:\n",
           group != NULL ? group : "VERB");
    for (verb = cli->verbs; verb->name != NULL; verb++) {
        if (group == NULL || is_in_group(verb, group)) {
            printf("  %-14s %s\n", verb->name, verb->help);
        }
    }
    print_options(ACCT_OPT_DATABASE | ACCT_OPT_HELP | ACCT_OPT_VERSION);
    printf("\n`acctauth VERB --help` tells the options of a verb.\n"
           "Ends with 0: done; 1: refused (not found, taken, a bad value);\n"
           "2: wrong usage; 3: database, key or file failed; 4: imported, or\n"
           "exported, and some left out.\n");
}

/* The verb that the first words name; they are taken away. */
static const acct_cli_verb_t *take_verb(acct_cli_t *cli)
{
    const acct_cli_verb_t *verb;

    for (verb = cli->verbs; verb->name != NULL; verb++) {
        int words = strchr(verb->name, ' ') != NULL ? 2 : 1;
        const char *name;

        if (cli->nargs < words) {
            continue;
        }
        name = words == 1 ? cli->args[0]
                          : apr_pstrcat(cli->pool, cli->args[0], " ",
                                        cli->args[1], NULL);
        if (strcmp(name, verb->name) == 0) {
            cli->args += words;
            cli->nargs -= words;
            return verb;
        }
    }
    return NULL;
}

static int unknown_verb(const acct_cli_t *cli)
{
    if (cli->nargs == 0) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                             "a verb is missing (acctauth --help)");
    }
    if (is_group(cli, cli->args[0])) {
        return cli->nargs == 1
            ? acct_cli_fail(cli, ACCT_EXIT_USAGE, "%s: a verb is missing "
                            "(acctauth %s --help)", cli->args[0],
                            cli->args[0])
            : acct_cli_fail(cli, ACCT_EXIT_USAGE, "no verb \"%s %s\" "
                            "(acctauth %s --help)", cli->args[0],
                            cli->args[1], cli->args[0]);
    }
    return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                         "no verb \"%s\" (acctauth --help)", cli->args[0]);
}

/* Whether the verb takes these options and as many words. */
static int check_usage(const acct_cli_t *cli, const acct_cli_verb_t *verb)
{
    acct_cli_options_t wrong = cli->given & ~verb->options;
    int i;

    for (i = 0; i < ACCT_OPT__COUNT; i++) {
        if (wrong & ACCT_OPT(i)) {
            return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                                 "%s takes no --%s (acctauth %s --help)",
                                 verb->name, options[i].name, verb->name);
        }
    }
    if (cli->nargs < verb->min_args
        || (verb->max_args >= 0 && cli->nargs > verb->max_args)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                             "%s: too %s words (acctauth %s --help)",
                             verb->name, cli->nargs < verb->min_args
                             ? "few" : "many", verb->name);
    }
    return ACCT_EXIT_OK;
}

static void report(void *baton, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How long --wait waits: the default of AcctAuthRevocationBound, and the
 * half second between two looks of a server. */
#define WAIT "2.5"

/* apr_getopt knows no option whose value may be left out. */
static void complete_wait(const char **words, int count)
{
    for (int i = 1; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--wait") == 0) {
            words[i] = "--wait=" WAIT;
        }
    }
}

/* apr_getopt says "NAME: invalid option: x"; NAME is argv[0]. */
static void report(void *baton, const char *format, ...)
{
    va_list args;

    (void)baton;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

/* A word "-" is an option to apr_getopt; it stands for standard input or
 * output. */
static const char dash[] = "/-";

static void hide_dash(const char **words, int count)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-") == 0) {
            words[i] = dash;
        }
    }
}

static void show_dash(const char **words, int count)
{
    for (int i = 0; i < count; i++) {
        if (words[i] == dash) {
            words[i] = "-";
        }
    }
}

/* The option --staff of what brings accounts in has a value. */
static void rename_staff(acct_cli_t *cli, const char **words, int count)
{
    for (int i = 2; count > 1 && strcmp(words[1], "import") == 0 && i < count
                    && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--staff") == 0) {
            words[i] = "--staff-from";
        }
        else if (strncmp(words[i], "--staff=", 8) == 0) {
            words[i] = apr_pstrcat(cli->pool, "--staff-from=", words[i] + 8,
                                   NULL);
        }
    }
}

static int read_options(acct_cli_t *cli, int argc, const char *const *argv)
{
    const char **copy = apr_pmemdup(cli->pool, argv,
                                    ((size_t)argc + 1) * sizeof(*argv));
    apr_getopt_t *getopt;
    const char *value;
    apr_status_t status;
    int code;
    int i;

    if (argc > 0) {
        copy[0] = "acctauth";
    }
    complete_wait(copy, argc);
    rename_staff(cli, copy, argc);
    hide_dash(copy, argc);
    status = apr_getopt_init(&getopt, cli->pool, argc, copy);
    if (status != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "no command line");
    }
    getopt->interleave = 1;
    getopt->errfn = report;
    getopt->errarg = NULL;
    while ((status = apr_getopt_long(getopt, options, &code, &value))
           == APR_SUCCESS) {
        for (i = 0; i < ACCT_OPT__COUNT; i++) {
            if (options[i].optch == code) {
                cli->given |= ACCT_OPT(i);
                cli->value[i] = options[i].has_arg ? value : "";
            }
        }
    }
    if (!APR_STATUS_IS_EOF(status)) {
        return ACCT_EXIT_USAGE;
    }
    show_dash(getopt->argv, argc);
    cli->args = getopt->argv + getopt->ind;
    cli->nargs = argc - getopt->ind;
    return ACCT_EXIT_OK;
}

int acct_cli_parse(acct_cli_t *cli, int argc, const char *const *argv,
                   const acct_cli_verb_t **verb)
{
    const acct_cli_verb_t *found;
    int how = read_options(cli, argc, argv);

    *verb = NULL;
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (cli->given & ACCT_OPT_VERSION) {
        printf("acctauth %s\n", ACCT_VERSION);
        return ACCT_EXIT_OK;
    }
    found = take_verb(cli);
    if (cli->given & ACCT_OPT_HELP) {
        if (found == NULL && cli->nargs > 0 && !is_group(cli, cli->args[0])) {
            return unknown_verb(cli);
        }
        if (found != NULL) {
            print_verb(found);
        }
        else {
            print_group(cli, cli->nargs > 0 ? cli->args[0] : NULL);
        }
        return ACCT_EXIT_OK;
    }
    if (found == NULL) {
        return unknown_verb(cli);
    }
    how = check_usage(cli, found);
    if (how == ACCT_EXIT_OK) {
        how = acct_cli_check_wait(cli);
    }
    if (how == ACCT_EXIT_OK) {
        *verb = found;
    }
    return how;
}
