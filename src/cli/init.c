/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth init: a database and a key, both or neither.
 *
 * Both are made whole under other names in their folders and then linked
 * to their own, which fails where something is there already: nothing is
 * ever overwritten, and nobody sees half a database. On a server the
 * tables are made in one transaction, and the key is linked before it is
 * committed.
 */
#include "cli.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store.h"
#include "token.h"
#include "token_check_row.h"

typedef struct made_t {
    const char *path;           /* absolute */
    const char *temporary;
    int linked;
} made_t;

typedef struct init_t {
    acct_cli_t *cli;
    made_t database;
    made_t key;
    const char *owner;          /* name, or NULL */
    apr_uid_t uid;
    apr_gid_t gid;
} init_t;

static int failed(const init_t *init, const char *what, const char *path,
                  apr_status_t status)
{
    char text[120];

    return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "cannot %s %s: %s",
                         what, path,
                         apr_strerror(status, text, sizeof(text)));
}

/* ---------------------------------------------------------- before it */

static int choose_path(init_t *init, const char *given, made_t *made)
{
    apr_pool_t *pool = init->cli->pool;
    char *path;
    apr_finfo_t info;
    apr_status_t status;

    status = apr_filepath_merge(&path, NULL, given, APR_FILEPATH_NATIVE,
                                pool);
    if (status != APR_SUCCESS) {
        return failed(init, "make", given, status);
    }
    made->path = path;
    made->temporary = apr_psprintf(pool, "%s.new-%ld", path,
                                   (long)getpid());
    status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, pool);
    if (status == APR_SUCCESS || status == APR_INCOMPLETE) {
        return acct_cli_fail(init->cli, ACCT_EXIT_REFUSED,
                             "%s is there already; nothing was made", path);
    }
    if (!APR_STATUS_IS_ENOENT(status)) {
        return failed(init, "make", path, status);
    }
    return ACCT_EXIT_OK;
}

static int choose_owner(init_t *init)
{
    acct_cli_t *cli = init->cli;

    init->owner = acct_cli_value(cli, ACCT_OPT_OWNER);
    if (init->owner == NULL) {
        return ACCT_EXIT_OK;
    }
    if (apr_uid_get(&init->uid, &init->gid, init->owner, cli->pool)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "there is no user \"%s\"", init->owner);
    }
    if (geteuid() != 0 && geteuid() != init->uid) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "only root can use --owner");
    }
    return ACCT_EXIT_OK;
}

static int prepare(init_t *init)
{
    acct_cli_t *cli = init->cli;
    const char *key = acct_cli_value(cli, ACCT_OPT_KEY);
    int how;

    if (key == NULL || key[0] == '\0') {
        return acct_cli_fail(cli, ACCT_EXIT_USAGE,
                             "where to make the key? Use --key FILE");
    }
    how = acct_cli_configure(cli);
    if (how == ACCT_EXIT_OK && acct_cli_schema(cli->config.driver) == NULL) {
        how = acct_cli_fail(cli, ACCT_EXIT_USAGE, "init cannot make a "
                            "database for the driver %s",
                            cli->config.driver);
    }
    if (how == ACCT_EXIT_OK) {
        how = choose_path(init, key, &init->key);
    }
    if (how == ACCT_EXIT_OK && !acct_db_is_file(cli->config.driver)) {
        return acct_cli_value(cli, ACCT_OPT_OWNER) == NULL ? ACCT_EXIT_OK
            : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--owner is for a "
                            "database that is a file");
    }
    if (how == ACCT_EXIT_OK) {
        how = choose_owner(init);
    }
    if (how == ACCT_EXIT_OK) {
        how = choose_path(init, cli->config.params, &init->database);
    }
    if (how == ACCT_EXIT_OK
        && strcmp(init->database.path, init->key.path) == 0) {
        how = acct_cli_fail(cli, ACCT_EXIT_USAGE,
                            "database and key cannot be one file");
    }
    return how;
}

/* ------------------------------------------------------------- making */

