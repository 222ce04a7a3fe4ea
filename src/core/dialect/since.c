/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect/draft.h"

/* The version that each outcome and problem came with. Those that are not
 * named are of version 1. A new one is added here with a new version, and
 * to conf/dialects/base.json. */
static const int outcomes[ACCT_OUTCOME__COUNT] = { 0 };
static const int problems[ACCT_PROBLEM__COUNT] = { 0 };

int acct_outcome_since(acct_outcome_e outcome)
{
    return outcomes[outcome] != 0 ? outcomes[outcome] : 1;
}

int acct_problem_since(acct_problem_e problem)
{
    return problems[problem] != 0 ? problems[problem] : 1;
}
