/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a dialect for the ways of an API that is there already: how a
 * problem is told, what Allow names, which tokens end; and what of a file is
 * refused that would never be noticed. */
#include "dialect_files.h"

#define WITH(more) "{\"extends\":\"base\"," more "}"
#define SIGN_UP(fields) WITH("\"messages\":{\"invalid\":\"i\"," \
    "\"taken\":\"t\"},\"routes\":[" ROUTE("up/", "POST", "register", \
    "\"fields\":{" fields "},\"responses\":{\"ok\":{\"status\":200}}") "]")
#define USER "\"u\":\"username\",\"p\":\"password\""
#define RESET(members, fields) WITH("\"routes\":[" ROUTE("r/", "POST", \
    "username_reset", members "\"fields\":{" fields "},\"messages\":" \
    "{\"invalid\":\"i\",\"taken\":\"t\"}," \
    "\"responses\":{\"ok\":{\"status\":200}}") "]")
#define LINKED "\"id\":\"link_uid\",\"key\":\"link_token\",\"u\":\"username\""

static const acct_dialect_t *load_text(apr_pool_t *pool, const char *text)
{
    const char *folder = folder_with_base(pool);
    const acct_dialect_t *dialect = load_file(pool, write_file(
        folder, "x.json", text, strlen(text), pool));

    remove_folder(folder, pool);
    return dialect;
}

static void a_problem_is_told_as_another_and_once(void **state)
{
    const acct_dialect_t *dialect = load_text(*state, SIGN_UP(
        USER ",\"e\":{\"as\":\"email\",\"tell\":{\"too_long\":\"invalid\"}}"));
    const acct_route_t *route = route_of(dialect, "POST", "up/");
    const acct_field_t *field = field_of(route, "e");
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

    acct_result_add_problem(result, field, ACCT_PROBLEM_TOO_LONG, 254,
                            *state);
    acct_result_add_problem(result, field, ACCT_PROBLEM_INVALID, 0, *state);
    answers(dialect, route, result, 400, JSON, "{\"e\":[\"i\"]}", *state);
}

static void likeness_too_can_be_told_as_another(void **state)
{
    const acct_dialect_t *dialect = load_text(*state, SIGN_UP(
        "\"u\":\"username\",\"p\":{\"as\":\"password\",\"tell\":"
        "{\"too_similar\":\"too_common\"}}"));
    const acct_route_t *route = route_of(dialect, "POST", "up/");
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

    acct_result_add_similar(result, field_of(route, "p"), ACCT_ROLE_EMAIL,
                            *state);
    answers(dialect, route, result, 400, JSON,
            "{\"p\":[\"This password is too common.\"]}", *state);
}

static const char *allowed(apr_pool_t *pool, const char *text,
                           const char *method)
{
    const acct_dialect_t *dialect = load_text(pool, text);
    acct_match_t match;

    (void)acct_dialect_match(&dialect, 1, method, "r/", &match, pool);
    return match.allow;
}

static void allow_names_what_a_route_says_besides(void **state)
{
    assert_string_equal(allowed(*state, RESET("", LINKED), "GET"),
                        "POST, OPTIONS");
    assert_string_equal(allowed(*state, RESET("\"allow\":[\"HEAD\"],",
                                              LINKED), "GET"),
                        "POST, HEAD, OPTIONS");
    assert_string_equal(allowed(*state, RESET("\"allow\":[\"GET\",\"PUT\"],",
                                              LINKED), "POST"),
                        "GET, POST, PUT, HEAD, OPTIONS");
}

static void a_method_that_is_named_is_not_served(void **state)
{
    const acct_dialect_t *dialect = load_text(*state, RESET(
        "\"allow\":[\"GET\"],\"other_methods\":\"token\",", LINKED));
    acct_match_t match;

    assert_int_equal(acct_dialect_match(&dialect, 1, "GET", "r/", &match,
                                        *state), ACCT_METHOD_NOT_ALLOWED);
    assert_int_equal(match.route->token, ACCT_TOKEN_IGNORED);
    assert_int_equal(match.route->guards_methods, 1);
}

static void a_file_says_which_tokens_a_new_password_ends(void **state)
{
    assert_int_equal(load_text(*state, SIGN_UP(USER))->change_ends_all, 0);
    assert_int_equal(load_text(*state, WITH("\"revoke\":{"
        "\"password_change\":\"all\"}," GOOD_ROUTES))->change_ends_all, 1);
    assert_int_equal(load_text(*state, WITH("\"revoke\":{"
        "\"password_change\":\"others\"}," GOOD_ROUTES))->change_ends_all, 0);
}

