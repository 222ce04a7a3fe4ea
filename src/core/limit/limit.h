/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of limits: how often a name may be tried, and a network may try.
 * It may use the rooms store, database, text and base.
 *
 * The files:
 *   limit.c           what one attempt has to pass
 *   budget.c          the numbers, and the arithmetic with them
 *   counters.c        a table of entries in shared memory (entry.h)
 *   bucket.c, series.c    what networks have spent; the failures of names
 *   offenders.c       which subjects are refused now
 *   subject.c         what is counted, by keyed hashes
 *   exchange.c        offenders, told to other servers and the operator
 *   known.c           networks that accounts were signed in to from
 *   network.c         the network of a client's address
 *   turn.c            which of those that wait for the hasher is the next
 *
 * An attempt is counted before any password is hashed, so that those who come
 * at once are counted exactly, and is given back when it was none. A name that
 * no account has is counted as any other: the client's answer is the same.
 * OWASP ASVS 6.3.1, NIST SP 800-63B 3.2.2.
 */
#ifndef ACCT_LIMIT_H
#define ACCT_LIMIT_H

#include <apr_pools.h>

#include "base/service.h"
#include "limit/budget.h"
#include "limit/counters.h"
#include "limit/network.h"
#include "limit/subject.h"

typedef enum {
    ACCT_LIMITS_ON = 0,
    ACCT_LIMITS_OBSERVE,        /* counted and told, never refused */
    ACCT_LIMITS_OFF
} acct_limits_mode_e;

/* The limits of a virtual host. */
typedef struct acct_limits_t {
    acct_limits_mode_e mode;
    acct_limit_numbers_t numbers;
    acct_counters_t *counters;  /* of this process */
    uint32_t database;          /* a number for lists */
    acct_limit_key_t key;       /* what attempts are counted under */
    int has_key;                /* 0: it is made of the database's own */
} acct_limits_t;

/* Whose request it is. */
typedef struct acct_client_t {
    acct_network_t network;
    int is_exempt;              /* from the budgets of networks: it is trusted,
                                 * or its address is that of a proxy with
                                 * many clients behind it */
} acct_client_t;

/* What an attempt has taken so far; the caller's. */
typedef struct acct_attempt_t {
    const acct_service_t *service;
    acct_limit_key_t key;
    acct_budget_e budget;       /* taken of the network; NONE: nothing */
    acct_subject_t name;        /* .key 0: no name was tried */
    acct_try_t tried;
    apr_interval_time_t wait;   /* when throttled: for how long, at least */
    apr_pool_t *pool;           /* for temporary use */
} acct_attempt_t;

typedef enum {
    ACCT_LIMIT_PASSED,
    ACCT_LIMIT_THROTTLED,       /* see .wait */
    ACCT_LIMIT_CROWDED          /* so many tries of one name are under way
                                 * that nothing could be decided in time */
} acct_limit_e;

/** Begin an attempt; its key is the caller's to set where the limits have
 *  none. */
void acct_attempt_begin(acct_attempt_t *attempt,
                        const acct_service_t *service, apr_pool_t *pool);

/** Whether the client's network has anything left of a budget; nothing is
 *  taken. */
acct_limit_e acct_attempt_look(acct_attempt_t *attempt,
                               acct_budget_e budget);

/** Take one out of the budget of the client's network, and of the wider one
 *  that it is in. Once for an attempt. */
acct_limit_e acct_attempt_network(acct_attempt_t *attempt,
                                  acct_budget_e budget);

/**
 * Count a try of a name. May wait two seconds, in the request's thread, for
 * tries of the same name that are under way. Once for an attempt.
 * @param name     in canonical form; NULL: it has none, and is not counted
 * @param is_known the account signed in from this network lately: the tries
 *                 from there are counted by themselves
 * @param account  for lists; 0: there is none
 */
acct_limit_e acct_attempt_name(acct_attempt_t *attempt, const char *name,
                               int is_known, apr_int64_t account);

/** The attempt is over. @param is_failure 0: what was taken is given back.
 *  Always to be called when anything was. */
void acct_attempt_end(acct_attempt_t *attempt, int is_failure);

/** How long to wait after ACCT_LIMIT_THROTTLED, in whole seconds, from 1. */
int acct_attempt_seconds(const acct_attempt_t *attempt);

#endif
