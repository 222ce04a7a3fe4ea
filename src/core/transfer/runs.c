/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "store/drivers.h"
#include "transfer/put_in_sql.h"

#define SERVER_LOCK \
    "SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(" \
    "'acctauth import ' || current_schema(), 0)) THEN 1 ELSE 0 END"

/* Not one of the locks that sqlite has of the file. Closing any descriptor
 * would lose those: this one stays open until the process ends. */
static apr_status_t lock_file(const char *path, int *is_mine)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    *is_mine = flock(fd, LOCK_EX | LOCK_NB) == 0;
    return APR_SUCCESS;
}

apr_status_t acct_import_lock(acct_db_t *db, const acct_db_config_t *config,
                              int *is_mine, apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t status;

    *is_mine = 0;
    if (acct_db_is_file(config->driver)) {
        return lock_file(config->params, is_mine);
    }
    status = acct_db_query(db, SERVER_LOCK, &rows, pool);
    *is_mine = status == APR_SUCCESS && rows.count == 1
        && rows.cell[0][0] != NULL && rows.cell[0][0][0] == '1';
    return status;
}

typedef struct run_t {
    const char *name;
    const char *key;
    const char *state;
    const char *counts;
    int rows;
} run_t;

static apr_status_t begin_run(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const run_t *run = baton;
    apr_time_t now = apr_time_now();
    const acct_arg_t stop[] = { ACCT_INT(now) };
    const acct_arg_t begin[] = { ACCT_TEXT(run->name), ACCT_INT(now) };
    apr_status_t status = ACCT_RUN(
        db, acct_put_number(db, ACCT_PUT_RUN_STOP_OTHERS), stop, NULL, pool);

    if (status == APR_SUCCESS) {
        status = ACCT_RUN(db, acct_put_number(db, ACCT_PUT_RUN_BEGIN), begin,
                          NULL, pool);
    }
    return status == APR_SUCCESS
        ? acct_store_meta_add(db, "import_key", run->key, pool) : status;
}

apr_status_t acct_import_run_begin(acct_db_t *db, const char *name,
                                   apr_pool_t *pool)
{
    run_t run = { .name = name };
    apr_status_t status = acct_token_mint(32, &run.key, pool);

    return status == APR_SUCCESS
        ? acct_db_transact(db, begin_run, &run, pool) : status;
}

static apr_status_t end_run(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const run_t *run = baton;
    const acct_arg_t args[] = {
        ACCT_INT(apr_time_now()), ACCT_TEXT(run->state),
        ACCT_TEXT(run->counts), ACCT_TEXT(run->name)
    };

    return ACCT_RUN(db, acct_put_number(db, ACCT_PUT_RUN_END), args, NULL,
                    pool);
}

apr_status_t acct_import_run_end(acct_db_t *db, const char *name, int is_done,
                                 const char *counts, apr_pool_t *pool)
{
    run_t run = { .name = name, .state = is_done ? "done" : "stopped",
                  .counts = counts };

    return acct_db_transact(db, end_run, &run, pool);
}

apr_status_t acct_import_run_list(acct_db_t *db, const char *name,
                                  apr_array_header_t **list,
                                  apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(name), ACCT_TEXT(name) };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(
        db, acct_put_number(db, ACCT_PUT_RUN_LIST), args, &rows, pool);

    *list = apr_array_make(pool, 4, sizeof(acct_import_run_t));
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        acct_taker_t row = acct_take_row(&rows, i);
        acct_import_run_t *run = apr_array_push(*list);

        run->id = acct_take_number(&row, 1, APR_INT64_MAX);
        run->name = acct_take_text(&row);
        run->started_at = acct_take_number(&row, 0, APR_INT64_MAX);
        run->ended_at = acct_take_number(&row, 0, APR_INT64_MAX);
        run->state = acct_take_text(&row);
        run->counts = acct_take_text(&row);
        status = acct_taken(&row);
    }
    return status;
}

static apr_status_t forget(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    run_t *run = baton;
    const acct_arg_t args[] = { ACCT_TEXT(run->name) };
    apr_status_t status = ACCT_RUN(db, acct_put_number(db, ACCT_PUT_FORGET),
                                   args, &run->rows, pool);

    return status == APR_SUCCESS
        ? ACCT_RUN(db, acct_put_number(db, ACCT_PUT_FORGET_RUNS), args, NULL,
                   pool) : status;
}

apr_status_t acct_import_forget(acct_db_t *db, const char *name, int *rows,
                                apr_pool_t *pool)
{
    run_t run = { .name = name };
    apr_status_t status = acct_db_transact(db, forget, &run, pool);

    *rows = run.rows;
    return status;
}
