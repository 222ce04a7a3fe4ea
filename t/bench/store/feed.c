/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the feed when there are as many new revocations as the command
 * line has tokens. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "token/check_row.h"

#define FEED_MOST 8192          /* rows of a reading, as in
                                 * src/httpd/process/feed.c */

static apr_status_t write_revocations(acct_db_t *db, void *baton,
                                      apr_pool_t *pool)
{
    const apr_int64_t *count = baton;
    apr_status_t status = APR_SUCCESS;
    apr_int64_t i;

    for (i = 0; i < *count && status == APR_SUCCESS; i++) {
        status = acct_store_revocation_insert(db, i + 1, pool);
    }
    return status;
}

/* What was there before the rows is where each reading begins. */
static apr_status_t begin_feed(worker_t *worker, apr_pool_t *pool)
{
    apr_array_header_t *list;
    apr_status_t status;
    acct_missed_e missed;

    acct_mark_at(&worker->mark, -1, 0);
    status = acct_store_revocation_read(worker->db, &worker->mark, FEED_MOST,
                                        &list, &missed, pool);
    return status != APR_SUCCESS || worker->bench->tokens == 0 ? status
        : in_transaction(worker, write_revocations, &worker->bench->tokens,
                         pool);
}

static apr_status_t read_feed(worker_t *worker, apr_pool_t *pool)
{
    acct_mark_t mark = worker->mark;
    apr_array_header_t *list;
    acct_check_row_t row;
    acct_missed_e missed;
    apr_status_t status = acct_store_revocation_read(
        worker->db, &mark, FEED_MOST, &list, &missed, pool);

    if (status == APR_SUCCESS
        && (missed || list->nelts != worker->bench->tokens)) {
        fprintf(stderr, "store: the feed read %d rows, missed %d\n",
                list->nelts, missed);
        return APR_EGENERAL;
    }
    return status == APR_SUCCESS
        ? acct_check_row_read(worker->db, &row, pool) : status;
}

const work_t work_feed = { "feed", begin_feed, read_feed };

int print_feed_sql(const char *driver, apr_pool_t *pool)
{
    int count;
    const acct_statement_t *list = acct_store_statements(driver, &count, pool);
    const char *label = "revocation_after";
    int i;

    for (i = 0; i < count; i++) {
        if (strcmp(list[i].label, label) == 0) {
            printf("%s\n", list[i].sql);
            return 0;
        }
    }
    return 1;
}
