/* SPDX-License-Identifier: Apache-2.0 */
#include "import/import.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 1000
#define BATCH_MAX 20000

/* Which of some words an option has; the first where it was not given. */
static int one_of(acct_cli_t *cli, acct_cli_options_t option,
                  const char *name, const char *const *words, int *which)
{
    const char *value = acct_cli_value(cli, option);
    const char *all = "";

    *which = 0;
    for (int i = 0; value != NULL && words[i] != NULL; i++) {
        if (strcmp(value, words[i]) == 0) {
            *which = i;
            return ACCT_EXIT_OK;
        }
        all = apr_pstrcat(cli->pool, all, i > 0 ? ", " : "", words[i], NULL);
    }
    return value == NULL ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--%s is one of: %s", name,
                        all);
}

static int number_of(acct_cli_t *cli, acct_cli_options_t option,
                     const char *name, int most, int otherwise, int *number)
{
    const char *value = acct_cli_value(cli, option);
    apr_int64_t found = acct_source_id(value);

    *number = value != NULL ? (int)found : otherwise;
    return value == NULL || (found > 0 && found <= most) ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--%s is a number from 1 to %d",
                        name, most);
}

/* Databases write times of a zone that they do not name. */
static int set_zone(acct_cli_t *cli)
{
    const char *zone = acct_cli_value(cli, ACCT_OPT_TIME_ZONE);
    const char *path = apr_pstrcat(cli->pool, "/usr/share/zoneinfo/",
                                   zone != NULL ? zone : "", NULL);
    FILE *file;

    if (zone == NULL || strcmp(zone, "UTC") == 0) {
        setenv("TZ", "UTC0", 1);
        tzset();
        return ACCT_EXIT_OK;
    }
    file = strstr(zone, "..") == NULL ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "--time-zone: no zone "
                             "\"%s\"; write one as Europe/Berlin, or UTC",
                             zone);
    }
    fclose(file);
    setenv("TZ", zone, 1);
    tzset();
    return ACCT_EXIT_OK;
}

/* ---- --decide ---- */

static char *next_field(char **rest)
{
    char *field = *rest;
    char *comma = field != NULL ? strchr(field, ',') : NULL;

    *rest = comma != NULL ? comma + 1 : NULL;
    if (comma != NULL) {
        *comma = '\0';
    }
    return field;
}

/* "17,username,carol-2": what stands behind the second comma is all value. */
static int take_decision(acct_cli_t *cli, apr_hash_t *decisions, char *line,
                         int number)
{
    static const char *const words[] = {
        "skip", "take", "username", "email", NULL
    };
    char *rest = apr_pstrdup(cli->pool, line);
    char *key = next_field(&rest);
    char *word = next_field(&rest);
    acct_decision_t *decision = apr_pcalloc(cli->pool, sizeof(*decision));
    int i = 0;

    while (word != NULL && words[i] != NULL && strcmp(word, words[i]) != 0) {
        i++;
    }
    if (word == NULL || words[i] == NULL || (i >= 2 && rest == NULL)) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "--decide: line %d is not "
                             "SOURCE_ID,skip or SOURCE_ID,take or "
                             "SOURCE_ID,username,NAME or "
                             "SOURCE_ID,email,ADDRESS", number);
    }
    decision->what = i;
    decision->value = rest != NULL ? rest : "";
    apr_hash_set(decisions, key, APR_HASH_KEY_STRING, decision);
    return ACCT_EXIT_OK;
}

static int read_decisions(acct_cli_t *cli, acct_import_options_t *options)
{
    const char *path = acct_cli_value(cli, ACCT_OPT_DECIDE);
    char line[2048];
    FILE *file;
    int how = ACCT_EXIT_OK;
    int number = 0;

    if (path == NULL) {
        return ACCT_EXIT_OK;
    }
    if ((file = fopen(path, "re")) == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "--decide: %s cannot be "
                             "read", path);
    }
    options->decisions = apr_hash_make(cli->pool);
    while (how == ACCT_EXIT_OK && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        number++;
        if (line[0] != '\0' && line[0] != '#') {
            how = take_decision(cli, options->decisions, line, number);
        }
    }
    fclose(file);
    return how;
}