static int make_file(const init_t *init, const char *path)
{
    apr_pool_t *pool = init->cli->pool;
    apr_file_t *file;
    apr_status_t status;

    status = apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE
                           | APR_FOPEN_EXCL,
                           APR_FPROT_UREAD | APR_FPROT_UWRITE, pool);
    if (status == APR_SUCCESS) {
        status = apr_file_close(file);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
        : failed(init, "make", init->database.path, status);
}

/* Under which key tokens will be sealed, and that all will have its
 * check. */
static apr_status_t mark(acct_db_t *db, const char *key_id,
                         apr_pool_t *pool)
{
    apr_status_t status = acct_store_meta_set(db, "key_id", key_id, pool);

    return status == APR_SUCCESS ? acct_check_row_make(db, key_id, pool)
                                 : status;
}

/* The tables, then what is only known now: under which key tokens will be
 * sealed. */
static apr_status_t fill(const init_t *init, const acct_db_config_t *config,
                         const char *key_id, const char **error)
{
    apr_pool_t *pool = init->cli->pool;
    const acct_statement_t *statements;
    acct_db_t *db;
    apr_status_t status;
    int count;

    status = acct_db_open(&db, config, NULL, 0, pool, error);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_store_create_schema(db, acct_cli_schema(config->driver),
                                      pool);
    *error = apr_pstrdup(pool, acct_db_error(db));
    acct_db_close(db);
    if (status != APR_SUCCESS) {
        return status;
    }
    statements = acct_store_statements(config->driver, &count);
    status = acct_db_open(&db, config, statements, count, pool, error);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = mark(db, key_id, pool);
    *error = apr_pstrdup(pool, acct_db_error(db));
    acct_db_close(db);
    return status;
}

/* sqlite keeps what is not in the file yet beside it, under the temporary
 * name. When the last connection closes there is nothing left of that. */
static int is_whole(const init_t *init)
{
    apr_pool_t *pool = init->cli->pool;
    apr_finfo_t info;

    return apr_stat(&info, apr_pstrcat(pool, init->database.temporary,
                                       "-wal", NULL), APR_FINFO_SIZE, pool)
           != APR_SUCCESS || info.size == 0;
}

static int make_database(const init_t *init, const char *key_id)
{
    acct_db_config_t config = init->cli->config;
    const char *error = NULL;
    int how = make_file(init, init->database.temporary);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    config.params = init->database.temporary;
    if (fill(init, &config, key_id, &error) != APR_SUCCESS) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED,
                             "cannot make %s: %s", init->database.path,
                             error != NULL ? error : "unknown error");
    }
    if (!is_whole(init)) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED,
                             "cannot make %s: sqlite did not write it out",
                             init->database.path);
    }
    if (init->owner != NULL && chown(init->database.temporary, init->uid,
                                     init->gid) != 0) {
        return failed(init, "give away", init->database.path,
                      APR_FROM_OS_ERROR(errno));
    }
    return ACCT_EXIT_OK;
}

static int make_key(const init_t *init, const char **key_id)
{
    apr_pool_t *pool = init->cli->pool;
    const acct_key_t *key;
    const char *error = NULL;
    apr_status_t status;

    status = acct_key_create(init->key.temporary, pool, &error);
    if (status == APR_SUCCESS) {
        status = acct_key_read(init->key.temporary, &key, pool, &error);
    }
    if (status != APR_SUCCESS) {
        apr_size_t length = strlen(init->key.temporary);

        /* The other name says nothing to anybody. */
        if (error != NULL
            && strncmp(error, init->key.temporary, length) == 0) {
            error += length;
        }
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "%s%s",
                             init->key.path, error != NULL ? error : "");
    }
    *key_id = apr_pstrdup(pool, key->id);
    return ACCT_EXIT_OK;
}

static int publish(const init_t *init, made_t *made)
{
    apr_status_t status = apr_file_link(made->temporary, made->path);

    if (APR_STATUS_IS_EEXIST(status)) {
        return acct_cli_fail(init->cli, ACCT_EXIT_REFUSED, "%s is there "
                             "already; nothing was made", made->path);
    }
    if (status != APR_SUCCESS) {
        return failed(init, "make", made->path, status);
    }
    made->linked = 1;
    return ACCT_EXIT_OK;
}

