/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor of a token's account: begun, confirmed, ended, and its
 * recovery codes; see account/account.h. */
#include "account/account.h"

#include <openssl/crypto.h>

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/reauthentication.h"
#include "credential/second_factor.h"
#include "database/unit.h"
#include "tables/second_factors.h"

/* What a transaction finds instead of what it needs. */
#define HAS_ONE (APR_OS_START_USERERR + 5)
#define HAS_NONE (APR_OS_START_USERERR + 6)

typedef struct enrolment_t {
    acct_reauthentication_t act;
    const char *sealed;         /* totp_begin: the new secret */
    const char *const *codes;   /* out: new recovery codes; NULL: none */
    int is_recovery;            /* out: a recovery code was used */
    acct_account_t *account;    /* out: as it is after the change */
} enrolment_t;

static enrolment_t *make(const acct_call_t *call)
{
    enrolment_t *work = apr_pcalloc(call->pool, sizeof(*work));

    work->account = apr_pcalloc(call->pool, sizeof(*work->account));
    return work;
}

/* ---- in one transaction ---- */

/* @param has_one whether the account needs to have a second factor */
static apr_status_t lock(const enrolment_t *work, acct_db_t *db, int has_one,
                         apr_pool_t *pool)
{
    apr_status_t status = acct_reauthentication_lock(&work->act, db,
                                                     work->account, pool);

    if (status != APR_SUCCESS || work->account->has_totp == has_one) {
        return status;
    }
    return has_one ? HAS_NONE : HAS_ONE;
}

/* The owner is told of a recovery code: it may be somebody else who found the
 * sheet of paper. */
static apr_status_t accept_factor(enrolment_t *work, acct_db_t *db,
                                  apr_pool_t *pool)
{
    const acct_call_t *call = work->act.call;
    apr_status_t status = acct_factor_accept(call, db, work->account->id,
                                             &work->is_recovery, pool);

    return status != APR_SUCCESS || !work->is_recovery ? status
        : acct_mail_notice(call, db, ACCT_MAIL_RECOVERY_CODE_USED,
                           work->account, NULL, NULL, pool);
}

static apr_status_t make_codes(enrolment_t *work, acct_db_t *db,
                               apr_pool_t *pool)
{
    return acct_factor_make_codes(db, work->account->id, &work->codes, pool);
}

static apr_status_t begin(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    enrolment_t *work = baton;
    apr_status_t status = lock(work, db, 0, pool);

    return status != APR_SUCCESS ? status
        : acct_store_totp_begin(db, work->account->id, work->sealed, pool);
}

static apr_status_t confirm(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    enrolment_t *work = baton;
    const acct_call_t *call = work->act.call;
    apr_status_t status = lock(work, db, 0, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = acct_factor_confirm(call, db, work->account->id, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return HAS_NONE;
    }
    work->account->has_totp = 1;
    return status == APR_SUCCESS && call->route->shows_codes
        ? make_codes(work, db, pool) : status;
}

static apr_status_t disable(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    enrolment_t *work = baton;
    apr_status_t status = lock(work, db, 1, pool);

    if (status == APR_SUCCESS) {
        status = accept_factor(work, db, pool);
    }
    work->account->has_totp = 0;
    return status != APR_SUCCESS ? status
        : acct_store_totp_end(db, work->account->id, pool);
}

static apr_status_t renew_codes(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    enrolment_t *work = baton;
    apr_status_t status = lock(work, db, 1, pool);

    if (status == APR_SUCCESS) {
        status = accept_factor(work, db, pool);
    }
    return status != APR_SUCCESS ? status : make_codes(work, db, pool);
}

/* ---- what came of it ---- */

static void tell(const enrolment_t *work, const char *what)
{
    const acct_call_t *call = work->act.call;

    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "%s: account %" APR_INT64_T_FMT, what, work->account->id);
    if (work->is_recovery) {
        acct_factor_tell_recovery(call, work->account->id);
    }
}

