/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes of each row that was read: whose names are in another's way, in
 * the source and here, and what earlier runs have made; see
 * transfer/transfer.h. All of it is asked of the work database.
 */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <string.h>

#include "store/drivers.h"
#include "store/imported.h"
#include "transfer/put_in_sql.h"

#define PAGE 1000

/* ---- what is here ---- */

typedef struct copy_t {
    acct_import_t *import;
    acct_db_t *db;
    const char *kind;           /* of what is known */
    const char *after;
    apr_int64_t after_id;
    int has_erased;
} copy_t;

static apr_status_t there_page(copy_t *copy, int *count, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(copy->after_id), ACCT_INT(PAGE) };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(
        copy->db, acct_put_number(copy->db, ACCT_PUT_ACCOUNT_KEYS), args,
        &rows, pool);

    *count = status == APR_SUCCESS ? rows.count : 0;
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        acct_taker_t row = acct_take_row(&rows, i);
        apr_int64_t id = acct_take_number(&row, 1, APR_INT64_MAX);
        const char *name = acct_take_maybe(&row);
        const char *email = acct_take_maybe(&row);
        const acct_arg_t there[] = {
            ACCT_INT(id), ACCT_TEXT(name), ACCT_TEXT(email)
        };

        copy->after_id = id;
        status = ACCT_RUN(copy->import->work, ACCT_WORK_ADD_THERE, there,
                          NULL, pool);
    }
    return status;
}

static apr_status_t held_page(copy_t *copy, int *count, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_INT(copy->import->now), ACCT_TEXT(copy->after), ACCT_INT(PAGE)
    };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(
        copy->db, acct_put_number(copy->db, ACCT_PUT_HELD), args, &rows,
        pool);

    *count = status == APR_SUCCESS ? rows.count : 0;
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        acct_taker_t row = acct_take_row(&rows, i);
        const char *key = acct_take_text(&row);
        apr_int64_t id = acct_take_number(&row, 0, APR_INT64_MAX);
        const acct_arg_t held[] = { ACCT_TEXT(key), ACCT_INT(id) };

        copy->after = apr_pstrdup(copy->import->pool, key);
        status = ACCT_RUN(copy->import->work, ACCT_WORK_ADD_HELD, held, NULL,
                          pool);
    }
    return status;
}

static apr_status_t known_page(copy_t *copy, int *count, apr_pool_t *pool)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(copy->import->options->name), ACCT_TEXT(copy->kind),
        ACCT_TEXT(copy->after), ACCT_INT(PAGE)
    };
    acct_rows_t rows;
    apr_status_t status = ACCT_SELECT(
        copy->db, acct_put_number(copy->db, ACCT_PUT_KNOWN), args, &rows,
        pool);

    *count = status == APR_SUCCESS ? rows.count : 0;
    for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
        const char **cell = rows.cell[i];
        const acct_arg_t known[] = {
            ACCT_TEXT(cell[0]), ACCT_TEXT(cell[1]),
            ACCT_INT(apr_atoi64(cell[2])), ACCT_TEXT(cell[3]),
            ACCT_TEXT(cell[4])
        };

        copy->has_erased |= strncmp(cell[1], "erased:", 7) == 0;
        copy->after = i + 1 < rows.count ? copy->after
            : apr_pstrdup(copy->import->pool, cell[1]);
        status = ACCT_RUN(copy->import->work, ACCT_WORK_ADD_KNOWN, known,
                          NULL, pool);
    }
    return status;
}

static apr_status_t copy_all(copy_t *copy,
                             apr_status_t (*page)(copy_t *copy, int *count,
                                                  apr_pool_t *pool))
{
    apr_pool_t *pool = copy->import->row;
    apr_status_t status;
    int count = PAGE;

    copy->after = "";
    copy->after_id = 0;
    status = acct_db_begin(copy->import->work, pool);
    while (status == APR_SUCCESS && count == PAGE) {
        status = page(copy, &count, pool);
        apr_pool_clear(pool);
    }
    return status == APR_SUCCESS ? acct_db_commit(copy->import->work, pool)
                                 : status;
}

static apr_status_t copy_what_is_here(acct_import_t *import, acct_db_t *db,
                                      int *has_erased)
{
    copy_t copy = { .import = import, .db = db };
    apr_status_t status;

    if ((status = copy_all(&copy, there_page)) != APR_SUCCESS
        || (status = copy_all(&copy, held_page)) != APR_SUCCESS) {
        return status;
    }
    copy.kind = "account";
    if ((status = copy_all(&copy, known_page)) != APR_SUCCESS) {
        return status;
    }
    copy.kind = "token";
    status = copy_all(&copy, known_page);
    *has_erased = copy.has_erased;
    return status;
}

/* ---- accounts that were deleted here ---- */

