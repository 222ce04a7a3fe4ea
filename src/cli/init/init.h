/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acctauth init: what its parts share. This room uses src/core, configuration,
 * console and files.
 *   init.c         looks at what was asked for, and holds all together
 *   init_file.c    makes a database that is a file
 *   init_server.c  makes the tables of one that is a server's
 *   init_words.c   says what to do next
 */
#ifndef ACCT_CLI_INIT_H
#define ACCT_CLI_INIT_H

#include "configuration/configuration.h"
#include "console/privilege.h"
#include "files/new_file.h"

/** The verb. */
int acct_cli_init(acct_cli_t *cli);

typedef struct init_t {
    acct_cli_t *cli;
    const char *key_path;       /* absolute */
    const char *database_path;  /* absolute; NULL: a server */
    acct_new_file_t key;
    acct_new_file_t database;
    const char *key_id;
    int given_away;             /* whether owner is another than us */
    acct_user_t owner;          /* of the database's file */
    const char *owner_is;       /* why that user, for people; NULL: as was
                                 * asked for */
} init_t;

/** Say "cannot WHAT PATH: reason", or that PATH is there already.
 *  @return ACCT_EXIT_FAILED or ACCT_EXIT_REFUSED */
int acct_init_failed(const init_t *init, const char *what, const char *path,
                     apr_status_t status);

/** Give a file its name. @return ACCT_EXIT_OK, or another after saying what
 *  came in the way */
int acct_init_publish(const init_t *init, acct_new_file_t *file);

/** Whether it is to end (Ctrl-C and the like, which are held back meanwhile):
 *  says so. @return ACCT_EXIT_OK when not */
int acct_init_interrupted(const init_t *init);

/** Under which key tokens are sealed, and that all have its check; in an
 *  open database with prepared statements. */
apr_status_t acct_init_mark(const init_t *init, acct_db_t *db);

/** Make a database's file, the key being there under its other name. */
int acct_init_file(init_t *init);

/** Make the tables on a server. */
int acct_init_server(init_t *init);

/** Say what was made and what to do next. */
void acct_init_tell(const init_t *init);

#endif
