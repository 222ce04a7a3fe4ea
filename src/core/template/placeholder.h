/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a placeholder can stand for: its name, its type, where it is known, and
 * what it is of a result.
 *
 * Constant tables; safe from any thread.
 */
#ifndef ACCT_PLACEHOLDER_H
#define ACCT_PLACEHOLDER_H

#include <apr_time.h>
#include <stdint.h>
#include "form/result.h"

typedef enum {
    ACCT_VALUE_ACCOUNT_ID,
    ACCT_VALUE_ACCOUNT_USERNAME,
    ACCT_VALUE_ACCOUNT_EMAIL,
    ACCT_VALUE_ACCOUNT_EMAIL_PENDING,
    ACCT_VALUE_ACCOUNT_FIRST_NAME,
    ACCT_VALUE_ACCOUNT_LAST_NAME,
    ACCT_VALUE_ACCOUNT_STATE,
    ACCT_VALUE_ACCOUNT_IS_ACTIVE,
    ACCT_VALUE_ACCOUNT_IS_STAFF,
    ACCT_VALUE_ACCOUNT_IS_VERIFIED,
    ACCT_VALUE_ACCOUNT_HAS_TOTP,
    ACCT_VALUE_ACCOUNT_CREATED_AT,
    ACCT_VALUE_ACCOUNT_LAST_LOGIN,
    ACCT_VALUE_ACCOUNT_VERIFIED_AT,
    ACCT_VALUE_ACCOUNT_PENDING_UNTIL,
    ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT,     /* the last of an account */
    ACCT_VALUE_TOKEN,
    ACCT_VALUE_TOKEN_ID,
    ACCT_VALUE_TOKEN_EXPIRES,
    ACCT_VALUE_TOKEN_LABEL,
    ACCT_VALUE_TOKEN_CREATED_AT,
    ACCT_VALUE_TOKEN_LAST_USED,
    ACCT_VALUE_TOKEN_NETWORK,
    ACCT_VALUE_TOKEN_CURRENT,
    ACCT_VALUE_ERRORS,
    ACCT_VALUE_ERRORS_FIRST,
    ACCT_VALUE_PROBLEM_FIELD,
    ACCT_VALUE_PROBLEM_CODE,
    ACCT_VALUE_MESSAGE,
    ACCT_VALUE_STATUS,
    ACCT_VALUE_METHOD,
    ACCT_VALUE_MEDIA_TYPE,
    ACCT_VALUE_ENCODING,
    ACCT_VALUE_FORMAT,
    ACCT_VALUE_REASON,
    ACCT_VALUE_TYPE,
    ACCT_VALUE_LIMIT,
    ACCT_VALUE_ATTRIBUTE,
    ACCT_VALUE_RETRY_AFTER,
    ACCT_VALUE_TOTP_SECRET,
    ACCT_VALUE_TOTP_URI,
    ACCT_VALUE_RECOVERY_CODES,
    ACCT_VALUE_RECOVERY_CODES_LEFT,
    ACCT_VALUE_SITE_NAME,
    /* lists */
    ACCT_VALUE_PROBLEMS,
    ACCT_VALUE_TOKENS,
    ACCT_VALUE_NETWORKS,        /* and behind, as acct_stored_e */
    ACCT_VALUE_LINKS,
    ACCT_VALUE_MAILS,
    ACCT_VALUE_NAMES,
    ACCT_VALUE__SETS,           /* those before it can be in a set; those
                                 * behind are of a list's items alone */
    ACCT_VALUE_PROBLEM_MESSAGE = ACCT_VALUE__SETS,
    ACCT_VALUE_NETWORK_SEEN_AT,
    ACCT_VALUE_LINK_PURPOSE,
    ACCT_VALUE_LINK_ADDRESS,
    ACCT_VALUE_LINK_CREATED_AT,
    ACCT_VALUE_LINK_EXPIRES,
    ACCT_VALUE_MAIL_KIND,
    ACCT_VALUE_MAIL_ADDRESS,
    ACCT_VALUE_MAIL_CREATED_AT,
    ACCT_VALUE_MAIL_EXPIRES,
    ACCT_VALUE_NAME_HELD,
    ACCT_VALUE_NAME_UNTIL,
    ACCT_VALUE__COUNT
} acct_value_e;

/* Of what type a value is. */
typedef enum {
    ACCT_KIND_TEXT,
    ACCT_KIND_INT,
    ACCT_KIND_BOOL,
    ACCT_KIND_TIME,
    ACCT_KIND_OBJECT,
    ACCT_KIND_TEXTS,            /* any number of them, as a JSON array */
    ACCT_KIND_LIST              /* of "each"; no placeholder */
} acct_kind_e;

