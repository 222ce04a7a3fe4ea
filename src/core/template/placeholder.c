/* SPDX-License-Identifier: Apache-2.0 */
#include "template/placeholder.h"

#include <string.h>

#include <apr_strings.h>

typedef char sets_fit[ACCT_VALUE__SETS <= 64 ? 1 : -1];

static const struct {
    const char *name;
    acct_kind_e kind;
    acct_value_e list;          /* of whose items it is, beside what else it
                                 * may be; 0: of none's */
} known[ACCT_VALUE__COUNT] = {
    [ACCT_VALUE_ACCOUNT_ID] = { "account.id", ACCT_KIND_INT, 0 },
    [ACCT_VALUE_ACCOUNT_USERNAME] =
        { "account.username", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_EMAIL] = { "account.email", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_EMAIL_PENDING] =
        { "account.email_pending", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_FIRST_NAME] =
        { "account.first_name", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_LAST_NAME] =
        { "account.last_name", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_STATE] = { "account.state", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ACCOUNT_IS_ACTIVE] =
        { "account.is_active", ACCT_KIND_BOOL, 0 },
    [ACCT_VALUE_ACCOUNT_IS_STAFF] = { "account.is_staff", ACCT_KIND_BOOL, 0 },
    [ACCT_VALUE_ACCOUNT_IS_VERIFIED] =
        { "account.is_verified", ACCT_KIND_BOOL, 0 },
    [ACCT_VALUE_ACCOUNT_HAS_TOTP] = { "account.has_totp", ACCT_KIND_BOOL, 0 },
    [ACCT_VALUE_ACCOUNT_CREATED_AT] =
        { "account.created_at", ACCT_KIND_TIME, 0 },
    [ACCT_VALUE_ACCOUNT_LAST_LOGIN] =
        { "account.last_login", ACCT_KIND_TIME, 0 },
    [ACCT_VALUE_ACCOUNT_VERIFIED_AT] =
        { "account.verified_at", ACCT_KIND_TIME, 0 },
    [ACCT_VALUE_ACCOUNT_PENDING_UNTIL] =
        { "account.pending_until", ACCT_KIND_TIME, 0 },
    [ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT] =
        { "account.password_changed_at", ACCT_KIND_TIME, 0 },
    [ACCT_VALUE_TOKEN] = { "token", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_TOKEN_ID] =
        { "token.id", ACCT_KIND_TEXT, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_EXPIRES] =
        { "token.expires", ACCT_KIND_TIME, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_LABEL] =
        { "token.label", ACCT_KIND_TEXT, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_CREATED_AT] =
        { "token.created_at", ACCT_KIND_TIME, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_LAST_USED] =
        { "token.last_used", ACCT_KIND_TIME, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_NETWORK] =
        { "token.network", ACCT_KIND_TEXT, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_TOKEN_CURRENT] =
        { "token.current", ACCT_KIND_BOOL, ACCT_VALUE_TOKENS },
    [ACCT_VALUE_ERRORS] = { "errors", ACCT_KIND_OBJECT, 0 },
    [ACCT_VALUE_ERRORS_FIRST] = { "errors.first", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_PROBLEM_FIELD] =
        { "problem.field", ACCT_KIND_TEXT, ACCT_VALUE_PROBLEMS },
    [ACCT_VALUE_PROBLEM_CODE] =
        { "problem.code", ACCT_KIND_TEXT, ACCT_VALUE_PROBLEMS },
    [ACCT_VALUE_PROBLEM_MESSAGE] =
        { "problem.message", ACCT_KIND_TEXT, ACCT_VALUE_PROBLEMS },
    [ACCT_VALUE_MESSAGE] = { "message", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_STATUS] = { "status", ACCT_KIND_INT, 0 },
    [ACCT_VALUE_METHOD] = { "method", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_MEDIA_TYPE] = { "media_type", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_ENCODING] = { "encoding", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_FORMAT] = { "format", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_REASON] = { "reason", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_TYPE] = { "type", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_LIMIT] = { "limit", ACCT_KIND_INT, 0 },
    [ACCT_VALUE_ATTRIBUTE] = { "attribute", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_RETRY_AFTER] = { "retry_after", ACCT_KIND_INT, 0 },
    [ACCT_VALUE_TOTP_SECRET] = { "totp.secret", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_TOTP_URI] = { "totp.uri", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_RECOVERY_CODES] = { "recovery_codes", ACCT_KIND_TEXTS, 0 },
    [ACCT_VALUE_RECOVERY_CODES_LEFT] =
        { "recovery_codes.left", ACCT_KIND_INT, 0 },
    [ACCT_VALUE_SITE_NAME] = { "site.name", ACCT_KIND_TEXT, 0 },
    [ACCT_VALUE_PROBLEMS] = { "problems", ACCT_KIND_LIST, 0 },
    [ACCT_VALUE_TOKENS] = { "tokens", ACCT_KIND_LIST, 0 },
    [ACCT_VALUE_NETWORK_SEEN_AT] =
        { "network.seen_at", ACCT_KIND_TIME, ACCT_VALUE_NETWORKS },
    [ACCT_VALUE_LINK_PURPOSE] =
        { "link.purpose", ACCT_KIND_TEXT, ACCT_VALUE_LINKS },
    [ACCT_VALUE_LINK_ADDRESS] =
        { "link.address", ACCT_KIND_TEXT, ACCT_VALUE_LINKS },
    [ACCT_VALUE_LINK_CREATED_AT] =
        { "link.created_at", ACCT_KIND_TIME, ACCT_VALUE_LINKS },
    [ACCT_VALUE_LINK_EXPIRES] =
        { "link.expires", ACCT_KIND_TIME, ACCT_VALUE_LINKS },
    [ACCT_VALUE_MAIL_KIND] =
        { "mail.kind", ACCT_KIND_TEXT, ACCT_VALUE_MAILS },
    [ACCT_VALUE_MAIL_ADDRESS] =
        { "mail.address", ACCT_KIND_TEXT, ACCT_VALUE_MAILS },
    [ACCT_VALUE_MAIL_CREATED_AT] =
        { "mail.created_at", ACCT_KIND_TIME, ACCT_VALUE_MAILS },
    [ACCT_VALUE_MAIL_EXPIRES] =
        { "mail.expires", ACCT_KIND_TIME, ACCT_VALUE_MAILS },
    [ACCT_VALUE_NAME_HELD] =
        { "name.held", ACCT_KIND_TEXT, ACCT_VALUE_NAMES },
    [ACCT_VALUE_NAME_UNTIL] =
        { "name.until", ACCT_KIND_TIME, ACCT_VALUE_NAMES },
    [ACCT_VALUE_NETWORKS] = { "networks", ACCT_KIND_LIST, 0 },
    [ACCT_VALUE_LINKS] = { "links", ACCT_KIND_LIST, 0 },
    [ACCT_VALUE_MAILS] = { "mails", ACCT_KIND_LIST, 0 },
    [ACCT_VALUE_NAMES] = { "names", ACCT_KIND_LIST, 0 },
};

