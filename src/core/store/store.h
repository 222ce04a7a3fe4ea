/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of the schema: every SQL statement; rows to structs and back. It
 * may use the rooms below (database text base).
 *
 * The functions here know the schema (sql/) and nothing of policy. They
 * run on one connection, in the calling thread; what they return lives in
 * the pool passed. Each returns APR_SUCCESS, APR_NOTFOUND where it says
 * so, or another status when the database did not answer.
 *
 * The files:
 *   common.c          the text of statements that any driver takes
 *   sqlite3.c, pgsql.c    what differs (drivers.h)
 *   store.c           how they are run; meta
 *   accounts.c, tokens.c    accounts; tokens, and when they were used
 *   account_changes.c what changes of an account, and whose a name is
 *   foreign_tokens.c  tokens that are still in another system's form
 *   revocations.c     revocations, and up to where they were read
 *   imported.c        what is left of an imported account that is deleted
 *   purge_rows.c      clearing away what has expired
 *   row.c, sample.c   rows to structs; a sample of the stored hashes
 *   schema.c, schema_known.c    whether the schema is the right one
 *   pgsql_exposure.c  what surrounds it on a PostgreSQL server
 *   rekey.c           the keys of all accounts made anew
 * statements.h is what these files share, and those of the room of the other
 * tables (tables/tables.h).
 *
 * Schema version ACCT_SCHEMA_VERSION:
 *   meta(name PRIMARY KEY, value)   rows: schema_version, created_at, key_id
 *           (of the key tokens are sealed under, or absent), tokens_checked
 *           (token/check_row.h), token_forms (token/foreign.h),
 *           name_mix_key (credential/dummy.h), import_key (store/imported.h)
 *   account(id, username, username_key UNIQUE, email, email_key UNIQUE,
 *           first_name, last_name, password, is_active, is_staff,
 *           created_at, last_login, pending_until, email_verified_at,
 *           email_pending, email_pending_key, password_changed_at,
 *           totp_sealed, totp_confirmed_at, totp_step)   id is never used
 *           again
 *   token(id, account_id, digest UNIQUE, sealed, label, created_at, ends_at,
 *         expires_at, last_used, sliding, network, form, foreign_digest,
 *         foreign_salt, foreign_key)   at most one sealed per account
 *   revocation(id, account_id, revoked_at)   ids ascend; on pgsql also
 *           txid, the transaction that wrote the row
 *   known_network(account_id, network, seen_at)   see limit/known.h
 *   limited(subject UNIQUE, budget, account_id, network, failures,
 *           server, ends_at)
 *   limit_clear(id, subject, cleared_at)   ids ascend
 *   link(digest UNIQUE, account_id, purpose, address_key, created_at,
 *        expires_at)
 *   name_hold(name_key UNIQUE, account_id, until)
 *   recovery_code(account_id, digest)
 *   mail(id, kind, site, dialect, language, account_id, address, address_key,
 *        created_at, next_at, expires_at, tries, claimed_by, claimed_at,
 *        last_error)
 *   mail_count(key, hour, n)
 *   import_run(id, name, started_at, ended_at, state, counts)
 *   imported(name, kind, source_key UNIQUE together, account_id, token_id,
 *            print)
 * Times are microseconds since the epoch, UTC.
 */
#ifndef ACCT_STORE_H
#define ACCT_STORE_H

#include <apr_pools.h>
#include <apr_time.h>
#include "database/database.h"
#include "store/account_changes.h"
#include "store/revocations.h"
#include "store/schema.h"

typedef struct acct_account_t {
    apr_int64_t id;
    const char *username;       /* NULL where the account has none */
    const char *username_key;
    const char *email;          /* NULL where the account has none */
    const char *email_key;
    const char *first_name;     /* "" where not given */
    const char *last_name;
    const char *password;       /* self-describing hash; secret */
    int is_active;              /* 0: pending or blocked */
    int is_staff;
    apr_time_t created_at;
    apr_time_t last_login;      /* 0: never */
    apr_time_t pending_until;   /* until when it can be activated; 0: it is
                                 * not pending */
    apr_time_t email_verified_at;   /* 0: the address is not verified */
    const char *email_pending;  /* the address it is to have once that is
                                 * verified; NULL: none */
    const char *email_pending_key;
    apr_time_t password_changed_at; /* 0: never */
    int has_totp;               /* a second factor, confirmed; its secret is
                                 * read by tables/second_factors.h */
} acct_account_t;