static apr_status_t look_for_erased(acct_import_t *import, const char *key,
                                    const acct_rows_t *rows, int i)
{
    apr_pool_t *pool = import->row;
    const char *erased;
    acct_rows_t found;
    apr_status_t status = acct_imported_erased_key(
        key, import->options->name, rows->cell[i][1], &erased, pool);
    const acct_arg_t args[] = {
        ACCT_TEXT(status == APR_SUCCESS ? erased : "")
    };
    const acct_arg_t verdict[] = {
        ACCT_TEXT("deleted-here"), ACCT_INT(apr_atoi64(rows->cell[i][0]))
    };

    if (status == APR_SUCCESS) {
        status = ACCT_SELECT(import->work, ACCT_WORK_OF_KNOWN, args, &found,
                             pool);
    }
    return status == APR_SUCCESS && found.count > 0
        ? ACCT_RUN(import->work, ACCT_WORK_SET_VERDICT, verdict, NULL, pool)
        : status;
}

static apr_status_t find_erased(acct_import_t *import, acct_db_t *db)
{
    const char *key;
    apr_int64_t after = 0;
    apr_status_t status = acct_store_meta_get(db, "import_key", &key,
                                              import->pool);
    int count = PAGE;

    while (status == APR_SUCCESS && count == PAGE) {
        const acct_arg_t args[] = { ACCT_INT(after), ACCT_INT(PAGE) };
        acct_rows_t rows;

        status = ACCT_SELECT(import->work, ACCT_WORK_UNKNOWN, args, &rows,
                             import->row);
        count = status == APR_SUCCESS ? rows.count : 0;
        for (int i = 0; status == APR_SUCCESS && i < count; i++) {
            after = apr_atoi64(rows.cell[i][0]);
            status = look_for_erased(import, key, &rows, i);
        }
        apr_pool_clear(import->row);
    }
    return status;
}

/* ---- verdicts ---- */

static apr_status_t run_all(acct_import_t *import, const char *const *sql)
{
    apr_status_t status = APR_SUCCESS;

    for (; status == APR_SUCCESS && *sql != NULL; sql++) {
        status = acct_db_exec(import->work, *sql, import->row);
    }
    apr_pool_clear(import->row);
    return status;
}

/* Names to keys, and what is said of an account apart from it. */
static const char *const resolve[] = {
    "CREATE INDEX a_sname ON a (sname)",
    "UPDATE t SET aref = (SELECT skey FROM a WHERE a.sname = t.aname) "
        "WHERE aref IS NULL",
    "UPDATE m SET aref = (SELECT skey FROM a WHERE a.sname = m.aname) "
        "WHERE aref IS NULL",
    "CREATE INDEX m_aref ON m (aref)",
    "UPDATE a SET verified = max(created, 1) WHERE verified = 0 "
        "AND email IS NOT NULL AND EXISTS (SELECT 1 FROM m "
        "WHERE m.aref = a.skey AND m.kind = 'verified' "
        "AND lower(m.email) = lower(a.email))",
    NULL
};

static const char *const known[] = {
    "UPDATE a SET there = coalesce((SELECT k.account FROM known k "
        "JOIN there h ON h.id = k.account WHERE k.kind = 'account' "
        "AND k.skey = a.skey), 0), verdict = coalesce((SELECT CASE "
        "WHEN NOT EXISTS (SELECT 1 FROM there h WHERE h.id = k.account) "
        "THEN 'deleted-here' WHEN k.print = a.print THEN 'unchanged' "
        "ELSE 'changed' END FROM known k WHERE k.kind = 'account' "
        "AND k.skey = a.skey), verdict) WHERE verdict = ''",
    NULL
};

#define LIVE "('', 'unchanged', 'changed')"

static const char *const indexes[] = {
    "CREATE INDEX a_ukey ON a (ukey) WHERE ukey IS NOT NULL",
    "CREATE INDEX a_ekey ON a (ekey) WHERE ekey IS NOT NULL",
    "CREATE INDEX there_ukey ON there (ukey) WHERE ukey IS NOT NULL",
    "CREATE INDEX there_ekey ON there (ekey) WHERE ekey IS NOT NULL",
    "CREATE TABLE c (n INTEGER PRIMARY KEY, verdict TEXT)",
    NULL
};

/* None of a group keeps an address that each has, where each has a name. */
static const char *const drop_emails[] = {
    "CREATE TABLE g AS SELECT ekey FROM a WHERE ekey IS NOT NULL "
        "AND verdict IN " LIVE " GROUP BY ekey "
        "HAVING count(*) > 1 AND min(ukey IS NOT NULL) = 1",
    "UPDATE a SET email = NULL, ekey = NULL, verified = 0, "
        "note = 'email-dropped' WHERE verdict = '' "
        "AND ekey IN (SELECT ekey FROM g)",
    NULL
};

