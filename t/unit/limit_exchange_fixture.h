/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers on one database, each with counters of its own.
 */
#ifndef ACCT_LIMIT_EXCHANGE_FIXTURE_H
#define ACCT_LIMIT_EXCHANGE_FIXTURE_H

#include "store_fixture.h"

#include "base/ticks.h"
#include "limit/entry.h"
#include "limit/exchange.h"
#include "tables/limited.h"

#define SECOND apr_time_from_sec(1)
#define MINUTE (60 * SECOND)
#define DATABASE 1
#define BYTES ((size_t)65536)

/* A server: its block, and what it has exchanged. */
typedef struct server_t {
    acct_counters_t counters;
    acct_exchange_t exchange;
    apr_array_header_t *over;   /* of its last exchange */
} server_t;

static const acct_limit_key_t key = { "the same on all servers" };

static inline server_t *server(fixture_t *f)
{
    server_t *server = apr_pcalloc(f->pool, sizeof(*server));
    void *block = apr_pcalloc(f->pool, BYTES);

    assert_int_equal(acct_counters_format(&server->counters, block, BYTES),
                     APR_SUCCESS);
    return server;
}

static inline void exchange(fixture_t *f, acct_db_t *db, server_t *server)
{
    if (acct_exchange(&server->exchange, db, &server->counters, &key,
                      DATABASE, &server->over, f->pool) != APR_SUCCESS) {
        fail_msg("%s", acct_db_error(db));
    }
}

static inline acct_subject_t name(fixture_t *f, const char *text,
                           apr_int64_t account)
{
    acct_subject_t subject = { .account = account };

    assert_int_equal(acct_subject_of_name(&key, DATABASE, text, NULL,
                                          &subject, f->pool), APR_SUCCESS);
    return subject;
}

static inline acct_subject_t network(const char *text)
{
    acct_subject_t subject;
    acct_network_t address;

    assert_int_equal(acct_network_parse(text, &address), APR_SUCCESS);
    assert_int_equal(acct_subject_of_network(&key, DATABASE,
                                             ACCT_BUDGET_FAILURES, &address,
                                             &subject), APR_SUCCESS);
    return subject;
}

/* From now on, for so long. */
static inline void refuse(server_t *server, const acct_subject_t *subject,
                   apr_interval_time_t time)
{
    acct_offender_t offender = {
        .subject = *subject, .failures = 9, .until = acct_ticks() + time
    };

    assert_int_equal(acct_counters_impose(&server->counters, &offender,
                                          acct_ticks()), APR_SUCCESS);
}

static inline int is_refused(server_t *server, const acct_subject_t *subject)
{
    acct_offender_t list[8];
    int count = acct_counters_offenders(&server->counters, DATABASE,
                                        acct_ticks(), list, 8);

    for (int i = 0; i < count; i++) {
        if (list[i].subject.key == subject->key) {
            return 1;
        }
    }
    return 0;
}

static inline int rows(fixture_t *f, acct_db_t *db)
{
    return atoi(fixture_cell(f, db, "SELECT count(*) FROM limited"));
}

#endif
