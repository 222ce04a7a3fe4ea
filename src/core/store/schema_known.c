/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas that were found right, by all there is to know of them: a database
 * with the same has the same tables and indexes and takes the same statements,
 * so that neither has to be found out again. See drivers.h.
 */
#include "store/drivers.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/evp.h>

static apr_status_t digest_rows(const acct_rows_t *rows, uint64_t *schema,
                                apr_pool_t *pool)
{
    unsigned char digest[32];
    const char *text;
    const char **part = apr_palloc(pool, sizeof(*part)
                                         * ((size_t)rows->count + 1));
    struct iovec *vector = apr_palloc(pool, sizeof(*vector)
                                            * ((size_t)rows->count + 1));

    for (int i = 0; i < rows->count; i++) {
        part[i] = rows->cell[i][0] ? rows->cell[i][0] : "";
        vector[i].iov_base = (void *)part[i];
        vector[i].iov_len = strlen(part[i]);
    }
    text = apr_pstrcatv(pool, vector, (apr_size_t)rows->count, NULL);
    if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL)
        != 1) {
        return APR_EGENERAL;
    }
    memcpy(schema, digest, sizeof(*schema));
    *schema |= 1;               /* 0: none */
    return APR_SUCCESS;
}

apr_status_t acct_schema_read(acct_db_t *db, uint64_t *schema,
                              apr_pool_t *pool)
{
    acct_rows_t rows;
    apr_status_t rv = acct_db_query(db, acct_store_driver_of(db)->whole_schema,
                                    &rows, pool);

    *schema = 0;
    return rv == APR_SUCCESS ? digest_rows(&rows, schema, pool) : rv;
}

int acct_schema_is_known(const acct_schemas_t *schemas, uint64_t schema)
{
    if (!schemas || schema == 0) {
        return 0;
    }
    for (int i = 0; i < ACCT_SCHEMAS_KEPT; i++) {
        /* relaxed, as below: a number that stands for itself */
        if (atomic_load_explicit(&schemas->schema[i], memory_order_relaxed)
            == schema) {
            return 1;
        }
    }
    return 0;
}

void acct_schema_keep(acct_schemas_t *schemas, uint64_t schema)
{
    unsigned int turn;

    if (schemas && schema != 0 && !acct_schema_is_known(schemas, schema)) {
        /* relaxed, both: a number that stands for itself, in any place */
        turn = atomic_fetch_add_explicit(&schemas->turn, 1,
                                         memory_order_relaxed);
        atomic_store_explicit(&schemas->schema[turn % ACCT_SCHEMAS_KEPT],
                              schema, memory_order_relaxed);
    }
}
