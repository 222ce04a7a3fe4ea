/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka, and APR for all tests of a program.
 */
#ifndef ACCT_APR_FIXTURE_H
#define ACCT_APR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "cmocka_header.h"

#include <apr_general.h>

static inline int begin_apr(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS;
}

static inline int end_apr(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

#endif
