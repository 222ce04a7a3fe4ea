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

#endif
