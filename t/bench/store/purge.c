/* SPDX-License-Identifier: Apache-2.0 */
/* Clearing expired tokens away: all there are, since by now they have. */
#include "bench.h"

#include "tables/purge.h"

/* On a server that goes by the rows and its own clock. */
static apr_status_t begin_purge(worker_t *worker, apr_pool_t *pool)
{
    static const char *const all[] = {
        "SET statement_timeout = 0", "UPDATE token SET expires_at = 1",
        "VACUUM token", "RESET statement_timeout"
    };
    apr_status_t status = APR_SUCCESS;

    if (acct_db_is_file(worker->bench->config.driver)) {
        return APR_SUCCESS;
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(*all)
                       && status == APR_SUCCESS; i++) {
        status = acct_db_exec(worker->db, all[i], pool);
    }
    return status;
}

static apr_status_t purge(worker_t *worker, apr_pool_t *pool)
{
    acct_purged_t purged;
    apr_status_t status = acct_purge(worker->db, apr_time_now()
                                     + apr_time_from_sec(2 * 86400),
                                     &purged, pool);

    return status == APR_SUCCESS && !purged.more ? APR_EOF : status;
}

const work_t work_purge = { "purge", begin_purge, purge };
