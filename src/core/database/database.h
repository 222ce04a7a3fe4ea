/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of one apr_dbd connection: open, prepare, run, heal. It may use
 * the rooms below (text base).
 *
 * A connection belongs to one thread at a time. It has a pool of its own
 * (made unmanaged, so that connections may be opened and closed from any
 * thread) for the handle and its statements; results are read into the
 * pool the caller passes and outlive the connection.
 *
 * Statements are numbered by the caller (store/store.h) and prepared all at
 * once when the connection opens, or each when it is first run, where they
 * are known to fit. One that fails is prepared again on
 * the same handle and, outside a transaction, run once more: sqlite
 * loses every prepared statement to any CREATE INDEX, ANALYZE or VACUUM
 * of another process, while the handle says it is fine. (Such a statement
 * has not begun, so it is run once more in a transaction too.) If that
 * fails too the connection is *broken*: give it up and open another. What
 * no second try can mend (a lock the driver has waited for, a constraint)
 * is not tried twice and does not break the connection.
 *
 * Once a statement of a transaction has failed, nothing more runs in it:
 * what follows fails, and acct_db_commit() rolls back.
 *
 * The files:
 *   database.c        the connection: its state, its failures; statements
 *                     that are not prepared
 *   open.c            drivers, configuration, open and close
 *   statement.c       prepared statements: prepare, run, heal
 *   transaction.c     begin, commit, roll back
 *   unit.c            a unit of work on a connection of the service's
 *   sqlite3.c, pgsql.c    what differs (driver.h)
 *   params.c, libpq.c     connection strings; what libpq is asked
 *   file_trouble.c    what keeps sqlite from using a file
 * connection.h is what these files share.
 */
#ifndef ACCT_DATABASE_H
#define ACCT_DATABASE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_errno.h>
#include <apr_time.h>

/* What to connect to. Strings live as long as the connections. */
typedef struct acct_db_config_t {
    const char *driver;         /* apr_dbd's name: "sqlite3", "pgsql" */
    const char *params;         /* sqlite3: path of the file; pgsql: a
                                 * connection string. May hold a password:
                                 * show acct_db_describe() instead */
    const char *name;           /* from acct_db_resolve(), or NULL */
    const char *written;        /* params for a command in a message, as
                                 * they were written; NULL: not known, or
                                 * they hold a secret */
    const char *remake;         /* the command that makes it, for messages;
                                 * NULL: acctauth init in general */
    const char *synchronous;    /* sqlite3: "FULL" (NULL) or "NORMAL" */
    apr_interval_time_t patience;   /* the longest that a statement may
                                     * take, or wait for a file; 0: what a
                                     * request may wait */
    _Atomic(unsigned int) *address; /* pgsql, of several addresses: the one
                                     * to begin with, kept up to date here
                                     * by all threads; NULL: the first */
    struct acct_schemas_t *schemas;     /* schemas that were found right,
                                     * for all databases of the process
                                     * (store/schema.h); NULL: none */
} acct_db_config_t;

/* One statement: its label and, for apr_dbd, its text with %s and %lld. */
typedef struct acct_statement_t {
    const char *label;          /* lower case */
    const char *sql;
} acct_statement_t;

typedef struct acct_db_t acct_db_t;

/* An argument of a statement: text (NULL is SQL's NULL) or a number. */
typedef struct acct_arg_t {
    enum { ACCT_ARG_TEXT, ACCT_ARG_INT } kind;
    const char *text;
    apr_int64_t number;
} acct_arg_t;

#define ACCT_TEXT(s) ((acct_arg_t){ ACCT_ARG_TEXT, (s), 0 })
#define ACCT_INT(n)  ((acct_arg_t){ ACCT_ARG_INT, NULL, (n) })

/* Rows copied out of the database. */
typedef struct acct_rows_t {
    int count;
    int columns;
    const char ***cell;         /* cell[row][column], NULL for SQL's NULL */
} acct_rows_t;

/**
 * Load apr_dbd and the driver. Call once per process, before threads.
 * @param pool   lives as long as the driver is used
 * @param driver apr_dbd's name of it
 * @param error  on failure, what to tell the operator (in @a pool)
 */
