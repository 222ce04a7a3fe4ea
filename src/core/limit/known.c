/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/known.h"

#include <apr_strings.h>
#include <string.h>

#include "base/hex.h"
#include "tables/known_networks.h"
#include "tables/purge.h"

/* When it is written again that a network was used: so that most sign-ins
 * need not write it. */
#define NOTE_EVERY apr_time_from_sec(24 * 60 * 60)

static int has_network(const acct_attempt_t *attempt)
{
    const acct_service_t *service = attempt->service;

    return service->limits != NULL
        && service->limits->mode != ACCT_LIMITS_OFF
        && service->client != NULL && service->client->network.version != 0;
}

/* With the account, so that rows of two accounts do not tell that they are
 * used from one network. */
static apr_status_t hash_network(const acct_attempt_t *attempt,
                                 apr_int64_t account, char *digits,
                                 apr_pool_t *pool)
{
    const acct_network_t *network = &attempt->service->client->network;
    const char *text = apr_psprintf(pool, "known %" APR_INT64_T_FMT " %s",
                                    account,
                                    acct_network_text(network, pool));
    unsigned char digest[ACCT_LIMIT_KEY_BYTES];
    apr_status_t status = acct_limit_hash(&attempt->key, text, strlen(text),
                                          digest);

    if (status == APR_SUCCESS) {
        acct_hex_write(digits, digest, ACCT_KNOWN_NETWORK_HEX / 2);
    }
    return status;
}

apr_status_t acct_known_find(const acct_attempt_t *attempt, acct_db_t *db,
                             apr_int64_t account, acct_known_t *known,
                             apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    apr_time_t seen_at = 0;
    char network[ACCT_KNOWN_NETWORK_HEX + 1];
    apr_status_t status;

    memset(known, 0, sizeof(*known));
    if (!has_network(attempt)) {
        return APR_SUCCESS;
    }
    status = hash_network(attempt, account, network, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_known_network_find(db, account, network,
                                               &seen_at, pool);
    }
    known->is_known = status == APR_SUCCESS
        && now - seen_at < ACCT_PURGE_NETWORKS_KEPT;
    known->is_due = !known->is_known || now - seen_at >= NOTE_EVERY;
    return APR_STATUS_IS_NOTFOUND(status) ? APR_SUCCESS : status;
}

apr_status_t acct_known_note(const acct_attempt_t *attempt, acct_db_t *db,
                             apr_int64_t account, const acct_known_t *known,
                             apr_pool_t *pool)
{
    char network[ACCT_KNOWN_NETWORK_HEX + 1];
    apr_status_t status;

    if (!known->is_due || !has_network(attempt)) {
        return APR_SUCCESS;
    }
    status = hash_network(attempt, account, network, pool);
    return status != APR_SUCCESS ? status
        : acct_store_known_network_set(db, account, network, apr_time_now(),
                                       ACCT_KNOWN_MOST, pool);
}
