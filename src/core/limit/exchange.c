/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/exchange.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ticks.h"
#include "limit/entry.h"
#include "tables/limited.h"

/* The most rows of each kind that are written or read at once. */
#define MOST 1000

/* Shorter refusals have ended before another server has read of them. */
#define WORTH apr_time_from_sec(2)

/* How long the operator's word is kept. */
#define CLEARS_KEPT apr_time_from_sec(60 * 60)

/* Of the entry that says whose turn it is; no hash has it but by chance. */
#define TURN_KEY UINT64_C(0xacc7000000000001)

/* One exchange. */
typedef struct talk_t {
    acct_exchange_t *exchange;
    acct_counters_t *counters;
    const acct_limit_key_t *key;
    uint32_t database;
    const char *server;         /* this one's name */
    apr_interval_time_t tick;
    apr_time_t now;
    apr_int64_t cleared;        /* out: see acct_exchange_t */
    apr_array_header_t *rows;   /* out: acct_limited_t; also those that are
                                 * over now */
} talk_t;

/* ---- whose turn it is ---- */

/* The entry in the block; with the set's lock. */
static acct_entry_t *find_turn(acct_counters_t *counters, uint32_t database,
                               acct_set_t *set)
{
    acct_subject_t subject = {
        .key = ((uint64_t)database << 16) ^ TURN_KEY, .database = database
    };
    acct_entry_t *entry;

    if (acct_set_open(counters, subject.key, set) != APR_SUCCESS) {
        return NULL;
    }
    entry = acct_set_entry(set, &subject, ACCT_ENTRY_TURN, acct_ticks());
    if (entry == NULL) {
        acct_set_close(set);
        return NULL;
    }
    entry->ends = INT64_MAX;
    entry->is_kept = 1;
    return entry;
}

static int is_turn_of(const acct_entry_t *entry, uint32_t process,
                      apr_interval_time_t now)
{
    apr_interval_time_t after = now - entry->at;

    return entry->at == 0
        || after >= (entry->process == process ? ACCT_EXCHANGE_EVERY
                                               : ACCT_EXCHANGE_LATE);
}

static void load(acct_exchange_t *exchange, const acct_entry_t *entry)
{
    exchange->is_begun = entry->began != 0;
    exchange->cleared = entry->began != 0 ? entry->began - 1 : 0;
    exchange->refusals = (uint64_t)entry->until;
    exchange->ends_at = entry->whose.account;
}

int acct_exchange_is_due(acct_counters_t *counters, uint32_t database,
                         int is_shared, apr_interval_time_t now,
                         acct_exchange_t *exchange)
{
    uint32_t process = (uint32_t)getpid();
    acct_entry_t *entry;
    acct_set_t set;
    int is_due;

    if (counters->head == NULL) {
        return 0;
    }
    entry = find_turn(counters, database, &set);
    if (entry == NULL) {
        return 0;
    }
    load(exchange, entry);
    is_due = (is_shared || exchange->ends_at != 0
              || acct_counters_refusals(counters) != exchange->refusals)
        && is_turn_of(entry, process, now);
    if (is_due) {
        entry->at = now;
        entry->process = process;
    }
    acct_set_close(&set);
    return is_due;
}

static void keep(acct_counters_t *counters, uint32_t database,
                 const acct_exchange_t *exchange)
{
    acct_set_t set;
    acct_entry_t *entry = find_turn(counters, database, &set);

    if (entry != NULL) {
        entry->began = exchange->cleared + 1;
        entry->until = (int64_t)exchange->refusals;
        entry->whose.account = exchange->ends_at;
        acct_set_close(&set);
    }
}

static const char *key_text(const acct_subject_t *subject, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%016" APR_UINT64_T_HEX_FMT,
                        (apr_uint64_t)subject->key);
}

static apr_status_t delete_row(const acct_subject_t *subject, acct_db_t *db,
                               apr_pool_t *pool)
{
    return acct_store_limited_delete(db, key_text(subject, pool), pool);
}

/* ---- telling ---- */

static apr_time_t wall_time(const talk_t *talk, apr_interval_time_t tick)
{
    return talk->now + (tick - talk->tick);
}

static apr_status_t tell_one(talk_t *talk, const acct_offender_t *offender,
                             acct_db_t *db, apr_pool_t *pool)
{
    const acct_subject_t *subject = &offender->subject;
    acct_limited_t row = {
        .subject = key_text(subject, pool),
        .budget = acct_budget_name(subject->budget),
        .account_id = subject->account,
        .network = subject->network.version != 0
            ? acct_network_text(&subject->network, pool) : "",
        .failures = offender->failures,
        .server = talk->server,
        .ends_at = wall_time(talk, offender->until)
    };

    if (talk->exchange->ends_at < row.ends_at) {
        talk->exchange->ends_at = row.ends_at;
    }
    return acct_store_limited_set(db, &row, pool);
}

static apr_status_t tell_all(talk_t *talk, acct_db_t *db, apr_pool_t *pool)
{
    acct_offender_t *list = apr_palloc(pool, MOST * sizeof(*list));
    int count = acct_counters_offenders(talk->counters, talk->database,
                                        talk->tick + WORTH, list, MOST);
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; status == APR_SUCCESS && i < count; i++) {
        status = tell_one(talk, &list[i], db, pool);
    }
    return status;
}

/* ---- clearing ---- */

