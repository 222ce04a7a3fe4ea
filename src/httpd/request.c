/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <http_config.h>

extern module AP_MODULE_DECLARE_DATA acctauth_module;

acct_request_t *acct_request_if_any(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &acctauth_module);
}

acct_request_t *acct_request(request_rec *r)
{
    acct_request_t *mine = acct_request_if_any(r);

    if (mine == NULL) {
        mine = apr_pcalloc(r->pool, sizeof(*mine));
        mine->refusal = ACCT_OK;
        ap_set_module_config(r->request_config, &acctauth_module, mine);
    }
    return mine;
}

request_rec *acct_initial_request(request_rec *r)
{
    while (r->main != NULL || r->prev != NULL) {
        r = r->main != NULL ? r->main : r->prev;
    }
    return r;
}
