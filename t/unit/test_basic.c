/* SPDX-License-Identifier: Apache-2.0 */
/* Name and password of an Authorization header (RFC 7617). */
#include "apr_fixture.h"

#include <string.h>
#include <apr_strings.h>

#include "form/basic.h"
#include "password/password.h"
#include "text/identifier.h"

static int begin_pool(void **state)
{
    return apr_pool_create((apr_pool_t **)state, NULL) != APR_SUCCESS;
}

static int end_pool(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_pool, end_pool)

static void the_words_are_counted(void **state)
{
    static const struct {
        const char *at;
        acct_outcome_e outcome;
    } t[] = {
        { NULL, ACCT_NOT_AUTHENTICATED }, { "", ACCT_BASIC_ABSENT },
        { "YTpi", ACCT_OK }, { "YTpi \t", ACCT_OK }, { "%%%", ACCT_OK },
        { "a b", ACCT_BASIC_SPACES }, { "YTpi\tYTpi", ACCT_BASIC_SPACES },
        { "YTpi, Basic YTpi", ACCT_BASIC_SPACES }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_int_equal(acct_basic_look(t[i].at), t[i].outcome);
    }
}

static void the_first_colon_divides_and_both_are_exact(void **state)
{
    static const struct {
        const char *at, *name, *password;
    } t[] = {
        { "YTpi", "a", "b" },
        { "YTpi  ", "a", "b" },
        { "dTphOmI6Yw==", "u", "a:b:c" },
        { "dTogcCA=", "u", " p " },
        { "IHUgOnA=", " u ", "p" },
        { "w6k6w6g=", "\xc3\xa9", "\xc3\xa8" }
    };
    acct_form_t form;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_basic_read(t[i].at, &form, *state);
        assert_string_equal(form.value[ACCT_ROLE_IDENTIFIER], t[i].name);
        assert_string_equal(form.value[ACCT_ROLE_PASSWORD], t[i].password);
        assert_null(form.value[ACCT_ROLE_EMAIL]);
        acct_form_wipe(&form);
        assert_null(form.value[ACCT_ROLE_PASSWORD]);
    }
}

static void what_is_neither_is_nobodys(void **state)
{
    static const char *const t[] = {
        "YWJj",                 /* no colon */
        "OnA=", "dTo=", "Og==", /* one empty, the other, both */
        "YTpi=", "YTp", "YTpiYw=", "a:b", "%%%", "YTpi!",   /* no base64 */
        "dQA6cA==", "dTpwAA==", /* a NUL in one, in the other */
        "6TpwYXNz"              /* ISO 8859-1 */
    };
    acct_form_t form;

    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_basic_read(t[i], &form, *state);
        if (form.value[ACCT_ROLE_IDENTIFIER] != NULL
            || form.value[ACCT_ROLE_PASSWORD] != NULL) {
            fail_msg("%s", t[i]);
        }
    }
}

/* "bbb" is "YmJi", of which as many as are wanted. */
static const char *long_one(const char *before, int triples,
                            apr_pool_t *pool)
{
    char *text = apr_palloc(pool, strlen(before) + 4 * (size_t)triples + 1);
    char *at = apr_cpystrn(text, before, strlen(before) + 1);

    while (triples-- > 0) {
        at = apr_cpystrn(at, "YmJi", 5);
    }
    return text;
}

static void so_is_one_longer_than_a_field_could_be(void **state)
{
    acct_form_t form;

    /* "u:x" and 341 times three, which is 1024 */
    acct_basic_read(long_one("dTp4", 341, *state), &form, *state);
    assert_int_equal(strlen(form.value[ACCT_ROLE_PASSWORD]),
                     ACCT_PASSWORD_MAX);
    acct_basic_read(long_one("dTp4", 342, *state), &form, *state);
    assert_null(form.value[ACCT_ROLE_PASSWORD]);
    acct_basic_read(long_one("dTp4", 100000, *state), &form, *state);
    assert_null(form.value[ACCT_ROLE_PASSWORD]);
    /* a name of 252 letters, and of 255 */
    acct_basic_read(apr_pstrcat(*state, long_one("", 84, *state), "OnA=",
                                NULL), &form, *state);
    assert_int_equal(strlen(form.value[ACCT_ROLE_IDENTIFIER]), 252);
    acct_basic_read(apr_pstrcat(*state, long_one("", 85, *state), "OnA=",
                                NULL), &form, *state);
    assert_null(form.value[ACCT_ROLE_IDENTIFIER]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_words_are_counted),
        TEST(the_first_colon_divides_and_both_are_exact),
        TEST(what_is_neither_is_nobodys),
        TEST(so_is_one_longer_than_a_field_could_be)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