apr_status_t acct_db_init(apr_pool_t *pool, const char *driver,
                          const char **error);

/**
 * Make of what an operator wrote what can be connected to: for pgsql the
 * params "file:/path" become what stands in that file, and a connection string
 * is looked over. A process that may read the file must call it, once; the
 * rest may be done by others (children of httpd).
 * @param error what is wrong, without secrets
 */
apr_status_t acct_db_resolve(acct_db_config_t *config, apr_pool_t *pool,
                             const char **error);

/** What to call a database in messages; holds no secret. */
const char *acct_db_describe(const acct_db_config_t *config);

/** Options of a command of acctauth, for messages: "-d DRIVER -p PARAMS", to
 *  be pasted; PARAMS in general words where they must not be shown. */
const char *acct_db_options(const acct_db_config_t *config,
                            apr_pool_t *pool);

/** Parameters as an operator wrote them, but without a password.
 *  @param held_secret whether there was one */
const char *acct_db_mask(const char *driver, const char *params,
                         apr_pool_t *pool, int *held_secret);

/** Whether there is such a driver; and whether its databases are files,
 *  of which one process at a time writes. */
int acct_db_is_known(const char *driver);
int acct_db_is_file(const char *driver);

/**
 * Open a connection and prepare @a count statements. A sqlite file that
 * is missing is an error, never a new empty file; an empty one is fine
 * (acctauth init makes it). The pragmas (WAL, a property of the file;
 * synchronous and foreign_keys, of the connection) are set and read back
 * here.
 * @param db        the connection; close it with acct_db_close()
 * @param config    what to connect to
 * @param statements prepared under their index, copied; NULL and 0: none
 * @param pool      for @a error only
 * @param error     on failure, what happened, without secrets
 */
apr_status_t acct_db_open(acct_db_t **db, const acct_db_config_t *config,
                          const acct_statement_t *statements, int count,
                          apr_pool_t *pool, const char **error);

/**
 * Prepare statements on a connection that was opened without: after a look
 * at the schema, say, which a wrong one would not let get that far.
 */
apr_status_t acct_db_prepare(acct_db_t *db,
                             const acct_statement_t *statements, int count,
                             apr_pool_t *pool, const char **error);

/**
 * The same for a schema that is known to take them: each is prepared
 * when it is first run, which most are not on most connections. The guard
 * (below) is asked then.
 */
apr_status_t acct_db_expect(acct_db_t *db,
                            const acct_statement_t *statements, int count,
                            apr_pool_t *pool, const char **error);

/** Whether what the connection reads still is the database: the file of
 *  that name is the one that was opened, and as open to this user as it was
 *  then; or the server has not closed it. Cheap (two system calls). Not
 *  inside a transaction. */
int acct_db_is_current(const acct_db_t *db);

/**
 * Whether a database is still what it was when @a follower had read all
 * that it wants to know, by this connection: neither another connection nor
 * this one has committed anything since. Not inside a transaction.
 * @param statement that tells which version the connection sees: a number
 *                  that is another after each commit of another connection
 * @param version   for acct_db_followed(); taken before anything is read,
 *                  so that what is committed meanwhile is read once more
 * @return APR_SUCCESS, or APR_EGENERAL when the database did not answer
 */
apr_status_t acct_db_follow(acct_db_t *db, int statement,
                            const void *follower, apr_int64_t *version,
                            int *is_unchanged, apr_pool_t *pool);

/** @a follower has read it all, by this connection. */
void acct_db_followed(acct_db_t *db, const void *follower,
                      apr_int64_t version);

/** A number of the caller's own, kept with the connection; 0 at first. */
void acct_db_set_generation(acct_db_t *db, unsigned int generation);
unsigned int acct_db_generation(const acct_db_t *db);

/**
 * Name a question whose answer must stay the same while the connection lives:
 * it is asked again when the schema was changed, before any statement runs on
 * the new one.
 * @param sql   constant SQL that returns one value
 * @param value constant: the value it has to be
 */
