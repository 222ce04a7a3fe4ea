/* SPDX-License-Identifier: Apache-2.0 */
#include "database/unit.h"

#include <apr_time.h>

#include "base/ticks.h"

/* A second try on a fresh connection is for one that had gone stale, which
 * shows at once. What took longer than this waited for a lock or a dead
 * server, and would only wait again. */
#define STALE_SHOWS_WITHIN apr_time_from_msec(200)

/* Two transactions in each other's way: one of them is begun again, so
 * often and no later than this. */
#define CONFLICTS 3
#define CONFLICTS_WITHIN apr_time_from_msec(1000)

/* How a unit of work has fared so far. */
typedef struct tries_t {
    apr_interval_time_t begun;
    int broken;
    int conflicts;
} tries_t;

/* Whether to run it again: only what left nothing behind. */
static int again(tries_t *tries, apr_status_t status, const acct_db_t *db)
{
    apr_interval_time_t took = acct_ticks() - tries->begun;

    if (status == APR_SUCCESS || status == ACCT_COMMIT_UNKNOWN) {
        return 0;
    }
    if (acct_db_is_conflict(db)) {
        return ++tries->conflicts < CONFLICTS && took <= CONFLICTS_WITHIN;
    }
    return acct_db_is_broken(db) && ++tries->broken < 2
        && took <= STALE_SHOWS_WITHIN;
}

static void tell_failure(const acct_service_t *service, acct_unit_e unit,
                         acct_db_t *db, apr_status_t status, int is_final,
                         apr_pool_t *pool)
{
    if (service->failed != NULL) {
        service->failed(service->context, unit, db, status, is_final, pool);
        return;
    }
    acct_log(service, is_final ? ACCT_LOG_ERROR : ACCT_LOG_DEBUG, status,
             pool, "the database did not do as asked: %s%s",
             acct_db_error(db), acct_db_is_broken(db)
             ? " (connection given up)" : "");
}

apr_status_t acct_unit_run(const acct_service_t *service, acct_unit_e unit,
                           acct_work_fn work, void *baton, apr_pool_t *pool)
{
    tries_t tries = { acct_ticks(), 0, 0 };
    apr_status_t status;
    int once_more;

    do {
        acct_db_t *db = NULL;

        status = service->acquire(service->context, unit, &db, pool);
        if (status != APR_SUCCESS) {
            /* No status that a unit of work says something else by: a
             * folder that is shut is not an account that is blocked. */
            return APR_EGENERAL;
        }
        status = work(db, baton, pool);
        once_more = again(&tries, status, db);
        /* Without words from the database the unit failed for a reason of its
         * own, which it has logged, or found what it looked for. */
        if (status != APR_SUCCESS && acct_db_error(db)[0] != '\0') {
            tell_failure(service, unit, db, status,
                         !once_more || (acct_db_is_broken(db)
                                        && !acct_db_is_outdated(db)), pool);
        }
        service->release(service->context, unit, db);
    } while (once_more);
    return status;
}

typedef struct transaction_t {
    acct_work_fn work;
    void *baton;
} transaction_t;

static apr_status_t in_transaction(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    const transaction_t *transaction = baton;

    return acct_db_transact(db, transaction->work, transaction->baton, pool);
}

apr_status_t acct_transaction_run(const acct_service_t *service,
                                  acct_work_fn work, void *baton,
                                  apr_pool_t *pool)
{
    transaction_t transaction = { work, baton };

    return acct_unit_run(service, ACCT_UNIT_WRITE, in_transaction,
                         &transaction, pool);
}
