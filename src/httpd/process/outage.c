/* SPDX-License-Identifier: Apache-2.0 */
#include "process/outage.h"

#include <http_log.h>
#include <stdatomic.h>

#include "base/ticks.h"
#include "base/told_status.h"
#include "store/store.h"

APLOG_USE_MODULE(acctauth);

/* A database that is lost and found again and again gets so many lines a
 * minute of a child for each cause: another cause has lines of its own,
 * however often the others come. */
#define LINES_A_MINUTE 6

static acct_cache_trouble_e kind_of(acct_unit_e unit)
{
    return unit == ACCT_UNIT_WRITE ? ACCT_CACHE_NO_WRITING
                                   : ACCT_CACHE_NO_READING;
}

static uint32_t exchange(acct_outage_t *outage, acct_cache_trouble_e which,
                         uint32_t trouble)
{
    if (outage->cache != NULL) {
        return acct_cache_feed_trouble(outage->cache, outage->place, which,
                                       trouble);
    }
    /* relaxed: for the log alone */
    return atomic_exchange_explicit(&outage->own[which], trouble,
                                    memory_order_relaxed);
}

static uint32_t current(const acct_outage_t *outage,
                        acct_cache_trouble_e which)
{
    if (outage->cache != NULL) {
        return acct_cache_feed_has_trouble(outage->cache, outage->place,
                                           which);
    }
    /* relaxed: for the log alone */
    return atomic_load_explicit(&outage->own[which], memory_order_relaxed);
}

/* Bit 0: there is trouble. Bit 1: the log says so. The rest: its words. */
enum { TROUBLE = 1, TOLD = 2 };

static uint32_t number_of(const char *words)
{
    uint32_t hash = UINT32_C(2166136261);       /* FNV-1a */

    for (; *words != '\0'; words++) {
        hash = (hash ^ (unsigned char)*words) * UINT32_C(16777619);
    }
    return (hash & ~UINT32_C(3)) | TROUBLE;
}

static int is_same(uint32_t one, uint32_t other)
{
    return ((one ^ other) & ~(uint32_t)TOLD) == 0;
}

/* Nothing was logged yet. */
static void begin_to_count(acct_outage_t *outage, apr_int64_t now)
{
    int i;

    /* relaxed, all: for the log alone */
    atomic_store_explicit(&outage->minute, now, memory_order_relaxed);
    for (i = 0; i < ACCT_OUTAGE_CAUSES; i++) {
        atomic_store_explicit(&outage->cause[i].trouble, 0,
                              memory_order_relaxed);
        atomic_store_explicit(&outage->cause[i].lines, 0,
                              memory_order_relaxed);
    }
}

/* Where a cause's lines are counted. */
static int find_cause(acct_outage_t *outage, uint32_t trouble)
{
    int i;

    for (i = 0; i < ACCT_OUTAGE_CAUSES - 1; i++) {
        uint32_t found = 0;

        /* relaxed, both: for the log alone */
        if (atomic_compare_exchange_strong_explicit(
                &outage->cause[i].trouble, &found, trouble,
                memory_order_relaxed, memory_order_relaxed)
            || is_same(found, trouble)) {
            break;
        }
    }
    return i;
}

/* Two threads that count at once may tell a line too many. */
static int may_tell(acct_outage_t *outage, uint32_t trouble)
{
    apr_int64_t now = acct_ticks();
    int which;

    /* relaxed: for the log alone */
    if (now - atomic_load_explicit(&outage->minute, memory_order_relaxed)
        >= apr_time_from_sec(60)) {
        begin_to_count(outage, now);
    }
    which = find_cause(outage, trouble);
    /* relaxed: for the log alone */
    return atomic_fetch_add_explicit(&outage->cause[which].lines, 1,
                                     memory_order_relaxed) < LINES_A_MINUTE;
}

/* What keeps from reading and writing alike is logged once. */
static int is_told(const acct_outage_t *outage, acct_cache_trouble_e which,
                   uint32_t trouble)
{
    uint32_t other = current(outage, which == ACCT_CACHE_NO_WRITING
                             ? ACCT_CACHE_NO_READING
                             : ACCT_CACHE_NO_WRITING);

    return (other & TOLD) != 0 && is_same(other, trouble);
}

void acct_outage_begin(acct_outage_t *outage, acct_unit_e unit,
                       server_rec *s, const char *id, apr_status_t status,
                       const char *cause, apr_pool_t *p)
{
    acct_cache_trouble_e which = kind_of(unit);
    uint32_t trouble = number_of(cause);
    uint32_t before = current(outage, which);

    if (is_same(before, trouble) && (before & TOLD) != 0) {
        return;
    }
    /* What is not logged now is logged if it lasts. */
    if (is_told(outage, which, trouble) || !may_tell(outage, trouble)) {
        exchange(outage, which, trouble | (before & TOLD));
        return;
    }
    before = exchange(outage, which, trouble | TOLD);
    if (is_same(before, trouble) && (before & TOLD) != 0) {
        return;                 /* another was first */
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, acct_told_status(status), s,
                 "%s: store_unavailable: %s; %s is answered "
                 "with 503 until this is over", id,
                 acct_store_cause(outage->config, cause, p),
                 which == ACCT_CACHE_NO_WRITING
                 ? "what writes to the database"
                 : "what needs the database");
}

static void end(acct_outage_t *outage, acct_cache_trouble_e which,
                server_rec *s)
{
    if (current(outage, which) == 0
        || (exchange(outage, which, 0) & TOLD) == 0) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "ACCT0231: store_recovered: the database %s can be %s "
                 "again", acct_db_describe(outage->config),
                 which == ACCT_CACHE_NO_WRITING ? "written to" : "used");
}

void acct_outage_over(acct_outage_t *outage, acct_unit_e unit, server_rec *s)
{
    end(outage, ACCT_CACHE_NO_READING, s);
    if (unit == ACCT_UNIT_WRITE) {
        end(outage, ACCT_CACHE_NO_WRITING, s);
    }
}

int acct_outage_is(const acct_outage_t *outage)
{
    return current(outage, ACCT_CACHE_NO_READING) != 0
        || acct_outage_of_writing(outage);
}

int acct_outage_of_writing(const acct_outage_t *outage)
{
    return current(outage, ACCT_CACHE_NO_WRITING) != 0;
}
