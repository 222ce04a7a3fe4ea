/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "credential/admission.h"
#include "admin/account_check.h"
#include "cache/cache.h"
#include "database/unit.h"
#include "text/identifier.h"
#include "tables/links.h"
#include "tables/second_factors.h"
#include "password/password.h"

void acct_admin_tell(const acct_service_t *service, acct_event_t *event,
                     apr_status_t status)
{
    if (status == APR_SUCCESS || status == ACCT_COMMIT_UNKNOWN) {
        event->outcome = status == APR_SUCCESS ? ACCT_OK : ACCT_UNAVAILABLE;
        acct_raise(service, event);
    }
}

static apr_status_t insert(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_store_account_insert(db, baton, pool);
}

apr_status_t acct_account_add(const acct_service_t *service,
                              acct_account_t *account,
                              const char *password, const char **problem,
                              apr_pool_t *pool)
{
    acct_event_t event = { .kind = ACCT_EVENT_ACCOUNT_ADDED };
    int username_taken, email_taken;
    apr_status_t status;

    *problem = acct_account_check(account, pool);
    if (*problem == NULL) {
        *problem = acct_account_check_password(service, account, password,
                                                pool);
    }
    if (*problem != NULL) {
        return APR_EINVAL;
    }
    status = acct_password_hash(service->params, password,
                                &account->password, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    account->is_active = 1;
    account->created_at = apr_time_now();
    if (account->email == NULL) {
        account->email_verified_at = 0;
    }
    status = acct_transaction_run(service, insert, account, pool);
    event.account = account->id;
    acct_admin_tell(service, &event, status);
    if (APR_STATUS_IS_EEXIST(status)) {
        *problem = "the username or email address is taken, or held (see "
            "acctauth user release)";
        if (acct_names_taken(service, account, &username_taken, &email_taken,
                             pool) == APR_SUCCESS
            && username_taken != email_taken) {
            *problem = username_taken
                ? "the username is taken, or held (see acctauth user "
                  "release)"
                : "the email address is taken, or held (see acctauth user "
                  "release)";
        }
    }
    return status;
}

typedef struct find_t {
    const char *name;
    acct_account_t *account;
} find_t;

/* An id is written "#12", so that it is never taken for a username. */
static int parse_id(const char *name, apr_int64_t *id)
{
    char *end;

    if (name[0] != '#' || name[1] < '0' || name[1] > '9') {
        return 0;
    }
    errno = 0;
    *id = apr_strtoi64(name + 1, &end, 10);
    return errno == 0 && *end == '\0';
}

static apr_status_t find(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    find_t *what = baton;
    const char *name;
    const char *key;
    apr_status_t status = APR_NOTFOUND;
    apr_int64_t id;

    if (parse_id(what->name, &id)) {
        return acct_store_account_by_id(db, id, what->account, pool);
    }
    if (acct_username_normalize(what->name, &name, pool) == APR_SUCCESS
        && acct_username_key(name, &key, pool) == APR_SUCCESS) {
        status = acct_store_account_by_username(db, key, what->account,
                                                pool);
    }
    if (APR_STATUS_IS_NOTFOUND(status)
        && acct_email_key(acct_trim(what->name, pool), &key, pool)
           == APR_SUCCESS) {
        status = acct_store_account_by_email(db, key, what->account, pool);
    }
    return status;
}

apr_status_t acct_account_find(const acct_service_t *service,
                               const char *name, acct_account_t *account,
                               apr_pool_t *pool)
{
    find_t what = { name, account };

    return acct_unit_run(service, ACCT_UNIT_READ, find, &what, pool);
}

/* A change that ends tokens: what it does, then the tokens, then the note
 * that they were ended, all or nothing. Then it is told. */
typedef struct change_t {
    const acct_service_t *service;
    apr_int64_t account;
    apr_status_t (*apply)(acct_db_t *db, struct change_t *change,
                          apr_pool_t *pool);
    int active;                 /* set_blocked */
    const char *hash;           /* set_password */
    const char *token;          /* revoke: its id; NULL: all */
    int ends_tokens;
    int ended;                  /* out: how many tokens */
    acct_event_e event;         /* what it is in an audit log */
} change_t;

static apr_status_t run_change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    change_t *change = baton;
    apr_status_t status;

    status = change->apply(db, change, pool);
    if (status != APR_SUCCESS || !change->ends_tokens) {
        return status;
    }
    return acct_store_revocation_insert(db, change->account, pool);
}

static apr_status_t change_account(const acct_service_t *service,
                                   change_t *change, apr_pool_t *pool)
{
    acct_event_t event = { .kind = change->event,
                           .account = change->account };
    apr_status_t status;

    status = acct_transaction_run(service, run_change, change, pool);
    if (change->ends_tokens && !APR_STATUS_IS_NOTFOUND(status)) {
        acct_service_revoked(service, change->account);
    }
    event.token = change->token;
    event.tokens = change->ended;
    acct_admin_tell(service, &event, status);
    return status;
}

static apr_status_t end_tokens_and_links(acct_db_t *db, change_t *change,
                                         apr_pool_t *pool)
{
    apr_status_t status = acct_store_token_delete_all(db, change->account,
                                                      &change->ended, pool);

    return status == APR_SUCCESS
        ? acct_store_link_delete(db, change->account, NULL, NULL, pool)
        : status;
}

/* Nor does an account that is pending become active by being unblocked: it was
 * not blocked. */
static apr_status_t apply_active(acct_db_t *db, change_t *change,
                                 apr_pool_t *pool)
{
    acct_account_t account;
    apr_status_t status;

    status = acct_store_account_lock(db, change->account, &account, pool);
    if (status == APR_SUCCESS && change->active
        && acct_account_state(&account) == ACCT_STATE_PENDING) {
        return APR_EINVAL;
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_active(db, change->account,
                                               change->active, pool);
    }
    return status == APR_SUCCESS && change->ends_tokens
        ? end_tokens_and_links(db, change, pool) : status;
}

