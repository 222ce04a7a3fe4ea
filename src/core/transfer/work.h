/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an import has read, in a database of its own on the disk, so that it
 * takes no memory for each account: a temporary SQLite file that no other
 * process can open by a name, and that is gone when this process ends,
 * whichever way. It holds stored hashes and tokens.
 *
 *   a      an account as it would be here: names, their canonical forms, …
 *   t      a token, and the account it belongs to
 *   m      what is said of an account apart from it: that its address is
 *          verified, that it has a second factor
 *   there  the accounts that are here already: id and canonical names
 *   held   names here that no other account may have now
 *   known  what earlier runs of the same import have made
 *
 * The verdict of a row begins with a word (transfer/verdict.h); '' is a row
 * that is to be taken.
 */
#ifndef ACCT_TRANSFER_WORK_H
#define ACCT_TRANSFER_WORK_H

#include "database/database.h"
#include "store/store.h"
#include "transfer/record.h"

/* Statements of the work database. */
typedef enum {
    ACCT_WORK_ADD_ACCOUNT,
    ACCT_WORK_NOTE,             /* what of an account is not as it was */
    ACCT_WORK_ADD_TOKEN,
    ACCT_WORK_ADD_MARK,
    ACCT_WORK_ADD_THERE,
    ACCT_WORK_ADD_HELD,
    ACCT_WORK_ADD_KNOWN,
    ACCT_WORK_ACCOUNTS,         /* after n, verdict '' or update */
    ACCT_WORK_TOKENS,
    ACCT_WORK_SET_ID,
    ACCT_WORK_SET_VERDICT,      /* of an account, by n */
    ACCT_WORK_SET_TOKEN_VERDICT,
    ACCT_WORK_UNKNOWN,          /* accounts no run has made, after n */
    ACCT_WORK_GONE_ACCOUNTS,    /* made by a run, and not in the source now */
    ACCT_WORK_GONE_TOKENS,
    ACCT_WORK_DONE,             /* accounts of a batch are there */
    ACCT_WORK_COUNT_ACCOUNTS,
    ACCT_WORK_COUNT_TOKENS,
    ACCT_WORK_REPORT_ACCOUNTS,
    ACCT_WORK_REPORT_TOKENS,
    ACCT_WORK_BY_NAME,
    ACCT_WORK_OF_KNOWN,
    ACCT_WORK__COUNT
} acct_work_e;

/**
 * Make one, in the folder for temporary files.
 * @param pool closes it when it goes
 * @param error what is wrong, in @a pool
 */
apr_status_t acct_work_make(acct_db_t **db, apr_pool_t *pool,
                            const char **error);

/** An account as it would be here. */
typedef struct acct_work_account_t {
    const char *key;
    const char *source_name;    /* its username there, or "" */
    acct_account_t account;     /* password "!" where it has none */
    const char *print;          /* of the password and of the rest */
    const char *verdict;        /* "" or why it is not taken */
    const char *note;           /* "" or what of it is not as it was */
} acct_work_account_t;

/** Add an account. @return APR_EEXIST: its key is there already */
apr_status_t acct_work_add_account(acct_db_t *db,
                                   const acct_work_account_t *account,
                                   apr_pool_t *pool);

/** A token as it would be here. */
typedef struct acct_work_token_t {
    const char *account;        /* key, or NULL and */
    const char *username;
    const char *key;            /* what it is told by when it comes again */
    int form;                   /* acct_form_e */
    acct_token_t token;         /* sealed is not set: */
    const char *plain;          /* to be sealed; NULL: it is not */
    const char *foreign_digest;
    const char *foreign_salt;
    const char *foreign_key;
    const char *verdict;
} acct_work_token_t;

/** Add a token. @return APR_EEXIST: it is there already */
apr_status_t acct_work_add_token(acct_db_t *db,
                                 const acct_work_token_t *token,
                                 apr_pool_t *pool);

/** A number that a statement without arguments returns. */
apr_status_t acct_work_number(acct_db_t *db, const char *sql,
                              apr_int64_t *number, apr_pool_t *pool);

#endif
