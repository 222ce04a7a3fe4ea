/* SPDX-License-Identifier: Apache-2.0 */
/* Which credentials a route takes, and what can come of it; see
 * dialect/draft.h. */
#include <string.h>
#include "dialect/draft.h"

static void read_token(acct_load_t *load, const json_t *route,
                       acct_draft_t *draft)
{
    const acct_operation_t *operation = draft->route.fields.operation;
    acct_path_t at = acct_place_member(load, &draft->at, "token");
    const char *need = acct_text_member(load, &draft->at, route, "token");

    draft->route.token = operation->token;
    if (need == NULL || draft->broken) {
        return;
    }
    if (!operation->may_lack_token) {
        acct_report(load, &at, operation->token == ACCT_TOKEN_NEEDED
                    ? "\"%s\" acts for the account of a token, and cannot do "
                      "without; remove this member"
                    : "\"%s\" looks at no token; remove this member",
                    operation->name);
        draft->broken = 1;
    }
    else if (strcmp(need, "optional") == 0) {
        draft->route.token = ACCT_TOKEN_OPTIONAL;
    }
    else {
        acct_report(load, &at, "\"%s\" says nothing of a token; write "
                    "\"optional\", or remove this member and it is needed",
                    acct_shown(need, load->tmp));
        draft->broken = 1;
    }
}

void acct_read_credentials(acct_load_t *load, const json_t *route,
                           acct_draft_t *draft)
{
    read_token(load, route, draft);
}

int acct_route_can(const acct_route_t *route, acct_outcome_e outcome)
{
    if (!acct_operation_can(route->fields.operation, outcome)) {
        return 0;
    }
    switch (outcome) {
    case ACCT_UNSUPPORTED_MEDIA_TYPE:
    case ACCT_UNSUPPORTED_ENCODING:
    case ACCT_PARSE_ERROR:
    case ACCT_NOT_AN_OBJECT:
    case ACCT_NO_DATA:
    case ACCT_INVALID:
        return route->reads_fields;
    case ACCT_NOT_AUTHENTICATED:
    case ACCT_NOT_OWNER:
        return route->token == ACCT_TOKEN_NEEDED;
    default:
        return 1;
    }
}
