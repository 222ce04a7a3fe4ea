/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a connection, and a transaction on it; see bench.h. */
#include "bench.h"

#include <stdio.h>

int open_store(const bench_t *bench, acct_db_t **db, apr_pool_t *pool)
{
    const char *error = NULL;

    if (acct_store_open(db, &bench->config, pool, &error) == APR_SUCCESS) {
        return 1;
    }
    fprintf(stderr, "store: %s\n", error);
    return 0;
}

apr_status_t in_transaction(worker_t *worker,
                            apr_status_t (*work)(worker_t *worker,
                                                 apr_int64_t what,
                                                 apr_pool_t *pool),
                            apr_int64_t what, apr_pool_t *pool)
{
    int alone = acct_db_is_file(worker->bench->config.driver);
    apr_status_t status;

    if (alone) {
        pthread_mutex_lock(&worker->bench->writers);
    }
    status = acct_db_begin(worker->db, pool);
    if (status == APR_SUCCESS) {
        status = work(worker, what, pool);
        if (status == APR_SUCCESS) {
            status = acct_db_commit(worker->db, pool);
        }
        else {
            acct_db_rollback(worker->db, pool);
        }
    }
    if (alone) {
        pthread_mutex_unlock(&worker->bench->writers);
    }
    return status;
}
