/* SPDX-License-Identifier: Apache-2.0 */
/* What a field means and what a dialect may say of it: secrets of links, what
 * is sent twice, what may be blank or absent, parts of an account. */
#include "form_fixture.h"

#define FIELD(called, is, ...) \
    { .name = (called), .role = ACCT_ROLE_##is, __VA_ARGS__ }

static const acct_field_t reset_fields[] = {
    FIELD("uid", LINK_UID, .required = 1, .index = 0),
    FIELD("token", LINK_TOKEN, .required = 1, .index = 1),
    FIELD("key", LINK_KEY, .index = 2),
    FIELD("code", SECOND_FACTOR, .index = 3),
    FIELD("current", CURRENT_PASSWORD, .index = 4),
    FIELD("label", LABEL, .index = 5)
};
static const acct_fields_t reset_route = ROUTE(storing, reset_fields);

#define LINKED "\"uid\":\"u\",\"token\":\"t\""

static void links_and_codes_are_texts_of_any_length(void **state)
{
    (void)state;
    assert_string_equal(told(&reset_route, JSON,
        "{\"uid\":12,\"token\":\" 6f-ab \",\"code\":123456}"), "ok");
    assert_string_equal(VALUE(LINK_UID), "12");
    assert_string_equal(VALUE(LINK_TOKEN), "6f-ab");
    assert_string_equal(VALUE(SECOND_FACTOR), "123456");
    assert_string_equal(told(&reset_route, JSON, apr_psprintf(pool,
        "{\"uid\":\"%s\",\"token\":\"%s\"}", repeat("9", 2000),
        repeat("x", 2000))), "ok");
    assert_string_equal(told(&reset_route, JSON,
        "{\"uid\":[],\"token\":\"  \"}"),
        "invalid uid.not_a_string token.blank");
}

static void a_current_password_is_taken_exactly(void **state)
{
    (void)state;
    assert_string_equal(told(&reset_route, JSON,
        "{" LINKED ",\"current\":\" p \"}"), "ok");
    assert_string_equal(VALUE(CURRENT_PASSWORD), " p ");
    assert_string_equal(told(&reset_route, JSON, apr_psprintf(pool,
        "{" LINKED ",\"current\":\"%s\"}", repeat("p", 1025))),
        "invalid current.too_long(1024)");
}

static void a_label_is_one_line_that_can_be_shown(void **state)
{
    static const struct {
        const char *label;
        const char *told;
    } cases[] = {
        { "  Ann's telephone ", "ok" },
        { "\\u4eba \\ud83d\\udc69\\u200d\\ud83d\\udcbb", "ok" },
        { "a\\nb", "invalid label.invalid" },
        { "a\\u007f", "invalid label.invalid" },
        { "a\\u0085b", "invalid label.invalid" },
        { "a\\u2028b", "invalid label.invalid" },
        { "a\\u202eb", "invalid label.invalid" },
        { "a\\u2066b", "invalid label.invalid" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&reset_route, JSON, apr_psprintf(pool,
            "{" LINKED ",\"label\":\"%s\"}", cases[i].label)),
            cases[i].told);
    }
    assert_string_equal(told(&reset_route, JSON, apr_psprintf(pool,
        "{" LINKED ",\"label\":\"%s\"}", repeat("\xc3\xb6", 64))), "ok");
    assert_string_equal(told(&reset_route, JSON, apr_psprintf(pool,
        "{" LINKED ",\"label\":\"%s\"}", repeat("\xc3\xb6", 65))),
        "invalid label.too_long(64)");
}

static void wiping_overwrites_every_secret(void **state)
{
    static const acct_role_e secrets[] = {
        ACCT_ROLE_LINK_TOKEN, ACCT_ROLE_LINK_KEY, ACCT_ROLE_SECOND_FACTOR,
        ACCT_ROLE_CURRENT_PASSWORD
    };
    const char *kept[4];
    size_t i;

    (void)state;
    told(&reset_route, JSON, "{\"uid\":\"u\",\"token\":\"abcd\",\"key\":"
         "\"abcd\",\"code\":\"abcd\",\"current\":\"abcd\"}");
    for (i = 0; i < 4; i++) {
        kept[i] = form.value[secrets[i]];
        assert_string_equal(kept[i], "abcd");
    }
    acct_form_wipe(&form);
    for (i = 0; i < 4; i++) {
        assert_null(form.value[secrets[i]]);
        assert_memory_equal(kept[i], "\0\0\0\0", 4);
    }
    assert_string_equal(VALUE(LINK_UID), "u");
}

/* ---- what is sent twice ---- */

static const acct_field_t rename_fields[] = {
    FIELD("name", USERNAME, .required = 1, .index = 0),
    FIELD("again", USERNAME_AGAIN, .required = 1, .index = 1),
    FIELD("current", CURRENT_PASSWORD, .required = 1, .index = 2)
};
static const acct_fields_t rename_route = ROUTE(storing, rename_fields);

