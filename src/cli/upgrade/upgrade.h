/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth upgrade. This room uses src/core, configuration, console and files.
 *   upgrade.c          what is done in which order
 *   upgrade_clashes.c  several accounts that claim one key: listed
 *   upgrade_copy.c     the copy of a file that is made before
 *   upgrade_servers.c  a server's connections of the older version: ended
 */
#ifndef ACCT_CLI_UPGRADE_H
#define ACCT_CLI_UPGRADE_H

#include "configuration/configuration.h"
#include "store/rekey.h"

/** The verb. */
int acct_cli_upgrade(acct_cli_t *cli);

/** Print which accounts claim one key, and which of them keeps it. */
void acct_upgrade_print_clashes(const acct_cli_t *cli,
                                const acct_rekey_t *rekey);

/* A copy of a file; begin with ACCT_COPY_NONE. */
typedef struct acct_copy_t {
    const char *path;           /* NULL: none was made */
    const char *name;           /* the same in its folder */
    const char *log;            /* sqlite's of the file, in the folder */
    int folder;                 /* descriptors; -1: not opened yet */
    int source;
} acct_copy_t;

#define ACCT_COPY_NONE { NULL, NULL, NULL, -1, -1 }

/**
 * Before BEGIN: all that was written goes into the file itself, so that it
 * can be copied alone. Others may write again before the transaction
 * begins; see acct_upgrade_copy().
 */
apr_status_t acct_upgrade_settle_file(acct_db_t *db, apr_pool_t *pool);

/**
 * In a transaction, so that no other process writes: copy the database's file
 * beside itself. The copy has its owner, and mode 0600.
 * @param version of the schema in it; part of the copy's name
 * @return ACCT_EXIT_OK, with copy->path NULL where the file was not settled
 *         (end the transaction, settle it, again); or another after saying
 *         what is wrong, and there is no copy
 */
int acct_upgrade_copy(acct_cli_t *cli, int version, acct_copy_t *copy);

/** The upgrade came to nothing, and so the copy is of no use. */
void acct_upgrade_remove_copy(acct_copy_t *copy);

/**
 * On a server, in the transaction: from now on no other session reads or
 * writes the tables, in the order in which servers lock them.
 */
apr_status_t acct_upgrade_lock(acct_db_t *db, apr_pool_t *pool);

/**
 * End the connections that could have seen the older schema and could go on by
 * it: servers, and other commands. Called before the commit, while they wait
 * for the locks: what connects later sees the newer schema.
 * @return ACCT_EXIT_OK when there are none any more; or another after
 *         naming them
 */
int acct_upgrade_end_others(acct_cli_t *cli, acct_db_t *db);

#endif
