/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers; connections are opened and closed; see database/database.h. */
#include "database/connection.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "base/own_pool.h"
#include "base/shell.h"

/* How long opening waits for another's lock: half a second. */
#define BUSY_TRIES 25
#define BUSY_PAUSE apr_time_from_msec(20)

/* How often a file is tried that another process may have locked. */
#define SHUT_OUT_TRIES 10
#define SHUT_OUT_PAUSE apr_time_from_msec(20)

static const acct_db_driver_t *const drivers[] = {
    &acct_db_sqlite3, &acct_db_pgsql
};

static const acct_db_driver_t *find_driver(const char *name)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
        if (name && strcmp(drivers[i]->name, name) == 0) {
            return drivers[i];
        }
    }
    return NULL;
}

apr_status_t acct_db_init(apr_pool_t *pool, const char *driver,
                          const char **error)
{
    const acct_db_driver_t *known = find_driver(driver);
    const apr_dbd_driver_t *dbd;
    char text[120];
    apr_status_t rv;

    if (!known) {
        *error = apr_psprintf(pool, "unknown database driver \"%s\" "
                              "(known: sqlite3, pgsql)", driver ? driver : "");
        return APR_ENOTIMPL;
    }
    rv = apr_dbd_init(pool);
    if (rv == APR_SUCCESS) {
        rv = apr_dbd_get_driver(pool, known->name, &dbd);
    }
    if (rv != APR_SUCCESS) {
        *error = apr_psprintf(pool, "cannot load apr_dbd's driver %s: %s "
                              "(is the package %s installed?)",
                              known->name,
                              apr_strerror(rv, text, sizeof(text)),
                              known->package);
    }
    return rv;
}

int acct_db_is_known(const char *driver)
{
    return find_driver(driver) != NULL;
}

int acct_db_is_file(const char *driver)
{
    const acct_db_driver_t *known = find_driver(driver);

    return known && !known->is_server;
}

apr_status_t acct_db_resolve(acct_db_config_t *config, apr_pool_t *pool,
                             const char **error)
{
    const acct_db_driver_t *driver = find_driver(config->driver);

    *error = NULL;
    if (!driver || !config->params || !*config->params) {
        *error = driver ? "nothing to connect to"
                        : "unknown database driver";
        return APR_EINVAL;
    }
    config->name = NULL;
    return driver->resolve ? driver->resolve(config, pool, error)
                           : APR_SUCCESS;
}

const char *acct_db_describe(const acct_db_config_t *config)
{
    if (config->name) {
        return config->name;
    }
    return acct_db_is_file(config->driver) ? config->params
                                           : config->driver;
}

const char *acct_db_options(const acct_db_config_t *config,
                            apr_pool_t *pool)
{
    const char *params = config->written;

    if (!params && acct_db_is_file(config->driver)) {
        params = config->params;
    }
    return apr_pstrcat(pool, "-d ", config->driver, " -p ",
                       params ? acct_shell_word(params, pool) : "CONNECTION",
                       NULL);
}

const char *acct_db_mask(const char *driver, const char *params,
                         apr_pool_t *pool, int *held_secret)
{
    const acct_db_driver_t *known = find_driver(driver);

    *held_secret = 0;
    return known && known->mask ? known->mask(params, pool, held_secret)
                                : params;
}

static apr_status_t open_once(acct_db_t **db, const acct_db_config_t *config,
                              const acct_statement_t *statements, int count,
                              apr_pool_t *pool, const char **error)
{
    const acct_db_driver_t *driver = find_driver(config->driver);
    apr_pool_t *own;
    acct_db_t *opened;
    apr_status_t rv;

    *db = NULL;
    *error = NULL;
    if (!driver || !config->params || !*config->params) {
        *error = driver ? "nothing to connect to"
                        : "unknown database driver";
        return APR_EINVAL;
    }
    rv = acct_own_pool(&own);
    if (rv != APR_SUCCESS) {
        *error = "no memory for a connection";
        return rv;
    }
    opened = apr_pcalloc(own, sizeof(*opened));
    opened->pool = own;
    opened->driver = driver;
    rv = apr_dbd_get_driver(own, driver->name, &opened->dbd);
    if (rv != APR_SUCCESS) {
        *error = "the database driver is not loaded";
        goto leave;
    }
    opened->params = apr_pstrdup(own, config->params);
    /* Before the file is opened: one that is replaced in between is
     * recognised, and given up, at the first look. A failure here shows again
     * when it is opened. */
    if (driver->identify != NULL) {
        (void)driver->identify(opened->params, &opened->identity);
    }
    rv = driver->connect(opened->dbd, own, config, &opened->handle,
                         &opened->session, pool, error);
    if (rv == APR_SUCCESS) {
        rv = driver->settle(opened, config, pool, error);
    }
    if (rv == APR_SUCCESS) {
        rv = acct_db_prepare(opened, statements, count, pool, error);
    }
leave:
    if (rv != APR_SUCCESS) {
        rv = opened->busy ? APR_EBUSY : rv;
        *error = apr_pstrdup(pool, *error && **error ? *error
                                                     : "cannot connect");
        acct_db_close(opened);
        return rv;
    }
    *error = NULL;
    *db = opened;
    return APR_SUCCESS;
}

apr_status_t acct_db_open(acct_db_t **db, const acct_db_config_t *config,
                          const acct_statement_t *statements, int count,
                          apr_pool_t *pool, const char **error)
{
    int busy = BUSY_TRIES;
    int shut_out = SHUT_OUT_TRIES;
    apr_status_t rv;

    /* sqlite locks the file for a moment when the last connection of another
     * process closes or its first one recovers the log, and says so at once to
     * a process that opens it just then. Where root opens the file, it makes
     * the files beside it as root's own and gives them away a moment later: in
     * between they shut all others out. */
    for (;;) {
        rv = open_once(db, config, statements, count, pool, error);
        if (rv == APR_EBUSY && --busy > 0) {
            apr_sleep(BUSY_PAUSE);
        }
        else if (rv == APR_EACCES && --shut_out > 0) {
            apr_sleep(SHUT_OUT_PAUSE);
        }
        else {
            return rv;
        }
    }
}

void acct_db_close(acct_db_t *db)
{
    if (!db) {
        return;
    }
    if (db->handle) {
        apr_dbd_close(db->dbd, db->handle);
    }
    apr_pool_destroy(db->pool);
}
