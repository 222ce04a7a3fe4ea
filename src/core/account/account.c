/* SPDX-License-Identifier: Apache-2.0 */
/* Whose token was presented, and the current account; see
 * account/account.h. */
#include "account/account.h"

#include "base/ticks.h"
#include "credential/issue.h"
#include "database/unit.h"
#include "tables/second_factors.h"
#include "token/foreign.h"
#include "token/identity.h"
#include "token/lookup.h"

/* ---- whose token it is ---- */

static acct_outcome_e read_identity(const acct_service_t *service,
                                    const char *text,
                                    const unsigned char *digest,
                                    acct_identity_t *identity,
                                    apr_pool_t *pool)
{
    char digits[ACCT_DIGEST_HEX + 1];
    apr_status_t status;

    identity->is_noted = 0;
    acct_token_digest_hex(digest, digits);
    status = acct_token_look_up(service, digits, &identity->token,
                                &identity->account, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        status = acct_foreign_look_up(service, text, digits,
                                      &identity->token, &identity->account,
                                      pool);
    }
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return ACCT_INVALID_TOKEN;
    }
    if (status != APR_SUCCESS) {
        return ACCT_UNAVAILABLE;
    }
    return identity->account.is_active ? ACCT_OK : ACCT_BLOCKED_TOKEN;
}

/* A row that has expired may not know yet of a use that prolongs it. */
static acct_outcome_e ask_database(const acct_service_t *service,
                                   const char *text,
                                   const unsigned char *digest,
                                   acct_identity_t *identity,
                                   apr_pool_t *pool)
{
    const acct_token_t *token = &identity->token;
    acct_use_e use = ACCT_USE_UNKNOWN;
    acct_outcome_e outcome;
    int tries = 2;

    do {
        outcome = read_identity(service, text, digest, identity, pool);
        if (outcome == ACCT_BLOCKED_TOKEN && acct_token_has_expired(token)) {
            return ACCT_INVALID_TOKEN;
        }
        if (outcome != ACCT_OK || !acct_token_has_expired(token)) {
            return outcome;
        }
        use = acct_identity_find_use(service, digest, identity);
    } while (use == ACCT_USE_WRITTEN && --tries > 0);
    return use == ACCT_USE_NOTED ? ACCT_OK : ACCT_INVALID_TOKEN;
}

acct_outcome_e acct_authenticate(const acct_service_t *service,
                                 const char *token,
                                 acct_identity_t *identity,
                                 apr_pool_t *pool)
{
    unsigned char digest[ACCT_DIGEST_HEX / 2];
    acct_outcome_e outcome;
    uint64_t ticket = 0;

    if (acct_token_digest_by(service->sha256, token, digest)
        != APR_SUCCESS) {
        return ACCT_UNAVAILABLE;
    }
    if (service->cache_answers
        && acct_identity_recall(service, token, digest, identity, pool)) {
        return ACCT_OK;
    }
    /* After what is known, so that good tokens do not pay for it. */
    if (acct_identity_is_garbage(service, token)) {
        return ACCT_INVALID_TOKEN;
    }
    if (service->cache != NULL) {
        /* Before the database is asked; see cache/cache.h. */
        ticket = acct_cache_ticket(service->cache);
        acct_cache_feed_want(service->cache, service->cache_feed,
                             acct_ticks());
    }
    outcome = ask_database(service, token, digest, identity, pool);
    if (outcome == ACCT_OK && service->cache != NULL) {
        acct_identity_remember(service, digest, ticket, identity);
    }
    return outcome;
}

/* ---- the current account ---- */

typedef struct current_t {
    apr_int64_t id;
    acct_account_t *account;
    int *codes_left;            /* out; NULL: nobody asks */
} current_t;

static apr_status_t read_account(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    current_t *current = baton;
    apr_status_t status = acct_store_account_by_id(db, current->id,
                                                   current->account, pool);

    return status != APR_SUCCESS || current->codes_left == NULL ? status
        : acct_store_recovery_code_count(db, current->id,
                                         current->codes_left, pool);
}

void acct_current(const acct_call_t *call)
{
    acct_result_t *result = call->result;
    current_t current = {
        .id = call->identity->account.id,
        .account = apr_pcalloc(call->pool, sizeof(acct_account_t)),
        .codes_left = call->route->shows_codes_left ? &result->codes_left
                                                    : NULL
    };

    if (!acct_call_read(call, read_account, &current, current.account)) {
        return;
    }
    result->token = call->token;
    result->token_id = call->identity->token.id;
    result->token_expires = call->identity->token.expires_at;
}
