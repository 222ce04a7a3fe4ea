/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing up: what becomes of a form, which problems are told together, and
 * two that want one name at once.
 */
#include "account_fixture.h"
#include "form/stage.h"

static acct_result_t *sign_up(world_t *world, const char *username,
                              const char *email, const char *password)
{
    world->form.value[ACCT_ROLE_USERNAME] = username;
    world->form.value[ACCT_ROLE_EMAIL] = email;
    world->form.value[ACCT_ROLE_PASSWORD] = password;
    return call_with(world, acct_register, NULL, NULL);
}

/* "username taken, email taken" */
static const char *problems(world_t *world, const acct_result_t *result)
{
    const char *all = "";

    if (result->problems == NULL) {
        return all;
    }
    for (int i = 0; i < result->problems->nelts; i++) {
        const acct_field_problem_t *p = &APR_ARRAY_IDX(
            result->problems, i, acct_field_problem_t);

        all = apr_pstrcat(world->pool, all, i ? ", " : "", p->field->name,
                          " ", acct_problem_name(p->problem), NULL);
    }
    return all;
}

/* ---- what becomes of a form ---- */

static void a_form_becomes_an_account_with_a_token(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    world->form.value[ACCT_ROLE_FIRST_NAME] = "Ann";
    result = sign_up(world, "Ann", "Ann@Example.com", PASSWORD);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(result->account->id,
                     atol(ask(world, "SELECT id FROM account")));
    assert_string_equal(ask(world, "SELECT username FROM account"), "Ann");
    assert_string_equal(ask(world, "SELECT username_key FROM account"),
                        "ann");
    assert_string_equal(ask(world, "SELECT email FROM account"),
                        "Ann@Example.com");
    assert_string_equal(ask(world, "SELECT first_name FROM account"), "Ann");
    assert_string_equal(ask(world, "SELECT last_name FROM account"), "");
    assert_string_equal(ask(world, "SELECT is_staff FROM account"), "0");
    assert_true(is_alive(world, result->token));
}

static void where_the_answer_shows_no_token_none_is_made(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    world->route.mints_token = 0;
    result = sign_up(world, "ann", NULL, PASSWORD);
    assert_int_equal(result->outcome, ACCT_OK);
    assert_null(result->token);
    assert_int_equal(count(world, "token"), 0);
}

