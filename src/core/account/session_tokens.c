/* SPDX-License-Identifier: Apache-2.0 */
/* The account's tokens: listed, called something, ended one by one; see
 * account/account.h. */
#include "account/account.h"

#include <string.h>

#include "base/hex.h"
#include "credential/issue.h"
#include "credential/reauthentication.h"
#include "database/unit.h"

#define SHOWN_MAX 100           /* tokens in a list */

/* ---- listed ---- */

typedef struct listing_t {
    const acct_call_t *call;
    acct_account_t *account;    /* out */
    apr_array_header_t *tokens; /* out: acct_token_t */
} listing_t;

/* A use of the presented token may not be written yet: what the request was
 * let in by is what its client is shown. */
static void add_token(listing_t *work, const acct_token_t *read)
{
    const acct_token_t *presented = &work->call->identity->token;
    acct_token_t token = *read;

    if (strcmp(token.id, presented->id) == 0) {
        token.last_used = presented->last_used;
        token.expires_at = presented->expires_at;
    }
    else if (acct_token_has_expired(&token)) {
        return;
    }
    APR_ARRAY_PUSH(work->tokens, acct_token_t) = token;
}

static apr_status_t list_tokens(acct_db_t *db, void *baton,
                                apr_pool_t *pool)
{
    listing_t *work = baton;
    const acct_token_t *last = NULL;
    apr_array_header_t *read = NULL;
    apr_status_t status;

    work->tokens = apr_array_make(pool, 4, sizeof(acct_token_t));
    status = acct_store_account_by_id(db, work->call->identity->account.id,
                                      work->account, pool);
    while (status == APR_SUCCESS && work->tokens->nelts < SHOWN_MAX) {
        status = acct_store_token_list(db, work->account->id, last,
                                       SHOWN_MAX, &read, pool);
        for (int i = 0; status == APR_SUCCESS && i < read->nelts
                        && work->tokens->nelts < SHOWN_MAX; i++) {
            add_token(work, &APR_ARRAY_IDX(read, i, acct_token_t));
        }
        if (status != APR_SUCCESS || read->nelts < SHOWN_MAX) {
            break;
        }
        last = &APR_ARRAY_IDX(read, SHOWN_MAX - 1, acct_token_t);
    }
    return status;
}

void acct_tokens(const acct_call_t *call)
{
    acct_result_t *result = call->result;
    listing_t work = {
        .call = call,
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };

    if (acct_call_read(call, list_tokens, &work, work.account)) {
        result->tokens = work.tokens;
        result->token_id = call->identity->token.id;
    }
}

/* ---- one of them ---- */

typedef struct one_token_t {
    acct_reauthentication_t act;
    const char *id;             /* whose it is is seen in the transaction */
    int is_absent;              /* out: the account has none of this id */
    acct_account_t *account;    /* out */
    acct_token_t *token;        /* out: as it is after a renaming */
} one_token_t;

/* The token that the path names; without such a place the one that was
 * presented. @return 0: no token can have this id */
static int choose(one_token_t *work, const acct_call_t *call)
{
    unsigned char bytes[ACCT_TOKEN_ID_HEX / 2];

    work->act.call = call;
    work->id = call->route->names_token ? call->path_token
                                        : call->identity->token.id;
    work->account = apr_pcalloc(call->pool, sizeof(*work->account));
    work->token = apr_pcalloc(call->pool, sizeof(*work->token));
    if (work->id != NULL && strlen(work->id) == ACCT_TOKEN_ID_HEX
        && acct_hex_read(bytes, work->id, sizeof(bytes))) {
        return 1;
    }
    call->result->outcome = ACCT_TOKEN_NOT_FOUND;
    return 0;
}

/* What came of a transaction. @return 0: it did not end well, and the call's
 * result says so */
static int has_ended(const one_token_t *work, apr_status_t status)
{
    acct_result_t *result = work->act.call->result;

    if (work->is_absent) {
        result->outcome = ACCT_TOKEN_NOT_FOUND;
    }
    else if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
    }
    else if (status != APR_SUCCESS) {
        acct_unavailable(result, ACCT_RETRY_DATABASE);
    }
    else {
        result->outcome = ACCT_OK;
        result->account = work->account;
        return 1;
    }
    return 0;
}

static apr_status_t rename_token(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    one_token_t *work = baton;
    const char *label = work->act.call->form->value[ACCT_ROLE_LABEL];
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_store_token_set_label(db, work->account->id, work->id,
                                        label != NULL ? label : "", pool);
    if (status == APR_SUCCESS) {
        status = acct_store_token_of(db, work->account->id, work->id,
                                     work->token, pool);
    }
    work->is_absent = APR_STATUS_IS_NOTFOUND(status);
    return status;
}

void acct_token_rename(const acct_call_t *call)
{
    one_token_t work = { .is_absent = 0 };
    acct_result_t *result = call->result;

    if (result->problems != NULL) {
        result->outcome = ACCT_INVALID;
        return;
    }
    if (choose(&work, call)
        && has_ended(&work, acct_transaction_run(call->service, rename_token,
                                                 &work, call->pool))) {
        result->token_read = work.token;
        result->token_id = call->identity->token.id;
    }
}

static apr_status_t revoke_token(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    one_token_t *work = baton;
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);
    int changed = 0;

    if (status == APR_SUCCESS) {
        status = acct_store_token_delete_of(db, work->account->id, work->id,
                                            &changed, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    work->is_absent = changed == 0;
    return work->is_absent ? APR_NOTFOUND
        : acct_store_revocation_insert(db, work->account->id, pool);
}

static void tell_revoked(const one_token_t *work)
{
    const acct_call_t *call = work->act.call;
    const acct_event_t event = {
        .kind = ACCT_EVENT_TOKEN_REVOKED, .account = work->account->id,
        .token = work->id, .tokens = 1, .detail = "session"
    };

    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_token_revoked: account %" APR_INT64_T_FMT ", token %s",
             work->account->id, work->id);
    acct_raise(call->service, &event);
}

void acct_token_revoke(const acct_call_t *call)
{
    one_token_t work = { .is_absent = 0 };
    apr_status_t status;

    if (!choose(&work, call)) {
        return;
    }
    if (strcmp(work.id, call->identity->token.id) == 0) {
        acct_logout(call);
        return;
    }
    status = acct_transaction_run(call->service, revoke_token, &work,
                                  call->pool);
    if (!APR_STATUS_IS_NOTFOUND(status)) {
        /* Also when the commit's fate is unknown: it may be done. */
        acct_service_revoked(call->service, call->identity->account.id);
    }
    if (has_ended(&work, status)) {
        tell_revoked(&work);
    }
}
