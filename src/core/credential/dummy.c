/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/dummy.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/hex.h"
#include "base/own_pool.h"
#include "base/ticks.h"
#include "database/unit.h"
#include "password/password_mix.h"
#include "store/store.h"

#define KEY_ROW "name_mix_key"  /* of meta: the key in hex digits */
#define KEY_HEX (2 * ACCT_MIX_KEY_BYTES)

/* A mix with its key, in a pool of its own: by its own allocator, so that
 * any thread may make and destroy it. */
typedef struct reading_t {
    apr_pool_t *pool;
    acct_password_mix_t *mix;
    unsigned char key[ACCT_MIX_KEY_BYTES];
} reading_t;

struct acct_dummies_t {
    apr_thread_mutex_t *lock;   /* for what follows */
    reading_t *reading;         /* the last one; NULL: none yet */
    apr_interval_time_t read_at;    /* ticks: when one was begun */
    int is_read;                /* a thread reads another just now */
};

/* -------------------------------------------------------------- reading */

static void forget(reading_t *reading)
{
    if (reading != NULL) {
        OPENSSL_cleanse(reading->key, sizeof(reading->key));
        apr_pool_destroy(reading->pool);
    }
}

static reading_t *make_reading(void)
{
    reading_t *reading;
    apr_pool_t *pool;

    if (acct_own_pool(&pool) != APR_SUCCESS) {
        return NULL;
    }
    reading = apr_pcalloc(pool, sizeof(*reading));
    reading->pool = pool;
    reading->mix = acct_password_mix_make(pool);
    return reading;
}

static apr_status_t take_key(const char *text, reading_t *reading)
{
    return strlen(text) == KEY_HEX
        && acct_hex_read(reading->key, text, ACCT_MIX_KEY_BYTES)
        ? APR_SUCCESS : APR_EGENERAL;
}

/* In a transaction: the key that was made first. */
static apr_status_t make_key(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    unsigned char key[ACCT_MIX_KEY_BYTES];
    char digits[KEY_HEX + 1];
    const char *text;
    apr_status_t status;

    if (RAND_priv_bytes(key, sizeof(key)) != 1) {
        return APR_EGENERAL;
    }
    acct_hex_write(digits, key, sizeof(key));
    OPENSSL_cleanse(key, sizeof(key));
    status = acct_store_meta_add(db, KEY_ROW, digits, pool);
    OPENSSL_cleanse(digits, sizeof(digits));
    if (status == APR_SUCCESS) {
        status = acct_store_meta_get(db, KEY_ROW, &text, pool);
    }
    return status == APR_SUCCESS ? take_key(text, baton) : status;
}

static void count_all(reading_t *reading, const apr_array_header_t *hashes)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, hashes->pool);
    for (int i = 0; i < hashes->nelts; i++) {
        /* a copy of ours, and of no further use */
        char *stored = APR_ARRAY_IDX(hashes, i, char *);

        acct_password_mix_count(reading->mix, stored, scratch);
        OPENSSL_cleanse(stored, strlen(stored));
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    acct_password_mix_settle(reading->mix);
}

/* APR_NOTFOUND: there is no key yet. */
static apr_status_t read_all(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    reading_t *reading = baton;
    apr_array_header_t *hashes;
    const char *text;
    apr_status_t status = acct_store_meta_get(db, KEY_ROW, &text, pool);

    if (status == APR_SUCCESS) {
        status = take_key(text, reading);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_password_sample(db, &hashes, pool);
    }
    if (status == APR_SUCCESS) {
        count_all(reading, hashes);
    }
    return status;
}

static apr_status_t read_anew(const acct_service_t *service,
                              reading_t **reading, apr_pool_t *pool)
{
    reading_t *made = make_reading();
    apr_status_t status;

    if (made == NULL) {
        return APR_ENOMEM;
    }
    status = acct_unit_run(service, ACCT_UNIT_READ, read_all, made, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        status = acct_transaction_run(service, make_key, made, pool);
        if (status == APR_SUCCESS) {
            status = acct_unit_run(service, ACCT_UNIT_READ, read_all, made,
                                   pool);
        }
    }
    if (status != APR_SUCCESS) {
        forget(made);
        return status;
    }
    *reading = made;
    return APR_SUCCESS;
}

