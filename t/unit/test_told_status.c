/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "database/database.h"
#include "base/told_status.h"

static void a_reason_is_told(void **state)
{
    (void)state;
    assert_int_equal(acct_told_status(ENOENT), ENOENT);
    assert_int_equal(acct_told_status(ENOSPC), ENOSPC);
    assert_int_equal(acct_told_status(APR_TIMEUP), APR_TIMEUP);
}

static void a_kind_of_failure_is_not(void **state)
{
    static const apr_status_t kinds[] = {
        APR_SUCCESS, APR_EGENERAL, APR_NOTFOUND, APR_EOF, APR_ENOTIMPL,
        APR_EMISMATCH, APR_INCOMPLETE, ACCT_COMMIT_UNKNOWN
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        assert_int_equal(acct_told_status(kinds[i]), APR_SUCCESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_is_told),
        cmocka_unit_test(a_kind_of_failure_is_not)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
