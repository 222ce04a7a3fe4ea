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

apr_status_t in_transaction(worker_t *worker, acct_work_fn work, void *baton,
                            apr_pool_t *pool)
{
    int alone = acct_db_is_file(worker->bench->config.driver);
    apr_status_t status;

    if (alone) {
        pthread_mutex_lock(&worker->bench->writers);
    }
    status = acct_db_transact(worker->db, work, baton, pool);
    if (alone) {
        pthread_mutex_unlock(&worker->bench->writers);
    }
    return status;
}
