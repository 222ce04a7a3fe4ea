/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --update: accounts that came by this import become what the source says now.
 * What did not change there stays as it is here; what is not there any more is
 * blocked here, and its tokens end. See transfer/transfer.h.
 */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <string.h>

#include "store/drivers.h"

#include "transfer/put_in_sql.h"

#define PAGE 200

/* Digits of the print that are the password's. */
#define PASSWORD_PRINT 32

/* An account that follows. */
typedef struct follow_t {
    acct_import_t *import;
    const char **cell;          /* of ACCT_WORK_ACCOUNTS; NULL: it is gone */
    const char *old;            /* print of the last run */
    const char *key;
    apr_int64_t id;
    const char *token;          /* one token of it alone is gone */
} follow_t;

enum { N, KEY, ID, USERNAME, UKEY, EMAIL, EKEY, FIRST, LAST, PASSWORD, FLAGS,
       CREATED, LOGIN, VERIFIED, PRINT, VERDICT, THERE };

static apr_status_t end_tokens(acct_db_t *db, apr_int64_t id,
                               apr_pool_t *pool)
{
    int ended;
    apr_status_t status = acct_store_token_delete_all(db, id, &ended, pool);

    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, id, pool) : status;
}

static apr_status_t set_names(acct_db_t *db, const follow_t *follow,
                              const acct_account_t *is, apr_pool_t *pool)
{
    const char **cell = follow->cell;
    apr_status_t status = acct_store_account_set_names(
        db, follow->id, cell[FIRST], cell[LAST], pool);

    if (status == APR_SUCCESS
        && strcmp(cell[UKEY] != NULL ? cell[UKEY] : "",
                  is->username_key != NULL ? is->username_key : "") != 0) {
        status = acct_store_account_set_username(db, follow->id,
                                                 cell[USERNAME], cell[UKEY],
                                                 pool);
    }
    if (status == APR_SUCCESS
        && strcmp(cell[EKEY] != NULL ? cell[EKEY] : "",
                  is->email_key != NULL ? is->email_key : "") != 0) {
        status = acct_store_account_set_email(db, follow->id, cell[EMAIL],
                                              cell[EKEY],
                                              apr_atoi64(cell[VERIFIED]),
                                              pool);
    }
    return status;
}

static apr_status_t set_state(acct_db_t *db, const follow_t *follow,
                              const acct_account_t *is, apr_pool_t *pool)
{
    apr_int64_t flags = apr_atoi64(follow->cell[FLAGS]);
    apr_status_t status = acct_store_account_set_staff(
        db, follow->id, (int)(flags >> 1 & 1), pool);

    if (status == APR_SUCCESS && is->is_active != (int)(flags & 1)) {
        status = acct_store_account_set_active(db, follow->id,
                                               (int)(flags & 1), pool);
        if (status == APR_SUCCESS && !(flags & 1)) {
            status = end_tokens(db, follow->id, pool);
        }
    }
    return status;
}

static apr_status_t note_print(acct_db_t *db, const follow_t *follow,
                               const char *print, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(print), ACCT_TEXT(follow->import->options->name),
        ACCT_TEXT(follow->token != NULL ? "token" : "account"),
        ACCT_TEXT(follow->key)
    };

    return ACCT_RUN(db, acct_put_number(db, ACCT_PUT_PRINT), args, NULL,
                    pool);
}

/* What the source's row has that is another than at the last run. */
static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const follow_t *follow = baton;
    const char *print = follow->cell[PRINT];
    acct_account_t is;
    apr_status_t status = acct_store_account_lock(db, follow->id, &is, pool);

    if (status == APR_SUCCESS
        && strncmp(print, follow->old, PASSWORD_PRINT) != 0) {
        status = acct_store_account_set_password(db, follow->id, NULL,
                                                 follow->cell[PASSWORD],
                                                 pool);
    }
    if (status == APR_SUCCESS
        && (strlen(follow->old) < PASSWORD_PRINT
            || strcmp(print + PASSWORD_PRINT, follow->old + PASSWORD_PRINT)
               != 0)) {
        status = set_names(db, follow, &is, pool);
        if (status == APR_SUCCESS) {
            status = set_state(db, follow, &is, pool);
        }
    }
    return status == APR_SUCCESS ? note_print(db, follow, print, pool)
                                 : status;
}

/* Never deleted: what is not in a source may come back in it. */
static apr_status_t block(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const follow_t *follow = baton;
    apr_status_t status = acct_store_account_set_active(db, follow->id, 0,
                                                        pool);

    if (status == APR_SUCCESS) {
        status = end_tokens(db, follow->id, pool);
    }
    return status == APR_SUCCESS ? note_print(db, follow, "gone", pool)
                                 : status;
}