/* ---- names ---- */

const char *acct_value_name(acct_value_e value)
{
    return known[value].name;
}

acct_kind_e acct_value_kind(acct_value_e value)
{
    return known[value].kind;
}

const char *acct_value_shown(acct_value_e value, apr_pool_t *pool)
{
    return apr_pstrcat(pool, known[value].kind == ACCT_KIND_LIST
                             ? "\"each\": \"" : "\"{", known[value].name,
                       known[value].kind == ACCT_KIND_LIST ? "\"" : "}\"",
                       NULL);
}

acct_value_e acct_value_list(acct_value_e value)
{
    return known[value].list != 0 ? known[value].list : ACCT_VALUE__COUNT;
}

acct_value_e acct_list_find(const char *name)
{
    int i;

    for (i = 0; i < ACCT_VALUE__COUNT; i++) {
        if (known[i].kind == ACCT_KIND_LIST
            && strcmp(known[i].name, name) == 0) {
            break;
        }
    }
    return (acct_value_e)i;
}

static const char *const *names(int lists, apr_pool_t *pool)
{
    const char **all = apr_pcalloc(pool, (ACCT_VALUE__COUNT + 1)
                                         * sizeof(*all));
    int i, count = 0;

    for (i = 0; i < ACCT_VALUE__COUNT; i++) {
        if ((known[i].kind == ACCT_KIND_LIST) == lists) {
            all[count++] = known[i].name;
        }
    }
    return all;
}

