/* SPDX-License-Identifier: Apache-2.0 */
/* Another password, for a token's account or by a mailed link; see
 * account/account.h. */
#include "account/account.h"

#include "account/mail_request.h"
#include "credential/admission.h"
#include "credential/issue.h"
#include "credential/mailed_link.h"
#include "credential/reauthentication.h"
#include "database/unit.h"

/* What became of tokens, to the logs; after the commit. */
static void tell(const acct_call_t *call, const char *what,
                 apr_int64_t account, int ended)
{
    const acct_event_t event = {
        .kind = ACCT_EVENT_TOKEN_REVOKED, .account = account,
        .tokens = ended, .detail = "password"
    };

    acct_log(call->service, ACCT_LOG_INFO, APR_SUCCESS, call->pool,
             "%s: account %" APR_INT64_T_FMT ", %d token%s ended", what,
             account, ended, ended == 1 ? "" : "s");
    if (ended > 0) {
        acct_raise(call->service, &event);
    }
}

/* ---- for the account of a token ---- */

typedef struct password_change_t {
    acct_reauthentication_t act;
    const char *hash;           /* of the new password */
    int ended;                  /* out: how many tokens */
    acct_account_t *account;    /* out: as it is after the change */
} password_change_t;

/* All tokens but the one that was presented end with the password: a thief's
 * among them. OWASP ASVS 7.4.3. In some dialects that one, too. */
static apr_status_t end_tokens(password_change_t *work, acct_db_t *db,
                               apr_pool_t *pool)
{
    const acct_call_t *call = work->act.call;

    return call->route->dialect->change_ends_all
        ? acct_store_token_delete_all(db, work->account->id, &work->ended,
                                      pool)
        : acct_store_token_delete_others(db, work->account->id,
                                         call->identity->token.id,
                                         &work->ended, pool);
}

static apr_status_t change_password(acct_db_t *db, void *baton,
                                    apr_pool_t *pool)
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
        status = end_tokens(work, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_link_delete(db, work->account->id, NULL, NULL,
                                        pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, work->account->id, pool);
    }
    return status != APR_SUCCESS ? status
        : acct_mail_notice(call, db, ACCT_MAIL_PASSWORD_CHANGED,
                           work->account, NULL, NULL, pool);
}

/* Whether there is nothing wrong with what was sent. */
static int is_admitted(const password_change_t *work)
{
    const acct_call_t *call = work->act.call;

    acct_call_judge_password(call, &work->act.account);
    return acct_call_is_sound(call);
}

void acct_password_change(const acct_call_t *call)
{
    password_change_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    apr_status_t status;

    if (!acct_reauthenticate(&work.act, call) || !is_admitted(&work)) {
        return;
    }
    work.hash = acct_call_hash(call, work.act.verified != NULL);
    if (work.hash == NULL) {
        return;
    }
    status = acct_transaction_run(call->service, change_password, &work,
                                  call->pool);
    acct_reauthentication_end(&work.act, work.account, status);
    if (call->result->outcome == ACCT_OK) {
        tell(call, "authn_password_change", work.account->id, work.ended);
    }
}

/* ---- by a mailed link ---- */

typedef struct password_reset_t {
    acct_mailed_link_t by;
    const char *hash;           /* of the new password */
    int ended;                  /* out: how many tokens */
    acct_account_t *account;    /* out: as it is after the reset */
} password_reset_t;

/* The address is proved by the mail that was read there; the network by the
 * link that was used from there: the owner is let in from it although somebody
 * guesses. */
static apr_status_t note_proofs(password_reset_t *work, acct_db_t *db,
                                apr_pool_t *pool)
{
    static const acct_known_t due = { .is_due = 1 };
    acct_account_t *account = work->account;
    apr_time_t now = apr_time_now();
    apr_status_t status = APR_SUCCESS;

    if (account->email_verified_at == 0
        && acct_mailed_link_proves(&work->by)) {
        status = acct_store_account_set_verified(db, account->id,
                                                 account->email_key, now,
                                                 pool);
        account->email_verified_at = now;
    }
    return status != APR_SUCCESS ? status
        : acct_known_note(&work->by.attempt, db, account->id, &due, pool);
}

/* All tokens end, and all links, whatever they are for. */
static apr_status_t end_what_was(password_reset_t *work, acct_db_t *db,
                                 apr_pool_t *pool)
{
    apr_int64_t id = work->account->id;
    apr_status_t status = acct_store_token_delete_all(db, id, &work->ended,
                                                      pool);

    if (status == APR_SUCCESS) {
        status = acct_store_link_delete(db, id, NULL, NULL, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_revocation_insert(db, id, pool);
    }
    return status;
}

static apr_status_t reset_password(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    password_reset_t *work = baton;
    apr_status_t status;

    status = acct_mailed_link_lock(&work->by, db, work->account, pool);
    if (status == APR_SUCCESS) {
        status = acct_mailed_link_use(&work->by, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = acct_store_account_change_password(db, work->account->id,
                                                    NULL, work->hash,
                                                    apr_time_now(), pool);
    }
    if (status == APR_SUCCESS) {
        status = note_proofs(work, db, pool);
    }
    if (status == APR_SUCCESS) {
        status = end_what_was(work, db, pool);
    }
    return status != APR_SUCCESS ? status
        : acct_mail_notice(work->by.call, db, ACCT_MAIL_PASSWORD_CHANGED,
                           work->account, NULL, NULL, pool);
}

void acct_password_reset(const acct_call_t *call)
{
    static const char *const purposes[] = { ACCT_LINK_PASSWORD_RESET, NULL };
    password_reset_t work = {
        .account = apr_pcalloc(call->pool, sizeof(*work.account))
    };
    apr_status_t status;

    if (acct_mailed_link_begin(&work.by, call, purposes)) {
        acct_call_judge_password(call, &work.by.account);
        if (acct_call_is_sound(call)
            && (work.hash = acct_call_hash(call, 0)) != NULL) {
            status = acct_transaction_run(call->service, reset_password,
                                          &work, call->pool);
            if (acct_mailed_link_conclude(&work.by, work.account, status)) {
                tell(call, "authn_password_reset", work.account->id,
                     work.ended);
            }
        }
    }
    acct_mailed_link_end(&work.by);
}