static apr_status_t end_token(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const follow_t *follow = baton;
    int changed;
    apr_status_t status = acct_store_token_delete(db, follow->token, &changed,
                                                  pool);

    if (status == APR_SUCCESS && changed > 0) {
        status = acct_store_revocation_insert(db, follow->id, pool);
    }
    return status == APR_SUCCESS ? note_print(db, follow, "gone", pool)
                                 : status;
}

static apr_status_t set_verdict(acct_import_t *import, const char *verdict,
                                const char *n)
{
    const acct_arg_t args[] = { ACCT_TEXT(verdict), ACCT_INT(apr_atoi64(n)) };

    return ACCT_RUN(import->work, ACCT_WORK_SET_VERDICT, args, NULL,
                    import->row);
}

/* A name that another has here meanwhile leaves the account as it is. */
static apr_status_t follow_one(acct_import_t *import, acct_db_t *db,
                               const char **cell)
{
    const acct_arg_t args[] = { ACCT_TEXT(cell[KEY]) };
    follow_t follow = { .import = import, .cell = cell, .key = cell[KEY],
                        .id = apr_atoi64(cell[THERE]) };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(import->work, ACCT_WORK_OF_KNOWN, args,
                                      &rows, import->row);

    if (status != APR_SUCCESS || rows.count != 1) {
        return status;
    }
    follow.old = rows.cell[0][0] != NULL ? rows.cell[0][0] : "";
    status = acct_db_transact(db, change, &follow, import->row);
    if (APR_STATUS_IS_EEXIST(status)) {
        return set_verdict(import, "conflict name-taken-here", cell[N]);
    }
    return status == APR_SUCCESS
        ? set_verdict(import, "updated", cell[N]) : status;
}

static apr_status_t follow_changed(acct_import_t *import, acct_db_t *db)
{
    apr_int64_t after = 0;
    apr_pool_t *page;
    apr_status_t status = apr_pool_create(&page, import->pool);
    int count = PAGE;

    while (status == APR_SUCCESS && count == PAGE) {
        const acct_arg_t args[] = {
            ACCT_INT(after), ACCT_TEXT("changed"), ACCT_INT(PAGE)
        };
        acct_rows_t rows;

        status = ACCT_SELECT(import->work, ACCT_WORK_ACCOUNTS, args, &rows,
                             page);
        count = status == APR_SUCCESS ? rows.count : 0;
        for (int i = 0; status == APR_SUCCESS && i < count; i++) {
            after = apr_atoi64(rows.cell[i][N]);
            status = follow_one(import, db, rows.cell[i]);
            apr_pool_clear(import->row);
        }
        apr_pool_clear(page);
    }
    return status;
}

static apr_status_t follow_gone(acct_import_t *import, acct_db_t *db,
                                acct_work_e which, acct_work_fn work)
{
    const char *after = "";
    apr_pool_t *page;
    apr_status_t status = apr_pool_create(&page, import->pool);
    int count = PAGE;

    while (status == APR_SUCCESS && count == PAGE) {
        const acct_arg_t args[] = { ACCT_TEXT(after), ACCT_INT(PAGE) };
        acct_rows_t rows;

        status = ACCT_SELECT(import->work, which, args, &rows, page);
        count = status == APR_SUCCESS ? rows.count : 0;
        for (int i = 0; status == APR_SUCCESS && i < count; i++) {
            follow_t follow = { .import = import, .key = rows.cell[i][0],
                                .id = apr_atoi64(rows.cell[i][1]) };

            if (which == ACCT_WORK_GONE_TOKENS) {
                follow.token = rows.cell[i][2];
            }
            status = acct_db_transact(db, work, &follow, import->row);
            after = apr_pstrdup(import->pool, follow.key);
            apr_pool_clear(import->row);
        }
        apr_pool_clear(page);
    }
    return status;
}

apr_status_t acct_import_follow(acct_import_t *import, acct_db_t *db,
                                const acct_put_in_t *put)
{
    apr_status_t status = follow_changed(import, db);

    (void)put;
    if (status == APR_SUCCESS) {
        status = follow_gone(import, db, ACCT_WORK_GONE_ACCOUNTS, block);
    }
    return status == APR_SUCCESS
           && strcmp(import->options->tokens, "auto") == 0
        ? follow_gone(import, db, ACCT_WORK_GONE_TOKENS, end_token) : status;
}
