/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Type on the first line, Content-Encoding on the second; against
 * another reading of both.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "form/form.h"

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* In front of the first ';', without blanks around it. */
static int names(const char *type, const char *name)
{
    size_t length = strcspn(type, ";");

    while (length > 0 && is_blank(*type)) {
        type++;
        length--;
    }
    while (length > 0 && is_blank(type[length - 1])) {
        length--;
    }
    return length == strlen(name) && strncasecmp(type, name, length) == 0;
}

static acct_outcome_e expected(const acct_fields_t *fields,
                               const char *type, const char *encoding)
{
    if (type == NULL
        || !(names(type, "application/json")
             || names(type, "application/x-www-form-urlencoded")
             || (fields->takes_multipart
                 && names(type, "multipart/form-data")))) {
        return ACCT_UNSUPPORTED_MEDIA_TYPE;
    }
    return encoding == NULL || *encoding == '\0'
        || strcasecmp(encoding, "identity") == 0
        ? ACCT_OK : ACCT_UNSUPPORTED_ENCODING;
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *type = acct_fuzz_line(&text, &length, pool);
    const char *encoding = acct_fuzz_line(&text, &length, pool);
    acct_result_t *result = acct_result_make(ACCT_ERROR, pool);
    acct_fields_t fields = { .takes_multipart = length % 2 != 0 };
    acct_outcome_e outcome = acct_form_accepts(&fields, type, encoding,
                                               result, pool);

    HOLDS(outcome == result->outcome
          && outcome == expected(&fields, type, encoding));
    HOLDS((outcome == ACCT_UNSUPPORTED_MEDIA_TYPE)
          == (result->media_type != NULL));
    HOLDS((outcome == ACCT_UNSUPPORTED_ENCODING)
          == (result->encoding != NULL));
    /* they stand in an answer, which is UTF-8 */
    HOLDS(result->media_type == NULL
          || acct_fuzz_is_utf8(result->media_type));
    HOLDS(result->encoding == NULL || acct_fuzz_is_utf8(result->encoding));
}

const acct_fuzz_target_t acct_fuzz_target = {
    "accepts", NULL, one, 1024, 4
};