typedef enum {
    ACCT_STATE_ACTIVE,
    ACCT_STATE_PENDING,         /* not activated yet; never had a token */
    ACCT_STATE_BLOCKED
} acct_state_e;

/** The state of an account that was read. */
acct_state_e acct_account_state(const acct_account_t *account);

/** "active", "pending" or "blocked". */
const char *acct_state_name(acct_state_e state);

typedef struct acct_token_t {
    const char *id;             /* public, 32 hex digits */
    apr_int64_t account_id;
    const char *digest;         /* 64 hex digits, SHA-256 of the text */
    const char *sealed;         /* NULL under the policy many */
    const char *label;          /* "" where none; the dialect's name */
    apr_time_t created_at;
    apr_time_t expires_at;      /* 0: never */
    apr_time_t last_used;       /* 0: never; to the minute */
    apr_time_t ends_at;         /* no use prolongs it past this; 0: never */
    apr_interval_time_t sliding;    /* each use lets it live that long; 0:
                                     * none does */
    const char *network;        /* that was signed in from, as
                                 * limit/network.h prints it; "": not
                                 * known */
    int is_adoptable;           /* acct_foreign_look_up(); 0 of what was found
                                 * by other means */
} acct_token_t;

/** The statements to open a connection with (acct_db_open), in @a pool;
 *  NULL for a driver that there is none of. */
const acct_statement_t *acct_store_statements(const char *driver, int *count,
                                              apr_pool_t *pool);

/** Read / write a row of meta. APR_NOTFOUND when there is none. */
apr_status_t acct_store_meta_get(acct_db_t *db, const char *name,
                                 const char **value, apr_pool_t *pool);
apr_status_t acct_store_meta_set(acct_db_t *db, const char *name,
                                 const char *value, apr_pool_t *pool);

/** Write it if it still is @a old; APR_NOTFOUND when it is not. */
apr_status_t acct_store_meta_replace(acct_db_t *db, const char *name,
                                     const char *old, const char *value,
                                     apr_pool_t *pool);

/** Write it if there is none. */
apr_status_t acct_store_meta_add(acct_db_t *db, const char *name,
                                 const char *value, apr_pool_t *pool);

/** Find an account by id, canonical username or canonical email.
 *  APR_NOTFOUND when there is none. */
apr_status_t acct_store_account_by_id(acct_db_t *db, apr_int64_t id,
                                      acct_account_t *account,
                                      apr_pool_t *pool);
/** The same by id, and until the end of the transaction no other one changes
 *  the account or its row. */
apr_status_t acct_store_account_lock(acct_db_t *db, apr_int64_t id,
                                     acct_account_t *account,
                                     apr_pool_t *pool);
apr_status_t acct_store_account_by_username(acct_db_t *db, const char *key,
                                            acct_account_t *account,
                                            apr_pool_t *pool);
apr_status_t acct_store_account_by_email(acct_db_t *db, const char *key,
                                         acct_account_t *account,
                                         apr_pool_t *pool);

/**
 * Insert an account; the unique indexes decide, not a look before. A name that
 * is another account's address counts as taken too, and the other way round,
 * since one identifier may mean either, and one that is held for another
 * account (tables/name_holds.h). An account that has it and was not activated
 * in time goes. In a transaction: of two that register at once the commits
 * decide.
 * @param account all but id; id is filled in. With pending_until it is not
 *        active
 * @return APR_EEXIST when username or email is taken: roll back
 */
apr_status_t acct_store_account_insert(acct_db_t *db,
                                       acct_account_t *account,
                                       apr_pool_t *pool);

/** Which of the two is taken, or held, so that acct_store_account_insert(), or
 *  what sets a name or an address of an account, would refuse it.
 *  @param wanted username_key and email_key (each may be NULL), and id: that
 *         of the account that wants them, whose own names and holds are not in
 *         its way; 0 for a new one */
apr_status_t acct_store_taken(acct_db_t *db, const acct_account_t *wanted,
                              int *username_taken, int *email_taken,
                              apr_pool_t *pool);

/** All accounts in order of id, starting after @a after_id, at most
 *  @a limit; for the command. Array of acct_account_t. */