/* Sets of values. */
#define ACCT_VALUE_BIT(value) (UINT64_C(1) << (unsigned)(value))
#define ACCT_VALUES_ACCOUNT \
    (ACCT_VALUE_BIT(ACCT_VALUE_ACCOUNT_PASSWORD_CHANGED_AT + 1) - 1)
/* Of a token: what is known of one that is presented or given out, and of
 * one that was read. */
#define ACCT_VALUES_TOKEN_NAMED (ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_ID) \
                                 | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_EXPIRES))
#define ACCT_VALUES_TOKEN (ACCT_VALUE_BIT(ACCT_VALUE_TOKEN) \
                           | ACCT_VALUES_TOKEN_NAMED)
#define ACCT_VALUES_TOKEN_READ (ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_LABEL) \
                                | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_CREATED_AT) \
                                | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_LAST_USED) \
                                | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_NETWORK) \
                                | ACCT_VALUE_BIT(ACCT_VALUE_TOKEN_CURRENT))
#define ACCT_VALUES_ERRORS (ACCT_VALUE_BIT(ACCT_VALUE_ERRORS) \
                            | ACCT_VALUE_BIT(ACCT_VALUE_ERRORS_FIRST) \
                            | ACCT_VALUE_BIT(ACCT_VALUE_PROBLEMS))
#define ACCT_VALUES_PROBLEM (ACCT_VALUE_BIT(ACCT_VALUE_PROBLEM_FIELD) \
                             | ACCT_VALUE_BIT(ACCT_VALUE_PROBLEM_CODE))

/* Of a second factor: what is shown once, and what always can be. */
#define ACCT_VALUES_TOTP (ACCT_VALUE_BIT(ACCT_VALUE_TOTP_SECRET) \
                          | ACCT_VALUE_BIT(ACCT_VALUE_TOTP_URI))
#define ACCT_VALUES_SECOND_FACTOR \
    (ACCT_VALUES_TOTP | ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES) \
     | ACCT_VALUE_BIT(ACCT_VALUE_RECOVERY_CODES_LEFT))

#define ACCT_VALUES_STORED (ACCT_VALUE_BIT(ACCT_VALUE_NETWORKS) \
                            | ACCT_VALUE_BIT(ACCT_VALUE_LINKS) \
                            | ACCT_VALUE_BIT(ACCT_VALUE_MAILS) \
                            | ACCT_VALUE_BIT(ACCT_VALUE_NAMES))

/* A problem as it is answered. */
typedef struct acct_told_t {
    const char *field;
    const char *member;         /* the field's own name: "user.email" */
    const char *code;           /* the problem's name */
    const char *message;
} acct_told_t;

/* What a template is filled in with. */
typedef struct acct_values_t {
    const acct_result_t *result;
    int status;
    int limit;
    const char *message;        /* filled in already, or NULL */
    apr_time_t now;             /* of what is told from now on */
    const acct_told_t *told;    /* {errors}: problems of one field stand
                                 * together */
    int ntold;
    const acct_told_t *problem; /* the one that is answered alone, without
                                 * its message; NULL: none */
    const char *attribute;      /* the dialect's word for what a password is
                                 * like, or NULL */
} acct_values_t;

/* An item of a list while it is filled in. */
typedef struct acct_item_t {
    acct_value_e list;
    int index;
} acct_item_t;

/** The name of a value in a placeholder, "account.id", or of a list. */
const char *acct_value_name(acct_value_e value);

/** The type of a value. */
acct_kind_e acct_value_kind(acct_value_e value);

/** How a value is written in a file: "{account.id}"; of a list "each":
 *  "tokens". In @a pool. */
const char *acct_value_shown(acct_value_e value, apr_pool_t *pool);

/** Of which list's items it is; ACCT_VALUE__COUNT: of none. */
acct_value_e acct_value_list(acct_value_e value);

/** The list of this name; ACCT_VALUE__COUNT: there is none. */
acct_value_e acct_list_find(const char *name);

/** The names of all placeholders, of all lists; NULL-terminated, in
 *  @a pool. */
const char *const *acct_value_names(apr_pool_t *pool);
const char *const *acct_list_names(apr_pool_t *pool);

/** How many items a list has. */
int acct_value_count(acct_value_e list, const acct_values_t *values);

/** The member of the request that a problem is of, "user.email". */
const char *acct_value_member(const acct_values_t *values,
                              const acct_item_t *item);

/** What a value is, by its type; of a list's item where @a item is not NULL
 *  and the value is of that list. A text is never NULL. */
const char *acct_value_text(acct_value_e value, const acct_values_t *values,
                            const acct_item_t *item);
apr_int64_t acct_value_number(acct_value_e value,
                              const acct_values_t *values,
                              const acct_item_t *item);

#endif
