/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database says of its tokens' checks (token/check.h): the row
 * "tokens_checked" of meta.
 *
 *   off, or no row        nothing: each token is looked up
 *   1:KEYID               every token in it was minted with the check of
 *                         the key with this id: one that fails is not in
 *   1:KEYID from TIME     so was every token that came after those with a
 *                         created_at before TIME, which may be old ones
 *   1:KEYID ending NONCE  about to be off
 *
 * Servers believe the second form alone, for ACCT_CHECK_BELIEVED at most after
 * they have read it. A process that is about to put in a token without that
 * check makes the row end first, and waits until no server believes it any
 * more. A form that is not known here is taken as the second form of another
 * version.
 *
 * No clock is compared with another's: the process that waits measures by its
 * own, and TIME is later than any created_at there is.
 *
 * Safe from any thread.
 */
#ifndef ACCT_TOKEN_CHECK_ROW_H
#define ACCT_TOKEN_CHECK_ROW_H

#include <apr_pools.h>
#include <apr_time.h>
#include <stdint.h>

#include "base/service.h"
#include "database/database.h"

/** How long after it was read the row may be believed, and how long to
 *  wait until it is not, microseconds. */
#define ACCT_CHECK_BELIEVED apr_time_from_msec(2000)
#define ACCT_CHECK_WAIT apr_time_from_msec(2500)

/* The row stands against what was inserted: roll back, make it end. */
#define ACCT_CHECK_STANDS (APR_OS_START_USERERR + 2)

typedef enum {
    ACCT_CHECK_OFF,
    ACCT_CHECK_ENDING,
    ACCT_CHECK_PROMISED,
    ACCT_CHECK_ON
} acct_check_e;

typedef struct acct_check_row_t {
    acct_check_e state;
    const char *key_id;         /* "" where there is none, and for a form
                                 * that is not known here */
    apr_time_t from;            /* PROMISED */
    const char *text;           /* the row's, NULL when there is none */
} acct_check_row_t;

/** A new database's row, before any token is in it. */
apr_status_t acct_check_row_make(acct_db_t *db, const char *key_id,
                                 apr_pool_t *pool);

/** Read the row. */
apr_status_t acct_check_row_read(acct_db_t *db, acct_check_row_t *row,
                                 apr_pool_t *pool);

/**
 * Whether a token may be in the database; in the transaction that has just
 * inserted it.
 * @param key_id of the key whose check it has, NULL: it has none
 * @return ACCT_CHECK_STANDS when it may not
 */
apr_status_t acct_check_row_admit(acct_db_t *db, const char *key_id,
                                  apr_pool_t *pool);

/**
 * Make the row end: when this returns APR_SUCCESS no server refuses a
 * token without having looked it up. May wait ACCT_CHECK_WAIT; in no
 * transaction.
 */
apr_status_t acct_check_end(const acct_service_t *service,
                            apr_pool_t *pool);

/**
 * Ask for the check of the database's key: promised at first, in force
 * when no older token is left, which the same function finds out when it
 * is called again.
 * @param row what came of it
 * @return APR_NOTFOUND when the database has no key_id
 */
apr_status_t acct_check_begin(const acct_service_t *service,
                              acct_check_row_t *row, apr_pool_t *pool);

/** The row as it is. */
apr_status_t acct_check_look(const acct_service_t *service,
                             acct_check_row_t *row, apr_pool_t *pool);

#endif
