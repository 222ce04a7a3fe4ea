/* SPDX-License-Identifier: Apache-2.0 */
#include "limit/subject.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define ADDRESS_BYTES (sizeof(((acct_network_t *)0)->address))

static apr_status_t hash_under(const void *secret, size_t length,
                               const void *bytes, size_t size,
                               unsigned char digest[ACCT_LIMIT_KEY_BYTES])
{
    unsigned int written = ACCT_LIMIT_KEY_BYTES;

    return HMAC(EVP_sha256(), secret, (int)length, bytes, size, digest,
                &written) != NULL ? APR_SUCCESS : APR_EGENERAL;
}

apr_status_t acct_limit_key_make(acct_limit_key_t *key, const void *secret,
                                 size_t length)
{
    static const char use[] = "acctauth limits";

    return hash_under(secret, length, use, sizeof(use) - 1, key->bytes);
}

apr_status_t acct_limit_hash(const acct_limit_key_t *key, const void *bytes,
                             size_t length,
                             unsigned char digest[ACCT_LIMIT_KEY_BYTES])
{
    return hash_under(key->bytes, sizeof(key->bytes), bytes, length, digest);
}

static apr_status_t make_key(const acct_limit_key_t *key, const void *bytes,
                             size_t length, uint64_t *made)
{
    unsigned char digest[ACCT_LIMIT_KEY_BYTES] = { 0 };
    apr_status_t status = acct_limit_hash(key, bytes, length, digest);

    memcpy(made, digest, sizeof(*made));
    *made |= 1;                 /* 0: none */
    return status;
}

apr_status_t acct_subject_of_network(const acct_limit_key_t *key,
                                     uint32_t database, acct_budget_e budget,
                                     const acct_network_t *network,
                                     acct_subject_t *subject)
{
    /* The budget stands before the network: each has a bucket of its own. */
    unsigned char text[4 + ADDRESS_BYTES] = {
        'b', (unsigned char)budget, network->version, network->bits
    };

    memcpy(text + 4, network->address, ADDRESS_BYTES);
    memset(subject, 0, sizeof(*subject));
    subject->network = *network;
    subject->budget = budget;
    subject->database = database;
    return make_key(key, text, sizeof(text), &subject->key);
}

apr_status_t acct_subject_of_name(const acct_limit_key_t *key,
                                  uint32_t database, const char *name,
                                  const acct_network_t *network,
                                  acct_subject_t *subject, apr_pool_t *pool)
{
    size_t length = strlen(name);
    size_t size = 3 + ADDRESS_BYTES + length;
    unsigned char *text = apr_pcalloc(pool, size);

    text[0] = 'n';
    if (network != NULL) {
        text[1] = network->version;
        text[2] = network->bits;
        memcpy(text + 3, network->address, ADDRESS_BYTES);
    }
    memcpy(text + size - length, name, length);
    subject->database = database;
    return make_key(key, text, size, &subject->key);
}
