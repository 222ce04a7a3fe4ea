/* SPDX-License-Identifier: Apache-2.0 */
#include "console/privilege.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void acct_user_of(acct_user_t *user, uid_t uid, gid_t gid, apr_pool_t *pool)
{
    const struct passwd *entry = getpwuid(uid);

    user->uid = uid;
    user->gid = entry != NULL ? entry->pw_gid : gid;
    user->name = entry != NULL ? apr_pstrdup(pool, entry->pw_name)
                               : apr_psprintf(pool, "#%lu",
                                              (unsigned long)uid);
}

apr_status_t acct_user_find(acct_user_t *user, const char *name,
                            apr_pool_t *pool)
{
    const struct passwd *entry = getpwnam(name);

    if (entry == NULL) {
        return APR_NOTFOUND;
    }
    user->uid = entry->pw_uid;
    user->gid = entry->pw_gid;
    user->name = apr_pstrdup(pool, name);
    return APR_SUCCESS;
}

static int set_groups(const acct_user_t *user)
{
    return getpwuid(user->uid) != NULL && user->name[0] != '#'
        ? initgroups(user->name, user->gid)
        : setgroups(1, &user->gid);
}

apr_status_t acct_privilege_lend(acct_privilege_t *before,
                                 const acct_user_t *user, apr_pool_t *pool)
{
    memset(before, 0, sizeof(*before));
    before->uid = geteuid();
    before->gid = getegid();
    if (before->uid == user->uid) {
        return APR_SUCCESS;
    }
    before->count = getgroups(0, NULL);
    before->groups = apr_palloc(pool, sizeof(gid_t)
                                      * (size_t)(before->count + 1));
    before->count = getgroups(before->count, before->groups);
    if (before->count < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    before->is_lent = 1;
    if (set_groups(user) != 0 || setegid(user->gid) != 0
        || seteuid(user->uid) != 0) {
        apr_status_t status = APR_FROM_OS_ERROR(errno);

        acct_privilege_take_back(before);
        return status;
    }
    return APR_SUCCESS;
}

void acct_privilege_take_back(const acct_privilege_t *before)
{
    if (before->is_lent
        && (seteuid(before->uid) != 0 || setegid(before->gid) != 0
            || setgroups((size_t)before->count, before->groups) != 0)) {
        abort();
    }
}

/* ---------------------------------------------------------------- for good */

/* Whose folder it is; where it is root's and open to others, whose file. */
static int choose_worker(const acct_cli_t *cli, const acct_folder_t *folder,
                         const char *path, acct_user_t *user)
{
    struct stat file;
    uid_t uid = folder->info.st_uid;
    gid_t gid = folder->info.st_gid;

    if (uid == 0 && fstatat(folder->fd, folder->name, &file,
                            AT_SYMLINK_NOFOLLOW) == 0) {
        uid = file.st_uid;
        gid = file.st_gid;
    }
    if (uid == 0) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "others than root can "
                             "change %s, so root opens nothing there: close "
                             "that folder to others, or give %s a folder of "
                             "its own that belongs to the user httpd's "
                             "children run as", folder->open_to_others,
                             path);
    }
    acct_user_of(user, uid, gid, cli->pool);
    return ACCT_EXIT_OK;
}

/* setuid() and setgid() of root set all three. */
int acct_privilege_become(const acct_cli_t *cli, const acct_user_t *user)
{
    if (set_groups(user) != 0 || setgid(user->gid) != 0
        || setuid(user->uid) != 0 || geteuid() != user->uid) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "cannot go on as %s: "
                             "%s", user->name, strerror(errno));
    }
    return ACCT_EXIT_OK;
}

/* What that user may not open is said with the command that mends it. */
static int check_file(const acct_cli_t *cli, const acct_user_t *user,
                      const char *path)
{
    if (access(path, R_OK | W_OK) == 0 || errno != EACCES) {
        return ACCT_EXIT_OK;    /* opening it says what else is wrong */
    }
    return acct_cli_fail(cli, ACCT_EXIT_FAILED, "root works on %s as %s, who "
                         "owns its folder, and %s may not open it; if it is "
                         "that user's say: chown %s '%s'", path, user->name,
                         user->name, user->name, path);
}

/* The way that was gone may lead through folders that the worker cannot
 * enter (root's own link to the database): what it led to is the worker's.
 * Whatever is there by now is opened with the worker's rights. */
static const char *where_it_leads(const char *path, apr_pool_t *pool)
{
    char *real = realpath(path, NULL);
    const char *copy = real != NULL ? apr_pstrdup(pool, real) : path;

    free(real);
    return copy;
}

int acct_privilege_drop(const acct_cli_t *cli, const char **path)
{
    acct_folder_t *folder = apr_palloc(cli->pool, sizeof(*folder));
    acct_user_t user;
    char *absolute;
    int how;

    if (geteuid() != 0
        || apr_filepath_merge(&absolute, NULL, *path, APR_FILEPATH_NATIVE,
                              cli->pool) != APR_SUCCESS
        || (acct_folder_open(folder, absolute, 1, cli->pool) != APR_SUCCESS
            && folder->open_to_others == NULL)
        || folder->open_to_others == NULL) {
        return ACCT_EXIT_OK;    /* opening it says what is wrong */
    }
    if (folder->name == NULL) {
        return acct_cli_fail(cli, ACCT_EXIT_FAILED, "there is no way to %s",
                             *path);
    }
    how = choose_worker(cli, folder, *path, &user);
    if (how == ACCT_EXIT_OK) {
        *path = where_it_leads(absolute, cli->pool);
        how = acct_privilege_become(cli, &user);
    }
    return how == ACCT_EXIT_OK ? check_file(cli, &user, *path) : how;
}
