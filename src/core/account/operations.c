/* SPDX-License-Identifier: Apache-2.0 */
#include "account/operations.h"

#include "account/account.h"
#include "base/mail_text.h"

#define LINKS(name) (1u << ACCT_MAIL_##name)
#define ROLE(role) ACCT_ROLE_BIT(ACCT_ROLE_##role)
#define OUTCOME(outcome) ACCT_OUTCOME_BIT(ACCT_##outcome)

#define PASSWORD_FOR(name) \
    { ROLE(PASSWORD), 0, "\"" name "\" needs a password; add \"password\": " \
      "\"password\", and let it be required" }

#define ADDRESS_FOR(name) \
    { ROLE(EMAIL), 0, "\"" name "\" needs an address; add \"email\": " \
      "\"email\", and let it be required" }

/* ---- without a token ---- */

static const acct_need_t register_needs[] = {
    PASSWORD_FOR("register"),
    { ROLE(USERNAME) | ROLE(EMAIL), 0,
      "an account needs a name; let a field be the \"username\" or the "
      "\"email\", and be required" },
    { 0, 0, NULL }
};

static const acct_operation_t op_register = {
    .name = "register",         /* make an account */
    .event = ACCT_EVENT_REGISTER,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .stores_fields = 1,
    .roles = ROLE(USERNAME) | ROLE(EMAIL) | ROLE(PASSWORD)
        | ROLE(PASSWORD_AGAIN) | ROLE(FIRST_NAME) | ROLE(LAST_NAME),
    .needs = register_needs,
    .shows = ACCT_SHOWS_NEW_TOKEN,
    .budget = ACCT_BUDGET_REGISTER,
    .run = acct_register
};

static const acct_need_t login_needs[] = {
    PASSWORD_FOR("login"),
    { ROLE(IDENTIFIER) | ROLE(EMAIL), 1,
      "\"login\" needs a name to look an account up by; write a field that "
      "is the \"identifier\" or the \"email\", and let it be required, or "
      "one of each" },
    { 0, 0, NULL }
};

static const acct_operation_t op_login = {
    .name = "login",            /* identifier and password to a token */
    .event = ACCT_EVENT_LOGIN,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .roles = ROLE(IDENTIFIER) | ROLE(EMAIL) | ROLE(PASSWORD)
        | ROLE(SECOND_FACTOR),
    .needs = login_needs,
    .takes_basic = 1,
    .outcomes = OUTCOME(WRONG_CREDENTIALS) | OUTCOME(BLOCKED)
        | OUTCOME(PENDING) | OUTCOME(UNVERIFIED)
        | OUTCOME(SECOND_FACTOR_REQUIRED)
        | OUTCOME(IDENTIFIER_ABSENT) | OUTCOME(TOO_MANY_TOKENS),
    .shows = ACCT_SHOWS_NEW_TOKEN_ALWAYS,
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_login
};

/* ---- for the account of a token ---- */

static const acct_operation_t op_logout = {
    .name = "logout",           /* end this token */
    .event = ACCT_EVENT_LOGOUT,
    .token = ACCT_TOKEN_NEEDED,
    .may_lack_token = 1,
    .run = acct_logout
};

static const acct_operation_t op_logout_all = {
    .name = "logout_all",       /* end all the account's tokens */
    .event = ACCT_EVENT_LOGOUT_ALL,
    .token = ACCT_TOKEN_NEEDED,
    .run = acct_logout_all
};

static const acct_operation_t op_current = {
    .name = "current",          /* whose token is this */
    .event = ACCT_EVENT_CURRENT,
    .token = ACCT_TOKEN_NEEDED,
    .shows = ACCT_SHOWS_TOKEN,
    .run = acct_current
};

static const acct_need_t password_change_needs[] = {
    PASSWORD_FOR("password_change"),
    { 0, 0, NULL }
};

static const acct_operation_t op_password_change = {
    .name = "password_change",  /* another password */
    .event = ACCT_EVENT_PASSWORD_CHANGE,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .stores_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(PASSWORD) | ROLE(PASSWORD_AGAIN),
    .needs = password_change_needs,
    .run = acct_password_change
};

