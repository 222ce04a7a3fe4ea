/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rekey.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "store/statements.h"
#include "text/identifier.h"

#define PAGE 1000               /* accounts in memory at once */

enum {
    READ_PAGE,
    SET_NAME_KEY,
    SET_ADDRESS_KEY,
    DROP_ADDRESS,
    STATEMENTS
};

static const acct_statement_t statements[STATEMENTS] = {
    [READ_PAGE] = { .label = "rekey_page", .sql =
        "SELECT id, created_at, username, username_key, email, email_key "
        "FROM account WHERE id > %lld ORDER BY id LIMIT %lld" },
    [SET_NAME_KEY] = { .label = "rekey_name", .sql =
        "UPDATE account SET username_key = %s WHERE id = %lld" },
    [SET_ADDRESS_KEY] = { .label = "rekey_address", .sql =
        "UPDATE account SET email_key = %s WHERE id = %lld" },
    [DROP_ADDRESS] = { .label = "rekey_drop", .sql =
        "UPDATE account SET email = NULL, email_key = NULL, "
        "username = COALESCE(username, %s), "
        "username_key = COALESCE(username_key, %s) WHERE id = %lld" }
};

/* What is gathered over all accounts. */
typedef struct gather_t {
    acct_rekey_t *rekey;
    apr_hash_t *clashes;        /* key to acct_clash_t: each key that some
                                 * account gets anew */
    apr_status_t (*see)(struct gather_t *gather, const acct_claim_t *claim,
                        const char *old);
    apr_pool_t *pool;
} gather_t;

/* ------------------------------------------------------------ reading */

/* One name or address of a row, if it has it. */
static apr_status_t see_claim(gather_t *gather, acct_claim_t *claim,
                              const char *old, apr_pool_t *scratch)
{
    apr_status_t status;

    if (claim->text == NULL || old == NULL) {
        return APR_SUCCESS;
    }
    status = claim->is_address
        ? acct_email_key(claim->text, &claim->key, scratch)
        : acct_username_key(claim->text, &claim->key, scratch);
    if (status == APR_EINVAL) {
        claim->key = old;       /* not UTF-8: no client can ask for it */
        status = APR_SUCCESS;
    }
    return status == APR_SUCCESS ? gather->see(gather, claim, old) : status;
}

static apr_status_t see_row(gather_t *gather, const acct_rows_t *rows, int i,
                            apr_int64_t *id, apr_pool_t *scratch)
{
    acct_taker_t row = acct_take_row(rows, i);
    acct_claim_t name = { 0 }, address = { 0 };
    const char *name_key, *address_key;
    apr_status_t status;

    *id = acct_take_number(&row, 1, APR_INT64_MAX);
    name.account = address.account = *id;
    name.created_at = address.created_at =
        acct_take_number(&row, 0, APR_INT64_MAX);
    name.text = acct_take_maybe(&row);
    name_key = acct_take_maybe(&row);
    address.text = acct_take_maybe(&row);
    address_key = acct_take_maybe(&row);
    address.is_address = 1;
    status = acct_taken(&row);
    if (status == APR_SUCCESS) {
        status = see_claim(gather, &name, name_key, scratch);
    }
    if (status == APR_SUCCESS) {
        status = see_claim(gather, &address, address_key, scratch);
    }
    return status;
}

static apr_status_t see_all(acct_db_t *db, gather_t *gather)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *scratch;
    apr_int64_t id = 0;
    int full = 1;

    apr_pool_create(&scratch, gather->pool);
    while (status == APR_SUCCESS && full) {
        const acct_arg_t args[] = { ACCT_INT(id), ACCT_INT(PAGE) };
        acct_rows_t rows;

        status = ACCT_SELECT(db, READ_PAGE, args, &rows, scratch);
        for (int i = 0; status == APR_SUCCESS && i < rows.count; i++) {
            status = see_row(gather, &rows, i, &id, scratch);
        }
        full = rows.count == PAGE;
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return status;
}

