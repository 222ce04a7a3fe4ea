/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth init: a database and a key, both or neither.
 *
 * Both are made whole under other names in their folders and then linked
 * to their own. On a server the tables are made in one transaction, and the
 * key is linked before it is committed.
 */
#include "init/init.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "token/check_row.h"
#include "token/token.h"

static int is_there(const init_t *init, const char *path)
{
    return acct_cli_fail(init->cli, ACCT_EXIT_REFUSED, "%s is there already; "
                         "nothing was made", path);
}

int acct_init_failed(const init_t *init, const char *what, const char *path,
                     apr_status_t status)
{
    char text[120];

    if (APR_STATUS_IS_EEXIST(status)) {
        return is_there(init, path);
    }
    return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "cannot %s %s: %s",
                         what, path,
                         apr_strerror(status, text, sizeof(text)));
}

static const char *folder_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    return slash > path ? apr_pstrmemdup(pool, path,
                                         (apr_size_t)(slash - path)) : "/";
}

/* ---------------------------------------------------------- before it */

static int make_absolute(const init_t *init, const char *given,
                         const char **path)
{
    apr_status_t status;
    char *made = NULL;

    status = apr_filepath_merge(&made, NULL, given, APR_FILEPATH_NATIVE,
                                init->cli->pool);
    *path = made;
    return status == APR_SUCCESS ? ACCT_EXIT_OK
                                 : acct_init_failed(init, "make", given,
                                                    status);
}

/* Looked at before anything is made; making it looks again. */
static int check_place(const init_t *init, const char *path)
{
    apr_pool_t *pool = init->cli->pool;
    apr_status_t status;
    apr_finfo_t info;

    status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, pool);
    if (status == APR_SUCCESS || status == APR_INCOMPLETE) {
        return is_there(init, path);
    }
    if (!APR_STATUS_IS_ENOENT(status)) {
        return acct_init_failed(init, "make", path, status);
    }
    path = folder_of(path, pool);
    status = apr_stat(&info, path, APR_FINFO_TYPE, pool);
    return !APR_STATUS_IS_ENOENT(status) ? ACCT_EXIT_OK
        : acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "there is no folder %s: "
                        "No such file or directory; make it: install -d -m "
                        "0700 '%s'", path, path);
}

/* What was asked for; of root, when nothing was asked for, httpd's user. */
static int choose_owner(init_t *init)
{
    acct_cli_t *cli = init->cli;
    const char *name = acct_cli_value(cli, ACCT_OPT_OWNER);

    if (name == NULL && geteuid() != 0) {
        return ACCT_EXIT_OK;
    }
    if (name == NULL
        && acct_user_of_httpd(cli, &init->owner, &init->owner_is)
           != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED, "which user do httpd's "
                             "children run as? Say --owner USER");
    }
    if (name != NULL && acct_user_find(&init->owner, name, cli->pool)
                        != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "there is no user \"%s\"", name);
    }
    if (geteuid() != 0 && geteuid() != init->owner.uid) {
        return acct_cli_fail(cli, ACCT_EXIT_REFUSED,
                             "only root can use --owner");
    }
    init->given_away = init->owner.uid != geteuid();
    return ACCT_EXIT_OK;
}

static int prepare_file(init_t *init)
{
    int how = make_absolute(init, init->cli->config.params,
                            &init->database_path);

    if (how == ACCT_EXIT_OK) {
        how = check_place(init, init->database_path);
    }
    if (how == ACCT_EXIT_OK
        && strcmp(init->database_path, init->key_path) == 0) {
        how = acct_cli_fail(init->cli, ACCT_EXIT_USAGE,
                            "database and key cannot be one file");
    }
    return how == ACCT_EXIT_OK ? choose_owner(init) : how;
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
        how = make_absolute(init, key, &init->key_path);
    }
    if (how == ACCT_EXIT_OK) {
        how = check_place(init, init->key_path);
    }
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    if (acct_db_is_file(cli->config.driver)) {
        return prepare_file(init);
    }
    return acct_cli_value(cli, ACCT_OPT_OWNER) == NULL ? ACCT_EXIT_OK
        : acct_cli_fail(cli, ACCT_EXIT_USAGE, "--owner is for a "
                        "database that is a file");
}