/* All groups are found before any member is left out: all of each are. */
static const char *const find_conflicts[] = {
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict username ' || "
        "(SELECT group_concat(b.skey) FROM a b WHERE b.ukey = a.ukey) FROM a "
        "WHERE a.verdict = '' AND a.ukey IN (SELECT ukey FROM a "
        "WHERE ukey IS NOT NULL AND verdict IN " LIVE " GROUP BY ukey "
        "HAVING count(*) > 1)",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict email ' || "
        "(SELECT group_concat(b.skey) FROM a b WHERE b.ekey = a.ekey) FROM a "
        "WHERE a.verdict = '' AND a.ekey IN (SELECT ekey FROM a "
        "WHERE ekey IS NOT NULL AND verdict IN " LIVE " GROUP BY ekey "
        "HAVING count(*) > 1)",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict username-is-email ' || "
        "a.skey || ',' || b.skey FROM a JOIN a b ON b.ekey = a.ukey "
        "AND b.n <> a.n WHERE a.verdict = '' AND b.verdict IN " LIVE,
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict email-is-username ' || "
        "a.skey || ',' || b.skey FROM a JOIN a b ON b.ukey = a.ekey "
        "AND b.n <> a.n WHERE a.verdict = '' AND b.verdict IN " LIVE,
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict username-taken-here #' "
        "|| h.id FROM a JOIN there h ON h.ukey = a.ukey "
        "WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict username-is-email-here #' "
        "|| h.id FROM a JOIN there h ON h.ekey = a.ukey "
        "WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict email-taken-here #' "
        "|| h.id FROM a JOIN there h ON h.ekey = a.ekey "
        "WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict email-is-username-here #' "
        "|| h.id FROM a JOIN there h ON h.ukey = a.ekey "
        "WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict id-taken-here #' || h.id "
        "FROM a JOIN there h ON h.id = a.id WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict name-held-here' "
        "FROM a JOIN held h ON h.key = a.ukey WHERE a.verdict = ''",
    "INSERT OR IGNORE INTO c SELECT a.n, 'conflict name-held-here' "
        "FROM a JOIN held h ON h.key = a.ekey WHERE a.verdict = ''",
    "UPDATE a SET verdict = (SELECT verdict FROM c WHERE c.n = a.n) "
        "WHERE n IN (SELECT n FROM c)",
    NULL
};

static const char *const dead_knox[] = {
    "UPDATE t SET verdict = 'dead' WHERE verdict = '' AND form = 2 "
        "AND EXISTS (SELECT 1 FROM t o WHERE o.form = 3)",
    NULL
};

static const char *const tokens[] = {
    "UPDATE t SET verdict = 'unchanged' WHERE verdict = '' AND EXISTS "
        "(SELECT 1 FROM known k WHERE k.kind = 'token' "
        "AND k.skey = t.skey)",
    "UPDATE t SET verdict = coalesce((SELECT CASE "
        "WHEN a.verdict NOT IN " LIVE " THEN 'account-left-out' "
        "WHEN a.flags % 2 = 0 THEN 'inactive' ELSE '' END FROM a "
        "WHERE a.skey = t.aref), 'no-account') WHERE verdict = ''",
    NULL
};

apr_status_t acct_import_plan(acct_import_t *import, acct_db_t *db,
                              apr_int64_t *conflicts)
{
    apr_int64_t factors;
    int has_erased = 0;
    apr_status_t status;

    if ((status = run_all(import, resolve)) != APR_SUCCESS
        || (status = acct_work_number(import->work, "SELECT count(DISTINCT "
                                      "aref) FROM m WHERE kind = 'factor'",
                                      &factors, import->pool)) != APR_SUCCESS
        || (status = copy_what_is_here(import, db, &has_erased))
           != APR_SUCCESS
        || (status = run_all(import, known)) != APR_SUCCESS
        || (has_erased
            && (status = find_erased(import, db)) != APR_SUCCESS)
        || (status = run_all(import, indexes)) != APR_SUCCESS
        || (import->options->drop_emails
            && (status = run_all(import, drop_emails)) != APR_SUCCESS)
        || (status = run_all(import, find_conflicts)) != APR_SUCCESS
        || (!import->options->revive
            && strcmp(import->options->kind, "django") == 0
            && (status = run_all(import, dead_knox)) != APR_SUCCESS)
        || (status = run_all(import, tokens)) != APR_SUCCESS) {
        return status;
    }
    import->seen.totp += factors;
    return acct_work_number(import->work, "SELECT count(*) FROM a WHERE "
                            "verdict LIKE 'conflict%'", conflicts,
                            import->pool);
}
