/* SPDX-License-Identifier: Apache-2.0 */
/* Second factors over a real store: enrolment, sign-in, recovery codes, and
 * how they end. */
#include "second_factor_fixture.h"

#include <ctype.h>

#include "admin/admin.h"

/* ---- enrolment ---- */

static void a_secret_is_shown_once_and_stored_sealed(void **state)
{
    ann_t ann = ann_of(state);
    acct_result_t *result = act(&ann, acct_totp_begin, PASSWORD, NULL);
    const char *start = "otpauth://totp/Here:ann?secret=";

    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(strlen(result->totp_secret), 32);
    assert_memory_equal(result->totp_uri, start, strlen(start));
    assert_non_null(strstr(result->totp_uri, result->totp_secret));
    assert_int_equal(count(ann.world, apr_pstrcat(ann.world->pool,
        "account WHERE totp_sealed LIKE '%", result->totp_secret, "%'",
        NULL)), 0);
    assert_null(strstr(ann.world->log, result->totp_secret));
}

static void a_secret_that_is_not_confirmed_is_asked_for_by_nobody(
    void **state)
{
    ann_t ann = ann_of(state);

    act(&ann, acct_totp_begin, PASSWORD, NULL);
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome, ACCT_OK);
    assert_int_equal(act(&ann, acct_totp_disable, PASSWORD,
                         code_at(&ann, 0))->outcome, ACCT_TOTP_ABSENT);
}

static void a_second_beginning_replaces_the_first(void **state)
{
    ann_t ann = ann_of(state);
    const char *first;

    act(&ann, acct_totp_begin, PASSWORD, NULL);
    first = code_at(&ann, 0);
    act(&ann, acct_totp_begin, PASSWORD, NULL);
    if (strcmp(first, code_at(&ann, 0)) != 0) {
        assert_wrong_code(confirm(&ann, first));
    }
    assert_int_equal(confirm(&ann, code_at(&ann, 0))->outcome, ACCT_OK);
}

static void a_wrong_password_begins_nothing(void **state)
{
    ann_t ann = ann_of(state);

    assert_int_equal(act(&ann, acct_totp_begin, "wrong", NULL)->outcome,
                     ACCT_INVALID);
    assert_int_equal(count(ann.world,
                           "account WHERE totp_sealed IS NOT NULL"), 0);
}

static void without_a_key_file_the_site_does_not_offer_it(void **state)
{
    ann_t ann = ann_of(state);

    ann.world->service.key = NULL;
    assert_int_equal(act(&ann, acct_totp_begin, PASSWORD, NULL)->outcome,
                     ACCT_NOT_ENABLED);
    ann.world->service.key_is_away = 1;
    assert_unavailable(act(&ann, acct_totp_begin, PASSWORD, NULL), 5);
}

static void a_confirmed_one_is_begun_and_confirmed_no_more(void **state)
{
    ann_t ann = ann_of(state);

    enrol(&ann);
    assert_int_equal(act(&ann, acct_totp_begin, PASSWORD, NULL)->outcome,
                     ACCT_TOTP_ALREADY);
    forget_steps(&ann);
    assert_int_equal(confirm(&ann, code_at(&ann, 0))->outcome,
                     ACCT_TOTP_ALREADY);
}

static void there_is_nothing_to_confirm_before_it_is_begun(void **state)
{
    ann_t ann = ann_of(state);

    assert_int_equal(confirm(&ann, "123456")->outcome,
                     ACCT_TOTP_ABSENT);
}

static void ten_recovery_codes_are_made_where_the_route_shows_them(
    void **state)
{
    ann_t ann = ann_of(state);
    const char *const *codes = enrol(&ann);
    acct_result_t *result;
    int i;

    for (i = 0; codes[i] != NULL; i++) {
        assert_int_equal(strlen(codes[i]), ACCT_RECOVERY_CODE_TEXT);
    }
    assert_int_equal(i, 10);
    assert_int_equal(count(ann.world, "recovery_code"), 10);

    forget_steps(&ann);
    assert_int_equal(act(&ann, acct_totp_disable, PASSWORD,
                         code_at(&ann, 0))->outcome, ACCT_OK);
    ann.world->route.shows_codes = 0;
    act(&ann, acct_totp_begin, PASSWORD, NULL);
    result = confirm(&ann, code_at(&ann, 0));
    assert_int_equal(result->outcome, ACCT_OK);
    assert_true(result->account->has_totp);
    assert_null(result->recovery_codes);
    assert_int_equal(count(ann.world, "recovery_code"), 0);
}

/* ---- sign-in ---- */

