/* SPDX-License-Identifier: Apache-2.0 */
#include "token/lookup.h"

#include <apr_allocator.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <string.h>

#include "base/own_pool.h"
#include "base/ticks.h"
#include "database/unit.h"

typedef enum state_e {
    GATHERING,                  /* a request may still join, if it fits */
    UNDER_WAY,
    ANSWERED
} state_e;

/* The tokens that one statement asks for, each for a request. A batch lives as
 * long as one of the requests needs it, so none has to wait for another before
 * it leaves. */
typedef struct batch_t {
    apr_thread_cond_t *changed;
    apr_pool_t *pool;           /* of its own, by its own allocator: used by
                                 * the thread that asks, and then only read */
    struct batch_t *next;       /* in the queue, or among the spare ones */
    state_e state;
    int members;                /* requests that still need it */
    int count;
    const char *digest[ACCT_STORE_TOGETHER];    /* in digits */
    char digits[ACCT_STORE_TOGETHER][ACCT_DIGEST_HEX + 1];
    apr_status_t status;        /* of the statement; and what it found: */
    acct_rows_t rows;
} batch_t;

struct acct_lookups_t {
    acct_lookups_limits_t limits;
    apr_thread_mutex_t *lock;   /* for what follows, and every batch */
    apr_pool_t *pool;           /* for batches */
    batch_t *first;             /* the queue of those that gather */
    batch_t *last;
    batch_t *spare;
    int under_way;
    int inside;                 /* requests that ask or wait */
    apr_interval_time_t heard;  /* ticks: when the database last answered, or a
                                 * request began to wait for it */
};

/* ---- alone ---- */

typedef struct find_one_t {
    const char *digest;
    acct_token_t *token;
    acct_account_t *account;
} find_one_t;

static apr_status_t find_one(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    find_one_t *find = baton;

    return acct_store_token_find(db, find->digest, find->token,
                                 find->account, pool);
}

static apr_status_t alone(const acct_service_t *service, const char *digest,
                          acct_token_t *token, acct_account_t *account,
                          apr_pool_t *pool)
{
    find_one_t find = { digest, token, account };

    return acct_unit_run(service, ACCT_UNIT_READ, find_one, &find, pool);
}

/* ---- batches; with the lock held ---- */

static apr_status_t destroy_pool(void *data)
{
    apr_pool_destroy(data);
    return APR_SUCCESS;
}

