/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/work.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/row.h"

/* Nothing of it has to outlive a crash, nor a statement that fails: the
 * import ends with it. A journal in memory would grow with the accounts. */
static const char *const pragmas[] = {
    "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA temp_store = FILE",
    "PRAGMA cache_size = -8192"
};

static const char *const tables[] = {
    "CREATE TABLE a (n INTEGER PRIMARY KEY, skey TEXT NOT NULL, "
    "id INTEGER NOT NULL, sname TEXT NOT NULL, username TEXT, ukey TEXT, "
    "email TEXT, ekey TEXT, first TEXT, last TEXT, password TEXT, "
    "flags INTEGER, created INTEGER, login INTEGER, verified INTEGER, "
    "print TEXT, verdict TEXT NOT NULL, there INTEGER NOT NULL DEFAULT 0, "
    "note TEXT NOT NULL DEFAULT '')",
    "CREATE UNIQUE INDEX a_skey ON a (skey)",
    "CREATE TABLE t (n INTEGER PRIMARY KEY, aref TEXT, aname TEXT, "
    "skey TEXT NOT NULL, form INTEGER, digest TEXT, fdigest TEXT, salt TEXT, "
    "fkey TEXT, plain TEXT, label TEXT, created INTEGER, expires INTEGER, "
    "ends INTEGER, sliding INTEGER, used INTEGER, verdict TEXT NOT NULL, "
    "account INTEGER NOT NULL DEFAULT 0)",
    "CREATE UNIQUE INDEX t_skey ON t (skey)",
    "CREATE TABLE m (kind TEXT, aref TEXT, aname TEXT, email TEXT)",
    "CREATE TABLE there (id INTEGER PRIMARY KEY, ukey TEXT, ekey TEXT)",
    "CREATE TABLE held (key TEXT PRIMARY KEY, account INTEGER) WITHOUT ROWID",
    "CREATE TABLE known (kind TEXT, skey TEXT, account INTEGER, token TEXT, "
    "print TEXT, PRIMARY KEY (kind, skey)) WITHOUT ROWID"
};

