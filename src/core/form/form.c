/* SPDX-License-Identifier: Apache-2.0 */
#include "form/form.h"

#include <apr_cstr.h>
#include <apr_strings.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>

#include "form/json.h"
#include "form/multipart.h"
#include "form/source.h"
#include "form/urlencoded.h"
#include "form/value.h"
#include "text/identifier.h"

#define MEDIA_TYPE_JSON "application/json"
#define MEDIA_TYPE_FORM "application/x-www-form-urlencoded"
#define MEDIA_TYPE_PARTS "multipart/form-data"

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

static int is_accepted(const acct_fields_t *fields, const char *content_type)
{
    return media_type_is(content_type, MEDIA_TYPE_JSON)
        || media_type_is(content_type, MEDIA_TYPE_FORM)
        || (fields->takes_multipart
            && media_type_is(content_type, MEDIA_TYPE_PARTS));
}

acct_outcome_e acct_form_accepts(const acct_fields_t *fields,
                                 const char *content_type,
                                 const char *content_encoding,
                                 acct_result_t *result, apr_pool_t *pool)
{
    if (content_type == NULL) {
        content_type = "";
    }
    result->outcome = ACCT_OK;
    if (!is_accepted(fields, content_type)) {
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

/* What comes of the first field that is absent, where the dialect says so. */
static acct_outcome_e outcome_of_absent(const acct_check_t *check)
{
    int i;

    for (i = 0; i < check->fields->count; i++) {
        const acct_field_t *field = &check->fields->field[i];

        if (field->absent != ACCT_OK
            && (check->form->sent & ACCT_ROLE_BIT(field->role)) == 0) {
            return field->absent;
        }
    }
    return ACCT_OK;
}

static acct_outcome_e read_fields(const acct_check_t *check,
                                  const acct_form_source_t *source)
{
    acct_form_t *form = check->form;
    int i;

    for (i = 0; i < check->fields->count; i++) {
        const acct_field_t *field = &check->fields->field[i];
        acct_raw_t raw = acct_source_find(source, field, check->pool);

        form->field[field->role] = field;
        if (raw.kind != ACCT_RAW_ABSENT) {
            form->sent |= ACCT_ROLE_BIT(field->role);
        }
        acct_value_check(check, field, &raw);
        if (raw.made != NULL) {
            OPENSSL_cleanse(raw.made, raw.length);
        }
    }
    acct_value_check_repeated(check);
    return check->result->problems != NULL
        && check->result->problems->nelts > 0 ? ACCT_INVALID
                                              : outcome_of_absent(check);
}

static acct_outcome_e read_json(const acct_check_t *check, const char *body,
                                apr_size_t length)
{
    acct_form_source_t source = { NULL, NULL };
    acct_outcome_e outcome;

    outcome = acct_json_parse(body, length, &source.object, check->result,
                              check->pool);
    if (outcome == ACCT_OK) {
        outcome = read_fields(check, &source);
    }
    acct_json_free(source.object, check->pool);
    return outcome;
}

/* A form that was decoded, or has @a wrong in it. */
static acct_outcome_e read_pairs(const acct_check_t *check,
                                 apr_array_header_t *pairs,
                                 const char *wrong)
{
    acct_form_source_t source = { NULL, pairs };
    acct_outcome_e outcome = ACCT_PARSE_ERROR;

    check->result->reason = wrong;
    if (wrong == NULL) {
        outcome = read_fields(check, &source);
    }
    acct_pairs_wipe(pairs);
    return outcome;
}

static acct_outcome_e read_urlencoded(const acct_check_t *check,
                                      const char *body, apr_size_t length)
{
    apr_array_header_t *pairs;
    const char *wrong = acct_urlencoded_decode(body, length, &pairs,
                                               check->pool);

    check->result->format = "Form";
    return read_pairs(check, pairs, wrong);
}

static acct_outcome_e read_multipart(const acct_check_t *check,
                                     const char *content_type,
                                     const char *body, apr_size_t length)
{
    apr_array_header_t *pairs;
    const char *wrong = acct_multipart_decode(content_type, body, length,
                                              &pairs, check->pool);

    check->result->format = "Multipart form";
    return read_pairs(check, pairs, wrong);
}

acct_outcome_e acct_form_read(const acct_fields_t *fields,
                              const char *content_type, const char *body,
                              apr_size_t length, acct_form_t *form,
                              acct_result_t *result, apr_pool_t *pool)
{
    acct_check_t check = { fields, form, result, pool };
    acct_form_source_t nothing = { NULL, NULL };

    memset(form, 0, sizeof(*form));
    if (length == 0) {
        result->outcome = read_fields(&check, &nothing);
    }
    else if (content_type != NULL
             && media_type_is(content_type, MEDIA_TYPE_FORM)) {
        result->outcome = read_urlencoded(&check, body, length);
    }
    else if (fields->takes_multipart && content_type != NULL
             && media_type_is(content_type, MEDIA_TYPE_PARTS)) {
        result->outcome = read_multipart(&check, content_type, body, length);
    }
    else {
        result->outcome = read_json(&check, body, length);
    }
    return result->outcome;
}

void acct_form_wipe(acct_form_t *form)
{
    int i;

    for (i = 0; i < ACCT_ROLE__COUNT; i++) {
        if (acct_role_is_secret((acct_role_e)i)) {
            acct_value_wipe(form, (acct_role_e)i);
        }
    }
}
