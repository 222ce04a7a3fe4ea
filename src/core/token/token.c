/* SPDX-License-Identifier: Apache-2.0 */
#include "token/token.h"
#include "base/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_cstr.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define DIGEST_BYTES 32
#define TOKEN_BYTES_MIN 16
#define TOKEN_BYTES_MAX 64
#define KEY_HEX ((size_t)ACCT_KEY_BYTES * 2)
#define TOKEN_ID_BYTES (ACCT_TOKEN_ID_HEX / 2)

/* ------------------------------------------------------------- the header */

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

/*
 * Printable ASCII. A comma counts as part of the token: it is what httpd puts
 * between two Authorization lines, and no token that was ever minted has one.
 */
static const char *skip_token_text(const char *at)
{
    while (*at >= 0x21 && *at <= 0x7e) {
        at++;
    }
    return at;
}

/* What is wrong behind a token's text that does not end the header. */
static acct_outcome_e judge_rest(const char *at)
{
    const char *end = at + strcspn(at, " \t");

    if (*skip_blanks(end) != '\0') {
        return ACCT_TOKEN_SPACES;
    }
    return end != at ? ACCT_TOKEN_CHARACTERS : ACCT_OK;
}

const char *acct_token_after_scheme(const char *header, const char *scheme)
{
    size_t length = strlen(scheme);
    const char *at = header != NULL ? skip_blanks(header) : NULL;

    if (at == NULL || apr_cstr_casecmpn(at, scheme, length) != 0
        || (at[length] != '\0' && !is_blank(at[length]))) {
        return NULL;
    }
    return skip_blanks(at + length);
}

acct_outcome_e acct_token_parse(const char *at, const char **token,
                                apr_pool_t *pool)
{
    acct_outcome_e outcome;
    const char *end;

    if (at == NULL) {
        return ACCT_NOT_AUTHENTICATED;
    }
    if (*at == '\0') {
        return ACCT_TOKEN_ABSENT;
    }
    end = skip_token_text(at);
    if (*end == '\0') {
        *token = at;
        return ACCT_OK;
    }
    outcome = judge_rest(end);
    if (outcome == ACCT_OK) {
        *token = apr_pstrmemdup(pool, at, (apr_size_t)(end - at));
    }
    return outcome;
}

/* ------------------------------------------------------- mint and digest */

static apr_status_t mint(int bytes, const char **text, apr_pool_t *pool)
{
    unsigned char random[TOKEN_BYTES_MAX];
    char *hex;

    if (RAND_priv_bytes(random, bytes) != 1) {
        OPENSSL_cleanse(random, sizeof(random));
        return APR_EGENERAL;
    }
    hex = apr_palloc(pool, (apr_size_t)bytes * 2 + 1);
    acct_hex_write(hex, random, (size_t)bytes);
    OPENSSL_cleanse(random, sizeof(random));
    *text = hex;
    return APR_SUCCESS;
}

apr_status_t acct_token_mint(int bytes, const char **text, apr_pool_t *pool)
{
    if (bytes < TOKEN_BYTES_MIN || bytes > TOKEN_BYTES_MAX) {
        return APR_EINVAL;
    }
    return mint(bytes, text, pool);
}

apr_status_t acct_token_mint_id(const char **id, apr_pool_t *pool)
{
    return mint(TOKEN_ID_BYTES, id, pool);
}

