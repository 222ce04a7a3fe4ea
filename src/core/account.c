/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

#include <apr_strings.h>
#include <string.h>

#include "identifier.h"
#include "identity.h"
#include "token_check_row.h"

/* How long a client is asked to wait when something cannot be known now. */
#define RETRY_DATABASE 5
#define RETRY_GATE 2

/* How often an operation starts again because what it had read changed
 * under it (a password re-hashed, a name freed). */
#define TRIES 3

static void unavailable(acct_result_t *result, int retry_after)
{
    result->outcome = ACCT_UNAVAILABLE;
    result->retry_after = retry_after;
}

/* ---- issuing a token ---- */

/* What a login or registration writes, and what comes of it. */
typedef struct issue_t {
    const acct_service_t *service;
    const acct_route_t *route;
    acct_account_t *account;
    apr_int64_t id;             /* login: whose */
    const char *verified;       /* login: the stored hash that matched */
    const char *rehashed;       /* login: a better one, or NULL */
    const char *text;           /* out: the token */
    acct_token_t token;         /* out */
    int dropped;                /* out: older tokens that made room */
} issue_t;

static apr_status_t without_key(const issue_t *issue, apr_pool_t *pool)
{
    acct_log(issue->service, ACCT_LOG_ERROR, APR_SUCCESS, pool,
             "reusable tokens can neither be made nor handed out: the "
             "server goes without its key file (see the log of its start)");
    return APR_ENOENT;
}

static apr_status_t mint(issue_t *issue, acct_db_t *db, apr_pool_t *pool)
{
    const acct_token_policy_t *policy = &issue->route->dialect->policy;
    acct_token_t *token = &issue->token;
    const acct_key_t *key = issue->service->key;
    char *digest = apr_palloc(pool, ACCT_DIGEST_HEX + 1);
    int checked = 0;
    apr_status_t status;

    memset(token, 0, sizeof(*token));
    token->account_id = issue->account->id;
    token->label = issue->route->dialect->name;
    token->created_at = apr_time_now();
    if (policy->lifetime != 0) {
        token->ends_at = token->created_at + policy->lifetime;
    }
    token->sliding = policy->sliding;
    token->expires_at = policy->sliding != 0
        ? token->created_at + policy->sliding : token->ends_at;
    if ((status = acct_token_check_mint(key != NULL ? &key->check : NULL,
                                        policy->bytes, &issue->text,
                                        &checked, pool)) != APR_SUCCESS
        || (status = acct_token_mint_id(&token->id, pool)) != APR_SUCCESS
        || (status = acct_token_digest(issue->text, digest))
            != APR_SUCCESS) {
        acct_log(issue->service, ACCT_LOG_ERROR, status, pool,
                 "no token could be made: the random number generator or "
                 "SHA-256 failed");
        return status;
    }
    token->digest = digest;
    if (policy->kind == ACCT_POLICY_REUSE) {
        if (key == NULL) {
            return without_key(issue, pool);
        }
        status = acct_token_seal(key, token->account_id,
                                 issue->text, &token->sealed, pool);
        if (status != APR_SUCCESS) {
            acct_log(issue->service, ACCT_LOG_ERROR, status, pool,
                     "a reusable token could not be sealed");
            return status;
        }
    }
    status = acct_store_token_insert(db, token, pool);
    if (status == APR_SUCCESS) {
        status = acct_check_row_admit(db, checked ? key->id : NULL, pool);
    }
    return status;
}

/* A token was to go in that servers would refuse unseen: have them look
 * tokens up from now on. 0 when that cannot be done. */
static int end_check(const acct_service_t *service, apr_pool_t *pool)
{
    acct_log(service, ACCT_LOG_WARNING, APR_SUCCESS, pool,
             "tokens are made without the check that the database's other "
             "tokens have, so from now on each unknown token is looked up "
             "in the database: name its AcctAuthKeyFile, and give tokens 20 "
             "bytes or more; then see 'acctauth token check'");
    return acct_check_end(service, pool) == APR_SUCCESS;
}

/* Open the account's reusable token, and see that it is the one whose
 * digest the row holds. */
