/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to say of an operation, for the code that checks a dialect,
 * reads a form, answers a request or runs it. The rows are in
 * account/operations.c; a caller is handed the table or a route's row, and
 * asks that: no code compares operations.
 *
 * Constant; safe from any thread.
 */
#ifndef ACCT_OPERATION_H
#define ACCT_OPERATION_H

#include <stdint.h>
#include "base/event.h"
#include "base/outcome.h"

/* credential/credential.h */
struct acct_call_t;

/* Whether an operation acts for the account of a presented token. */
typedef enum {
    ACCT_TOKEN_IGNORED,         /* none is looked at */
    ACCT_TOKEN_OPTIONAL,        /* a good one counts, a bad one is refused,
                                 * none is none */
    ACCT_TOKEN_NEEDED
} acct_token_need_e;

/* Sets of roles and of outcomes. */
#define ACCT_ROLE_BIT(role) (UINT32_C(1) << (role))
#define ACCT_OUTCOME_BIT(outcome) (UINT64_C(1) << (outcome))

/* A field that a route of the operation has to have. */
typedef struct acct_need_t {
    uint32_t roles;             /* one of these, and required; 0 ends */
    int several;                /* or several, none of which need be
                                 * required: the operation sees to it that
                                 * one is sent */
    const char *lack;           /* for the dialect's author: what is
                                 * missing, and what to write */
} acct_need_t;

/* What may be shown by the response for ACCT_OK besides the account. */
typedef enum {
    ACCT_SHOWS_NO_TOKEN,
    ACCT_SHOWS_TOKENS,          /* the list of the account's tokens */
    ACCT_SHOWS_STORED,          /* that, and all else that is stored of the
                                 * account */
    ACCT_SHOWS_TOKEN_READ,      /* {token.id}, {token.label} and the like, but
                                 * never {token} */
    ACCT_SHOWS_TOTP,            /* the secret of a second factor, one way or
                                 * the other: it has to */
    ACCT_SHOWS_RECOVERY_CODES,  /* those that are made when the response shows
                                 * them */
    ACCT_SHOWS_RECOVERY_CODES_ALWAYS,   /* and it has to show them */
    ACCT_SHOWS_TOKEN,           /* {token}, {token.id}, {token.expires} */
    ACCT_SHOWS_NEW_TOKEN,       /* the same, of one that is made when the
                                 * response shows it */
    ACCT_SHOWS_NEW_TOKEN_ALWAYS     /* and it has to show it */
} acct_shows_e;

/* What a client's network has a budget of (limit/budget.h). */
typedef enum {
    ACCT_BUDGET_NONE,
    ACCT_BUDGET_FAILURES,       /* wrong passwords, over all names */
    ACCT_BUDGET_REGISTER,       /* sign-ups */
    ACCT_BUDGET_MAILS,          /* mails that are asked for */
    ACCT_BUDGET_NAMES,          /* looks whether a name is taken that cost no
                                 * hash */
    ACCT_BUDGET__COUNT
} acct_budget_e;

typedef struct acct_operation_t {
    const char *name;           /* in dialect files: "logout_all" */
    acct_event_e event;         /* what it is in an audit log */
    acct_token_need_e token;
    int may_lack_token;         /* a route may say that it does without
                                 * one: run() is then called without an
                                 * identity where none was presented */
    int reads_fields;           /* a route may have fields of the request's
                                 * body; the body of one without is read and
                                 * dropped */
    int mails;                  /* it does nothing without a mail that it
                                 * orders (mail/order.h) */
    uint32_t takes_links;       /* kinds of mails, as bits (1 <<
                                 * acct_mail_kind_e), whose links it uses */
    int stores_fields;          /* what they say becomes the account's: a
                                 * name can be taken, a new name has a
                                 * grammar, a new password has rules */
    int names_token;            /* it acts on the token that its path names,
                                 * else on the presented one */
    uint32_t roles;             /* that its fields can have */
    int takes_basic;            /* a route may say that identifier and
                                 * password are those of HTTP Basic, and
                                 * has no fields then */
    const acct_need_t *needs;   /* what they must have; NULL: nothing, and a
                                 * route may do without any field */
    uint64_t outcomes;          /* its own, beside those that follow from
                                 * token and reads_fields */
    acct_shows_e shows;
    acct_budget_e budget;       /* a network that has spent it is refused
                                 * before anything is read */

    /** Run it in the calling thread, which may wait for the gate and the
     *  database. call->result has the outcome afterwards; with
     *  reads_fields it is ACCT_INVALID before when the form has problems,
     *  and the operation may find more. */
    void (*run)(const struct acct_call_t *call);
} acct_operation_t;

/* All there are. */
typedef struct acct_operations_t {
    const acct_operation_t *const *row;
    int count;
} acct_operations_t;

/** The operation called @a name, or NULL. */
const acct_operation_t *acct_operation_find(
    const acct_operations_t *operations, const char *name);

/** Whether a route of it can end in @a outcome at all; which of them one
 *  route can is acct_route_can() (dialect/draft.h). */
int acct_operation_can(const acct_operation_t *operation,
                       acct_outcome_e outcome);

#endif
