/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of what shows that a client may do what it asks for, and of what it
 * is given then: passwords, links, codes, limits on trying them, tokens. And
 * the call that every operation (account/account.h) is, with how it gives up.
 * It may use every room of the core below it.
 *
 * What is here takes connections for one unit of work at a time and holds none
 * while it hashes. In the calling thread, which may wait for the gate and the
 * database, always bounded by the service's time-outs.
 *
 * The files:
 *   credential.c      how an operation gives up, and reads its account
 *   attempt.c         the limits that an operation keeps
 *   admission.c       names that are free, passwords that keep the rules
 *   hash.c            hashing a password, inside the gate
 *   dummy.c           what is verified for a name that no account has
 *   issue.c           issuing a token
 *   mailed_link.c     which link a form names, and its one use
 *   second_factor.c   a one-time code or a recovery code, and its one use
 *   reauthentication.c    acting for the account of a token, its password
 *                     asked once more
 */
#ifndef ACCT_CREDENTIAL_H
#define ACCT_CREDENTIAL_H

#include <apr_pools.h>
#include "base/operation.h"
#include "base/service.h"
#include "database/unit.h"
#include "dialect/dialect.h"
#include "form/form.h"
#include "form/result.h"
#include "store/store.h"
#include "token/identity.h"

/* How long a client is asked to wait when something cannot be known now. */
#define ACCT_RETRY_DATABASE 5
#define ACCT_RETRY_GATE 2

/* How often an operation starts again because what it had read changed
 * under it (a password re-hashed, a name freed). */
#define ACCT_TRIES 3

/* What an operation is called with; everything lives in the pool of the
 * request, or longer. */
typedef struct acct_call_t {
    const acct_service_t *service;
    const acct_route_t *route;
    const acct_form_t *form;    /* as read, and where the outcome is
                                 * ACCT_INVALID only what was right of it;
                                 * empty where the route reads none */
    const acct_identity_t *identity;    /* whose token was presented, after
                                         * the last wait for the client;
                                         * NULL: the route does without,
                                         * and none was */
    const char *token;          /* its text, or NULL */
    const char *path_token;     /* what stands for {token.id} in the path, or
                                 * NULL; any text */
    acct_result_t *result;      /* in: ACCT_OK, or ACCT_INVALID with the
                                 * problems found so far; out: what came of
                                 * it */
    apr_pool_t *pool;
} acct_call_t;

/** The outcome when something cannot be known now.
 *  @param retry_after seconds */
void acct_unavailable(acct_result_t *result, int retry_after);

/**
 * Read what an operation on a token's account answers with, in one unit of
 * work: ACCT_OK with @a account, which the work has read, ACCT_INVALID_TOKEN
 * where it was APR_NOTFOUND, or ACCT_UNAVAILABLE.
 * @return 0: not ACCT_OK
 */
int acct_call_read(const acct_call_t *call, acct_work_fn work, void *baton,
                   const acct_account_t *account);

/**
 * Whether the client's network may try an operation of @a budget at all, for
 * the caller that has not read the request's body yet. Takes nothing.
 * @return 0: it may not, and @a result says so
 */
int acct_may_try(const acct_service_t *service, acct_budget_e budget,
                 acct_result_t *result, apr_pool_t *pool);

#endif
