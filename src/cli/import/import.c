/* SPDX-License-Identifier: Apache-2.0 */
#include "import/import.h"

#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "transfer/runs.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static int is_interrupted(void)
{
    return interrupted;
}

/* ---- the source ---- */

static int source_failed(acct_cli_t *cli, const acct_import_t *import)
{
    return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s cannot be read: %s; "
                         "nothing was changed", cli->args[0],
                         import->error != NULL ? import->error
                         : acct_db_error(import->work));
}

static int is_sqlite(FILE *file)
{
    char head[16];
    size_t got = fread(head, 1, sizeof(head), file);

    rewind(file);
    return got == sizeof(head) && memcmp(head, "SQLite format 3", 16) == 0;
}

static apr_status_t read_file(acct_import_t *import, const char *path,
                              FILE *file)
{
    const char *kind = import->options->kind;
    int is_database = file != stdin && is_sqlite(file);

    if (is_database && strcmp(kind, "django") == 0) {
        return acct_import_read_django(import, path);
    }
    if (is_database && strcmp(kind, "laravel") == 0) {
        return acct_import_read_laravel(import, path);
    }
    if (is_database || strcmp(kind, "laravel") == 0) {
        import->error = is_database ? "it is a SQLite database"
            : "it is no SQLite database; of another make it as lines of "
              "JSON (acctauth import jsonl, see docs/migrating.md)";
        return APR_EINVAL;
    }
    return strcmp(kind, "htpasswd") == 0
        ? acct_import_read_htpasswd(import, file)
        : acct_import_read_json(import, file);
}

static int read_source(acct_cli_t *cli, acct_import_t *import)
{
    const char *path = cli->args[0];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    apr_status_t status;

    if (file == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s cannot be read: %s",
                             path, strerror(errno));
    }
    status = acct_db_begin(import->work, cli->pool);
    if (status == APR_SUCCESS) {
        status = read_file(import, path, file);
    }
    if (status == APR_SUCCESS) {
        status = acct_db_commit(import->work, cli->pool);
    }
    if (file != stdin) {
        fclose(file);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK : source_failed(cli, import);
}

/* ---- before anything is written ---- */

static int check_factors(acct_cli_t *cli, const acct_import_t *import)
{
    return import->seen.totp == 0
           || import->options->totp == ACCT_TOTP_DROP ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%" APR_INT64_T_FMT
                        " accounts have a second factor at the source, which "
                        "would not be asked for any more: say --totp drop "
                        "if that is meant; nothing was changed",
                        import->seen.totp);
}

static int check_conflicts(acct_cli_t *cli, const acct_import_t *import,
                           apr_int64_t conflicts)
{
    return conflicts == 0 || import->options->skip_conflicts ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%" APR_INT64_T_FMT
                        " accounts are in conflict with others by their "
                        "names, addresses or ids: decide with --decide FILE, "
                        "or leave all of them out with --on-conflict skip "
                        "(--report FILE lists them); nothing was changed",
                        conflicts);
}

static int read_key(acct_cli_t *cli, const acct_key_t **key)
{
    const char *path = acct_cli_value(cli, ACCT_OPT_KEY);
    const char *error = NULL;

    *key = NULL;
    return path == NULL || acct_key_read(path, key, cli->pool, &error)
           == APR_SUCCESS ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s", error);
}

/* A token that is sealed under another key than the servers' would be made
 * anew at each sign-in. */
static int check_key(acct_cli_t *cli, acct_db_t *db, const acct_key_t *key)
{
    const char *id;

    return key == NULL
           || acct_store_meta_get(db, "key_id", &id, cli->pool)
              != APR_SUCCESS || strcmp(id, key->id) == 0 ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "--key: the tokens of %s are "
                        "sealed under another key; nothing was changed",
                        acct_db_describe(&cli->config));
}

/* ---- the run ---- */

static int database_failed(acct_cli_t *cli, acct_db_t *db)
{
    return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s; say the same "
                         "command again to go on",
                         acct_db_describe(&cli->config), acct_db_error(db));
}

static int lock(acct_cli_t *cli, acct_db_t *db)
{
    int is_mine;

    if (acct_import_lock(db, &cli->config, &is_mine, cli->pool)
        != APR_SUCCESS) {
        return database_failed(cli, db);
    }
    return is_mine ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "another import into %s is "
                        "running", acct_db_describe(&cli->config));
}

static apr_status_t write_all(acct_import_t *import, acct_db_t *db,
                              acct_put_in_t *put)
{
    apr_status_t status = APR_SUCCESS;

    if (import->options->update) {
        status = acct_import_follow(import, db, put);
    }
    return status == APR_SUCCESS && !put->is_unfinished
        ? acct_import_put_in(import, db, put) : status;
}