static const acct_need_t username_change_needs[] = {
    { ROLE(USERNAME), 0, "\"username_change\" needs the new name; add "
      "\"new_username\": \"username\", and let it be required" },
    { 0, 0, NULL }
};

static const acct_operation_t op_username_change = {
    .name = "username_change",  /* another username */
    .event = ACCT_EVENT_USERNAME_CHANGE,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .stores_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(USERNAME) | ROLE(USERNAME_AGAIN),
    .needs = username_change_needs,
    .run = acct_username_change
};

static const acct_need_t email_change_needs[] = {
    ADDRESS_FOR("email_change"),
    { 0, 0, NULL }
};

static const acct_operation_t op_email_change = {
    .name = "email_change",     /* another address */
    .event = ACCT_EVENT_EMAIL_CHANGE,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .stores_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(EMAIL),
    .needs = email_change_needs,
    .run = acct_email_change
};

static const acct_operation_t op_edit = {
    .name = "edit",             /* names and address */
    .event = ACCT_EVENT_EDIT,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .stores_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(USERNAME) | ROLE(EMAIL)
        | ROLE(FIRST_NAME) | ROLE(LAST_NAME),
    .run = acct_edit
};

static const acct_operation_t op_delete = {
    .name = "delete",           /* end the account itself */
    .event = ACCT_EVENT_DELETE,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD),
    .run = acct_delete
};

static const acct_operation_t op_tokens = {
    .name = "tokens",           /* which tokens the account has */
    .event = ACCT_EVENT_TOKENS,
    .token = ACCT_TOKEN_NEEDED,
    .shows = ACCT_SHOWS_TOKENS,
    .run = acct_tokens
};

static const acct_need_t token_rename_needs[] = {
    { ROLE(LABEL), 0,
      "\"token_rename\" needs what the token is to be called; add \"name\": "
      "\"label\", and let it be required" },
    { 0, 0, NULL }
};

static const acct_operation_t op_token_rename = {
    .name = "token_rename",     /* call a token something */
    .event = ACCT_EVENT_TOKEN_RENAME,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .stores_fields = 1,
    .names_token = 1,
    .roles = ROLE(LABEL),
    .needs = token_rename_needs,
    .outcomes = OUTCOME(TOKEN_NOT_FOUND),
    .shows = ACCT_SHOWS_TOKEN_READ,
    .run = acct_token_rename
};

static const acct_operation_t op_token_revoke = {
    .name = "token_revoke",     /* end one token */
    .event = ACCT_EVENT_TOKEN_REVOKE,
    .token = ACCT_TOKEN_NEEDED,
    .names_token = 1,
    .outcomes = OUTCOME(TOKEN_NOT_FOUND),
    .run = acct_token_revoke
};

static const acct_operation_t op_export = {
    .name = "export",           /* all that is stored of the account */
    .event = ACCT_EVENT_EXPORT,
    .token = ACCT_TOKEN_NEEDED,
    .shows = ACCT_SHOWS_STORED,
    .run = acct_export
};

/* ---- its second factor ---- */

#define CODE_FOR(name) \
    { ROLE(SECOND_FACTOR), 0, "\"" name "\" needs a code; add \"otp\": " \
      "\"second_factor\", and let it be required" }
#define CURRENT_PASSWORD_FOR(name) \
    { ROLE(CURRENT_PASSWORD), 0, "\"" name "\" needs the password besides; " \
      "add \"current_password\": \"current_password\", and let it be " \
      "required" }

static const acct_operation_t op_totp_begin = {
    .name = "totp_begin",       /* a secret for one-time codes */
    .event = ACCT_EVENT_TOTP_BEGIN,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD),
    .outcomes = OUTCOME(TOTP_ALREADY) | OUTCOME(NOT_ENABLED),
    .shows = ACCT_SHOWS_TOTP,
    .run = acct_totp_begin
};

