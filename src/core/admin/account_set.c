/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator changes of an account, and asks; see admin/admin.h. */
#include "admin/admin.h"

#include <apr_strings.h>

#include "credential/admission.h"
#include "credential/issue.h"
#include "admin/account_check.h"
#include "cache/cache.h"
#include "database/unit.h"
#include "tables/links.h"
#include "tables/name_holds.h"
#include "text/identifier.h"

/* ---- the members of an account ---- */

typedef struct set_t {
    const acct_service_t *service;
    apr_int64_t id;
    const acct_account_set_t *set;
    acct_account_t wanted;      /* what is said of it, with the keys */
    acct_account_t account;     /* as it is */
    const char *problem;        /* out */
} set_t;

static int is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static const char *check(set_t *work, apr_pool_t *pool)
{
    const acct_account_set_t *set = work->set;
    acct_account_t *wanted = &work->wanted;
    const char *problem = NULL;

    *wanted = (acct_account_t){
        .username = set->username, .email = set->email,
        .first_name = set->first_name, .last_name = set->last_name
    };
    if (is_given(set->username)) {
        problem = acct_account_check_username(wanted, pool);
    }
    if (problem == NULL && is_given(set->email)) {
        problem = acct_account_check_email(wanted, pool);
    }
    return problem != NULL ? problem
                           : acct_account_check_names(wanted, pool);
}

static apr_status_t set_username(acct_db_t *db, set_t *work,
                                 apr_pool_t *pool)
{
    const acct_account_t *wanted = &work->wanted;
    int is_none = !is_given(work->set->username);
    apr_status_t status;

    if (work->set->username == NULL) {
        return APR_SUCCESS;
    }
    status = acct_name_change(work->service, db, &work->account,
                              is_none ? NULL : wanted->username_key,
                              work->account.email_key, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_username(
            db, work->id, is_none ? NULL : wanted->username,
            is_none ? NULL : wanted->username_key, pool);
    }
    if (APR_STATUS_IS_EEXIST(status)) {
        work->problem = "the username is taken, or held";
    }
    work->account.username_key = is_none ? NULL : wanted->username_key;
    return status;
}

static apr_status_t set_email(acct_db_t *db, set_t *work, apr_pool_t *pool)
{
    const acct_account_t *wanted = &work->wanted;
    int is_none = !is_given(work->set->email);
    apr_time_t verified_at = is_none || work->set->is_verified == 0
        ? 0 : apr_time_now();
    apr_status_t status;

    if (work->set->email == NULL) {
        return APR_SUCCESS;
    }
    status = acct_name_change(work->service, db, &work->account,
                              work->account.username_key,
                              is_none ? NULL : wanted->email_key, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_account_set_email(
            db, work->id, is_none ? NULL : wanted->email,
            is_none ? NULL : wanted->email_key, verified_at, pool);
    }
    if (APR_STATUS_IS_EEXIST(status)) {
        work->problem = "the email address is taken, or held";
    }
    if (status == APR_SUCCESS) {
        status = acct_store_link_delete(db, work->id, NULL, NULL, pool);
    }
    work->account.email_key = is_none ? NULL : wanted->email_key;
    return status;
}

static apr_status_t set_verified(acct_db_t *db, set_t *work,
                                 apr_pool_t *pool)
{
    if (work->set->is_verified < 0 || work->set->email != NULL) {
        return APR_SUCCESS;
    }
    if (work->account.email_key == NULL) {
        work->problem = "the account has no email address";
        return APR_EINVAL;
    }
    return acct_store_account_set_verified(
        db, work->id, work->account.email_key,
        work->set->is_verified ? apr_time_now() : 0, pool);
}

static apr_status_t set_rest(acct_db_t *db, set_t *work, apr_pool_t *pool)
{
    const acct_account_set_t *set = work->set;
    apr_status_t status = APR_SUCCESS;

    if (set->first_name != NULL || set->last_name != NULL) {
        status = acct_store_account_set_names(
            db, work->id, set->first_name != NULL
            ? work->wanted.first_name : work->account.first_name,
            set->last_name != NULL
            ? work->wanted.last_name : work->account.last_name, pool);
    }
    if (status == APR_SUCCESS && set->is_staff >= 0) {
        status = acct_store_account_set_staff(db, work->id, set->is_staff,
                                              pool);
    }
    return status;
}

/* A name is given up only for another one, or for the address. */
static int is_left_nameless(const set_t *work)
{
    const acct_account_set_t *set = work->set;

    return (set->username != NULL ? !is_given(set->username)
                                  : work->account.username == NULL)
        && (set->email != NULL ? !is_given(set->email)
                               : work->account.email == NULL);
}

/* What servers know of its tokens is what they must forget: name, address,
 * whether it is staff. */
static apr_status_t apply_set(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    set_t *work = baton;
    apr_status_t status;

    work->problem = NULL;
    status = acct_store_account_lock(db, work->id, &work->account, pool);
    if (status == APR_SUCCESS && is_left_nameless(work)) {
        work->problem = "an account needs a username or an email address";
        status = APR_EINVAL;
    }
    if (status == APR_SUCCESS) {
        status = set_username(db, work, pool);
    }
    if (status == APR_SUCCESS) {
        status = set_email(db, work, pool);
    }
    if (status == APR_SUCCESS) {
        status = set_verified(db, work, pool);
    }
    if (status == APR_SUCCESS) {
        status = set_rest(db, work, pool);
    }
    return status == APR_SUCCESS
        ? acct_store_revocation_insert(db, work->id, pool) : status;
}

