/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <apr_reslist.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

/* sqlite runs one statement at a time in a process whatever the number of
 * connections; the others are for those that wait for a lock. */
#define MOST_CONNECTIONS 16

struct acct_pool_t {
    acct_db_config_t config;
    apr_reslist_t *connections;     /* child only */
    apr_thread_mutex_t *writer;     /* child only: see acquire */
};

acct_pool_t *acct_pool_make(const acct_db_config_t *config,
                            apr_pool_t *pconf)
{
    acct_pool_t *pool = apr_pcalloc(pconf, sizeof(*pool));

    pool->config = *config;
    return pool;
}

/* ---- opening ---- */

static const char *schema_error(const acct_db_config_t *config,
                                acct_schema_e found, int version,
                                const char *detail, apr_pool_t *p)
{
    switch (found) {
    case ACCT_SCHEMA_CURRENT:
        return NULL;
    case ACCT_SCHEMA_MISSING:
        return apr_psprintf(p, "the database %s has no account tables; make "
                            "them with: acctauth init -d %s -p FILE --key "
                            "KEYFILE", config->params, config->driver);
    case ACCT_SCHEMA_OLDER:
        return apr_psprintf(p, "the database %s has schema version %d and "
                            "this module needs %d; it was made by a version "
                            "that was never released: make a new one with "
                            "acctauth init", config->params, version,
                            ACCT_SCHEMA_VERSION);
    case ACCT_SCHEMA_NEWER:
        return apr_psprintf(p, "the database %s has schema version %d, made "
                            "by a newer mod_acctauth; this one knows %d: "
                            "install the newer module", config->params,
                            version, ACCT_SCHEMA_VERSION);
    case ACCT_SCHEMA_DAMAGED:
        break;
    }
    return apr_psprintf(p, "the database %s is damaged: %s; restore a "
                        "backup, or compare it with the schema in sql/",
                        config->params, detail);
}

static apr_status_t open_checked(acct_db_t **db,
                                 const acct_db_config_t *config,
                                 const char **error, apr_pool_t *p)
{
    const acct_statement_t *statements;
    const char *detail = "";
    acct_schema_e found;
    apr_status_t status;
    int version;
    int count;

    status = acct_db_open(db, config, NULL, 0, p, error);
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(p, "the database %s cannot be opened: %s; a "
                              "new one is made with: acctauth init -d %s "
                              "-p FILE --key KEYFILE", config->params,
                              *error, config->driver);
        return status;
    }
    status = acct_store_check_schema(*db, &found, &version, &detail, p);
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(p, "the database %s cannot be read: %s",
                              config->params, acct_db_error(*db));
    }
    else if (found != ACCT_SCHEMA_CURRENT) {
        *error = schema_error(config, found, version, detail, p);
        status = APR_EGENERAL;
    }
    else {
        statements = acct_store_statements(config->driver, &count);
        status = acct_db_prepare(*db, statements, count, p, error);
        if (status != APR_SUCCESS) {
            *error = apr_psprintf(p, "the database %s does not take a "
                                  "statement: %s", config->params, *error);
        }
    }
    if (status != APR_SUCCESS) {
        acct_db_close(*db);
        *db = NULL;
    }
    return status;
}

apr_status_t acct_pool_check_database(const acct_db_config_t *config,
                                      const char **key_id,
                                      const char **error, apr_pool_t *p)
{
    acct_db_t *db;
    apr_status_t status;

    *key_id = NULL;
    status = acct_db_init(p, config->driver, error);
    if (status == APR_SUCCESS) {
        status = open_checked(&db, config, error, p);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_store_meta_get(db, "key_id", key_id, p);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        *key_id = NULL;
        status = APR_SUCCESS;
    }
    else if (status != APR_SUCCESS) {
        *error = apr_psprintf(p, "the database %s cannot be read: %s",
                              config->params, acct_db_error(db));
    }
    acct_db_close(db);
    return status;
}

/* ---- the list ---- */

/* A request that wants to know why there is no connection hands in where
 * to write it; the list's own parameter cannot carry that. */