static const acct_need_t totp_confirm_needs[] = {
    CODE_FOR("totp_confirm"),
    { 0, 0, NULL }
};

static const acct_operation_t op_totp_confirm = {
    .name = "totp_confirm",     /* a code of it: asked for from now on */
    .event = ACCT_EVENT_TOTP_CONFIRM,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(SECOND_FACTOR),
    .needs = totp_confirm_needs,
    .outcomes = OUTCOME(TOTP_ALREADY) | OUTCOME(TOTP_ABSENT),
    .shows = ACCT_SHOWS_RECOVERY_CODES,
    .run = acct_totp_confirm
};

static const acct_need_t totp_disable_needs[] = {
    CODE_FOR("totp_disable"),
    CURRENT_PASSWORD_FOR("totp_disable"),
    { 0, 0, NULL }
};

static const acct_operation_t op_totp_disable = {
    .name = "totp_disable",     /* no second factor any more */
    .event = ACCT_EVENT_TOTP_DISABLE,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(SECOND_FACTOR),
    .needs = totp_disable_needs,
    .outcomes = OUTCOME(TOTP_ABSENT),
    .run = acct_totp_disable
};

static const acct_need_t recovery_codes_needs[] = {
    CODE_FOR("recovery_codes"),
    { 0, 0, NULL }
};

static const acct_operation_t op_recovery_codes = {
    .name = "recovery_codes",   /* new ones */
    .event = ACCT_EVENT_RECOVERY_CODES,
    .token = ACCT_TOKEN_NEEDED,
    .reads_fields = 1,
    .roles = ROLE(CURRENT_PASSWORD) | ROLE(SECOND_FACTOR),
    .needs = recovery_codes_needs,
    .outcomes = OUTCOME(TOTP_ABSENT),
    .shows = ACCT_SHOWS_RECOVERY_CODES_ALWAYS,
    .run = acct_recovery_codes
};

/* ---- by a mailed link ---- */

#define LINK_FOR(name) \
    { ROLE(LINK_TOKEN) | ROLE(LINK_KEY), 0, "\"" name "\" needs the secret " \
      "of a link; add \"token\": \"link_token\" or \"key\": \"link_key\", " \
      "and let it be required" }
#define LINK_ROLES (ROLE(LINK_UID) | ROLE(LINK_TOKEN) | ROLE(LINK_KEY))

static const acct_need_t password_reset_send_needs[] = {
    ADDRESS_FOR("password_reset_send"),
    { 0, 0, NULL }
};

static const acct_operation_t op_password_reset_send = {
    .name = "password_reset_send",  /* a mail to choose a password by */
    .event = ACCT_EVENT_PASSWORD_RESET_SEND,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .roles = ROLE(EMAIL),
    .needs = password_reset_send_needs,
    .outcomes = OUTCOME(NOT_ENABLED),
    .budget = ACCT_BUDGET_MAILS,
    .mails = 1,
    .run = acct_password_reset_send
};

static const acct_need_t password_reset_needs[] = {
    LINK_FOR("password_reset"),
    PASSWORD_FOR("password_reset"),
    { 0, 0, NULL }
};

static const acct_operation_t op_password_reset = {
    .name = "password_reset",   /* another password, by a link */
    .event = ACCT_EVENT_PASSWORD_RESET,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .stores_fields = 1,
    .takes_links = LINKS(PASSWORD_RESET),
    .roles = LINK_ROLES | ROLE(PASSWORD) | ROLE(PASSWORD_AGAIN),
    .needs = password_reset_needs,
    .outcomes = OUTCOME(LINK_UNKNOWN),
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_password_reset
};

static const acct_need_t username_reset_send_needs[] = {
    ADDRESS_FOR("username_reset_send"),
    { 0, 0, NULL }
};

