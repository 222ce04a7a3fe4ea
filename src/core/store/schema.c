/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of store/store.h that looks at the schema and makes it.
 */
#include "store/drivers.h"

#include <errno.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "base/shell.h"
#include "database/file_trouble.h"
#include "store/drivers.h"

/* How long the first look waits for another's lock: half a second. */
#define BUSY_TRIES 25
#define BUSY_PAUSE apr_time_from_msec(20)

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char *const tables[] = {
    "meta", "account", "token", "revocation", "known_network", "limited",
    "limit_clear", "link", "name_hold", "recovery_code", "mail",
    "mail_count", "import_run", "imported"
};

/* table.columns of the unique indexes; "where" for one of a part. */
static const char *const unique_indexes[] = {
    "account.username_key", "account.email_key", "token.digest",
    "token.account_id where"
};

/* The first of @a wanted that is not in the rows' first column, or NULL. */
static const char *first_absent(const char *const *wanted, size_t count,
                                const acct_rows_t *rows)
{
    for (size_t i = 0; i < count; i++) {
        int found = 0;

        for (int j = 0; j < rows->count && !found; j++) {
            const char *name = rows->cell[j][0];

            found = name && strcmp(name, wanted[i]) == 0;
        }
        if (!found) {
            return wanted[i];
        }
    }
    return NULL;
}

/* The version in meta; 0 where there is none that makes sense. */
static apr_status_t read_version(acct_db_t *db, int *version,
                                 apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv = acct_db_query(db, "SELECT value FROM meta WHERE "
                                        "name = 'schema_version'",
                                    &rows, pool);

    *version = 0;
    if (rv == APR_SUCCESS && rows.count == 1 && rows.cell[0][0]) {
        char *end;
        apr_int64_t number = apr_strtoi64(rows.cell[0][0], &end, 10);

        if (*end == '\0' && number > 0 && number <= APR_INT32_MAX) {
            *version = (int)number;
        }
    }
    return rv;
}

