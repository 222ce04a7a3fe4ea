/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's command: what its parts share. One thread, one pool, one
 * connection. This room uses src/core and the room files.
 *   options.c      the command line, and the help about it
 *   acts.c         what was done, told to the system's log or a file
 *   print.c        messages, and what others wrote made fit for a terminal
 *   print_json.c   JSON on standard output
 *   prompt.c       a password from standard input or the terminal
 *   terminal.c     the terminal without echo
 *   privilege.c    the users and groups that this process can become
 *   wait.c         --wait
 *   schema_text.c  the files of sql/, part of the command
 */
#ifndef ACCT_CLI_H
#define ACCT_CLI_H

#include <apr_pools.h>
#include <apr_time.h>
#include "admin/admin.h"
#include "database/database.h"
#include "password/password.h"
#include "store/store.h"

/* How the command ends. */
#define ACCT_EXIT_OK 0
#define ACCT_EXIT_REFUSED 1     /* not found, taken, a bad value */
#define ACCT_EXIT_USAGE 2
#define ACCT_EXIT_FAILED 3      /* database, key, file */

/* Options, as bits of acct_cli_verb_t.options; in the order of options.c. */
typedef apr_uint64_t acct_cli_options_t;
#define ACCT_OPT(n) (APR_UINT64_C(1) << (n))
#define ACCT_OPT_DRIVER ACCT_OPT(0)
#define ACCT_OPT_PARAMS ACCT_OPT(1)
#define ACCT_OPT_KEY ACCT_OPT(2)
#define ACCT_OPT_OWNER ACCT_OPT(3)
#define ACCT_OPT_EMAIL ACCT_OPT(4)
#define ACCT_OPT_FIRST_NAME ACCT_OPT(5)
#define ACCT_OPT_LAST_NAME ACCT_OPT(6)
#define ACCT_OPT_STAFF ACCT_OPT(7)
#define ACCT_OPT_NO_USERNAME ACCT_OPT(8)
#define ACCT_OPT_PASSWORD_STDIN ACCT_OPT(9)
#define ACCT_OPT_JSON ACCT_OPT(10)
#define ACCT_OPT_ALL ACCT_OPT(11)
#define ACCT_OPT_EVERYONE ACCT_OPT(12)
#define ACCT_OPT_WAIT ACCT_OPT(13)
#define ACCT_OPT_HELP ACCT_OPT(14)
#define ACCT_OPT_VERSION ACCT_OPT(15)
#define ACCT_OPT_DRY_RUN ACCT_OPT(16)
#define ACCT_OPT_KEEP_OLDEST ACCT_OPT(17)
#define ACCT_OPT_NO_COPY ACCT_OPT(18)
#define ACCT_OPT_AUDIT ACCT_OPT(19)
#define ACCT_OPT_USERNAME ACCT_OPT(20)
#define ACCT_OPT_NO_STAFF ACCT_OPT(21)
#define ACCT_OPT_VERIFIED ACCT_OPT(22)
#define ACCT_OPT_UNVERIFIED ACCT_OPT(23)
#define ACCT_OPT_HTTPD ACCT_OPT(24)
#define ACCT_OPT_CONF ACCT_OPT(25)
#define ACCT_OPT_NAME ACCT_OPT(26)
#define ACCT_OPT_REPORT ACCT_OPT(27)
#define ACCT_OPT_IDS ACCT_OPT(28)
#define ACCT_OPT_ON_CONFLICT ACCT_OPT(29)
#define ACCT_OPT_DECIDE ACCT_OPT(30)
#define ACCT_OPT_DUPLICATE_EMAIL ACCT_OPT(31)
#define ACCT_OPT_WEAK ACCT_OPT(32)
#define ACCT_OPT_STAFF_FROM ACCT_OPT(33)
#define ACCT_OPT_TIME_ZONE ACCT_OPT(34)
#define ACCT_OPT_TOKENS ACCT_OPT(35)
#define ACCT_OPT_REUSE ACCT_OPT(36)
#define ACCT_OPT_REVIVE ACCT_OPT(37)
#define ACCT_OPT_SLIDING ACCT_OPT(38)
#define ACCT_OPT_ALL_ABILITIES ACCT_OPT(39)
#define ACCT_OPT_BATCH ACCT_OPT(40)
#define ACCT_OPT_UPDATE ACCT_OPT(41)
#define ACCT_OPT_PROVE ACCT_OPT(42)
#define ACCT_OPT_TOTP ACCT_OPT(43)
#define ACCT_OPT_USER_TABLE ACCT_OPT(44)
#define ACCT_OPT_USER_MODEL ACCT_OPT(45)
#define ACCT_OPT_PURPOSE ACCT_OPT(46)
#define ACCT_OPT_DIALECT ACCT_OPT(47)
#define ACCT_OPT_BASE ACCT_OPT(48)
#define ACCT_OPT_CONFIGURATION (ACCT_OPT_HTTPD | ACCT_OPT_CONF)
#define ACCT_OPT_DATABASE (ACCT_OPT_DRIVER | ACCT_OPT_PARAMS \
                           | ACCT_OPT_CONFIGURATION)
