/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/site.h"

#include <apr_strings.h>

#include "dialect/dialect.h"
#include "dialect/mailing.h"

static void want_templates(acct_mail_templates_t *templates,
                           apr_hash_t *dialects, apr_pool_t *pool)
{
    for (apr_hash_index_t *i = apr_hash_first(pool, dialects); i != NULL;
         i = apr_hash_next(i)) {
        const acct_dialect_t *dialect;
        void *value;

        apr_hash_this(i, NULL, NULL, &value);
        dialect = value;
        for (int k = 0; k < ACCT_MAIL__COUNT; k++) {
            if (dialect->mails->kind[k].name != NULL) {
                acct_mail_templates_want(templates,
                                         dialect->mails->kind[k].name,
                                         (acct_mail_kind_e)k);
            }
        }
    }
}

void acct_mail_site_read(acct_mail_site_t *site, const char *language,
                         const char *folder, apr_array_header_t *errors,
                         apr_pool_t *pool)
{
    acct_mail_templates_t *templates =
        acct_mail_templates_make(language != NULL ? language : "en", pool);
    apr_status_t status;
    char why[120];

    want_templates(templates, site->dialects, pool);
    /* The module's need not be there: what is missing of all is told by the
     * check. */
    (void)acct_mail_templates_read(templates, ACCT_MAIL_DIR, errors);
    status = folder == NULL ? APR_SUCCESS
        : acct_mail_templates_read(templates, folder, errors);
    if (status != APR_SUCCESS) {
        APR_ARRAY_PUSH(errors, const char *) =
            apr_pstrcat(pool, folder, ": cannot be read: ",
                        apr_strerror(status, why, sizeof(why)), NULL);
    }
    acct_mail_templates_check(templates, errors);
    site->templates = templates;
}
