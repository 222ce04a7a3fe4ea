/* SPDX-License-Identifier: Apache-2.0 */
#include "password/password_mix.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "password/password.h"

/*
 * Each kind has tickets by its share, and each ticket is drawn a number by
 * name and key: the kind of the lowest number has the name (weighted
 * rendezvous hashing). A ticket more or less concerns its own kind only.
 */
#define TICKETS 64
#define KINDS_MAX 64            /* more count as the first */
#define DRAWN (32 / 4)          /* numbers of one HMAC */

typedef struct kind_t {
    const char *dummy;
    unsigned int count;
    unsigned int tickets;
} kind_t;

struct acct_password_mix_t {
    apr_array_header_t *kinds;  /* kind_t */
    unsigned int count;
};

acct_password_mix_t *acct_password_mix_make(apr_pool_t *pool)
{
    acct_password_mix_t *mix = apr_pcalloc(pool, sizeof(*mix));

    mix->kinds = apr_array_make(pool, 2, sizeof(kind_t));
    return mix;
}

static kind_t *find(const acct_password_mix_t *mix, const char *dummy)
{
    for (int i = 0; i < mix->kinds->nelts; i++) {
        kind_t *kind = &APR_ARRAY_IDX(mix->kinds, i, kind_t);

        if (strcmp(kind->dummy, dummy) == 0) {
            return kind;
        }
    }
    return NULL;
}

void acct_password_mix_count(acct_password_mix_t *mix, const char *stored,
                             apr_pool_t *scratch)
{
    const char *dummy = acct_password_dummy_like(stored, scratch);
    kind_t *kind;

    if (dummy == NULL) {
        return;
    }
    kind = find(mix, dummy);
    if (kind == NULL && mix->kinds->nelts == KINDS_MAX) {
        kind = &APR_ARRAY_IDX(mix->kinds, 0, kind_t);
    }
    if (kind == NULL) {
        kind = apr_array_push(mix->kinds);
        memset(kind, 0, sizeof(*kind));
        kind->dummy = apr_pstrdup(mix->kinds->pool, dummy);
    }
    kind->count++;
    mix->count++;
}

void acct_password_mix_settle(acct_password_mix_t *mix)
{
    for (int i = 0; i < mix->kinds->nelts; i++) {
        kind_t *kind = &APR_ARRAY_IDX(mix->kinds, i, kind_t);

        kind->tickets = (TICKETS * kind->count + mix->count / 2)
                        / mix->count;
        if (kind->tickets == 0) {
            kind->tickets = 1;
        }
    }
}

/* DRAWN numbers: those of the tickets from number @a first on. */
static int draw(const unsigned char *key, const char *name,
                const kind_t *kind, unsigned int first,
                unsigned char drawn[EVP_MAX_MD_SIZE], apr_pool_t *pool)
{
    const char *text = apr_psprintf(pool, "%u %s %s", first, kind->dummy,
                                    name);
    unsigned int size = 0;

    return HMAC(EVP_sha256(), key, ACCT_MIX_KEY_BYTES,
                (const unsigned char *)text, strlen(text), drawn, &size)
           != NULL && size == 4 * DRAWN;
}

/* The lowest number of a kind's tickets, if it is lower than *lowest.
 * @return -1 when it cannot be hashed */
static int draw_all(const unsigned char *key, const char *name,
                    const kind_t *kind, apr_uint64_t *lowest,
                    apr_pool_t *pool)
{
    unsigned char drawn[EVP_MAX_MD_SIZE];
    int is_lower = 0;

    for (unsigned int i = 0; i < kind->tickets; i++) {
        const unsigned char *at = drawn + 4 * (i % DRAWN);
        apr_uint64_t number;

        if (i % DRAWN == 0 && !draw(key, name, kind, i, drawn, pool)) {
            return -1;
        }
        number = (apr_uint64_t)at[0] << 24 | (apr_uint64_t)at[1] << 16
                 | (apr_uint64_t)at[2] << 8 | at[3];
        if (number < *lowest) {
            *lowest = number;
            is_lower = 1;
        }
    }
    return is_lower;
}

apr_status_t acct_password_mix_choose(
    const acct_password_mix_t *mix,
    const unsigned char key[ACCT_MIX_KEY_BYTES], const char *name,
    const char **dummy, apr_pool_t *pool)
{
    apr_uint64_t lowest = APR_UINT64_MAX;

    *dummy = NULL;
    for (int i = 0; i < mix->kinds->nelts; i++) {
        const kind_t *kind = &APR_ARRAY_IDX(mix->kinds, i, kind_t);
        int lower = draw_all(key, name, kind, &lowest, pool);

        if (lower < 0) {
            return APR_EGENERAL;
        }
        if (lower) {
            *dummy = kind->dummy;
        }
    }
    return APR_SUCCESS;
}
