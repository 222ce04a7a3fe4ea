/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of tokens share: a pool and a folder for all of a
 * program, and keys in it.
 */
#ifndef ACCT_TOKEN_FIXTURE_H
#define ACCT_TOKEN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_header.h"
#include <apr_general.h>
#include <apr_strings.h>

#include "token/token.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HEX40 "0123456789abcdef0123456789abcdef01234567"
#define HEX64 "000102030405060708090a0b0c0d0e0f" \
              "101112131415161718191a1b1c1d1e1f"

static apr_pool_t *pool;
static char folder[] = "/tmp/acct-test-token-XXXXXX";

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

static inline int is_lower_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == strlen(text);
}

/* A file of the test's folder with this content; the caller unlinks it. */
static inline const char *make_file(const void *content, size_t length,
                                    mode_t mode)
{
    const char *path = apr_pstrcat(pool, folder, "/key", NULL);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static inline const acct_key_t *make_key(unsigned char first)
{
    unsigned char bytes[ACCT_KEY_BYTES] = { first };
    const char *path = make_file(bytes, sizeof(bytes), 0600), *error = NULL;
    const acct_key_t *key = NULL;

    assert_int_equal(acct_key_read(path, &key, pool, &error), APR_SUCCESS);
    assert_int_equal(unlink(path), 0);
    return key;
}

#endif
