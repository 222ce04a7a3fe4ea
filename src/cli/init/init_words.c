/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A word as a shell takes it, whatever is in it. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    const char *quote;
    const char *made = "'";

    while ((quote = strchr(text, '\'')) != NULL) {
        made = apr_pstrcat(pool, made,
                           apr_pstrmemdup(pool, text,
                                          (apr_size_t)(quote - text)),
                           "'\\''", NULL);
        text = quote + 1;
    }
    return apr_pstrcat(pool, made, text, "'", NULL);
}

/* A path between quotation marks of httpd's configuration. */
static const char *for_httpd(const char *text, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(text) + 1);
    char *to = made;

    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    return made;
}

/* Whether a folder is one where the database's owner can make the files
 * that sqlite puts beside it. */
static int is_closed_to_owner(const init_t *init)
{
    const struct stat *folder = &init->database.folder.info;
    const acct_user_t *owner = &init->owner;

    return !(folder->st_uid == owner->uid && folder->st_mode & S_IWUSR)
        && !(folder->st_gid == owner->gid && folder->st_mode & S_IWGRP)
        && !(folder->st_mode & S_IWOTH);
}

static void tell_owner(const init_t *init)
{
    apr_pool_t *pool = init->cli->pool;
    const char *path = init->database_path;
    const char *slash = strrchr(path, '/');
    const char *folder = slash == path ? "/"
        : apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));

    if (init->owner_is != NULL) {
        printf("\nThe database belongs to %s, as whom httpd's children run\n"
               "(%s; --owner chooses another).\n", init->owner.name,
               init->owner_is);
    }
    printf("\nNext:\n");
    if (init->given_away && is_closed_to_owner(init)) {
        printf("- let %s write the folder too, for the files that sqlite\n"
               "  puts beside the database:\n    chown %s %s\n",
               init->owner.name, init->owner.name, quoted(folder, pool));
    }
}

void acct_init_tell(const init_t *init)
{
    const acct_cli_t *cli = init->cli;
    const char *driver = cli->config.driver;
    int is_file = init->database_path != NULL;
    const char *params = is_file ? init->database_path
                                 : acct_cli_value(cli, ACCT_OPT_PARAMS);

    if (params == NULL) {
        params = "file:/PATH";
    }
    printf("made the %s %s\nand the key %s\n",
           is_file ? "database" : "tables in",
           is_file ? params : acct_db_describe(&cli->config),
           init->key_path);
    if (is_file) {
        tell_owner(init);
    }
    else {
        printf("\nNext:\n");
    }
    printf("- make an account:\n"
           "    acctauth user add NAME%s%s -p %s\n"
           "- tell httpd, in the configuration of the server:\n"
           "    AcctAuthDatabase %s \"%s\"\n"
           "    AcctAuthKeyFile \"%s\"\n", is_file ? "" : " -d ",
           is_file ? "" : driver, quoted(params, cli->pool), driver,
           for_httpd(params, cli->pool),
           for_httpd(init->key_path, cli->pool));
}