/* ------------------------------------------------------------- making */

int acct_init_publish(const init_t *init, acct_new_file_t *file)
{
    apr_status_t status = acct_new_file_publish(file);

    if (APR_STATUS_IS_EMISMATCH(status)) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "cannot make %s: "
                             "somebody put another file in its place; make "
                             "it in a folder that is closed to others",
                             file->path);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
        : acct_init_failed(init, "make", file->path, status);
}

apr_status_t acct_init_mark(const init_t *init, acct_db_t *db)
{
    apr_pool_t *pool = init->cli->pool;
    apr_status_t status = acct_store_meta_set(db, "key_id", init->key_id,
                                              pool);

    return status == APR_SUCCESS
        ? acct_check_row_make(db, init->key_id, pool) : status;
}

/* The key belongs to the user that runs this. Root follows no other user's
 * symbolic link to where it is made. */
static int make_key(init_t *init)
{
    apr_pool_t *pool = init->cli->pool;
    const char *path = init->key_path;
    const acct_key_t *key = NULL;
    const char *error = NULL;
    apr_status_t status = acct_new_file_make(&init->key, path, pool);

    if (status == APR_SUCCESS && geteuid() == 0
        && init->key.folder.foreign_link) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "the way to %s "
                             "leads over a symbolic link in a folder that "
                             "others than root can change (%s): make the key "
                             "elsewhere", path,
                             init->key.folder.open_to_others);
    }
    if (status != APR_SUCCESS) {
        return acct_init_failed(init, "make", path, status);
    }
    if (acct_key_write(init->key.fd, path, &key, pool, &error)
        != APR_SUCCESS) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "%s", error);
    }
    init->key_id = key->id;
    return ACCT_EXIT_OK;
}

static int make_all(init_t *init)
{
    int how = make_key(init);

    if (how == ACCT_EXIT_OK) {
        how = init->database_path != NULL ? acct_init_file(init)
                                          : acct_init_server(init);
    }
    acct_new_file_clean_up(&init->key, how != ACCT_EXIT_OK);
    return how;
}

/* ------------------------------------------------------------ signals */

static void choose_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

int acct_init_interrupted(const init_t *init)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t pending;

    sigemptyset(&pending);
    sigpending(&pending);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        if (sigismember(&pending, signals[i])) {
            return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "interrupted: "
                                 "nothing was made");
        }
    }
    return ACCT_EXIT_OK;
}

static void tell_acts(const init_t *init)
{
    const acct_event_t database = { .kind = ACCT_EVENT_DATABASE_MADE };
    const acct_event_t key = { .kind = ACCT_EVENT_KEY_MADE,
                               .detail = init->key_id };

    acct_cli_tell(init->cli, &database);
    acct_cli_tell(init->cli, &key);
}

/* Ctrl-C waits until there is both or neither, and it is said which. */
int acct_cli_init(acct_cli_t *cli)
{
    /* In the pool, whose end closes its files. */
    init_t *init = apr_pcalloc(cli->pool, sizeof(*init));
    sigset_t wait_with;
    sigset_t before;
    int how;

    init->cli = cli;
    init->key.fd = -1;
    init->database.fd = -1;
    how = prepare(init);
    if (how != ACCT_EXIT_OK) {
        return how;
    }
    choose_signals(&wait_with);
    sigprocmask(SIG_BLOCK, &wait_with, &before);
    how = make_all(init);
    if (how == ACCT_EXIT_OK) {
        acct_init_tell(init);
        fflush(stdout);         /* the caller reports a failure */
        tell_acts(init);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return how;
}