/* --------------------------------------------------------------- shared */

static apr_status_t end(void *data)
{
    acct_dummies_t *dummies = data;

    forget(dummies->reading);
    dummies->reading = NULL;
    return APR_SUCCESS;
}

apr_status_t acct_dummies_make(acct_dummies_t **dummies, apr_pool_t *pool)
{
    acct_dummies_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t status;

    status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT,
                                     pool);
    if (status == APR_SUCCESS) {
        apr_pool_cleanup_register(pool, made, end, apr_pool_cleanup_null);
        *dummies = made;
    }
    return status;
}

/* With the lock held: put a new reading in the place of the old. */
static void replace(acct_dummies_t *dummies, reading_t *reading)
{
    forget(dummies->reading);
    dummies->reading = reading;
}

/*
 * With the lock held, also when it returns. All threads wait for the first
 * reading, since without one there is no dummy that shows nothing. Later ones
 * are made by one thread, and the others go on with the last; so they do when
 * it fails.
 */
static apr_status_t refresh(const acct_service_t *service,
                            apr_pool_t *pool)
{
    acct_dummies_t *dummies = service->dummies;
    reading_t *reading = NULL;
    apr_interval_time_t now = acct_ticks();
    apr_status_t status;

    if (dummies->reading == NULL) {
        status = read_anew(service, &reading, pool);
        if (status == APR_SUCCESS) {
            dummies->read_at = now;
            replace(dummies, reading);
        }
        return status;
    }
    if (dummies->is_read || now - dummies->read_at < ACCT_DUMMIES_AGE) {
        return APR_SUCCESS;
    }
    dummies->is_read = 1;
    dummies->read_at = now;
    apr_thread_mutex_unlock(dummies->lock);
    status = read_anew(service, &reading, pool);
    apr_thread_mutex_lock(dummies->lock);
    dummies->is_read = 0;
    if (status == APR_SUCCESS) {
        replace(dummies, reading);
    }
    return APR_SUCCESS;
}

apr_status_t acct_dummy_for(const acct_service_t *service, const char *name,
                            const char **dummy, apr_pool_t *pool)
{
    acct_dummies_t *dummies = service->dummies;
    const char *chosen = NULL;
    apr_status_t status;

    *dummy = service->dummy;
    if (dummies == NULL) {
        return APR_SUCCESS;
    }
    apr_thread_mutex_lock(dummies->lock);
    status = refresh(service, pool);
    if (status == APR_SUCCESS) {
        status = acct_password_mix_choose(dummies->reading->mix,
                                          dummies->reading->key,
                                          name != NULL ? name : "", &chosen,
                                          pool);
    }
    if (chosen != NULL) {
        *dummy = apr_pstrdup(pool, chosen);
    }
    apr_thread_mutex_unlock(dummies->lock);
    return status;
}

apr_status_t acct_names_key(const acct_service_t *service,
                            unsigned char key[ACCT_NAMES_KEY_BYTES],
                            apr_pool_t *pool)
{
    acct_dummies_t *dummies = service->dummies;
    apr_status_t status;

    memset(key, 0, ACCT_NAMES_KEY_BYTES);
    if (dummies == NULL) {
        return APR_SUCCESS;
    }
    apr_thread_mutex_lock(dummies->lock);
    status = refresh(service, pool);
    if (status == APR_SUCCESS) {
        memcpy(key, dummies->reading->key, ACCT_NAMES_KEY_BYTES);
    }
    apr_thread_mutex_unlock(dummies->lock);
    return status;
}

apr_status_t acct_names_limit_key(acct_db_t *db, acct_limit_key_t *key,
                                  apr_pool_t *pool)
{
    reading_t reading;
    const char *text;
    apr_status_t status = acct_store_meta_get(db, KEY_ROW, &text, pool);

    if (status == APR_SUCCESS) {
        status = take_key(text, &reading);
    }
    if (status == APR_SUCCESS) {
        status = acct_limit_key_make(key, reading.key, sizeof(reading.key));
        OPENSSL_cleanse(reading.key, sizeof(reading.key));
    }
    return status;
}
