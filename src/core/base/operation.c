/* SPDX-License-Identifier: Apache-2.0 */
#include "base/operation.h"

#include <string.h>

#define BIT(outcome) ACCT_OUTCOME_BIT(outcome)

/* Of every operation; a body that is dropped has a limit too. */
#define GENERAL \
    (BIT(ACCT_OK) | BIT(ACCT_METHOD_NOT_ALLOWED) | BIT(ACCT_OPTIONS) \
     | BIT(ACCT_TLS_REQUIRED) | BIT(ACCT_TOO_LARGE) | BIT(ACCT_THROTTLED) \
     | BIT(ACCT_UNAVAILABLE) | BIT(ACCT_ERROR))

/* Of those that read fields. */
#define OF_FIELDS \
    (BIT(ACCT_UNSUPPORTED_MEDIA_TYPE) | BIT(ACCT_UNSUPPORTED_ENCODING) \
     | BIT(ACCT_PARSE_ERROR) | BIT(ACCT_NOT_AN_OBJECT) | BIT(ACCT_NO_DATA) \
     | BIT(ACCT_INVALID))

/* Of those that look at a token; ACCT_PERMISSION_DENIED is a protected
 * location's, ACCT_NOT_FOUND is where there is no route. */
#define OF_TOKENS \
    (BIT(ACCT_TOKEN_ABSENT) | BIT(ACCT_TOKEN_SPACES) \
     | BIT(ACCT_TOKEN_CHARACTERS) | BIT(ACCT_INVALID_TOKEN) \
     | BIT(ACCT_BLOCKED_TOKEN))

/* Of those that take HTTP Basic. */
#define OF_BASIC \
    (BIT(ACCT_NOT_AUTHENTICATED) | BIT(ACCT_BASIC_ABSENT) \
     | BIT(ACCT_BASIC_SPACES))

/* Of those that act for no account without one. */
#define OF_ITS_ACCOUNT (BIT(ACCT_NOT_AUTHENTICATED) | BIT(ACCT_NOT_OWNER))

const acct_operation_t *acct_operation_find(
    const acct_operations_t *operations, const char *name)
{
    int i;

    for (i = 0; name != NULL && i < operations->count; i++) {
        if (strcmp(operations->row[i]->name, name) == 0) {
            return operations->row[i];
        }
    }
    return NULL;
}

int acct_operation_can(const acct_operation_t *operation,
                       acct_outcome_e outcome)
{
    uint64_t can = GENERAL | operation->outcomes;

    if (operation->reads_fields) {
        can |= OF_FIELDS;
    }
    if (operation->token != ACCT_TOKEN_IGNORED) {
        can |= OF_TOKENS;
    }
    if (operation->token == ACCT_TOKEN_NEEDED) {
        can |= OF_ITS_ACCOUNT;
    }
    if (operation->takes_basic) {
        can |= OF_BASIC;
    }
    return (unsigned int)outcome < ACCT_OUTCOME__COUNT
        && (can & BIT(outcome)) != 0;
}