void acct_db_guard(acct_db_t *db, const char *sql, const char *value);

/** Whether that is why it is broken: the next connection, or why there is
 *  none, says more of it than this one. */
int acct_db_is_outdated(const acct_db_t *db);

/** Whether the last failure was a lock that another process held. */
int acct_db_is_busy(const acct_db_t *db);

/** A descriptor of the connection's socket, or -1. Shutting it down, from
 *  any thread, makes what waits for the server's answer fail and the
 *  connection broken. Valid until acct_db_close(). */
int acct_db_socket(const acct_db_t *db);

/** Whether the last failure was another transaction in the way, so that a
 *  whole unit of work may be run again at once. */
int acct_db_is_conflict(const acct_db_t *db);

/** Close a connection and free all it holds. NULL is fine. */
void acct_db_close(acct_db_t *db);

/** Whether the connection has failed in a way that a fresh one may not,
 *  or was left inside a transaction: do not put it back into a pool. */
int acct_db_is_broken(const acct_db_t *db);

/** What the driver said about the last failure (one line, for logs; holds
 *  no values that were bound), or "". Lives until the next call on @a db;
 *  a roll-back leaves it. */
const char *acct_db_error(const acct_db_t *db);

/** The driver's name, e.g. "sqlite3". */
const char *acct_db_driver(const acct_db_t *db);

/**
 * Run a prepared SELECT and copy its rows.
 * @param rows in @a pool; count 0 when nothing matched
 * @return APR_SUCCESS, or APR_EGENERAL when the database did not answer
 */
apr_status_t acct_db_select(acct_db_t *db, int statement,
                            const acct_arg_t *args, int nargs,
                            acct_rows_t *rows, apr_pool_t *pool);

/**
 * Run a prepared INSERT, UPDATE or DELETE.
 * @param changed number of rows it changed; may be NULL
 */
apr_status_t acct_db_run(acct_db_t *db, int statement,
                         const acct_arg_t *args, int nargs, int *changed,
                         apr_pool_t *pool);

/**
 * Run SQL text that is constant in the program or in a file of sql/ (one
 * statement that returns no rows; nothing may follow its semicolon).
 * Never built from data.
 */
apr_status_t acct_db_exec(acct_db_t *db, const char *sql, apr_pool_t *pool);

/** Run constant SQL text that returns rows (schema checks, pragmas). */
apr_status_t acct_db_query(acct_db_t *db, const char *sql,
                           acct_rows_t *rows, apr_pool_t *pool);

/** Begin a transaction that will write (sqlite: BEGIN IMMEDIATE). */
apr_status_t acct_db_begin(acct_db_t *db, apr_pool_t *pool);

/**
 * Commit. On failure the transaction is rolled back when that is still
 * possible; ACCT_COMMIT_UNKNOWN says that it may have been committed (the
 * connection was lost while it was), so it must not be run again as if it had
 * not.
 */
apr_status_t acct_db_commit(acct_db_t *db, apr_pool_t *pool);

/** Roll back; a connection where even that fails becomes broken. */
void acct_db_rollback(acct_db_t *db, apr_pool_t *pool);

/** A unit of work on a connection; what it works on, and what comes of it,
 *  is in @a baton. @return APR_SUCCESS, or what it failed with */
typedef apr_status_t (*acct_work_fn)(acct_db_t *db, void *baton,
                                     apr_pool_t *pool);

/**
 * Begin, do @a work once, in this thread, and commit; roll back when it
 * failed.
 * @param work  begins and ends no transaction itself
 * @param baton handed to @a work, as is @a pool
 * @return what acct_db_begin() failed with, and @a work was not run; what
 *         @a work failed with, and nothing of it is kept; or what
 *         acct_db_commit() says, ACCT_COMMIT_UNKNOWN too
 */
apr_status_t acct_db_transact(acct_db_t *db, acct_work_fn work, void *baton,
                              apr_pool_t *pool);

#define ACCT_COMMIT_UNKNOWN (APR_OS_START_USERERR + 1)

#endif
