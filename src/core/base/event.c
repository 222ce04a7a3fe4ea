/* SPDX-License-Identifier: Apache-2.0 */
#include "base/event.h"

#include <string.h>

static const char *const names[ACCT_EVENT__COUNT] = {
    [ACCT_EVENT_LOGIN] = "login",
    [ACCT_EVENT_REGISTER] = "register",
    [ACCT_EVENT_LOGOUT] = "logout",
    [ACCT_EVENT_LOGOUT_ALL] = "logout_all",
    [ACCT_EVENT_PASSWORD_CHANGE] = "password_change",
    [ACCT_EVENT_USERNAME_CHANGE] = "username_change",
    [ACCT_EVENT_EDIT] = "edit",
    [ACCT_EVENT_DELETE] = "delete",
    [ACCT_EVENT_PASSWORD_RESET_SEND] = "password_reset_send",
    [ACCT_EVENT_PASSWORD_RESET] = "password_reset",
    [ACCT_EVENT_USERNAME_RESET_SEND] = "username_reset_send",
    [ACCT_EVENT_USERNAME_RESET] = "username_reset",
    [ACCT_EVENT_ACTIVATE_SEND] = "activate_send",
    [ACCT_EVENT_ACTIVATE] = "activate",
    [ACCT_EVENT_VERIFY_EMAIL] = "verify_email",
    [ACCT_EVENT_LINK_CHECK] = "link_check",
    [ACCT_EVENT_CURRENT] = "current",
    [ACCT_EVENT_TOKENS] = "tokens",
    [ACCT_EVENT_TOKEN_RENAME] = "token_rename",
    [ACCT_EVENT_TOKEN_REVOKE] = "token_revoke",
    [ACCT_EVENT_EXPORT] = "export",
    [ACCT_EVENT_TOTP_BEGIN] = "totp_begin",
    [ACCT_EVENT_TOTP_CONFIRM] = "totp_confirm",
    [ACCT_EVENT_TOTP_DISABLE] = "totp_disable",
    [ACCT_EVENT_RECOVERY_CODES] = "recovery_codes",
    [ACCT_EVENT_EMAIL_CHANGE] = "email_change",
    [ACCT_EVENT_GUARD] = "guard",
    [ACCT_EVENT_TOKEN_ISSUED] = "token_issued",
    [ACCT_EVENT_TOKEN_EVICTED] = "token_evicted",
    [ACCT_EVENT_TOKEN_REVOKED] = "token_revoked",
    [ACCT_EVENT_TOKEN_CHECK] = "token_check",
    [ACCT_EVENT_RECOVERY_CODE_USED] = "recovery_code_used",
    [ACCT_EVENT_ACCOUNT_ADDED] = "account_added",
    [ACCT_EVENT_ACCOUNT_BLOCKED] = "account_blocked",
    [ACCT_EVENT_ACCOUNT_UNBLOCKED] = "account_unblocked",
    [ACCT_EVENT_ACCOUNT_DELETED] = "account_deleted",
    [ACCT_EVENT_PASSWORD_SET] = "password_set",
    [ACCT_EVENT_ACCOUNT_ACTIVATED] = "account_activated",
    [ACCT_EVENT_ACCOUNT_SET] = "account_set",
    [ACCT_EVENT_NAME_RELEASED] = "name_released",
    [ACCT_EVENT_TOTP_RESET] = "totp_reset",
    [ACCT_EVENT_LINK_MADE] = "link_made",
    [ACCT_EVENT_MAIL_SENT] = "mail_sent",
    [ACCT_EVENT_MAIL_GIVEN_UP] = "mail_given_up",
    [ACCT_EVENT_LIMIT_REACHED] = "limit_reached",
    [ACCT_EVENT_LIMIT_OVER] = "limit_over",
    [ACCT_EVENT_LIMIT_CLEARED] = "limit_cleared",
    [ACCT_EVENT_DATABASE_MADE] = "database_made",
    [ACCT_EVENT_SCHEMA_UPGRADED] = "schema_upgraded",
    [ACCT_EVENT_KEY_MADE] = "key_made",
    [ACCT_EVENT_KEY_CHANGED] = "key_changed"
};

const char *acct_event_name(acct_event_e kind)
{
    return (unsigned int)kind < ACCT_EVENT__COUNT ? names[kind] : NULL;
}

int acct_event_find(const char *name)
{
    for (int i = 0; name != NULL && i < ACCT_EVENT__COUNT; i++) {
        if (names[i] != NULL && strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}