static apr_status_t reopen(issue_t *issue, apr_pool_t *pool)
{
    char digest[ACCT_DIGEST_HEX + 1];
    apr_status_t status;

    if (issue->service->key == NULL) {
        return without_key(issue, pool);
    }
    status = acct_token_unseal(issue->service->key, issue->account->id,
                               issue->token.sealed, &issue->text, pool);
    if (status == APR_SUCCESS) {
        status = acct_token_digest(issue->text, digest);
    }
    if (status == APR_SUCCESS
        && !acct_token_digest_equal(digest, issue->token.digest)) {
        status = APR_EGENERAL;
    }
    if (status != APR_SUCCESS) {
        issue->text = NULL;
        acct_log(issue->service, ACCT_LOG_ERROR, status, pool,
                 "the token of account %" APR_INT64_T_FMT " cannot be handed "
                 "out again: it was sealed under another key, or its row "
                 "was changed; 'acctauth token revoke' lets a new one be "
                 "made", issue->account->id);
    }
    return status;
}

static apr_status_t issue_token(issue_t *issue, acct_db_t *db,
                                apr_pool_t *pool)
{
    apr_status_t status;

    if (issue->route->dialect->policy.kind == ACCT_POLICY_REUSE) {
        status = acct_store_token_reusable(db, issue->account->id,
                                           &issue->token, pool);
        if (status == APR_SUCCESS) {
            return reopen(issue, pool);
        }
        if (!APR_STATUS_IS_NOTFOUND(status)) {
            return status;
        }
    }
    return mint(issue, db, pool);
}

/* Before the insert, so that what is told to somebody now is never what
 * goes, whatever the clocks of several servers say. */
static apr_status_t make_room(issue_t *issue, acct_db_t *db,
                              apr_pool_t *pool)
{
    int most = issue->service->max_tokens;
    apr_time_t now = apr_time_now();
    apr_status_t status;

    issue->dropped = 0;
    if (most <= 0 || issue->route->dialect->policy.kind != ACCT_POLICY_MANY) {
        return APR_SUCCESS;
    }
    status = acct_store_token_delete_oldest(db, issue->account->id, now,
                                            most - 1, &issue->dropped, pool);
    if (status != APR_SUCCESS || issue->dropped == 0) {
        return status;
    }
    return acct_store_revocation_insert(db, issue->account->id, now, pool);
}

static void tell_token(acct_result_t *result, const issue_t *issue)
{
    result->token = issue->text;
    result->token_id = issue->token.id;
    result->token_expires = issue->token.expires_at;
}

/* ---- who presents a token ---- */

typedef struct find_token_t {
    char digest[ACCT_DIGEST_HEX + 1];
    acct_identity_t *identity;
} find_token_t;

static apr_status_t find_token(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    find_token_t *find = baton;

    return acct_store_token_find(db, find->digest, &find->identity->token,
                                 &find->identity->account, pool);
}

static acct_outcome_e ask_database(const acct_service_t *service,
                                   const unsigned char *digest,
                                   acct_identity_t *identity,
                                   apr_pool_t *pool)
{
    find_token_t find;
    apr_status_t status;

    find.identity = identity;
    acct_token_digest_hex(digest, find.digest);
    status = acct_unit_run(service, ACCT_UNIT_READ, find_token, &find, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        return ACCT_INVALID_TOKEN;
    }
    if (status != APR_SUCCESS) {
        return ACCT_UNAVAILABLE;
    }
    if (!identity->account.is_active) {
        return ACCT_INVALID_TOKEN;
    }
    if (identity->token.expires_at != 0
        && identity->token.expires_at <= apr_time_now()) {
        return ACCT_INVALID_TOKEN;
    }
    return ACCT_OK;
}

acct_outcome_e acct_authenticate(const acct_service_t *service,
                                 const char *token,
                                 acct_identity_t *identity,
                                 apr_pool_t *pool)
{
    unsigned char digest[ACCT_DIGEST_HEX / 2];
    acct_outcome_e outcome;
    uint64_t ticket = 0;

    if (service->memo != NULL && service->cache_answers
        && acct_memo_recall(service, token, identity, pool)) {
        return ACCT_OK;
    }
    if (acct_token_digest_by(service->sha256, token, digest)
        != APR_SUCCESS) {
        return ACCT_UNAVAILABLE;
    }
    if (service->cache_answers
        && acct_identity_recall(service, token, digest, identity, pool)) {
        return ACCT_OK;
    }
    /* After what is known, so that good tokens do not pay for it. */
    if (acct_identity_is_garbage(service, token)) {
        return ACCT_INVALID_TOKEN;
    }
    if (service->cache != NULL) {
        /* Before the database is asked; see identity_cache.h. */
        ticket = acct_cache_ticket(service->cache);
    }
    outcome = ask_database(service, digest, identity, pool);
    if (outcome == ACCT_OK && service->cache != NULL) {
        acct_identity_remember(service, digest, ticket, identity);
    }
    return outcome;
}