static void conclude(enrolment_t *work, const char *what, apr_status_t status)
{
    const acct_call_t *call = work->act.call;
    acct_result_t *result = call->result;

    if (status == HAS_ONE || status == HAS_NONE) {
        result->outcome = status == HAS_ONE ? ACCT_TOTP_ALREADY
                                            : ACCT_TOTP_ABSENT;
        return;
    }
    if (status == ACCT_FACTOR_WRONG) {
        acct_factor_refuse(call);
        acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
                 "authn_second_factor_fail: account %" APR_INT64_T_FMT,
                 work->act.account.id);
        return;
    }
    acct_reauthentication_end(&work->act, work->account, status);
    if (result->outcome == ACCT_OK) {
        result->recovery_codes = work->codes;
        result->codes_left = work->codes != NULL ? ACCT_RECOVERY_CODES : 0;
        tell(work, what);
    }
}

/* ---- the operations ---- */

/* The log has a line for the operator where the key file is away; where there
 * is none the site does not offer second factors. */
static const acct_key_t *key_of(const acct_call_t *call)
{
    const acct_service_t *service = call->service;

    if (service->key == NULL && service->key_is_away) {
        (void)acct_factor_without_key(service, call->pool);
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
    }
    else if (service->key == NULL) {
        call->result->outcome = ACCT_NOT_ENABLED;
    }
    return service->key;
}

static const char *name_of(const acct_account_t *account)
{
    return account->username != NULL ? account->username : account->email;
}

/* @return 0: the call has its outcome */
static int make_secret(enrolment_t *work)
{
    const acct_call_t *call = work->act.call;
    const acct_account_t *account = &work->act.account;
    const acct_key_t *key = key_of(call);
    acct_totp_secret_t secret;
    apr_status_t status;

    if (key == NULL) {
        return 0;
    }
    status = acct_totp_secret_make(&secret);
    if (status == APR_SUCCESS) {
        status = acct_totp_seal(key, account->id, &secret, &work->sealed,
                                call->pool);
        call->result->totp_secret = acct_totp_secret_text(&secret,
                                                          call->pool);
        call->result->totp_uri = acct_totp_uri(&secret,
                                               call->service->site_name,
                                               name_of(account), call->pool);
    }
    OPENSSL_cleanse(&secret, sizeof(secret));
    if (status != APR_SUCCESS) {
        acct_log(call->service, ACCT_LOG_ERROR, status, call->pool,
                 "no second factor could be made: the random number "
                 "generator or the sealing failed");
        call->result->outcome = ACCT_ERROR;
    }
    return status == APR_SUCCESS;
}

void acct_totp_begin(const acct_call_t *call)
{
    enrolment_t *work = make(call);

    if (acct_reauthenticate(&work->act, call) && acct_call_is_sound(call)
        && make_secret(work)) {
        conclude(work, "authn_totp_begun",
                 acct_transaction_run(call->service, begin, work,
                                      call->pool));
    }
}

/* What takes a code: after the password, where that is asked for. */
static void prove(const acct_call_t *call, acct_work_fn change,
                  const char *what)
{
    enrolment_t *work = make(call);
    apr_status_t status = APR_SUCCESS;

    if (acct_reauthenticate(&work->act, call) && acct_call_is_sound(call)
        && acct_reauthentication_try(&work->act)) {
        status = acct_transaction_run(call->service, change, work,
                                      call->pool);
        conclude(work, what, status);
    }
    acct_reauthentication_settle(&work->act, status == ACCT_FACTOR_WRONG);
}

void acct_totp_confirm(const acct_call_t *call)
{
    prove(call, confirm, "authn_totp_confirmed");
}

void acct_totp_disable(const acct_call_t *call)
{
    prove(call, disable, "authn_totp_disabled");
}

void acct_recovery_codes(const acct_call_t *call)
{
    prove(call, renew_codes, "authn_recovery_codes_made");
}