const char *const *acct_value_names(apr_pool_t *pool)
{
    return names(0, pool);
}

const char *const *acct_list_names(apr_pool_t *pool)
{
    return names(1, pool);
}

/* ---- what they are ---- */

/* A list of what is stored besides; NULL: it was not read. */
static const apr_array_header_t *stored_list(acct_value_e list,
                                             const acct_values_t *values)
{
    return values->result->stored != NULL
        ? values->result->stored[list - ACCT_VALUE_NETWORKS] : NULL;
}

int acct_value_count(acct_value_e list, const acct_values_t *values)
{
    switch (list) {
    case ACCT_VALUE_PROBLEMS:
        return values->ntold;
    case ACCT_VALUE_TOKENS:
        return values->result->tokens != NULL
            ? values->result->tokens->nelts : 0;
    default:
        return stored_list(list, values) != NULL
            ? stored_list(list, values)->nelts : 0;
    }
}

static const char *account_text(acct_value_e value,
                                const acct_account_t *account)
{
    switch (value) {
    case ACCT_VALUE_ACCOUNT_USERNAME:
        return account->username;
    case ACCT_VALUE_ACCOUNT_EMAIL:
        return account->email;
    case ACCT_VALUE_ACCOUNT_EMAIL_PENDING:
        return account->email_pending;
    case ACCT_VALUE_ACCOUNT_FIRST_NAME:
        return account->first_name;
    case ACCT_VALUE_ACCOUNT_LAST_NAME:
        return account->last_name;
    case ACCT_VALUE_ACCOUNT_STATE:
        return acct_state_name(acct_account_state(account));
    default:
        return NULL;
    }
}

static apr_int64_t account_number(acct_value_e value,
                                  const acct_account_t *account)
{
    switch (value) {
    case ACCT_VALUE_ACCOUNT_ID:
        return account->id;
    case ACCT_VALUE_ACCOUNT_IS_ACTIVE:
        return account->is_active;
    case ACCT_VALUE_ACCOUNT_IS_STAFF:
        return account->is_staff;
    case ACCT_VALUE_ACCOUNT_IS_VERIFIED:
        return account->email_verified_at > 0;
    case ACCT_VALUE_ACCOUNT_HAS_TOTP:
        return account->has_totp;
    case ACCT_VALUE_ACCOUNT_CREATED_AT:
        return account->created_at;
    case ACCT_VALUE_ACCOUNT_LAST_LOGIN:
        return account->last_login;
    case ACCT_VALUE_ACCOUNT_VERIFIED_AT:
        return account->email_verified_at;
    case ACCT_VALUE_ACCOUNT_PENDING_UNTIL:
        return account->pending_until;
    case ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT:
        return account->password_changed_at;
    default:
        return 0;
    }
}

/* The token that a placeholder is of, as it was read; NULL: none was. */
static const acct_token_t *token_of(const acct_values_t *v,
                                    const acct_item_t *item)
{
    return item != NULL && item->list == ACCT_VALUE_TOKENS
        ? &APR_ARRAY_IDX(v->result->tokens, item->index, acct_token_t)
        : v->result->token_read;
}

static const char *token_text(acct_value_e value, const acct_values_t *v,
                              const acct_token_t *token)
{
    switch (value) {
    case ACCT_VALUE_TOKEN:
        return v->result->token;
    case ACCT_VALUE_TOKEN_ID:
        return token != NULL ? token->id : v->result->token_id;
    case ACCT_VALUE_TOKEN_LABEL:
        return token != NULL ? token->label : NULL;
    case ACCT_VALUE_TOKEN_NETWORK:
        return token != NULL ? token->network : NULL;
    default:
        return NULL;
    }
}

static apr_int64_t token_number(acct_value_e value, const acct_values_t *v,
                                const acct_token_t *token)
{
    if (token == NULL) {
        return value == ACCT_VALUE_TOKEN_EXPIRES ? v->result->token_expires
                                                 : 0;
    }
    switch (value) {
    case ACCT_VALUE_TOKEN_EXPIRES:
        return token->expires_at;
    case ACCT_VALUE_TOKEN_CREATED_AT:
        return token->created_at;
    case ACCT_VALUE_TOKEN_LAST_USED:
        return token->last_used;
    case ACCT_VALUE_TOKEN_CURRENT:
        return v->result->token_id != NULL
            && strcmp(token->id, v->result->token_id) == 0;
    default:
        return 0;
    }
}

