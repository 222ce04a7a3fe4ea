/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database does in a second, asked through the store's own code.
 *
 *   store WHAT DRIVER PARAMETERS TOKENS SECONDS CONNECTIONS
 *
 *   fill      accounts (one for ten tokens) and TOKENS tokens, into tables
 *             that acctauth init has made; SECONDS and CONNECTIONS unused
 *   lookups   of tokens, as an uncached protected request does
 *   signins   without the hash: find the account; in a transaction lock
 *             it, write its last login, make room, insert a token
 *   signouts  in a transaction lock the account, delete a token and insert
 *             a revocation
 *   notes     in a transaction the last use of 2,000 tokens
 *   purge     batches, as when all tokens there are had expired; ends when
 *             none is left
 *   feed      a reading of the feed that finds TOKENS new revocations,
 *             which are inserted before
 *   sql       print the statement of the feed's reading
 *
 * Each connection has a thread, which does one after the other. Prints the
 * number per second, and the median and the 99th percentile of the time of
 * one, in microseconds.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

static const work_t *const works[] = {
    &work_lookups, &work_signins, &work_signouts, &work_notes, &work_purge,
    &work_feed
};

static int measure_named(bench_t *bench, const char *name, apr_pool_t *pool)
{
    size_t i;

    for (i = 0; i < sizeof(works) / sizeof(*works); i++) {
        if (strcmp(works[i]->name, name) == 0) {
            return measure(bench, works[i], pool);
        }
    }
    fprintf(stderr, "store: what is %s?\n", name);
    return 2;
}

/* @return 0 where they make no sense */
static int read_arguments(bench_t *bench, int argc, char **argv)
{
    if (argc != 7) {
        return 0;
    }
    bench->config.driver = argv[2];
    bench->config.params = argv[3];
    bench->tokens = apr_atoi64(argv[4]);
    bench->time = (apr_interval_time_t)(strtod(argv[5], NULL)
                                        * APR_USEC_PER_SEC);
    bench->connections = (int)apr_atoi64(argv[6]);
    return bench->connections >= 1 && bench->connections <= MAX_CONNECTIONS
        && (bench->tokens >= TOKENS_EACH || strcmp(argv[1], "feed") == 0);
}

int main(int argc, char **argv)
{
    bench_t bench = { .writers = PTHREAD_MUTEX_INITIALIZER,
                      .lock = PTHREAD_MUTEX_INITIALIZER };
    const char *error = NULL;
    apr_pool_t *pool;
    int status;

    if (!read_arguments(&bench, argc, argv)) {
        fprintf(stderr, "store fill|lookups|signins|signouts|notes|purge|"
                "feed|sql DRIVER PARAMETERS TOKENS SECONDS CONNECTIONS\n");
        return 2;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (strcmp(argv[1], "sql") == 0) {
        return print_feed_sql(bench.config.driver, pool);
    }
    if (acct_db_init(pool, bench.config.driver, &error) != APR_SUCCESS
        || acct_db_resolve(&bench.config, pool, &error) != APR_SUCCESS) {
        fprintf(stderr, "store: %s\n", error);
        return 1;
    }
    status = strcmp(argv[1], "fill") == 0
        ? fill(&bench, pool) : measure_named(&bench, argv[1], pool);
    apr_terminate();
    return status;
}
