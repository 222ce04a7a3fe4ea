/* SPDX-License-Identifier: Apache-2.0 */
#include "token/check.h"

#include <apr_siphash.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "base/hex.h"
#include "token/token.h"

#define LABEL "acctauth token check v1"
#define CHECK_BYTES (ACCT_CHECK_DIGITS / 2)

_Static_assert(ACCT_CHECK_KEY_BYTES == APR_SIPHASH_KSIZE, "SipHash's key");
_Static_assert(ACCT_CHECK_DIGITS == sizeof(uint64_t), "compared as one word");

/* ---- the key ---- */

uint64_t acct_token_check_id(const char *key_id)
{
    unsigned char bytes[ACCT_KEY_ID_HEX / 2];
    uint64_t id = 0;
    size_t i;

    if (!acct_hex_read(bytes, key_id, sizeof(bytes))
        || key_id[ACCT_KEY_ID_HEX] != '\0') {
        return 0;
    }
    for (i = 0; i < sizeof(bytes); i++) {
        id = id << 8 | bytes[i];
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

/* The digits behind a text, and a NUL. */
static void check_of(const acct_token_check_t *check, const char *text,
                     size_t length, char digits[ACCT_CHECK_DIGITS + 1])
{
    uint64_t value = apr_siphash24(text, length, check->key);
    unsigned char bytes[CHECK_BYTES];
    int i;

    for (i = CHECK_BYTES - 1; i >= 0; i--) {
        bytes[i] = (unsigned char)value;
        value >>= 8;
    }
    acct_hex_write(digits, bytes, CHECK_BYTES);
}

apr_status_t acct_token_check_mint(const acct_token_check_t *check,
                                   int bytes, const char **text,
                                   int *checked, apr_pool_t *pool)
{
    char digits[ACCT_CHECK_DIGITS + 1];
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
        check_of(check, random, strlen(random), digits);
        *text = apr_pstrcat(pool, random, digits, NULL);
    }
    return status;
}

/* The random digits are not looked at one by one: what is not one of ours has
 * no right check. All eight are compared at once, so that the time it takes
 * does not show how many of them were right. */
int acct_token_check_holds(const acct_token_check_t *check,
                           const char *text)
{
    size_t length = strnlen(text, ACCT_CHECK_TOKEN_MAX + 1);
    char digits[ACCT_CHECK_DIGITS + 1];
    uint64_t shown;
    uint64_t right;

    if (length > ACCT_CHECK_TOKEN_MAX
        || length < ACCT_CHECK_RANDOM_MIN * 2 + ACCT_CHECK_DIGITS) {
        return 0;
    }
    length -= ACCT_CHECK_DIGITS;
    check_of(check, text, length, digits);
    memcpy(&shown, text + length, sizeof(shown));
    memcpy(&right, digits, sizeof(right));
    return shown == right;
}
