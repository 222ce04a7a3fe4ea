/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a number is in a range. cmocka 2 gave its assert_in_range up for
 * two others, which cmocka 1 has not.
 */

#ifndef ACCT_TEST_BETWEEN_H
#define ACCT_TEST_BETWEEN_H

#include <stdint.h>

static inline void assert_between(intmax_t value, intmax_t least,
                                  intmax_t most)
{
    if (value < least || value > most) {
        fail_msg("%jd is not from %jd to %jd", value, least, most);
    }
}

#endif