static void a_username_is_repeated_in_its_normal_form(void **state)
{
    static const struct {
        const char *body;
        const char *told;
    } cases[] = {
        { "\"name\":\"\\u212bda\",\"again\":\" A\\u030ada\"", "ok" },
        { "\"name\":\"ada\",\"again\":\"Ada\"", "invalid name.mismatch" },
        { "\"name\":\"ada\",\"again\":\"a da\"", "invalid name.mismatch" },
        { "\"name\":\"a da\",\"again\":\"ada\"", "invalid name.invalid" },
        { "\"name\":\"ada\"", "invalid again.required" },
        { "\"name\":\"ada\",\"again\":\" \"", "invalid again.blank" },
        { "\"again\":\"ada\"", "invalid name.required" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&rename_route, JSON, apr_psprintf(pool,
            "{%s,\"current\":\"p\"}", cases[i].body)), cases[i].told);
        assert_string_equal(VALUE(CURRENT_PASSWORD), "p");
    }
}

static const acct_field_t spared_fields[] = {
    FIELD("name", USERNAME, .required = 1, .index = 0),
    FIELD("again", USERNAME_AGAIN, .required = 1, .index = 1,
          .blank = ACCT_BLANK_TAKEN),
    FIELD("password", PASSWORD, .index = 2),
    FIELD("password2", PASSWORD_AGAIN, .index = 3)
};
static const acct_fields_t spared_route = ROUTE(storing, spared_fields);

static void a_repetition_that_may_be_blank_repeats_only_what_is_blank(
    void **state)
{
    static const struct {
        const char *body;
        const char *told;
    } cases[] = {
        { "\"password\":\"p\",\"password2\":\"p\"", "ok" },
        { "\"password\":\"p\"", "ok" },
        { "\"password\":\"\",\"password2\":\"\"", "ok" },
        { "\"password\":\"p\",\"password2\":\"\"",
          "invalid password.mismatch" },
        { "\"password\":\"p\",\"password2\":null",
          "invalid password2.null" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&spared_route, JSON, apr_psprintf(pool,
            "{\"name\":\"ada\",\"again\":\"ada\",%s}", cases[i].body)),
            cases[i].told);
    }
    assert_string_equal(told(&spared_route, JSON,
        "{\"name\":\"ada\",\"again\":\" \"}"), "invalid name.mismatch");
}

/* ---- blank, max, absent ---- */

static const acct_field_t blank_fields[] = {
    FIELD("must", FIRST_NAME, .required = 1, .index = 0,
          .blank = ACCT_BLANK_TAKEN, .max = 5),
    FIELD("may", LAST_NAME, .index = 1, .blank = ACCT_BLANK_REFUSED),
    FIELD("password", PASSWORD, .index = 2, .max = 3)
};
static const acct_fields_t blank_route = ROUTE(storing, blank_fields);

static void being_there_and_being_blank_are_two_things(void **state)
{
    (void)state;
    assert_string_equal(told(&blank_route, JSON, "{\"must\":\" \"}"), "ok");
    assert_null(VALUE(FIRST_NAME));
    assert_int_equal(form.sent, ACCT_ROLE_BIT(ACCT_ROLE_FIRST_NAME));
    assert_string_equal(told(&blank_route, JSON, "{\"may\":\"\"}"),
                        "invalid must.required may.blank");
    assert_int_equal(form.sent, ACCT_ROLE_BIT(ACCT_ROLE_LAST_NAME));
    assert_string_equal(told(&blank_route, JSON, "{}"),
                        "invalid must.required");
    assert_int_equal(form.sent, 0);
}

static void the_dialects_limit_counts_characters(void **state)
{
    (void)state;
    assert_string_equal(told(&blank_route, JSON, "{\"must\":\""
        "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\",\"password\":"
        "\"\xc3\xb6\xc3\xb6\xc3\xb6\"}"), "ok");
    assert_string_equal(told(&blank_route, JSON,
        "{\"must\":\"abcdef\",\"password\":\"abcd\"}"),
        "invalid must.too_long(5) password.too_long(3)");
}

static const acct_field_t absent_fields[] = {
    FIELD("password", PASSWORD, .index = 0, .absent = ACCT_WRONG_CREDENTIALS),
    FIELD("login", IDENTIFIER, .index = 1, .absent = ACCT_WRONG_CREDENTIALS)
};
static const acct_fields_t absent_route = ROUTE(asking, absent_fields);

static void what_is_absent_may_have_an_outcome_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(told(&absent_route, JSON, "{}"),
                        "wrong_credentials");
    assert_string_equal(told(&absent_route, JSON, "{\"login\":\"a\"}"),
                        "wrong_credentials");
    assert_string_equal(told(&absent_route, JSON,
        "{\"login\":\"a\",\"password\":\"p\"}"), "ok");
    assert_string_equal(told(&absent_route, JSON, "{\"login\":null}"),
                        "invalid login.null");
    assert_string_equal(told(&absent_route, JSON,
        "{\"password\":\"\",\"login\":\"\"}"),
        "invalid password.blank login.blank");
}

/* ---- inside objects ---- */