#define ACCT_OPT_CHANGES (ACCT_OPT_DATABASE | ACCT_OPT_AUDIT)
#define ACCT_OPT_IMPORT (ACCT_OPT_CHANGES | ACCT_OPT_KEY | ACCT_OPT_DRY_RUN \
                         | ACCT_OPT_NAME | ACCT_OPT_REPORT | ACCT_OPT_IDS \
                         | ACCT_OPT_ON_CONFLICT | ACCT_OPT_DECIDE \
                         | ACCT_OPT_DUPLICATE_EMAIL | ACCT_OPT_WEAK \
                         | ACCT_OPT_BATCH | ACCT_OPT_UPDATE \
                         | ACCT_OPT_PROVE | ACCT_OPT_PASSWORD_STDIN)
#define ACCT_OPT_IMPORT_TOKENS (ACCT_OPT_TOKENS | ACCT_OPT_REUSE \
                                | ACCT_OPT_SLIDING | ACCT_OPT_TIME_ZONE)
#define ACCT_OPT__COUNT 49

/* The log that the command's changes are written to; see acts.c. */
typedef struct acct_cli_audit_t {
    const char *path;           /* NULL: the system's log */
    int fd;                     /* -1: not written anywhere */
    const char *by;             /* "cli:root" */
} acct_cli_audit_t;

typedef struct acct_cli_t acct_cli_t;

typedef struct acct_cli_verb_t {
    const char *name;           /* "user add" */
    const char *usage;          /* what follows the name */
    const char *help;           /* one line */
    const char *details;        /* further lines, or NULL */
    acct_cli_options_t options; /* those it takes, beside --help */
    int min_args;
    int max_args;               /* -1: any number */
    int (*run)(acct_cli_t *cli);    /* returns how to end */
} acct_cli_verb_t;

struct acct_cli_t {
    apr_pool_t *pool;
    const acct_cli_verb_t *verbs;   /* the last has no name */
    acct_cli_options_t given;   /* bits of the options that were there */
    const char *value[ACCT_OPT__COUNT];     /* by number of the bit */
    const char *const *args;    /* words behind the verb */
    int nargs;

    acct_db_config_t config;
    const char *named;          /* its params as they were given */
    acct_db_t *db;              /* NULL: not open now */
    const char *db_error;       /* what the database said last, or NULL */
    acct_service_t service;
    acct_cli_audit_t audit;
};

/** The value of an option, NULL when it was not given. */
const char *acct_cli_value(const acct_cli_t *cli, acct_cli_options_t option);

/**
 * Read the command line. Options may stand anywhere.
 * @param verb NULL with --help, --version or nothing to do
 * @return ACCT_EXIT_OK, or ACCT_EXIT_USAGE after saying what is wrong
 */
int acct_cli_parse(acct_cli_t *cli, int argc, const char *const *argv,
                   const acct_cli_verb_t **verb);

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

#endif
