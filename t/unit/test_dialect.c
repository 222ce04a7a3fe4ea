/* SPDX-License-Identifier: Apache-2.0 */
/* The dialects of conf/, and what docs/dialects.md says. */
#include "dialect_files.h"
#include "template/template.h"

static void the_dialects_are_as_documented(void **state)
{
    static const struct {
        const char *name;
        int by_username, by_email, nroutes, bytes, needs_key;
        acct_policy_e policy;
        int hours;
    } known[] = {
        { "base", 1, 0, 0, 20, 0, ACCT_POLICY_REUSE, 0 },
        { "accounts", 1, 2, 2, 20, 1, ACCT_POLICY_REUSE, 0 },
        { "auth-signin", 0, 1, 3, 32, 0, ACCT_POLICY_MANY, 0 },
        { "account-register", 1, 0, 3, 20, 1, ACCT_POLICY_REUSE, 0 },
        { "users-v1", 0, 1, 4, 20, 1, ACCT_POLICY_REUSE, 0 },
        { "auth-register", 1, 2, 4, 32, 0, ACCT_POLICY_MANY, 10 },
        { "auth-register-user", 1, 2, 5, 32, 0, ACCT_POLICY_MANY, 10 },
        { "drf-token", 1, 0, 2, 20, 1, ACCT_POLICY_REUSE, 0 },
        { "knox", 1, 0, 3, 32, 0, ACCT_POLICY_MANY, 10 },
        { "knox-user", 1, 0, 3, 32, 0, ACCT_POLICY_MANY, 10 },
    };
    int i;

    for (i = 0; i < COUNT(known); i++) {
        const acct_dialect_t *dialect = load_named(*state, known[i].name);

        assert_string_equal(dialect->name, known[i].name);
        assert_int_equal(dialect->by_username, known[i].by_username);
        assert_int_equal(dialect->by_email, known[i].by_email);
        assert_int_equal(dialect->nroutes, known[i].nroutes);
        assert_int_equal(dialect->policy.bytes, known[i].bytes);
        assert_int_equal(dialect->policy.kind, known[i].policy);
        assert_true(dialect->policy.lifetime
                    == apr_time_from_sec(known[i].hours * 3600));
        assert_int_equal(acct_dialect_needs_key(dialect),
                         known[i].needs_key);
    }
}

/* t/fixtures/dialects-VERSION: the files as that version had them, which
 * sites have copied. */
static void dialects_of_earlier_versions_load(void **state)
{
    static const char *const versions[] = { "0.1.0" };
    static const char *const names[] = {
        "base", "accounts", "auth-signin", "account-register", "users-v1",
        "auth-register"
    };
    int i, j;

    for (i = 0; i < COUNT(versions); i++) {
        for (j = 0; j < COUNT(names); j++) {
            load_file(*state, apr_pstrcat(*state, "t/fixtures/dialects-",
                                          versions[i], "/", names[j],
                                          ".json", NULL));
        }
    }
}

static void routes_know_whether_they_show_a_token(void **state)
{
    const acct_dialect_t *dialect = load_named(*state, "auth-signin");

    assert_true(route_of(dialect, "POST", "signin/")->mints_token);
    assert_false(route_of(dialect, "POST", "signup/")->mints_token);
    assert_false(route_of(dialect, "POST", "signout/")->mints_token);
    dialect = load_named(*state, "users-v1");
    assert_true(route_of(dialect, "POST", "signup/")->mints_token);
    assert_false(route_of(dialect, "GET", "{account.id}/")->mints_token);
    assert_true(route_of(dialect, "GET", "{account.id}/")->names_account);
    assert_false(route_of(dialect, "POST", "login/")->names_account);
}

static void fields_are_as_written(void **state)
{
    const acct_dialect_t *dialect = load_named(*state, "auth-register");
    const acct_route_t *route = route_of(dialect, "POST", "register/");
    const acct_field_t *field = field_of(route, "email");

    assert_int_equal(field->role, ACCT_ROLE_EMAIL);
    assert_false(field->required);
    assert_null(field->aliases);
    assert_int_equal(field->index, 1);
    field = field_of(route, "password");
    assert_true(field->required);
    assert_int_equal(field->index, 2);
    field = field_of(route_of(dialect, "POST", "login/"), "username");
    assert_int_equal(field->role, ACCT_ROLE_IDENTIFIER);
    assert_string_equal(field->aliases[0], "email");
    assert_null(field->aliases[1]);
}

/* ------------------------------------------------------------ the document */

static char *read_document(apr_pool_t *pool)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *text;

    assert_int_equal(apr_file_open(&file, "docs/dialects.md", APR_FOPEN_READ,
                                   APR_FPROT_OS_DEFAULT, pool), APR_SUCCESS);
    assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE, file),
                     APR_SUCCESS);
    text = apr_pcalloc(pool, (apr_size_t)info.size + 1);
    assert_int_equal(apr_file_read_full(file, text, (apr_size_t)info.size,
                                        NULL), APR_SUCCESS);
    apr_file_close(file);
    return text;
}

static void the_documented_example_loads(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    char *begin = strstr(read_document(p), "```json\n") + 8;
    const acct_dialect_t *dialect;

    dialect = load_file(p, write_file(folder, "sessions.json", begin,
        (apr_size_t)(strstr(begin, "```") - begin), p));
    assert_int_equal(dialect->nroutes, 2);
    answers(dialect, &dialect->routes[0],
            acct_result_make(ACCT_WRONG_CREDENTIALS, p), 403, JSON,
            "{\"ok\":false,\"why\":\"Mail or secret is wrong.\"}", p);
    remove_folder(folder, p);
}

static void documented(const char *document, const char *before,
                       const char *name, const char *after,
                       apr_pool_t *pool)
{
    if (strstr(document, apr_pstrcat(pool, before, name, after, NULL))
        == NULL) {
        fail_msg("docs/dialects.md has no %s%s%s", before, name, after);
    }
}

static void every_name_is_documented(void **state)
{
    const char *document = read_document(*state);
    int i;

    for (i = 0; i < acct_operations.count; i++) {
        documented(document, "| `", acct_operations.row[i]->name, "` |",
                   *state);
    }
    for (i = 0; i < ACCT_OUTCOME__COUNT; i++) {
        documented(document, "| `", acct_outcome_name((acct_outcome_e)i),
                   "` |", *state);
    }
    for (i = 0; i < ACCT_ROLE__COUNT; i++) {
        documented(document, "`", acct_role_name((acct_role_e)i), "`",
                   *state);
    }
    for (i = 0; i < ACCT_PROBLEM__COUNT; i++) {
        documented(document, "`", acct_problem_name((acct_problem_e)i), "`",
                   *state);
    }
    for (i = 0; i < ACCT_VALUE__COUNT; i++) {
        int is_list = acct_value_kind((acct_value_e)i) == ACCT_KIND_LIST;

        documented(document, is_list ? "`\"each\": \"" : "`{",
                   acct_value_name((acct_value_e)i), is_list ? "\"`" : "}`",
                   *state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(the_dialects_are_as_documented),
        POOL_TEST(dialects_of_earlier_versions_load),
        POOL_TEST(routes_know_whether_they_show_a_token),
        POOL_TEST(fields_are_as_written),
        POOL_TEST(the_documented_example_loads),
        POOL_TEST(every_name_is_documented)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
