/* SPDX-License-Identifier: Apache-2.0 */
#include "form/form.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>

#include "form/json.h"
#include "form/urlencoded.h"
#include "text/identifier.h"
#include "text/password.h"

#define MEDIA_TYPE_JSON "application/json"
#define MEDIA_TYPE_FORM "application/x-www-form-urlencoded"

/* Where fields are looked up: a JSON object, or a form's pairs. */
typedef struct source_t {
    json_t *object;
    const apr_array_header_t *pairs;
} source_t;

/* What a body holds under one name. */
typedef struct raw_t {
    enum { RAW_ABSENT, RAW_NULL, RAW_TEXT, RAW_OTHER } kind;
    const char *text;           /* ends in NUL, may hold others */
    apr_size_t length;
    char *made;                 /* a number's text was made here, to be
                                 * wiped; else NULL */
} raw_t;

/* ------------------------------------------------------- kinds of bodies */

/* Whether a Content-Type names this type, whatever its parameters. */
static int media_type_is(const char *content_type, const char *name)
{
    apr_size_t length;

    content_type += strspn(content_type, " \t");
    length = strcspn(content_type, ";");
    while (length > 0 && (content_type[length - 1] == ' '
                          || content_type[length - 1] == '\t')) {
        length--;
    }
    return length == strlen(name)
        && apr_cstr_casecmpn(content_type, name, length) == 0;
}

/* A header's value as text that can stand in an answer: bytes that are
 * not UTF-8 become '?'. */
static const char *printable(const char *value, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, value);
    char *p;

    if (acct_utf8_length(copy) < 0) {
        for (p = copy; *p != '\0'; p++) {
            if ((unsigned char)*p > 0x7e) {
                *p = '?';
            }
        }
    }
    return copy;
}

acct_outcome_e acct_form_accepts(const char *content_type,
                                 const char *content_encoding,
                                 acct_result_t *result, apr_pool_t *pool)
{
    if (content_type == NULL) {
        content_type = "";
    }
    result->outcome = ACCT_OK;
    if (!media_type_is(content_type, MEDIA_TYPE_JSON)
        && !media_type_is(content_type, MEDIA_TYPE_FORM)) {
        result->media_type = printable(content_type, pool);
        result->outcome = ACCT_UNSUPPORTED_MEDIA_TYPE;
    }
    else if (content_encoding != NULL && content_encoding[0] != '\0'
             && apr_cstr_casecmp(content_encoding, "identity") != 0) {
        result->encoding = printable(content_encoding, pool);
        result->outcome = ACCT_UNSUPPORTED_ENCODING;
    }
    return result->outcome;
}

/* ---------------------------------------------------------------- fields */

static raw_t raw_json(const json_t *json, apr_pool_t *pool)
{
    raw_t raw = { RAW_TEXT, NULL, 0, NULL };

    switch (json_typeof(json)) {
    case JSON_NULL:
        raw.kind = RAW_NULL;
        break;
    case JSON_STRING:
        raw.text = json_string_value(json);
        raw.length = json_string_length(json);
        break;
    case JSON_INTEGER:
        raw.made = apr_psprintf(pool, "%" APR_INT64_T_FMT,
                                (apr_int64_t)json_integer_value(json));
        break;
    case JSON_REAL:
        raw.made = acct_json_real_text(json_real_value(json), pool);
        break;
    default:
        raw.kind = RAW_OTHER;
        break;
    }
    if (raw.made != NULL) {
        raw.text = raw.made;
        raw.length = strlen(raw.made);
    }
    return raw;
}

static raw_t look_up_name(const source_t *source, const char *name,
                          apr_pool_t *pool)
{
    raw_t raw = { RAW_ABSENT, NULL, 0, NULL };
    int i;

    if (source->object != NULL) {
        const json_t *json = json_object_get(source->object, name);

        return json != NULL ? raw_json(json, pool) : raw;
    }
    for (i = 0; source->pairs != NULL && i < source->pairs->nelts; i++) {
        const acct_pair_t *pair = &APR_ARRAY_IDX(source->pairs, i,
                                                 acct_pair_t);

        if (strcmp(pair->name, name) == 0) {
            raw.kind = RAW_TEXT;
            raw.text = pair->value;
            raw.length = pair->length;
            break;
        }
    }
    return raw;
}

