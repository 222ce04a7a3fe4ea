/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"
#include "database_driver.h"

#include <stdlib.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>

/* apr_dbd frees a statement only when the handle is closed, so a handle
 * on which this many were prepared again has to go. */
#define MAX_HEALS 16

#define MAX_ARGS 16

/* How long opening waits for another's lock: half a second. */
#define BUSY_TRIES 25
#define BUSY_PAUSE apr_time_from_msec(20)

/* How often a file that somebody else may have shut us out of is tried. */
#define SHUT_OUT_TRIES 10
#define SHUT_OUT_PAUSE apr_time_from_msec(20)

typedef struct slot_t {
    apr_dbd_prepared_t *prepared;       /* NULL: prepare before use */
    int nargs;
} slot_t;

struct acct_db_t {
    apr_pool_t *pool;
    const acct_db_driver_t *driver;
    const apr_dbd_driver_t *dbd;
    apr_dbd_t *handle;
    void *session;              /* the driver's, in pool */
    const char *params;         /* in pool; may hold a secret */
    unsigned int generation;
    const char *guard_sql;      /* NULL: no guard */
    const char *guard_value;
    acct_db_identity_t identity;
    const acct_statement_t *statements;
    slot_t *slots;
    int count;
    int heals;
    unsigned int in_transaction : 1;
    unsigned int doomed : 1;    /* a statement of the transaction failed */
    unsigned int broken : 1;
    unsigned int busy : 1;      /* the last failure was another's lock */
    unsigned int conflict : 1;  /* the last failure was one */
    char error[256];
};

/* One run of a prepared statement. */
typedef struct run_t {
    int statement;
    int selects;
    const void *values[MAX_ARGS];
    apr_dbd_results_t *results;
    int changed;
    apr_pool_t *pool;
} run_t;

/*
 * Errors
 */

/* The first line alone: PostgreSQL's further lines (DETAIL) hold values. */
static void set_error(acct_db_t *db, const char *text)
{
    apr_cpystrn(db->error, text, sizeof(db->error));
    db->error[strcspn(db->error, "\r\n")] = '\0';
}

static acct_db_failure_e note_failure(acct_db_t *db, int code)
{
    const char *text = apr_dbd_error(db->dbd, db->handle, code);
    acct_db_failure_e failure = db->driver->judge(db->session, code,
                                                  text ? text : "", &text);

    db->busy = failure == ACCT_DB_FAILURE_BUSY;
    db->conflict = failure == ACCT_DB_FAILURE_CONFLICT;
    if (failure == ACCT_DB_FAILURE_LOST) {
        db->broken = 1;
    }
    if (!*text || strcmp(text, "not an error") == 0) {
        apr_snprintf(db->error, sizeof(db->error),
                     failure == ACCT_DB_FAILURE_STALE
                     ? "a prepared statement was lost (error %d)"
                     : "the driver reports error %d", code);
    }
    else {
        set_error(db, text);
    }
    return failure;
}

/*
 * Statements that are not prepared
 */

static apr_status_t copy_rows(acct_db_t *db, apr_dbd_results_t *results,
                              acct_rows_t *rows, apr_pool_t *pool)
{
    apr_dbd_row_t *row = NULL;
    int count = apr_dbd_num_tuples(db->dbd, results);
    int columns = apr_dbd_num_cols(db->dbd, results);

    if (count < 0 || columns < 0) {
        set_error(db, "a result without rows");
        return APR_EGENERAL;
    }
    rows->count = count;
    rows->columns = columns;
    rows->cell = apr_palloc(pool, sizeof(*rows->cell) * ((size_t)count + 1));
    for (int i = 0; i < count; i++) {
        const char **cell = apr_pcalloc(pool, sizeof(*cell)
                                              * ((size_t)columns + 1));

        /* -1, the next row: asking by number searches from the first */
        if (apr_dbd_get_row(db->dbd, pool, results, &row, -1) != 0) {
            set_error(db, "a result with too few rows");
            return APR_EGENERAL;
        }
        for (int j = 0; j < columns; j++) {
            const char *text = NULL;
            apr_status_t rv = apr_dbd_datum_get(db->dbd, row, j,
                                                APR_DBD_TYPE_STRING, &text);

            if (rv != APR_SUCCESS && rv != APR_ENOENT) {
                set_error(db, "a value that cannot be read");
                return rv;
            }
            cell[j] = rv == APR_SUCCESS ? apr_pstrdup(pool, text) : NULL;
        }
        rows->cell[i] = cell;
    }
    return APR_SUCCESS;
}

