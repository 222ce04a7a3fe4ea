/* SPDX-License-Identifier: Apache-2.0 */
#include "request/request.h"

#include <apr_strings.h>
#include <http_config.h>

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

static apr_status_t part_is_gone(void *data)
{
    acct_part_t *part = data;

    part->config = NULL;
    return APR_SUCCESS;
}

void acct_request_inform_parent(request_rec *r, int status,
                              const char *challenge)
{
    const acct_request_t *mine = acct_request_if_any(r);
    acct_request_t *parent;
    acct_part_t *part;

    if (r->main == NULL || mine == NULL) {
        return;
    }
    parent = acct_request(r->main);
    part = apr_pcalloc(r->main->pool, sizeof(*part));
    part->config = r->per_dir_config;
    part->admitted = mine->admitted;
    part->refusal = mine->refusal;
    part->status = status;
    part->late = parent->in_fixups;
    if (challenge != NULL) {
        part->challenge = apr_pstrdup(r->main->pool, challenge);
    }
    part->next = parent->parts;
    parent->parts = part;
    /* Its address may be another configuration's later. */
    apr_pool_cleanup_register(r->pool, part, part_is_gone,
                              apr_pool_cleanup_null);
}

const acct_part_t *acct_request_became(const request_rec *r)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const acct_part_t *part = mine != NULL ? mine->parts : NULL;

    while (part != NULL && part->config != r->per_dir_config) {
        part = part->next;
    }
    return part;
}

const acct_part_t *acct_request_refused_part(const request_rec *r,
                                             int status)
{
    const acct_request_t *mine = acct_request_if_any(r);
    const acct_part_t *part = mine != NULL ? mine->parts : NULL;

    while (part != NULL
           && (part->refusal == ACCT_OK || part->status != status
               || !part->late)) {
        part = part->next;
    }
    return part;
}

request_rec *acct_initial_request(request_rec *r)
{
    while (r->main != NULL || r->prev != NULL) {
        r = r->main != NULL ? r->main : r->prev;
    }
    return r;
}
