/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an import asks of its target beside the store's statements. Rows go as
 * the text of a JSON array of arrays, a batch in one statement.
 */
#ifndef ACCT_TRANSFER_PUT_IN_SQL_H
#define ACCT_TRANSFER_PUT_IN_SQL_H

#include "database/database.h"

typedef enum {
    ACCT_PUT_ACCOUNT_KEYS,      /* id, keys behind an id */
    ACCT_PUT_HELD,              /* names held at a time, behind a name */
    ACCT_PUT_KNOWN,             /* what an import has made, behind a key */
    ACCT_PUT_RAISE_ID,          /* the next id is behind one */
    ACCT_PUT_RAISE_FIRST,       /* sqlite, before any account is there */
    ACCT_PUT_NEW_IDS,           /* so many ids no account ever had */
    ACCT_PUT_ACCOUNTS,
    ACCT_PUT_ACCOUNTS_MISSED,   /* of the same rows those not put in */
    ACCT_PUT_TOKENS,
    ACCT_PUT_TOKENS_MISSED,
    ACCT_PUT_MADE,              /* what was made of which source keys */
    ACCT_PUT_PRINT,             /* what it was made of now */
    ACCT_PUT_RUN_BEGIN,
    ACCT_PUT_RUN_END,
    ACCT_PUT_RUN_STOP_OTHERS,   /* runs that died */
    ACCT_PUT_RUN_LIST,
    ACCT_PUT_FORGET,
    ACCT_PUT_FORGET_RUNS,
    ACCT_PUT_TOKENS_OF,         /* an account's, to be written out */
    ACCT_PUT_KINDS,             /* stored hashes, behind an id */
    ACCT_PUT__COUNT
} acct_put_e;

/** The statements of a driver. */
const acct_statement_t *acct_put_statements(const char *driver);

/** The number of one of them on a connection of acct_import_connect(). */
int acct_put_number(const acct_db_t *db, acct_put_e which);

#endif
