/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect/draft.h"

/* The version that each outcome and problem came with. Those that are not
 * named are of version 1. A new one is added here with a new version, and
 * to conf/dialects/base.json. */
static const int outcomes[ACCT_OUTCOME__COUNT] = {
    [ACCT_BLOCKED_TOKEN] = 2,
    [ACCT_PENDING] = 2,
    [ACCT_UNVERIFIED] = 2,
    [ACCT_SECOND_FACTOR_REQUIRED] = 2,
    [ACCT_TOO_MANY_TOKENS] = 2,
    [ACCT_IDENTIFIER_ABSENT] = 2,
    [ACCT_BASIC_ABSENT] = 2,
    [ACCT_BASIC_SPACES] = 2,
    [ACCT_LINK_SPENT] = 2,
    [ACCT_LINK_UNKNOWN] = 2,
    [ACCT_NOT_ENABLED] = 2,
    [ACCT_TOKEN_NOT_FOUND] = 2,
    [ACCT_TOTP_ALREADY] = 2,
    [ACCT_TOTP_ABSENT] = 2
};
static const int problems[ACCT_PROBLEM__COUNT] = {
    [ACCT_PROBLEM_TOO_NUMERIC] = 2,
    [ACCT_PROBLEM_WRONG] = 2,
    [ACCT_PROBLEM_UNKNOWN] = 2
};

int acct_outcome_since(acct_outcome_e outcome)
{
    return outcomes[outcome] != 0 ? outcomes[outcome] : 1;
}

int acct_problem_since(acct_problem_e problem)
{
    return problems[problem] != 0 ? problems[problem] : 1;
}
