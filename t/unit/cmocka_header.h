/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka with what it needs in front of it, and without its macro stop(),
 * which later versions define for everybody.
 */
#ifndef ACCT_T_CMOCKA_HEADER_H
#define ACCT_T_CMOCKA_HEADER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#undef stop

/* Skip the test that runs, for a reason that scripts/test-jobs passes on. */
#define skip_because(why) \
    do { \
        print_message("# skip: %s\n", (why)); \
        skip(); \
    } while (0)

#endif