static const char *const inner_alias[] = { "data.user.mail", "mail", NULL };
static const acct_field_t nested_fields[] = {
    FIELD("user.email", EMAIL, .required = 1, .index = 0, .is_nested = 1,
          .key = "email", .aliases = inner_alias),
    FIELD("user.password", PASSWORD, .required = 1, .index = 1,
          .is_nested = 1, .key = "password")
};
static const acct_fields_t nested_route = ROUTE(asking, nested_fields);

static void members_of_objects_are_read(void **state)
{
    static const struct {
        const char *type, *body, *told;
    } cases[] = {
        { JSON, "{\"user\":{\"email\":\"a@b.io\",\"password\":\"p\"}}",
          "ok" },
        { JSON, "{\"data\":{\"user\":{\"mail\":\"a@b.io\"}},"
                "\"user\":{\"password\":\"p\"}}", "ok" },
        { JSON, "{\"mail\":\"a@b.io\",\"user\":{\"password\":\"p\"}}",
          "ok" },
        { FORM, "user.email=a%40b.io&user.password=p", "ok" },
        /* nothing else is one of them */
        { JSON, "{\"user.email\":\"a@b.io\",\"user.password\":\"p\"}",
          "invalid user.email.required user.password.required" },
        { JSON, "{\"email\":\"a@b.io\",\"password\":\"p\"}",
          "invalid user.email.required user.password.required" },
        { JSON, "{\"user\":{}}",
          "invalid user.email.required user.password.required" },
        { JSON, "{\"user\":null}",
          "invalid user.email.null user.password.null" },
        { JSON, "{\"user\":\"a@b.io\"}",
          "invalid user.email.not_a_string user.password.not_a_string" },
        { JSON, "{\"user\":[{\"email\":\"a@b.io\"}]}",
          "invalid user.email.not_a_string user.password.not_a_string" },
        { JSON, "{\"user\":{\"email\":{},\"password\":7}}",
          "invalid user.email.not_a_string" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(told(&nested_route, cases[i].type,
                                 cases[i].body), cases[i].told);
    }
}

/* ---- a part of an account ---- */

static const acct_field_t edit_fields[] = {
    FIELD("name", USERNAME, .required = 1, .index = 0),
    FIELD("email", EMAIL, .index = 1),
    FIELD("password", PASSWORD, .required = 1, .index = 2),
    FIELD("password2", PASSWORD_AGAIN, .required = 1, .index = 3),
    FIELD("current", CURRENT_PASSWORD, .required = 1, .index = 4)
};
static const acct_fields_t edit_route = {
    .operation = &storing, .field = edit_fields, .count = 5,
    .is_partial = 1
};

static void a_part_needs_nothing_but_proof(void **state)
{
    (void)state;
    assert_string_equal(told(&edit_route, JSON, "{\"current\":\"p\"}"),
                        "ok");
    assert_string_equal(told(&edit_route, JSON, "{}"),
                        "invalid current.required");
    assert_string_equal(told(&edit_route, JSON,
        "{\"current\":\"p\",\"email\":\"\",\"name\":\"\"}"),
        "invalid name.blank");
    assert_null(VALUE(EMAIL));
    assert_true((form.sent & ACCT_ROLE_BIT(ACCT_ROLE_EMAIL)) != 0);
    assert_string_equal(told(&edit_route, JSON,
        "{\"current\":\"p\",\"password\":\"x\"}"),
        "invalid password2.required");
}

/* ---- all that is wrong ---- */

static const acct_field_t thorough_fields[] = {
    FIELD("name", USERNAME, .required = 1, .index = 0, .tells_all = 1),
    FIELD("email", EMAIL, .index = 1, .tells_all = 1),
    FIELD("first", FIRST_NAME, .index = 2, .tells_all = 1)
};
static const acct_fields_t thorough_route = ROUTE(storing, thorough_fields);

static void a_null_character_breaks_the_form_of_names_too(void **state)
{
    (void)state;
    assert_string_equal(told(&thorough_route, JSON,
        "{\"name\":\"a\\u0000\",\"email\":\"a@b.io\\u0000\","
        "\"first\":\"\\u0000\"}"),
        "invalid name.invalid name.null_characters email.null_characters "
        "email.invalid first.null_characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(links_and_codes_are_texts_of_any_length),
        TEST(a_current_password_is_taken_exactly),
        TEST(a_label_is_one_line_that_can_be_shown),
        TEST(wiping_overwrites_every_secret),
        TEST(a_username_is_repeated_in_its_normal_form),
        TEST(a_repetition_that_may_be_blank_repeats_only_what_is_blank),
        TEST(being_there_and_being_blank_are_two_things),
        TEST(the_dialects_limit_counts_characters),
        TEST(what_is_absent_may_have_an_outcome_of_its_own),
        TEST(members_of_objects_are_read),
        TEST(a_part_needs_nothing_but_proof),
        TEST(a_null_character_breaks_the_form_of_names_too)
    };

    return cmocka_run_group_tests_name("form_role", tests, begin_apr,
                                       end_apr);
}