static apr_status_t sha256(const EVP_MD *algorithm, const void *data,
                           size_t length, unsigned char digest[DIGEST_BYTES])
{
    unsigned int size = 0;

    if (EVP_Digest(data, length, digest, &size, algorithm, NULL) != 1
        || size != DIGEST_BYTES) {
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static apr_status_t free_algorithm(void *data)
{
    EVP_MD_free(data);
    return APR_SUCCESS;
}

apr_status_t acct_token_fetch_sha256(const acct_sha256_t **algorithm,
                                     apr_pool_t *pool)
{
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);

    if (fetched == NULL) {
        return APR_EGENERAL;
    }
    apr_pool_cleanup_register(pool, fetched, free_algorithm,
                              apr_pool_cleanup_null);
    *algorithm = fetched;
    return APR_SUCCESS;
}
#else
/* OpenSSL 1.1 looks nothing up: its algorithms are constants. */
apr_status_t acct_token_fetch_sha256(const acct_sha256_t **algorithm,
                                     apr_pool_t *pool)
{
    (void)pool;
    *algorithm = EVP_sha256();
    return APR_SUCCESS;
}
#endif

apr_status_t acct_token_digest_by(const acct_sha256_t *algorithm,
                                  const char *text,
                                  unsigned char digest[DIGEST_BYTES])
{
    return sha256(algorithm != NULL ? algorithm : EVP_sha256(), text,
                  strlen(text), digest);
}

apr_status_t acct_token_digest_bytes(const char *text,
                                     unsigned char digest[DIGEST_BYTES])
{
    return acct_token_digest_by(NULL, text, digest);
}

void acct_token_digest_hex(const unsigned char digest[DIGEST_BYTES],
                           char hex[ACCT_DIGEST_HEX + 1])
{
    acct_hex_write(hex, digest, DIGEST_BYTES);
}

apr_status_t acct_token_digest(const char *text,
                               char hex[ACCT_DIGEST_HEX + 1])
{
    unsigned char digest[DIGEST_BYTES];

    hex[0] = '\0';
    if (acct_token_digest_bytes(text, digest) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    acct_token_digest_hex(digest, hex);
    OPENSSL_cleanse(digest, sizeof(digest));
    return APR_SUCCESS;
}

int acct_token_digest_equal(const char *a, const char *b)
{
    return a != NULL && b != NULL
           && strnlen(a, ACCT_DIGEST_HEX + 1) == ACCT_DIGEST_HEX
           && strnlen(b, ACCT_DIGEST_HEX + 1) == ACCT_DIGEST_HEX
           && CRYPTO_memcmp(a, b, ACCT_DIGEST_HEX) == 0;
}

/* ----------------------------------------------------------- the key file */

static apr_status_t wipe_key(void *data)
{
    OPENSSL_cleanse(data, sizeof(acct_key_t));
    return APR_SUCCESS;
}

static apr_status_t set_key_id(acct_key_t *key)
{
    static const char word[] = "acctauth key id v1";
    unsigned char text[sizeof(word) + ACCT_KEY_BYTES];
    unsigned char digest[DIGEST_BYTES];
    apr_status_t status;

    memcpy(text, word, sizeof(word));
    memcpy(text + sizeof(word), key->bytes, ACCT_KEY_BYTES);
    status = sha256(EVP_sha256(), text, sizeof(text), digest);
    OPENSSL_cleanse(text, sizeof(text));
    if (status == APR_SUCCESS) {
        acct_hex_write(key->id, digest, ACCT_KEY_ID_HEX / 2);
    }
    return status;
}

static acct_key_t *make_key(apr_pool_t *pool)
{
    acct_key_t *key = apr_pcalloc(pool, sizeof(*key));

    apr_pool_cleanup_register(pool, key, wipe_key, apr_pool_cleanup_null);
    return key;
}

/* What follows from a key's bytes. */
static apr_status_t derive(acct_key_t *key, const char *path,
                           apr_pool_t *pool, const char **error)
{
    apr_status_t status = set_key_id(key);

    if (status == APR_SUCCESS) {
        status = acct_token_check_derive(&key->check, key->bytes,
                                         sizeof(key->bytes), key->id);
    }
    if (status != APR_SUCCESS) {
        *error = apr_psprintf(pool, "%s: cannot compute the key's id: "
                              "OpenSSL gives no SHA-256 or HKDF", path);
    }
    return status;
}

/* In either case: people write key files too. */
static int from_hex(unsigned char *bytes, const unsigned char *hex,
                    size_t count)
{
    char text[2 * ACCT_KEY_BYTES + 1];
    int ok;
    size_t i;

    for (i = 0; i < 2 * count; i++) {
        text[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] | 0x20
                                                        : hex[i]);
    }
    text[2 * count] = '\0';
    ok = acct_hex_read(bytes, text, count);
    OPENSSL_cleanse(text, sizeof(text));
    return ok;
}

/* A key file's whole content to a key. */
static int decode_key(acct_key_t *key, const unsigned char *text,
                      size_t length)
{
    if (length == ACCT_KEY_BYTES) {
        memcpy(key->bytes, text, ACCT_KEY_BYTES);
        return 1;
    }
    if (length > KEY_HEX && text[length - 1] == '\n') {
        length--;
        if (length > KEY_HEX && text[length - 1] == '\r') {
            length--;
        }
    }
    return length == KEY_HEX
           && from_hex(key->bytes, text, ACCT_KEY_BYTES);
}

/* Errors of the system: the errno as a status, and a sentence with it. */
static apr_status_t system_error(const char *path, const char *what,
                                 const char *remedy, apr_pool_t *pool,
                                 const char **error)
{
    apr_status_t status = APR_FROM_OS_ERROR(errno);
    char reason[120];

    *error = apr_psprintf(pool, "%s: %s: %s%s", path, what,
                          apr_strerror(status, reason, sizeof(reason)),
                          remedy);
    return status;
}

static apr_status_t open_key_file(const char *path, int *fd,
                                  apr_pool_t *pool, const char **error)
{
    struct stat is;

    /* Not to hang on a FIFO. A symbolic link is an operator's good right:
     * what counts is the file behind it. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0) {
        return system_error(path, "cannot open the key file",
                            errno == ENOENT
                            ? "; put its copy back (acctauth init makes a "
                              "key together with a new database)" : "",
                            pool, error);
    }
    if (fstat(*fd, &is) != 0) {
        return system_error(path, "cannot look at the key file", "", pool,
                            error);
    }
    if (!S_ISREG(is.st_mode)) {
        *error = apr_psprintf(pool, "%s: the key file is not a regular file",
                              path);
        return APR_EINVAL;
    }
    if ((is.st_mode & 077) != 0) {
        *error = apr_psprintf(pool, "%s: the key file has mode %04o: others "
                              "than its owner can use it; say: chmod 600 %s",
                              path, (unsigned int)(is.st_mode & 07777), path);
        return APR_EACCES;
    }
    return APR_SUCCESS;
}

/* Up to size bytes of a file; -1 and errno on an error. */
static ssize_t read_all(int fd, unsigned char *buffer, size_t size)
{
    size_t done = 0;
    ssize_t got;

    while (done < size) {
        got = read(fd, buffer + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return (ssize_t)done;
}

apr_status_t acct_key_read(const char *path, const acct_key_t **key,
                           apr_pool_t *pool, const char **error)
{
    unsigned char text[KEY_HEX + 3]; /* one more than can be */
    acct_key_t *made;
    ssize_t length;
    apr_status_t status;
    int fd = -1;

    if ((status = open_key_file(path, &fd, pool, error)) != APR_SUCCESS) {
        goto leave;
    }
    if ((length = read_all(fd, text, sizeof(text))) < 0) {
        status = system_error(path, "cannot read the key file", "", pool,
                              error);
        goto leave;
    }
    made = make_key(pool);
    if (!decode_key(made, text, (size_t)length)) {
        *error = apr_psprintf(pool, "%s: a key file is 64 hex digits and a "
                              "line end, or 32 bytes; this one is neither. "
                              "Restore it from a backup, or move it away "
                              "and make a new one with: acctauth init", path);
        status = APR_EINVAL;
        goto leave;
    }
    if ((status = derive(made, path, pool, error)) == APR_SUCCESS) {
        *key = made;
    }

leave:
    OPENSSL_cleanse(text, sizeof(text));
    if (fd >= 0) {
        close(fd);              /* only read from: nothing can be lost */
    }
    return status;
}

static int write_all(int fd, const char *text, size_t length)
{
    ssize_t put;

    while (length > 0) {
        put = write(fd, text, length);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return 0;
        }
        text += put;
        length -= (size_t)put;
    }
    return 1;
}

apr_status_t acct_key_write(int fd, const char *path, const acct_key_t **key,
                            apr_pool_t *pool, const char **error)
{
    acct_key_t *made = make_key(pool);
    char text[KEY_HEX + 2];
    apr_status_t status;

    if (RAND_priv_bytes(made->bytes, ACCT_KEY_BYTES) != 1) {
        *error = apr_psprintf(pool, "%s: no key made: OpenSSL's random "
                              "generator failed", path);
        return APR_EGENERAL;
    }
    acct_hex_write(text, made->bytes, ACCT_KEY_BYTES);
    text[KEY_HEX] = '\n';
    status = write_all(fd, text, KEY_HEX + 1) && fsync(fd) == 0
        ? derive(made, path, pool, error)
        : system_error(path, "cannot write the key file", "", pool, error);
    OPENSSL_cleanse(text, sizeof(text));
    if (status == APR_SUCCESS) {
        *key = made;
    }
    return status;
}