/* ---- hashing, inside the gate ---- */

typedef struct hash_t {
    const acct_service_t *service;
    const char *password;
    const char *stored;         /* verify: NULL for an unknown name */
    acct_password_verdict_e verdict;
    const char *hash;           /* out: a new hash, or NULL */
    apr_status_t status;
    apr_pool_t *pool;
} hash_t;

static void do_hash(void *baton)
{
    hash_t *hash = baton;

    hash->status = acct_password_hash(&hash->service->params,
                                      hash->password, &hash->hash,
                                      hash->pool);
}

static void do_verify(void *baton)
{
    hash_t *hash = baton;
    acct_password_verdict_e dummy;

    hash->verdict = ACCT_PASSWORD_UNUSABLE;
    if (hash->stored != NULL) {
        hash->verdict = acct_password_verify(hash->stored, hash->password,
                                             hash->pool);
    }
    if (hash->verdict == ACCT_PASSWORD_UNUSABLE) {
        /* No such account, or one whose hash cannot be verified: spend
         * the same work and never match. */
        dummy = acct_password_verify(hash->service->dummy, hash->password,
                                     hash->pool);
        hash->verdict = dummy == ACCT_PASSWORD_FAILED
            ? ACCT_PASSWORD_FAILED : ACCT_PASSWORD_MISMATCH;
    }
    if (hash->verdict == ACCT_PASSWORD_MATCH
        && acct_password_needs_rehash(&hash->service->params,
                                      hash->stored)) {
        /* A better hash is welcome, not needed: failing leaves the old. */
        do_hash(hash);
        if (hash->status != APR_SUCCESS) {
            hash->hash = NULL;
        }
    }
}

/* ---- login ---- */

typedef struct find_account_t {
    const acct_route_t *route;
    const char *username_key;   /* NULL: do not look by it */
    const char *email_key;
    acct_account_t account;
} find_account_t;

static apr_status_t find_account(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    find_account_t *find = baton;
    int username_first = find->route->dialect->by_username
        < find->route->dialect->by_email;
    apr_status_t status = APR_NOTFOUND;
    int turn;

    for (turn = 0; turn < 2 && APR_STATUS_IS_NOTFOUND(status); turn++) {
        if ((turn == 0) == username_first) {
            if (find->username_key != NULL) {
                status = acct_store_account_by_username(
                    db, find->username_key, &find->account, pool);
            }
        }
        else if (find->email_key != NULL) {
            status = acct_store_account_by_email(db, find->email_key,
                                                 &find->account, pool);
        }
    }
    return status;
}

/* Which keys an identifier may stand for. One that has no canonical form
 * is nobody's. */
static void identifier_keys(find_account_t *find, const acct_form_t *form,
                            apr_pool_t *pool)
{
    const acct_dialect_t *dialect = find->route->dialect;
    const char *text = form->value[ACCT_ROLE_IDENTIFIER];
    const char *name;

    if (form->value[ACCT_ROLE_EMAIL] != NULL) {
        if (acct_email_key(form->value[ACCT_ROLE_EMAIL], &find->email_key,
                           pool) != APR_SUCCESS) {
            find->email_key = NULL;
        }
        return;
    }
    if (text == NULL) {
        return;
    }
    if (dialect->by_email
        && acct_email_key(text, &find->email_key, pool) != APR_SUCCESS) {
        find->email_key = NULL;
    }
    if (dialect->by_username
        && (acct_username_normalize(text, &name, pool) != APR_SUCCESS
            || acct_username_key(name, &find->username_key, pool)
               != APR_SUCCESS)) {
        find->username_key = NULL;
    }
}

/* In one transaction: the account as it is now, its last login, a token.
 * APR_EACCES: blocked meanwhile; APR_NOTFOUND: gone; APR_EAGAIN: its
 * password is another now, or somebody else gave it its one token. */