static int make_both(init_t *init)
{
    const char *key_id = NULL;
    int how = make_key(init, &key_id);

    if (how == ACCT_EXIT_OK) {
        how = make_database(init, key_id);
    }
    if (how == ACCT_EXIT_OK) {
        how = publish(init, &init->key);
    }
    if (how == ACCT_EXIT_OK) {
        how = publish(init, &init->database);
    }
    return how;
}

/* ----------------------------------------------------------- a server */

static int server_failed(const init_t *init, acct_db_t *db)
{
    return acct_cli_fail(init->cli, ACCT_EXIT_FAILED,
                         "cannot make the tables in %s: %s",
                         acct_db_describe(&init->cli->config),
                         acct_db_error(db));
}

/* One init at a time, for as long as the transaction is open. */
#define INIT_LOCK "SELECT pg_advisory_xact_lock(7133218)"

static int is_empty(const init_t *init, acct_db_t *db)
{
    acct_cli_t *cli = init->cli;
    acct_schema_e found = ACCT_SCHEMA_DAMAGED;
    const char *detail;
    acct_rows_t rows;
    int version;

    if (acct_db_query(db, INIT_LOCK, &rows, cli->pool) != APR_SUCCESS
        || acct_store_check_schema(db, &found, &version, &detail, cli->pool)
           != APR_SUCCESS) {
        return server_failed(init, db);
    }
    return found == ACCT_SCHEMA_MISSING ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_REFUSED, "%s has accounts' tables "
                        "already; nothing was made",
                        acct_db_describe(&cli->config));
}

/* Inside the transaction: everything but its end. */
static int fill_server(init_t *init, acct_db_t *db, const char *key_id)
{
    acct_cli_t *cli = init->cli;
    const acct_statement_t *statements;
    const char *error = NULL;
    int count;
    int how = is_empty(init, db);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    statements = acct_store_statements(cli->config.driver, &count);
    if (acct_store_run_schema(db, acct_cli_schema(cli->config.driver),
                              cli->pool) != APR_SUCCESS
        || acct_db_prepare(db, statements, count, cli->pool, &error)
           != APR_SUCCESS
        || mark(db, key_id, cli->pool) != APR_SUCCESS) {
        return server_failed(init, db);
    }
    return publish(init, &init->key);
}

static int make_tables(init_t *init, acct_db_t *db, const char *key_id)
{
    acct_cli_t *cli = init->cli;
    apr_status_t status;
    int how;

    if (acct_db_begin(db, cli->pool) != APR_SUCCESS) {
        return server_failed(init, db);
    }
    how = fill_server(init, db, key_id);
    if (how != ACCT_EXIT_OK) {
        acct_db_rollback(db, cli->pool);
        return how;
    }
    status = acct_db_commit(db, cli->pool);
    if (status == ACCT_COMMIT_UNKNOWN) {
        init->key.linked = 0;   /* the tables may be there, so it stays */
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "the connection was lost "
                             "at the last moment: %s may have its tables or "
                             "not; if it has, %s is their key, else remove "
                             "that file and begin again",
                             acct_db_describe(&cli->config),
                             init->key.path);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK : server_failed(init, db);
}

static int make_on_server(init_t *init)
{
    acct_cli_t *cli = init->cli;
    const char *key_id = NULL;
    const char *error = NULL;
    acct_db_t *db;
    int how = make_key(init, &key_id);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (acct_db_open(&db, &cli->config, NULL, 0, cli->pool, &error)
        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "%s cannot be reached: "
                             "%s", acct_db_describe(&cli->config), error);
    }
    how = make_tables(init, db, key_id);
    acct_db_close(db);
    return how;
}