static batch_t *make_batch(acct_lookups_t *lookups)
{
    batch_t *batch = apr_pcalloc(lookups->pool, sizeof(*batch));

    if (apr_thread_cond_create(&batch->changed, lookups->pool) != APR_SUCCESS
        || acct_own_pool(&batch->pool) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_cleanup_register(lookups->pool, batch->pool, destroy_pool,
                              apr_pool_cleanup_null);
    return batch;
}

static int is_full(const batch_t *batch)
{
    return batch->count == ACCT_STORE_TOGETHER;
}

/* One that one more can join: the last that gathers, or a new one at the
 * end of the queue. NULL when none can be made. */
static batch_t *find_batch(acct_lookups_t *lookups)
{
    batch_t *batch = lookups->last;

    if (batch != NULL && !is_full(batch)) {
        return batch;
    }
    batch = lookups->spare;
    if (batch != NULL) {
        lookups->spare = batch->next;
    }
    else {
        batch = make_batch(lookups);
    }
    if (batch == NULL) {
        return NULL;
    }
    batch->state = GATHERING;
    batch->count = 0;
    batch->next = NULL;
    if (lookups->last != NULL) {
        lookups->last->next = batch;
    }
    else {
        lookups->first = batch;
    }
    lookups->last = batch;
    return batch;
}

static void leave_queue(acct_lookups_t *lookups, const batch_t *batch)
{
    batch_t *before = NULL;
    batch_t *at = lookups->first;

    while (at != NULL && at != batch) {
        before = at;
        at = at->next;
    }
    if (at == NULL) {
        return;
    }
    if (before != NULL) {
        before->next = at->next;
    }
    else {
        lookups->first = at->next;
    }
    if (lookups->last == at) {
        lookups->last = before;
    }
}

static int may_begin(const acct_lookups_t *lookups)
{
    return lookups->under_way == 0;
}

static void end_statement(acct_lookups_t *lookups, apr_status_t status)
{
    lookups->under_way--;
    if (status == APR_SUCCESS || APR_STATUS_IS_NOTFOUND(status)) {
        lookups->heard = acct_ticks();
    }
}

/* Have the requests begin that have waited longest, if no statement is under
 * way. One of them does; it is not said which. */
static void call_next(acct_lookups_t *lookups)
{
    if (lookups->first != NULL && may_begin(lookups)) {
        apr_thread_cond_signal(lookups->first->changed);
    }
}

static void leave(acct_lookups_t *lookups, batch_t *batch)
{
    if (--batch->members == 0) {
        if (batch->state == GATHERING) {
            leave_queue(lookups, batch);
        }
        apr_pool_clear(batch->pool);
        batch->next = lookups->spare;
        lookups->spare = batch;
    }
}

/* ---- together ---- */

static apr_status_t find_all(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    batch_t *batch = baton;

    return acct_store_tokens_find(db, batch->digest, batch->count,
                                  &batch->rows, pool);
}

/* Ask for all tokens of the batch; called with the lock held, which is let go
 * meanwhile. */
static void ask(const acct_service_t *service, batch_t *batch)
{
    acct_lookups_t *lookups = service->lookups;

    leave_queue(lookups, batch);
    batch->state = UNDER_WAY;
    lookups->under_way++;
    apr_thread_mutex_unlock(lookups->lock);
    batch->status = acct_unit_run(service, ACCT_UNIT_READ, find_all, batch,
                                  batch->pool);
    apr_thread_mutex_lock(lookups->lock);
    end_statement(lookups, batch->status);
    batch->state = ANSWERED;
    apr_thread_cond_broadcast(batch->changed);
    call_next(lookups);
}

/* What comes of waiting. */
typedef enum wait_e {
    WAIT_ANSWERED,
    WAIT_ASK,                   /* for the batch */
    WAIT_ALONE,                 /* another's statement takes too long */
    WAIT_REFUSED                /* too many wait for a silent database */
} wait_e;

/* A crowd waits only as long as the database tells others something: the
 * site has more to do than to wait for it. */
static wait_e await(acct_lookups_t *lookups, const batch_t *batch,
                    apr_interval_time_t begun)
{
    const acct_lookups_limits_t *limits = &lookups->limits;

    while (batch->state != ANSWERED) {
        int gathers = batch->state == GATHERING;
        apr_interval_time_t now = acct_ticks();
        apr_interval_time_t left = begun + (gathers ? limits->begin
                                            : limits->patience) - now;

        if (gathers && (may_begin(lookups) || is_full(batch))) {
            return WAIT_ASK;
        }
        if (acct_crowd_is_too_large(limits->crowd)) {
            apr_interval_time_t heard = lookups->heard + limits->silence
                                        - now;

            if (heard <= 0) {
                return WAIT_REFUSED;
            }
            left = heard < left ? heard : left;
        }
        if (left <= 0) {
            return gathers ? WAIT_ASK : WAIT_ALONE;
        }
        (void)apr_thread_cond_timedwait(batch->changed, lookups->lock, left);
    }
    return WAIT_ANSWERED;
}

static void join(batch_t *batch, const char *digest)
{
    char *digits = batch->digits[batch->count];

    memcpy(digits, digest, ACCT_DIGEST_HEX + 1);
    batch->digest[batch->count++] = digits;
    batch->members++;
}

/* Called with the lock held, and returns with it held. */
static apr_status_t together(const acct_service_t *service, batch_t *batch,
                             const char *digest, acct_token_t *token,
                             acct_account_t *account, apr_pool_t *pool)
{
    acct_lookups_t *lookups = service->lookups;
    apr_interval_time_t begun = acct_ticks();
    apr_status_t status = APR_TIMEUP;
    wait_e wait;

    join(batch, digest);
    acct_crowd_enter(lookups->limits.crowd);
    wait = await(lookups, batch, begun);
    acct_crowd_leave(lookups->limits.crowd);
    if (service->waited != NULL) {
        service->waited(service->context, acct_ticks() - begun);
    }
    if (wait == WAIT_ASK) {
        ask(service, batch);
    }
    if (batch->state == ANSWERED) {
        status = batch->status;
    }
    apr_thread_mutex_unlock(lookups->lock);
    if (status == APR_SUCCESS) {
        status = acct_store_token_among(&batch->rows, digest, token, account,
                                        pool);
    }
    else if (wait == WAIT_ANSWERED || wait == WAIT_ALONE) {
        /* what goes wrong for another must not be one's own */
        status = alone(service, digest, token, account, pool);
    }
    apr_thread_mutex_lock(lookups->lock);
    leave(lookups, batch);
    return status;
}

/* Called with the lock held, and returns with it held. */
static apr_status_t without_waiting(const acct_service_t *service,
                                    const char *digest, acct_token_t *token,
                                    acct_account_t *account,
                                    apr_pool_t *pool)
{
    acct_lookups_t *lookups = service->lookups;
    apr_status_t status;

    lookups->under_way++;
    apr_thread_mutex_unlock(lookups->lock);
    status = alone(service, digest, token, account, pool);
    apr_thread_mutex_lock(lookups->lock);
    end_statement(lookups, status);
    call_next(lookups);
    return status;
}

apr_status_t acct_token_look_up(const acct_service_t *service,
                                const char *digest, acct_token_t *token,
                                acct_account_t *account, apr_pool_t *pool)
{
    acct_lookups_t *lookups = service->lookups;
    batch_t *batch = NULL;
    apr_status_t status;

    if (lookups == NULL) {
        return alone(service, digest, token, account, pool);
    }
    if (strlen(digest) != ACCT_DIGEST_HEX) {
        return APR_EINVAL;
    }
    apr_thread_mutex_lock(lookups->lock);
    if (lookups->inside++ == 0) {
        lookups->heard = acct_ticks();
    }
    /* the request that waits already goes first, and takes this one along */
    if (lookups->first != NULL || !may_begin(lookups)) {
        batch = find_batch(lookups);
    }
    status = batch != NULL
        ? together(service, batch, digest, token, account, pool)
        : without_waiting(service, digest, token, account, pool);
    lookups->inside--;
    apr_thread_mutex_unlock(lookups->lock);
    return status;
}

/* ---- making ---- */

apr_status_t acct_lookups_make(acct_lookups_t **lookups,
                               const acct_lookups_limits_t *limits,
                               apr_pool_t *pool)
{
    acct_lookups_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t status;

    made->limits = *limits;
    status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT,
                                     pool);
    if (status == APR_SUCCESS) {
        /* by an allocator of its own: used with the lock held alone */
        status = acct_own_pool(&made->pool);
    }
    if (status == APR_SUCCESS) {
        apr_pool_cleanup_register(pool, made->pool, destroy_pool,
                                  apr_pool_cleanup_null);
        *lookups = made;
    }
    return status;
}

int acct_lookups_waiting(acct_lookups_t *lookups)
{
    const batch_t *batch;
    int waiting = 0;

    apr_thread_mutex_lock(lookups->lock);
    for (batch = lookups->first; batch != NULL; batch = batch->next) {
        waiting += batch->members;
    }
    apr_thread_mutex_unlock(lookups->lock);
    return waiting;
}
