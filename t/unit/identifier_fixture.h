/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and addresses in a pool of the test's.
 */
#ifndef ACCT_IDENTIFIER_FIXTURE_H
#define ACCT_IDENTIFIER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_strings.h>

#include "text/identifier.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static apr_pool_t *pool;

static inline int start(void **state)
{
    (void)state;
    if (apr_initialize() != APR_SUCCESS) {
        return -1;
    }
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static inline int stop(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static inline const char *repeat(const char *part, int times)
{
    char *text = apr_palloc(pool, strlen(part) * (size_t)times + 1);
    char *at = text;

    while (times-- > 0) {
        at += strlen(strcpy(at, part));
    }
    *at = '\0';
    return text;
}

static inline const char *normal(const char *text)
{
    const char *name = NULL;

    assert_int_equal(acct_username_normalize(text, &name, pool),
                     APR_SUCCESS);
    return name;
}

static inline const char *name_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_username_key(normal(text), &key, pool),
                     APR_SUCCESS);
    return key;
}

static inline const char *mail_key(const char *text)
{
    const char *key = NULL;

    assert_int_equal(acct_email_key(text, &key, pool), APR_SUCCESS);
    return key;
}

/* Whether a text, once normalised, can be an account's name. */
static inline int is_name(const char *text)
{
    return acct_username_valid(normal(text), pool);
}

static inline void check_mails(const char *const *mails, size_t count, int expected)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (acct_email_valid(mails[i], pool) != expected) {
            fail_msg("%s should be %s", mails[i],
                     expected ? "taken" : "refused");
        }
    }
}

#endif