static raw_t look_up(const source_t *source, const acct_field_t *field,
                     apr_pool_t *pool)
{
    raw_t raw = look_up_name(source, field->name, pool);
    const char *const *alias = field->aliases;

    while (raw.kind == RAW_ABSENT && alias != NULL && *alias != NULL) {
        raw = look_up_name(source, *alias++, pool);
    }
    return raw;
}

/* What is needed to check one field after the other. */
typedef struct check_t {
    const acct_fields_t *fields;
    acct_form_t *form;
    acct_result_t *result;
    apr_pool_t *pool;
} check_t;

static void problem(const check_t *check, const acct_field_t *field,
                    acct_problem_e what, int limit)
{
    acct_result_add_problem(check->result, field, what, limit, check->pool);
}

/* Values are copies: what they are taken from gets wiped. */
static void take(const check_t *check, const acct_field_t *field,
                 const char *text)
{
    check->form->value[field->role] = apr_pstrdup(check->pool, text);
}

static void check_password(const check_t *check, const acct_field_t *field,
                           const raw_t *raw)
{
    if (raw->length > ACCT_PASSWORD_MAX) {
        problem(check, field, ACCT_PROBLEM_TOO_LONG, ACCT_PASSWORD_MAX);
        return;
    }
    take(check, field, raw->text);
}

/* The length is looked at before normalisation too: the work is bounded, and a
 * name does not become shorter for the client that sent it. Grammar is
 * reported before length, as Django REST framework's model fields do. */
static void check_username(const check_t *check, const acct_field_t *field,
                           const char *text)
{
    int too_long = acct_utf8_length(text) > ACCT_USERNAME_MAX;
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
    if (too_long || (valid && acct_utf8_length(name) > ACCT_USERNAME_MAX)) {
        problem(check, field, ACCT_PROBLEM_TOO_LONG, ACCT_USERNAME_MAX);
    }
    else if (valid) {
        take(check, field, name);
    }
}

/* Addresses, names and identifiers. */
static void check_text(const check_t *check, const acct_field_t *field,
                       const char *text)
{
    int limit = field->role == ACCT_ROLE_FIRST_NAME
                || field->role == ACCT_ROLE_LAST_NAME
                ? ACCT_NAME_MAX : ACCT_EMAIL_MAX;
    int sound = 1;

    if (acct_utf8_length(text) > limit) {
        problem(check, field, ACCT_PROBLEM_TOO_LONG, limit);
        sound = 0;
    }
    if (field->role == ACCT_ROLE_EMAIL
        && !acct_email_valid(text, check->pool)) {
        problem(check, field, ACCT_PROBLEM_INVALID, 0);
        sound = 0;
    }
    if (sound) {
        take(check, field, text);
    }
}

static int is_password(acct_role_e role)
{
    return role == ACCT_ROLE_PASSWORD || role == ACCT_ROLE_PASSWORD_AGAIN;
}

static void check_field(const check_t *check, const acct_field_t *field,
                        const raw_t *raw)
{
    const char *text = raw->text;

    if (raw->kind == RAW_ABSENT) {
        if (field->required) {
            problem(check, field, ACCT_PROBLEM_REQUIRED, 0);
        }
        return;
    }
    if (raw->kind == RAW_NULL) {
        problem(check, field, ACCT_PROBLEM_NULL, 0);
        return;
    }
    if (raw->kind == RAW_OTHER) {
        problem(check, field, ACCT_PROBLEM_NOT_A_STRING, 0);
        return;
    }
    /* From here on the text is a C string as a whole. */
    if (memchr(text, '\0', raw->length) != NULL) {
        problem(check, field, ACCT_PROBLEM_NULL_CHARACTERS, 0);
        return;
    }
    if (!is_password(field->role)) {
        text = acct_trim(text, check->pool);
    }
    if (text[0] == '\0') {
        if (field->required) {
            problem(check, field, ACCT_PROBLEM_BLANK, 0);
        }
        return;
    }
    if (is_password(field->role)) {
        check_password(check, field, raw);
    }
    else if (field->role == ACCT_ROLE_USERNAME) {
        check_username(check, field, text);
    }
    else {
        check_text(check, field, text);
    }
}

