/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the password of a token's account; see account/account.h. */
#include "account/admission.h"
#include "account/issue.h"
#include "account/reauthentication.h"
#include "database/unit.h"

typedef struct password_change_t {
    acct_reauthentication_t act;
    const char *hash;           /* of the new password */
    int ended;                  /* out: how many tokens */
    acct_account_t *account;    /* out: as it is after the change */
} password_change_t;

/* All tokens but the one that was presented end with the password: a thief's
 * among them. OWASP ASVS 7.4.3. */
static apr_status_t change(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    password_change_t *work = baton;
    const acct_call_t *call = work->act.call;
    apr_status_t status;

    status = acct_reauthentication_lock(&work->act, db, work->account, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_account_change_password(db, work->account->id,
                                                    NULL, work->hash,
                                                    apr_time_now(), pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete_others(db, work->account->id,
                                                call->identity->token.id,
                                                &work->ended, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, work->account->id, pool);
    }
    return status;
}

/* Whether there is nothing wrong with what was sent. */
static int is_admitted(const password_change_t *work)
{
    const acct_call_t *call = work->act.call;

    acct_call_judge_password(call, &work->act.account);
    if (call->result->problems != NULL) {
        call->result->outcome = ACCT_INVALID;
        return 0;
    }
    return 1;
}

static int hash_password(password_change_t *work)
{
    const acct_call_t *call = work->act.call;
    acct_hash_t hash = {
        .service = call->service, .pool = call->pool,
        .password = call->form->value[ACCT_ROLE_PASSWORD]
    };

    if (acct_gate_run(call->service, work->act.verified != NULL,
                      acct_do_hash, &hash) != APR_SUCCESS
        || hash.status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_GATE);
        return 0;
    }
    work->hash = hash.hash;
    return 1;
}

static void tell(const password_change_t *work)
{
    const acct_call_t *call = work->act.call;
    const acct_event_t event = {
        .kind = ACCT_EVENT_TOKEN_REVOKED, .account = work->account->id,
        .tokens = work->ended, .detail = "password"
    };

    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "authn_password_change: account %" APR_INT64_T_FMT
             ", %d other token%s ended", work->account->id, work->ended,
             work->ended == 1 ? "" : "s");
    if (work->ended > 0) {
        acct_raise(call->service, &event);
    }
}

void acct_password_change(const acct_call_t *call)
{
    password_change_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    apr_status_t status;

    if (!acct_reauthenticate(&work.act, call) || !is_admitted(&work)
        || !hash_password(&work)) {
        return;
    }
    status = acct_transaction_run(call->service, change, &work, call->pool);
    acct_reauthentication_end(&work.act, work.account, status);
    if (call->result->outcome == ACCT_OK) {
        tell(&work);
    }
}
