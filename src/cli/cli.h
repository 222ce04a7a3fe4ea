/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's command: what its parts share. One thread, one pool, one
 * connection.
 */
#ifndef ACCT_CLI_H
#define ACCT_CLI_H

#include <apr_pools.h>
#include <apr_time.h>
#include "admin/admin.h"
#include "database/database.h"
#include "store/store.h"
#include "text/password.h"

/* How the command ends. */
#define ACCT_EXIT_OK 0
#define ACCT_EXIT_REFUSED 1     /* not found, taken, a bad value */
#define ACCT_EXIT_USAGE 2
#define ACCT_EXIT_FAILED 3      /* database, key, file */

/* Options, as bits of acct_cli_verb_t.options. */
#define ACCT_OPT_DRIVER 0x0001U
#define ACCT_OPT_PARAMS 0x0002U
#define ACCT_OPT_KEY 0x0004U
#define ACCT_OPT_OWNER 0x0008U
#define ACCT_OPT_EMAIL 0x0010U
#define ACCT_OPT_FIRST_NAME 0x0020U
#define ACCT_OPT_LAST_NAME 0x0040U
#define ACCT_OPT_STAFF 0x0080U
#define ACCT_OPT_NO_USERNAME 0x0100U
#define ACCT_OPT_PASSWORD_STDIN 0x0200U
#define ACCT_OPT_JSON 0x0400U
#define ACCT_OPT_ALL 0x0800U
#define ACCT_OPT_EVERYONE 0x1000U
#define ACCT_OPT_WAIT 0x2000U
#define ACCT_OPT_HELP 0x4000U
#define ACCT_OPT_VERSION 0x8000U
#define ACCT_OPT_DRY_RUN 0x10000U
#define ACCT_OPT_KEEP_OLDEST 0x20000U
#define ACCT_OPT_NO_COPY 0x40000U
#define ACCT_OPT_AUDIT 0x80000U
#define ACCT_OPT_USERNAME 0x100000U
#define ACCT_OPT_NO_STAFF 0x200000U
#define ACCT_OPT_VERIFIED 0x400000U
#define ACCT_OPT_UNVERIFIED 0x800000U
#define ACCT_OPT_HTTPD 0x1000000U
#define ACCT_OPT_CONF 0x2000000U
#define ACCT_OPT_CONFIGURATION (ACCT_OPT_HTTPD | ACCT_OPT_CONF)
#define ACCT_OPT_DATABASE (ACCT_OPT_DRIVER | ACCT_OPT_PARAMS \
                           | ACCT_OPT_CONFIGURATION)
#define ACCT_OPT_CHANGES (ACCT_OPT_DATABASE | ACCT_OPT_AUDIT)
#define ACCT_OPT__COUNT 26

/* The log that the command's changes are written to; see acts.c. */
typedef struct acct_cli_audit_t {
    const char *path;           /* NULL: the system's log */
    int fd;                     /* -1: not written anywhere */
    const char *by;             /* "cli:root" */
} acct_cli_audit_t;

typedef struct acct_cli_t {
    apr_pool_t *pool;
    unsigned int given;         /* bits of the options that were there */
    const char *value[ACCT_OPT__COUNT];     /* by number of the bit */
    const char *const *args;    /* words behind the verb */
    int nargs;

    acct_db_config_t config;
    const char *named;          /* its params as they were given */
    acct_db_t *db;              /* NULL: not open now */
    const char *db_error;       /* what the database said last, or NULL */
    acct_service_t service;
    acct_cli_audit_t audit;
} acct_cli_t;

typedef struct acct_cli_verb_t {
    const char *name;           /* "user add" */
    const char *usage;          /* what follows the name */
    const char *help;           /* one line */
    const char *details;        /* further lines, or NULL */
    unsigned int options;       /* those it takes, beside --help */
    int min_args;
    int max_args;               /* -1: any number */
    int (*run)(acct_cli_t *cli);    /* returns how to end */
} acct_cli_verb_t;

/** The value of an option, NULL when it was not given. */
const char *acct_cli_value(const acct_cli_t *cli, unsigned int option);

/**
 * Read the command line. Options may stand anywhere.
 * @param verb NULL with --help, --version or nothing to do
 * @return ACCT_EXIT_OK, or ACCT_EXIT_USAGE after saying what is wrong
 */
int acct_cli_parse(acct_cli_t *cli, int argc, const char *const *argv,
                   const acct_cli_verb_t **verb);

/** Print the help of a verb, of a group of verbs ("user"), or of all
 *  (both NULL). */
void acct_cli_help(const acct_cli_verb_t *verb, const char *group);