apr_status_t acct_store_account_list(acct_db_t *db, apr_int64_t after_id,
                                     int limit, apr_array_header_t **list,
                                     apr_pool_t *pool);

/* How many hashes make a sample. */
#define ACCT_STORE_SAMPLE 512

/**
 * Stored hashes: all where they are so few, else one of each of that many
 * stretches of ids, and nearly the same ones each time. Costs so many
 * look-ups by id, however many accounts there are.
 * @param list array of char *, in @a pool and the caller's to wipe
 */
apr_status_t acct_store_password_sample(acct_db_t *db,
                                        apr_array_header_t **list,
                                        apr_pool_t *pool);

/** Delete an account with its tokens; of what it was imported from a hash is
 *  left (store/imported.h). In a transaction. APR_NOTFOUND when it is gone. */
apr_status_t acct_store_account_delete(acct_db_t *db, apr_int64_t id,
                                       apr_pool_t *pool);

/** Insert a token.
 *  @return APR_EEXIST when its id or digest is there already, or the
 *          account has a reusable one (nothing inserted) */
apr_status_t acct_store_token_insert(acct_db_t *db,
                                     const acct_token_t *token,
                                     apr_pool_t *pool);

/** A token and its account by digest: the look-up of a protected request.
 *  Fills in id, account_id, digest and the times of the token but the one
 *  it was made at; id, username, email and is_active of the account, and
 *  is_staff where it is active. APR_NOTFOUND when there is none. */
apr_status_t acct_store_token_find(acct_db_t *db, const char *digest,
                                   acct_token_t *token,
                                   acct_account_t *account,
                                   apr_pool_t *pool);

/* How many tokens can be looked up together. */
#define ACCT_STORE_TOGETHER 16

/** The same for several tokens with one statement.
 *  @param digests @a count of them, at most ACCT_STORE_TOGETHER; two may
 *         be alike
 *  @param rows what was found, for acct_store_token_among(); in @a pool */
apr_status_t acct_store_tokens_find(acct_db_t *db,
                                    const char *const *digests, int count,
                                    acct_rows_t *rows, apr_pool_t *pool);

/** One of the tokens that were looked up together, as
 *  acct_store_token_find() has it. Any number of threads may ask the same
 *  rows.
 *  @param pool for what is found; nothing of it is in the rows */
apr_status_t acct_store_token_among(const acct_rows_t *rows,
                                    const char *digest, acct_token_t *token,
                                    acct_account_t *account,
                                    apr_pool_t *pool);

/** The account's reusable token. APR_NOTFOUND when it has none. */
apr_status_t acct_store_token_reusable(acct_db_t *db, apr_int64_t account,
                                       acct_token_t *token,
                                       apr_pool_t *pool);

/** Tokens of an account, newest first: at most @a limit of those behind
 *  @a after, or from the newest on (NULL). Array of acct_token_t. */
apr_status_t acct_store_token_list(acct_db_t *db, apr_int64_t account,
                                   const acct_token_t *after, int limit,
                                   apr_array_header_t **list,
                                   apr_pool_t *pool);

/** Delete one token by its public id, the same only if it is the
 *  account's, the reusable one, or all of an account. @a changed counts
 *  them. */
apr_status_t acct_store_token_delete(acct_db_t *db, const char *id,
                                     int *changed, apr_pool_t *pool);
apr_status_t acct_store_token_delete_of(acct_db_t *db, apr_int64_t account,
                                        const char *id, int *changed,
                                        apr_pool_t *pool);
apr_status_t acct_store_token_delete_reusable(acct_db_t *db,
                                              apr_int64_t account,
                                              int *changed,
                                              apr_pool_t *pool);
apr_status_t acct_store_token_delete_all(acct_db_t *db,
                                         apr_int64_t account,
                                         int *changed, apr_pool_t *pool);

/** All of the account's but the one with the public id @a id. */
apr_status_t acct_store_token_delete_others(acct_db_t *db,
                                            apr_int64_t account,
                                            const char *id, int *changed,
                                            apr_pool_t *pool);

/** Whether the account has a token with this public id; APR_NOTFOUND: it has
 *  not. @param created_at out: when it was made; may be NULL */
