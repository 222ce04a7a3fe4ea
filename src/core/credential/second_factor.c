/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/second_factor.h"

#include <openssl/crypto.h>

#include "tables/second_factors.h"

/* ---- what is sent ---- */

int acct_factor_is_taken(const acct_call_t *call)
{
    return call->route->code_header != NULL
        || call->form->field[ACCT_ROLE_SECOND_FACTOR] != NULL;
}

const char *acct_factor_sent(const acct_call_t *call)
{
    return call->form->value[ACCT_ROLE_SECOND_FACTOR];
}

void acct_factor_refuse(const acct_call_t *call)
{
    const acct_field_t *field = call->form->field[ACCT_ROLE_SECOND_FACTOR];

    if (field == NULL) {
        call->result->outcome = ACCT_SECOND_FACTOR_REQUIRED;
        return;
    }
    acct_result_add_problem(call->result, field, ACCT_PROBLEM_WRONG, 0,
                            call->pool);
    call->result->outcome = ACCT_INVALID;
}

/* ---- one-time codes ---- */

apr_status_t acct_factor_without_key(const acct_service_t *service,
                                     apr_pool_t *pool)
{
    acct_log(service, ACCT_LOG_ERROR, APR_SUCCESS, pool,
             "second factors can neither be made nor checked: the server goes "
             "without its key file (see AcctAuthKeyFile and the log of its "
             "start)");
    return APR_ENOENT;
}

static apr_status_t open_secret(const acct_call_t *call, apr_int64_t account,
                                const acct_totp_t *totp,
                                acct_totp_secret_t *secret, apr_pool_t *pool)
{
    const acct_key_t *key = call->service->key;
    apr_status_t status;

    if (key == NULL) {
        return acct_factor_without_key(call->service, pool);
    }
    status = acct_totp_unseal(key, account, totp->sealed, secret, pool);
    if (status != APR_SUCCESS) {
        acct_log(call->service, ACCT_LOG_ERROR, status, pool,
                 "the second factor of account %" APR_INT64_T_FMT " cannot be "
                 "checked: its secret was sealed under another key, or its "
                 "row was changed; 'acctauth user totp-reset' ends it",
                 account);
    }
    return status;
}

/* The step that the code which was sent is of.
 * @return ACCT_FACTOR_WRONG: of none that does */
static apr_status_t find_step(const acct_call_t *call, apr_int64_t account,
                              const acct_totp_t *totp, apr_int64_t *step,
                              apr_pool_t *pool)
{
    acct_totp_secret_t secret;
    apr_status_t status = open_secret(call, account, totp, &secret, pool);

    if (status == APR_SUCCESS) {
        status = acct_totp_verify(&secret, acct_factor_sent(call),
                                  apr_time_now(), totp->step, step);
        OPENSSL_cleanse(&secret, sizeof(secret));
        if (APR_STATUS_IS_NOTFOUND(status)) {
            return ACCT_FACTOR_WRONG;
        }
    }
    return status;
}

static apr_status_t accept_code(const acct_call_t *call, acct_db_t *db,
                                apr_int64_t account, apr_pool_t *pool)
{
    acct_totp_t totp;
    apr_int64_t step = 0;
    apr_status_t status = acct_store_totp_find(db, account, &totp, pool);

    if (status == APR_SUCCESS) {
        status = find_step(call, account, &totp, &step, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_totp_accept(db, account, step, pool);
    }
    /* Another request has used the step, or it was taken away. */
    return APR_STATUS_IS_NOTFOUND(status) ? ACCT_FACTOR_WRONG : status;
}

static apr_status_t use_recovery_code(const acct_call_t *call, acct_db_t *db,
                                      apr_int64_t account, apr_pool_t *pool)
{
    char digest[ACCT_DIGEST_HEX + 1];
    apr_status_t status = acct_recovery_code_digest(acct_factor_sent(call),
                                                    digest);

    if (status == APR_SUCCESS) {
        status = acct_store_recovery_code_use(db, account, digest, pool);
    }
    return APR_STATUS_IS_NOTFOUND(status) || APR_STATUS_IS_EINVAL(status)
        ? ACCT_FACTOR_WRONG : status;
}

apr_status_t acct_factor_accept(const acct_call_t *call, acct_db_t *db,
                                apr_int64_t account, int *is_recovery,
                                apr_pool_t *pool)
{
    *is_recovery = 0;
    if (acct_totp_is_code(acct_factor_sent(call))) {
        return accept_code(call, db, account, pool);
    }
    *is_recovery = 1;
    return use_recovery_code(call, db, account, pool);
}

apr_status_t acct_factor_confirm(const acct_call_t *call, acct_db_t *db,
                                 apr_int64_t account, apr_pool_t *pool)
{
    acct_totp_t totp;
    apr_int64_t step = 0;
    apr_status_t status = acct_store_totp_find(db, account, &totp, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = find_step(call, account, &totp, &step, pool);
    return status != APR_SUCCESS ? status
        : acct_store_totp_confirm(db, account, totp.sealed, apr_time_now(),
                                  step, pool);
}

/* ---- recovery codes ---- */

apr_status_t acct_factor_make_codes(acct_db_t *db, apr_int64_t account,
                                    const char *const **codes,
                                    apr_pool_t *pool)
{
    const char **texts = apr_pcalloc(pool, (ACCT_RECOVERY_CODES + 1)
                                           * sizeof(*texts));
    char digest[ACCT_DIGEST_HEX + 1];
    apr_status_t status = acct_store_recovery_code_delete_all(db, account,
                                                              pool);
    int i;

    for (i = 0; i < ACCT_RECOVERY_CODES && status == APR_SUCCESS; i++) {
        status = acct_recovery_code_make(&texts[i], digest, pool);
        if (status == APR_SUCCESS) {
            status = acct_store_recovery_code_insert(db, account, digest,
                                                     pool);
        }
    }
    *codes = texts;
    return status;
}

void acct_factor_tell_recovery(const acct_call_t *call, apr_int64_t account)
{
    const acct_event_t event = {
        .kind = ACCT_EVENT_RECOVERY_CODE_USED, .account = account
    };

    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_recovery_code_used: account %" APR_INT64_T_FMT, account);
    acct_raise(call->service, &event);
}
