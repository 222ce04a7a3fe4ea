/* SPDX-License-Identifier: Apache-2.0 */
/* Begin, commit, roll back; see database/database.h. */
#include "database/connection.h"

apr_status_t acct_db_begin(acct_db_t *db, apr_pool_t *pool)
{
    int changed = 0;
    int code;

    (void)pool;
    if (db->in_transaction) {
        acct_db_set_error(db, "a transaction has begun already");
        return APR_EINVAL;
    }
    if (acct_db_may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    code = apr_dbd_query(db->dbd, db->handle, &changed, db->driver->begin);
    if (code != 0) {
        if (!acct_db_is_harmless(acct_db_note_failure(db, code))) {
            db->broken = 1;
        }
        return APR_EGENERAL;
    }
    db->in_transaction = 1;
    db->followed = 0;
    return APR_SUCCESS;
}

/* 1 when ROLLBACK did it; 0 with *none telling whether that was because
 * there was no transaction any more. */
static int roll_back(acct_db_t *db, int *none)
{
    int changed = 0;
    int code;
    const char *text;

    db->in_transaction = 0;
    db->doomed = 0;
    /* db->error stays what made the caller roll back */
    code = apr_dbd_query(db->dbd, db->handle, &changed, "ROLLBACK");
    if (code == 0) {
        return 1;
    }
    text = apr_dbd_error(db->dbd, db->handle, code);
    *none = text && db->driver->was_rolled_back
            && db->driver->was_rolled_back(text);
    return 0;
}

void acct_db_rollback(acct_db_t *db, apr_pool_t *pool)
{
    int none = 0;

    (void)pool;
    if (db->in_transaction && !roll_back(db, &none) && !none) {
        db->broken = 1;
    }
}

/* Whether a COMMIT that failed has certainly left nothing behind; what can
 * be rolled back is. A server's ROLLBACK shows nothing: it succeeds, with a
 * warning, where the transaction has ended, so that a COMMIT which was done
 * and whose answer libpq could not read would be taken for one that was
 * not. There only the server's own words count. */
static int was_refused(acct_db_t *db, acct_db_failure_e failure)
{
    int none = 0;

    if (db->driver->is_server && failure == ACCT_DB_FAILURE_LOST) {
        db->in_transaction = 0;
        return 0;
    }
    return roll_back(db, &none) || (none && acct_db_is_harmless(failure));
}

apr_status_t acct_db_commit(acct_db_t *db, apr_pool_t *pool)
{
    acct_db_failure_e failure;
    int changed = 0;
    int code;

    if (!db->in_transaction) {
        acct_db_set_error(db, "no transaction has begun");
        return APR_EINVAL;
    }
    /* PostgreSQL would answer COMMIT with success and roll back */
    if (acct_db_may_run(db) != APR_SUCCESS) {
        acct_db_rollback(db, pool);
        return APR_EGENERAL;
    }
    code = apr_dbd_query(db->dbd, db->handle, &changed, "COMMIT");
    if (code == 0) {
        db->in_transaction = 0;
        return APR_SUCCESS;
    }
    failure = acct_db_note_failure(db, code);
    if (was_refused(db, failure)) {
        return APR_EGENERAL;
    }
    db->broken = 1;
    return ACCT_COMMIT_UNKNOWN;
}

apr_status_t acct_db_transact(acct_db_t *db, acct_work_fn work, void *baton,
                              apr_pool_t *pool)
{
    apr_status_t status = acct_db_begin(db, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = work(db, baton, pool);
    if (status != APR_SUCCESS) {
        acct_db_rollback(db, pool);
        return status;
    }
    return acct_db_commit(db, pool);
}