static void the_new_password_signs_in(void **state)
{
    world_t *world = *state;

    sign_up(world, "ann", NULL, PASSWORD);
    assert_non_null(strstr(ask(world, "SELECT password FROM account"),
                           "$argon2id$v=19$m=8,t=1,p=1$"));
    assert_int_equal(sign_in_as(world, "ann", PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(sign_in_as(world, "ann", OTHER_PASSWORD)->outcome,
                     ACCT_WRONG_CREDENTIALS);
}

static void an_account_may_have_a_name_or_an_address_alone(void **state)
{
    world_t *world = *state;

    assert_int_equal(sign_up(world, "ann", NULL, PASSWORD)->outcome,
                     ACCT_OK);
    assert_int_equal(sign_up(world, NULL, "b@example.com",
                             PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(sign_up(world, NULL, "c@example.com",
                             PASSWORD)->outcome, ACCT_OK);
    assert_int_equal(count(world, "account"), 3);
}

/* ---- problems ---- */

static void what_is_taken_is_told_by_field(void **state)
{
    static const struct {
        const char *username, *email, *told;
    } t[] = {
        { "ANN", "new@example.com", "username taken" },
        { "new", "ann@EXAMPLE.com", "email taken" },
        { "ann", "ann@example.com", "username taken, email taken" },
        { "ann", NULL, "username taken" },
        { NULL, "ann@example.com", "email taken" },
        /* one identifier may mean either */
        { "ann@example.com", "new@example.com", "username taken" }
    };
    world_t *world = *state;

    add_account(world, "ann", "ann@example.com");
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_result_t *result = sign_up(world, t[i].username, t[i].email,
                                        PASSWORD);

        assert_int_equal(result->outcome, ACCT_INVALID);
        assert_string_equal(problems(world, result), t[i].told);
        assert_null(result->token);
    }
    assert_int_equal(count(world, "account"), 1);
    assert_int_equal(count(world, "token"), 0);
}

static void a_taken_name_costs_a_hash_like_a_free_one(void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    sign_up(world, "ann", NULL, PASSWORD);
    assert_int_equal(world->hashed, 1);
    sign_up(world, "bob", NULL, PASSWORD);
    assert_int_equal(world->hashed, 1);
}

static void problems_of_the_form_are_told_with_what_is_taken_unhashed(
    void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    add_account(world, "ann", NULL);
    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result, &world_fields[ACCT_ROLE_EMAIL],
                            ACCT_PROBLEM_BLANK, 0, world->pool);
    result = sign_up(world, "ann", NULL, PASSWORD);
    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_string_equal(problems(world, result),
                        "username taken, email blank");
    assert_int_equal(world->hashed, 0);
}

static void a_password_against_the_rules_is_not_hashed(void **state)
{
    acct_password_rules_t rules = { .min_length = 12, .not_similar = 1 };
    world_t *world = *state;
    acct_result_t *result;

    world->service.rules = &rules;
    result = sign_up(world, "ann", NULL, "short");
    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_int_equal(result->problems->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(result->problems, 0,
                                   acct_field_problem_t).limit, 12);
    assert_int_equal(sign_up(world, "correct horse", NULL,
                             PASSWORD)->outcome, ACCT_INVALID);
    assert_int_equal(world->hashed, 0);
    assert_int_equal(count(world, "account"), 0);
    assert_int_equal(sign_up(world, "ann", NULL, PASSWORD)->outcome,
                     ACCT_OK);
}

/* The password field of a dialect whose fields tell all. */
static const acct_field_t thorough = {
    .name = "password", .role = ACCT_ROLE_PASSWORD, .required = 1,
    .index = 3, .tells_all = 1
};

static void a_field_that_tells_all_names_every_rule_in_order(void **state)
{
    static const acct_password_rules_t rules = {
        .min_length = 12, .not_similar = 1, .not_numeric = 1
    };
    world_t *world = *state;

    world->service.rules = &rules;
    assert_string_equal(problems(world, sign_up(world, "12345", NULL,
                                                "12345")),
                        "password too_short");
    world->form.field[ACCT_ROLE_PASSWORD] = &thorough;
    assert_string_equal(problems(world, sign_up(world, "12345", NULL,
                                                "12345")),
                        "password too_similar, password too_short, "
                        "password too_numeric");
}

/* The first that it is like; Django's order. */
static void what_a_password_is_too_similar_to_is_said(void **state)
{
    static const struct {
        const char *name, *first, *last, *email;
        acct_role_e attribute;
    } cases[] = {
        { "wilhelm", "wilhelm", "wilhelm", "wilhelm@b.io",
          ACCT_ROLE_USERNAME },
        { "ann", "wilhelm", "x", "wilhelm@b.io", ACCT_ROLE_FIRST_NAME },
        { "ann", "x", "wilhelm", "wilhelm@b.io", ACCT_ROLE_LAST_NAME },
        { "ann", "x", "y", "wilhelm@b.io", ACCT_ROLE_EMAIL },
    };
    static const acct_password_rules_t rules = { .not_similar = 1 };
    world_t *world = *state;
    size_t i;

    world->service.rules = &rules;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const acct_result_t *result;
        const acct_field_problem_t *problem;

        world->form.value[ACCT_ROLE_FIRST_NAME] = cases[i].first;
        world->form.value[ACCT_ROLE_LAST_NAME] = cases[i].last;
        result = sign_up(world, cases[i].name, cases[i].email, "wilhelm1");
        assert_int_equal(result->problems->nelts, 1);
        problem = &APR_ARRAY_IDX(result->problems, 0, acct_field_problem_t);
        assert_int_equal(problem->problem, ACCT_PROBLEM_TOO_SIMILAR);
        assert_int_equal(problem->attribute, cases[i].attribute);
    }
}

/* ---- stages ---- */

static void a_name_is_looked_for_when_its_stage_has_come(void **state)
{
    static const acct_stages_t late = {
        .turn = { 1, [ACCT_STAGE_TAKEN] = 3, [ACCT_STAGE_RULES] = 2,
                  [ACCT_STAGE_SIMILARITY] = 2, [ACCT_STAGE_MISMATCH] = 1 }
    };
    static const acct_password_rules_t rules = { .min_length = 30 };
    world_t *world = *state;

    world->service.rules = &rules;
    add_account(world, "ann", NULL);
    assert_string_equal(problems(world, sign_up(world, "ann", NULL,
                                                PASSWORD)),
                        "username taken, password too_short");
    world->route.fields.stages = &late;
    assert_string_equal(problems(world, sign_up(world, "ann", NULL,
                                                PASSWORD)),
                        "password too_short");
    world->service.rules = NULL;
    assert_string_equal(problems(world, sign_up(world, "ann", NULL,
                                                PASSWORD)),
                        "username taken");
}

static void rules_are_not_judged_behind_other_problems(void **state)
{
    static const acct_stages_t late = {
        .turn = { 1, 1, 1, 1, 1, [ACCT_STAGE_RULES] = 2,
                  [ACCT_STAGE_SIMILARITY] = 2, [ACCT_STAGE_MISMATCH] = 1 }
    };
    static const acct_password_rules_t rules = {
        .min_length = 30, .not_similar = 1
    };
    world_t *world = *state;

    world->service.rules = &rules;
    world->route.fields.stages = &late;
    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result, &world_fields[ACCT_ROLE_EMAIL],
                            ACCT_PROBLEM_BLANK, 0, world->pool);
    assert_string_equal(problems(world, sign_up(world, "ann", NULL,
                                                PASSWORD)), "email blank");
}