/* What is not there cannot be removed, so failures mean nothing here. */
static void clean_up(const init_t *init, int how)
{
    const char *temporary = init->database.temporary;
    apr_pool_t *pool = init->cli->pool;

    (void)apr_file_remove(init->key.temporary, pool);
    if (how != ACCT_EXIT_OK && init->key.linked) {
        (void)apr_file_remove(init->key.path, pool);
    }
    if (temporary[0] == '\0') {
        return;                 /* a server */
    }
    (void)apr_file_remove(temporary, pool);
    (void)apr_file_remove(apr_pstrcat(pool, temporary, "-wal", NULL), pool);
    (void)apr_file_remove(apr_pstrcat(pool, temporary, "-shm", NULL), pool);
    if (how != ACCT_EXIT_OK && init->database.linked) {
        (void)apr_file_remove(init->database.path, pool);
    }
}

/* ----------------------------------------------------------- after it */

/* Whether the database's folder is one where its owner can make the files
 * that sqlite puts beside it. 0 when that cannot be told. */
static int folder_is_closed(const init_t *init, const char *folder)
{
    apr_finfo_t info;

    if (apr_stat(&info, folder, APR_FINFO_PROT | APR_FINFO_USER
                 | APR_FINFO_GROUP, init->cli->pool) != APR_SUCCESS) {
        return 0;
    }
    return !(info.user == init->uid && info.protection & APR_FPROT_UWRITE)
        && !(info.group == init->gid && info.protection & APR_FPROT_GWRITE)
        && !(info.protection & APR_FPROT_WWRITE);
}

static void print_next_steps_on_server(const init_t *init)
{
    const acct_cli_t *cli = init->cli;
    const char *params = acct_cli_value(cli, ACCT_OPT_PARAMS);

    if (params == NULL) {
        params = "file:/PATH";
    }
    printf("made the tables in %s\nand the key %s\n\nNext:\n"
           "- make an account:\n"
           "    acctauth user add NAME -d %s -p '%s'\n"
           "- tell httpd, in the configuration of the server:\n"
           "    AcctAuthDatabase %s \"%s\"\n"
           "    AcctAuthKeyFile \"%s\"\n",
           acct_db_describe(&cli->config), init->key.path,
           cli->config.driver, params, cli->config.driver, params,
           init->key.path);
}

static void print_next_steps(const init_t *init)
{
    const char *path = init->database.path;
    const char *slash = strrchr(path, '/');
    const char *folder = slash != NULL && slash != path
                         ? apr_pstrmemdup(init->cli->pool, path,
                                          (apr_size_t)(slash - path)) : "/";

    printf("made the database %s\nand the key %s\n\nNext:\n", path,
           init->key.path);
    if (init->owner != NULL && folder_is_closed(init, folder)) {
        printf("- let %s write the folder too, for the files that sqlite\n"
               "  puts beside the database:\n    chown %s '%s'\n",
               init->owner, init->owner, folder);
    }
    else if (init->owner == NULL && geteuid() == 0) {
        printf("- give the database and its folder to the user that httpd's\n"
               "  children run as (see --owner):\n"
               "    chown USER '%s' '%s'\n", path, folder);
    }
    printf("- make an account:\n"
           "    acctauth user add NAME -p '%s'\n"
           "- tell httpd, in the configuration of the server:\n"
           "    AcctAuthDatabase %s \"%s\"\n"
           "    AcctAuthKeyFile \"%s\"\n", path, init->cli->config.driver,
           path, init->key.path);
}

/* Ctrl-C waits until there is both or neither; it takes milliseconds. */
int acct_cli_init(acct_cli_t *cli)
{
    init_t init = { cli, { "", "", 0 }, { "", "", 0 }, NULL, 0, 0 };
    sigset_t wait_with;
    sigset_t before;
    int how = prepare(&init);
    int is_file;

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    is_file = acct_db_is_file(cli->config.driver);
    sigemptyset(&wait_with);
    sigaddset(&wait_with, SIGINT);
    sigaddset(&wait_with, SIGTERM);
    sigaddset(&wait_with, SIGHUP);
    sigprocmask(SIG_BLOCK, &wait_with, &before);
    how = is_file ? make_both(&init) : make_on_server(&init);
    clean_up(&init, how);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (how == ACCT_EXIT_OK && is_file) {
        print_next_steps(&init);
    }
    else if (how == ACCT_EXIT_OK) {
        print_next_steps_on_server(&init);
    }
    return how;
}
