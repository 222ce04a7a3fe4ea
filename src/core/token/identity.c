/* SPDX-License-Identifier: Apache-2.0 */
#include "token/identity.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/hex.h"
#include "base/ticks.h"
#include "token/check_row.h"

/* ---- public ids of tokens: 16 bytes in a slot, 32 digits elsewhere ---- */

static int pack_id(const char *text, unsigned char id[16])
{
    return acct_hex_read(id, text, 16) && text[32] == '\0';
}

/* ---- garbage: texts that are no account's token ---- */

/* Whether the database holds checked tokens alone is asked last: a request
 * with a good token does not need to know. */
int acct_identity_is_garbage(const acct_service_t *service,
                             const char *token)
{
    const acct_key_t *key = service->key;
    apr_interval_time_t bound = service->revocation_bound;

    if (service->cache == NULL || key == NULL || key->check.id == 0
        || acct_token_check_holds(&key->check, token)) {
        return 0;
    }
    if (bound > ACCT_CHECK_BELIEVED) {
        bound = ACCT_CHECK_BELIEVED;
    }
    return acct_cache_is_checked(service->cache, service->cache_feed,
                                 key->check.id, acct_ticks(), bound);
}

/* ---- recalling ---- */

static const char *take_text(const char *from, uint16_t length,
                             apr_pool_t *pool)
{
    return length > 0 ? apr_pstrmemdup(pool, from, length) : NULL;
}

/* The texts are copied into the pool, but for the token's id. */
static void take_identity(const acct_cached_t *found, const char *token_id,
                          acct_identity_t *identity, apr_pool_t *pool)
{
    acct_account_t *account = &identity->account;
    acct_token_t *token = &identity->token;

    memset(identity, 0, sizeof(*identity));
    account->id = found->account;
    account->username = take_text(found->text, found->username_length, pool);
    account->email = take_text(found->text + found->username_length,
                               found->email_length, pool);
    account->first_name = "";
    account->last_name = "";
    account->is_active = 1;
    account->is_staff = found->is_staff;
    token->id = token_id;
    token->account_id = found->account;
    token->expires_at = found->expires_at;
    token->last_used = found->last_used;
    token->ends_at = found->ends_at;
    token->sliding = found->sliding;
    token->label = "";
}

static int is_memo_of(const acct_memo_t *memo, uint64_t database,
                      const char *text, size_t length)
{
    return memo->length == length && length != 0
        && memo->database == database
        && CRYPTO_memcmp(memo->text, text, length) == 0;
}

int acct_memo_recall(const acct_service_t *service, const char *text,
                     acct_identity_t *identity, apr_pool_t *pool)
{
    const acct_memo_t *memo = service->memo;
    apr_interval_time_t tick;

    if (memo == NULL || !service->cache_answers) {
        return 0;
    }
    tick = acct_ticks();
    if (!is_memo_of(memo, service->cache_database, text, strlen(text))
        || tick - memo->tick >= ACCT_MEMO_AGE
        || !acct_cache_is_fresh(service->cache, service->cache_feed, tick,
                                service->revocation_bound)
        || !acct_cache_is_current(service->cache, service->cache_database,
                                  &memo->found, apr_time_now())) {
        return 0;
    }
    take_identity(&memo->found,
                  apr_pmemdup(pool, memo->token_id, sizeof(memo->token_id)),
                  identity, pool);
    return 1;
}

static void make_memo(const acct_service_t *service, const char *text,
                      apr_interval_time_t tick, const acct_cached_t *found,
                      const char *token_id)
{
    acct_memo_t *memo = service->memo;
    size_t length = strlen(text);

    memo->length = 0;
    if (length > sizeof(memo->text)) {
        return;
    }
    memcpy(memo->text, text, length);
    memo->database = service->cache_database;
    memo->tick = tick;
    memo->found = *found;
    memcpy(memo->token_id, token_id, sizeof(memo->token_id));
    memo->length = length;
}

int acct_identity_recall(const acct_service_t *service, const char *text,
                         const unsigned char *digest,
                         acct_identity_t *identity, apr_pool_t *pool)
{
    apr_interval_time_t tick = acct_ticks();
    apr_time_t now = apr_time_now();
    acct_cached_t found;
    const char *token_id;

    if (!acct_cache_is_fresh(service->cache, service->cache_feed, tick,
                             service->revocation_bound)
        || acct_cache_find(service->cache, service->cache_database, digest,
                           now, tick, &found) != APR_SUCCESS) {
        return 0;
    }
    if (now - found.last_used >= ACCT_CACHE_NOTE_AGE) {
        acct_cache_touch(service->cache, service->cache_database, digest,
                         now, tick, &found);
    }
    token_id = acct_hex_text(found.token_id, sizeof(found.token_id), pool);
    if (service->memo != NULL) {
        make_memo(service, text, tick, &found, token_id);
    }
    take_identity(&found, token_id, identity, pool);
    return 1;
}

