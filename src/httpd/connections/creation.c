/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/creation.h"

#include <string.h>

#include "token/token.h"

/* A number for it, never 0. Another's is the same once in 2^64; without
 * SHA-256 there is none, and nothing is opened. */
static int number_of(const char *created_at, uint64_t *number)
{
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];

    if (acct_token_digest_bytes(created_at, digest) != APR_SUCCESS) {
        return 0;
    }
    memcpy(number, digest, sizeof(*number));
    *number |= 1;
    return 1;
}

int acct_creation_is(acct_creation_t *creation, const char *created_at)
{
    uint64_t before = 0;
    uint64_t number;

    if (creation->known != NULL) {
        return created_at != NULL
            && strcmp(creation->known, created_at) == 0;
    }
    if (!number_of(created_at != NULL ? created_at : "", &number)) {
        return 0;
    }
    /* relaxed, all: one word, and nothing else goes with it */
    before = atomic_load_explicit(&creation->bound, memory_order_relaxed);
    if (before == 0) {
        uint64_t agreed = creation->cache == NULL ? number
            : acct_cache_feed_bind(creation->cache, creation->place, number);

        if (atomic_compare_exchange_strong_explicit(
                &creation->bound, &before, agreed, memory_order_relaxed,
                memory_order_relaxed)) {
            before = agreed;
        }
    }
    return before == number;
}
