/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/store.h"

/* The tables, then what is only known now: under which key tokens will be
 * sealed. */
static apr_status_t fill(const init_t *init, const acct_db_config_t *config,
                         const char **error)
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
    statements = acct_store_statements(config->driver, &count, pool);
    status = acct_db_open(&db, config, statements, count, pool, error);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_init_mark(init, db);
    *error = apr_pstrdup(pool, acct_db_error(db));
    acct_db_close(db);
    return status;
}

/* sqlite keeps what is not in the file yet beside it, under the temporary
 * name. When the last connection closes there is nothing left of that. */
static int is_whole(const acct_new_file_t *file, apr_pool_t *pool)
{
    struct stat info;

    return fstatat(file->folder.fd, apr_pstrcat(pool, file->temporary,
                                                "-wal", NULL), &info,
                   AT_SYMLINK_NOFOLLOW) != 0 || info.st_size == 0;
}

static int make_file(init_t *init)
{
    const char *path = init->database_path;
    apr_status_t status = acct_new_file_make(&init->database, path,
                                             init->cli->pool);

    if (APR_STATUS_IS_EACCES(status) && init->given_away && geteuid() != 0) {
        return acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "%s may not write "
                             "the folder of %s: Permission denied; give the "
                             "folder to %s (chown), or say --owner",
                             init->owner.name, path, init->owner.name);
    }
    return status == APR_SUCCESS ? ACCT_EXIT_OK
                                 : acct_init_failed(init, "make", path,
                                                    status);
}

/* sqlite opens files by name, so whoever runs this now has to be one whom
 * another in that place cannot harm. */
static int fill_file(init_t *init)
{
    acct_cli_t *cli = init->cli;
    acct_db_config_t config = cli->config;
    const char *error = NULL;

    config.params = init->database.temporary_path;
    if (fill(init, &config, &error) != APR_SUCCESS) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot make %s: %s",
                             init->database_path,
                             error != NULL ? error : "unknown error");
    }
    if (!is_whole(&init->database, cli->pool)) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot make %s: sqlite "
                             "did not write it out", init->database_path);
    }
    if (init->given_away && geteuid() == 0
        && fchown(init->database.fd, init->owner.uid, init->owner.gid)
           != 0) {
        return acct_init_failed(init, "give away", init->database_path,
                                APR_FROM_OS_ERROR(errno));
    }
    return ACCT_EXIT_OK;
}

static int make_and_fill(init_t *init)
{
    int how = make_file(init);

    return how == ACCT_EXIT_OK ? fill_file(init) : how;
}

static int publish(init_t *init)
{
    return acct_init_publish(init, &init->database);
}

static int clean_up(init_t *init)
{
    acct_new_file_clean_up(&init->database, 0);
    return ACCT_EXIT_OK;
}

/* Whether root itself can make it: where no other user can change what the way
 * there leads to. Else its owner does. */
static int choose_maker(const init_t *init, int *as_owner)
{
    acct_folder_t *folder = apr_palloc(init->cli->pool, sizeof(*folder));
    apr_status_t status;

    *as_owner = 0;
    if (geteuid() != 0) {
        return ACCT_EXIT_OK;
    }
    status = acct_folder_open(folder, init->database_path, 0,
                              init->cli->pool);
    if (status != APR_SUCCESS && folder->open_to_others == NULL) {
        return acct_init_failed(init, "make", init->database_path, status);
    }
    *as_owner = folder->open_to_others != NULL;
    return !*as_owner || init->given_away ? ACCT_EXIT_OK
        : acct_cli_fail(init->cli, ACCT_EXIT_FAILED, "others than root can "
                        "change %s, so root opens nothing there: close that "
                        "folder to others, or say --owner USER",
                        folder->open_to_others);
}

/* One part of it, as the user that makes the file. */
static int run_as(init_t *init, int as_owner, int (*part)(init_t *init))
{
    acct_privilege_t root = { 0 };
    apr_status_t status = APR_SUCCESS;
    int how;

    if (as_owner) {
        status = acct_privilege_lend(&root, &init->owner, init->cli->pool);
    }
    if (status != APR_SUCCESS) {
        return acct_init_failed(init, "work as the owner of",
                                init->database_path, status);
    }
    how = part(init);
    acct_privilege_take_back(&root);
    return how;
}

int acct_init_file(init_t *init)
{
    int as_owner;
    int how = choose_maker(init, &as_owner);

    if (how != ACCT_EXIT_OK) {
        return how;
    }
    how = run_as(init, as_owner, make_and_fill);
    if (how == ACCT_EXIT_OK) {
        how = acct_init_interrupted(init);
    }
    if (how == ACCT_EXIT_OK) {
        how = acct_init_publish(init, &init->key);
    }
    if (how == ACCT_EXIT_OK) {
        how = run_as(init, as_owner, publish);
    }
    (void)run_as(init, as_owner, clean_up);
    return how;
}
