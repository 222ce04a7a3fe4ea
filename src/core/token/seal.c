/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing of tokens that must be handed out again; see token/token.h. */
#include "token/token.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/base64.h"

#define NONCE_BYTES 12          /* what GCM is made for (SP 800-38D, 8.2) */
#define TAG_BYTES 16
#define TEXT_MAX 1024           /* bytes of a token that can be sealed */
#define SEAL_VERSION "1:"
#define SEAL_HEAD (sizeof(SEAL_VERSION) - 1 + ACCT_KEY_ID_HEX + 1)

/* What a sealed token is bound to besides its text. */
static const char *seal_context(const acct_key_t *key, apr_int64_t account,
                                apr_pool_t *pool)
{
    return apr_psprintf(pool, "acctauth token v1|%s|%" APR_INT64_T_FMT,
                        key->id, account);
}

/* nonce, ciphertext and tag into blob; 1 when all went well. */
static int encrypt(const acct_key_t *key, const char *context,
                   const char *text, int length, unsigned char *blob)
{
    unsigned char *body = blob + NONCE_BYTES;
    EVP_CIPHER_CTX *gcm;
    int size, good;

    if ((gcm = EVP_CIPHER_CTX_new()) == NULL) {
        return 0;
    }
    good = RAND_bytes(blob, NONCE_BYTES) == 1
           && EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, key->bytes,
                                 blob) == 1
           && EVP_EncryptUpdate(gcm, NULL, &size,
                                (const unsigned char *)context,
                                (int)strlen(context)) == 1
           && EVP_EncryptUpdate(gcm, body, &size,
                                (const unsigned char *)text, length) == 1
           && size == length
           && EVP_EncryptFinal_ex(gcm, body + length, &size) == 1
           && size == 0
           && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                                  body + length) == 1;
    EVP_CIPHER_CTX_free(gcm);
    return good;
}

/* The other way; text has room for length bytes and a NUL. */
static int decrypt(const acct_key_t *key, const char *context,
                   unsigned char *blob, int length, char *text)
{
    unsigned char *body = blob + NONCE_BYTES;
    EVP_CIPHER_CTX *gcm;
    int size, good;

    if ((gcm = EVP_CIPHER_CTX_new()) == NULL) {
        return 0;
    }
    good = EVP_DecryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, key->bytes,
                              blob) == 1
           && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
                                  body + length) == 1
           && EVP_DecryptUpdate(gcm, NULL, &size,
                                (const unsigned char *)context,
                                (int)strlen(context)) == 1
           && EVP_DecryptUpdate(gcm, (unsigned char *)text, &size, body,
                                length) == 1
           && size == length
           && EVP_DecryptFinal_ex(gcm, (unsigned char *)text + length,
                                  &size) == 1
           && size == 0;
    EVP_CIPHER_CTX_free(gcm);
    text[length] = '\0';
    if (!good) {
        /* Decrypted before it was known to be authentic. */
        OPENSSL_cleanse(text, (size_t)length);
    }
    return good;
}

apr_status_t acct_token_seal(const acct_key_t *key, apr_int64_t account,
                             const char *text, const char **sealed,
                             apr_pool_t *pool)
{
    unsigned char blob[NONCE_BYTES + TEXT_MAX + TAG_BYTES];
    size_t length = strlen(text);
    size_t size = NONCE_BYTES + length + TAG_BYTES;
    char *made;

    if (length == 0 || length > TEXT_MAX) {
        return APR_EINVAL;
    }
    if (!encrypt(key, seal_context(key, account, pool), text, (int)length,
                 blob)) {
        return APR_EGENERAL;
    }
    made = apr_palloc(pool, SEAL_HEAD + (size + 2) / 3 * 4 + 1);
    memcpy(made, SEAL_VERSION, sizeof(SEAL_VERSION) - 1);
    memcpy(made + sizeof(SEAL_VERSION) - 1, key->id, ACCT_KEY_ID_HEX);
    made[SEAL_HEAD - 1] = ':';
    EVP_EncodeBlock((unsigned char *)made + SEAL_HEAD, blob, (int)size);
    *sealed = made;
    return APR_SUCCESS;
}

apr_status_t acct_token_unseal(const acct_key_t *key, apr_int64_t account,
                               const char *sealed, const char **text,
                               apr_pool_t *pool)
{
    unsigned char blob[NONCE_BYTES + TEXT_MAX + TAG_BYTES];
    const char *key_id;
    char *made;
    size_t size;
    int length;

    if (sealed == NULL || strnlen(sealed, SEAL_HEAD) != SEAL_HEAD
        || strncmp(sealed, SEAL_VERSION, sizeof(SEAL_VERSION) - 1) != 0
        || sealed[SEAL_HEAD - 1] != ':') {
        return APR_EGENERAL;
    }
    key_id = sealed + sizeof(SEAL_VERSION) - 1;
    if (strncmp(key_id, key->id, ACCT_KEY_ID_HEX) != 0) {
        return APR_EMISMATCH;
    }
    if (!acct_base64_text(sealed + SEAL_HEAD, blob, sizeof(blob), &size)
        || size <= NONCE_BYTES + TAG_BYTES) {
        return APR_EGENERAL;
    }
    length = (int)size - NONCE_BYTES - TAG_BYTES;
    made = apr_palloc(pool, (apr_size_t)length + 1);
    if (!decrypt(key, seal_context(key, account, pool), blob, length, made)) {
        return APR_EGENERAL;
    }
    *text = made;
    return APR_SUCCESS;
}
