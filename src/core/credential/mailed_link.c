/* SPDX-License-Identifier: Apache-2.0 */
#include "credential/mailed_link.h"

#include <string.h>

#include "base/uid.h"
#include "credential/issue.h"
#include "database/unit.h"
#include "dialect/mailing.h"
#include "form/stage.h"
#include "mail/link_text.h"

/* ---- what the form says ---- */

static const char *sent_secret(const acct_call_t *call)
{
    const char *token = call->form->value[ACCT_ROLE_LINK_TOKEN];

    return token != NULL ? token : call->form->value[ACCT_ROLE_LINK_KEY];
}

/* The account's id that the uid spells; 0: none that can be; -1: there is no
 * uid on this route, or it was not sent. */
static apr_int64_t sent_uid(const acct_call_t *call)
{
    const char *uid = call->form->value[ACCT_ROLE_LINK_UID];

    return uid == NULL ? -1
        : acct_uid_read(call->route->dialect->mails->uid, uid);
}

static void add_problem(const acct_call_t *call, acct_role_e role,
                        acct_problem_e problem)
{
    acct_result_add_problem(call->result, call->form->field[role], problem,
                            0, call->pool);
}

/* That the link is not good after all. */
static void refuse(const acct_call_t *call)
{
    if (call->form->field[ACCT_ROLE_LINK_TOKEN] != NULL) {
        add_problem(call, ACCT_ROLE_LINK_TOKEN, ACCT_PROBLEM_WRONG);
        call->result->outcome = ACCT_INVALID;
        return;
    }
    call->result->outcome = ACCT_LINK_UNKNOWN;
}

/* ---- whether a link is good for an account ---- */

int acct_mailed_link_proves(const acct_mailed_link_t *found)
{
    return found->link.address_key[0] != ACCT_LINK_HANDED[0];
}

static int is_purpose(const acct_mailed_link_t *found, const char *purpose)
{
    return strcmp(found->link.purpose, purpose) == 0;
}

static int is_same(const char *key, const char *of_account)
{
    return of_account != NULL && strcmp(key, of_account) == 0;
}

/* One that was handed over otherwise is good for an account without an address
 * too, as long as it has none. */
static int has_address(const acct_mailed_link_t *found,
                       const acct_account_t *account)
{
    const char *key = found->link.address_key;

    if (!acct_mailed_link_proves(found)) {
        return is_same(key + 1, account->email_key != NULL
                       ? account->email_key : "");
    }
    return is_same(key, account->email_key)
        || (is_purpose(found, ACCT_LINK_VERIFY_EMAIL)
            && is_same(key, account->email_pending_key));
}

/* A mail with a new password's link lies in a mailbox for a while: what the
 * owner did since tells that it is not needed. So does a sign-in of a link
 * that activates: the account is active, and its owner there. */
static int is_overtaken(const acct_mailed_link_t *found,
                        const acct_account_t *account)
{
    apr_time_t made = found->link.created_at;
    int resets = is_purpose(found, ACCT_LINK_PASSWORD_RESET);

    return (resets && made < account->password_changed_at)
        || ((resets || is_purpose(found, ACCT_LINK_ACTIVATION))
            && made < account->last_login);
}

static int is_good(const acct_mailed_link_t *found,
                   const acct_account_t *account)
{
    int may_be_pending = is_purpose(found, ACCT_LINK_ACTIVATION);
    acct_state_e state = acct_account_state(account);

    return (state == ACCT_STATE_ACTIVE
            || (state == ACCT_STATE_PENDING && may_be_pending))
        && has_address(found, account) && !is_overtaken(found, account);
}

/* ---- finding it ---- */

typedef struct look_t {
    acct_mailed_link_t *found;
    const char *const *purposes;
    char digest[ACCT_DIGEST_HEX + 1];
    apr_int64_t uid;            /* as sent_uid() */
    int is_account;             /* out: the uid is an account's */
} look_t;

/* Which of the purposes it is for is asked one after the other: four at
 * most. */
static apr_status_t find_link(acct_db_t *db, look_t *look, apr_pool_t *pool)
{
    apr_status_t status = APR_NOTFOUND;
    int i;

    for (i = 0; look->purposes[i] != NULL && APR_STATUS_IS_NOTFOUND(status);
         i++) {
        status = acct_store_link_find(db, look->digest, look->purposes[i],
                                      apr_time_now(), &look->found->link,
                                      pool);
    }
    return status;
}

static apr_status_t look_up(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    look_t *look = baton;
    acct_account_t *account = &look->found->account;
    apr_int64_t id = look->uid;
    apr_status_t status = APR_NOTFOUND;

    if (look->digest[0] != '\0') {
        status = find_link(db, look, pool);
    }
    if (status == APR_SUCCESS) {
        id = look->uid >= 0 ? look->uid : look->found->link.account_id;
    }
    else if (!APR_STATUS_IS_NOTFOUND(status)) {
        return status;
    }
    look->is_account = 0;
    if (id <= 0) {
        return APR_SUCCESS;
    }
    status = acct_store_account_by_id(db, id, account, pool);
    look->is_account = status == APR_SUCCESS;
    return APR_STATUS_IS_NOTFOUND(status) ? APR_SUCCESS : status;
}

