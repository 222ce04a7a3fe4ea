/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As whom root's command works on files: sqlite opens what lies beside a
 * database by name, so in a folder that another user can change it must not do
 * so with root's rights.
 */
#ifndef ACCT_CLI_PRIVILEGE_H
#define ACCT_CLI_PRIVILEGE_H

#include "console/cli.h"
#include "files/folder.h"

#include <sys/types.h>

typedef struct acct_user_t {
    uid_t uid;
    gid_t gid;
    const char *name;           /* or its number as "#1000" */
} acct_user_t;

/** The user of a number. @param user name in @a pool */
void acct_user_of(acct_user_t *user, uid_t uid, gid_t gid, apr_pool_t *pool);

/** Find a user by name. @return APR_NOTFOUND: there is none */
apr_status_t acct_user_find(acct_user_t *user, const char *name,
                            apr_pool_t *pool);

/**
 * The user that httpd's children run as: what apachectl or httpd say of the
 * configuration that they would start with, else whom systems have for it.
 * @param how where it is from, for people
 * @return APR_NOTFOUND: none of them is here
 */
apr_status_t acct_user_of_httpd(const acct_cli_t *cli, acct_user_t *user,
                                const char **how);

/** What acct_privilege_lend() puts back. */
typedef struct acct_privilege_t {
    int is_lent;
    uid_t uid;
    gid_t gid;
    int count;
    gid_t *groups;
} acct_privilege_t;

/** Go on as another user for a while; the groups are theirs too. A no-op where
 *  one is that user already. */
apr_status_t acct_privilege_lend(acct_privilege_t *before,
                                 const acct_user_t *user, apr_pool_t *pool);

/** End that. There is nothing to go on with where it fails: it aborts. */
void acct_privilege_take_back(const acct_privilege_t *before);

/** Go on as another user for good; root can.
 *  @return ACCT_EXIT_OK, or another after saying what is wrong */
int acct_privilege_become(const acct_cli_t *cli, const acct_user_t *user);

/**
 * Before a database that is a file is opened: root becomes, for good, the user
 * that owns its folder, where others than root can change what the way there
 * leads to. Nothing happens where root alone can, and to any other user.
 * @param path the database's; where root becomes another user it is replaced
 *             by what it leads to, in the pool of @a cli
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_privilege_drop(const acct_cli_t *cli, const char **path);

#endif