/* The item that a value is of, which has none beside it. */
static const acct_stored_t *stored_item(const acct_values_t *v,
                                        const acct_item_t *item)
{
    return &APR_ARRAY_IDX(stored_list(item->list, v), item->index,
                          acct_stored_t);
}

static const acct_told_t *problem_of(const acct_values_t *v,
                                     const acct_item_t *item)
{
    return item != NULL && item->list == ACCT_VALUE_PROBLEMS
        ? &v->told[item->index] : v->problem;
}

const char *acct_value_member(const acct_values_t *values,
                              const acct_item_t *item)
{
    const acct_told_t *told = problem_of(values, item);

    return told != NULL && told->member != NULL ? told->member : "";
}

static const char *problem_text(acct_value_e value, const acct_told_t *told)
{
    if (told == NULL) {
        return NULL;
    }
    return value == ACCT_VALUE_PROBLEM_FIELD ? told->field
        : value == ACCT_VALUE_PROBLEM_CODE ? told->code : told->message;
}

static const char *result_text(acct_value_e value,
                               const acct_result_t *result)
{
    switch (value) {
    case ACCT_VALUE_METHOD:
        return result->method;
    case ACCT_VALUE_MEDIA_TYPE:
        return result->media_type;
    case ACCT_VALUE_ENCODING:
        return result->encoding;
    case ACCT_VALUE_FORMAT:
        return result->format;
    case ACCT_VALUE_REASON:
        return result->reason;
    case ACCT_VALUE_TYPE:
        return result->type;
    case ACCT_VALUE_TOTP_SECRET:
        return result->totp_secret;
    case ACCT_VALUE_TOTP_URI:
        return result->totp_uri;
    case ACCT_VALUE_SITE_NAME:
        return result->site_name;
    default:
        return NULL;
    }
}

const char *acct_value_text(acct_value_e value, const acct_values_t *v,
                            const acct_item_t *item)
{
    const char *text;

    if (value >= ACCT_VALUE_NETWORK_SEEN_AT) {
        const acct_stored_t *stored = stored_item(v, item);

        text = value == ACCT_VALUE_LINK_PURPOSE
            || value == ACCT_VALUE_MAIL_KIND ? stored->kind : stored->text;
    }
    else if (value <= ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT) {
        text = v->result->account != NULL
            ? account_text(value, v->result->account) : NULL;
    }
    else if (value <= ACCT_VALUE_TOKEN_CURRENT) {
        text = token_text(value, v, token_of(v, item));
    }
    else if (known[value].list == ACCT_VALUE_PROBLEMS) {
        text = problem_text(value, problem_of(v, item));
    }
    else if (value == ACCT_VALUE_ERRORS_FIRST) {
        text = v->ntold > 0 ? v->told[0].message : NULL;
    }
    else if (value == ACCT_VALUE_ATTRIBUTE) {
        text = v->attribute;
    }
    else {
        text = value == ACCT_VALUE_MESSAGE ? v->message
                                           : result_text(value, v->result);
    }
    return text != NULL ? text : "";
}

apr_int64_t acct_value_number(acct_value_e value, const acct_values_t *v,
                              const acct_item_t *item)
{
    if (value <= ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT) {
        return v->result->account != NULL
            ? account_number(value, v->result->account) : 0;
    }
    switch (value) {
    case ACCT_VALUE_NETWORK_SEEN_AT:
    case ACCT_VALUE_LINK_CREATED_AT:
    case ACCT_VALUE_MAIL_CREATED_AT:
        return stored_item(v, item)->at;
    case ACCT_VALUE_LINK_EXPIRES:
    case ACCT_VALUE_MAIL_EXPIRES:
    case ACCT_VALUE_NAME_UNTIL:
        return stored_item(v, item)->until;
    case ACCT_VALUE_STATUS:
        return v->status;
    case ACCT_VALUE_LIMIT:
        return v->limit;
    case ACCT_VALUE_RETRY_AFTER:
        return v->result->retry_after;
    case ACCT_VALUE_RECOVERY_CODES_LEFT:
        return v->result->codes_left;
    default:
        return token_number(value, v, token_of(v, item));
    }
}
