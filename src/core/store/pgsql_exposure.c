/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of store/store.h that looks at what surrounds the tables on a
 * server: what strangers may do there, what may be hidden from us, and whether
 * a connection is one.
 */
#include "store/pgsql_exposure.h"

#include <string.h>

#include <apr_strings.h>

/* Something that is wrong; each row that sql returns is a statement that
 * mends a part of it, and can be pasted as it is. */
typedef struct exposure_t {
    const char *what;           /* %s: the database */
    const char *sql;
} exposure_t;

static const exposure_t exposures[] = {
    { "everybody who can connect to the database %s can make themselves an "
      "account or a token",
      "SELECT 'REVOKE CREATE ON SCHEMA ' || quote_ident(nspname) "
      "|| ' FROM PUBLIC' FROM pg_namespace "
      "WHERE nspname = ANY (current_schemas(false)) "
      "AND has_schema_privilege('public', oid, 'CREATE') "
      "UNION ALL SELECT 'REVOKE ALL ON ' || quote_ident(c.relname) "
      "|| ' FROM PUBLIC' " ACCT_PGSQL_TABLES
      "AND has_table_privilege('public', c.oid, "
      "'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')" },
    /* a role that got in as one of all has to be let in by name first */
    { "everybody on the server of the database %s can connect to it, take "
      "its connections and hold what others wait for",
      "SELECT said FROM (SELECT 1 AS place, 'GRANT CONNECT ON DATABASE ' "
      "|| quote_ident(datname) || ' TO ' || quote_ident(current_user) "
      "AS said FROM pg_database WHERE datname = current_database() "
      "AND NOT pg_has_role(datdba, 'USAGE') "
      "UNION ALL SELECT 2, 'REVOKE CONNECT, TEMPORARY ON DATABASE ' "
      "|| quote_ident(current_database()) || ' FROM PUBLIC') AS steps "
      "WHERE has_database_privilege('public', current_database(), "
      "'CONNECT, TEMPORARY') ORDER BY place" },
    { "row level security hides rows of the database %s, so that good "
      "tokens would be refused and revoked ones let in",
      "SELECT 'ALTER TABLE ' || quote_ident(c.relname) "
      "|| ' DISABLE ROW LEVEL SECURITY' " ACCT_PGSQL_TABLES
      "AND row_security_active(c.oid)" }
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* What is wrong and what to say, as one more sentence of @a text. */
static const char *add_sentence(const char *text, const char *what,
                                const char *name, const acct_rows_t *rows,
                                apr_pool_t *pool)
{
    for (int i = 0; i < rows->count; i++) {
        text = i > 0
            ? apr_pstrcat(pool, text, "; ", rows->cell[i][0], NULL)
            : apr_pstrcat(pool, text ? text : "", text ? ". And " : "",
                          apr_psprintf(pool, what, name), "; say in it: ",
                          rows->cell[i][0], NULL);
    }
    return text;
}

apr_status_t acct_pgsql_find_exposure(acct_db_t *db, const char *name,
                                      const char **exposure,
                                      apr_pool_t *pool)
{
    *exposure = NULL;
    for (size_t i = 0; i < COUNT(exposures); i++) {
        acct_rows_t rows;
        apr_status_t rv = acct_db_query(db, exposures[i].sql, &rows, pool);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        *exposure = add_sentence(*exposure, exposures[i].what, name, &rows,
                                 pool);
    }
    return APR_SUCCESS;
}

/* Whose process it is on the server that answers a connection now. */
static apr_status_t read_process(acct_db_t *db, const char **process,
                                 apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv = acct_db_query(db, "SELECT pg_backend_pid()", &rows,
                                    pool);

    if (rv == APR_SUCCESS && (rows.count != 1 || !rows.cell[0][0])) {
        rv = APR_EGENERAL;
    }
    *process = rv == APR_SUCCESS ? rows.cell[0][0] : NULL;
    return rv;
}

apr_status_t acct_pgsql_find_shared(acct_db_t *db, acct_db_t *other,
                                    int *is_shared, apr_pool_t *pool)
{
    const char *first;
    const char *second;
    const char *others;
    apr_status_t rv;

    *is_shared = 0;
    if ((rv = read_process(db, &first, pool)) != APR_SUCCESS
        || (rv = read_process(db, &second, pool)) != APR_SUCCESS
        || (rv = read_process(other, &others, pool)) != APR_SUCCESS) {
        return rv;
    }
    *is_shared = strcmp(first, second) != 0 || strcmp(second, others) == 0;
    return APR_SUCCESS;
}