/* The two passwords, when both are there and sound. */
static void check_repetition(const check_t *check)
{
    acct_form_t *form = check->form;
    const char *password = form->value[ACCT_ROLE_PASSWORD];
    const char *again = form->value[ACCT_ROLE_PASSWORD_AGAIN];

    if (password != NULL && again != NULL && strcmp(password, again) != 0) {
        problem(check, form->field[ACCT_ROLE_PASSWORD],
                ACCT_PROBLEM_MISMATCH, 0);
        acct_form_wipe(form);
    }
}

static acct_outcome_e read_fields(const check_t *check,
                                  const source_t *source)
{
    int i;

    for (i = 0; i < check->fields->count; i++) {
        const acct_field_t *field = &check->fields->field[i];
        raw_t raw = look_up(source, field, check->pool);

        check->form->field[field->role] = field;
        check_field(check, field, &raw);
        if (raw.made != NULL) {
            OPENSSL_cleanse(raw.made, raw.length);
        }
    }
    check_repetition(check);
    return check->result->problems != NULL
        && check->result->problems->nelts > 0 ? ACCT_INVALID : ACCT_OK;
}

static acct_outcome_e read_json(const check_t *check, const char *body,
                                apr_size_t length)
{
    source_t source = { NULL, NULL };
    acct_outcome_e outcome;

    outcome = acct_json_parse(body, length, &source.object, check->result,
                              check->pool);
    if (outcome == ACCT_OK) {
        outcome = read_fields(check, &source);
    }
    acct_json_free(source.object, check->pool);
    return outcome;
}

static acct_outcome_e read_urlencoded(const check_t *check,
                                      const char *body, apr_size_t length)
{
    source_t source = { NULL, NULL };
    apr_array_header_t *pairs;
    acct_outcome_e outcome = ACCT_PARSE_ERROR;

    check->result->format = "Form";
    check->result->reason = acct_urlencoded_decode(body, length, &pairs,
                                                   check->pool);
    if (check->result->reason == NULL) {
        source.pairs = pairs;
        outcome = read_fields(check, &source);
    }
    acct_urlencoded_wipe(pairs);
    return outcome;
}

acct_outcome_e acct_form_read(const acct_fields_t *fields,
                              const char *content_type, const char *body,
                              apr_size_t length, acct_form_t *form,
                              acct_result_t *result, apr_pool_t *pool)
{
    check_t check = { fields, form, result, pool };
    source_t nothing = { NULL, NULL };

    memset(form, 0, sizeof(*form));
    if (length == 0) {
        result->outcome = read_fields(&check, &nothing);
    }
    else if (content_type != NULL
             && media_type_is(content_type, MEDIA_TYPE_FORM)) {
        result->outcome = read_urlencoded(&check, body, length);
    }
    else {
        result->outcome = read_json(&check, body, length);
    }
    return result->outcome;
}

static void wipe_value(acct_form_t *form, acct_role_e role)
{
    /* The copy is the form's own; const is for its readers. */
    char *value = (char *)form->value[role];

    if (value != NULL) {
        OPENSSL_cleanse(value, strlen(value));
        form->value[role] = NULL;
    }
}

void acct_form_wipe(acct_form_t *form)
{
    wipe_value(form, ACCT_ROLE_PASSWORD);
    wipe_value(form, ACCT_ROLE_PASSWORD_AGAIN);
}