static void mistakes_are_told_with_what_to_write(void **state)
{
    static const char *const cases[][3] = {
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":[]}"),
          "fields.e.tell: is a list", "" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":{\"long\":"
          "\"invalid\"}}"), "tell.long: unknown problem \"long\"", "" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":{\"blank\":"
          "\"invald\"}}"), "tell.blank: unknown problem \"invald\"",
          "did you mean \"invalid\"?" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":{\"mismatch\":"
          "\"invalid\"}}"), "tell.mismatch: \"mismatch\" cannot come of",
          "remove this member" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":{\"blank\":"
          "\"wrong\"}}"), "tell.blank: \"wrong\" is not told of the field "
          "\"e\"", "write a problem that is" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"tell\":{\"blank\":"
          "\"null\",\"null\":\"invalid\"}}"), "tell.blank: \"null\" is not "
          "told", "" },
        { SIGN_UP("\"u\":\"username\",\"p\":{\"as\":\"password\","
          "\"exact\":true}"), "fields.p.exact: is for a field of a mailed "
          "link", "remove it" },
        { SIGN_UP("\"p\":\"password\",\"u\":{\"as\":\"username\","
          "\"lower\":\"all\"}"), "fields.u.lower: is for an \"email\"",
          "remove it" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"lower\":\"domian\"}"),
          "fields.e.lower: no part of an address is called \"domian\"",
          "did you mean \"domain\"?" },
        { RESET("\"other_methods\":\"basic\",", LINKED),
          "other_methods: \"basic\" is nothing", "write \"token\"" },
        { WITH("\"routes\":[" ROUTE("out", "POST", "logout",
          "\"other_methods\":\"token\",\"responses\":{\"ok\":"
          "{\"status\":200}}") "]"),
          "other_methods: the route needs a token", "remove this member" },
        { RESET("\"allow\":\"GET\",", LINKED), "allow: is a text", "[ ... ]" },
        { RESET("\"allow\":[\"HAED\"],", LINKED),
          "allow[0]: unknown method \"HAED\"", "did you mean \"HEAD\"?" },
        { WITH("\"revoke\":{\"password_change\":\"none\"}," GOOD_ROUTES),
          "revoke.password_change: \"none\" cannot be what a change of the "
          "password ends", "write \"others\"" },
        { WITH("\"revoke\":{\"password_chnage\":\"all\"}," GOOD_ROUTES),
          "revoke.password_chnage: unknown member", "password_change" },
        { WITH("\"refuse_blanks\":\"yes\"," GOOD_ROUTES),
          "refuse_blanks: must be true or false", "" },
        { WITH("\"leading_zeros\":1," GOOD_ROUTES),
          "leading_zeros: must be true or false", "" },
    };
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        const char *folder = folder_with_base(*state);
        const char *path = write_file(folder, "x.json", cases[i][0],
                                      strlen(cases[i][0]), *state);
        apr_status_t status;
        const char *told = errors_of(path, &status, *state);

        remove_folder(folder, *state);
        if (status == APR_SUCCESS || strstr(told, cases[i][1]) == NULL
            || strstr(told, cases[i][2]) == NULL) {
            fail_msg("%s\n  tells: %s\n  and not: %s ... %s", cases[i][0],
                     told, cases[i][1], cases[i][2]);
        }
    }
}

/* What would load and never do what it says. */
static void what_would_never_count_is_refused(void **state)
{
    static const char *const cases[][2] = {
        { SIGN_UP(USER ",\"user\":\"first_name\",\"user.e\":\"email\""),
          "fields[\"user.e\"]: \"user.e\" is inside of an object \"user\", "
          "and \"user\" is a text" },
        { SIGN_UP(USER ",\"a.b.c\":\"first_name\",\"x\":{\"as\":\"email\","
          "\"aliases\":[\"a.b\"]}"), "\"a.b.c\" is inside of an object "
          "\"a.b\"" },
        { SIGN_UP(USER ",\"e\":{\"as\":\"email\",\"aliases\":[\"u.e\"]}"),
          "fields.e: \"u.e\" is inside of an object \"u\"" },
        { WITH("\"define\":{\"user\":{\"id\":\"{acount.id}\"}},"
          GOOD_ROUTES), "define.user.id: unknown placeholder" },
        { WITH("\"define\":{\"a\":\"{define.b}\"}," GOOD_ROUTES),
          "define.a: nothing is defined as \"b\"" },
        { WITH("\"define\":{\"a\":[\"{define.a}\"]}," GOOD_ROUTES),
          "stands inside of itself" },
        { WITH("\"routes\":[" ROUTE("p", "POST", "password_change",
          "\"fields\":{\"p\":\"password\",\"c\":{\"as\":"
          "\"current_password\",\"recent\":\"10m\",\"blank\":true}},"
          "\"responses\":{\"ok\":{\"status\":204}}") "]"),
          "fields.c.recent: says already that what is sent is not empty; "
          "remove \"blank\"" },
    };
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        const char *folder = folder_with_base(*state);
        const char *path = write_file(folder, "x.json", cases[i][0],
                                      strlen(cases[i][0]), *state);
        apr_status_t status;
        const char *told = errors_of(path, &status, *state);

        remove_folder(folder, *state);
        if (status == APR_SUCCESS || strstr(told, cases[i][1]) == NULL) {
            fail_msg("%s\n  tells: %s\n  and not: %s", cases[i][0], told,
                     cases[i][1]);
        }
    }
}

static void objects_beside_each_other_are_fine(void **state)
{
    (void)load_text(*state, SIGN_UP("\"user.name\":\"username\","
        "\"user.p\":\"password\",\"user2\":\"email\",\"userx.y\":"
        "\"first_name\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(a_problem_is_told_as_another_and_once),
        POOL_TEST(likeness_too_can_be_told_as_another),
        POOL_TEST(allow_names_what_a_route_says_besides),
        POOL_TEST(a_method_that_is_named_is_not_served),
        POOL_TEST(a_file_says_which_tokens_a_new_password_ends),
        POOL_TEST(mistakes_are_told_with_what_to_write),
        POOL_TEST(what_would_never_count_is_refused),
        POOL_TEST(objects_beside_each_other_are_fine)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
