/* SPDX-License-Identifier: Apache-2.0 */
#include "form/value.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "form/stage.h"
#include "password/password.h"
#include "text/identifier.h"

static void problem(const acct_check_t *check, const acct_field_t *field,
                    acct_problem_e what, int limit)
{
    acct_result_add_problem(check->result, field, what, limit, check->pool);
}

/* Values are copies: what they are taken from gets wiped. */
static void take(const acct_check_t *check, const acct_field_t *field,
                 const char *text)
{
    check->form->value[field->role] = apr_pstrdup(check->pool, text);
}

/* 0 and nothing told where the text has as many characters as it may. */
static int is_too_long(const acct_check_t *check, const acct_field_t *field,
                       const char *text)
{
    int limit = acct_field_limit(field);

    if (limit == 0 || acct_utf8_length(text) <= limit) {
        return 0;
    }
    problem(check, field, ACCT_PROBLEM_TOO_LONG, limit);
    return 1;
}

static void check_password(const acct_check_t *check,
                           const acct_field_t *field, const acct_raw_t *raw)
{
    if (is_too_long(check, field, raw->text)) {
        return;
    }
    if (raw->length > ACCT_PASSWORD_MAX) {
        problem(check, field, ACCT_PROBLEM_TOO_LONG, ACCT_PASSWORD_MAX);
        return;
    }
    take(check, field, raw->text);
}

/* The length is looked at before normalisation too: the work is bounded, and a
 * name does not become shorter for the client that sent it. Grammar is
 * reported before length, as Django REST framework's model fields do. */
static void check_username(const acct_check_t *check,
                           const acct_field_t *field, const char *text)
{
    int limit = acct_field_limit(field);
    int too_long = acct_utf8_length(text) > limit;
    const char *name = text;
    int valid = 1;

    if (acct_username_normalize(text, &name, check->pool) != APR_SUCCESS) {
        valid = 0;
    }
    else if (check->fields->operation->stores_fields) {
        valid = acct_username_valid(name, check->pool);
    }
    if (!valid) {
        problem(check, field, ACCT_PROBLEM_INVALID, 0);
    }
    if (too_long || (valid && acct_utf8_length(name) > limit)) {
        problem(check, field, ACCT_PROBLEM_TOO_LONG, limit);
    }
    else if (valid) {
        take(check, field, name);
    }
}

/* Compared with the username and no more: that one's form is looked at. One
 * that is longer than a username can be differs from it as it is. */
static void check_username_again(const acct_check_t *check,
                                 const acct_field_t *field, const char *text)
{
    const char *name = text;

    if (is_too_long(check, field, text)) {
        return;
    }
    if (acct_utf8_length(text) <= ACCT_USERNAME_MAX) {
        (void)acct_username_normalize(text, &name, check->pool);
    }
    take(check, field, name);
}

/* Addresses, names, identifiers, links, codes, labels. */
static void check_text(const acct_check_t *check, const acct_field_t *field,
                       const char *text)
{
    int sound = !is_too_long(check, field, text);

    if ((field->role == ACCT_ROLE_EMAIL
         && !acct_email_valid(text, check->pool))
        || (field->role == ACCT_ROLE_LABEL && !acct_text_printable(text))) {
        problem(check, field, ACCT_PROBLEM_INVALID, 0);
        sound = 0;
    }
    if (sound) {
        take(check, field, field->lower == ACCT_LOWER_NOTHING ? text
             : acct_email_lower(text, field->lower == ACCT_LOWER_ALL,
                                check->pool));
    }
}

/* A text that is no C string as a whole. Where all is told, what the text
 * breaks besides: no name and no address holds such a character. */
static void tell_null_characters(const acct_check_t *check,
                                 const acct_field_t *field)
{
    if (field->tells_all && field->role == ACCT_ROLE_USERNAME
        && check->fields->operation->stores_fields) {
        problem(check, field, ACCT_PROBLEM_INVALID, 0);
    }
    problem(check, field, ACCT_PROBLEM_NULL_CHARACTERS, 0);
    if (field->tells_all && field->role == ACCT_ROLE_EMAIL) {
        problem(check, field, ACCT_PROBLEM_INVALID, 0);
    }
}

/* Nothing is there. A repetition may be nothing where it may be blank, but
 * then it does not repeat anything else. */
static void check_blank(const acct_check_t *check, const acct_field_t *field)
{
    if (acct_field_refuses_blank(field)) {
        problem(check, field, ACCT_PROBLEM_BLANK, 0);
    }
    else if (field->role == ACCT_ROLE_PASSWORD_AGAIN
             || field->role == ACCT_ROLE_USERNAME_AGAIN) {
        take(check, field, "");
    }
}