static void a_code_is_asked_for_after_the_right_password_alone(void **state)
{
    ann_t ann = ann_of(state);
    acct_result_t *result;

    enrol(&ann);
    assert_int_equal(sign_in_by(&ann, "wrong", NULL)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(sign_in_by(&ann, "wrong", code_at(&ann, 1))->outcome,
                     ACCT_WRONG_CREDENTIALS);
    result = sign_in_by(&ann, PASSWORD, NULL);
    assert_int_equal(result->outcome, ACCT_SECOND_FACTOR_REQUIRED);
    assert_null(result->token);
    result = sign_in_by(&ann, PASSWORD, code_at(&ann, 1));
    assert_int_equal(result->outcome, ACCT_OK);
    assert_non_null(result->token);
}

static void a_wrong_code_is_its_problem(void **state)
{
    ann_t ann = ann_of(state);

    enrol(&ann);
    forget_steps(&ann);
    assert_wrong_code(sign_in_by(&ann, PASSWORD, no_code(&ann)));
    assert_wrong_code(sign_in_by(&ann, PASSWORD, "0000-0000-0000-0000"));
    assert_wrong_code(sign_in_by(&ann, PASSWORD, "any other text"));
}

static void the_code_that_confirmed_signs_nobody_in(void **state)
{
    ann_t ann = ann_of(state);
    const char *code;

    act(&ann, acct_totp_begin, PASSWORD, NULL);
    code = code_at(&ann, 0);
    confirm(&ann, code);
    assert_wrong_code(sign_in_by(&ann, PASSWORD, code));
}

static void a_code_signs_in_once(void **state)
{
    ann_t ann = ann_of(state);
    const char *code;

    enrol(&ann);
    forget_steps(&ann);
    code = code_at(&ann, 0);
    assert_int_equal(sign_in_by(&ann, PASSWORD, code)->outcome, ACCT_OK);
    assert_wrong_code(sign_in_by(&ann, PASSWORD, code));
}

static void a_sign_in_that_is_refused_otherwise_uses_no_code_up(void **state)
{
    ann_t ann = ann_of(state);

    enrol(&ann);
    forget_steps(&ann);
    ann.world->dialect.policy.limit = 1;
    assert_int_equal(sign_in_by(&ann, PASSWORD, code_at(&ann, 0))->outcome,
                     ACCT_TOO_MANY_TOKENS);
    ann.world->dialect.policy.limit = 9;
    assert_int_equal(sign_in_by(&ann, PASSWORD, code_at(&ann, 0))->outcome,
                     ACCT_OK);
}

static void a_recovery_code_signs_in_once_however_it_is_typed(void **state)
{
    ann_t ann = ann_of(state);
    const char *const *codes = enrol(&ann);
    char *typed = apr_pstrdup(ann.world->pool, codes[3]);
    acct_result_t *result;
    char *p;

    for (p = typed; *p != '\0'; p++) {
        *p = *p == '-' ? ' ' : (char)toupper(*p);
    }
    assert_int_equal(sign_in_by(&ann, PASSWORD, typed)->outcome, ACCT_OK);
    assert_wrong_code(sign_in_by(&ann, PASSWORD, codes[3]));
    assert_int_equal(count(ann.world, "recovery_code"), 9);
    assert_non_null(strstr(ann.world->log, "authn_recovery_code_used"));

    ann.world->route.shows_codes_left = 1;
    result = act(&ann, acct_current, NULL, NULL);
    assert_int_equal(result->codes_left, 9);
}

/* As the dialects have it that know of no such field. */
static void a_route_without_the_field_answers_as_to_a_wrong_password(
    void **state)
{
    ann_t ann = ann_of(state);
    acct_result_t *result;

    enrol(&ann);
    ann.world->form.field[ACCT_ROLE_SECOND_FACTOR] = NULL;
    result = sign_in_by(&ann, PASSWORD, NULL);
    assert_int_equal(result->outcome, ACCT_WRONG_CREDENTIALS);
    assert_null(result->token);
    assert_int_equal(ann.world->hashed, 1);
    assert_non_null(strstr(ann.world->log, "takes none"));

    /* nor is a blocked account, or a better hash, to be told from it */
    change(ann.world, "UPDATE account SET is_active = 0");
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    change(ann.world, "UPDATE account SET is_active = 1");
    ann.world->params.memory_kib = 16;
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome,
                     ACCT_WRONG_CREDENTIALS);
    assert_int_equal(count(ann.world,
                           "account WHERE password LIKE '%m=16%'"), 0);
}

static void a_route_with_a_header_asks_for_it(void **state)
{
    ann_t ann = ann_of(state);
    acct_result_t *result;

    enrol(&ann);
    ann.world->form.field[ACCT_ROLE_SECOND_FACTOR] = NULL;
    ann.world->route.code_header = "X-OTP";
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome,
                     ACCT_SECOND_FACTOR_REQUIRED);
    result = sign_in_by(&ann, PASSWORD, no_code(&ann));
    assert_int_equal(result->outcome, ACCT_SECOND_FACTOR_REQUIRED);
    assert_null(result->problems);
    assert_int_equal(sign_in_by(&ann, PASSWORD, code_at(&ann, 1))->outcome,
                     ACCT_OK);
}

/* Between the look at the account and the transaction. */
static void confirm_now(world_t *world)
{
    change(world, "UPDATE account SET totp_confirmed_at = 1");
}

static void one_that_is_confirmed_meanwhile_is_asked_for(void **state)
{
    ann_t ann = ann_of(state);

    act(&ann, acct_totp_begin, PASSWORD, NULL);
    ann.world->before_unit = confirm_now;
    ann.world->unit_changed = 2;
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome,
                     ACCT_SECOND_FACTOR_REQUIRED);
}