static const acct_statement_t statements[ACCT_WORK__COUNT] = {
    [ACCT_WORK_ADD_ACCOUNT] = { "add_account",
        "INSERT INTO a (skey, id, sname, username, ukey, email, ekey, first, "
        "last, password, flags, created, login, verified, print, verdict) "
        "VALUES (%s, %lld, %s, %s, %s, %s, %s, %s, %s, %s, %lld, %lld, %lld, "
        "%lld, %s, %s) ON CONFLICT DO NOTHING" },
    [ACCT_WORK_NOTE] = { "note",
        "UPDATE a SET note = %s WHERE skey = %s" },
    [ACCT_WORK_ADD_TOKEN] = { "add_token",
        "INSERT INTO t (aref, aname, skey, form, digest, fdigest, salt, "
        "fkey, plain, label, created, expires, ends, sliding, used, verdict) "
        "VALUES (%s, %s, %s, %lld, %s, %s, %s, %s, %s, %s, %lld, %lld, "
        "%lld, %lld, %lld, %s) ON CONFLICT DO NOTHING" },
    [ACCT_WORK_ADD_MARK] = { "add_mark",
        "INSERT INTO m (kind, aref, aname, email) VALUES (%s, %s, %s, %s)" },
    [ACCT_WORK_ADD_THERE] = { "add_there",
        "INSERT INTO there (id, ukey, ekey) VALUES (%lld, %s, %s)" },
    [ACCT_WORK_ADD_HELD] = { "add_held",
        "INSERT INTO held (key, account) VALUES (%s, %lld)" },
    [ACCT_WORK_ADD_KNOWN] = { "add_known",
        "INSERT INTO known (kind, skey, account, token, print) "
        "VALUES (%s, %s, %lld, %s, %s)" },
    [ACCT_WORK_ACCOUNTS] = { "accounts",
        "SELECT n, skey, id, username, ukey, email, ekey, first, last, "
        "password, flags, created, login, verified, print, verdict, there "
        "FROM a WHERE n > %lld AND verdict = %s ORDER BY n LIMIT %lld" },
    [ACCT_WORK_TOKENS] = { "tokens",
        "SELECT n, skey, form, digest, fdigest, salt, fkey, plain, label, "
        "created, expires, ends, sliding, used, account "
        "FROM t WHERE n > %lld AND verdict = '' ORDER BY n LIMIT %lld" },
    [ACCT_WORK_SET_ID] = { "set_id",
        "UPDATE a SET id = %lld WHERE n = %lld" },
    [ACCT_WORK_SET_VERDICT] = { "set_verdict",
        "UPDATE a SET verdict = %s WHERE n = %lld" },
    [ACCT_WORK_SET_TOKEN_VERDICT] = { "set_token_verdict",
        "UPDATE t SET verdict = %s WHERE n = %lld" },
    [ACCT_WORK_UNKNOWN] = { "unknown",
        "SELECT n, skey FROM a WHERE n > %lld AND NOT EXISTS (SELECT 1 "
        "FROM known k WHERE k.kind = 'account' AND k.skey = a.skey) "
        "ORDER BY n LIMIT %lld" },
    [ACCT_WORK_GONE_ACCOUNTS] = { "gone_accounts",
        "SELECT k.skey, k.account FROM known k JOIN there h "
        "ON h.id = k.account WHERE k.kind = 'account' AND k.skey > %s "
        "AND k.print NOT LIKE 'gone%%' AND NOT EXISTS "
        "(SELECT 1 FROM a WHERE a.skey = k.skey) ORDER BY k.skey "
        "LIMIT %lld" },
    [ACCT_WORK_GONE_TOKENS] = { "gone_tokens",
        "SELECT k.skey, k.account, k.token FROM known k "
        "WHERE k.kind = 'token' AND k.skey > %s AND k.print <> 'gone' "
        "AND NOT EXISTS (SELECT 1 FROM t WHERE t.skey = k.skey) "
        "ORDER BY k.skey LIMIT %lld" },
    [ACCT_WORK_DONE] = { "done",
        "UPDATE a SET there = id, verdict = 'taken' "
        "WHERE n > %lld AND n <= %lld AND verdict = ''" },
    [ACCT_WORK_COUNT_ACCOUNTS] = { "count_accounts",
        "SELECT verdict, COUNT(*) FROM (SELECT CASE WHEN instr(verdict, ' ') "
        "THEN substr(verdict, 1, instr(verdict, ' ') - 1) ELSE verdict END "
        "AS verdict FROM a) GROUP BY 1 ORDER BY 1" },
    [ACCT_WORK_COUNT_TOKENS] = { "count_tokens",
        "SELECT verdict, COUNT(*) FROM (SELECT CASE WHEN instr(verdict, ' ') "
        "THEN substr(verdict, 1, instr(verdict, ' ') - 1) ELSE verdict END "
        "AS verdict FROM t) GROUP BY 1 ORDER BY 1" },
    [ACCT_WORK_REPORT_ACCOUNTS] = { "report_accounts",
        "SELECT n, skey, verdict, note FROM a WHERE n > %lld AND (note <> '' "
        "OR verdict NOT IN ('', 'taken', 'unchanged')) "
        "ORDER BY n LIMIT %lld" },
    [ACCT_WORK_REPORT_TOKENS] = { "report_tokens",
        "SELECT n, coalesce(aref, aname), form, verdict FROM t "
        "WHERE n > %lld AND verdict NOT IN ('', 'taken', 'unchanged') "
        "ORDER BY n LIMIT %lld" },
    [ACCT_WORK_BY_NAME] = { "by_name",
        "SELECT password FROM a WHERE ukey = %s OR ekey = %s" },
    [ACCT_WORK_OF_KNOWN] = { "of_known",
        "SELECT print FROM known WHERE kind = 'account' AND skey = %s" }
};

static apr_status_t close_work(void *db)
{
    acct_db_close(db);
    return APR_SUCCESS;
}

/* A folder of its own: what sqlite opens lies beside the file, by its name,
 * and in a folder that all users share another could have put it there. */
static apr_status_t make_folder(char **folder, apr_pool_t *pool)
{
    const char *shared;
    apr_status_t status = apr_temp_dir_get(&shared, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    *folder = apr_pstrcat(pool, shared, "/acctauth-import-XXXXXX", NULL);
    return mkdtemp(*folder) != NULL ? APR_SUCCESS : APR_FROM_OS_ERROR(errno);
}

/* Once open it needs no name any more. */
static apr_status_t open_file(acct_db_t **db, apr_pool_t *pool,
                              const char **error)
{
    acct_db_config_t config = { .driver = "sqlite3" };
    char *folder = NULL;
    apr_file_t *file;
    const char *path;
    apr_status_t status = make_folder(&folder, pool);

    if (status == APR_SUCCESS) {
        path = apr_pstrcat(pool, folder, "/work", NULL);
        status = apr_file_open(&file, path, APR_FOPEN_CREATE
                               | APR_FOPEN_WRITE | APR_FOPEN_EXCL,
                               APR_FPROT_UREAD | APR_FPROT_UWRITE, pool);
    }
    if (status != APR_SUCCESS) {
        if (folder != NULL) {
            rmdir(folder);
        }
        *error = "no temporary file can be made (see TMPDIR)";
        return status;
    }
    apr_file_close(file);
    config.params = path;
    status = acct_db_open(db, &config, NULL, 0, pool, error);
    if (status == APR_SUCCESS) {
        apr_pool_cleanup_register(pool, *db, close_work,
                                  apr_pool_cleanup_null);
        for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++) {
            acct_rows_t rows;

            (void)acct_db_query(*db, pragmas[i], &rows, pool);
        }
    }
    unlink(path);
    unlink(apr_pstrcat(pool, path, "-wal", NULL));
    unlink(apr_pstrcat(pool, path, "-shm", NULL));
    rmdir(folder);
    return status;
}