/* ----------------------------------------------------------- what clashes */

static acct_claim_t *keep(const acct_claim_t *claim, apr_pool_t *pool)
{
    acct_claim_t *kept = apr_pmemdup(pool, claim, sizeof(*claim));

    kept->text = apr_pstrdup(pool, claim->text);
    kept->key = apr_pstrdup(pool, claim->key);
    return kept;
}

/* First round: what changes. */
static apr_status_t see_change(gather_t *gather, const acct_claim_t *claim,
                               const char *old)
{
    acct_clash_t *clash;
    acct_claim_t *kept;

    if (strcmp(claim->key, old) == 0) {
        return APR_SUCCESS;
    }
    kept = keep(claim, gather->pool);
    APR_ARRAY_PUSH(gather->rekey->changes, acct_claim_t *) = kept;
    clash = apr_hash_get(gather->clashes, kept->key, APR_HASH_KEY_STRING);
    if (clash == NULL) {
        clash = apr_pcalloc(gather->pool, sizeof(*clash));
        clash->key = kept->key;
        clash->claims = apr_array_make(gather->pool, 1, sizeof(kept));
        apr_hash_set(gather->clashes, clash->key, APR_HASH_KEY_STRING,
                     clash);
    }
    APR_ARRAY_PUSH(clash->claims, acct_claim_t *) = kept;
    return APR_SUCCESS;
}

/* Second round: which accounts have had one of these keys before. */
static apr_status_t see_holder(gather_t *gather, const acct_claim_t *claim,
                               const char *old)
{
    acct_clash_t *clash = apr_hash_get(gather->clashes, claim->key,
                                       APR_HASH_KEY_STRING);

    if (clash != NULL && strcmp(claim->key, old) == 0) {
        APR_ARRAY_PUSH(clash->claims, acct_claim_t *) =
            keep(claim, gather->pool);
    }
    return APR_SUCCESS;
}

static int compare_ages(const acct_claim_t *one, const acct_claim_t *other)
{
    if (one->created_at != other->created_at) {
        return one->created_at < other->created_at ? -1 : 1;
    }
    if (one->account != other->account) {
        return one->account < other->account ? -1 : 1;
    }
    return one->is_address - other->is_address;
}

static int by_age(const void *a, const void *b)
{
    acct_claim_t *const *one = a, *const *other = b;

    return compare_ages(*one, *other);
}

static int by_oldest(const void *a, const void *b)
{
    acct_clash_t *const *one = a, *const *other = b;

    return compare_ages(APR_ARRAY_IDX((*one)->claims, 0, acct_claim_t *),
                        APR_ARRAY_IDX((*other)->claims, 0, acct_claim_t *));
}

/* @return whether an account loses it to another: an account's own name
 * may be its own address */
static int settle(const acct_clash_t *clash)
{
    acct_claim_t **claims = (acct_claim_t **)clash->claims->elts;
    int lost = 0;

    qsort(claims, (size_t)clash->claims->nelts, sizeof(*claims), by_age);
    for (int i = 1; i < clash->claims->nelts; i++) {
        claims[i]->is_lost = claims[i]->account != claims[0]->account;
        lost |= claims[i]->is_lost;
    }
    return lost;
}

static void settle_all(const gather_t *gather)
{
    apr_array_header_t *clashes = gather->rekey->clashes;
    apr_hash_index_t *at;

    for (at = apr_hash_first(gather->pool, gather->clashes); at != NULL;
         at = apr_hash_next(at)) {
        acct_clash_t *clash = apr_hash_this_val(at);

        if (settle(clash)) {
            APR_ARRAY_PUSH(clashes, acct_clash_t *) = clash;
        }
    }
    qsort(clashes->elts, (size_t)clashes->nelts, sizeof(acct_clash_t *),
          by_oldest);
}

