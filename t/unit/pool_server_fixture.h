/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that cannot be opened, at once or after it kept silent.
 */
#ifndef ACCT_POOL_SERVER_FIXTURE_H
#define ACCT_POOL_SERVER_FIXTURE_H

#include "pool_fixture.h"

/* One request: whether it got a connection. */
static inline int is_served(world_t *world)
{
    const char *error = NULL;
    acct_db_t *db;

    if (acct_pool_acquire(world->connections, ACCT_UNIT_READ, &db, &error,
                          world->pool) != APR_SUCCESS) {
        assert_non_null(error);
        return 0;
    }
    put_one(world, db);
    return 1;
}

static inline void opening_fails(apr_status_t status, apr_interval_time_t after)
{
    opening_fails_with = status;
    opening_fails_after = after;
}

/* A server that keeps silent for two seconds. */
static inline void find_it_silent(world_t *world, apr_status_t status)
{
    opening_fails(status, 2 * SECOND);
    assert_false(is_served(world));
    opening_fails(APR_SUCCESS, 0);
}

#endif
