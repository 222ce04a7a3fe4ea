/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/source_tables.h"

#include <apr_dbd.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "database/database.h"

#define PAGE "1000"
#define COLUMNS_MAX 24

struct acct_tables_t {
    apr_pool_t *pool;
    apr_pool_t *page;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
};

static apr_status_t close_tables(void *data)
{
    acct_tables_t *tables = data;

    apr_dbd_close(tables->driver, tables->handle);
    return APR_SUCCESS;
}

/* Escapes what a URI would understand. */
static const char *read_only_uri(const char *path, apr_pool_t *pool)
{
    char *uri = apr_palloc(pool, 3 * strlen(path) + sizeof("file://?mode=ro"));
    char *to = apr_cpystrn(uri, "file://", sizeof("file://"));

    for (; *path != '\0'; path++) {
        if (strchr("%?#", *path) != NULL) {
            to += apr_snprintf(to, 4, "%%%02x", (unsigned char)*path);
        }
        else {
            *to++ = *path;
        }
    }
    memcpy(to, "?mode=ro", sizeof("?mode=ro"));
    return uri;
}

apr_status_t acct_tables_open(acct_tables_t **tables, const char *path,
                              apr_pool_t *pool, const char **error)
{
    acct_tables_t *made = apr_pcalloc(pool, sizeof(*made));
    char *whole;
    int changed;
    apr_status_t status = acct_db_init(pool, "sqlite3", error);

    made->pool = pool;
    if (status != APR_SUCCESS
        || (status = apr_pool_create(&made->page, pool)) != APR_SUCCESS
        || (status = apr_dbd_get_driver(pool, "sqlite3", &made->driver))
           != APR_SUCCESS
        || (status = apr_filepath_merge(&whole, NULL, path,
                                        APR_FILEPATH_NATIVE, pool))
           != APR_SUCCESS) {
        return status;
    }
    *error = "it cannot be opened";
    status = apr_dbd_open_ex(made->driver, pool, read_only_uri(whole, pool),
                             &made->handle, error);
    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(pool, made, close_tables,
                              apr_pool_cleanup_null);
    if (apr_dbd_query(made->driver, made->handle, &changed, "BEGIN") != 0) {
        *error = apr_pstrdup(pool, apr_dbd_error(made->driver, made->handle,
                                                 0));
        return APR_EGENERAL;
    }
    *tables = made;
    return APR_SUCCESS;
}

/* As SQL quotes what is in a text, and a name. */
static const char *quoted(const char *text, char quote, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(text) + 3);
    char *to = made;

    *to++ = quote;
    for (; *text != '\0'; text++) {
        if (*text == quote) {
            *to++ = quote;
        }
        *to++ = *text;
    }
    *to++ = quote;
    *to = '\0';
    return made;
}

int acct_tables_has(acct_tables_t *tables, const char *table,
                    const char *column)
{
    apr_pool_t *pool = tables->page;
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *sql = apr_psprintf(
        pool, "SELECT 1 FROM pragma_table_info(%s) WHERE %s LIMIT 1",
        quoted(table, '\'', pool), column != NULL
        ? apr_pstrcat(pool, "name = ", quoted(column, '\'', pool), NULL)
        : "1");
    int found = apr_dbd_select(tables->driver, pool, tables->handle,
                               &results, sql, 1) == 0
        && apr_dbd_get_row(tables->driver, pool, results, &row, -1) == 0;

    apr_pool_clear(pool);
    return found;
}

/* A page behind a row's number, which is the first cell. */
static const char *page_of(acct_tables_t *tables, const char *table,
                           const char *list, apr_int64_t after,
                           apr_pool_t *pool)
{
    (void)tables;
    return apr_psprintf(pool, "SELECT rowid, %s FROM %s WHERE rowid > %"
                        APR_INT64_T_FMT " ORDER BY rowid LIMIT " PAGE, list,
                        quoted(table, '"', pool), after);
}

static apr_status_t show_page(acct_tables_t *tables, const char *sql,
                              int columns, acct_tables_row_fn *show,
                              void *baton, apr_int64_t *last,
                              const char **error)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *cell[COLUMNS_MAX];
    int code = apr_dbd_select(tables->driver, tables->page, tables->handle,
                              &results, sql, 1);
    apr_status_t status = APR_SUCCESS;

    if (code != 0) {
        *error = apr_pstrdup(tables->pool, apr_dbd_error(tables->driver,
                                                         tables->handle,
                                                         code));
        return APR_EGENERAL;
    }
    while (status == APR_SUCCESS
           && apr_dbd_get_row(tables->driver, tables->page, results, &row, -1)
              == 0) {
        for (int i = 0; i < columns; i++) {
            cell[i] = apr_dbd_get_entry(tables->driver, row, i + 1);
        }
        *last = apr_atoi64(apr_dbd_get_entry(tables->driver, row, 0));
        status = show(baton, cell);
    }
    return status;
}

apr_status_t acct_tables_each(acct_tables_t *tables, const char *table,
                              const char *const *columns,
                              acct_tables_row_fn *show, void *baton,
                              const char **error)
{
    const char *list = "";
    apr_int64_t after = APR_INT64_MIN;
    apr_int64_t last = 0;
    apr_status_t status = APR_SUCCESS;
    int count = 0;

    for (; columns[count] != NULL && count < COLUMNS_MAX; count++) {
        list = apr_pstrcat(tables->pool, list, count > 0 ? ", " : "",
                           acct_tables_has(tables, table, columns[count])
                           ? quoted(columns[count], '"', tables->pool)
                           : "NULL", NULL);
    }
    while (status == APR_SUCCESS && last != after) {
        last = after;
        status = show_page(tables, page_of(tables, table, list, after,
                                           tables->page),
                           count, show, baton, &after, error);
        apr_pool_clear(tables->page);
    }
    return status;
}
