/* SPDX-License-Identifier: Apache-2.0 */
#include "token/foreign.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"
#include "base/ticks.h"
#include "cache/cache.h"
#include "database/unit.h"
#include "token/check_row.h"
#include "token/token.h"

#define ROW "token_forms"

#define SHA512_BYTES 64

/* Characters of a token that a salted row is found by. */
#define KEY_CHARS 8

/* Bytes of a salt: 8 are made there. */
#define SALT_MAX 64

/* Longer ones no system made. */
#define TEXT_MAX 1024

/* ---- digests of a presented text ---- */

typedef struct asked_t {
    const char *text;
    const char *bare;           /* behind ID|, or the text */
    const char *number;         /* ID; NULL: there is none */
    int is_hex;                 /* an even number of digits, in any case */
    int is_lower;               /* without capital letters among them */
    unsigned char *bytes;       /* that they stand for; secret */
    size_t count;
    char by_bytes[ACCT_FOREIGN_CHARS + 1];
    char by_text[ACCT_FOREIGN_CHARS + 1];
    char by_bare[ACCT_DIGEST_HEX + 1];
} asked_t;

static apr_status_t wipe(void *data)
{
    asked_t *asked = data;

    OPENSSL_cleanse(asked->bytes, asked->count);
    return APR_SUCCESS;
}

static int sha512(const void *data, size_t length,
                  char digits[ACCT_FOREIGN_CHARS + 1])
{
    unsigned char digest[SHA512_BYTES];
    unsigned int size = 0;
    int ok = EVP_Digest(data, length, digest, &size, EVP_sha512(), NULL) == 1
        && size == SHA512_BYTES;

    if (ok) {
        acct_hex_write(digits, digest, SHA512_BYTES);
    }
    return ok;
}

/* Hex in either case, as those systems read it. */
static void read_hex(asked_t *asked, size_t length, apr_pool_t *pool)
{
    char *lower = apr_pstrmemdup(pool, asked->text, length);
    size_t i;

    asked->is_lower = 1;
    for (i = 0; i < length; i++) {
        if (lower[i] >= 'A' && lower[i] <= 'F') {
            lower[i] = (char)(lower[i] | 0x20);
            asked->is_lower = 0;
        }
    }
    asked->count = length / 2;
    asked->bytes = apr_palloc(pool, asked->count + 1);
    asked->is_hex = length > 0 && length % 2 == 0
        && acct_hex_read(asked->bytes, lower, asked->count);
    OPENSSL_cleanse(lower, length);
}

/* "17|rest" */
static void read_number(asked_t *asked, apr_pool_t *pool)
{
    size_t digits = strspn(asked->text, "0123456789");

    asked->bare = asked->text;
    if (digits > 0 && asked->text[digits] == '|') {
        asked->number = apr_pstrmemdup(pool, asked->text, digits);
        asked->bare = asked->text + digits + 1;
    }
}

static int digest_all(asked_t *asked, const char *digest)
{
    size_t length = strlen(asked->text);

    if (asked->number == NULL) {
        memcpy(asked->by_bare, digest, sizeof(asked->by_bare));
    }
    else if (acct_token_digest(asked->bare, asked->by_bare) != APR_SUCCESS) {
        return 0;
    }
    return sha512(asked->text, length, asked->by_text)
        && (!asked->is_hex
            || sha512(asked->bytes, asked->count, asked->by_bytes));
}

/* ---- which row it is ---- */

static int is_equal(const char *stored, const char *digits)
{
    return stored != NULL && strlen(stored) == ACCT_FOREIGN_CHARS
        && CRYPTO_memcmp(stored, digits, ACCT_FOREIGN_CHARS) == 0;
}

static int is_salted(const asked_t *asked, const acct_foreign_row_t *row,
                     apr_pool_t *pool)
{
    size_t salt = row->salt != NULL ? strlen(row->salt) : 0;
    unsigned char *all;
    char digits[ACCT_FOREIGN_CHARS + 1];
    int same;

    if (!asked->is_hex || salt == 0 || salt % 2 != 0 || salt > SALT_MAX) {
        return 0;
    }
    all = apr_palloc(pool, asked->count + salt / 2);
    memcpy(all, asked->bytes, asked->count);
    same = acct_hex_read(all + asked->count, row->salt, salt / 2)
        && sha512(all, asked->count + salt / 2, digits)
        && is_equal(row->digest, digits);
    OPENSSL_cleanse(all, asked->count + salt / 2);
    return same;
}

static int is_numbered(const asked_t *asked, const acct_foreign_row_t *row)
{
    return acct_token_digest_equal(row->token.digest, asked->by_bare)
        && (asked->number == NULL
            || (row->key != NULL && strcmp(row->key, asked->number) == 0));
}

static int is_the_row(const asked_t *asked, const acct_foreign_row_t *row,
                      apr_pool_t *pool)
{
    switch (row->form) {
    case ACCT_FORM_KNOX_SALTED:
        return is_salted(asked, row, pool);
    case ACCT_FORM_KNOX_BYTES:
        return asked->is_hex && is_equal(row->digest, asked->by_bytes);
    case ACCT_FORM_KNOX_TEXT:
        return is_equal(row->digest, asked->by_text);
    case ACCT_FORM_NUMBERED:
        return is_numbered(asked, row);
    default:
        return 0;
    }
}

/* Whether clients have the token in the spelling that was presented. */
static int is_adoptable(const asked_t *asked, acct_form_e form)
{
    return form == ACCT_FORM_KNOX_TEXT
        || (form == ACCT_FORM_NUMBERED ? asked->number != NULL
                                       : asked->is_lower);
}