static apr_status_t prepare(acct_db_t *db, apr_pool_t *pool)
{
    const char *error;

    return acct_db_prepare(db, statements, STATEMENTS, pool, &error);
}

apr_status_t acct_store_rekey_plan(acct_db_t *db, acct_rekey_t *rekey,
                                   apr_pool_t *pool)
{
    gather_t gather = { rekey, apr_hash_make(pool), see_change, pool };
    apr_status_t status;

    rekey->changes = apr_array_make(pool, 16, sizeof(acct_claim_t *));
    rekey->clashes = apr_array_make(pool, 4, sizeof(acct_clash_t *));
    status = prepare(db, pool);
    if (status == APR_SUCCESS) {
        status = see_all(db, &gather);
    }
    if (status == APR_SUCCESS && rekey->changes->nelts > 0) {
        gather.see = see_holder;
        status = see_all(db, &gather);
    }
    if (status == APR_SUCCESS) {
        settle_all(&gather);
    }
    return status;
}

/* ------------------------------------------------------------- writing */

static apr_status_t set_key(acct_db_t *db, const acct_claim_t *claim,
                            const char *key, apr_pool_t *pool)
{
    const acct_arg_t args[] = { ACCT_TEXT(key), ACCT_INT(claim->account) };

    return ACCT_RUN_FOUND(db, claim->is_address ? SET_ADDRESS_KEY
                                                : SET_NAME_KEY, args, pool);
}

static const char *id_of(const acct_claim_t *claim, apr_pool_t *pool)
{
    return apr_psprintf(pool, "#%" APR_INT64_T_FMT, claim->account);
}

/* A key that no account has, which frees the one that it has. */
static apr_status_t set_aside(acct_db_t *db, const acct_claim_t *claim,
                              apr_pool_t *pool)
{
    return set_key(db, claim, id_of(claim, pool), pool);
}

static apr_status_t lose(acct_db_t *db, const acct_claim_t *claim,
                         apr_pool_t *pool)
{
    const char *id = id_of(claim, pool);
    const acct_arg_t args[] = { ACCT_TEXT(id), ACCT_TEXT(id),
                                ACCT_INT(claim->account) };

    if (!claim->is_lost) {
        return APR_SUCCESS;
    }
    return claim->is_address ? ACCT_RUN_FOUND(db, DROP_ADDRESS, args, pool)
                             : set_aside(db, claim, pool);
}

static apr_status_t set_new(acct_db_t *db, const acct_claim_t *claim,
                            apr_pool_t *pool)
{
    return claim->is_lost ? APR_SUCCESS
                          : set_key(db, claim, claim->key, pool);
}

typedef apr_status_t (*step_fn)(acct_db_t *db, const acct_claim_t *claim,
                                apr_pool_t *pool);

static apr_status_t for_each(acct_db_t *db, const apr_array_header_t *claims,
                             step_fn step, apr_pool_t *pool)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (int i = 0; status == APR_SUCCESS && i < claims->nelts; i++) {
        status = step(db, APR_ARRAY_IDX(claims, i, acct_claim_t *), scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return status;
}

/* First no row has a key that another gets, then the accounts that lose it
 * have none, then the one that is left gets it: so no unique index is in the
 * way, in whatever order keys go from one to another. */
apr_status_t acct_store_rekey_apply(acct_db_t *db,
                                    const acct_rekey_t *rekey,
                                    apr_pool_t *pool)
{
    apr_status_t status = for_each(db, rekey->changes, set_aside, pool);

    for (int i = 0; status == APR_SUCCESS && i < rekey->clashes->nelts;
         i++) {
        status = for_each(db, APR_ARRAY_IDX(rekey->clashes, i,
                                            acct_clash_t *)->claims,
                          lose, pool);
    }
    return status != APR_SUCCESS ? status
        : for_each(db, rekey->changes, set_new, pool);
}
