/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be taken, put in: batches of accounts and then of tokens, each
 * with a note of what it was made of in the same transaction, so that what is
 * run again after it was cut off goes on where it was. See
 * transfer/transfer.h.
 */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <string.h>

#include "base/ticks.h"
#include "store/drivers.h"
#include "token/check_row.h"
#include "token/foreign.h"
#include "transfer/put_in_rows.h"
#include "transfer/put_in_sql.h"

/* How often a batch is begun again because others were in the way. */
#define TRIES 20
#define PAUSE apr_time_from_msec(50)

static int run(acct_db_t *db, acct_put_e which, const acct_arg_t *args,
               int nargs, int *changed, apr_pool_t *pool)
{
    return acct_db_run(db, acct_put_number(db, which), args, nargs, changed,
                       pool);
}

/* ---- batch after batch ---- */

/* Others write too, and may be in the way for a moment. */
static apr_status_t transact(acct_db_t *db, acct_batch_t *batch,
                             acct_work_fn work, apr_pool_t *pool)
{
    apr_status_t status;

    for (int try = 0; ; try++) {
        status = acct_db_transact(db, work, batch, pool);
        if (status == APR_SUCCESS || try == TRIES) {
            return status;
        }
        if (status == ACCT_CHECK_STANDS) {
            status = acct_check_end(batch->put->service, pool);
            if (status != APR_SUCCESS) {
                return status;
            }
        }
        else if (!acct_db_is_busy(db) && !acct_db_is_conflict(db)) {
            return status;
        }
        apr_sleep(PAUSE);
    }
}

static apr_status_t note_missed(acct_batch_t *batch, acct_work_e which,
                                const char *verdict, apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && batch->missed.count > 0
                    && i < batch->rows.count; i++) {
        const acct_arg_t args[] = {
            ACCT_TEXT(verdict), ACCT_INT(apr_atoi64(batch->rows.cell[i][0]))
        };

        if (acct_batch_missed(batch, batch->id[i])) {
            status = ACCT_RUN(batch->import->work, which, args, NULL, pool);
        }
    }
    return status;
}

/* New ids are known from here on. */
static apr_status_t note_accounts(acct_batch_t *batch, apr_int64_t after,
                                  apr_pool_t *pool)
{
    acct_db_t *work = batch->import->work;
    const acct_arg_t done[] = { ACCT_INT(after), ACCT_INT(batch->last) };
    apr_status_t status = note_missed(batch, ACCT_WORK_SET_VERDICT,
                                      "conflict taken-meanwhile", pool);

    for (int i = 0; status == APR_SUCCESS && i < batch->rows.count; i++) {
        const acct_arg_t args[] = {
            ACCT_INT(apr_atoi64(batch->id[i])),
            ACCT_INT(apr_atoi64(batch->rows.cell[i][A_N]))
        };

        if (batch->id[i] != batch->rows.cell[i][A_ID]) {
            status = ACCT_RUN(work, ACCT_WORK_SET_ID, args, NULL, pool);
        }
    }
    return status == APR_SUCCESS
        ? ACCT_RUN(work, ACCT_WORK_DONE, done, NULL, pool) : status;
}

/* Requests that write find a gap between two batches: as long as a batch took
 * while somebody does write to the file, and short else. */
static void give_way(acct_db_t *db, apr_interval_time_t took,
                     const char **version, apr_pool_t *pool)
{
    acct_rows_t rows;
    int is_shared = 0;

    if (!acct_db_is_file(acct_db_driver(db))) {
        return;
    }
    if (acct_db_query(db, "PRAGMA data_version", &rows, pool) == APR_SUCCESS
        && rows.count == 1) {
        is_shared = *version != NULL
            && strcmp(*version, rows.cell[0][0]) != 0;
        *version = apr_pstrdup(apr_pool_parent_get(pool), rows.cell[0][0]);
    }
    apr_sleep(is_shared ? took : took / 8);
}

static int is_stopped(acct_put_in_t *put)
{
    if (put->is_stopped != NULL && put->is_stopped()) {
        put->is_unfinished = 1;
    }
    return put->is_unfinished;
}

static apr_status_t one_batch(acct_batch_t *batch, acct_db_t *db,
                              int is_accounts, apr_int64_t after,
                              apr_pool_t *pool)
{
    apr_status_t status;

    if (is_accounts) {
        status = transact(db, batch, acct_put_accounts, pool);
        return status == APR_SUCCESS ? note_accounts(batch, after, pool)
                                     : status;
    }
    status = transact(db, batch, acct_put_tokens, pool);
    return status == APR_SUCCESS
        ? note_missed(batch, ACCT_WORK_SET_TOKEN_VERDICT,
                      "conflict taken-here", pool) : status;
}