/* Failures that leave connection and statement as they were. */
static int is_harmless(acct_db_failure_e failure)
{
    return failure == ACCT_DB_FAILURE_FINAL
           || failure == ACCT_DB_FAILURE_BUSY
           || failure == ACCT_DB_FAILURE_CONFLICT;
}

/* APR_SUCCESS, or why nothing may run on the connection now. The text of
 * the first failure stays. */
static apr_status_t may_run(acct_db_t *db)
{
    if (db->broken || db->doomed) {
        return APR_EGENERAL;
    }
    db->error[0] = '\0';
    db->conflict = 0;
    return APR_SUCCESS;
}

apr_status_t acct_db_exec(acct_db_t *db, const char *sql, apr_pool_t *pool)
{
    int changed = 0;
    int code;

    (void)pool;
    if (may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    code = apr_dbd_query(db->dbd, db->handle, &changed, sql);
    if (code != 0) {
        note_failure(db, code);
        db->doomed = db->in_transaction;
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

apr_status_t acct_db_query(acct_db_t *db, const char *sql,
                           acct_rows_t *rows, apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;
    int code;

    memset(rows, 0, sizeof(*rows));
    if (may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    code = apr_dbd_select(db->dbd, pool, db->handle, &results, sql, 1);
    if (code != 0) {
        note_failure(db, code);
        db->doomed = db->in_transaction;
        return APR_EGENERAL;
    }
    return copy_rows(db, results, rows, pool);
}

/*
 * Open and close
 */

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

const char *acct_db_mask(const char *driver, const char *params,
                         apr_pool_t *pool, int *held_secret)
{
    const acct_db_driver_t *known = find_driver(driver);

    *held_secret = 0;
    return known && known->mask ? known->mask(params, pool, held_secret)
                                : params;
}

/* How many arguments apr_dbd will find in the text. */
static int count_args(const char *sql)
{
    int count = 0;

    for (; *sql; sql++) {
        if (sql[0] == '%') {
            count += apr_isalpha(sql[1]) ? 1 : 0;
            sql += sql[1] == '%' ? 1 : 0;
        }
    }
    return count;
}

/* A label of its own each time: PostgreSQL keeps the old one. */
static int prepare(acct_db_t *db, int i)
{
    const acct_statement_t *statement = &db->statements[i];
    const char *label = statement->label;
    slot_t *slot = &db->slots[i];
    int code;

    if (db->heals > 0) {
        label = apr_psprintf(db->pool, "%s_%d", label, db->heals);
    }
    slot->prepared = NULL;
    code = apr_dbd_prepare(db->dbd, db->pool, db->handle, statement->sql,
                           label, &slot->prepared);
    if (code != 0) {
        slot->prepared = NULL;
    }
    return code;
}

apr_status_t acct_db_prepare(acct_db_t *db,
                             const acct_statement_t *statements, int count,
                             apr_pool_t *pool, const char **error)
{
    db->statements = statements;
    db->count = count;
    db->slots = apr_pcalloc(db->pool, sizeof(*db->slots)
                                      * ((size_t)count + 1));
    for (int i = 0; i < count; i++) {
        int code;

        if (statements[i].driver
            && strcmp(statements[i].driver, db->driver->name) != 0) {
            db->slots[i].nargs = -1;    /* so it is never run */
            continue;
        }
        db->slots[i].nargs = count_args(statements[i].sql);
        if (db->slots[i].nargs > MAX_ARGS) {
            *error = apr_psprintf(pool, "statement %s: too many arguments",
                                  statements[i].label);
            return APR_EINVAL;
        }
        code = prepare(db, i);
        if (code != 0) {
            note_failure(db, code);
            *error = apr_psprintf(pool, "statement %s: %s",
                                  statements[i].label, db->error);
            return APR_EGENERAL;
        }
    }
    return APR_SUCCESS;
}

/* Like httpd's own pools: without memory there is nothing to go on with,
 * and nothing here looks for NULL from apr_palloc. */
static int out_of_memory(int retcode)
{
    (void)retcode;
    abort();
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
    rv = apr_pool_create_unmanaged_ex(&own, out_of_memory, NULL);
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
    /* Before the file is opened: one that is replaced in between is told
     * apart, and given up, at the first look. A failure here shows again
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

    /* sqlite locks the file for a moment when the last connection of
     * another process closes or its first one recovers the log, and says
     * so at once to who opens it just then. Where root opens the file, it
     * makes the files beside it as root's own and gives them away a moment
     * later: in between they shut everybody else out. */
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

void acct_db_set_generation(acct_db_t *db, unsigned int generation)
{
    db->generation = generation;
}

unsigned int acct_db_generation(const acct_db_t *db)
{
    return db->generation;
}

void acct_db_guard(acct_db_t *db, const char *sql, const char *value)
{
    db->guard_sql = sql;
    db->guard_value = value;
}

int acct_db_is_busy(const acct_db_t *db)
{
    return db->busy;
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

int acct_db_is_current(const acct_db_t *db)
{
    acct_db_identity_t now;

    if (db->driver->is_alive && !db->driver->is_alive(db->session)) {
        return 0;
    }
    return db->driver->identify == NULL
        || (db->driver->identify(db->params, &now) == APR_SUCCESS
            && now.device == db->identity.device
            && now.file == db->identity.file);
}

int acct_db_socket(const acct_db_t *db)
{
    return db->driver->socket ? db->driver->socket(db->session) : -1;
}

int acct_db_is_conflict(const acct_db_t *db)
{
    return db->conflict;
}

int acct_db_is_broken(const acct_db_t *db)
{
    return db->broken || db->in_transaction || db->heals >= MAX_HEALS;
}

const char *acct_db_error(const acct_db_t *db)
{
    return db->error;
}

const char *acct_db_driver(const acct_db_t *db)
{
    return db->driver->name;
}

/*
 * Prepared statements
 */

static int run_once(acct_db_t *db, run_t *run)
{
    slot_t *slot = &db->slots[run->statement];

    if (!slot->prepared) {
        int code = prepare(db, run->statement);

        if (code != 0) {
            return code;
        }
    }
    run->results = NULL;
    run->changed = 0;
    /* random = 1: all rows at once, or PostgreSQL's driver sleeps */
    return run->selects
           ? apr_dbd_pbselect(db->dbd, run->pool, db->handle, &run->results,
                              slot->prepared, 1, run->values)
           : apr_dbd_pbquery(db->dbd, run->pool, db->handle, &run->changed,
                             slot->prepared, run->values);
}

/* After a statement was found stale: somebody changed the schema. Whether
 * it still is the one this connection was opened for. */
static int guard_holds(acct_db_t *db, apr_pool_t *pool)
{
    acct_rows_t rows;

    if (!db->guard_sql) {
        return 1;
    }
    if (acct_db_query(db, db->guard_sql, &rows, pool) != APR_SUCCESS) {
        return 0;
    }
    if (rows.count == 1 && rows.columns == 1 && rows.cell[0][0]
        && strcmp(rows.cell[0][0], db->guard_value) == 0) {
        return 1;
    }
    set_error(db, "the schema is another one now");
    return 0;
}

/* Prepare a failed statement again and run it again where that is right;
 * 1 when it ran. */
static int heal(acct_db_t *db, run_t *run, acct_db_failure_e failure)
{
    int code;

    db->slots[run->statement].prepared = NULL;
    db->heals++;
    /* in a transaction the failed statement may have done something, or
     * have ended the transaction; a stale one has done nothing, but a
     * server ends the transaction even so */
    if (db->in_transaction && (failure != ACCT_DB_FAILURE_STALE
                               || db->driver->is_server)) {
        db->broken = 1;
        return 0;
    }
    if (failure == ACCT_DB_FAILURE_STALE && !guard_holds(db, run->pool)) {
        db->broken = 1;
        return 0;
    }
    code = run_once(db, run);
    if (code == 0) {
        db->error[0] = '\0';
        return 1;
    }
    if (!is_harmless(note_failure(db, code))) {
        db->broken = 1;
    }
    return 0;
}

static apr_status_t run_and_heal(acct_db_t *db, run_t *run)
{
    acct_db_failure_e failure;
    int code = run_once(db, run);

    if (code == 0) {
        return APR_SUCCESS;
    }
    failure = note_failure(db, code);
    if (!is_harmless(failure) && failure != ACCT_DB_FAILURE_LOST
        && heal(db, run, failure)) {
        return APR_SUCCESS;
    }
    db->doomed = db->in_transaction;
    return APR_EGENERAL;
}

static apr_status_t run_statement(acct_db_t *db, run_t *run,
                                  const acct_arg_t *args, int nargs)
{
    if (may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    if (run->statement < 0 || run->statement >= db->count
        || nargs != db->slots[run->statement].nargs) {
        set_error(db, "no such statement, or not its number of arguments");
        return APR_EINVAL;
    }
    for (int i = 0; i < nargs; i++) {
        run->values[i] = args[i].kind == ACCT_ARG_INT
                         ? (const void *)&args[i].number
                         : (const void *)args[i].text;
    }
    return run_and_heal(db, run);
}

apr_status_t acct_db_select(acct_db_t *db, int statement,
                            const acct_arg_t *args, int nargs,
                            acct_rows_t *rows, apr_pool_t *pool)
{
    run_t run = { .statement = statement, .selects = 1, .pool = pool };
    apr_status_t rv = run_statement(db, &run, args, nargs);

    memset(rows, 0, sizeof(*rows));
    return rv == APR_SUCCESS ? copy_rows(db, run.results, rows, pool) : rv;
}

apr_status_t acct_db_run(acct_db_t *db, int statement,
                         const acct_arg_t *args, int nargs, int *changed,
                         apr_pool_t *pool)
{
    run_t run = { .statement = statement, .selects = 0, .pool = pool };
    apr_status_t rv = run_statement(db, &run, args, nargs);

    if (changed) {
        *changed = rv == APR_SUCCESS ? run.changed : 0;
    }
    return rv;
}

/*
 * Transactions
 */

apr_status_t acct_db_begin(acct_db_t *db, apr_pool_t *pool)
{
    int changed = 0;
    int code;

    (void)pool;
    if (db->in_transaction) {
        set_error(db, "a transaction has begun already");
        return APR_EINVAL;
    }
    if (may_run(db) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    code = apr_dbd_query(db->dbd, db->handle, &changed, db->driver->begin);
    if (code != 0) {
        if (!is_harmless(note_failure(db, code))) {
            db->broken = 1;
        }
        return APR_EGENERAL;
    }
    db->in_transaction = 1;
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

apr_status_t acct_db_commit(acct_db_t *db, apr_pool_t *pool)
{
    acct_db_failure_e failure;
    int changed = 0;
    int none = 0;
    int code;

    if (!db->in_transaction) {
        set_error(db, "no transaction has begun");
        return APR_EINVAL;
    }
    /* PostgreSQL would answer COMMIT with success and roll back */
    if (may_run(db) != APR_SUCCESS) {
        acct_db_rollback(db, pool);
        return APR_EGENERAL;
    }
    code = apr_dbd_query(db->dbd, db->handle, &changed, "COMMIT");
    if (code == 0) {
        db->in_transaction = 0;
        return APR_SUCCESS;
    }
    failure = note_failure(db, code);
    if (roll_back(db, &none) || (none && is_harmless(failure))) {
        return APR_EGENERAL;
    }
    db->broken = 1;
    return ACCT_COMMIT_UNKNOWN;
}