static int run(acct_cli_t *cli, acct_import_t *import, acct_db_t *db,
               acct_put_in_t *put, void *report)
{
    const char *counts;
    int left_out;
    int how;

    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    if (acct_import_run_begin(db, import->options->name, cli->pool)
        != APR_SUCCESS || write_all(import, db, put) != APR_SUCCESS) {
        return database_failed(cli, db);
    }
    printf("import %s:\n", acct_cli_visible(import->options->name,
                                            cli->pool));
    how = acct_import_summary(cli, import, &counts, &left_out);
    if (acct_import_run_end(db, import->options->name, !put->is_unfinished,
                            counts, cli->pool) != APR_SUCCESS) {
        return database_failed(cli, db);
    }
    if (how == ACCT_EXIT_OK) {
        how = acct_import_report(cli, import, report);
    }
    if (how == ACCT_EXIT_OK && put->is_unfinished) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "interrupted: say the "
                             "same command again to go on");
    }
    return how == ACCT_EXIT_OK && left_out ? ACCT_EXIT_LEFT_OUT : how;
}

/* The same words as of a run, and nothing is written. */
static int rehearse(acct_cli_t *cli, const acct_import_t *import, int how,
                    void *report)
{
    const char *counts;
    int left_out;
    int told;

    printf("import %s, rehearsed:\n",
           acct_cli_visible(import->options->name, cli->pool));
    told = acct_import_summary(cli, import, &counts, &left_out);
    if (told == ACCT_EXIT_OK) {
        told = acct_import_report(cli, import, report);
    }
    return told != ACCT_EXIT_OK ? told
        : how == ACCT_EXIT_OK && left_out ? ACCT_EXIT_LEFT_OUT : how;
}

static int plan(acct_cli_t *cli, acct_import_t *import, acct_db_t *db)
{
    apr_int64_t conflicts;
    int how;

    if (acct_import_plan(import, db, &conflicts) != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s",
                             acct_db_error(db)[0] != '\0' ? acct_db_error(db)
                             : acct_db_error(import->work));
    }
    how = check_factors(cli, import);
    return how == ACCT_EXIT_OK ? check_conflicts(cli, import, conflicts)
                               : how;
}

static int open_target(acct_cli_t *cli, acct_db_t **db)
{
    const char *error = NULL;
    int how = acct_cli_connect(cli);

    return how != ACCT_EXIT_OK
           || acct_import_connect(db, &cli->config, cli->pool, &error)
              == APR_SUCCESS ? how
        : acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s: %s",
                        acct_db_describe(&cli->config), error);
}

/* All that belongs to the one who calls is read and made before the database
 * is opened, whose owner this process then becomes. */
static int import_kind(acct_cli_t *cli, const char *kind)
{
    acct_import_options_t options = { .kind = kind };
    acct_put_in_t put = { .service = &cli->service,
                          .is_stopped = is_interrupted };
    int is_rehearsal = (cli->given & ACCT_OPT_DRY_RUN) != 0;
    acct_import_t *import;
    const char *error = "";
    void *report = NULL;
    acct_db_t *db = NULL;
    int how;

    if ((how = acct_import_words(cli, kind, &options, &put.batch))
        || (how = read_key(cli, &put.key))
        || (how = acct_import_report_open(cli, &report))) {
        return how;
    }
    if (acct_import_begin(&import, &options, cli->pool, &error)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s", error);
    }
    if ((how = read_source(cli, import))
        || (how = open_target(cli, &db))
        || (how = is_rehearsal ? 0 : lock(cli, db))
        || (how = check_key(cli, db, put.key))
        || (how = acct_import_prove(cli, import))) {
        goto leave;
    }
    how = plan(cli, import, db);
    if (is_rehearsal || (how == ACCT_EXIT_REFUSED)) {
        how = rehearse(cli, import, how, report);
    }
    else if (how == ACCT_EXIT_OK) {
        how = run(cli, import, db, &put, report);
    }

leave:
    acct_db_close(db);
    return how;
}

int acct_cli_import_jsonl(acct_cli_t *cli)
{
    return import_kind(cli, "jsonl");
}

int acct_cli_import_django(acct_cli_t *cli)
{
    return import_kind(cli, "django");
}

int acct_cli_import_htpasswd(acct_cli_t *cli)
{
    return import_kind(cli, "htpasswd");
}

int acct_cli_import_laravel(acct_cli_t *cli)
{
    return import_kind(cli, "laravel");
}
