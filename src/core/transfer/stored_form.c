/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/stored_form.h"

#include "password/password.h"

acct_stored_form_e acct_stored_form(const char *stored, const char **kept,
                                    apr_pool_t *pool)
{
    acct_password_form_t form;

    acct_password_form(stored, &form, pool);
    *kept = form.kept;
    switch (form.verdict) {
    case ACCT_PASSWORD_FORM_USABLE:
        return form.is_weak ? ACCT_STORED_WEAK : ACCT_STORED_GOOD;
    case ACCT_PASSWORD_FORM_LOCKED:
        return ACCT_STORED_UNUSABLE;
    case ACCT_PASSWORD_FORM_UNSOUND:
        return ACCT_STORED_UNSOUND;
    case ACCT_PASSWORD_FORM_UNKNOWN:
        break;
    }
    return ACCT_STORED_UNSUPPORTED;
}

const char *acct_stored_kind(const char *stored, apr_pool_t *pool)
{
    acct_password_form_t form;

    acct_password_form(stored, &form, pool);
    return form.verdict == ACCT_PASSWORD_FORM_USABLE ? form.kind : "unusable";
}
