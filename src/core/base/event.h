/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to an account, a token, a limit, a database or its key, for
 * an audit log. The code that knows what happened fills in a row of this type
 * and raises it through the service (base/service.h); where and for whom it
 * happened (the client's address, the route, the operator) is added by the
 * surroundings, and base/audit_line.h makes a line of both.
 *
 * An event never holds a secret, a digest, or what a client sent as a name:
 * users type their password there.
 */
#ifndef ACCT_EVENT_H
#define ACCT_EVENT_H

#include <apr.h>
#include <apr_time.h>
#include "base/outcome.h"

/* The kinds. The name in a log is the part after ACCT_EVENT_ in lower
 * case. */
typedef enum {
    ACCT_EVENT_NONE,            /* nothing happened; it has no name */
    /* operations, with whatever outcome they come to */
    ACCT_EVENT_LOGIN,
    ACCT_EVENT_REGISTER,
    ACCT_EVENT_LOGOUT,
    ACCT_EVENT_LOGOUT_ALL,
    ACCT_EVENT_PASSWORD_CHANGE,
    ACCT_EVENT_USERNAME_CHANGE,
    ACCT_EVENT_EDIT,
    ACCT_EVENT_DELETE,
    ACCT_EVENT_PASSWORD_RESET_SEND,
    ACCT_EVENT_PASSWORD_RESET,
    ACCT_EVENT_USERNAME_RESET_SEND,
    ACCT_EVENT_USERNAME_RESET,
    ACCT_EVENT_ACTIVATE_SEND,
    ACCT_EVENT_ACTIVATE,
    ACCT_EVENT_VERIFY_EMAIL,
    ACCT_EVENT_LINK_CHECK,
    ACCT_EVENT_CURRENT,
    ACCT_EVENT_TOKENS,
    ACCT_EVENT_TOKEN_RENAME,
    ACCT_EVENT_TOKEN_REVOKE,
    ACCT_EVENT_EXPORT,
    ACCT_EVENT_TOTP_BEGIN,
    ACCT_EVENT_TOTP_CONFIRM,
    ACCT_EVENT_TOTP_DISABLE,
    ACCT_EVENT_RECOVERY_CODES,
    ACCT_EVENT_EMAIL_CHANGE,
    ACCT_EVENT_GUARD,           /* what a location's guard said */
    /* tokens */
    ACCT_EVENT_TOKEN_ISSUED,    /* one was made */
    ACCT_EVENT_TOKEN_EVICTED,   /* the server ended some: an account had too
                                 * many ("excess"), or one that is handed out
                                 * again was over ("expired") */
    ACCT_EVENT_TOKEN_REVOKED,   /* an operator ended one, all of an account,
                                 * or (account 0) everyone's; or a change of
                                 * password the others ("password"); or the
                                 * account itself another one of its own
                                 * ("session") */
    ACCT_EVENT_TOKEN_CHECK,     /* unknown tokens are refused unseen: "on",
                                 * "promised" or "off" from now on */
    ACCT_EVENT_RECOVERY_CODE_USED,  /* in place of a one-time code */
    /* accounts, by an operator */
    ACCT_EVENT_ACCOUNT_ADDED,
    ACCT_EVENT_ACCOUNT_BLOCKED,
    ACCT_EVENT_ACCOUNT_UNBLOCKED,
    ACCT_EVENT_ACCOUNT_DELETED,
    ACCT_EVENT_PASSWORD_SET,
    ACCT_EVENT_ACCOUNT_ACTIVATED,
    ACCT_EVENT_ACCOUNT_SET,     /* which members: "email,no-staff"; account 0:
                                 * of all accounts */
    ACCT_EVENT_NAME_RELEASED,   /* one that was given up is free again */
    ACCT_EVENT_TOTP_RESET,      /* the account has no second factor any
                                 * more */
    ACCT_EVENT_LINK_MADE,       /* and what it is for */
    /* mails, and of which kind */
    ACCT_EVENT_MAIL_SENT,       /* handed over */
    ACCT_EVENT_MAIL_GIVEN_UP,
    /* limits */
    ACCT_EVENT_LIMIT_REACHED,   /* from now on its requests are refused */
    ACCT_EVENT_LIMIT_OVER,      /* they are let in again */
    ACCT_EVENT_LIMIT_CLEARED,   /* an operator ended it before */
    /* databases and keys */
    ACCT_EVENT_DATABASE_MADE,
    ACCT_EVENT_SCHEMA_UPGRADED,
    ACCT_EVENT_KEY_MADE,
    ACCT_EVENT_KEY_CHANGED,     /* a server uses another than before, or can
                                 * use none */
    ACCT_EVENT__COUNT
} acct_event_e;

/* One of them. What is 0 or NULL is not known, or not of this kind. The texts
 * live as long as the call that raises it. */
typedef struct acct_event_t {
    acct_event_e kind;
    acct_outcome_e outcome;     /* ACCT_OK: it was done */
    apr_int64_t account;        /* id of the account it is about, also of one
                                 * that was refused; 0: none */
    const char *token;          /* a token's public id */
    apr_int64_t tokens;         /* how many tokens were ended */
    const char *limit;          /* which limit, by its word in the
                                 * configuration ("failures") */
    const char *network;        /* whose limit: "192.0.2.7/32" */
    const char *name;           /* whose, where no account is known: the keyed
                                 * hash of a name, in hex */
    apr_time_t until;           /* until when it is refused */
    const char *detail;         /* a word of the kind's own: see above;
                                 * versions, a key's id */
} acct_event_t;

/** The name of a kind, e.g. "token_evicted"; NULL: it has none. */
const char *acct_event_name(acct_event_e kind);

/** The kind called @a name, or -1. */
int acct_event_find(const char *name);

#endif
