/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of mails, and texts with placeholders of which mails are made:
 * "Password reset on {site.name}". A dialect has some (subjects, links), files
 * have the others (mail/templates.h). Such a text is parsed once, while the
 * configuration is read, and filled in for each mail. "{{" and "}}" are
 * braces.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_MAIL_TEXT_H
#define ACCT_MAIL_TEXT_H

#include <apr_pools.h>
#include <stdint.h>

/* What a mail is for. */
typedef enum {
    ACCT_MAIL_PASSWORD_RESET,   /* a link to choose a new password */
    ACCT_MAIL_USERNAME_RESET,   /* a link to choose another name */
    ACCT_MAIL_ACTIVATION,       /* a link that makes a pending account good */
    ACCT_MAIL_ACTIVATION_DONE,
    ACCT_MAIL_VERIFY_EMAIL,     /* a link that proves an address */
    ACCT_MAIL_PASSWORD_CHANGED,
    ACCT_MAIL_USERNAME_CHANGED,
    ACCT_MAIL_EMAIL_CHANGED,    /* to the address of before */
    ACCT_MAIL_ACCOUNT_EXISTS,   /* to an address that somebody signed up
                                 * with, and that an account has */
    ACCT_MAIL_RECOVERY_CODE_USED,
    ACCT_MAIL__COUNT
} acct_mail_kind_e;

/* What a placeholder can stand for. There are no other names of people: a
 * text of somebody's choice in a mail to an address of their choice is how
 * unwanted mail is sent in another's name. */
typedef enum {
    ACCT_MAIL_VALUE_LINK,           /* the whole, with its base */
    ACCT_MAIL_VALUE_LINK_BASE,
    ACCT_MAIL_VALUE_LINK_UID,
    ACCT_MAIL_VALUE_LINK_TOKEN,
    ACCT_MAIL_VALUE_LINK_KEY,       /* the token, where it stands alone */
    ACCT_MAIL_VALUE_LINK_EXPIRES,   /* "2026-01-31 23:59 UTC" */
    ACCT_MAIL_VALUE_SITE_NAME,
    ACCT_MAIL_VALUE_USERNAME,
    ACCT_MAIL_VALUE_EMAIL,
    ACCT_MAIL_VALUE__COUNT
} acct_mail_value_e;

#define ACCT_MAIL_VALUE_BIT(value) (UINT32_C(1) << (value))

/* Those of a mail with a link. */
#define ACCT_MAIL_VALUES_LINK \
    (ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK) \
     | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_UID) \
     | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_TOKEN) \
     | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_KEY) \
     | ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_LINK_EXPIRES))
/* Those that any mail has, and that a subject may hold. */
#define ACCT_MAIL_VALUES_SITE ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE_SITE_NAME)
#define ACCT_MAIL_VALUES_ALL (ACCT_MAIL_VALUE_BIT(ACCT_MAIL_VALUE__COUNT) - 1)

/* What texts are filled in with; UTF-8, NULL: empty. */
typedef struct acct_mail_values_t {
    const char *text[ACCT_MAIL_VALUE__COUNT];
} acct_mail_values_t;

/* A parsed text. Constant. */
typedef struct acct_mail_text_t acct_mail_text_t;

/* How values are written. */
typedef enum {
    ACCT_MAIL_PLAIN,
    ACCT_MAIL_HTML              /* text of an HTML document, or of an
                                 * attribute's value in quotation marks */
} acct_mail_escape_e;

/** The name of a kind, e.g. "password-reset". */
const char *acct_mail_kind_name(acct_mail_kind_e kind);

/** The kind called @a name, or -1. */
int acct_mail_kind_find(const char *name);

/** Whether mails of a kind hold a link. */
int acct_mail_kind_links(acct_mail_kind_e kind);

/** The name of a value in a placeholder, e.g. "link.uid". */
const char *acct_mail_value_name(acct_mail_value_e value);

/**
 * Parse a text.
 * @param text    UTF-8; copied
 * @param allowed set of values that may stand in it
 * @param error   out, on APR_EINVAL: what is wrong and what to write, in
 *                @a pool
 * @param parsed  out, in @a pool
 */
apr_status_t acct_mail_text_parse(const acct_mail_text_t **parsed,
                                  const char *text, uint32_t allowed,
                                  const char **error, apr_pool_t *pool);

/** The set of values that stand in it. */
uint32_t acct_mail_text_uses(const acct_mail_text_t *parsed);

/** Fill it in. @return in @a pool */
const char *acct_mail_text_fill(const acct_mail_text_t *parsed,
                                const acct_mail_values_t *values,
                                acct_mail_escape_e how, apr_pool_t *pool);

#endif
