/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/breaker.h"

#include <apr_strings.h>

#include "base/ticks.h"

/* What fails sooner than this on a server is tried by every request. */
#define SLOW apr_time_from_msec(500)
#define ASK_AGAIN_AFTER apr_time_from_msec(500)

/* A failure after which no request has asked for so long is not known any
 * more: a child that had no requests since must not refuse a burst of them for
 * what was true an hour ago. */
#define NEWS_IS_OLD apr_time_from_sec(3)

int acct_breaker_lets_in(acct_breaker_t *breaker)
{
    apr_interval_time_t now;

    if (!breaker->is_server || !breaker->is_down) {
        return 1;
    }
    now = acct_ticks();
    if (!breaker->is_asked && now >= breaker->ask_at + NEWS_IS_OLD) {
        breaker->is_down = 0;
        return 1;
    }
    if (breaker->is_asked || now < breaker->ask_at) {
        return 0;
    }
    breaker->is_asked = 1;
    return 1;
}

int acct_breaker_lets_open(const acct_breaker_t *breaker)
{
    return breaker->is_server || !breaker->is_down
        || acct_ticks() >= breaker->ask_at;
}

int acct_breaker_refuses(const acct_breaker_t *breaker)
{
    return breaker->is_server && breaker->is_down
        && acct_ticks() < breaker->ask_at;
}

void acct_breaker_left(acct_breaker_t *breaker)
{
    breaker->is_asked = 0;
}

void acct_breaker_opened(acct_breaker_t *breaker, apr_interval_time_t now)
{
    breaker->answered = now;
    /* a server has to do more than to let a client in */
    if (!breaker->is_server) {
        breaker->is_down = 0;
    }
}

void acct_breaker_not_opened(acct_breaker_t *breaker,
                             apr_interval_time_t took, const char *failure)
{
    apr_interval_time_t slow = breaker->is_server ? SLOW : 0;
    apr_interval_time_t now = acct_ticks();

    breaker->is_asked = 0;
    /* What began to wait before the database last answered another says
     * nothing about now. */
    if (took >= slow && breaker->answered > now - took) {
        return;
    }
    breaker->is_down = took >= slow;
    breaker->ask_at = now + (breaker->is_server ? ASK_AGAIN_AFTER : took);
    apr_cpystrn(breaker->failure, failure, sizeof(breaker->failure));
}

void acct_breaker_worked(acct_breaker_t *breaker, apr_interval_time_t now)
{
    if (breaker->is_server) {
        breaker->is_down = breaker->is_asked = 0;
        breaker->answered = now;
    }
}

void acct_breaker_broke(acct_breaker_t *breaker, apr_interval_time_t took,
                        int cut, const char *failure)
{
    if (breaker->is_server) {
        acct_breaker_not_opened(breaker, cut && took < SLOW ? SLOW : took,
                                failure);
    }
}