static apr_status_t construct(void **resource, void *params, apr_pool_t *p)
{
    const acct_pool_t *pool = params;
    const char *error = NULL;
    apr_pool_t *scratch;
    apr_status_t status;

    (void)p;
    status = apr_pool_create_unmanaged_ex(&scratch, NULL, NULL);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = open_checked((acct_db_t **)resource, &pool->config, &error,
                          scratch);
    apr_pool_destroy(scratch);
    return status;
}

static apr_status_t destruct(void *resource, void *params, apr_pool_t *p)
{
    (void)params;
    (void)p;
    acct_db_close(resource);
    return APR_SUCCESS;
}

apr_status_t acct_pool_child_init(acct_pool_t *pool, int threads,
                                  apr_pool_t *pchild)
{
    const char *error;
    apr_status_t status;
    int most = threads < 1 ? 1 : threads;

    if (most > MOST_CONNECTIONS) {
        most = MOST_CONNECTIONS;
    }
    status = acct_db_init(pchild, pool->config.driver, &error);
    if (status == APR_SUCCESS) {
        status = apr_thread_mutex_create(&pool->writer,
                                         APR_THREAD_MUTEX_TIMED, pchild);
    }
    if (status == APR_SUCCESS) {
        status = apr_reslist_create(&pool->connections, 0, most, most, 0,
                                    construct, destruct, pool, pchild);
    }
    if (status != APR_SUCCESS) {
        pool->connections = NULL;
        return status;
    }
    apr_reslist_timeout_set(pool->connections, ACCT_POOL_WAIT);
    return APR_SUCCESS;
}

/* Why no connection could be opened: try once more outside the list, for
 * the words. A database that answers this time is a connection won. */
static apr_status_t explain(const acct_pool_t *pool, const char **error,
                            apr_pool_t *p)
{
    acct_db_t *db;
    apr_status_t status;

    status = open_checked(&db, &pool->config, error, p);
    if (status == APR_SUCCESS) {
        acct_db_close(db);
        *error = apr_psprintf(p, "the database %s did not answer just now",
                              pool->config.params);
    }
    return status;
}

static apr_status_t acquire(acct_pool_t *pool, acct_db_t **db,
                            const char **error, apr_pool_t *p)
{
    apr_status_t status;
    void *resource;

    for (;;) {
        status = apr_reslist_acquire(pool->connections, &resource);
        if (APR_STATUS_IS_TIMEUP(status)) {
            *error = "all connections to the database are in use";
            return status;
        }
        if (status != APR_SUCCESS) {
            explain(pool, error, p);
            return status;
        }
        if (acct_db_is_current(resource)) {
            *db = resource;
            return APR_SUCCESS;
        }
        /* Another file has the name now, or none: what this connection
         * reads is no longer the database. There are only so many. */
        apr_reslist_invalidate(pool->connections, resource);
    }
}

apr_status_t acct_pool_acquire(acct_pool_t *pool, acct_unit_e unit,
                               acct_db_t **db, const char **error,
                               apr_pool_t *p)
{
    apr_status_t status;

    if (pool->connections == NULL) {
        *error = "the connections could not be set up when the child began";
        return APR_EINIT;
    }
    if (unit == ACCT_UNIT_READ) {
        return acquire(pool, db, error, p);
    }
    /* One writer of a child at a time: sqlite has one anyway, and
     * apr_dbd's answer to a second is to sleep for 100 ms at a time with
     * a connection in its hands. */
    status = apr_thread_mutex_timedlock(pool->writer, ACCT_POOL_WAIT);
    if (status != APR_SUCCESS) {
        *error = "other requests keep writing to the database";
        return status;
    }
    status = acquire(pool, db, error, p);
    if (status != APR_SUCCESS) {
        apr_thread_mutex_unlock(pool->writer);
    }
    return status;
}

void acct_pool_release(acct_pool_t *pool, acct_unit_e unit, acct_db_t *db)
{
    if (acct_db_is_broken(db)) {
        apr_reslist_invalidate(pool->connections, db);
    }
    else {
        apr_reslist_release(pool->connections, db);
    }
    if (unit == ACCT_UNIT_WRITE) {
        apr_thread_mutex_unlock(pool->writer);
    }
}
