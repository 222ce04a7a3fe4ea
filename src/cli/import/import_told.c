/* SPDX-License-Identifier: Apache-2.0 */
/* What came of an import. Nothing of it is a hash, a token or a password. */
#include "import/import.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/print_json.h"
#include "console/terminal.h"
#include "store/foreign_tokens.h"
#include "store/statements.h"
#include "text/identifier.h"

#define PAGE 1000

/* ---- the summary ---- */

/* What the words of verdicts say. */
static const struct {
    const char *word;
    const char *says;
    int is_left_out;
} words[] = {
    { "", "to be taken", 0 },
    { "taken", "taken", 0 },
    { "unchanged", "there already", 0 },
    { "changed", "changed at the source, and left as they are (see --update)",
      1 },
    { "updated", "changed as the source has", 0 },
    { "conflict", "in conflict with another", 1 },
    { "skipped", "left out", 1 },
    { "refused", "refused", 1 },
    { "deleted-here", "deleted here, and not made again", 0 },
    { "expired", "expired", 1 },
    { "dead", "dead at the source already", 1 },
    { "inactive", "of accounts that are not active", 1 },
    { "account-left-out", "of accounts that are left out", 1 },
    { "no-account", "of no account of the source", 1 }
};

static int explain(const char *word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(word, words[i].word) == 0) {
            return (int)i;
        }
    }
    return 0;
}

static int count_rows(acct_cli_t *cli, const acct_import_t *import,
                      acct_work_e which, const char *what, json_t *counts,
                      int *left_out)
{
    acct_rows_t rows;
    apr_status_t status = acct_db_select(import->work, which, NULL, 0, &rows,
                                         cli->pool);

    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        int word = explain(rows.cell[i][0]);

        printf("  %10s %s %s\n", rows.cell[i][1], what, words[word].says);
        *left_out |= words[word].is_left_out;
        json_object_set_new(counts, apr_pstrcat(
            cli->pool, what, ".", *rows.cell[i][0] ? rows.cell[i][0] : "new",
            NULL), json_integer(apr_atoi64(rows.cell[i][1])));
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "the temporary database "
                        "failed: %s", acct_db_error(import->work));
}

static void tell_seen(const acct_import_seen_t *seen)
{
    const struct {
        apr_int64_t count;
        const char *says;
    } lines[] = {
        { seen->unusable, "accounts have no password that can match" },
        { seen->unsound, "accounts have a hash that asks for too much or is "
          "not whole: it is kept, and no password matches" },
        { seen->unsupported, "accounts have a hash of no known form, and no "
          "password matches" },
        { seen->weak, "accounts have a hash that is cheap to guess (--weak)" },
        { seen->unusual, "names or addresses would not be taken at a sign-up,"
          " and are" },
        { seen->superusers, "superusers: groups and permissions are not "
          "taken over (--staff)" },
        { seen->totp, "accounts have a second factor" },
        { seen->unsealed, "tokens in clear text are not sealed: under reuse "
          "a sign-in makes new ones (--reuse)" },
        { seen->bare_times, "times have no zone (--time-zone)" },
        { seen->early_times, "times are before 1970, and left out" },
        { seen->bad_lines, "lines say nothing, or what is there already" }
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        if (lines[i].count > 0) {
            printf("  %10" APR_INT64_T_FMT " %s\n", lines[i].count,
                   lines[i].says);
        }
    }
}

int acct_import_summary(acct_cli_t *cli, const acct_import_t *import,
                        const char **text, int *left_out)
{
    json_t *counts = json_object();
    char *dumped;
    int how;

    *left_out = 0;
    *text = "";
    how = count_rows(cli, import, ACCT_WORK_COUNT_ACCOUNTS, "accounts",
                     counts, left_out);
    if (how == ACCT_EXIT_OK) {
        how = count_rows(cli, import, ACCT_WORK_COUNT_TOKENS, "tokens",
                         counts, left_out);
    }
    tell_seen(&import->seen);
    dumped = json_dumps(counts, JSON_COMPACT | JSON_SORT_KEYS);
    if (dumped != NULL) {
        *text = apr_pstrdup(cli->pool, dumped);
        free(dumped);
    }
    json_decref(counts);
    return how;
}

/* ---- the report ---- */

static int put_line(FILE *file, json_t *line)
{
    int good = json_dumpf(line, file, JSON_COMPACT) == 0
        && putc('\n', file) != EOF;

    json_decref(line);
    return good;
}

/* "conflict username 3,4": the word, and what stands behind it. */
static void add_verdict(json_t *line, const char *verdict, const char *note)
{
    const char *blank = strchr(verdict, ' ');

    json_object_set_new(line, "verdict", *verdict == '\0'
                        || strcmp(verdict, "taken") == 0
                        ? json_string(note)
                        : json_stringn(verdict, blank != NULL
                                       ? (size_t)(blank - verdict)
                                       : strlen(verdict)));
    json_object_set_new(line, "detail", json_string(blank != NULL ? blank + 1
                                                                  : ""));
}

