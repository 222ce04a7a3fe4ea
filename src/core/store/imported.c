/* SPDX-License-Identifier: Apache-2.0 */
#include "store/imported.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/hex.h"
#include "store/drivers.h"

#define KEY_ROW "import_key"
#define ERASED "erased:"

apr_status_t acct_imported_erased_key(const char *key, const char *name,
                                      const char *source_key,
                                      const char **erased, apr_pool_t *pool)
{
    /* a NUL between them: no two pairs make one text */
    size_t size = strlen(name) + 1 + strlen(source_key);
    char *text = apr_palloc(pool, size + 1);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    memcpy(text, name, strlen(name) + 1);
    memcpy(text + strlen(name) + 1, source_key, strlen(source_key) + 1);
    if (HMAC(EVP_sha256(), key, (int)strlen(key), (unsigned char *)text, size,
             mac, &length) == NULL) {
        return APR_EGENERAL;
    }
    *erased = apr_pstrcat(pool, ERASED, acct_hex_text(mac, length, pool),
                          NULL);
    return APR_SUCCESS;
}

/* The tokens' rows go: their account is not made again. */
static apr_status_t erase_row(acct_db_t *db, const char *key,
                              const char *name, const char *source_key,
                              apr_pool_t *pool)
{
    const char *erased;
    apr_status_t rv = acct_imported_erased_key(key, name, source_key, &erased,
                                               pool);
    const acct_arg_t args[] = {
        ACCT_TEXT(rv == APR_SUCCESS ? erased : ""), ACCT_TEXT(name),
        ACCT_TEXT(source_key)
    };

    return rv == APR_SUCCESS
        ? ACCT_RUN(db, ACCT_SQL_IMPORTED_ERASE, args, NULL, pool) : rv;
}

apr_status_t acct_imported_erase(acct_db_t *db, apr_int64_t account,
                                 apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_INT(account) };
    const char *key;
    acct_rows_t rows;
    apr_status_t rv = ACCT_SELECT(db, ACCT_SQL_IMPORTED_OF, args, &rows,
                                  pool);

    if (rv != APR_SUCCESS || rows.count == 0) {
        return rv;
    }
    rv = acct_store_meta_get(db, KEY_ROW, &key, pool);
    for (int i = 0; rv == APR_SUCCESS && i < rows.count; i++) {
        acct_taker_t row = acct_take_row(&rows, i);
        const char *name = acct_take_text(&row);
        const char *source_key = acct_take_text(&row);

        rv = acct_taken(&row);
        if (rv == APR_SUCCESS) {
            rv = erase_row(db, key, name, source_key, pool);
        }
    }
    return rv == APR_SUCCESS
        ? ACCT_RUN(db, ACCT_SQL_IMPORTED_TOKENS_DELETE, args, NULL, pool)
        : rv;
}
