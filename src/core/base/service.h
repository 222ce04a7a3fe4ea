/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operations need from where they run (httpd, the command, a
 * test): connections, the gate, a log, and what is believed without asking.
 *
 * A connection is held for one unit of work (database/unit.h): never while
 * a password is hashed, a body read or an answer written.
 */
#ifndef ACCT_SERVICE_H
#define ACCT_SERVICE_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>
#include <stdint.h>
#include "base/event.h"

/* Of the rooms above. */
struct acct_cache_t;
struct acct_client_t;
struct acct_db_t;
struct acct_key_t;
struct acct_limits_t;
struct acct_mail_site_t;
struct acct_password_params_t;
struct acct_password_rules_t;

/* What a unit of work does, for the service that hands out connections. */
typedef enum {
    ACCT_UNIT_READ,
    ACCT_UNIT_FOLLOW,           /* reads what it has read before, and has
                                 * to know that nothing came between: by
                                 * the same connection for as long as that
                                 * is good. One thread at a time */
    ACCT_UNIT_WRITE             /* begins a transaction that writes */
} acct_unit_e;

/* How serious something worth a line in the log is. */
typedef enum {
    ACCT_LOG_ERROR,             /* an operator has to do something */
    ACCT_LOG_WARNING,
    ACCT_LOG_INFO,              /* an event: login, logout, refused… */
    ACCT_LOG_DEBUG
} acct_log_e;

/* How long a name that was given up is held where nothing else is said. */
#define ACCT_NAME_HOLD_DEFAULT apr_time_from_sec(30 * 86400)

/* What operations need from where they run. The functions may be called
 * from any thread at any time; the context is theirs. */
typedef struct acct_service_t {
    /* Connections. acquire waits a bounded time; release puts back one
     * that is fine and closes one that is broken. Each acquire is
     * followed by one release with the same unit. */
    apr_status_t (*acquire)(void *context, acct_unit_e unit,
                            struct acct_db_t **db, apr_pool_t *pool);
    void (*release)(void *context, acct_unit_e unit, struct acct_db_t *db);

    /* The database did not do as asked in a unit of work; acct_db_error() says
     * why. is_final: it will not be tried again. NULL: a line in the log. */
    void (*failed)(void *context, acct_unit_e unit, struct acct_db_t *db,
                   apr_status_t status, int is_final, apr_pool_t *pool);

    /* The request has waited so many microseconds for what another asks the
     * database: they count as if it had held a connection. Called with a lock
     * held that other threads want. NULL: they do not count. */
    void (*waited)(void *context, apr_interval_time_t time);

    /* The gate in front of the hasher: how many passwords are hashed at
     * once. enter waits for its turn for a bounded time, then fails
     * (APR_TIMEUP, APR_EAGAIN when too many wait already). is_known: the
     * account has been signed in to rightly from this client's network, so
     * the client goes before others of its virtual host. NULL: no gate. */
    apr_status_t (*enter)(void *context, int is_known);
    void (*leave)(void *context);

    /* Logging; message ids and place are the caller's. Never given a
     * secret. */
    void (*log)(void *context, acct_log_e level, apr_status_t status,
                const char *message);

    /* What happened, for an audit log; after the commit. Of an operation's own
     * outcome it is not called: that is in the result, and the caller logs it
     * once, with what it knows besides. NULL: there is no audit log. */
    void (*event)(void *context, const acct_event_t *event);

    void *context;

    /* What is believed without asking the database; cache NULL: nothing,
     * nor where the feed is not fresh. */
    struct acct_cache_t *cache;
    int cache_answers;          /* 0: no token is looked up in it */
    uint64_t cache_database;    /* key of this database in the cache */
    int cache_feed;
    apr_interval_time_t revocation_bound;   /* microseconds; 0:
                                             * never fresh */
    struct acct_memo_t *memo;   /* token/identity.h; NULL: none */

    struct acct_lookups_t *lookups; /* token/lookup.h; NULL: each by itself */

    const struct acct_limits_t *limits; /* limit/limit.h; NULL: none */
    const struct acct_client_t *client; /* whose request it is; NULL: of a
                                         * caller without a network */

    const struct acct_mail_site_t *mail;    /* mail/site.h; NULL: nothing is
                                             * mailed */
    const char *accept_language;    /* of the request; NULL: it says none */
    const char *site_name;      /* what the site is called to people; NULL:
                                 * nothing asks in this process */

    int max_tokens;             /* live ones an account may have, but for
                                 * the reusable one; 0: any number */
    apr_interval_time_t name_hold;  /* how long a name that was given up is
                                     * kept from other accounts; 0: not */
    const struct evp_md_st *sha256; /* acct_sha256_t; NULL: fetched each
                                     * time */
    const struct acct_key_t *key;   /* NULL: no dialect needs one, or: */
    int key_is_away;            /* one is named and cannot be used now */
    const struct acct_password_params_t *params;    /* of new hashes */
    const char *dummy;          /* acct_password_dummy(params) */
    struct acct_dummies_t *dummies; /* credential/dummy.h; NULL: dummy for
                                     * all */
    const struct acct_password_rules_t *rules;  /* NULL: none */
} acct_service_t;

/**
 * Run @a work with @a baton inside the gate.
 * @param is_known as of enter; 0 for an account that is not there yet, or
 *                 where there is no client
 * @return what the gate said when it did not open (nothing was run), else
 *         APR_SUCCESS
 */
apr_status_t acct_gate_run(const acct_service_t *service, int is_known,
                           void (*work)(void *baton), void *baton);

/** Tell the log; @a format as of printf, given no secret. */
void acct_log(const acct_service_t *service, acct_log_e level,
              apr_status_t status, apr_pool_t *pool, const char *format,
              ...) __attribute__((format(printf, 5, 6)));

/** Raise an event, if there is a listener. */
static inline void acct_raise(const acct_service_t *service,
                              const acct_event_t *event)
{
    if (service->event != NULL) {
        service->event(service->context, event);
    }
}

#endif
