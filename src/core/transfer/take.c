/* SPDX-License-Identifier: Apache-2.0 */
/* What a source says of accounts and tokens, looked at; see
 * transfer/transfer.h. */
#include "transfer/transfer.h"

#include <apr_strings.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"
#include "text/identifier.h"
#include "transfer/stored_form.h"

/* Digits of a digest that tell one row's content from another's. */
#define PRINT_BYTES 16

apr_status_t acct_import_begin(acct_import_t **import,
                               const acct_import_options_t *options,
                               apr_pool_t *pool, const char **error)
{
    acct_import_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t status;

    made->options = options;
    made->pool = pool;
    made->now = apr_time_now();
    status = apr_pool_create(&made->row, pool);
    if (status == APR_SUCCESS) {
        status = acct_work_make(&made->work, pool, error);
    }
    *import = made;
    return status;
}

/* ---- an account ---- */

const char *acct_source_print(const char *text, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };

    (void)EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
    return acct_hex_text(digest, PRINT_BYTES, pool);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Of the password, and of the rest: what changed there decides what changes
 * here. */
static const char *account_print(const acct_source_account_t *source,
                                 apr_pool_t *pool)
{
    const char *rest = apr_psprintf(pool, "%s\n%s\n%s\n%s\n%d%d",
                                    or_empty(source->username),
                                    or_empty(source->email),
                                    or_empty(source->first_name),
                                    or_empty(source->last_name),
                                    source->is_active, source->is_staff);

    return apr_pstrcat(pool,
                       acct_source_print(or_empty(source->password), pool),
                       "-", acct_source_print(rest, pool), NULL);
}

static const char *take_username(const char *text, acct_account_t *account,
                                 apr_pool_t *pool)
{
    const char *name;

    if (text == NULL || *text == '\0') {
        return "";
    }
    if (acct_username_normalize(text, &name, pool) != APR_SUCCESS) {
        return "refused username-not-utf8";
    }
    if (*name == '\0') {
        return "";
    }
    if (acct_utf8_length(name) > ACCT_USERNAME_MAX) {
        return "refused username-too-long";
    }
    account->username = name;
    return acct_username_key(name, &account->username_key, pool)
           == APR_SUCCESS && *account->username_key != '\0'
        ? "" : "refused username-without-key";
}

static const char *take_email(const char *text, acct_account_t *account,
                              apr_pool_t *pool)
{
    const char *email = acct_trim(text, pool);
    int length = acct_utf8_length(email);

    if (length == 0) {
        return "";
    }
    if (length < 0) {
        return "refused email-not-utf8";
    }
    if (length > ACCT_EMAIL_MAX) {
        return "refused email-too-long";
    }
    account->email = email;
    return acct_email_key(email, &account->email_key, pool) == APR_SUCCESS
           && *account->email_key != '\0'
        ? "" : "refused email-without-key";
}

static const char *take_name(const char *text, const char **name,
                             apr_pool_t *pool)
{
    int length;

    *name = acct_trim(text, pool);
    length = acct_utf8_length(*name);
    return length < 0 ? "refused name-not-utf8"
        : length > ACCT_NAME_MAX ? "refused name-too-long" : "";
}

/* @return what of it is not as it was */
static const char *take_password(acct_import_t *import, const char *stored,
                                 acct_account_t *account)
{
    const char *note = "";

    switch (acct_stored_form(stored, &account->password, import->row)) {
    case ACCT_STORED_WEAK:
        import->seen.weak++;
        if (import->options->refuse_weak) {
            import->seen.refused_weak++;
            account->password = "!";
            note = "password-weak";
        }
        break;
    case ACCT_STORED_UNUSABLE:
        import->seen.unusable++;
        break;
    case ACCT_STORED_UNSOUND:
        import->seen.unsound++;
        note = "password-out-of-bounds";
        break;
    case ACCT_STORED_UNSUPPORTED:
        import->seen.unsupported++;
        note = "password-of-no-known-form";
        break;
    case ACCT_STORED_GOOD:
        break;
    }
    if (acct_utf8_length(account->password) < 0) {
        account->password = "!";
    }
    return note;
}

