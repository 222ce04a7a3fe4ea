/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of dialects outlives an upgrade of the module: what came after
 * it was written is answered in the module's own words. */
#include "dialect_files.h"
#include "dialect/draft.h"
#include "account/operations.h"

/* As in a later version, in which "throttled", "blocked" and the problem
 * "too_similar" are new. The linker takes these for those of
 * dialect/since.c. */
int acct_outcome_since(acct_outcome_e outcome)
{
    return outcome == ACCT_THROTTLED || outcome == ACCT_BLOCKED ? 2 : 1;
}

int acct_problem_since(acct_problem_e problem)
{
    return problem == ACCT_PROBLEM_TOO_SIMILAR ? 2 : 1;
}

/* What base.json says, without some members of "messages" and
 * "responses". */
static const char *older_base(const char *const *without, apr_pool_t *pool)
{
    json_t *root = json_load_file("conf/dialects/base.json", 0, NULL);
    char *text;
    const char *copy;
    int i;

    assert_non_null(root);
    for (i = 0; without[i] != NULL; i++) {
        json_object_del(json_object_get(root, "messages"), without[i]);
        json_object_del(json_object_get(root, "responses"), without[i]);
    }
    text = json_dumps(root, 0);
    copy = apr_pstrdup(pool, text);
    free(text);
    json_decref(root);
    return copy;
}

static const char dialect_json[] = "{\"extends\":\"base\"," MEANT
    ",\"routes\":["
    LOGIN("{\"u\":\"identifier\",\"p\":\"password\"}", OK_TOKEN) ","
    JOIN(UP, "\"ok\":{\"status\":201}") "]}";

/* A dialect over a base that lacks @a without; NULL when it is refused. */
static const acct_dialect_t *load_over(const char *const *without,
                                       const char **said, apr_pool_t *pool)
{
    const char *folder = folder_with_base(pool);
    const char *base = older_base(without, pool);
    const char *path = write_file(folder, "x.json", dialect_json,
                                  strlen(dialect_json), pool);
    const acct_dialect_t *dialect;
    apr_array_header_t *errors;

    write_file(folder, "base.json", base, strlen(base), pool);
    *said = "";
    if (acct_dialect_load(path, &acct_operations, &dialect, &errors, pool)
        != APR_SUCCESS) {
        *said = APR_ARRAY_IDX(errors, 0, const char *);
    }
    else if (dialect->warnings->nelts > 0) {
        assert_int_equal(dialect->warnings->nelts, 1);
        *said = APR_ARRAY_IDX(dialect->warnings, 0, const char *);
    }
    remove_folder(folder, pool);
    return dialect;
}

static void what_is_newer_is_answered_by_the_module(void **state)
{
    static const char *const without[] = {
        "throttled", "blocked", "too_similar", NULL
    };
    const acct_dialect_t *dialect;
    const acct_route_t *route;
    const char *said;

    dialect = load_over(without, &said, *state);
    assert_non_null(dialect);
    assert_non_null(strstr(said, "x.json: says nothing of "));
    assert_non_null(strstr(said, "\"throttled\""));
    assert_non_null(strstr(said, "\"blocked\""));
    assert_non_null(strstr(said, "\"too_similar\""));
    assert_non_null(strstr(said, "base.json of this version"));

    route = route_of(dialect, "POST", "in/");
    assert_int_equal(route->p->response[ACCT_THROTTLED]->status, 429);
    assert_non_null(route->p->message[ACCT_THROTTLED]);
    /* "blocked" shares what the dialect itself says of a wrong password */
    assert_ptr_equal(route->p->response[ACCT_BLOCKED],
                     route->p->response[ACCT_WRONG_CREDENTIALS]);

    route = route_of(dialect, "POST", "up/");
    assert_non_null(route->p->problem[field_of(route, "p")->index]
                    [ACCT_PROBLEM_TOO_SIMILAR].message);
}

static void a_file_that_knows_them_has_no_warning(void **state)
{
    static const char *const without[] = { NULL };
    const char *said;

    assert_non_null(load_over(without, &said, *state));
    assert_string_equal(said, "");
}

static void what_is_as_old_as_the_format_is_missing(void **state)
{
    static const char *const without[] = { "parse_error", NULL };
    const char *said;

    assert_null(load_over(without, &said, *state));
    assert_non_null(strstr(said, "there is no response for \"parse_error\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(what_is_newer_is_answered_by_the_module),
        POOL_TEST(a_file_that_knows_them_has_no_warning),
        POOL_TEST(what_is_as_old_as_the_format_is_missing)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