/* ---- remembering ---- */

/* Add a text to the slot's; 0 when it does not fit. */
static int add_text(acct_cached_t *cached, size_t *used, const char *text,
                    uint16_t *length)
{
    size_t size = text != NULL ? strlen(text) : 0;

    if (size > sizeof(cached->text) - *used) {
        return 0;
    }
    if (size > 0) {
        memcpy(cached->text + *used, text, size);
    }
    *used += size;
    *length = (uint16_t)size;
    return 1;
}

/* A slot's content, the texts apart. 0 when the token's id is none. */
static int take_token(acct_cached_t *cached, const acct_identity_t *identity)
{
    const acct_token_t *token = &identity->token;

    memset(cached, 0, sizeof(*cached));
    cached->account = identity->account.id;
    cached->expires_at = token->expires_at;
    cached->last_used = token->last_used;
    cached->ends_at = token->ends_at;
    cached->sliding = token->sliding;
    cached->is_unwritten = identity->is_noted != 0;
    cached->is_staff = identity->account.is_staff != 0;
    cached->is_adoptable = token->is_adoptable != 0;
    return pack_id(token->id, cached->token_id);
}

/* That the token is used now, when it was not for a minute. */
static int note_use(acct_cached_t *cached, apr_time_t now)
{
    if (now - cached->last_used < ACCT_CACHE_NOTE_AGE) {
        return 0;
    }
    cached->expires_at = acct_cache_expiry(cached, now);
    cached->last_used = now;
    cached->is_unwritten = 1;
    return 1;
}

acct_use_e acct_identity_find_use(const acct_service_t *service,
                                  const unsigned char *digest,
                                  acct_identity_t *identity)
{
    acct_token_t *token = &identity->token;
    acct_cached_t cached;
    int is_unwritten;
    int64_t expires;
    int64_t used;

    if (service->cache == NULL || token->sliding == 0
        || !take_token(&cached, identity)) {
        return ACCT_USE_UNKNOWN;
    }
    used = acct_cache_used(service->cache, service->cache_database, digest,
                           cached.token_id, &is_unwritten);
    expires = acct_cache_expiry(&cached, used);
    if (used <= token->last_used || expires <= apr_time_now()) {
        return ACCT_USE_UNKNOWN;
    }
    if (!is_unwritten) {
        return ACCT_USE_WRITTEN;
    }
    token->last_used = used;
    token->expires_at = expires;
    identity->is_noted = 1;
    return ACCT_USE_NOTED;
}

/* Where identities are not kept, or this one does not fit, the slot holds
 * the note alone. */
static void note_only(const acct_service_t *service,
                      const unsigned char *digest, uint64_t ticket,
                      acct_cached_t *cached, apr_time_t now)
{
    if (!cached->is_unwritten
        || acct_cache_is_noted(service->cache, service->cache_database,
                               digest, now)) {
        return;
    }
    cached->is_note = 1;
    cached->username_length = 0;
    cached->email_length = 0;
    memset(cached->text, 0, sizeof(cached->text));
    acct_cache_store(service->cache, service->cache_database, digest, ticket,
                     acct_ticks(), cached);
}

void acct_identity_remember(const acct_service_t *service,
                            const unsigned char *digest, uint64_t ticket,
                            acct_identity_t *identity)
{
    apr_time_t now = apr_time_now();
    acct_cached_t cached;
    size_t used = 0;

    if (!take_token(&cached, identity)) {
        return;
    }
    if (note_use(&cached, now)) {
        identity->token.expires_at = cached.expires_at;
        identity->token.last_used = cached.last_used;
    }
    if (!service->cache_answers
        || !add_text(&cached, &used, identity->account.username,
                     &cached.username_length)
        || !add_text(&cached, &used, identity->account.email,
                     &cached.email_length)) {
        note_only(service, digest, ticket, &cached, now);
        return;
    }
    acct_cache_store(service->cache, service->cache_database, digest, ticket,
                     acct_ticks(), &cached);
}