static int is_found(const look_t *look)
{
    const acct_mailed_link_t *found = look->found;

    return look->is_account && found->link.digest != NULL
        && found->link.account_id == found->account.id
        && is_good(found, &found->account);
}

/* What was found wrong, where it was. */
static int conclude(look_t *look)
{
    acct_mailed_link_t *found = look->found;
    const acct_call_t *call = found->call;

    if (is_found(look)) {
        call->result->about = found->account.id;
        return 1;
    }
    found->link.digest = NULL;
    found->is_wrong = 1;
    if (look->uid >= 0 && !look->is_account) {
        add_problem(call, ACCT_ROLE_LINK_UID, ACCT_PROBLEM_UNKNOWN);
        return 1;
    }
    if (call->form->field[ACCT_ROLE_LINK_TOKEN] != NULL) {
        add_problem(call, ACCT_ROLE_LINK_TOKEN, ACCT_PROBLEM_WRONG);
        return 1;
    }
    if (call->result->problems != NULL) {
        return 1;
    }
    call->result->outcome = ACCT_LINK_UNKNOWN;
    return 0;
}

/* Whether there is something to be found that would be told. Without a secret
 * that is at most whose uid it is, where that is told before it. */
static int is_looked_for(const acct_call_t *call)
{
    const acct_fields_t *fields = &call->route->fields;

    return acct_stage_open(fields, call->result, ACCT_STAGE_UID)
        && (sent_secret(call) != NULL || call->result->problems == NULL
            || acct_stage_follows(fields, ACCT_STAGE_TOKEN, ACCT_STAGE_UID));
}

/* The link that the form names, or none. @return 0: the call has its
 * outcome */
static int find(acct_mailed_link_t *found, const char *const *purposes)
{
    const acct_call_t *call = found->call;
    const char *secret = sent_secret(call);
    look_t look = { .found = found, .purposes = purposes,
                    .uid = sent_uid(call) };

    if (!is_looked_for(call)) {
        return 1;
    }
    switch (secret != NULL ? acct_link_text_digest(secret, look.digest)
                           : APR_EINVAL) {
    case APR_SUCCESS:
        break;
    case APR_EINVAL:
        look.digest[0] = '\0';
        break;
    default:
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 0;
    }
    if (acct_unit_run(call->service, ACCT_UNIT_READ, look_up, &look,
                      call->pool) != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 0;
    }
    return conclude(&look);
}

int acct_mailed_link_begin(acct_mailed_link_t *found,
                           const acct_call_t *call,
                           const char *const *purposes)
{
    memset(found, 0, sizeof(*found));
    found->call = call;
    if (!acct_call_begin(call, &found->attempt)
        || !acct_call_network(call, &found->attempt, ACCT_BUDGET_FAILURES)) {
        return 0;
    }
    found->is_begun = 1;
    return find(found, purposes);
}

void acct_mailed_link_end(acct_mailed_link_t *found)
{
    if (found->is_begun) {
        acct_attempt_end(&found->attempt, found->is_wrong);
    }
}

int acct_mailed_link_conclude(const acct_mailed_link_t *found,
                              const acct_account_t *account,
                              apr_status_t status)
{
    const acct_call_t *call = found->call;

    if (APR_STATUS_IS_NOTFOUND(status)) {
        refuse(call);
        return 0;
    }
    /* Also when the commit's fate is unknown: it may be done. */
    acct_service_revoked(call->service, found->link.account_id);
    if (status != APR_SUCCESS) {
        acct_unavailable(call->result, ACCT_RETRY_DATABASE);
        return 0;
    }
    call->result->outcome = ACCT_OK;
    call->result->account = account;
    return 1;
}

/* ---- using it ---- */

apr_status_t acct_mailed_link_lock(const acct_mailed_link_t *found,
                                   acct_db_t *db, acct_account_t *account,
                                   apr_pool_t *pool)
{
    acct_link_t again;
    apr_status_t status = acct_store_account_lock(db, found->link.account_id,
                                                  account, pool);

    if (status == APR_SUCCESS) {
        status = acct_store_link_find(db, found->link.digest,
                                      found->link.purpose, apr_time_now(),
                                      &again, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    return is_good(found, account) ? APR_SUCCESS : APR_NOTFOUND;
}

/* And those of an earlier try of its mail, which are for the same. */
apr_status_t acct_mailed_link_use(const acct_mailed_link_t *found,
                                  acct_db_t *db, apr_pool_t *pool)
{
    const acct_link_t *link = &found->link;
    apr_status_t status = acct_store_link_use(db, link->digest,
                                              link->purpose, apr_time_now(),
                                              pool);

    return status != APR_SUCCESS ? status
        : acct_store_link_delete(db, link->account_id, link->purpose, NULL,
                                 pool);
}
