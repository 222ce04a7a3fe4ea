/* SPDX-License-Identifier: Apache-2.0 */
/* What a source says of tokens, looked at; see transfer/transfer.h. */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <string.h>

#include "store/foreign_tokens.h"
#include "text/identifier.h"

static int is_hex(const char *text, size_t length)
{
    return text != NULL && strlen(text) == length
        && strspn(text, "0123456789abcdef") == length;
}

/* As a client can send it in a header. */
static int can_be_sent(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e) {
            return 0;
        }
    }
    return length > 0 && length <= 1024;
}

static const char *take_plain(acct_import_t *import,
                              const acct_source_token_t *source,
                              acct_work_token_t *row)
{
    char *digest = apr_palloc(import->row, ACCT_DIGEST_HEX + 1);

    if (!can_be_sent(source->value)
        || acct_token_digest(source->value, digest) != APR_SUCCESS) {
        return "refused cannot-be-sent";
    }
    row->token.digest = digest;
    row->form = ACCT_FORM_NATIVE;
    if (import->options->reuse) {
        row->plain = source->value;
    }
    else {
        import->seen.unsealed++;
    }
    return "";
}

/* Ours is a digest of 64 digits: another's cut to that is as strong. */
static const char *take_digest(acct_import_t *import, acct_form_e form,
                               const acct_source_token_t *source,
                               acct_work_token_t *row)
{
    if (!is_hex(source->value, ACCT_FOREIGN_CHARS)) {
        return "refused digest";
    }
    row->form = form;
    row->foreign_digest = source->value;
    row->token.digest = apr_pstrmemdup(import->row, source->value,
                                       ACCT_DIGEST_HEX);
    if (form == ACCT_FORM_KNOX_SALTED) {
        row->foreign_salt = source->salt;
        row->foreign_key = source->key;
        if (source->salt == NULL || source->key == NULL
            || strlen(source->salt) % 2 != 0
            || !is_hex(source->salt, strlen(source->salt))
            || *source->salt == '\0' || *source->key == '\0') {
            return "refused salt";
        }
    }
    return "";
}

static const char *take_own_digest(acct_form_e form,
                                   const acct_source_token_t *source,
                                   acct_work_token_t *row)
{
    row->form = form;
    row->token.digest = source->value;
    if (form == ACCT_FORM_NUMBERED) {
        row->foreign_key = source->key;
    }
    return !is_hex(source->value, ACCT_DIGEST_HEX) ? "refused digest"
        : form == ACCT_FORM_NUMBERED && acct_source_id(source->key) == 0
          ? "refused number" : "";
}

static const char *take_value(acct_import_t *import,
                              const acct_source_token_t *source,
                              acct_work_token_t *row)
{
    switch (source->form) {
    case ACCT_SOURCE_PLAIN:
        return take_plain(import, source, row);
    case ACCT_SOURCE_KNOX41:
        return take_digest(import, ACCT_FORM_KNOX_SALTED, source, row);
    case ACCT_SOURCE_KNOX42:
        return take_digest(import, ACCT_FORM_KNOX_BYTES, source, row);
    case ACCT_SOURCE_KNOX50:
        return take_digest(import, ACCT_FORM_KNOX_TEXT, source, row);
    case ACCT_SOURCE_SANCTUM:
        return take_own_digest(ACCT_FORM_NUMBERED, source, row);
    default:
        return take_own_digest(ACCT_FORM_NATIVE, source, row);
    }
}

static void take_times(const acct_import_t *import,
                       const acct_source_token_t *source,
                       acct_token_t *token)
{
    token->created_at = source->created_at > 0
        && source->created_at < import->now ? source->created_at
                                            : import->now;
    token->expires_at = source->expires_at < 0 ? 1 : source->expires_at;
    token->last_used = source->last_used <= 0 ? 0
        : source->last_used < import->now ? source->last_used : import->now;
    token->sliding = source->sliding;
    if (token->expires_at != 0 && token->sliding == 0) {
        token->sliding = import->options->sliding;
    }
    token->ends_at = source->ends_at > 0 ? source->ends_at : 0;
    if (token->sliding == 0 && token->ends_at == 0) {
        token->ends_at = token->expires_at;     /* as one of ours */
    }
}

apr_status_t acct_import_token(acct_import_t *import,
                               const acct_source_token_t *source)
{
    acct_work_token_t row = {
        .account = source->account, .username = source->username
    };
    apr_status_t status;

    import->seen.tokens++;
    row.token.label = source->label != NULL
                      && acct_utf8_length(source->label) >= 0
        ? acct_trim(source->label, import->row) : "";
    row.key = apr_pstrcat(import->row,
                          source->account != NULL ? source->account : "",
                          source->account == NULL ? source->username : "",
                          "/", acct_source_print(source->value, import->row),
                          NULL);
    row.verdict = take_value(import, source, &row);
    take_times(import, source, &row.token);
    if (row.token.digest == NULL) {
        row.token.digest = "";
    }
    if (*row.verdict == '\0' && source->dead != NULL) {
        row.verdict = source->dead;
    }
    if (*row.verdict == '\0' && row.token.expires_at != 0
        && row.token.expires_at <= import->now) {
        row.verdict = "expired";
    }
    status = acct_work_add_token(import->work, &row, import->row);
    if (APR_STATUS_IS_EEXIST(status)) {
        import->seen.bad_lines++;
        status = APR_SUCCESS;
    }
    return status;
}
