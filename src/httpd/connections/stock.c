/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/stock.h"

#include <apr_strings.h>
#include <string.h>

#include "base/ticks.h"
#include "connections/pool.h"

void acct_stock_make(acct_stock_t *stock, int most, apr_pool_t *pool)
{
    stock->most = most;
    stock->idle = apr_pcalloc(pool, (apr_size_t)most * sizeof(*stock->idle));
}

/* ---- waiting ---- */

static int has_time_to_open(const acct_stock_t *stock,
                            apr_interval_time_t until)
{
    return until - acct_ticks() >= stock->opening;
}

static acct_waiter_t *first_with_time_to_open(const acct_stock_t *stock)
{
    acct_waiter_t *waiter = stock->queue.first;

    while (waiter != NULL && !has_time_to_open(stock, waiter->until)) {
        waiter = waiter->next;
    }
    return waiter;
}

/* For how long from now a request that finds no connection may wait for one;
 * 0 or less: not at all, and *why says why. A crowd waits only as long as the
 * server answers some request: the site has more to do. */
static apr_interval_time_t may_wait(const acct_stock_t *stock,
                                    apr_interval_time_t until,
                                    const char **why)
{
    apr_interval_time_t now = acct_ticks();
    apr_interval_time_t left = until - now;
    apr_interval_time_t heard = stock->heard + ACCT_POOL_SILENCE - now;

    *why = stock->count < stock->most
        ? ACCT_POOL_NO_TIME : ACCT_POOL_IN_USE;
    if (acct_breaker_refuses(&stock->breaker)) {
        *why = "the database does not answer";
        return 0;
    }
    if (stock->count == 0) {
        return 0;               /* there is none that could be put back */
    }
    return acct_crowd_is_too_large(stock->crowd) && heard < left ? heard
                                                                 : left;
}

static apr_status_t wait_for_one(acct_stock_t *stock, acct_seeker_t *seeker,
                                 pthread_mutex_t *lock)
{
    acct_waiter_t waiter;
    apr_interval_time_t left;
    apr_status_t status = acct_queue_join(&stock->queue, &waiter,
                                          seeker->until);

    if (status != APR_SUCCESS) {
        seeker->error = "a thread cannot wait for a connection";
        return status;
    }
    while (!waiter.is_served
           && (left = may_wait(stock, seeker->until, &seeker->error)) > 0) {
        acct_queue_wait(&waiter, lock, left);
    }
    acct_queue_leave(&stock->queue, &waiter);
    seeker->db = waiter.db;
    return waiter.is_served ? APR_SUCCESS : APR_TIMEUP;
}

/* ---- taking one ---- */

apr_status_t acct_stock_refuse(const acct_stock_t *stock,
                               acct_seeker_t *seeker)
{
    seeker->error = apr_pstrdup(seeker->p, stock->breaker.failure);
    return APR_EAGAIN;
}

static int may_open(const acct_stock_t *stock, const acct_seeker_t *seeker)
{
    return stock->count < stock->most
        && !acct_breaker_refuses(&stock->breaker)
        && has_time_to_open(stock, seeker->until);
}

apr_status_t acct_stock_take(acct_stock_t *stock, acct_seeker_t *seeker,
                             pthread_mutex_t *lock)
{
    apr_status_t status = APR_SUCCESS;

    seeker->db = NULL;
    if (stock->count == stock->idle_count) {
        stock->heard = seeker->begun;
    }
    if (stock->idle_count > 0) {
        seeker->db = stock->idle[--stock->idle_count].db;
        return APR_SUCCESS;
    }
    if (may_open(stock, seeker)) {
        stock->count++;
    }
    else {
        status = wait_for_one(stock, seeker, lock);
    }
    if (status != APR_SUCCESS) {
        acct_breaker_left(&stock->breaker);
    }
    else if (seeker->db == NULL && !acct_breaker_lets_open(&stock->breaker)) {
        acct_stock_drop(stock);
        status = acct_stock_refuse(stock, seeker);
    }
    return status;
}

/* ---- what there is, and is not in use ---- */

void acct_stock_put(acct_stock_t *stock, acct_db_t *db)
{
    acct_idle_t *top = stock->idle + stock->idle_count;

    if (stock->queue.first != NULL) {
        acct_queue_serve(&stock->queue, stock->queue.first, db);
        return;
    }
    top->db = db;
    top->since = stock->heard;
    stock->idle_count++;
}

/* Where none will be put back soon all threads look whether they wait for
 * anything. */
void acct_stock_drop(acct_stock_t *stock)
{
    int is_refusing = acct_breaker_refuses(&stock->breaker);
    acct_waiter_t *waiter = is_refusing ? NULL
        : first_with_time_to_open(stock);

    if (waiter != NULL) {
        acct_queue_serve(&stock->queue, waiter, NULL);
        return;
    }
    stock->count--;
    if (is_refusing || stock->count == 0) {
        acct_queue_wake_all(&stock->queue);
    }
}

int acct_stock_has_spare(const acct_stock_t *stock)
{
    return stock->idle_count > 0 && stock->count > 1;
}

/* The lowest was put there first. */
acct_db_t *acct_stock_take_old(acct_stock_t *stock, apr_interval_time_t age)
{
    acct_db_t *db;

    if (!acct_stock_has_spare(stock)
        || acct_ticks() - stock->idle[0].since < age) {
        return NULL;
    }
    db = stock->idle[0].db;
    memmove(stock->idle, stock->idle + 1,
            (apr_size_t)--stock->idle_count * sizeof(*stock->idle));
    return db;
}
