/* SPDX-License-Identifier: Apache-2.0 */
/* A stored password of another system: what it is, its dummy, and where it
 * costs next to nothing, whether it can be verified. */
#include "fuzz.h"

#include "password/password.h"

#define PASSWORD "tower bridge"

/* Whether to verify is one digest. */
static int is_cheap(const char *kind)
{
    static const char *const cheap[] = {
        "md5", "smd5", "sha", "sha1", "ssha", "ssha256", "ssha512", "apr1"
    };

    for (size_t i = 0; i < sizeof(cheap) / sizeof(cheap[0]); i++) {
        if (strcmp(kind, cheap[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A dummy is its own, and can be stored as it is. */
static void check_dummy(const char *dummy, apr_pool_t *pool)
{
    const char *again;
    acct_password_form_t form;

    HOLDS(dummy != NULL);
    again = acct_password_dummy_like(dummy, pool);
    HOLDS(again != NULL && strcmp(again, dummy) == 0);
    acct_password_form(dummy, &form, pool);
    HOLDS(form.verdict == ACCT_PASSWORD_FORM_USABLE
          && strcmp(form.kept, dummy) == 0);
}

static void check_usable(const acct_password_form_t *form, apr_pool_t *pool)
{
    acct_password_verdict_e verdict;

    HOLDS(form->kind != NULL && form->reads <= 72);
    HOLDS(acct_password_reads(form->kept, "x", pool));
    check_dummy(acct_password_dummy_like(form->kept, pool), pool);
    if (is_cheap(form->kind)) {
        verdict = acct_password_verify(form->kept, PASSWORD, pool);
        HOLDS(verdict == ACCT_PASSWORD_MATCH
              || verdict == ACCT_PASSWORD_MISMATCH);
    }
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *stored = acct_fuzz_line(&text, &length, pool);
    acct_password_form_t form, again;

    if (stored == NULL) {
        return;
    }
    acct_password_form(stored, &form, pool);
    acct_password_form(form.kept, &again, pool);
    HOLDS(strcmp(again.kept, form.kept) == 0);
    if (form.verdict == ACCT_PASSWORD_FORM_USABLE) {
        HOLDS(again.verdict == ACCT_PASSWORD_FORM_USABLE);
        check_usable(&form, pool);
        return;
    }
    HOLDS(acct_password_dummy_like(form.kept, pool) == NULL);
    HOLDS(acct_password_verify(form.kept, PASSWORD, pool)
          == ACCT_PASSWORD_UNUSABLE);
    HOLDS(form.verdict == ACCT_PASSWORD_FORM_UNSOUND || form.kind == NULL);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "stored", NULL, one, 16384, 32
};