static void check_trimmed(const acct_check_t *check,
                          const acct_field_t *field, const char *text)
{
    if (text[0] == '\0') {
        check_blank(check, field);
    }
    else if (field->role == ACCT_ROLE_USERNAME) {
        check_username(check, field, text);
    }
    else if (field->role == ACCT_ROLE_USERNAME_AGAIN) {
        check_username_again(check, field, text);
    }
    else {
        check_text(check, field, text);
    }
}

static void check_string(const acct_check_t *check,
                         const acct_field_t *field, const acct_raw_t *raw)
{
    const char *trimmed;

    if (memchr(raw->text, '\0', raw->length) != NULL) {
        tell_null_characters(check, field);
    }
    else if (!acct_role_is_password(field->role)) {
        trimmed = acct_trim(raw->text, check->pool);
        check_trimmed(check, field, field->is_exact && trimmed[0] != '\0'
                                    ? raw->text : trimmed);
        if (acct_role_is_secret(field->role)
            && (trimmed < raw->text || trimmed > raw->text + raw->length)) {
            /* A copy of a part: ours, const as acct_trim() has it. */
            OPENSSL_cleanse((char *)trimmed, strlen(trimmed));
        }
    }
    else if (raw->length > 0
             && !(field->refuses_blanks && acct_text_is_blank(raw->text))) {
        check_password(check, field, raw);
    }
    else {
        check_blank(check, field);
    }
}

void acct_value_check(const acct_check_t *check, const acct_field_t *field,
                      const acct_raw_t *raw)
{
    switch (raw->kind) {
    case ACCT_RAW_ABSENT:
        if (acct_field_is_required(check->fields, field)) {
            problem(check, field, ACCT_PROBLEM_REQUIRED, 0);
        }
        break;
    case ACCT_RAW_NULL:
        problem(check, field, ACCT_PROBLEM_NULL, 0);
        break;
    case ACCT_RAW_OTHER:
        problem(check, field, ACCT_PROBLEM_NOT_A_STRING, 0);
        break;
    case ACCT_RAW_TEXT:
        check_string(check, field, raw);
        break;
    }
}

/* One value and its repetition, when both are there and sound. @return
 * whether they are and differ */
static int differ(const acct_check_t *check, acct_role_e role,
                  acct_role_e again)
{
    const acct_form_t *form = check->form;

    if (form->value[role] == NULL || form->value[again] == NULL
        || strcmp(form->value[role], form->value[again]) == 0) {
        return 0;
    }
    problem(check, form->field[role], ACCT_PROBLEM_MISMATCH, 0);
    return 1;
}

/* Where a part is changed, a repetition has to be there if what it repeats
 * is. */
static void check_there(const acct_check_t *check, acct_role_e role,
                        acct_role_e again)
{
    const acct_field_t *field = check->form->field[again];

    if (check->fields->is_partial && field != NULL && field->required
        && (check->form->sent & ACCT_ROLE_BIT(role)) != 0
        && (check->form->sent & ACCT_ROLE_BIT(again)) == 0) {
        problem(check, field, ACCT_PROBLEM_REQUIRED, 0);
    }
}

/* Whether the rules for passwords are told before a repetition that
 * differs, so that the operation has to look at the password. */
static int rules_come_first(const acct_fields_t *fields)
{
    return acct_stage_follows(fields, ACCT_STAGE_MISMATCH, ACCT_STAGE_RULES)
        || acct_stage_follows(fields, ACCT_STAGE_MISMATCH,
                              ACCT_STAGE_SIMILARITY);
}

void acct_value_check_repeated(const acct_check_t *check)
{
    check_there(check, ACCT_ROLE_USERNAME, ACCT_ROLE_USERNAME_AGAIN);
    check_there(check, ACCT_ROLE_PASSWORD, ACCT_ROLE_PASSWORD_AGAIN);
    (void)differ(check, ACCT_ROLE_USERNAME, ACCT_ROLE_USERNAME_AGAIN);
    if (differ(check, ACCT_ROLE_PASSWORD, ACCT_ROLE_PASSWORD_AGAIN)
        && !rules_come_first(check->fields)) {
        acct_value_wipe(check->form, ACCT_ROLE_PASSWORD);
        acct_value_wipe(check->form, ACCT_ROLE_PASSWORD_AGAIN);
    }
}

void acct_value_wipe(acct_form_t *form, acct_role_e role)
{
    /* The copy is the form's own; const is for its readers. */
    char *value = (char *)form->value[role];

    if (value != NULL) {
        OPENSSL_cleanse(value, strlen(value));
        form->value[role] = NULL;
    }
}