apr_status_t acct_work_make(acct_db_t **db, apr_pool_t *pool,
                            const char **error)
{
    apr_status_t status = acct_db_init(pool, "sqlite3", error);

    if (status == APR_SUCCESS) {
        status = open_file(db, pool, error);
    }
    for (size_t i = 0; status == APR_SUCCESS
                       && i < sizeof(tables) / sizeof(*tables); i++) {
        status = acct_db_exec(*db, tables[i], pool);
        *error = status == APR_SUCCESS ? NULL : acct_db_error(*db);
    }
    return status == APR_SUCCESS
        ? acct_db_prepare(*db, statements, ACCT_WORK__COUNT, pool, error)
        : status;
}

/* ---- rows ---- */

static apr_status_t add(acct_db_t *db, int which, const acct_arg_t *args,
                        int nargs, apr_pool_t *pool)
{
    int changed;
    apr_status_t status = acct_db_run(db, which, args, nargs, &changed, pool);

    return status == APR_SUCCESS && changed == 0 ? APR_EEXIST : status;
}

apr_status_t acct_work_add_account(acct_db_t *db,
                                   const acct_work_account_t *row,
                                   apr_pool_t *pool)
{
    const acct_account_t *account = &row->account;
    const acct_arg_t args[] = {
        ACCT_TEXT(row->key), ACCT_INT(account->id),
        ACCT_TEXT(row->source_name), ACCT_TEXT(account->username),
        ACCT_TEXT(account->username_key), ACCT_TEXT(account->email),
        ACCT_TEXT(account->email_key), ACCT_TEXT(account->first_name),
        ACCT_TEXT(account->last_name), ACCT_TEXT(account->password),
        ACCT_INT((account->is_active ? 1 : 0) + (account->is_staff ? 2 : 0)),
        ACCT_INT(account->created_at), ACCT_INT(account->last_login),
        ACCT_INT(account->email_verified_at), ACCT_TEXT(row->print),
        ACCT_TEXT(row->verdict)
    };

    const acct_arg_t note[] = { ACCT_TEXT(row->note), ACCT_TEXT(row->key) };
    apr_status_t status = add(db, ACCT_WORK_ADD_ACCOUNT, args,
                              (int)(sizeof(args) / sizeof(*args)), pool);

    return status == APR_SUCCESS && *row->note != '\0'
        ? add(db, ACCT_WORK_NOTE, note, 2, pool) : status;
}

apr_status_t acct_work_add_token(acct_db_t *db, const acct_work_token_t *row,
                                 apr_pool_t *pool)
{
    const acct_token_t *token = &row->token;
    const acct_arg_t args[] = {
        ACCT_TEXT(row->account), ACCT_TEXT(row->username),
        ACCT_TEXT(row->key), ACCT_INT(row->form), ACCT_TEXT(token->digest),
        ACCT_TEXT(row->foreign_digest), ACCT_TEXT(row->foreign_salt),
        ACCT_TEXT(row->foreign_key), ACCT_TEXT(row->plain),
        ACCT_TEXT(token->label), ACCT_INT(token->created_at),
        ACCT_INT(token->expires_at), ACCT_INT(token->ends_at),
        ACCT_INT(token->sliding), ACCT_INT(token->last_used),
        ACCT_TEXT(row->verdict)
    };

    return add(db, ACCT_WORK_ADD_TOKEN, args,
               (int)(sizeof(args) / sizeof(*args)), pool);
}

apr_status_t acct_work_number(acct_db_t *db, const char *sql,
                              apr_int64_t *number, apr_pool_t *pool)
{
    acct_rows_t rows;
    acct_taker_t row;
    apr_status_t status = acct_db_query(db, sql, &rows, pool);

    if (status != APR_SUCCESS || rows.count != 1) {
        return status != APR_SUCCESS ? status : APR_EGENERAL;
    }
    row = acct_take_row(&rows, 0);
    *number = acct_take_number(&row, APR_INT64_MIN, APR_INT64_MAX);
    return acct_taken(&row);
}