/* ---- two at once ---- */

static void take_ann(world_t *world)
{
    add_account(world, "ann", NULL);
}

static void a_name_taken_while_the_password_is_hashed_is_told(void **state)
{
    world_t *world = *state;
    acct_result_t *result;

    world->while_hashing = take_ann;
    result = sign_up(world, "ann", NULL, PASSWORD);
    assert_int_equal(result->outcome, ACCT_INVALID);
    assert_string_equal(problems(world, result), "username taken");
    assert_int_equal(count(world, "account"), 1);
}

static void free_ann(world_t *world)
{
    change(world, "DELETE FROM account");
}

static void a_name_that_is_free_again_when_looked_at_is_tried_again(
    void **state)
{
    world_t *world = *state;

    add_account(world, "ann", NULL);
    world->before_unit = free_ann;
    world->unit_changed = 2;        /* which name was it? */
    assert_int_equal(sign_up(world, "ann", NULL, PASSWORD)->outcome,
                     ACCT_OK);
    assert_int_equal(world->hashed, 1);
    assert_int_equal(world->units, 3);
    assert_int_equal(count(world, "account"), 1);
}

/* ---- what cannot be done now ---- */

static void a_gate_that_does_not_open_is_told_with_its_time(void **state)
{
    world_t *world = *state;

    world->gate = APR_TIMEUP;
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_GATE);
    assert_int_equal(count(world, "account"), 0);
}

static void a_database_that_fails_is_told_and_nothing_is_made(void **state)
{
    world_t *world = *state;

    world->fails_at = 1;
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(count(world, "account"), 0);
    add_account(world, "ann", NULL);
    world->fails_at = 2;        /* which name was it? */
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_DATABASE);
    world->result = acct_result_make(ACCT_INVALID, world->pool);
    acct_result_add_problem(world->result, &world_fields[ACCT_ROLE_EMAIL],
                            ACCT_PROBLEM_BLANK, 0, world->pool);
    world->fails_at = 1;
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(count(world, "account"), 1);
}

static void an_account_whose_token_cannot_be_made_is_not_made(void **state)
{
    world_t *world = *state;

    world->before_unit = lose_tokens;
    world->unit_changed = 1;
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_DATABASE);
    find_again(world, "token");
    assert_int_equal(count(world, "account"), 0);
    world->service.key = NULL;
    world->service.key_is_away = 1;
    assert_unavailable(sign_up(world, "ann", NULL, PASSWORD),
                       ACCT_RETRY_DATABASE);
    assert_int_equal(count(world, "account"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_form_becomes_an_account_with_a_token),
        WORLD(where_the_answer_shows_no_token_none_is_made),
        WORLD(the_new_password_signs_in),
        WORLD(an_account_may_have_a_name_or_an_address_alone),
        WORLD(what_is_taken_is_told_by_field),
        WORLD(a_taken_name_costs_a_hash_like_a_free_one),
        WORLD(problems_of_the_form_are_told_with_what_is_taken_unhashed),
        WORLD(a_password_against_the_rules_is_not_hashed),
        WORLD(a_field_that_tells_all_names_every_rule_in_order),
        WORLD(what_a_password_is_too_similar_to_is_said),
        WORLD(a_name_is_looked_for_when_its_stage_has_come),
        WORLD(rules_are_not_judged_behind_other_problems),
        WORLD(a_name_taken_while_the_password_is_hashed_is_told),
        WORLD(a_name_that_is_free_again_when_looked_at_is_tried_again),
        WORLD(a_gate_that_does_not_open_is_told_with_its_time),
        WORLD(a_database_that_fails_is_told_and_nothing_is_made),
        WORLD(an_account_whose_token_cannot_be_made_is_not_made)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