/* Which members were set, by their names, for an audit log. */
static const char *members_of(const acct_account_set_t *set,
                              apr_pool_t *pool)
{
    const char *all = apr_pstrcat(
        pool, set->username != NULL ? ",username" : "",
        set->email != NULL ? ",email" : "",
        set->first_name != NULL ? ",first_name" : "",
        set->last_name != NULL ? ",last_name" : "",
        set->is_staff < 0 ? "" : set->is_staff ? ",staff" : ",no-staff",
        set->is_verified < 0 ? ""
        : set->is_verified ? ",verified" : ",unverified", NULL);

    return all[0] == ',' ? all + 1 : NULL;
}

apr_status_t acct_account_set(const acct_service_t *service,
                              apr_int64_t account,
                              const acct_account_set_t *set,
                              const char **problem, apr_pool_t *pool)
{
    set_t work = { .service = service, .id = account, .set = set };
    acct_event_t event = {
        .kind = ACCT_EVENT_ACCOUNT_SET, .account = account,
        .detail = members_of(set, pool)
    };
    apr_status_t status;

    *problem = check(&work, pool);
    if (*problem != NULL) {
        return APR_EINVAL;
    }
    status = acct_transaction_run(service, apply_set, &work, pool);
    *problem = work.problem;
    if (status == APR_SUCCESS || status == ACCT_COMMIT_UNKNOWN) {
        acct_service_revoked(service, account);
    }
    acct_admin_tell(service, &event, status);
    return status;
}

/* ---- states ---- */

static apr_status_t apply_activate(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    set_t *work = baton;
    apr_status_t status;

    status = acct_store_account_lock(db, work->id, &work->account, pool);
    if (status == APR_SUCCESS
        && acct_account_state(&work->account) != ACCT_STATE_PENDING) {
        return APR_EINVAL;
    }
    return status == APR_SUCCESS
        ? acct_store_account_activate(db, work->id, pool) : status;
}

apr_status_t acct_account_activate(const acct_service_t *service,
                                   apr_int64_t account, apr_pool_t *pool)
{
    set_t work = { .service = service, .id = account };
    acct_event_t event = {
        .kind = ACCT_EVENT_ACCOUNT_ACTIVATED, .account = account
    };
    apr_status_t status = acct_transaction_run(service, apply_activate, &work,
                                               pool);

    acct_admin_tell(service, &event, status);
    return status;
}

static apr_status_t verify_all(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    return acct_store_verify_all(db, apr_time_now(), baton, pool);
}

apr_status_t acct_account_verify_all(const acct_service_t *service,
                                     apr_int64_t *count, apr_pool_t *pool)
{
    acct_event_t event = {
        .kind = ACCT_EVENT_ACCOUNT_SET, .detail = "verified"
    };
    apr_status_t status = acct_transaction_run(service, verify_all, count,
                                               pool);

    acct_admin_tell(service, &event, status);
    return status;
}

/* ---- names ---- */

static apr_status_t release(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    const char *const *keys = baton;
    int freed = 0;
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < 2 && status == APR_SUCCESS && freed == 0; i++) {
        if (keys[i] != NULL) {
            status = acct_store_name_hold_delete(db, keys[i], &freed, pool);
        }
    }
    return status == APR_SUCCESS && freed == 0 ? APR_NOTFOUND : status;
}

apr_status_t acct_account_release(const acct_service_t *service,
                                  const char *name, apr_pool_t *pool)
{
    const char *keys[2] = { NULL, NULL };
    const char *normal;
    acct_event_t event = { .kind = ACCT_EVENT_NAME_RELEASED };
    apr_status_t status;

    if (acct_username_normalize(name, &normal, pool) != APR_SUCCESS
        || acct_username_key(normal, &keys[0], pool) != APR_SUCCESS) {
        keys[0] = NULL;
    }
    if (acct_email_key(acct_trim(name, pool), &keys[1], pool)
        != APR_SUCCESS) {
        keys[1] = NULL;
    }
    status = acct_transaction_run(service, release, keys, pool);
    acct_admin_tell(service, &event, status);
    return status;
}

/* ---- passwords ---- */

apr_status_t acct_account_verify_password(const acct_service_t *service,
                                          const acct_account_t *account,
                                          const char *password, int *is_right,
                                          apr_pool_t *pool)
{
    acct_hash_t hash = {
        .service = service, .pool = pool, .password = password,
        .stored = account->password
    };

    *is_right = 0;
    acct_do_compare(&hash);
    if (hash.verdict == ACCT_PASSWORD_FAILED) {
        return APR_ENOMEM;
    }
    *is_right = hash.verdict == ACCT_PASSWORD_MATCH;
    return hash.verdict == ACCT_PASSWORD_UNUSABLE ? APR_EINVAL : APR_SUCCESS;
}