/* What of the current version is not there, or NULL. */
static apr_status_t find_damage(acct_db_t *db,
                                const acct_store_driver_t *catalogue,
                                const acct_rows_t *present,
                                const char **detail, apr_pool_t *pool)
{
    acct_rows_t rows;
    const char *absent = first_absent(tables, COUNT(tables), present);
    apr_status_t rv;

    if (absent) {
        *detail = apr_psprintf(pool, "the table %s is missing", absent);
        return APR_SUCCESS;
    }
    rv = acct_db_query(db, catalogue->unique_indexes, &rows, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    absent = first_absent(unique_indexes, COUNT(unique_indexes), &rows);
    if (absent) {
        *detail = apr_psprintf(pool, "the unique index on %s is missing",
                               absent);
    }
    return APR_SUCCESS;
}

static apr_status_t check_once(acct_db_t *db, acct_schema_e *found,
                               int *version, const char **detail,
                               apr_pool_t *pool)
{
    const acct_store_driver_t *catalogue = acct_store_driver_of(db);
    acct_rows_t rows;
    apr_status_t rv;

    *found = ACCT_SCHEMA_DAMAGED;
    *version = 0;
    *detail = NULL;
    if (!catalogue) {
        return APR_ENOTIMPL;
    }
    rv = acct_db_query(db, catalogue->tables, &rows, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (rows.count == 0) {
        *found = ACCT_SCHEMA_MISSING;
        return APR_SUCCESS;
    }
    /* the version first: another version may have other tables */
    if (first_absent(tables, 1, &rows)) {
        *detail = "the table meta is missing";
        return APR_SUCCESS;
    }
    rv = read_version(db, version, pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (*version == 0) {
        *detail = "meta has no schema_version";
        return APR_SUCCESS;
    }
    if (*version != ACCT_SCHEMA_VERSION) {
        *found = *version < ACCT_SCHEMA_VERSION ? ACCT_SCHEMA_OLDER
                                                : ACCT_SCHEMA_NEWER;
        return APR_SUCCESS;
    }
    rv = find_damage(db, catalogue, &rows, detail, pool);
    if (rv == APR_SUCCESS && !*detail) {
        *found = ACCT_SCHEMA_CURRENT;
    }
    return rv;
}

/* Each of its questions sees what is committed by then: of tables that an
 * upgrade makes between two of them the first knows nothing. So damage is
 * looked at twice. */
apr_status_t acct_store_check_schema(acct_db_t *db, acct_schema_e *found,
                                     int *version, const char **detail,
                                     apr_pool_t *pool)
{
    apr_status_t rv = check_once(db, found, version, detail, pool);

    if (rv == APR_SUCCESS && *found == ACCT_SCHEMA_DAMAGED
        && *version == ACCT_SCHEMA_VERSION) {
        rv = check_once(db, found, version, detail, pool);
    }
    return rv;
}

/* The command that makes the database. What lies in the way of a file by
 * its name is moved away, never removed. */
static const char *remake(const acct_db_config_t *config, int is_there,
                          apr_pool_t *pool)
{
    const char *command = config->remake;

    if (!command) {
        command = apr_pstrcat(pool, "acctauth init ",
                              acct_db_options(config, pool),
                              " --key KEYFILE", NULL);
    }
    if (is_there && acct_db_is_file(config->driver)) {
        const char *file = acct_shell_word(config->params, pool);

        command = apr_pstrcat(pool, "mv ", file, " ", file, ".old && ",
                              command, NULL);
    }
    return command;
}

static const char *schema_error(const acct_db_config_t *config,
                                acct_schema_e found, int version,
                                const char *detail, apr_pool_t *pool)
{
    const char *name = acct_db_describe(config);

    switch (found) {
    case ACCT_SCHEMA_CURRENT:
        return NULL;
    case ACCT_SCHEMA_MISSING:
        return apr_psprintf(pool, "the database %s has no account tables; "
                            "make one that has with: %s", name,
                            remake(config, 1, pool));
    case ACCT_SCHEMA_OLDER:
        return apr_psprintf(pool, "the database %s has schema version %d, "
                            "this version needs %d; bring it there with: "
                            "acctauth upgrade %s", name, version,
                            ACCT_SCHEMA_VERSION,
                            acct_db_options(config, pool));
    case ACCT_SCHEMA_NEWER:
        return apr_psprintf(pool, "the database %s has schema version %d, "
                            "made by a newer mod_acctauth; this one knows "
                            "%d: install the newer one", name, version,
                            ACCT_SCHEMA_VERSION);
    case ACCT_SCHEMA_DAMAGED:
        break;
    }
    return apr_psprintf(pool, "the database %s is damaged: %s; restore it "
                        "from a backup", name, detail ? detail : "unknown");
}

static const char *read_error(acct_db_t *db, const acct_db_config_t *config,
                              apr_pool_t *pool)
{
    return apr_psprintf(pool, "the database %s cannot be read: %s",
                        acct_db_describe(config),
                        acct_store_cause(config, acct_db_error(db), pool));
}

/* Of a schema that is known only its version has to be looked at: that is a
 * row, and no part of the text. */
static apr_status_t look_over(acct_db_t *db, const acct_db_config_t *config,
                              uint64_t *schema, acct_schema_e *found,
                              int *version, const char **detail,
                              apr_pool_t *pool)
{
    apr_status_t rv = APR_SUCCESS;

    *schema = 0;
    if (config->schemas) {
        rv = acct_schema_read(db, schema, pool);
    }
    if (rv == APR_SUCCESS && acct_schema_is_known(config->schemas, *schema)
        && read_version(db, version, pool) == APR_SUCCESS
        && *version == ACCT_SCHEMA_VERSION) {
        *found = ACCT_SCHEMA_CURRENT;
        return APR_SUCCESS;
    }
    return rv == APR_SUCCESS
        ? acct_store_check_schema(db, found, version, detail, pool) : rv;
}

/* APR_EMISMATCH where it is another schema, or none. */
static apr_status_t require_schema(acct_db_t *db,
                                   const acct_db_config_t *config,
                                   uint64_t *schema, apr_pool_t *pool,
                                   const char **error)
{
    const char *detail = NULL;
    acct_schema_e found;
    int version;
    apr_status_t rv = look_over(db, config, schema, &found, &version,
                                &detail, pool);

    if (rv != APR_SUCCESS) {
        *error = read_error(db, config, pool);
        return rv;
    }
    if (found != ACCT_SCHEMA_CURRENT) {
        *error = schema_error(config, found, version, detail, pool);
        return APR_EMISMATCH;
    }
    return APR_SUCCESS;
}

apr_status_t acct_store_check_version(acct_db_t *db,
                                      const acct_db_config_t *config,
                                      apr_pool_t *pool, const char **error)
{
    uint64_t schema;
    int version;
    apr_status_t rv = read_version(db, &version, pool);

    if (rv != APR_SUCCESS && !acct_db_is_broken(db)) {
        /* sqlite fails the first question after a change of tables */
        rv = read_version(db, &version, pool);
    }
    if (rv != APR_SUCCESS) {
        *error = read_error(db, config, pool);
        return rv;
    }
    return version == ACCT_SCHEMA_VERSION
        ? APR_SUCCESS : require_schema(db, config, &schema, pool, error);
}

apr_status_t acct_store_make_ready(acct_db_t *db,
                                   const acct_db_config_t *config,
                                   apr_pool_t *pool, const char **error)
{
    const char *name = acct_db_describe(config);
    const acct_statement_t *statements;
    uint64_t schema;
    apr_status_t rv = require_schema(db, config, &schema, pool, error);
    int count;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    statements = acct_store_statements(config->driver, &count, pool);
    rv = acct_schema_is_known(config->schemas, schema)
        ? acct_db_expect(db, statements, count, pool, error)
        : acct_db_prepare(db, statements, count, pool, error);
    if (rv != APR_SUCCESS) {
        *error = apr_psprintf(pool, "the database %s does not take a "
                              "statement: %s", name, *error);
        return rv;
    }
    acct_schema_keep(config->schemas, schema);
    acct_db_guard(db, "SELECT value FROM meta WHERE name = "
                      "'schema_version'",
                  APR_STRINGIFY(ACCT_SCHEMA_VERSION));
    return APR_SUCCESS;
}

const char *acct_store_cause(const acct_db_config_t *config,
                             const char *said, apr_pool_t *pool)
{
    const char *cause = NULL;

    if (acct_db_is_file(config->driver)
        && acct_file_trouble_is_likely(said)) {
        cause = acct_file_trouble(config->params, pool);
    }
    if (!cause && strcmp(said, "database or disk is full") == 0) {
        /* what was too little for a page may do for a look */
        cause = acct_file_trouble_words(ENOSPC, pool);
    }
    return cause ? cause : said;
}

const char *acct_store_open_error(const acct_db_config_t *config,
                                  apr_status_t status, const char *error,
                                  apr_pool_t *pool)
{
    const char *remedy = "";
    const char *cause = NULL;

    if (!acct_db_is_file(config->driver)) {
        return apr_psprintf(pool, "the database %s cannot be reached: %s",
                            acct_db_describe(config), error);
    }
    if (APR_STATUS_IS_ENOENT(status)) {
        remedy = apr_psprintf(pool, "; put it back, or make a "
                              "new one with: %s",
                              remake(config, 0, pool));
    }
    else if (APR_STATUS_IS_EACCES(status)
             || acct_file_trouble_is_likely(error)) {
        cause = acct_file_trouble(config->params, pool);
        remedy = cause && strcmp(cause, acct_file_trouble_words(EACCES, pool))
            ? "" : "; the user that httpd's children run as must "
            "be able to read and write it, and to make files beside it";
    }
    else if (strstr(error, "not a database") != NULL) {
        remedy = "; restore it from a backup, or name the file that "
            "acctauth init made";
    }
    return apr_psprintf(pool, "the database %s cannot be opened: %s%s",
                        acct_db_describe(config), cause ? cause : error,
                        remedy);
}

apr_status_t acct_store_open(acct_db_t **db, const acct_db_config_t *config,
                             apr_pool_t *pool, const char **error)
{
    int tries = BUSY_TRIES;
    apr_status_t rv;

    for (;;) {
        int busy;

        rv = acct_db_open(db, config, NULL, 0, pool, error);
        if (rv != APR_SUCCESS) {
            *error = acct_store_open_error(config, rv, *error, pool);
            return rv;
        }
        rv = acct_store_make_ready(*db, config, pool, error);
        if (rv == APR_SUCCESS) {
            return rv;
        }
        busy = acct_db_is_busy(*db);
        acct_db_close(*db);
        *db = NULL;
        if (!busy || --tries == 0) {
            return rv;
        }
        apr_sleep(BUSY_PAUSE);
    }
}

/* Cut off and return the next statement of *rest, without what follows
 * its semicolon and without comments; NULL when there is none. */
static char *next_statement(char **rest)
{
    char *start = NULL;

    while (**rest) {
        char *line = *rest;
        char *end = line + strcspn(line, "\n");
        const char *first = line + strspn(line, " \t\r\n");

        *rest = *end ? end + 1 : end;
        if (!start && (first >= end || strncmp(first, "--", 2) == 0)) {
            continue;
        }
        start = start ? start : line;
        while (end > line && apr_isspace(end[-1])) {
            end--;
        }
        if (end > line && end[-1] == ';') {
            *end = '\0';
            return start;
        }
    }
    return start;
}

apr_status_t acct_store_run_schema(acct_db_t *db, const char *sql,
                                   apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, sql);
    char *statement;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS
           && (statement = next_statement(&rest)) != NULL) {
        rv = acct_db_exec(db, statement, pool);
    }
    return rv;
}

static apr_status_t run_schema(acct_db_t *db, void *sql, apr_pool_t *pool)
{
    return acct_store_run_schema(db, sql, pool);
}

apr_status_t acct_store_create_schema(acct_db_t *db, const char *sql,
                                      apr_pool_t *pool)
{
    return acct_db_transact(db, run_schema, (void *)sql, pool);
}