typedef struct find_t {
    const asked_t *asked;
    acct_token_t *token;
    acct_account_t *account;
} find_t;

static apr_status_t find(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const find_t *what = baton;
    const asked_t *asked = what->asked;
    const char *half[ACCT_FOREIGN_DIGESTS] = {
        apr_pstrmemdup(pool, asked->by_text, ACCT_DIGEST_HEX),
        asked->is_hex ? apr_pstrmemdup(pool, asked->by_bytes, ACCT_DIGEST_HEX)
                      : NULL,
        asked->by_bare
    };
    const char *key = asked->is_hex && 2 * asked->count >= KEY_CHARS
        ? apr_pstrmemdup(pool, asked->text, KEY_CHARS) : NULL;
    apr_array_header_t *rows;
    apr_status_t status = acct_store_foreign_find(db, half, key, &rows, pool);

    for (int i = 0; status == APR_SUCCESS && i < rows->nelts; i++) {
        acct_foreign_row_t *row = &APR_ARRAY_IDX(rows, i, acct_foreign_row_t);

        if (is_the_row(asked, row, pool)) {
            *what->token = row->token;
            *what->account = row->account;
            what->token->is_adoptable = is_adoptable(asked, row->form);
            return APR_SUCCESS;
        }
    }
    return status == APR_SUCCESS ? APR_NOTFOUND : status;
}

/* Whether it is known now that there is none. */
static int are_none(const acct_service_t *service)
{
    apr_interval_time_t bound = service->revocation_bound;

    if (bound > ACCT_CHECK_BELIEVED) {
        bound = ACCT_CHECK_BELIEVED;
    }
    return service->cache != NULL
        && acct_cache_is_native(service->cache, service->cache_feed,
                                acct_ticks(), bound);
}

apr_status_t acct_foreign_look_up(const acct_service_t *service,
                                  const char *text, const char *digest,
                                  acct_token_t *token,
                                  acct_account_t *account, apr_pool_t *pool)
{
    size_t length = strlen(text);
    asked_t asked = { .text = text };
    find_t what = { &asked, token, account };
    apr_status_t status;

    if (length > TEXT_MAX || are_none(service)) {
        return APR_NOTFOUND;
    }
    read_hex(&asked, length, pool);
    read_number(&asked, pool);
    status = digest_all(&asked, digest)
        ? acct_unit_run(service, ACCT_UNIT_READ, find, &what, pool)
        : APR_EGENERAL;
    wipe(&asked);
    return status;
}

/* ---- the row of meta ---- */

apr_status_t acct_foreign_forms_read(acct_db_t *db, unsigned int *forms,
                                     apr_pool_t *pool)
{
    const char *text;
    apr_status_t status = acct_store_meta_get(db, ROW, &text, pool);

    *forms = 0;
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return APR_SUCCESS;
    }
    for (; status == APR_SUCCESS && *text != '\0'; text++) {
        /* a form that is not known here is one all the same */
        *forms |= apr_isdigit(*text) ? 1u << (*text - '0') : 0u;
    }
    return status;
}

apr_status_t acct_foreign_forms_write(acct_db_t *db, unsigned int forms,
                                      apr_pool_t *pool)
{
    const char *text = "";

    for (int form = 1; form < 10; form++) {
        if (forms & 1u << form) {
            text = apr_psprintf(pool, "%s%s%d", text, *text ? " " : "", form);
        }
    }
    return acct_store_meta_set(db, ROW, text, pool);
}

typedef struct admit_t {
    unsigned int forms;
    int is_new;                 /* out: one of them was not there */
} admit_t;

static apr_status_t admit(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    admit_t *wanted = baton;
    unsigned int forms;
    apr_status_t status = acct_foreign_forms_read(db, &forms, pool);

    wanted->is_new = (wanted->forms & ~forms) != 0;
    return status == APR_SUCCESS && wanted->is_new
        ? acct_foreign_forms_write(db, forms | wanted->forms, pool) : status;
}

apr_status_t acct_foreign_forms_admit(const acct_service_t *service,
                                      unsigned int forms, apr_pool_t *pool)
{
    admit_t wanted = { forms, 0 };
    apr_interval_time_t until;
    apr_status_t status = acct_transaction_run(service, admit, &wanted, pool);

    if (status == APR_SUCCESS && wanted.is_new) {
        until = acct_ticks() + ACCT_CHECK_WAIT;
        while (acct_ticks() < until) {  /* a signal ends a sleep */
            apr_sleep(until - acct_ticks());
        }
    }
    return status;
}

apr_status_t acct_foreign_forms_settle(acct_db_t *db, int *changed,
                                       apr_pool_t *pool)
{
    apr_int64_t count[ACCT_FORM__COUNT];
    apr_time_t used[ACCT_FORM__COUNT];
    unsigned int forms;
    unsigned int left = 0;
    apr_status_t status;

    *changed = 0;
    if ((status = acct_foreign_forms_read(db, &forms, pool)) != APR_SUCCESS
        || forms == 0
        || (status = acct_store_foreign_count(db, count, used, pool))
           != APR_SUCCESS) {
        return status;
    }
    for (int form = 1; form < ACCT_FORM__COUNT; form++) {
        left |= count[form] > 0 ? forms & 1u << form : 0u;
    }
    *changed = left != forms;
    return *changed ? acct_foreign_forms_write(db, left, pool) : APR_SUCCESS;
}
