/* SPDX-License-Identifier: Apache-2.0 */
/* Which problems are told together. */
#include "form_fixture.h"

#include "form/stage.h"

#define FIELD(called, is, at) \
    { .name = (called), .role = ACCT_ROLE_##is, .required = 1, .index = (at) }

static const acct_field_t fields[] = {
    FIELD("uid", LINK_UID, 0), FIELD("token", LINK_TOKEN, 1),
    FIELD("current", CURRENT_PASSWORD, 2), FIELD("name", USERNAME, 3),
    FIELD("password", PASSWORD, 4), FIELD("password2", PASSWORD_AGAIN, 5)
};

/* fields(+taken, +current_password) -> rules -> mismatch -> uid -> token */
static const acct_stages_t last_the_link = {
    .turn = {
        [ACCT_STAGE_FIELDS] = 1, [ACCT_STAGE_TAKEN] = 1,
        [ACCT_STAGE_CURRENT_PASSWORD] = 1, [ACCT_STAGE_RULES] = 2,
        [ACCT_STAGE_SIMILARITY] = 2, [ACCT_STAGE_MISMATCH] = 3,
        [ACCT_STAGE_UID] = 4, [ACCT_STAGE_TOKEN] = 5
    }
};

/* fields(+rules) -> uid -> token -> mismatch -> similarity */
static const acct_stages_t last_the_account = {
    .turn = {
        [ACCT_STAGE_FIELDS] = 1, [ACCT_STAGE_TAKEN] = 1,
        [ACCT_STAGE_CURRENT_PASSWORD] = 1, [ACCT_STAGE_RULES] = 1,
        [ACCT_STAGE_UID] = 2, [ACCT_STAGE_TOKEN] = 3,
        [ACCT_STAGE_MISMATCH] = 4, [ACCT_STAGE_SIMILARITY] = 5
    }
};

static acct_fields_t route = ROUTE(storing, fields);

static const acct_field_t *called(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        if (strlen(fields[i].name) == length
            && memcmp(fields[i].name, name, length) == 0) {
            return &fields[i];
        }
    }
    fail_msg("no field %s", name);
    return NULL;
}

/* A result with problems, each "field.code". */
static void found(const char *list)
{
    char *copy = apr_pstrdup(pool, list), *last = NULL, *word, *dot;

    result = acct_result_make(ACCT_INVALID, pool);
    for (word = apr_strtok(copy, " ", &last); word != NULL;
         word = apr_strtok(NULL, " ", &last)) {
        dot = strrchr(word, '.');
        acct_result_add_problem(result, called(word, (size_t)(dot - word)),
                                (acct_problem_e)acct_problem_find(dot + 1),
                                0, pool);
    }
}

static const char *left(const char *list)
{
    const char *line = "";
    int i;

    found(list);
    acct_stage_cut(&route, result);
    for (i = 0; result->problems != NULL && i < result->problems->nelts;
         i++) {
        const acct_field_problem_t *p =
            &APR_ARRAY_IDX(result->problems, i, acct_field_problem_t);

        line = apr_psprintf(pool, "%s%s%s.%s", line, i > 0 ? " " : "",
                            p->field->name, acct_problem_name(p->problem));
    }
    return line;
}

static void without_stages_all_is_told(void **state)
{
    const char *all = "uid.unknown token.wrong name.taken password.too_short "
                      "password.mismatch";

    (void)state;
    route.stages = NULL;
    assert_string_equal(left(all), all);
    found(all);
    assert_true(acct_stage_open(&route, result, ACCT_STAGE_TOKEN));
}

static void of_several_stages_the_first_is_told_whole(void **state)
{
    static const struct {
        const acct_stages_t *stages;
        const char *found, *left;
    } cases[] = {
        { &last_the_link, "", "" },
        { &last_the_link, "uid.unknown token.wrong", "uid.unknown" },
        { &last_the_link, "token.required uid.unknown name.taken "
          "current.wrong password.too_short",
          "token.required current.wrong name.taken" },
        { &last_the_link, "token.wrong password.too_similar "
          "password.too_short password.too_common password.too_numeric "
          "password.mismatch", "password.too_similar password.too_short "
          "password.too_common password.too_numeric" },
        { &last_the_link, "uid.unknown password.mismatch",
          "password.mismatch" },
        { &last_the_link, "token.wrong", "token.wrong" },
        { &last_the_account, "password.too_similar password.too_short "
          "token.blank", "token.blank password.too_short" },
        { &last_the_account, "password.too_similar password.mismatch",
          "password.mismatch" },
        { &last_the_account, "password.too_similar token.wrong",
          "token.wrong" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        route.stages = cases[i].stages;
        assert_string_equal(left(cases[i].found), cases[i].left);
    }
}

static void a_stage_is_open_while_no_earlier_one_has_a_problem(void **state)
{
    (void)state;
    route.stages = &last_the_link;
    found("");
    assert_true(acct_stage_open(&route, result, ACCT_STAGE_TOKEN));
    found("password.mismatch");
    assert_true(acct_stage_open(&route, result, ACCT_STAGE_TAKEN));
    assert_true(acct_stage_open(&route, result, ACCT_STAGE_MISMATCH));
    assert_false(acct_stage_open(&route, result, ACCT_STAGE_UID));
    found("name.invalid");
    assert_true(acct_stage_open(&route, result,
                                ACCT_STAGE_CURRENT_PASSWORD));
    assert_false(acct_stage_open(&route, result, ACCT_STAGE_RULES));
    found("token.wrong");
    assert_true(acct_stage_open(&route, result, ACCT_STAGE_TOKEN));
}

#define BODY(one, other) "{\"uid\":\"u\",\"token\":\"t\",\"current\":\"c\"," \
    "\"name\":\"n\",\"password\":\"" one "\",\"password2\":\"" other "\"}"

/* What is told before a repetition that differs has to be found. */
static void a_password_stays_where_its_rules_come_first(void **state)
{
    (void)state;
    route.stages = NULL;
    assert_string_equal(told(&route, JSON, BODY("x", "y")),
                        "invalid password.mismatch");
    assert_null(VALUE(PASSWORD));
    assert_string_equal(VALUE(CURRENT_PASSWORD), "c");
    assert_string_equal(VALUE(LINK_TOKEN), "t");
    route.stages = &last_the_link;
    assert_string_equal(told(&route, JSON, BODY("x", "y")),
                        "invalid password.mismatch");
    assert_string_equal(VALUE(PASSWORD), "x");
}

static void a_stage_has_a_name(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < ACCT_STAGE__COUNT; i++) {
        assert_int_equal(acct_stage_find(acct_stage_name((acct_stage_e)i)),
                         i);
    }
    assert_int_equal(acct_stage_find("nothing"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_stages_all_is_told),
        TEST(of_several_stages_the_first_is_told_whole),
        TEST(a_stage_is_open_while_no_earlier_one_has_a_problem),
        TEST(a_password_stays_where_its_rules_come_first),
        TEST(a_stage_has_a_name)
    };

    return cmocka_run_group_tests_name("form_stage", tests, begin_apr,
                                       end_apr);
}