static apr_status_t clear_network(talk_t *talk, acct_db_t *db,
                                  const acct_network_t *network,
                                  apr_pool_t *pool)
{
    acct_subject_t subject;
    apr_status_t status = APR_SUCCESS;

    for (int i = ACCT_BUDGET_NONE + 1;
         status == APR_SUCCESS && i < ACCT_BUDGET__COUNT; i++) {
        status = acct_subject_of_network(talk->key, talk->database,
                                         (acct_budget_e)i, network,
                                         &subject);
        if (status == APR_SUCCESS) {
            (void)acct_counters_forget(talk->counters, &subject);
            status = delete_row(&subject, db, pool);
        }
    }
    return status;
}

static apr_status_t clear_name(talk_t *talk, acct_db_t *db, const char *name,
                               apr_pool_t *pool)
{
    acct_subject_t subject = { .account = 0 };
    apr_status_t status = acct_subject_of_name(talk->key, talk->database,
                                               name, NULL, &subject, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    (void)acct_counters_forget_name(talk->counters, &subject);
    return delete_row(&subject, db, pool);
}

static apr_status_t read_clears(talk_t *talk, acct_db_t *db,
                                apr_array_header_t **clears,
                                apr_pool_t *pool)
{
    acct_exchange_t *exchange = talk->exchange;

    if (!exchange->is_begun) {
        *clears = apr_array_make(pool, 1, sizeof(acct_limit_clear_t));
        return acct_store_limit_clear_last(db, &talk->cleared, pool);
    }
    talk->cleared = exchange->cleared;
    return acct_store_limit_clear_list(db, exchange->cleared, MOST, clears,
                                       pool);
}

/* Before any row is written: a server that has read what was cleared writes
 * no row of it any more. */
static apr_status_t clear_all(talk_t *talk, acct_db_t *db, apr_pool_t *pool)
{
    apr_array_header_t *clears;
    acct_network_t network;
    apr_status_t status = read_clears(talk, db, &clears, pool);

    for (int i = 0; status == APR_SUCCESS && i < clears->nelts; i++) {
        const acct_limit_clear_t *row = &APR_ARRAY_IDX(clears, i,
                                                       acct_limit_clear_t);

        status = acct_network_parse(row->subject, &network) == APR_SUCCESS
            ? clear_network(talk, db, &network, pool)
            : clear_name(talk, db, row->subject, pool);
        talk->cleared = row->id;
    }
    return status;
}

/* ---- reading ---- */

static void impose(talk_t *talk, const acct_limited_t *row)
{
    acct_offender_t offender = {
        .subject = {
            .key = strtoull(row->subject, NULL, 16),
            .database = talk->database,
            .account = row->account_id
        },
        .failures = row->failures < UINT8_MAX ? row->failures : UINT8_MAX,
        .until = talk->tick + (row->ends_at - talk->now)
    };
    int budget = acct_budget_find(row->budget);

    if (budget < 0
        || offender.subject.key == 0
        || (row->network[0] != '\0'
            && acct_network_parse(row->network, &offender.subject.network)
               != APR_SUCCESS)) {
        return;                 /* another version's */
    }
    offender.subject.budget = (acct_budget_e)budget;
    (void)acct_counters_impose(talk->counters, &offender, talk->tick);
}

static void add_over(apr_array_header_t *over, const acct_limited_t *row)
{
    acct_limit_over_t *one = apr_array_push(over);
    int is_name = row->budget[0] == '\0';

    one->limit = is_name ? "tries" : row->budget;
    one->account = row->account_id;
    one->network = is_name ? NULL : row->network;
    one->name = is_name && row->account_id == 0 ? row->subject : NULL;
}

static void take_row(talk_t *talk, const acct_limited_t *row,
                     apr_array_header_t *over)
{
    int is_ours = strcmp(row->server, talk->server) == 0;

    if (row->ends_at <= talk->now) {
        if (is_ours) {
            add_over(over, row);
        }
    }
    else if (!is_ours) {
        impose(talk, row);
    }
}

/* ---- all ---- */

static apr_status_t talk(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    talk_t *talk = baton;
    int changed;
    apr_status_t status = clear_all(talk, db, pool);

    if (status == APR_SUCCESS) {
        status = tell_all(talk, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_limited_list(db, 0, MOST, &talk->rows, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_limited_purge(db, talk->now, &changed, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_limit_clear_purge(db, talk->now - CLEARS_KEPT,
                                              &changed, pool);
    }
    return status;
}

apr_status_t acct_exchange(acct_exchange_t *exchange, acct_db_t *db,
                           acct_counters_t *counters,
                           const acct_limit_key_t *key, uint32_t database,
                           apr_array_header_t **over, apr_pool_t *pool)
{
    talk_t one = {
        .exchange = exchange, .counters = counters, .key = key,
        .database = database, .tick = acct_ticks(), .now = apr_time_now(),
        .server = apr_psprintf(pool, "%016" APR_UINT64_T_HEX_FMT,
                               (apr_uint64_t)acct_counters_server(counters))
    };
    uint64_t refusals = acct_counters_refusals(counters);
    apr_status_t status;

    if (exchange->ends_at <= one.now) {
        exchange->ends_at = 0;
    }
    status = acct_db_transact(db, talk, &one, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    exchange->refusals = refusals;
    exchange->cleared = one.cleared;
    exchange->is_begun = 1;
    keep(counters, database, exchange);
    *over = apr_array_make(pool, 4, sizeof(acct_limit_over_t));
    for (int i = 0; i < one.rows->nelts; i++) {
        take_row(&one, &APR_ARRAY_IDX(one.rows, i, acct_limited_t), *over);
    }
    return APR_SUCCESS;
}
