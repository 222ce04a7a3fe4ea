/* SPDX-License-Identifier: Apache-2.0 */
#include "form/field.h"

#include <stddef.h>

#include "text/identifier.h"

#define OF_LINK (ACCT_ROLE_BIT(ACCT_ROLE_LINK_UID) \
                 | ACCT_ROLE_BIT(ACCT_ROLE_LINK_TOKEN) \
                 | ACCT_ROLE_BIT(ACCT_ROLE_LINK_KEY))

/* What shows that the client may do what it asks for. A request that changes
 * a part of an account does not become one without proof by leaving it out. */
#define PROOFS (ACCT_ROLE_BIT(ACCT_ROLE_CURRENT_PASSWORD) \
                | OF_LINK | ACCT_ROLE_BIT(ACCT_ROLE_SECOND_FACTOR))

#define PASSWORDS (ACCT_ROLE_BIT(ACCT_ROLE_PASSWORD) \
                   | ACCT_ROLE_BIT(ACCT_ROLE_PASSWORD_AGAIN) \
                   | ACCT_ROLE_BIT(ACCT_ROLE_CURRENT_PASSWORD))

#define SECRETS (PASSWORDS | ACCT_ROLE_BIT(ACCT_ROLE_LINK_TOKEN) \
                 | ACCT_ROLE_BIT(ACCT_ROLE_LINK_KEY) \
                 | ACCT_ROLE_BIT(ACCT_ROLE_SECOND_FACTOR))

/* Characters; 0: no limit but the body's. A repetition that is longer than
 * what it repeats differs from it. */
static const int limits[ACCT_ROLE__COUNT] = {
    [ACCT_ROLE_IDENTIFIER] = ACCT_EMAIL_MAX,
    [ACCT_ROLE_USERNAME] = ACCT_USERNAME_MAX,
    [ACCT_ROLE_EMAIL] = ACCT_EMAIL_MAX,
    [ACCT_ROLE_FIRST_NAME] = ACCT_NAME_MAX,
    [ACCT_ROLE_LAST_NAME] = ACCT_NAME_MAX,
    [ACCT_ROLE_LABEL] = ACCT_LABEL_MAX
};

int acct_field_is_required(const acct_fields_t *fields,
                           const acct_field_t *field)
{
    return field->required
        && (!fields->is_partial || acct_role_is_proof(field->role));
}

int acct_field_refuses_blank(const acct_field_t *field)
{
    return field->blank == ACCT_BLANK_REFUSED
        || (field->blank == ACCT_BLANK_AS_REQUIRED
            && (field->required || field->absent != ACCT_OK));
}

int acct_field_limit(const acct_field_t *field)
{
    int limit = limits[field->role];

    return limit == 0 || (field->max != 0 && field->max < limit)
        ? field->max : limit;
}

acct_problem_e acct_field_as(const acct_field_t *field,
                             acct_problem_e problem)
{
    return field->told_as != NULL ? (acct_problem_e)field->told_as[problem]
                                  : problem;
}

const char *acct_field_told(const acct_field_t *field, acct_problem_e problem)
{
    if (field->report != NULL && field->report[problem] != NULL) {
        return field->report[problem];
    }
    return field->key != NULL ? field->key : field->name;
}

int acct_role_is_password(acct_role_e role)
{
    return (ACCT_ROLE_BIT(role) & PASSWORDS) != 0;
}

int acct_role_is_of_link(acct_role_e role)
{
    return (ACCT_ROLE_BIT(role) & OF_LINK) != 0;
}

int acct_role_is_proof(acct_role_e role)
{
    return (ACCT_ROLE_BIT(role) & PROOFS) != 0;
}

int acct_role_is_secret(acct_role_e role)
{
    return (ACCT_ROLE_BIT(role) & SECRETS) != 0;
}
