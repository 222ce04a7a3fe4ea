/* SPDX-License-Identifier: Apache-2.0 */
/* Which route a path and a method are. */
#include "dialect_files.h"

typedef struct wanted_t {
    const char *method, *path;
    acct_outcome_e outcome;
    const char *dialect, *route, *id, *allow;
} wanted_t;

static void same_text(const char *got, const char *wanted,
                      const wanted_t *row)
{
    if ((got == NULL) != (wanted == NULL)
        || (got != NULL && strcmp(got, wanted) != 0)) {
        fail_msg("%s %s: %s, not %s", row->method, row->path,
                 got ? got : "nothing", wanted ? wanted : "nothing");
    }
}

static void match_all(apr_pool_t *pool, const acct_dialect_t *const *mounted,
                      int count, const wanted_t *wanted, int rows)
{
    acct_match_t match;
    int i;

    for (i = 0; i < rows; i++) {
        acct_outcome_e outcome = acct_dialect_match(mounted, count,
            wanted[i].method, wanted[i].path, &match, pool);

        same_text(acct_outcome_name(outcome),
                  acct_outcome_name(wanted[i].outcome), &wanted[i]);
        same_text(match.dialect->name, wanted[i].dialect, &wanted[i]);
        same_text(match.route ? match.route->path : NULL, wanted[i].route,
                  &wanted[i]);
        same_text(match.account_id, wanted[i].id, &wanted[i]);
        same_text(match.allow, wanted[i].allow, &wanted[i]);
        assert_int_equal(acct_dialect_has_path(mounted, count,
                                               wanted[i].path),
                         outcome != ACCT_NOT_FOUND);
    }
}

static void one_dialect_matches(void **state)
{
#define V1 "users-v1"
#define ID "{account.id}/"
#define GETS "GET, HEAD, OPTIONS"
#define POSTS "POST, OPTIONS"
    static const wanted_t wanted[] = {
        { "POST", "signup/", ACCT_OK, V1, "signup/", NULL, POSTS },
        { "POST", "signup", ACCT_OK, V1, "signup/", NULL, POSTS },
        { "GET", "signup/", ACCT_METHOD_NOT_ALLOWED, V1, "signup/", NULL,
          POSTS },
        { "HEAD", "signup/", ACCT_METHOD_NOT_ALLOWED, V1, "signup/", NULL,
          POSTS },
        { "OPTIONS", "signup", ACCT_OPTIONS, V1, "signup/", NULL, POSTS },
        { "post", "signup/", ACCT_METHOD_NOT_ALLOWED, V1, "signup/", NULL,
          POSTS },
        { "GET", "12/", ACCT_OK, V1, ID, "12", GETS },
        { "GET", "12", ACCT_OK, V1, ID, "12", GETS },
        { "HEAD", "12", ACCT_OK, V1, ID, "12", GETS },
        { "GET", "any thing", ACCT_OK, V1, ID, "any thing", GETS },
        { "POST", "12/", ACCT_METHOD_NOT_ALLOWED, V1, ID, NULL, GETS },
        { "OPTIONS", "12/", ACCT_OPTIONS, V1, ID, NULL, GETS },
        { "POST", "12/logout/", ACCT_OK, V1, ID "logout/", "12", POSTS },
        { "POST", "12/logout", ACCT_OK, V1, ID "logout/", "12", POSTS },
        { "POST", "12/13/logout", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "POST", "/logout/", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "POST", "12/logouts", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "POST", "signup//", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "GET", "", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "GET", "/", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "OPTIONS", "", ACCT_NOT_FOUND, V1, NULL, NULL, NULL },
        { "POST", "SIGNUP/", ACCT_METHOD_NOT_ALLOWED, V1, ID, NULL, GETS },
    };
    const acct_dialect_t *dialect = load_named(*state, V1);

    match_all(*state, &dialect, 1, wanted, COUNT(wanted));
}

static void dialects_share_a_location(void **state)
{
    static const wanted_t wanted[] = {
        { "POST", "signin/", ACCT_OK, "auth-signin", "signin/", NULL, POSTS },
        { "POST", "login/", ACCT_OK, "auth-register", "login/", NULL, POSTS },
        { "PUT", "login/", ACCT_METHOD_NOT_ALLOWED, "auth-register",
          "login/", NULL, POSTS },
        { "POST", "logoutall", ACCT_OK, "auth-register", "logoutall/", NULL,
          POSTS },
        { "POST", "nothing/", ACCT_NOT_FOUND, "auth-signin", NULL, NULL,
          NULL },
    };
    const acct_dialect_t *mounted[2];

    mounted[0] = load_named(*state, "auth-signin");
    mounted[1] = load_named(*state, "auth-register");
    match_all(*state, mounted, 2, wanted, COUNT(wanted));
    assert_null(acct_dialect_conflict(mounted, 2, *state));
}