static void without_the_key_a_recovery_code_still_signs_in(void **state)
{
    ann_t ann = ann_of(state);
    const char *const *codes = enrol(&ann);
    const char *code = code_at(&ann, 1);

    ann.world->service.key = NULL;
    ann.world->service.key_is_away = 1;
    assert_unavailable(sign_in_by(&ann, PASSWORD, code), 5);
    assert_non_null(strstr(ann.world->log, "key file"));
    /* a token can be made without it where tokens have no check */
    ann.world->service.key_is_away = 0;
    change(ann.world, "DELETE FROM meta WHERE name LIKE 'token_check%'");
    assert_int_equal(sign_in_by(&ann, PASSWORD, codes[0])->outcome, ACCT_OK);
}

static void a_secret_under_another_key_is_told_to_the_operator(void **state)
{
    ann_t ann = ann_of(state);
    const char *code;

    enrol(&ann);
    code = code_at(&ann, 1);
    ann.world->service.key = world_key(ann.world, 2);
    assert_unavailable(sign_in_by(&ann, PASSWORD, code), 5);
    assert_non_null(strstr(ann.world->log, "totp-reset"));
}

/* ---- ending it ---- */

static void it_is_ended_by_password_and_code(void **state)
{
    ann_t ann = ann_of(state);
    const char *const *codes = enrol(&ann);

    assert_int_equal(act(&ann, acct_totp_disable, "wrong",
                         codes[0])->outcome, ACCT_INVALID);
    assert_int_equal(count(ann.world, "recovery_code"), 10);
    assert_wrong_code(act(&ann, acct_totp_disable, PASSWORD,
                          no_code(&ann)));
    assert_int_equal(act(&ann, acct_totp_disable, PASSWORD,
                         codes[0])->outcome, ACCT_OK);
    assert_int_equal(count(ann.world, "recovery_code"), 0);
    assert_int_equal(count(ann.world,
                           "account WHERE totp_sealed IS NOT NULL"), 0);
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome, ACCT_OK);
    assert_true(is_alive(ann.world, ann.token));
}

static void new_recovery_codes_end_the_old(void **state)
{
    ann_t ann = ann_of(state);
    const char *const *old = enrol(&ann);
    acct_result_t *result = act(&ann, acct_recovery_codes, PASSWORD, old[9]);

    assert_int_equal(result->outcome, ACCT_OK);
    assert_int_equal(result->codes_left, 10);
    assert_int_equal(count(ann.world, "recovery_code"), 10);
    assert_wrong_code(sign_in_by(&ann, PASSWORD, old[0]));
    assert_int_equal(sign_in_by(&ann, PASSWORD,
                                result->recovery_codes[0])->outcome,
                     ACCT_OK);
}

static void an_operator_ends_it_with_all_tokens(void **state)
{
    ann_t ann = ann_of(state);

    assert_int_equal(acct_account_totp_reset(&ann.world->service, ann.id,
                                             ann.world->pool), APR_EINVAL);
    assert_true(is_alive(ann.world, ann.token));
    enrol(&ann);
    assert_int_equal(acct_account_totp_reset(&ann.world->service, ann.id,
                                             ann.world->pool), APR_SUCCESS);
    assert_false(is_alive(ann.world, ann.token));
    assert_int_equal(count(ann.world, "recovery_code"), 0);
    assert_int_equal(sign_in_by(&ann, PASSWORD, NULL)->outcome, ACCT_OK);
    assert_int_equal(acct_account_totp_reset(&ann.world->service, 4711,
                                             ann.world->pool),
                     APR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_secret_is_shown_once_and_stored_sealed),
        WORLD(a_secret_that_is_not_confirmed_is_asked_for_by_nobody),
        WORLD(a_second_beginning_replaces_the_first),
        WORLD(a_wrong_password_begins_nothing),
        WORLD(without_a_key_file_the_site_does_not_offer_it),
        WORLD(a_confirmed_one_is_begun_and_confirmed_no_more),
        WORLD(there_is_nothing_to_confirm_before_it_is_begun),
        WORLD(ten_recovery_codes_are_made_where_the_route_shows_them),
        WORLD(a_code_is_asked_for_after_the_right_password_alone),
        WORLD(a_wrong_code_is_its_problem),
        WORLD(the_code_that_confirmed_signs_nobody_in),
        WORLD(a_code_signs_in_once),
        WORLD(a_sign_in_that_is_refused_otherwise_uses_no_code_up),
        WORLD(a_recovery_code_signs_in_once_however_it_is_typed),
        WORLD(a_route_without_the_field_answers_as_to_a_wrong_password),
        WORLD(a_route_with_a_header_asks_for_it),
        WORLD(one_that_is_confirmed_meanwhile_is_asked_for),
        WORLD(without_the_key_a_recovery_code_still_signs_in),
        WORLD(a_secret_under_another_key_is_told_to_the_operator),
        WORLD(it_is_ended_by_password_and_code),
        WORLD(new_recovery_codes_end_the_old),
        WORLD(an_operator_ends_it_with_all_tokens)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
