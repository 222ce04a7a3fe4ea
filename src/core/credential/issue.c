/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing a token, in the transaction of a sign-in or sign-up; see
 * credential/issue.h. */
#include "credential/issue.h"

#include <string.h>

#include "limit/limit.h"
#include "token/check_row.h"

static apr_status_t without_key(const acct_issue_t *issue, apr_pool_t *pool)
{
    acct_log(issue->call->service, ACCT_LOG_ERROR, APR_SUCCESS, pool,
             "tokens can neither be made nor handed out: the server goes "
             "without its key file (see the log of its start)");
    return APR_ENOENT;
}

/* "" for a client without one. */
static const char *network_of(const acct_service_t *service,
                              apr_pool_t *pool)
{
    const acct_client_t *client = service->client;

    return client != NULL && client->network.version != 0
        ? acct_network_text(&client->network, pool) : "";
}

static apr_status_t mint(acct_issue_t *issue, acct_db_t *db, apr_pool_t *pool)
{
    const acct_token_policy_t *policy = &issue->call->route->dialect->policy;
    acct_token_t *token = &issue->token;
    const acct_key_t *key = issue->call->service->key;
    char *digest = apr_palloc(pool, ACCT_DIGEST_HEX + 1);
    int checked = 0;
    apr_status_t status;

    /* Without the key it would have no check, and from then on tokens could
     * not be distinguished from garbage. */
    if (key == NULL && issue->call->service->key_is_away) {
        return without_key(issue, pool);
    }
    memset(token, 0, sizeof(*token));
    token->account_id = issue->account->id;
    token->label = issue->call->route->dialect->name;
    token->network = network_of(issue->call->service, pool);
    token->created_at = apr_time_now();
    if (policy->lifetime != 0) {
        token->ends_at = token->created_at + policy->lifetime;
    }
    token->sliding = policy->sliding;
    token->expires_at = policy->sliding != 0
        ? token->created_at + policy->sliding : token->ends_at;
    if ((status = acct_token_check_mint(key != NULL ? &key->check : NULL,
                                        policy->bytes, &issue->text,
                                        &checked, pool)) != APR_SUCCESS
        || (status = acct_token_mint_id(&token->id, pool)) != APR_SUCCESS
        || (status = acct_token_digest(issue->text, digest))
            != APR_SUCCESS) {
        acct_log(issue->call->service, ACCT_LOG_ERROR, status, pool,
                 "no token could be made: the random number generator or "
                 "SHA-256 failed");
        return status;
    }
    token->digest = digest;
    if (policy->kind == ACCT_POLICY_REUSE) {
        if (key == NULL) {
            return without_key(issue, pool);
        }
        status = acct_token_seal(key, token->account_id,
                                 issue->text, &token->sealed, pool);
        if (status != APR_SUCCESS) {
            acct_log(issue->call->service, ACCT_LOG_ERROR, status, pool,
                     "a reusable token could not be sealed");
            return status;
        }
    }
    issue->minted = 1;
    status = acct_store_token_insert(db, token, pool);
    if (status == APR_SUCCESS) {
        status = acct_check_row_admit(db, checked ? key->id : NULL, pool);
    }
    return status;
}

int acct_end_check(const acct_service_t *service, apr_pool_t *pool)
{
    acct_log(service, ACCT_LOG_WARNING, APR_SUCCESS, pool,
             "tokens are made without the check that the database's other "
             "tokens have, so from now on each unknown token is looked up "
             "in the database: name its AcctAuthKeyFile, and give tokens 20 "
             "bytes or more; then see 'acctauth token check'");
    return acct_check_end(service, pool) == APR_SUCCESS;
}

/* Open the account's reusable token, and see that it is the one whose
 * digest the row holds. */