/* ---- all ---- */

/* "django:old.sqlite3" of a source at /srv/old.sqlite3. */
static const char *name_of(acct_cli_t *cli, const char *kind)
{
    const char *name = acct_cli_value(cli, ACCT_OPT_NAME);
    const char *source = cli->args[0];
    const char *slash = strrchr(source, '/');

    return name != NULL ? name
        : apr_pstrcat(cli->pool, kind, ":", slash != NULL ? slash + 1
                      : source, NULL);
}

int acct_import_words(acct_cli_t *cli, const char *kind,
                      acct_import_options_t *options, int *batch)
{
    static const char *const ids[] = { "keep", "new", NULL };
    static const char *const conflict[] = { "fail", "skip", NULL };
    static const char *const email[] = { "fail", "drop", NULL };
    static const char *const weak[] = { "keep", "refuse", NULL };
    static const char *const staff[] = {
        "is_staff", "is_superuser", "either", "none", NULL
    };
    static const char *const tokens[] = {
        "auto", "none", "drf", "knox", "sanctum", NULL
    };
    static const char *const totp[] = { "", "import", "drop", NULL };
    int by = 0, kinds = 0, second = 0, sliding = 0, how;

    options->kind = kind;
    options->name = name_of(cli, kind);
    options->user_table = acct_cli_value(cli, ACCT_OPT_USER_TABLE);
    options->user_model = acct_cli_value(cli, ACCT_OPT_USER_MODEL);
    options->revive = (cli->given & ACCT_OPT_REVIVE) != 0;
    options->all_abilities = (cli->given & ACCT_OPT_ALL_ABILITIES) != 0;
    options->update = (cli->given & ACCT_OPT_UPDATE) != 0;
    options->reuse = (cli->given & ACCT_OPT_REUSE) != 0;
    if ((how = one_of(cli, ACCT_OPT_IDS, "ids", ids, &options->new_ids))
        || (how = one_of(cli, ACCT_OPT_ON_CONFLICT, "on-conflict", conflict,
                         &options->skip_conflicts))
        || (how = one_of(cli, ACCT_OPT_DUPLICATE_EMAIL, "duplicate-email",
                         email, &options->drop_emails))
        || (how = one_of(cli, ACCT_OPT_WEAK, "weak", weak,
                         &options->refuse_weak))
        || (how = one_of(cli, ACCT_OPT_STAFF_FROM, "staff", staff, &by))
        || (how = one_of(cli, ACCT_OPT_TOKENS, "tokens", tokens, &kinds))
        || (how = one_of(cli, ACCT_OPT_TOTP, "totp", totp, &second))
        || (how = number_of(cli, ACCT_OPT_BATCH, "batch", BATCH_MAX, BATCH,
                            batch))
        || (how = number_of(cli, ACCT_OPT_SLIDING, "sliding", 1000000000, 0,
                            &sliding))
        || (how = set_zone(cli)) || (how = read_decisions(cli, options))) {
        return how;
    }
    options->staff = (acct_staff_e)by;
    options->tokens = tokens[kinds];
    options->totp = (acct_totp_e)second;
    options->sliding = apr_time_from_sec(sliding);
    if (options->reuse && acct_cli_value(cli, ACCT_OPT_KEY) == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "--reuse seals tokens: "
                             "name the key file with --key");
    }
    if (options->totp == ACCT_TOTP_IMPORT) {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE, "--totp import: second "
                             "factors cannot be taken over by this version; "
                             "say --totp drop, and their owners sign in by "
                             "the password alone until they set up a new "
                             "one");
    }
    return ACCT_EXIT_OK;
}
