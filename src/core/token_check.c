/* SPDX-License-Identifier: Apache-2.0 */
#include "token_check.h"

#include <apr_siphash.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "token.h"

#define LABEL "acctauth token check v1"
#define CHECK_BYTES (ACCT_CHECK_DIGITS / 2)

_Static_assert(ACCT_CHECK_KEY_BYTES == APR_SIPHASH_KSIZE, "SipHash's key");

/* ---- the key ---- */

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* So many lower-case hex digits as a number; 0 when they are not. */
static int read_hex(const char *text, int digits, uint64_t *number)
{
    int i;

    *number = 0;
    for (i = 0; i < digits; i++) {
        int value = digit_value(text[i]);

        if (value < 0) {
            return 0;
        }
        *number = *number << 4 | (uint64_t)value;
    }
    return 1;
}

uint64_t acct_token_check_id(const char *key_id)
{
    uint64_t id;

    if (!read_hex(key_id, ACCT_KEY_ID_HEX, &id)
        || key_id[ACCT_KEY_ID_HEX] != '\0') {
        return 0;
    }
    return id;
}

static int hkdf(const unsigned char *key, size_t length,
                unsigned char out[ACCT_CHECK_KEY_BYTES])
{
    static const unsigned char label[] = LABEL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    size_t size = ACCT_CHECK_KEY_BYTES;
    int ok;

    ok = context != NULL
        && EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
        && EVP_PKEY_CTX_set1_hkdf_key(context, key, (int)length) == 1
        && EVP_PKEY_CTX_add1_hkdf_info(context, label,
                                       sizeof(label) - 1) == 1
        && EVP_PKEY_derive(context, out, &size) == 1
        && size == ACCT_CHECK_KEY_BYTES;
    EVP_PKEY_CTX_free(context);
    return ok;
}

apr_status_t acct_token_check_derive(acct_token_check_t *check,
                                     const unsigned char *key,
                                     size_t length, const char *key_id)
{
    check->id = 0;
    if (!hkdf(key, length, check->key)) {
        return APR_EGENERAL;
    }
    check->id = acct_token_check_id(key_id);
    return APR_SUCCESS;
}

/* ---- the digits ---- */

static uint32_t check_of(const acct_token_check_t *check, const char *text,
                         size_t length)
{
    return (uint32_t)apr_siphash24(text, length, check->key);
}

apr_status_t acct_token_check_mint(const acct_token_check_t *check,
                                   int bytes, const char **text,
                                   int *checked, apr_pool_t *pool)
{
    const char *random;
    apr_status_t status;

    *checked = check != NULL && check->id != 0
        && bytes >= ACCT_CHECK_RANDOM_MIN + CHECK_BYTES
        && bytes <= ACCT_CHECK_TOKEN_MAX / 2;
    if (!*checked) {
        return acct_token_mint(bytes, text, pool);
    }
    status = acct_token_mint(bytes - CHECK_BYTES, &random, pool);
    if (status == APR_SUCCESS) {
        *text = apr_psprintf(pool, "%s%08x", random,
                             check_of(check, random, strlen(random)));
    }
    return status;
}

/* The random digits are not looked at one by one: what is not one of ours
 * has no right check. */
int acct_token_check_holds(const acct_token_check_t *check,
                           const char *text)
{
    size_t length = strnlen(text, ACCT_CHECK_TOKEN_MAX + 1);
    size_t random;
    uint64_t shown;

    if (length > ACCT_CHECK_TOKEN_MAX
        || length < ACCT_CHECK_RANDOM_MIN * 2 + ACCT_CHECK_DIGITS) {
        return 0;
    }
    random = length - ACCT_CHECK_DIGITS;
    return read_hex(text + random, ACCT_CHECK_DIGITS, &shown)
        && check_of(check, text, random) == (uint32_t)shown;
}