static apr_status_t sign_in(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    issue_t *issue = baton;
    acct_account_t *account = issue->account;
    apr_time_t now = apr_time_now();
    apr_status_t status;

    status = acct_store_account_lock(db, issue->id, account, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (account->password == NULL
        || strcmp(account->password, issue->verified) != 0) {
        return APR_EAGAIN;
    }
    if (!account->is_active) {
        return APR_EACCES;
    }
    if (issue->rehashed != NULL) {
        status = acct_store_account_set_password(db, account->id,
                                                 issue->verified,
                                                 issue->rehashed, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    status = acct_store_account_set_last_login(db, account->id, now, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    account->last_login = now;
    status = make_room(issue, db, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = issue_token(issue, db, pool);
    /* A reusable token came to be after we had looked for one: back, and
     * look again. */
    return APR_STATUS_IS_EEXIST(status) ? APR_EAGAIN : status;
}

static void refuse_login(const acct_service_t *service,
                         const acct_account_t *account,
                         acct_outcome_e outcome, acct_result_t *result,
                         apr_pool_t *pool)
{
    result->outcome = outcome;
    if (account == NULL) {
        acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
                 "authn_login_fail: no such account");
        return;
    }
    acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
             "authn_login_fail: account %" APR_INT64_T_FMT ": %s",
             account->id, outcome == ACCT_BLOCKED ? "blocked"
                                                  : "wrong password");
}

/* One try. 0 when the account changed between the look and the writing,
 * so that it has to be tried again. */
static int try_login(const acct_service_t *service, find_account_t *find,
                     const acct_form_t *form, acct_result_t *result,
                     apr_pool_t *pool)
{
    issue_t issue = { service, find->route, NULL, 0, NULL, NULL, NULL,
                      { 0 }, 0 };
    hash_t hash = { service, form->value[ACCT_ROLE_PASSWORD], NULL,
                    ACCT_PASSWORD_FAILED, NULL, APR_SUCCESS, pool };
    apr_status_t status;
    int known;

    status = acct_unit_run(service, ACCT_UNIT_READ, find_account, find,
                           pool);
    known = status == APR_SUCCESS;
    if (!known && !APR_STATUS_IS_NOTFOUND(status)) {
        unavailable(result, RETRY_DATABASE);
        return 1;
    }
    hash.stored = known ? find->account.password : NULL;
    status = acct_gate_run(service, do_verify, &hash);
    if (status != APR_SUCCESS || hash.verdict == ACCT_PASSWORD_FAILED) {
        unavailable(result, RETRY_GATE);
        return 1;
    }
    if (hash.verdict != ACCT_PASSWORD_MATCH) {
        refuse_login(service, known ? &find->account : NULL,
                     ACCT_WRONG_CREDENTIALS, result, pool);
        return 1;
    }
    if (!find->account.is_active) {
        refuse_login(service, &find->account, ACCT_BLOCKED, result, pool);
        return 1;
    }

    issue.account = apr_pmemdup(pool, &find->account,
                                sizeof(find->account));
    issue.id = find->account.id;
    issue.verified = find->account.password;
    issue.rehashed = hash.hash;
    status = acct_transaction_run(service, sign_in, &issue, pool);
    if (issue.dropped > 0) {
        /* Which tokens went only the database knows, so all of the
         * account's are asked for once more. Also when the commit's fate
         * is unknown: it may be done. */
        acct_service_revoked(service, issue.id);
    }
    if (APR_STATUS_IS_EAGAIN(status) || APR_STATUS_IS_NOTFOUND(status)) {
        return 0;
    }
    if (APR_STATUS_IS_EACCES(status)) {
        refuse_login(service, issue.account, ACCT_BLOCKED, result, pool);
        return 1;
    }
    if (status == ACCT_CHECK_STANDS && end_check(service, pool)) {
        return 0;
    }
    if (status != APR_SUCCESS) {
        unavailable(result, RETRY_DATABASE);
        return 1;
    }
    result->outcome = ACCT_OK;
    result->account = issue.account;
    tell_token(result, &issue);
    acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
             "authn_login_success: account %" APR_INT64_T_FMT ", token %s",
             issue.account->id, issue.token.id);
    if (issue.dropped > 0) {
        acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
                 "excess_sessions_exceeded: account %" APR_INT64_T_FMT
                 ": %d older token%s ended", issue.account->id,
                 issue.dropped, issue.dropped == 1 ? "" : "s");
    }
    return 1;
}

void acct_login(const acct_service_t *service, const acct_route_t *route,
                const acct_form_t *form, acct_result_t *result,
                apr_pool_t *pool)
{
    find_account_t find = { route, NULL, NULL, { 0 } };
    int try;

    identifier_keys(&find, form, pool);
    for (try = 0; try < TRIES; try++) {
        if (try_login(service, &find, form, result, pool)) {
            return;
        }
    }
    unavailable(result, RETRY_GATE);
}

/* ---- register ---- */

typedef struct taken_t {
    const char *username_key;
    const char *email_key;
    int username;
    int email;
} taken_t;

static apr_status_t look_for_taken(acct_db_t *db, void *baton,
                                   apr_pool_t *pool)
{
    taken_t *taken = baton;

    return acct_store_taken(db, taken->username_key, taken->email_key,
                            &taken->username, &taken->email, pool);
}

/* Add a problem for each name that an account has. */
static apr_status_t add_taken(const acct_service_t *service,
                              const acct_account_t *account,
                              const acct_form_t *form,
                              acct_result_t *result, apr_pool_t *pool)
{
    taken_t taken = { account->username_key, account->email_key, 0, 0 };
    apr_status_t status;

    if (taken.username_key == NULL && taken.email_key == NULL) {
        return APR_SUCCESS;
    }
    status = acct_unit_run(service, ACCT_UNIT_READ, look_for_taken, &taken,
                           pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (taken.username) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_USERNAME],
                                ACCT_PROBLEM_TAKEN, 0, pool);
    }
    if (taken.email) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_EMAIL],
                                ACCT_PROBLEM_TAKEN, 0, pool);
    }
    return APR_SUCCESS;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static apr_status_t account_of_form(const acct_form_t *form,
                                    acct_account_t *account,
                                    apr_pool_t *pool)
{
    apr_status_t status;

    memset(account, 0, sizeof(*account));
    account->username = form->value[ACCT_ROLE_USERNAME];
    account->email = form->value[ACCT_ROLE_EMAIL];
    account->first_name = or_empty(form->value[ACCT_ROLE_FIRST_NAME]);
    account->last_name = or_empty(form->value[ACCT_ROLE_LAST_NAME]);
    account->is_active = 1;
    account->created_at = apr_time_now();
    if (account->username != NULL) {
        status = acct_username_key(account->username,
                                   &account->username_key, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    if (account->email != NULL) {
        return acct_email_key(account->email, &account->email_key, pool);
    }
    return APR_SUCCESS;
}

static void judge_password(const acct_service_t *service,
                           const acct_form_t *form,
                           const acct_account_t *account,
                           acct_result_t *result, apr_pool_t *pool)
{
    const char *password = form->value[ACCT_ROLE_PASSWORD];
    const char *own[] = { or_empty(account->username),
                          or_empty(account->email), account->first_name,
                          account->last_name, NULL };
    acct_problem_e problem;

    if (service->rules == NULL || password == NULL) {
        return;
    }
    problem = acct_password_judge(service->rules, password, own, pool);
    if (problem != ACCT_PROBLEM__COUNT) {
        acct_result_add_problem(result, form->field[ACCT_ROLE_PASSWORD],
                                problem, service->rules->min_length, pool);
    }
}

static apr_status_t sign_up(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    issue_t *issue = baton;
    apr_status_t status;

    status = acct_store_account_insert(db, issue->account, pool);
    if (status == APR_SUCCESS && issue->route->mints_token) {
        status = issue_token(issue, db, pool);
    }
    return status;
}

void acct_register(const acct_service_t *service,
                   const acct_route_t *route, const acct_form_t *form,
                   acct_result_t *result, apr_pool_t *pool)
{
    acct_account_t *account = apr_palloc(pool, sizeof(*account));
    issue_t issue = { service, route, account, 0, NULL, NULL, NULL, { 0 },
                      0 };
    hash_t hash = { service, form->value[ACCT_ROLE_PASSWORD], NULL,
                    ACCT_PASSWORD_FAILED, NULL, APR_SUCCESS, pool };
    apr_status_t status;
    int try;

    if (account_of_form(form, account, pool) != APR_SUCCESS) {
        result->outcome = ACCT_ERROR;
        return;
    }
    judge_password(service, form, account, result, pool);
    if (result->problems != NULL) {
        result->outcome = ACCT_INVALID;
        if (add_taken(service, account, form, result, pool)
            != APR_SUCCESS) {
            unavailable(result, RETRY_DATABASE);
        }
        return;
    }

    status = acct_gate_run(service, do_hash, &hash);
    if (status != APR_SUCCESS || hash.status != APR_SUCCESS) {
        unavailable(result, RETRY_GATE);
        return;
    }
    account->password = hash.hash;
    for (try = 0; try < TRIES; try++) {
        status = acct_transaction_run(service, sign_up, &issue, pool);
        if (status == APR_SUCCESS) {
            result->outcome = ACCT_OK;
            result->account = account;
            tell_token(result, &issue);
            acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
                     "account_registered: account %" APR_INT64_T_FMT,
                     account->id);
            return;
        }
        if (status == ACCT_CHECK_STANDS && end_check(service, pool)) {
            continue;
        }
        if (!APR_STATUS_IS_EEXIST(status)
            || add_taken(service, account, form, result, pool)
               != APR_SUCCESS) {
            break;
        }
        if (result->problems != NULL) {
            result->outcome = ACCT_INVALID;
            return;
        }
        /* Taken when it was tried, free when it was looked at: again. */
    }
    unavailable(result, RETRY_DATABASE);
}

/* ---- logout ---- */

typedef struct logout_t {
    const acct_identity_t *identity;
    int all;
    int reusable;
    acct_account_t *account;    /* out: whose tokens were ended */
} logout_t;

static apr_status_t sign_out(acct_db_t *db, void *baton, apr_pool_t *pool)
{
    logout_t *logout = baton;
    apr_int64_t account = logout->identity->account.id;
    apr_status_t status;
    int changed = 0;

    /* First, as in everything that ends tokens: two that end each other's
     * in their own order would wait for each other. */
    status = acct_store_account_lock(db, account, logout->account, pool);
    if (status == APR_SUCCESS) {
        status = acct_store_token_delete(db, logout->identity->token.id,
                                         &changed, pool);
    }
    if (status == APR_SUCCESS && changed == 0) {
        /* Somebody ended it after we looked. */
        return APR_NOTFOUND;
    }
    if (status == APR_SUCCESS && logout->all) {
        status = acct_store_token_delete_all(db, account, NULL, pool);
    }
    else if (status == APR_SUCCESS && logout->reusable) {
        status = acct_store_token_delete_reusable(db, account, NULL, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    return acct_store_revocation_insert(db, account, apr_time_now(), pool);
}

static void run_logout(const acct_service_t *service, logout_t *logout,
                       acct_result_t *result, apr_pool_t *pool)
{
    const acct_account_t *account = &logout->identity->account;
    apr_status_t status;

    logout->account = apr_pcalloc(pool, sizeof(*logout->account));
    status = acct_transaction_run(service, sign_out, logout, pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
        return;
    }
    /* Also when the commit's fate is unknown: it may be done. */
    acct_service_revoked(service, account->id);
    if (status != APR_SUCCESS) {
        unavailable(result, RETRY_DATABASE);
        return;
    }
    result->outcome = ACCT_OK;
    result->account = logout->account;
    acct_log(service, ACCT_LOG_INFO, APR_SUCCESS, pool,
             "%s: account %" APR_INT64_T_FMT ", token %s",
             logout->all ? "authn_logout_all" : "authn_token_revoked",
             account->id, logout->identity->token.id);
}

void acct_logout(const acct_service_t *service, const acct_route_t *route,
                 const acct_identity_t *identity, acct_result_t *result,
                 apr_pool_t *pool)
{
    logout_t logout = { identity, 0,
                        route->dialect->policy.kind == ACCT_POLICY_REUSE,
                        NULL };

    run_logout(service, &logout, result, pool);
}

void acct_logout_all(const acct_service_t *service,
                     const acct_route_t *route,
                     const acct_identity_t *identity,
                     acct_result_t *result, apr_pool_t *pool)
{
    logout_t logout = { identity, 1, 0, NULL };

    (void)route;
    run_logout(service, &logout, result, pool);
}

typedef struct current_t {
    apr_int64_t id;
    acct_account_t *account;
} current_t;

static apr_status_t read_account(acct_db_t *db, void *baton,
                                 apr_pool_t *pool)
{
    current_t *current = baton;

    return acct_store_account_by_id(db, current->id, current->account,
                                    pool);
}

void acct_current(const acct_service_t *service,
                  const acct_identity_t *identity, const char *token,
                  acct_result_t *result, apr_pool_t *pool)
{
    current_t current = { identity->account.id,
                          apr_pcalloc(pool, sizeof(acct_account_t)) };
    apr_status_t status;

    status = acct_unit_run(service, ACCT_UNIT_READ, read_account, &current,
                           pool);
    if (APR_STATUS_IS_NOTFOUND(status)) {
        result->outcome = ACCT_INVALID_TOKEN;
        return;
    }
    if (status != APR_SUCCESS) {
        unavailable(result, RETRY_DATABASE);
        return;
    }
    result->outcome = ACCT_OK;
    result->account = current.account;
    result->token = token;
    result->token_id = identity->token.id;
    result->token_expires = identity->token.expires_at;
}
