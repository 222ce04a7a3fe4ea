/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <apr_strings.h>
#include <string.h>

#include "ticks.h"

/* ---- public ids of tokens: 16 bytes in a slot, 32 digits elsewhere ---- */

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int pack_id(const char *text, unsigned char id[16])
{
    size_t i;

    for (i = 0; i < 16; i++) {
        int high = digit_value(text[2 * i]);
        int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

        if (low < 0) {
            return 0;
        }
        id[i] = (unsigned char)(high << 4 | low);
    }
    return text[32] == '\0';
}

static const char *unpack_id(const unsigned char id[16], apr_pool_t *pool)
{
    static const char digits[] = "0123456789abcdef";
    char *text = apr_palloc(pool, 33);
    size_t i;

    for (i = 0; i < 16; i++) {
        text[2 * i] = digits[id[i] >> 4];
        text[2 * i + 1] = digits[id[i] & 15];
    }
    text[32] = '\0';
    return text;
}

/* ---- recalling ---- */

static const char *take_text(const char *from, uint16_t length,
                             apr_pool_t *pool)
{
    return length > 0 ? apr_pstrmemdup(pool, from, length) : NULL;
}

int acct_identity_recall(const acct_service_t *service,
                         const unsigned char *digest,
                         acct_identity_t *identity, apr_pool_t *pool)
{
    apr_interval_time_t tick = acct_ticks();
    acct_account_t *account = &identity->account;
    acct_token_t *token = &identity->token;
    acct_cached_t found;

    if (!acct_cache_is_fresh(service->cache, service->cache_feed, tick,
                             service->revocation_bound)
        || acct_cache_find(service->cache, service->cache_database, digest,
                           apr_time_now(), tick, &found) != APR_SUCCESS) {
        return 0;
    }
    memset(identity, 0, sizeof(*identity));
    account->id = found.account;
    account->username = take_text(found.text, found.username_length, pool);
    account->email = take_text(found.text + found.username_length,
                               found.email_length, pool);
    account->first_name = "";
    account->last_name = "";
    account->is_active = 1;
    account->is_staff = found.is_staff;
    token->id = unpack_id(found.token_id, pool);
    token->account_id = found.account;
    token->expires_at = found.expires_at;
    token->label = "";
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

void acct_identity_remember(const acct_service_t *service,
                            const unsigned char *digest, uint64_t ticket,
                            const acct_identity_t *identity)
{
    acct_cached_t cached;
    size_t used = 0;

    memset(&cached, 0, sizeof(cached));
    cached.account = identity->account.id;
    cached.expires_at = identity->token.expires_at;
    cached.is_staff = identity->account.is_staff != 0;
    /* What does not fit is not kept: it is asked for each time. */
    if (!pack_id(identity->token.id, cached.token_id)
        || !add_text(&cached, &used, identity->account.username,
                     &cached.username_length)
        || !add_text(&cached, &used, identity->account.email,
                     &cached.email_length)) {
        return;
    }
    acct_cache_store(service->cache, service->cache_database, digest, ticket,
                     acct_ticks(), &cached);
}
