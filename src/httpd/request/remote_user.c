/* SPDX-License-Identifier: Apache-2.0 */
#include "request/remote_user.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/config.h"
#include "request/privacy.h"
#include "request/request.h"

static const char *const variables[] = {
    "ACCTAUTH_ID", "ACCTAUTH_USERNAME", "ACCTAUTH_EMAIL", "ACCTAUTH_STAFF",
    "ACCTAUTH_TOKEN_ID", NULL
};

/* ---- setting the identity ---- */

const char *acct_identity_user(const acct_account_t *account,
                               apr_pool_t *pool)
{
    if (account->username != NULL && account->username[0] != '\0') {
        return account->username;
    }
    if (account->email != NULL && account->email[0] != '\0') {
        return account->email;
    }
    return apr_psprintf(pool, "#%" APR_INT64_T_FMT, account->id);
}

static void forget_environment(request_rec *r)
{
    const apr_array_header_t *array = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts;
    int found = 0;
    int i;

    for (i = 0; i < array->nelts && !found; i++) {
        found = (entry[i].key[0] == 'A' || entry[i].key[0] == 'a')
            && ap_cstr_casecmpn(entry[i].key, ACCT_VARIABLE_PREFIX,
                                sizeof(ACCT_VARIABLE_PREFIX) - 1) == 0;
    }
    for (i = 0; found && variables[i] != NULL; i++) {
        apr_table_unset(r->subprocess_env, variables[i]);
    }
}

void acct_identity_blank(apr_table_t *env, int with_variables)
{
    int i;

    for (i = 0; variables[i] != NULL; i++) {
        if (with_variables) {
            apr_table_setn(env, variables[i], "1");
        }
        else {
            apr_table_unset(env, variables[i]);
        }
    }
}

/* Names that begin alike are dear to look for in a table, so it is looked
 * for all of them at once, and then they are added. */
static void set_environment(request_rec *r, const acct_identity_t *identity)
{
    const acct_account_t *account = &identity->account;
    apr_table_t *env = r->subprocess_env;

    forget_environment(r);
    apr_table_addn(env, "ACCTAUTH_ID",
                   apr_off_t_toa(r->pool, (apr_off_t)account->id));
    apr_table_addn(env, "ACCTAUTH_USERNAME",
                   account->username != NULL ? account->username : "");
    apr_table_addn(env, "ACCTAUTH_EMAIL",
                   account->email != NULL ? account->email : "");
    if (account->is_staff) {
        apr_table_addn(env, "ACCTAUTH_STAFF", "1");
    }
    apr_table_addn(env, "ACCTAUTH_TOKEN_ID", identity->token.id);
}

void acct_identity_stand(request_rec *r, const acct_verdict_t *verdict)
{
    r->user = (char *)acct_identity_user(&verdict->identity.account,
                                         r->pool);
    r->ap_auth_type = (char *)"Token";
}

void acct_identity_set(request_rec *r, const acct_verdict_t *verdict)
{
    acct_identity_stand(r, verdict);
    set_environment(r, &verdict->identity);
    acct_privacy_depends(r);
}

void acct_identity_forget(request_rec *r)
{
    acct_request_t *mine = acct_request_if_any(r);

    if (mine != NULL) {
        mine->admitted = NULL;
    }
    forget_environment(r);
}
