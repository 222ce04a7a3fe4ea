/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room below all others, which uses none of them, and in this header the
 * one place where outcomes, roles of fields and problems with fields are
 * listed (operations are in base/operation.h). Everything here is a name; how
 * a name is spelled on the wire is the dialect's business (dialect/dialect.h).
 *
 * Constant tables only; safe from any thread.
 *
 * The files:
 *   outcome.c         outcomes, roles, problems, and their names
 *   operation.c       the type of an operation's row
 *   event.c           what happened, for an audit log, and its names
 *   audit_line.c      an event as a line of an audit log
 *   audit_sink.c      where such lines go
 *   service.c         what operations ask of where they run
 *   file_safety.c     whether other users can get at a file
 *   folders_seen.c    folders that were looked at a moment ago
 *   plain_file.c      opening a file that is one
 *   secret_text.c     reading one that holds a secret
 *   told_status.c     what of a status is worth a word in the log
 *   shared_mutex.c    mutexes in memory that processes share
 *   ticks.c           a clock for waiting
 *   mail_text.c       kinds of mails, and texts with placeholders
 *   uid.c             an account's id as links spell it
 *   base64.c          base64 to bytes
 *   hex.c             bytes to hex digits and back
 *   shell.c           a text as a word for a shell
 *   own_pool.c        pools with an allocator of their own
 */
#ifndef ACCT_OUTCOME_H
#define ACCT_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

/* What can come of a request. The name in a dialect file is the part
 * after ACCT_ in lower case. */
typedef enum {
    ACCT_OK,
    /* the request itself */
    ACCT_NOT_FOUND,             /* no route has this path */
    ACCT_METHOD_NOT_ALLOWED,    /* a route has the path, none the method */
    ACCT_OPTIONS,               /* OPTIONS on a route */
    ACCT_TLS_REQUIRED,          /* credentials over plain HTTP */
    ACCT_UNSUPPORTED_MEDIA_TYPE,
    ACCT_UNSUPPORTED_ENCODING,
    ACCT_TOO_LARGE,
    ACCT_PARSE_ERROR,           /* not JSON, not a form */
    ACCT_NOT_AN_OBJECT,         /* JSON, but a list, string, number... */
    ACCT_NO_DATA,               /* JSON null */
    ACCT_INVALID,               /* problems with fields, gathered */
    /* the token */
    ACCT_NOT_AUTHENTICATED,     /* no header, or another scheme */
    ACCT_TOKEN_ABSENT,          /* the scheme alone */
    ACCT_TOKEN_SPACES,          /* more than one word after the scheme */
    ACCT_TOKEN_CHARACTERS,      /* not printable ASCII */
    ACCT_INVALID_TOKEN,         /* unknown, expired, revoked */
    ACCT_BLOCKED_TOKEN,         /* a live one, of an account that is not
                                 * active; dialects tell it as the one
                                 * above */
    ACCT_NOT_OWNER,             /* the path names another account */
    ACCT_PERMISSION_DENIED,     /* good token, but the location says no */
    /* the account */
    ACCT_WRONG_CREDENTIALS,
    ACCT_BLOCKED,               /* right password, blocked account */
    ACCT_PENDING,               /* right password, not activated yet */
    ACCT_UNVERIFIED,            /* right password, but the dialect demands a
                                 * verified address */
    ACCT_SECOND_FACTOR_REQUIRED,    /* right password, and no code */
    ACCT_TOO_MANY_TOKENS,       /* the dialect refuses another one */
    ACCT_IDENTIFIER_ABSENT,     /* neither name nor address was sent */
    ACCT_BASIC_ABSENT,          /* "Basic" alone */
    ACCT_BASIC_SPACES,          /* more than one word after "Basic" */
    ACCT_LINK_SPENT,            /* genuine, and what it is for is done */
    ACCT_LINK_UNKNOWN,          /* for dialects that answer with a status
                                 * and not with a field's problem */
    ACCT_NOT_ENABLED,           /* the site does not offer it */
    ACCT_TOKEN_NOT_FOUND,       /* the path names no token of the account */
    ACCT_TOTP_ALREADY,          /* the account has a second factor */
    ACCT_TOTP_ABSENT,           /* it has none */
    /* the server */
    ACCT_THROTTLED,
    ACCT_UNAVAILABLE,           /* cannot know now: database, hasher */
    ACCT_ERROR,
    ACCT_OUTCOME__COUNT
} acct_outcome_e;

/* What a field of a request body means ("as" in a dialect file). */
typedef enum {
    ACCT_ROLE_IDENTIFIER,       /* identifier: login by what the dialect
                                 * lists in "identifier"; no grammar */
    ACCT_ROLE_USERNAME,         /* username */
    ACCT_ROLE_EMAIL,            /* email: grammar is checked, in login too */
    ACCT_ROLE_PASSWORD,         /* password */
    ACCT_ROLE_PASSWORD_AGAIN,   /* password_again */
    ACCT_ROLE_FIRST_NAME,       /* first_name */
    ACCT_ROLE_LAST_NAME,        /* last_name */
    ACCT_ROLE_CURRENT_PASSWORD, /* current_password: compared; no rules */
    ACCT_ROLE_USERNAME_AGAIN,   /* username_again */
    ACCT_ROLE_LINK_UID,         /* link_uid: whose link it is, as the link
                                 * spells it */
    ACCT_ROLE_LINK_TOKEN,       /* link_token: a mailed link's secret */
    ACCT_ROLE_LINK_KEY,         /* link_key: the same, of links without a
                                 * uid */
    ACCT_ROLE_SECOND_FACTOR,    /* second_factor: a code, or a recovery
                                 * code */
    ACCT_ROLE_LABEL,            /* label: of a token */
    ACCT_ROLE__COUNT
} acct_role_e;

/* What can be wrong with a field. A dialect names a problem by itself
 * ("required") or with its field ("email.required"). */
typedef enum {
    ACCT_PROBLEM_REQUIRED,
    ACCT_PROBLEM_NULL,
    ACCT_PROBLEM_BLANK,
    ACCT_PROBLEM_NOT_A_STRING,
    ACCT_PROBLEM_NULL_CHARACTERS,
    ACCT_PROBLEM_TOO_LONG,
    ACCT_PROBLEM_INVALID,       /* grammar of username or email */
    ACCT_PROBLEM_TAKEN,
    ACCT_PROBLEM_MISMATCH,      /* password and password_again */
    ACCT_PROBLEM_TOO_SHORT,     /* password rules */
    ACCT_PROBLEM_TOO_COMMON,
    ACCT_PROBLEM_TOO_SIMILAR,
    ACCT_PROBLEM_TOO_NUMERIC,
    ACCT_PROBLEM_WRONG,         /* current_password, link_token, link_key,
                                 * second_factor */
    ACCT_PROBLEM_UNKNOWN,       /* link_uid */
    ACCT_PROBLEM__COUNT
} acct_problem_e;

/* Sets of problems. */
#define ACCT_PROBLEM_BIT(problem) (UINT32_C(1) << (problem))

/** The name of an outcome in dialect files, e.g. "wrong_credentials". */
const char *acct_outcome_name(acct_outcome_e outcome);

/** The outcome called @a name, or -1. */
int acct_outcome_find(const char *name);

/** The name of a role in dialect files, e.g. "password_again". */
const char *acct_role_name(acct_role_e role);

/** The role called @a name, or -1. */
int acct_role_find(const char *name);

/** The name of a problem in dialect files, e.g. "too_long". */
const char *acct_problem_name(acct_problem_e problem);

/** The problem called @a name, or -1. */
int acct_problem_find(const char *name);

#endif