apr_status_t acct_store_token_is_of(acct_db_t *db, apr_int64_t account,
                                    const char *id, apr_time_t *created_at,
                                    apr_pool_t *pool);

/** One token of an account by its public id. APR_NOTFOUND when it has no such
 *  one. */
apr_status_t acct_store_token_of(acct_db_t *db, apr_int64_t account,
                                 const char *id, acct_token_t *token,
                                 apr_pool_t *pool);

/** Call it something. APR_NOTFOUND when the account has no such token. */
apr_status_t acct_store_token_set_label(acct_db_t *db, apr_int64_t account,
                                        const char *id, const char *label,
                                        apr_pool_t *pool);

/**
 * Delete an account's oldest tokens and keep the newest @a keep. Counted,
 * and deleted, are those that live at @a now and are not reusable; what
 * has expired is left to acct_store_token_purge(). Exact only while the
 * account is locked (acct_store_account_lock()).
 * @param changed how many went
 */
apr_status_t acct_store_token_delete_oldest(acct_db_t *db,
                                            apr_int64_t account,
                                            apr_time_t now, int keep,
                                            int *changed, apr_pool_t *pool);

/** How many tokens of an account live at @a now and are not reusable. Exact
 *  only while the account is locked. */
apr_status_t acct_store_token_count(acct_db_t *db, apr_int64_t account,
                                    apr_time_t now, apr_int64_t *count,
                                    apr_pool_t *pool);

/* Before when what is to be old enough for a purge. */
typedef struct acct_purge_ages_t {
    apr_time_t expired;         /* tokens, links, pending accounts, names
                                 * that are held, mails */
    apr_time_t revocations;
    apr_time_t networks;
    apr_int64_t mail_hour;      /* counts of mails, by the hour */
} acct_purge_ages_t;

/** Whether there is anything in a file that a purge would delete. Of a server
 *  it is not asked: 1. */
apr_status_t acct_store_purge_due(acct_db_t *db,
                                  const acct_purge_ages_t *ages,
                                  int *is_due, apr_pool_t *pool);

/** Be the one of several servers that purges, until the transaction ends. Does
 *  not wait.
 *  @param mine 0: another is. Where BEGIN has locked all there is, always 1
 *  @param now  in: the caller's time; out: the database server's, if that
 *              is earlier: what others wrote is not over because the
 *              caller's clock is ahead */
apr_status_t acct_store_purge_lock(acct_db_t *db, int *mine,
                                   apr_time_t *now, apr_pool_t *pool);

/** Delete revocations older than @a before, at most @a limit, and never
 *  the one with the highest id, by which feeds know where they are.
 *  @a changed counts them. */
apr_status_t acct_store_revocation_purge(acct_db_t *db, apr_time_t before,
                                         int limit, int *changed,
                                         apr_pool_t *pool);

/** Delete tokens that expired before @a before, at most @a limit. */
apr_status_t acct_store_token_purge(acct_db_t *db, apr_time_t before,
                                    int limit, int *changed,
                                    apr_pool_t *pool);

/** Delete accounts that were not activated before @a before, at most
 *  @a limit. */
apr_status_t acct_store_pending_purge(acct_db_t *db, apr_time_t before,
                                      int limit, int *changed,
                                      apr_pool_t *pool);

/* That a token was used. */
typedef struct acct_token_use_t {
    const char *id;             /* 32 hex digits */
    apr_time_t at;
    const char *digest;         /* of a token of another system: the one under
                                 * which its row becomes one of ours, 64 hex
                                 * digits; NULL: it is, or stays as it is */
} acct_token_use_t;

/** Write when tokens were used last, and prolong those that live by it, no
 *  further than each row says. A row that is gone or knows of a later use
 *  stays as it is, but for one that becomes ours. In a transaction. */
apr_status_t acct_store_tokens_used(acct_db_t *db,
                                    const acct_token_use_t *uses, int count,
                                    apr_pool_t *pool);

/** No other one puts a token in until the end of the transaction. */
apr_status_t acct_store_token_lock(acct_db_t *db, apr_pool_t *pool);

/** The earliest and the latest created_at of all tokens; APR_INT64_MAX and
 *  0 without any. Looks at all of them; for the command. */
apr_status_t acct_store_token_ages(acct_db_t *db, apr_time_t *oldest,
                                   apr_time_t *newest, apr_pool_t *pool);

#endif
