/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include <errno.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

acct_taker_t acct_take_row(const acct_rows_t *rows, int i)
{
    acct_taker_t taker = { rows->cell[i], 0, rows->columns, 0 };

    return taker;
}

apr_status_t acct_taken(const acct_taker_t *from)
{
    return !from->spoilt && from->next == from->columns ? APR_SUCCESS
                                                        : APR_EGENERAL;
}

const char *acct_take_maybe(acct_taker_t *from)
{
    if (from->next >= from->columns) {
        from->spoilt = 1;
        return NULL;
    }
    return from->cell[from->next++];
}

const char *acct_take_text(acct_taker_t *from)
{
    const char *text = acct_take_maybe(from);

    if (!text) {
        from->spoilt = 1;
        return "";
    }
    return text;
}

static const char *take_hex(acct_taker_t *from, size_t chars)
{
    const char *text = acct_take_text(from);

    if (strlen(text) != chars
        || strspn(text, "0123456789abcdef") != chars) {
        from->spoilt = 1;
    }
    return text;
}

apr_int64_t acct_take_number(acct_taker_t *from, apr_int64_t min,
                             apr_int64_t max)
{
    const char *text = acct_take_text(from);
    char *end;
    apr_int64_t number;

    errno = 0;
    number = apr_strtoi64(text, &end, 10);
    if (errno || end == text || *end || apr_isspace(*text)
        || number < min || number > max) {
        from->spoilt = 1;
        return 0;
    }
    return number;
}

void acct_take_account(acct_taker_t *from, acct_account_t *account)
{
    memset(account, 0, sizeof(*account));
    account->id = acct_take_number(from, 1, APR_INT64_MAX);
    account->username = acct_take_maybe(from);
    account->username_key = acct_take_maybe(from);
    account->email = acct_take_maybe(from);
    account->email_key = acct_take_maybe(from);
    account->first_name = acct_take_text(from);
    account->last_name = acct_take_text(from);
    account->is_active = (int)acct_take_number(from, 0, 1);
    account->is_staff = (int)acct_take_number(from, 0, 1);
    account->created_at = acct_take_number(from, 0, APR_INT64_MAX);
    account->last_login = acct_take_number(from, 0, APR_INT64_MAX);
    account->pending_until = acct_take_number(from, 0, APR_INT64_MAX);
    account->email_verified_at = acct_take_number(from, 0, APR_INT64_MAX);
    account->email_pending = acct_take_maybe(from);
    account->email_pending_key = acct_take_maybe(from);
    account->password_changed_at = acct_take_number(from, 0, APR_INT64_MAX);
    account->has_totp = (int)acct_take_number(from, 0, 1);
    if ((!account->username && !account->email)
        || (account->pending_until != 0 && account->is_active)
        || !account->email_pending != !account->email_pending_key
        || !account->username != !account->username_key
        || !account->email != !account->email_key) {
        from->spoilt = 1;
    }
}

void acct_take_password(acct_taker_t *from, acct_account_t *account)
{
    account->password = acct_take_text(from);
    if (!*account->password) {
        from->spoilt = 1;
    }
}

/* No use and no mistake lets a token outlive its end. */
static void bound_by_end(acct_token_t *token)
{
    if (token->ends_at != 0 && (token->expires_at == 0
                                || token->expires_at > token->ends_at)) {
        token->expires_at = token->ends_at;
    }
}

/* A further word of a column: a number after a space. */
static apr_int64_t take_word(acct_taker_t *from, char **at)
{
    const char *word = *at + 1;

    if (**at != ' ' || !apr_isdigit(*word)) {
        from->spoilt = 1;
        return 0;
    }
    return apr_strtoi64(word, at, 10);
}

/* The next column: expires_at, and where they may matter ends_at and
 * sliding as further words. */
static void take_expiry(acct_taker_t *from, acct_token_t *token)
{
    const char *text = acct_take_text(from);
    char *end;

    errno = 0;
    token->expires_at = apr_strtoi64(text, &end, 10);
    if (end == text || apr_isspace(*text)) {
        from->spoilt = 1;
        return;
    }
    if (*end == ' ') {
        token->ends_at = take_word(from, &end);
        token->sliding = take_word(from, &end);
    }
    if (errno || *end || token->expires_at < 0
        || token->sliding > APR_INT64_MAX / 2) {
        from->spoilt = 1;
    }
}

void acct_take_identity(acct_taker_t *from, acct_token_t *token,
                        acct_account_t *account)
{
    int rank;

    memset(token, 0, sizeof(*token));
    memset(account, 0, sizeof(*account));
    token->digest = take_hex(from, ACCT_DIGEST_CHARS);
    token->id = take_hex(from, ACCT_TOKEN_ID_CHARS);
    take_expiry(from, token);
    bound_by_end(token);
    token->last_used = acct_take_number(from, 0, APR_INT64_MAX);
    token->label = token->network = "";
    account->id = acct_take_number(from, 1, APR_INT64_MAX);
    account->username = acct_take_maybe(from);
    account->email = acct_take_maybe(from);
    rank = (int)acct_take_number(from, 0, 2);
    account->is_active = rank < 2;
    account->is_staff = rank == 1;
    account->first_name = "";
    account->last_name = "";
    token->account_id = account->id;
    if (!account->username && !account->email) {
        from->spoilt = 1;
    }
}

void acct_take_token(acct_taker_t *from, acct_token_t *token)
{
    memset(token, 0, sizeof(*token));
    token->id = take_hex(from, ACCT_TOKEN_ID_CHARS);
    token->account_id = acct_take_number(from, 1, APR_INT64_MAX);
    token->digest = take_hex(from, ACCT_DIGEST_CHARS);
    token->label = acct_take_text(from);
    token->created_at = acct_take_number(from, 0, APR_INT64_MAX);
    token->expires_at = acct_take_number(from, 0, APR_INT64_MAX);
    token->last_used = acct_take_number(from, 0, APR_INT64_MAX);
    token->ends_at = acct_take_number(from, 0, APR_INT64_MAX);
    token->sliding = acct_take_number(from, 0, APR_INT64_MAX / 2);
    token->network = acct_take_text(from);
    bound_by_end(token);
}
