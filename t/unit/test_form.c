/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests, of either media type: which are read, and that
 * passwords are wiped and damage is survived. */
#include "form_fixture.h"

static void json_and_forms_are_accepted_and_nothing_else(void **state)
{
    static const struct {
        const char *type;
        const char *encoding;
        acct_outcome_e outcome;
    } cases[] = {
        { "application/json", NULL, ACCT_OK },
        { "Application/JSON", NULL, ACCT_OK },
        { " application/json ; charset=utf-16", NULL, ACCT_OK },
        { "application/json;", "identity", ACCT_OK },
        { "application/json", "", ACCT_OK },
        { "application/json", "Identity", ACCT_OK },
        { "application/x-www-form-urlencoded; charset=UTF-8", NULL,
          ACCT_OK },
        { "application/jsonx", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/jso", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/json, text/plain", NULL,
          ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/vnd.api+json", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "text/plain; charset=utf-8", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "multipart/form-data; boundary=x", NULL,
          ACCT_UNSUPPORTED_MEDIA_TYPE },
        { ";application/json", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "", NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { NULL, NULL, ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "text/plain", "gzip", ACCT_UNSUPPORTED_MEDIA_TYPE },
        { "application/json", "gzip", ACCT_UNSUPPORTED_ENCODING },
        { "application/json", "identity, gzip", ACCT_UNSUPPORTED_ENCODING },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        result = acct_result_make(ACCT_ERROR, pool);
        if (acct_form_accepts(&register_route, cases[i].type,
                              cases[i].encoding, result, pool)
            != cases[i].outcome) {
            fail_msg("%s / %s", cases[i].type, cases[i].encoding);
        }
        assert_int_equal(result->outcome, cases[i].outcome);
    }
}

static void a_refused_type_or_encoding_is_shown_as_sent(void **state)
{
    (void)state;
    result = acct_result_make(ACCT_ERROR, pool);
    acct_form_accepts(&register_route, "text/plain; charset=utf-8", NULL,
                      result, pool);
    assert_string_equal(result->media_type, "text/plain; charset=utf-8");
    acct_form_accepts(&register_route, NULL, NULL, result, pool);
    assert_string_equal(result->media_type, "");
    acct_form_accepts(&register_route, "t\xe9xt/plain", NULL, result, pool);
    assert_string_equal(result->media_type, "t?xt/plain");
    acct_form_accepts(&register_route, JSON, "gzip", result, pool);
    assert_string_equal(result->encoding, "gzip");
}

static void wiping_overwrites_the_passwords(void **state)
{
    const char *password;
    const char *again;

    (void)state;
    told(&register_route, JSON, "{\"username\":\"a\",\"password\":\"secret\""
         ",\"password2\":\"secret\"}");
    password = VALUE(PASSWORD);
    again = VALUE(PASSWORD_AGAIN);
    acct_form_wipe(&form);
    assert_null(VALUE(PASSWORD));
    assert_null(VALUE(PASSWORD_AGAIN));
    assert_memory_equal(password, "\0\0\0\0\0\0", 6);
    assert_memory_equal(again, "\0\0\0\0\0\0", 6);
    acct_form_wipe(&form);
    assert_string_equal(VALUE(USERNAME), "a");
}

/* Any damage to a good body gives an outcome, and no more. */
static void every_cut_and_every_changed_byte_is_survived(void **state)
{
    static const char *const bodies[][2] = {
        { JSON, "{\"username\":\"\\u00c5\\ud83d\\ude00\",\"password\":"
                "\"p\\n\\\"\",\"x\":[1,-2.5e3,true,null,{\"\":{}}]}" },
        { FORM, "username=%C3%85+&password=p%26&x=%00&y&&z=1" },
    };
    size_t which, i;
    int byte;

    (void)state;
    for (which = 0; which < 2; which++) {
        size_t length = strlen(bodies[which][1]);

        for (i = 0; i < length; i++) {
            char *copy = apr_pstrdup(pool, bodies[which][1]);
            apr_pool_t *outer = pool;

            for (byte = 0; byte < 256; byte++) {
                apr_pool_create(&pool, outer);
                copy[i] = (char)byte;
                read_bytes(&register_route, bodies[which][0], copy, length);
                apr_pool_destroy(pool);
            }
            pool = outer;
            read_bytes(&register_route, bodies[which][0], bodies[which][1],
                       i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_and_forms_are_accepted_and_nothing_else),
        TEST(a_refused_type_or_encoding_is_shown_as_sent),
        TEST(wiping_overwrites_the_passwords),
        TEST(every_cut_and_every_changed_byte_is_survived)
    };

    return cmocka_run_group_tests_name("form", tests, begin_apr, end_apr);
}