apr_status_t acct_account_set_blocked(const acct_service_t *service,
                                      apr_int64_t account, int blocked,
                                      apr_pool_t *pool)
{
    change_t change = {
        .service = service, .account = account,
        .apply = apply_active, .active = !blocked,
        .ends_tokens = blocked,
        .event = blocked ? ACCT_EVENT_ACCOUNT_BLOCKED
                         : ACCT_EVENT_ACCOUNT_UNBLOCKED
    };

    return change_account(service, &change, pool);
}

static apr_status_t apply_password(acct_db_t *db, change_t *change,
                                   apr_pool_t *pool)
{
    apr_status_t status;

    status = acct_store_account_change_password(db, change->account, NULL,
                                                change->hash, apr_time_now(),
                                                pool);
    return status == APR_SUCCESS ? end_tokens_and_links(db, change, pool)
                                 : status;
}

apr_status_t acct_account_set_password(const acct_service_t *service,
                                       const acct_account_t *account,
                                       const char *password,
                                       const char **problem,
                                       apr_pool_t *pool)
{
    change_t change = {
        .service = service, .account = account->id,
        .apply = apply_password, .ends_tokens = 1,
        .event = ACCT_EVENT_PASSWORD_SET
    };
    apr_status_t status;

    *problem = acct_account_check_password(service, account, password,
                                                pool);
    if (*problem != NULL) {
        return APR_EINVAL;
    }
    status = acct_password_hash(service->params, password, &change.hash,
                                pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    return change_account(service, &change, pool);
}

/* An owner who has lost the telephone may have lost it with tokens on it, and
 * cannot be signed in without asking: nothing that was signed in before goes
 * on. */
static apr_status_t apply_totp_reset(acct_db_t *db, change_t *change,
                                     apr_pool_t *pool)
{
    acct_account_t account;
    apr_status_t status;

    status = acct_store_account_lock(db, change->account, &account, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_store_totp_end(db, change->account, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return APR_EINVAL;
    }
    return status == APR_SUCCESS ? end_tokens_and_links(db, change, pool)
                                 : status;
}

apr_status_t acct_account_totp_reset(const acct_service_t *service,
                                     apr_int64_t account, apr_pool_t *pool)
{
    change_t change = {
        .service = service, .account = account,
        .apply = apply_totp_reset, .ends_tokens = 1,
        .event = ACCT_EVENT_TOTP_RESET
    };

    return change_account(service, &change, pool);
}

/* Its tokens, links and codes go with its row. */
static apr_status_t apply_delete(acct_db_t *db, change_t *change,
                                 apr_pool_t *pool)
{
    acct_account_t account;
    apr_status_t status;

    status = acct_store_account_lock(db, change->account, &account, pool);
    if (status == APR_SUCCESS) {
        status = acct_name_hold(change->service, db, &account, pool);
    }
    return status == APR_SUCCESS
        ? acct_store_account_delete(db, change->account, pool) : status;
}

apr_status_t acct_account_delete(const acct_service_t *service,
                                 apr_int64_t account, apr_pool_t *pool)
{
    change_t change = {
        .service = service, .account = account,
        .apply = apply_delete, .ends_tokens = 1,
        .event = ACCT_EVENT_ACCOUNT_DELETED
    };

    return change_account(service, &change, pool);
}

/* One token is only ended for the account it belongs to. */
static apr_status_t apply_revoke(acct_db_t *db, change_t *change,
                                 apr_pool_t *pool)
{
    acct_account_t account;
    apr_status_t status;

    /* first, as in everything that ends tokens; see sign_out() */
    status = acct_store_account_lock(db, change->account, &account, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (change->token == NULL) {
        return acct_store_token_delete_all(db, change->account,
                                           &change->ended, pool);
    }
    status = acct_store_token_delete_of(db, change->account, change->token,
                                        &change->ended, pool);
    return status == APR_SUCCESS && change->ended == 0 ? APR_NOTFOUND
                                                       : status;
}

apr_status_t acct_account_revoke(const acct_service_t *service,
                                 apr_int64_t account, const char *token_id,
                                 int *ended, apr_pool_t *pool)
{
    change_t change = {
        .service = service, .account = account,
        .apply = apply_revoke, .token = token_id,
        .ends_tokens = 1, .event = ACCT_EVENT_TOKEN_REVOKED
    };
    apr_status_t status = change_account(service, &change, pool);

    if (ended != NULL) {
        *ended = change.ended;
    }
    return status;
}

typedef struct everyone_t {
    apr_int64_t tokens;
    apr_int64_t accounts;
} everyone_t;

static apr_status_t revoke_everyone(acct_db_t *db, void *baton,
                                    apr_pool_t *pool)
{
    everyone_t *everyone = baton;

    return acct_store_revoke_everyone(db, &everyone->tokens,
                                      &everyone->accounts, pool);
}

apr_status_t acct_account_revoke_everyone(const acct_service_t *service,
                                          apr_int64_t *tokens,
                                          apr_int64_t *accounts,
                                          apr_pool_t *pool)
{
    acct_event_t event = { .kind = ACCT_EVENT_TOKEN_REVOKED };
    everyone_t everyone = { 0, 0 };
    apr_status_t status = acct_transaction_run(service, revoke_everyone,
                                               &everyone, pool);

    event.tokens = everyone.tokens;
    acct_admin_tell(service, &event, status);
    *tokens = everyone.tokens;
    *accounts = everyone.accounts;
    return status;
}