static void methods_of_one_path_are_gathered(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    static const char one[] = ROUTES(OUT("", "DELETE") ","
        OUT("s/", "DELETE") "," OUT("{account.id}/s", "PATCH") ","
        OUT("s/s", "GET"));
    static const char two[] = ROUTES(OUT("s", "POST") "," OUT("s", "GET") ","
        OUT("x/{account.id}", "PUT"));
    static const wanted_t wanted[] = {
        { "DELETE", "", ACCT_OK, "one", "", NULL, "DELETE, OPTIONS" },
        { "GET", "", ACCT_METHOD_NOT_ALLOWED, "one", "", NULL,
          "DELETE, OPTIONS" },
        { "POST", "s", ACCT_OK, "two", "s", NULL,
          "GET, POST, DELETE, HEAD, OPTIONS" },
        { "PATCH", "s/", ACCT_METHOD_NOT_ALLOWED, "one", "s/", NULL,
          "GET, POST, DELETE, HEAD, OPTIONS" },
        /* A literal path hides those with an account, whatever the
         * method. */
        { "PATCH", "s/s", ACCT_METHOD_NOT_ALLOWED, "one", "s/s", NULL,
          GETS },
        { "PATCH", "x/s", ACCT_OK, "one", "{account.id}/s", "x",
          "PUT, PATCH, OPTIONS" },
        { "PUT", "x/s", ACCT_OK, "two", "x/{account.id}", "s",
          "PUT, PATCH, OPTIONS" },
    };
    const acct_dialect_t *mounted[2];

    mounted[0] = load_file(p, write_file(folder, "one.json", one,
                                         strlen(one), p));
    mounted[1] = load_file(p, write_file(folder, "two.json", two,
                                         strlen(two), p));
    match_all(p, mounted, 2, wanted, COUNT(wanted));
    remove_folder(folder, p);
}

/* Such a request is refused for its token first; OPTIONS is answered. */
static void a_wrong_method_finds_a_route_that_needs_a_token(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    static const char one[] = ROUTES(
        ROUTE("s", "POST", "login", "\"fields\":{\"u\":\"identifier\","
              "\"p\":\"password\"},\"responses\":{" OK_TOKEN "}") ","
        ROUTE("s", "PUT", "logout", "\"token\":\"optional\","
              "\"responses\":{\"ok\":{\"status\":200}}"));
    static const char two[] = ROUTES(OUT("s", "DELETE"));
    const acct_dialect_t *mounted[2];
    acct_match_t match;

    mounted[0] = load_file(p, write_file(folder, "one.json", one,
                                         strlen(one), p));
    mounted[1] = load_file(p, write_file(folder, "two.json", two,
                                         strlen(two), p));
    assert_int_equal(acct_dialect_match(mounted, 2, "GET", "s", &match, p),
                     ACCT_METHOD_NOT_ALLOWED);
    assert_int_equal(match.route->token, ACCT_TOKEN_NEEDED);
    assert_ptr_equal(match.dialect, mounted[1]);
    assert_int_equal(acct_dialect_match(mounted, 2, "OPTIONS", "s", &match,
                                        p), ACCT_OPTIONS);
    assert_ptr_equal(match.dialect, mounted[0]);
    assert_int_equal(acct_dialect_match(mounted, 1, "GET", "s", &match, p),
                     ACCT_METHOD_NOT_ALLOWED);
    assert_int_equal(match.route->token, ACCT_TOKEN_IGNORED);
    assert_int_equal(acct_dialect_match(mounted, 1, "PUT", "s", &match, p),
                     ACCT_OK);
    assert_int_equal(match.route->token, ACCT_TOKEN_OPTIONAL);
    remove_folder(folder, p);
}

static void routes_nobody_can_reach_are_told(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p), *conflict;
    static const char me[] = ROUTES(ROUTE("me", "GET", "current",
        "\"responses\":{\"ok\":{\"status\":200}}"));
    static const char up[] = ROUTES(ROUTE("signup", "GET", "current",
        "\"responses\":{\"ok\":{\"status\":200}}"));
    const acct_dialect_t *mounted[2];

    mounted[0] = load_named(p, "users-v1");
    mounted[1] = load_file(p, write_file(folder, "me.json", me, strlen(me),
                                         p));
    conflict = acct_dialect_conflict(mounted, 2, p);
    assert_non_null(conflict);
    assert_non_null(strstr(conflict, "\"GET me\" of the dialect \"me\" can "
                           "never be reached: \"GET {account.id}/\" of "
                           "\"users-v1\" comes first"));
    mounted[1] = mounted[0];
    mounted[0] = load_file(p, apr_pstrcat(p, folder, "/me.json", NULL));
    assert_null(acct_dialect_conflict(mounted, 2, p));
    /* The first has a literal path there, so the second is asked. */
    mounted[0] = load_named(p, "users-v1");
    mounted[1] = load_file(p, write_file(folder, "up.json", up, strlen(up),
                                         p));
    assert_null(acct_dialect_conflict(mounted, 2, p));
    mounted[1] = mounted[0];
    assert_non_null(acct_dialect_conflict(mounted, 2, p));
    mounted[1] = load_named(p, "base");
    conflict = acct_dialect_conflict(mounted, 2, p);
    assert_non_null(conflict);
    assert_non_null(strstr(conflict, "\"base\" has no routes"));
    remove_folder(folder, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(one_dialect_matches),
        POOL_TEST(dialects_share_a_location),
        POOL_TEST(methods_of_one_path_are_gathered),
        POOL_TEST(a_wrong_method_finds_a_route_that_needs_a_token),
        POOL_TEST(routes_nobody_can_reach_are_told)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
