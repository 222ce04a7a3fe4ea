/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/account_check.h"

#include <apr_strings.h>
#include <string.h>

#include "credential/admission.h"
#include "password/password.h"
#include "text/identifier.h"

const char *acct_account_check_username(acct_account_t *account,
                                        apr_pool_t *pool)
{
    if (acct_username_normalize(account->username, &account->username, pool)
        != APR_SUCCESS
        || !acct_username_valid(account->username, pool)
        || acct_username_key(account->username, &account->username_key, pool)
           != APR_SUCCESS) {
        return "the username may hold only letters, digits and @ . + - _";
    }
    return acct_utf8_length(account->username) > ACCT_USERNAME_MAX
        ? "the username is longer than 150 characters" : NULL;
}

const char *acct_account_check_email(acct_account_t *account,
                                     apr_pool_t *pool)
{
    account->email = acct_trim(account->email, pool);
    if (acct_utf8_length(account->email) > ACCT_EMAIL_MAX) {
        return "the email address is longer than 254 characters";
    }
    return !acct_email_valid(account->email, pool)
        || acct_email_key(account->email, &account->email_key, pool)
           != APR_SUCCESS
        ? "this is no email address" : NULL;
}

const char *acct_account_check_names(acct_account_t *account,
                                     apr_pool_t *pool)
{
    account->first_name = acct_trim(account->first_name != NULL
                                    ? account->first_name : "", pool);
    account->last_name = acct_trim(account->last_name != NULL
                                   ? account->last_name : "", pool);
    if (acct_utf8_length(account->first_name) < 0
        || acct_utf8_length(account->last_name) < 0) {
        return "a name is not UTF-8";
    }
    return acct_utf8_length(account->first_name) > ACCT_NAME_MAX
        || acct_utf8_length(account->last_name) > ACCT_NAME_MAX
        ? "a name is longer than 150 characters" : NULL;
}

const char *acct_account_check(acct_account_t *account, apr_pool_t *pool)
{
    const char *problem = NULL;

    if (account->username == NULL && account->email == NULL) {
        return "an account needs a username or an email address";
    }
    if (account->username != NULL) {
        problem = acct_account_check_username(account, pool);
    }
    if (problem == NULL && account->email != NULL) {
        problem = acct_account_check_email(account, pool);
    }
    return problem != NULL ? problem
                           : acct_account_check_names(account, pool);
}

/* C0, DEL, and C1 as UTF-8 writes it. */
static int has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f
            || (c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80)) {
            return 1;
        }
    }
    return 0;
}

/* All of the service's rules that a password breaks, in one sentence. */
static const char *broken_rules(const acct_service_t *service,
                                const acct_account_t *account,
                                const char *password, apr_pool_t *pool)
{
    static const struct {
        acct_problem_e problem;
        const char *said;
    } rules[] = {
        { ACCT_PROBLEM_TOO_SHORT, "too short" },
        { ACCT_PROBLEM_TOO_COMMON, "too common" },
        { ACCT_PROBLEM_TOO_SIMILAR, "too similar to the name or address" },
        { ACCT_PROBLEM_TOO_NUMERIC, "of digits alone" }
    };
    const char *all = NULL;
    acct_role_e like;
    uint32_t problems = acct_new_password_judge(service, account, password,
                                                &like, pool);
    apr_size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        if ((problems & ACCT_PROBLEM_BIT(rules[i].problem)) != 0) {
            all = apr_pstrcat(pool, all != NULL ? all : "the password is ",
                              all != NULL ? ", " : "", rules[i].said, NULL);
        }
    }
    return all;
}

const char *acct_account_check_password(const acct_service_t *service,
                                        const acct_account_t *account,
                                        const char *password,
                                        apr_pool_t *pool)
{
    if (password[0] == '\0') {
        return "the password is empty";
    }
    if (strlen(password) > ACCT_PASSWORD_MAX) {
        return "the password is longer than 1024 bytes";
    }
    if (acct_utf8_length(password) < 0) {
        return "the password is not UTF-8, so no client could send it";
    }
    if (has_control(password)) {
        return "the password holds a control character (a line end, a tab, "
               "a key that was meant for the terminal)";
    }
    return broken_rules(service, account, password, pool);
}