static const acct_operation_t op_username_reset_send = {
    .name = "username_reset_send",  /* a mail to choose a username by */
    .event = ACCT_EVENT_USERNAME_RESET_SEND,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .roles = ROLE(EMAIL),
    .needs = username_reset_send_needs,
    .outcomes = OUTCOME(NOT_ENABLED),
    .budget = ACCT_BUDGET_MAILS,
    .mails = 1,
    .run = acct_username_reset_send
};

static const acct_need_t username_reset_needs[] = {
    LINK_FOR("username_reset"),
    { ROLE(USERNAME), 0, "\"username_reset\" needs the new name; add "
      "\"new_username\": \"username\", and let it be required" },
    { 0, 0, NULL }
};

static const acct_operation_t op_username_reset = {
    .name = "username_reset",   /* another username, by a link */
    .event = ACCT_EVENT_USERNAME_RESET,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .stores_fields = 1,
    .takes_links = LINKS(USERNAME_RESET),
    .roles = LINK_ROLES | ROLE(USERNAME) | ROLE(USERNAME_AGAIN),
    .needs = username_reset_needs,
    .outcomes = OUTCOME(LINK_UNKNOWN),
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_username_reset
};

static const acct_need_t activate_send_needs[] = {
    ADDRESS_FOR("activate_send"),
    { 0, 0, NULL }
};

static const acct_operation_t op_activate_send = {
    .name = "activate_send",    /* the mail to activate, or to verify, by */
    .event = ACCT_EVENT_ACTIVATE_SEND,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .roles = ROLE(EMAIL),
    .needs = activate_send_needs,
    .outcomes = OUTCOME(NOT_ENABLED),
    .budget = ACCT_BUDGET_MAILS,
    .run = acct_activate_send
};

static const acct_need_t activate_needs[] = {
    LINK_FOR("activate"),
    { 0, 0, NULL }
};

static const acct_operation_t op_activate = {
    .name = "activate",         /* a pending account is good from now on */
    .event = ACCT_EVENT_ACTIVATE,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .takes_links = LINKS(ACTIVATION) | LINKS(VERIFY_EMAIL),
    .roles = LINK_ROLES,
    .needs = activate_needs,
    .outcomes = OUTCOME(LINK_UNKNOWN) | OUTCOME(LINK_SPENT),
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_activate
};

static const acct_need_t verify_email_needs[] = {
    LINK_FOR("verify_email"),
    { 0, 0, NULL }
};

static const acct_operation_t op_verify_email = {
    .name = "verify_email",     /* an address is its account's */
    .event = ACCT_EVENT_VERIFY_EMAIL,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .takes_links = LINKS(ACTIVATION) | LINKS(VERIFY_EMAIL),
    .roles = LINK_ROLES,
    .needs = verify_email_needs,
    .outcomes = OUTCOME(LINK_UNKNOWN) | OUTCOME(LINK_SPENT),
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_activate
};

static const acct_need_t link_check_needs[] = {
    LINK_FOR("link_check"),
    { 0, 0, NULL }
};

static const acct_operation_t op_link_check = {
    .name = "link_check",       /* whether a link is good; nothing else */
    .event = ACCT_EVENT_LINK_CHECK,
    .token = ACCT_TOKEN_IGNORED,
    .reads_fields = 1,
    .roles = LINK_ROLES,
    .needs = link_check_needs,
    .outcomes = OUTCOME(LINK_UNKNOWN),
    .budget = ACCT_BUDGET_FAILURES,
    .run = acct_link_check
};

static const acct_operation_t *const rows[] = {
    &op_register, &op_login, &op_logout, &op_logout_all, &op_current,
    &op_password_change, &op_username_change, &op_email_change, &op_edit,
    &op_delete,
    &op_tokens, &op_token_rename, &op_token_revoke, &op_export,
    &op_totp_begin, &op_totp_confirm, &op_totp_disable, &op_recovery_codes,
    &op_password_reset_send, &op_password_reset, &op_username_reset_send,
    &op_username_reset, &op_activate_send, &op_activate, &op_verify_email,
    &op_link_check
};

const acct_operations_t acct_operations = {
    rows, (int)(sizeof(rows) / sizeof(*rows))
};