/** Say what is wrong, as one line on standard error. @return @a how */
int acct_cli_fail(const acct_cli_t *cli, int how, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The database did not do as asked: say what it said.
 *  @return ACCT_EXIT_FAILED */
int acct_cli_database_failed(const acct_cli_t *cli, apr_status_t status);

/**
 * Get ready to tell what a verb does that takes --audit, before it does
 * anything and while this process may open what its caller may.
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_acts_open(acct_cli_t *cli);

/** Tell of something that was done; also the service's function for events.
 *  @param context the acct_cli_t */
void acct_cli_tell(void *context, const acct_event_t *event);

/**
 * Open the database of -d and -p (or the environment) and check that its
 * schema is the one this command knows; the service is ready then.
 * Closed with the pool.
 * @return ACCT_EXIT_OK, or another after saying what is wrong and what to
 *         do
 */
int acct_cli_connect(acct_cli_t *cli);

/** Only the driver and parameters, not the connection. */
int acct_cli_configure(acct_cli_t *cli);

/**
 * Open the database without any statement and look at its schema; for commands
 * that can do with another than the current one.
 * @param db     on ACCT_EXIT_OK a connection to close
 * @param detail what is missing of a damaged one, or NULL
 */
int acct_cli_look(acct_cli_t *cli, acct_db_t **db, acct_schema_e *found,
                  int *version, const char **detail);

/** Say why a schema is not the current one and what to do.
 *  @return ACCT_EXIT_OK when it is */
int acct_cli_judge_schema(const acct_cli_t *cli, acct_schema_e found,
                          int version, const char *detail);

/* A password and the NUL behind it, with room to see that one is too long. Its
 * owner wipes it. */
#define ACCT_CLI_PASSWORD_SIZE (ACCT_PASSWORD_MAX + 2)

/**
 * Ask for a password: the first line of standard input with
 * --password-stdin, else twice on the terminal without echo.
 * @return ACCT_EXIT_OK, or another after saying what is wrong; @a password
 *         is empty then
 */
int acct_cli_ask_password(const acct_cli_t *cli,
                          char password[ACCT_CLI_PASSWORD_SIZE]);

/** Text from outside (a name, a path) as it can be shown on a terminal:
 *  controls and what changes the direction of writing appear as escapes. */
const char *acct_cli_visible(const char *text, apr_pool_t *pool);

/**
 * End the line that says that tokens were ended: with --wait after as long
 * as running servers may still let them in, else with a word about that.
 * @param done what the line ends in
 */
int acct_cli_tokens_ended(const acct_cli_t *cli, const char *done);

/** The seconds of --wait are a number.
 *  @return ACCT_EXIT_OK, or another after saying what is wrong */
int acct_cli_check_wait(const acct_cli_t *cli);

/** A time as 2026-01-31T23:59:59.000000Z; NULL for 0. */
const char *acct_cli_time(apr_time_t when, apr_pool_t *pool);

/** The text of sql/DRIVER.sql, or NULL for a driver without. */
const char *acct_cli_schema(const char *driver);

/** The text of sql/upgrade-VERSION-DRIVER.sql, which brings a schema to
 *  that version from the one before; NULL where there is none. */
const char *acct_cli_upgrade_schema(const char *driver, int version);

int acct_cli_init(acct_cli_t *cli);
int acct_cli_upgrade(acct_cli_t *cli);
int acct_cli_user_add(acct_cli_t *cli);
int acct_cli_user_list(acct_cli_t *cli);
int acct_cli_user_show(acct_cli_t *cli);
int acct_cli_user_block(acct_cli_t *cli);
int acct_cli_user_unblock(acct_cli_t *cli);
int acct_cli_user_passwd(acct_cli_t *cli);
int acct_cli_user_delete(acct_cli_t *cli);
int acct_cli_user_set(acct_cli_t *cli);
int acct_cli_user_activate(acct_cli_t *cli);
int acct_cli_user_release(acct_cli_t *cli);
int acct_cli_user_verify(acct_cli_t *cli);
int acct_cli_token_list(acct_cli_t *cli);
int acct_cli_token_revoke(acct_cli_t *cli);
int acct_cli_token_check(acct_cli_t *cli);
int acct_cli_limit_list(acct_cli_t *cli);
int acct_cli_limit_clear(acct_cli_t *cli);
int acct_cli_dialect_check(acct_cli_t *cli);
int acct_cli_mail_list(acct_cli_t *cli);
int acct_cli_mail_run(acct_cli_t *cli);
int acct_cli_mail_test(acct_cli_t *cli);

/**
 * Open the database and find the account that the first word names.
 * @return ACCT_EXIT_OK, or another after saying what is wrong
 */
int acct_cli_find(acct_cli_t *cli, acct_account_t *account);

/** How an account is called in messages: its username or address, and
 *  its id. */
const char *acct_cli_name(const acct_account_t *account, apr_pool_t *pool);

#endif
