/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of moving in and out: accounts, stored passwords and tokens of
 * other systems are read, looked at and put in; those of here are written
 * out. For the command: one thread, and memory that does not grow with the
 * number of accounts. It may use the rooms below (store … base).
 *
 * The files:
 *   record.c          what a source says of an account or a token
 *   read_json.c       sources of JSON: our own lines, Django's dumpdata
 *   read_tables.c     sources of tables: Django's, Laravel's
 *   source_tables.c   a SQLite file that is only read
 *   read_lines.c      htpasswd files
 *   stored_form.c     a stored password as it is kept here
 *   take.c            accounts that are read, checked, go into the work
 *                     database
 *   take_token.c      and tokens
 *   work.c            that database
 *   plan.c            conflicts, and what earlier runs have made
 *   put_in.c          batches into the target
 *   put_in_rows.c     one of them
 *   put_in_sql.c      their statements
 *   follow.c          --update: accounts here become what the source says
 *   runs.c            the runs of an import: begun, ended, forgotten
 *   lines_out.c       accounts written out
 *
 * An import reads all of its source first and writes nothing: what comes of
 * each row is known, and can be told, before the first is put in.
 */
#ifndef ACCT_TRANSFER_H
#define ACCT_TRANSFER_H

#include <apr_hash.h>
#include <apr_pools.h>

#include "base/service.h"
#include "database/database.h"
#include "token/token.h"
#include "transfer/record.h"
#include "transfer/work.h"

typedef enum {
    ACCT_STAFF_IS_STAFF,
    ACCT_STAFF_IS_SUPERUSER,
    ACCT_STAFF_EITHER,
    ACCT_STAFF_NONE
} acct_staff_e;

typedef enum {
    ACCT_TOTP_UNSAID,
    ACCT_TOTP_IMPORT,
    ACCT_TOTP_DROP
} acct_totp_e;

/* What an operator says of an import. */
typedef struct acct_import_options_t {
    const char *kind;           /* "django", "htpasswd", … */
    const char *name;           /* of the import */
    const char *user_table;     /* NULL: the usual one */
    const char *user_model;
    const char *tokens;         /* "auto", "none", "drf", "knox" */
    int new_ids;
    int skip_conflicts;
    int drop_emails;            /* of groups with one address */
    int refuse_weak;
    int revive;
    int all_abilities;
    int update;
    int reuse;                  /* tokens in clear text are sealed */
    acct_staff_e staff;
    acct_totp_e totp;
    apr_interval_time_t sliding;
    apr_hash_t *decisions;      /* acct_decision_t *, by source key; or NULL */
} acct_import_options_t;

/* A line of --decide. */
typedef struct acct_decision_t {
    enum { ACCT_DECIDE_SKIP, ACCT_DECIDE_TAKE, ACCT_DECIDE_USERNAME,
           ACCT_DECIDE_EMAIL } what;
    const char *value;          /* of the last two; "": none */
} acct_decision_t;

/* What is counted of a source while it is read. */
typedef struct acct_import_seen_t {
    apr_int64_t accounts;
    apr_int64_t tokens;
    apr_int64_t unusual;        /* names outside the grammar, taken all the
                                 * same */
    apr_int64_t unusable;       /* without a password that can match */
    apr_int64_t unsound;        /* with a hash that is never verified */
    apr_int64_t unsupported;    /* with a hash of no known form */
    apr_int64_t weak;           /* hashes that are cheap to guess */
    apr_int64_t refused_weak;
    apr_int64_t superusers;     /* who are no staff by the option */
    apr_int64_t totp;
    apr_int64_t bare_times;     /* without a zone */
    apr_int64_t early_times;    /* before 1970 */
    apr_int64_t unsealed;       /* tokens in clear text, taken without */
    apr_int64_t bad_lines;
} acct_import_seen_t;

/* An import under way. */
typedef struct acct_import_t {
    const acct_import_options_t *options;
    acct_db_t *work;
    apr_pool_t *pool;
    apr_pool_t *row;            /* cleared by the readers, for each row */
    apr_time_t now;
    acct_import_seen_t seen;
    const char *error;          /* what is wrong with the source, or why it
                                 * stopped, for the operator */
} acct_import_t;

/** Begin. @param pool has it; @param error in @a pool */
apr_status_t acct_import_begin(acct_import_t **import,
                               const acct_import_options_t *options,
                               apr_pool_t *pool, const char **error);

/* ---- the sink of the readers ---- */

/** An account of the source. A failure is one of the work database. */
apr_status_t acct_import_account(acct_import_t *import,
                                 const acct_source_account_t *account);

/** A token of the source; before or after its account. */
apr_status_t acct_import_token(acct_import_t *import,
                               const acct_source_token_t *token);

/** That an account's address is verified, or that it has a second factor;
 *  by its key, or by its username where that is NULL. */
apr_status_t acct_import_verified(acct_import_t *import, const char *account,
                                  const char *username, const char *email);
apr_status_t acct_import_second_factor(acct_import_t *import,
                                       const char *account,
                                       const char *username);

/** Digits that tell a text from another, of its digest. */
const char *acct_source_print(const char *text, apr_pool_t *pool);

/** Whether an account is staff here, as the option says; superusers are
 *  counted. */
int acct_import_staff(acct_import_t *import, int is_staff, int is_superuser);

/* ---- readers: all of a source into the work database ---- */

/** @param file open; what it holds shows which form it has
 *  @return APR_EINVAL when it cannot be read: import->error says why */
apr_status_t acct_import_read_json(acct_import_t *import, void *file);
apr_status_t acct_import_read_htpasswd(acct_import_t *import, void *file);

/** Django, Laravel: @param path of a SQLite file, opened to be read only */
apr_status_t acct_import_read_django(acct_import_t *import,
                                     const char *path);
apr_status_t acct_import_read_laravel(acct_import_t *import,
                                      const char *path);

/* ---- what comes of it ---- */

/**
 * Find out what is to be done with each row.
 * @param db the target, which is only read
 * @param conflicts accounts that cannot be taken for their names
 */
apr_status_t acct_import_plan(acct_import_t *import, acct_db_t *db,
                              apr_int64_t *conflicts);

typedef struct acct_put_in_t {
    const acct_service_t *service;
    const acct_key_t *key;      /* NULL: no token is sealed */
    int batch;                  /* rows a transaction */
    int (*is_stopped)(void);    /* asked after each */
    int is_unfinished;          /* out: it was */
} acct_put_in_t;

/** Put in what is to be taken. @param db a connection of its own
 *  (acct_import_connect()) */
apr_status_t acct_import_put_in(acct_import_t *import, acct_db_t *db,
                                acct_put_in_t *put);

/** A connection with the statements of an import beside the store's. */
apr_status_t acct_import_connect(acct_db_t **db,
                                 const acct_db_config_t *config,
                                 apr_pool_t *pool, const char **error);

/** Accounts that are to follow the source (--update): those that changed
 *  there, and those that are gone. */
apr_status_t acct_import_follow(acct_import_t *import, acct_db_t *db,
                                const acct_put_in_t *put);

#endif
