/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Method and path of a request, a line each, against the routes of the
 * dialects that come with the module, one by one and all at once.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "account/operations.h"
#include "dialect/dialect.h"

static const char *const names[] = {
    "account-register", "accounts", "auth-register", "auth-signin",
    "users-v1", "drf-token", "knox"
};
#define DIALECTS ((int)(sizeof(names) / sizeof(*names)))

static const acct_dialect_t *dialects[DIALECTS];

static void begin(apr_pool_t *pool)
{
    apr_array_header_t *errors;

    for (int i = 0; i < DIALECTS; i++) {
        HOLDS(acct_dialect_load(apr_pstrcat(pool, "conf/dialects/", names[i],
                                            ".json", NULL),
                                &acct_operations, &dialects[i], &errors,
                                pool) == APR_SUCCESS);
    }
}

static void check(const acct_dialect_t *const *mounted, int count,
                  const char *method, const char *path, apr_pool_t *pool)
{
    acct_match_t match;
    acct_outcome_e outcome = acct_dialect_match(mounted, count, method, path,
                                                &match, pool);
    const char *slashed = apr_pstrcat(pool, path, "/", NULL);

    HOLDS(match.dialect != NULL);
    HOLDS((outcome != ACCT_NOT_FOUND)
          == acct_dialect_has_path(mounted, count, path));
    HOLDS((outcome == ACCT_NOT_FOUND) == (match.route == NULL));
    HOLDS((outcome == ACCT_NOT_FOUND) == (match.allow == NULL));
    if (outcome == ACCT_OK) {
        HOLDS(strcmp(method, "HEAD") == 0
              || strcmp(method, match.route->method) == 0);
        HOLDS(strstr(match.allow, match.route->method) != NULL);
    }
    HOLDS(match.account_id == NULL
          || (match.route->names_account && *match.account_id != '\0'
              && strchr(match.account_id, '/') == NULL
              && strstr(path, match.account_id) != NULL));
    /* with and without the final slash */
    if (*path != '\0' && path[strlen(path) - 1] != '/') {
        HOLDS(acct_dialect_match(mounted, count, method, slashed, &match,
                                 pool) == outcome);
    }
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *method = acct_fuzz_line(&text, &length, pool);
    const char *path = acct_fuzz_line(&text, &length, pool);

    if (path == NULL) {
        return;
    }
    for (int i = 0; i < DIALECTS; i++) {
        check(&dialects[i], 1, method, path, pool);
    }
    check(dialects, DIALECTS, method, path, pool);
}

const acct_fuzz_target_t acct_fuzz_target = {
    "route", begin, one, 8192, 64
};