static apr_status_t report_rows(const acct_import_t *import, FILE *file,
                                int is_accounts, apr_int64_t *after,
                                int *count)
{
    const acct_arg_t args[] = { ACCT_INT(*after), ACCT_INT(PAGE) };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(import->work, is_accounts
                                      ? ACCT_WORK_REPORT_ACCOUNTS
                                      : ACCT_WORK_REPORT_TOKENS, args, &rows,
                                      import->row);

    *count = status == APR_SUCCESS ? rows.count : 0;
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        const char **cell = rows.cell[i];
        json_t *line = json_object();

        *after = apr_atoi64(cell[0]);
        json_object_set_new(line, "kind", json_string(is_accounts ? "account"
                                                                  : "token"));
        json_object_set_new(line, is_accounts ? "source_id" : "account",
                            cell[1] != NULL ? json_string(cell[1])
                                            : json_null());
        if (!is_accounts) {
            json_object_set_new(line, "form", json_string(acct_form_name(
                (acct_form_e)apr_atoi64(cell[2]))));
        }
        add_verdict(line, cell[is_accounts ? 2 : 3],
                    is_accounts ? cell[3] : "");
        if (!put_line(file, line)) {
            status = APR_EGENERAL;
        }
    }
    apr_pool_clear(import->row);
    return status;
}

int acct_import_report_open(acct_cli_t *cli, void **file)
{
    const char *path = acct_cli_value(cli, ACCT_OPT_REPORT);
    int fd;

    *file = NULL;
    if (path == NULL) {
        return ACCT_EXIT_OK;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              0600);
    *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    return *file != NULL ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "--report: %s cannot be "
                        "made: %s", path, strerror(errno));
}

int acct_import_report(acct_cli_t *cli, const acct_import_t *import,
                       void *stream)
{
    FILE *file = stream;
    apr_status_t status = APR_SUCCESS;

    if (file == NULL) {
        return ACCT_EXIT_OK;
    }
    for (int is_accounts = 1; is_accounts >= 0; is_accounts--) {
        apr_int64_t after = 0;
        int count = PAGE;

        while (status == APR_SUCCESS && count == PAGE) {
            status = report_rows(import, file, is_accounts, &after, &count);
        }
    }
    if (fclose(file) != 0 || status != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "--report: %s could not "
                             "be written",
                             acct_cli_value(cli, ACCT_OPT_REPORT));
    }
    return ACCT_EXIT_OK;
}

/* ---- --prove ---- */

static int stored_of(const acct_import_t *import, const char *typed,
                     const char **stored, apr_pool_t *pool)
{
    const char *name;
    const char *key;
    acct_rows_t rows;

    if (acct_username_normalize(typed, &name, pool) != APR_SUCCESS
        || acct_username_key(name, &key, pool) != APR_SUCCESS) {
        return 0;
    }
    const acct_arg_t args[] = { ACCT_TEXT(key), ACCT_TEXT(key) };

    if (ACCT_SELECT(import->work, ACCT_WORK_BY_NAME, args, &rows, pool)
        != APR_SUCCESS || rows.count != 1) {
        return 0;
    }
    *stored = rows.cell[0][0];
    return 1;
}

static acct_password_verdict_e try(const char *stored, const char *password,
                                   apr_pool_t *pool)
{
    const char *normal = acct_password_normal(password, pool);
    acct_password_verdict_e verdict = acct_password_verify(stored, normal,
                                                           pool);

    if (verdict == ACCT_PASSWORD_MISMATCH && normal != password) {
        verdict = acct_password_verify(stored, password, pool);
    }
    acct_password_wipe_normal(password, normal);
    return verdict;
}

int acct_import_prove(acct_cli_t *cli, const acct_import_t *import)
{
    const char *name = acct_cli_value(cli, ACCT_OPT_PROVE);
    char password[ACCT_CLI_PASSWORD_SIZE];
    acct_password_verdict_e verdict;
    const char *stored;
    int how;

    if (name == NULL) {
        return ACCT_EXIT_OK;
    }
    if (!stored_of(import, name, &stored, cli->pool)) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "--prove: the source has "
                             "not one account \"%s\"; nothing was changed",
                             name);
    }
    how = acct_cli_ask_password(cli, password);
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    verdict = try(stored, password, cli->pool);
    OPENSSL_cleanse(password, sizeof(password));
    return verdict == ACCT_PASSWORD_MATCH ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "--prove: %s; nothing was "
                        "changed", verdict == ACCT_PASSWORD_MISMATCH
                        ? "the password is not that account's"
                        : "its hash cannot be verified here");
}
