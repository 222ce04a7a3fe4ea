/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool and a folder for tests of passwords, and a hash that costs little.
 */
#ifndef ACCT_PASSWORD_FIXTURE_H
#define ACCT_PASSWORD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "password/password.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Made by libargon2's own encoder, with as many threads as lanes. */
#define ID_HASH \
    "$argon2id$v=19$m=256,t=2,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$NBAAm7uwhjSB48qYxD+uSepIdj40CTVA4wFUxY4InXU"
#define ID_P4 \
    "$argon2id$v=19$m=256,t=2,p=4$" \
    "c2FsdHNhbHRzYWx0c2FsdA$MSNRWgUqxASZ449/Sby/Z2mO5Yvqcea0RnKKXbqru1Y"
#define I_HASH \
    "$argon2i$v=19$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$atmMoST2Pu8M/F+aovVrZh79eKPEx6iiG/1YBJn4d8w"
#define I_V10 \
    "$argon2i$v=16$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$CWRfcfuXus/rio2ajd6dx2nbCB3ykjZM4fQ1XkK2VOA"
#define I_NO_V \
    "$argon2i$m=256,t=3,p=1$" \
    "c2FsdHNhbHRzYWx0c2FsdA$CWRfcfuXus/rio2ajd6dx2nbCB3ykjZM4fQ1XkK2VOA"
#define SALT "c2FsdHNhbHRzYWx0c2FsdA"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const acct_password_params_t small = { 64, 1, 1 };
static apr_pool_t *pool;
static char folder[] = "/tmp/acct-test-password-XXXXXX";

static inline int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS || mkdtemp(folder) == NULL) {
        return -1;
    }
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static inline int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return rmdir(folder);
}

static inline const char *repeat(char c, size_t times)
{
    char *text = apr_palloc(pool, times + 1);

    memset(text, c, times);
    text[times] = '\0';
    return text;
}

static inline const char *hash_of(const char *password)
{
    const char *hash = NULL;

    assert_int_equal(acct_password_hash(&small, password, &hash, pool),
                     APR_SUCCESS);
    return hash;
}

#endif
