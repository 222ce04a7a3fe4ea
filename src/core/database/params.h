/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL's connection strings: "host=/run/postgresql dbname=accounts
 * user=www-data password='it''s secret'". Read here as libpq reads them
 * (section 34.1.1.1 of its manual), because libpq's own complaint about
 * a bad one quotes it, and what is quoted may be the password.
 *
 * Nothing here, and no text it makes but acct_pg_join()'s, holds a value
 * that is a secret.
 */
#ifndef ACCT_PGSQL_PARAMS_H
#define ACCT_PGSQL_PARAMS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_errno.h>

/* Before the path of a file that holds the connection string. */
#define ACCT_PG_FILE "file:"

typedef struct acct_pg_option_t {
    const char *name;
    const char *value;
} acct_pg_option_t;

/* An option that there is. */
typedef struct acct_pg_name_t {
    const char *name;
    int is_secret;              /* its value is like a password */
} acct_pg_name_t;

/**
 * Take a connection string apart, whatever the options are. A URI
 * (postgresql://…) is refused.
 * @param options array of acct_pg_option_t, in @a pool
 * @param error   what is wrong, without quoting it
 */
apr_status_t acct_pg_parse(const char *text, apr_array_header_t **options,
                           apr_pool_t *pool, const char **error);

/**
 * What is wrong with the options' names, without quoting them: a word that
 * is none may be a piece of a password that was not quoted, so it is not
 * handed on to libpq, which would quote it in its complaint.
 * @param names array of acct_pg_name_t, those that libpq has; NULL: not
 *              known, and those that are known from elsewhere are taken
 * @return NULL when each is one
 */
const char *acct_pg_unknown(const apr_array_header_t *options,
                            const apr_array_header_t *names,
                            apr_pool_t *pool);

/** The value of an option, NULL when it was not given. The last counts. */
const char *acct_pg_value(const apr_array_header_t *options,
                          const char *name);

/** Add an option where none of that name is. */
void acct_pg_default(apr_array_header_t *options, const char *name,
                     const char *value);

/** The options as a connection string, each quoted. Secret. */
const char *acct_pg_join(const apr_array_header_t *options,
                         apr_pool_t *pool);

/** Those options that say which database it is, for messages. */
const char *acct_pg_describe(const apr_array_header_t *options,
                             apr_pool_t *pool);

/** How many addresses there are to try one by one: 1 where libpq has to
 *  do it (load_balance_hosts, prefer-standby), or would refuse them. */
int acct_pg_addresses(const apr_array_header_t *options);

/** The options with one address alone, the @a at'th (from 0, below what
 *  acct_pg_addresses() said). A copy. */
apr_array_header_t *acct_pg_address(const apr_array_header_t *options,
                                    int at, apr_pool_t *pool);

/** Whether a password, or the like, stands among the options.
 *  @param names as for acct_pg_unknown() */
int acct_pg_holds_secret(const apr_array_header_t *options,
                         const apr_array_header_t *names);

/**
 * Read the file that a connection string is kept in: at most 4 KiB, a plain
 * file, of root's or of the user that runs this, that no other user can read.
 * Lines that begin with '#' are comments.
 */
apr_status_t acct_pg_read_file(const char *path, const char **text,
                               apr_pool_t *pool, const char **error);

#endif