/* What the operator has said of it stands before all else. */
static const char *decide(const acct_import_t *import, const char *key,
                          acct_source_account_t *source)
{
    const acct_decision_t *decision = import->options->decisions != NULL
        ? apr_hash_get(import->options->decisions, key, APR_HASH_KEY_STRING)
        : NULL;

    if (decision == NULL) {
        return "";
    }
    if (decision->what == ACCT_DECIDE_USERNAME) {
        source->username = decision->value;
    }
    if (decision->what == ACCT_DECIDE_EMAIL) {
        source->email = decision->value;
    }
    return decision->what == ACCT_DECIDE_SKIP ? "skipped by-decision" : "";
}

static void count_unusual(acct_import_t *import,
                          const acct_account_t *account)
{
    if ((account->username != NULL
         && !acct_username_valid(account->username, import->row))
        || (account->email != NULL
            && !acct_email_valid(account->email, import->row))) {
        import->seen.unusual++;
    }
}

static const char *look_at(acct_import_t *import,
                           const acct_source_account_t *source,
                           acct_account_t *account)
{
    apr_pool_t *pool = import->row;
    const char *verdict = take_username(source->username, account, pool);

    if (*verdict == '\0') {
        verdict = take_email(source->email, account, pool);
    }
    if (*verdict == '\0') {
        verdict = take_name(source->first_name, &account->first_name, pool);
    }
    if (*verdict == '\0') {
        verdict = take_name(source->last_name, &account->last_name, pool);
    }
    if (*verdict == '\0' && account->username == NULL
        && account->email == NULL) {
        verdict = "refused no-name";
    }
    return verdict;
}

static apr_status_t add_account(acct_import_t *import,
                                const acct_work_account_t *row)
{
    apr_status_t status = acct_work_add_account(import->work, row,
                                                import->row);

    if (!APR_STATUS_IS_EEXIST(status)) {
        return status;
    }
    import->seen.bad_lines++;   /* the first one counts */
    return APR_SUCCESS;
}

apr_status_t acct_import_account(acct_import_t *import,
                                 const acct_source_account_t *source)
{
    acct_source_account_t said = *source;
    acct_work_account_t row = {
        .key = source->key != NULL ? source->key
            : source->username != NULL && *source->username != '\0'
              ? source->username : or_empty(source->email),
        .source_name = or_empty(source->username)
    };
    acct_account_t *account = &row.account;
    const char *decided = decide(import, row.key, &said);

    import->seen.accounts++;
    import->seen.totp += source->has_totp ? 1 : 0;
    account->first_name = account->last_name = "";
    row.verdict = look_at(import, &said, account);
    if (*decided != '\0') {
        row.verdict = decided;
    }
    row.note = take_password(import, said.password, account);
    account->id = import->options->new_ids ? 0 : source->id;
    account->is_active = source->is_active;
    account->is_staff = source->is_staff;
    account->created_at = source->created_at > import->now
        ? import->now : source->created_at;
    account->last_login = source->last_login > 0 ? source->last_login : 0;
    account->email_verified_at = source->is_verified
        && account->email != NULL ? import->now : 0;
    row.print = account_print(source, import->row);
    count_unusual(import, account);
    return add_account(import, &row);
}

int acct_import_staff(acct_import_t *import, int is_staff, int is_superuser)
{
    import->seen.superusers += is_superuser;
    switch (import->options->staff) {
    case ACCT_STAFF_IS_SUPERUSER:
        return is_superuser;
    case ACCT_STAFF_EITHER:
        return is_staff || is_superuser;
    case ACCT_STAFF_NONE:
        return 0;
    default:
        return is_staff;
    }
}

/* ---- what is said apart from an account ---- */

static apr_status_t mark(acct_import_t *import, const char *kind,
                         const char *account, const char *username,
                         const char *email)
{
    const acct_arg_t args[] = {
        ACCT_TEXT(kind), ACCT_TEXT(account), ACCT_TEXT(username),
        ACCT_TEXT(email)
    };

    return acct_db_run(import->work, ACCT_WORK_ADD_MARK, args,
                       (int)(sizeof(args) / sizeof(*args)), NULL,
                       import->row);
}

apr_status_t acct_import_verified(acct_import_t *import, const char *account,
                                  const char *username, const char *email)
{
    return mark(import, "verified", account, username, email);
}

apr_status_t acct_import_second_factor(acct_import_t *import,
                                       const char *account,
                                       const char *username)
{
    return mark(import, "factor", account, username, NULL);
}