static apr_status_t reopen(acct_issue_t *issue, apr_pool_t *pool)
{
    char digest[ACCT_DIGEST_HEX + 1];
    apr_status_t status;

    if (issue->call->service->key == NULL) {
        return without_key(issue, pool);
    }
    status = acct_token_unseal(issue->call->service->key, issue->account->id,
                               issue->token.sealed, &issue->text, pool);
    if (status == APR_SUCCESS) {
        status = acct_token_digest(issue->text, digest);
    }
    if (status == APR_SUCCESS
        && !acct_token_digest_equal(digest, issue->token.digest)) {
        status = APR_EGENERAL;
    }
    if (status != APR_SUCCESS) {
        issue->text = NULL;
        acct_log(issue->call->service, ACCT_LOG_ERROR, status, pool,
                 "the token of account %" APR_INT64_T_FMT " cannot be handed "
                 "out again: it was sealed under another key, or its row "
                 "was changed; 'acctauth token revoke' lets a new one be "
                 "made", issue->account->id);
    }
    return status;
}

int acct_token_has_expired(const acct_token_t *token)
{
    return token->expires_at != 0 && token->expires_at <= apr_time_now();
}

/* Only a hand made this end: servers may hold the token for longer, so it goes
 * as one that is revoked. */
static apr_status_t drop_reusable(acct_issue_t *issue, acct_db_t *db,
                                  apr_pool_t *pool)
{
    apr_status_t status = acct_store_token_delete(db, issue->token.id,
                                                  &issue->dropped, pool);

    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, issue->account->id, pool) : status;
}

apr_status_t acct_issue_token(acct_issue_t *issue, acct_db_t *db,
                              apr_pool_t *pool)
{
    apr_status_t status;

    issue->minted = 0;
    if (issue->call->route->dialect->policy.kind == ACCT_POLICY_REUSE) {
        status = acct_store_token_reusable(db, issue->account->id,
                                           &issue->token, pool);
        if (status == APR_SUCCESS) {
            if (!acct_token_has_expired(&issue->token)) {
                return reopen(issue, pool);
            }
            status = drop_reusable(issue, db, pool);
        }
        if (status != APR_SUCCESS && !APR_STATUS_IS_NOTFOUND(status)) {
            return status;
        }
    }
    return mint(issue, db, pool);
}

/* Before the insert, so that the token that this client gets is never the one
 * that goes, whatever the clocks of several servers say. */
apr_status_t acct_make_room(acct_issue_t *issue, acct_db_t *db,
                            apr_pool_t *pool)
{
    int most = issue->call->service->max_tokens;
    apr_time_t now = apr_time_now();
    apr_status_t status;

    issue->dropped = 0;
    if (most <= 0
        || issue->call->route->dialect->policy.kind != ACCT_POLICY_MANY) {
        return APR_SUCCESS;
    }
    status = acct_store_token_delete_oldest(db, issue->account->id, now,
                                            most - 1, &issue->dropped, pool);
    if (status != APR_SUCCESS || issue->dropped == 0) {
        return status;
    }
    return acct_store_revocation_insert(db, issue->account->id, pool);
}

apr_status_t acct_check_limit(const acct_issue_t *issue, acct_db_t *db,
                              apr_pool_t *pool)
{
    const acct_token_policy_t *policy = &issue->call->route->dialect->policy;
    apr_int64_t count;
    apr_status_t status;

    if (policy->limit == 0) {
        return APR_SUCCESS;
    }
    status = acct_store_token_count(db, issue->account->id, apr_time_now(),
                                    &count, pool);
    if (status == APR_SUCCESS && count >= policy->limit) {
        status = ACCT_TOKENS_ENOUGH;
    }
    return status;
}

static void raise_events(const acct_issue_t *issue)
{
    const acct_call_t *call = issue->call;
    acct_event_t event = { .account = issue->account->id };

    if (issue->dropped > 0) {
        event.kind = ACCT_EVENT_TOKEN_EVICTED;
        event.tokens = issue->dropped;
        event.detail = call->route->dialect->policy.kind
            == ACCT_POLICY_REUSE ? "expired" : "excess";
        acct_raise(call->service, &event);
    }
    if (issue->minted) {
        event = (acct_event_t){ .kind = ACCT_EVENT_TOKEN_ISSUED,
                                .account = issue->account->id,
                                .token = issue->token.id };
        acct_raise(call->service, &event);
    }
}

void acct_tell_token(const acct_issue_t *issue)
{
    acct_result_t *result = issue->call->result;

    result->account = issue->account;
    result->about = issue->account->id;
    result->token = issue->text;
    result->token_id = issue->token.id;
    result->token_expires = issue->token.expires_at;
    raise_events(issue);
}