static apr_status_t put_all(acct_import_t *import, acct_db_t *db,
                            acct_put_in_t *put, int is_accounts)
{
    acct_batch_t batch = { .import = import, .put = put };
    apr_int64_t after = 0;
    const char *version = NULL;
    apr_pool_t *pool;
    apr_status_t status = apr_pool_create(&pool, import->pool);

    while (status == APR_SUCCESS && !is_stopped(put)) {
        const acct_arg_t accounts[] = {
            ACCT_INT(after), ACCT_TEXT(""), ACCT_INT(put->batch)
        };
        const acct_arg_t tokens[] = { ACCT_INT(after), ACCT_INT(put->batch) };
        apr_interval_time_t begun = acct_ticks();

        status = is_accounts
            ? ACCT_SELECT(import->work, ACCT_WORK_ACCOUNTS, accounts,
                          &batch.rows, pool)
            : ACCT_SELECT(import->work, ACCT_WORK_TOKENS, tokens,
                          &batch.rows, pool);
        if (status != APR_SUCCESS || batch.rows.count == 0) {
            break;
        }
        batch.last = apr_atoi64(batch.rows.cell[batch.rows.count - 1][0]);
        status = one_batch(&batch, db, is_accounts, after, pool);
        after = batch.last;
        if (status == APR_SUCCESS) {
            give_way(db, acct_ticks() - begun, &version, pool);
        }
        apr_pool_clear(pool);
    }
    return status;
}

/* ---- before the first ---- */

/* No registration meanwhile is given an id that is yet to come. */
static apr_status_t raise_ids(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(*(apr_int64_t *)baton) };
    acct_rows_t rows;
    int which = acct_put_number(db, ACCT_PUT_RAISE_ID);
    apr_status_t status = acct_db_is_file(acct_db_driver(db))
        ? acct_db_run(db, which, args, 1, NULL, pool)
        : acct_db_select(db, which, args, 1, &rows, pool);

    return status == APR_SUCCESS
        ? run(db, ACCT_PUT_RAISE_FIRST, args, 1, NULL, pool) : status;
}

static apr_status_t admit_tokens(acct_import_t *import, acct_put_in_t *put)
{
    unsigned int forms = 0;
    apr_int64_t count;
    apr_status_t status = acct_work_number(
        import->work, "SELECT coalesce(sum(DISTINCT 1 << form), 0) FROM t "
        "WHERE verdict = ''", &count, import->pool);

    if (status != APR_SUCCESS || count == 0) {
        return status;
    }
    forms = (unsigned int)count & ~1u;
    status = acct_check_end(put->service, import->pool);
    return status == APR_SUCCESS && forms != 0
        ? acct_foreign_forms_admit(put->service, forms, import->pool)
        : status;
}

apr_status_t acct_import_put_in(acct_import_t *import, acct_db_t *db,
                                acct_put_in_t *put)
{
    apr_int64_t highest;
    apr_status_t status;

    if ((status = acct_work_number(import->work, "SELECT coalesce(max(id), 0)"
                                   " FROM a WHERE verdict = ''", &highest,
                                   import->pool)) != APR_SUCCESS
        || (highest > 0
            && (status = acct_db_transact(db, raise_ids, &highest,
                                          import->pool)) != APR_SUCCESS)
        || (status = put_all(import, db, put, 1)) != APR_SUCCESS) {
        return status;
    }
    status = acct_db_exec(import->work, "UPDATE t SET account = coalesce("
                          "(SELECT there FROM a WHERE a.skey = t.aref), 0) "
                          "WHERE verdict = ''", import->pool);
    if (status == APR_SUCCESS) {
        status = acct_db_exec(import->work, "UPDATE t SET verdict = "
                              "'account-left-out' WHERE verdict = '' "
                              "AND account = 0", import->pool);
    }
    if (status == APR_SUCCESS) {
        status = admit_tokens(import, put);
    }
    if (status == APR_SUCCESS) {
        status = put_all(import, db, put, 0);
    }
    return status == APR_SUCCESS && !put->is_unfinished
        ? acct_db_exec(import->work, "UPDATE t SET verdict = 'taken' "
                       "WHERE verdict = ''", import->pool) : status;
}
