/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What vectors of stored passwords are of.
 */
#ifndef ACCT_PASSWORD_FORMATS_FIXTURE_H
#define ACCT_PASSWORD_FORMATS_FIXTURE_H

#include "apr_fixture.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "password/password.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PASSWORD "tower bridge"
#define SALT22 "abcdefghijklmnopqrstuu"
#define HASH31 "0123456789012345678901234567892"

static apr_pool_t *pool;

static inline int begin(void **state)
{
    return begin_apr(state) || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

static inline int end(void **state)
{
    apr_pool_destroy(pool);
    return end_apr(state);
}

#endif
