/* SPDX-License-Identifier: Apache-2.0 */
/* What a dialect can say of a field and of stages, and how mistakes in it are
 * told. */
#include "dialect_files.h"
#include "form/stage.h"

/* ---- operations with every role ---- */

#define ALL_ROLES ((UINT32_C(1) << ACCT_ROLE__COUNT) - 1)

static const acct_need_t needs[] = {
    { ACCT_ROLE_BIT(ACCT_ROLE_PASSWORD), 0, "\"enter\" needs a password" },
    { 0, 0, NULL }
};
static const acct_operation_t op_enter = {
    .name = "enter", .reads_fields = 1, .roles = ALL_ROLES, .needs = needs,
    .outcomes = ACCT_OUTCOME_BIT(ACCT_WRONG_CREDENTIALS)
};
static const acct_operation_t op_change = {
    .name = "change", .reads_fields = 1, .stores_fields = 1,
    .roles = ALL_ROLES & ~ACCT_ROLE_BIT(ACCT_ROLE_IDENTIFIER)
};
static const acct_operation_t op_leave = { .name = "leave" };
static const acct_operation_t *const rows[] = {
    &op_enter, &op_change, &op_leave
};
static const acct_operations_t operations = { rows, 3 };

#define A_ROUTE(method, operation, members) \
    "{\"extends\":\"base\",\"routes\":[{\"path\":\"x\",\"method\":\"" \
    method "\",\"operation\":\"" operation "\"," members \
    ",\"responses\":{\"ok\":{\"status\":200}}}]}"
#define CHANGE(fields) A_ROUTE("POST", "change", "\"fields\":{" fields "}," \
    "\"messages\":{\"invalid\":\"i\",\"taken\":\"t\"}")
#define STAGES(list) A_ROUTE("POST", "change", "\"stages\":" list \
    ",\"fields\":{\"p\":\"password\"}")

static const acct_dialect_t *load(apr_pool_t *pool, const char *text,
                                  const char **told)
{
    const char *folder = folder_with_base(pool);
    const char *path = write_file(folder, "x.json", text, strlen(text), pool);
    const acct_dialect_t *dialect;
    apr_array_header_t *errors;

    (void)acct_dialect_load(path, &operations, &dialect, &errors, pool);
    *told = apr_array_pstrcat(pool, errors, '\n');
    remove_folder(folder, pool);
    return dialect;
}

static const acct_route_t *route_in(apr_pool_t *pool, const char *text)
{
    const char *told;
    const acct_dialect_t *dialect = load(pool, text, &told);

    if (dialect == NULL) {
        fail_msg("%s", told);
        return NULL;
    }
    return &dialect->routes[0];
}

/* ---- members ---- */

static void a_field_says_how_it_is_read(void **state)
{
    const acct_route_t *route = route_in(*state, A_ROUTE("POST", "enter",
        "\"fields\":{\"password\":{\"as\":\"password\",\"max\":128,"
        "\"absent\":\"wrong_credentials\"},"
        "\"first\":{\"as\":\"first_name\",\"required\":false,"
        "\"blank\":false},"
        "\"last\":{\"as\":\"last_name\",\"blank\":true},"
        "\"nothing\":\"label\"},\"messages\":{\"nothing.invalid\":\"x\"}"));
    const acct_field_t *field = field_of(route, "password");

    assert_int_equal(field->max, 128);
    assert_int_equal(field->absent, ACCT_WRONG_CREDENTIALS);
    assert_false(acct_field_is_required(&route->fields, field));
    assert_true(acct_field_refuses_blank(field));
    field = field_of(route, "first");
    assert_false(acct_field_is_required(&route->fields, field));
    assert_true(acct_field_refuses_blank(field));
    field = field_of(route, "last");
    assert_true(acct_field_is_required(&route->fields, field));
    assert_false(acct_field_refuses_blank(field));
    field = field_of(route, "nothing");
    assert_int_equal(acct_field_limit(field), 64);
    assert_string_equal(acct_field_told(field, ACCT_PROBLEM_NULL),
                        "nothing");
}

static void a_problem_is_told_under_the_name_the_field_says(void **state)
{
    const acct_route_t *route = route_in(*state, CHANGE(
        "\"new1\":{\"as\":\"password\",\"report\":{\"mismatch\":\"new2\","
        "\"too_short\":\"new2\",\"too_similar\":\"non_field_errors\"}},"
        "\"new2\":\"password_again\","
        "\"user.email\":{\"as\":\"email\"},"
        "\"user.name\":{\"as\":\"username\",\"report\":\"user\"},"
        "\"name_again\":\"username_again\""));
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);
    static const struct {
        const char *field;
        acct_problem_e problem;
    } found[] = {
        { "new1", ACCT_PROBLEM_NULL }, { "new1", ACCT_PROBLEM_TOO_SIMILAR },
        { "new1", ACCT_PROBLEM_TOO_SHORT }, { "new1", ACCT_PROBLEM_MISMATCH },
        { "new2", ACCT_PROBLEM_BLANK },
        { "user.email", ACCT_PROBLEM_INVALID },
        { "user.name", ACCT_PROBLEM_MISMATCH }
    };
    int i;

    for (i = 0; i < COUNT(found); i++) {
        acct_result_add_problem(result, field_of(route, found[i].field),
                                found[i].problem, 8, *state);
    }
    /* those of one name stand together */
    answers(route->dialect, route, result, 400, JSON,
            "{\"new1\":[\"This field may not be null.\"],"
            "\"non_field_errors\":[\"The password is too similar to the "
            "username or the email address.\"],"
            "\"new2\":[\"This password is too short. It must contain at "
            "least 8 characters.\",\"The two password fields didn't match.\","
            "\"This field may not be blank.\"],"
            "\"email\":[\"i\"],"
            "\"user\":[\"The two password fields didn't match.\"]}", *state);
}

static void a_nested_field_has_the_messages_of_its_last_name(void **state)
{
    const acct_route_t *route = route_in(*state, A_ROUTE("POST", "change",
        "\"fields\":{\"user.email\":\"email\",\"user.pass\":\"password\"},"
        "\"messages\":{\"user.email.required\":\"whole\","
        "\"email.null\":\"last\"}"));
    const acct_field_t *field = field_of(route, "user.email");
    acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

    assert_true(field->is_nested);
    acct_result_add_problem(result, field, ACCT_PROBLEM_REQUIRED, 0, *state);
    acct_result_add_problem(result, field, ACCT_PROBLEM_NULL, 0, *state);
    acct_result_add_problem(result, field, ACCT_PROBLEM_INVALID, 0, *state);
    answers(route->dialect, route, result, 400, JSON,
            "{\"email\":[\"whole\",\"last\",\"Enter a valid email "
            "address.\"]}", *state);
}

static void an_alias_may_be_the_last_name_of_a_nested_field(void **state)
{
    const acct_route_t *route = route_in(*state, CHANGE(
        "\"user.email\":{\"as\":\"email\",\"aliases\":[\"email\","
        "\"data.email\"]},\"user.pass\":{\"as\":\"password\","
        "\"aliases\":[\"pass\"]}"));

    assert_string_equal(field_of(route, "user.email")->aliases[0], "email");
    assert_string_equal(field_of(route, "user.pass")->aliases[0], "pass");
}

static void a_patch_is_partial_unless_the_operation_needs_its_fields(
    void **state)
{
    static const struct {
        const char *text;
        int partial;
    } cases[] = {
        { A_ROUTE("PATCH", "change", "\"fields\":{\"p\":\"password\"}"), 1 },
        { A_ROUTE("PUT", "change", "\"fields\":{\"p\":\"password\"}"), 0 },
        { A_ROUTE("PUT", "change", "\"partial\":true,"
                "\"fields\":{\"p\":\"password\"}"), 1 },
        { A_ROUTE("PATCH", "change", "\"partial\":false,"
                "\"fields\":{\"p\":\"password\"}"), 0 },
        { A_ROUTE("PATCH", "enter", "\"fields\":{\"p\":\"password\"}"), 0 },
    };
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        const acct_route_t *route = route_in(*state, cases[i].text);

        assert_int_equal(route->fields.is_partial, cases[i].partial);
        assert_int_equal(acct_field_is_required(&route->fields,
                                                &route->fields.field[0]),
                         !cases[i].partial);
    }
}

/* ---- how much is told ---- */

static void a_field_may_tell_more_than_its_dialect(void **state)
{
    static const struct {
        const char *top, *members;
        int tells_all;
    } cases[] = {
        { "", "", 0 },
        { "\"problems\":\"all\",", "", 1 },
        { "\"problems\":\"first\",", "", 0 },
        { "\"problems\":\"all\",", ",\"problems\":\"first\"", 0 },
        { "", ",\"problems\":\"all\"", 1 },
    };
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        const acct_route_t *route = route_in(*state, apr_psprintf(*state,
            "{\"extends\":\"base\",%s\"routes\":[{\"path\":\"x\","
            "\"method\":\"POST\",\"operation\":\"change\",\"fields\":"
            "{\"p\":{\"as\":\"password\"%s}},\"responses\":{\"ok\":"
            "{\"status\":200}}}]}", cases[i].top, cases[i].members));

        assert_int_equal(route->fields.field[0].tells_all,
                         cases[i].tells_all);
        assert_false(route->fields.takes_multipart);
    }
    assert_true(route_in(*state, "{\"extends\":\"base\",\"multipart\":true,"
        "\"routes\":[{\"path\":\"x\",\"method\":\"POST\",\"operation\":"
        "\"change\",\"fields\":{\"p\":\"password\"},\"responses\":{\"ok\":"
        "{\"status\":200}}}]}")->fields.takes_multipart);
}

#define LIKE "The password is too similar to the {attribute}."

static void what_a_password_is_like_is_said_in_the_dialects_words(
    void **state)
{
    static const struct {
        acct_role_e attribute;
        const char *said;
    } cases[] = {
        { ACCT_ROLE_USERNAME, "{\"why\":\"The password is too similar to "
          "the username.\",\"what\":\"username\"}" },
        { ACCT_ROLE_EMAIL, "{\"why\":\"The password is too similar to the "
          "Adresse.\",\"what\":\"Adresse\"}" },
        { ACCT_ROLE_LAST_NAME, "{\"why\":\"The password is too similar to "
          "the last name.\",\"what\":\"last name\"}" },
    };
    const acct_route_t *route = route_in(*state,
        "{\"extends\":\"base\",\"attributes\":{\"Adresse\":\"email\"},"
        "\"routes\":[{\"path\":\"x\",\"method\":\"POST\",\"operation\":"
        "\"change\",\"fields\":{\"p\":\"password\"},\"messages\":{"
        "\"too_similar\":\"" LIKE "\"},\"responses\":{\"ok\":{\"status\":"
        "200},\"p.too_similar\":{\"status\":422,\"body\":{\"why\":"
        "\"{message}\",\"what\":\"{attribute}\"}}}}]}");
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        acct_result_t *result = acct_result_make(ACCT_INVALID, *state);

        acct_result_add_similar(result, &route->fields.field[0],
                                cases[i].attribute, *state);
        answers(route->dialect, route, result, 422, JSON, cases[i].said,
                *state);
    }
}

/* ---- stages ---- */

static void stages_have_their_turns(void **state)
{
    static const struct {
        const char *text;
        int turn[ACCT_STAGE__COUNT];    /* fields taken current uid token
                                         * rules similarity mismatch */
    } cases[] = {
        { STAGES("[\"fields\"]"), { 1, 1, 1, 1, 1, 1, 1, 1 } },
        { STAGES("[\"fields\",\"rules\",\"mismatch\"]"),
          { 1, 1, 1, 1, 1, 2, 2, 3 } },
        { STAGES("[\"fields\",\"mismatch\",\"similarity\"]"),
          { 1, 1, 1, 1, 1, 1, 3, 2 } },
        { STAGES("[\"fields\",\"taken\",\"current_password\",\"uid\","
                 "\"token\",\"mismatch\",\"rules\"]"),
          { 1, 2, 3, 4, 5, 7, 7, 6 } },
    };
    int i, j;

    for (i = 0; i < COUNT(cases); i++) {
        const acct_route_t *route = route_in(*state, cases[i].text);

        for (j = 0; j < ACCT_STAGE__COUNT; j++) {
            assert_int_equal(route->fields.stages->turn[j],
                             cases[i].turn[j]);
        }
    }
    assert_null(route_in(*state, CHANGE("\"p\":\"password\""))
                ->fields.stages);
}

/* ---- mistakes ---- */

static void mistakes_are_told_with_what_to_write(void **state)
{
    static const char *const cases[][3] = {
        { STAGES("[\"field\"]"), "routes[0].stages[0]: unknown stage",
          "did you mean \"fields\"?" },
        { STAGES("[\"fields\",\"rules\",\"fields\"]"),
          "routes[0].stages[2]: \"fields\" stands twice", "remove one" },
        { STAGES("[\"rules\",\"mismatch\"]"), "routes[0].stages: does not "
          "say when", "add \"fields\"" },
        { STAGES("\"fields\""), "routes[0].stages: is a text", "[ ... ]" },
        { STAGES("[3]"), "routes[0].stages[0]: is a whole number", "" },
        { A_ROUTE("POST", "leave", "\"stages\":[\"fields\"]"),
          "routes[0].stages: is about \"fields\"", "remove it" },
        { A_ROUTE("PATCH", "leave", "\"partial\":true"),
          "routes[0].partial: is about \"fields\"", "remove it" },
        { A_ROUTE("PATCH", "change", "\"partial\":1,"
                "\"fields\":{\"p\":\"password\"}"),
          "routes[0].partial: must be true or false", "" },
        { A_ROUTE("PATCH", "enter", "\"partial\":true,"
                "\"fields\":{\"p\":\"password\"}"),
          "routes[0].partial: \"enter\" cannot do with a part",
          "remove \"partial\"" },
        { A_ROUTE("POST", "enter", "\"fields\":{\"p\":{\"as\":\"password\","
                "\"blank\":true}}"),
          "routes[0].fields: \"enter\" needs a password", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"blank\":\"no\"}"),
          "routes[0].fields.p.blank: must be true or false", "" },
        { CHANGE("\"c\":{\"as\":\"current_password\",\"blank\":true}"),
          "fields.c.blank: an empty \"current_password\" would do",
          "remove \"blank\"" },
        { CHANGE("\"c\":{\"as\":\"second_factor\",\"blank\":true}"),
          "fields.c.blank: an empty \"second_factor\"", "" },
        { CHANGE("\"c\":{\"as\":\"link_key\",\"blank\":true}"),
          "fields.c.blank: an empty \"link_key\"", "" },
        { A_ROUTE("POST", "enter", "\"fields\":{\"p\":\"password\",\"c\":"
                "{\"as\":\"current_password\",\"blank\":true,\"absent\":"
                "\"wrong_credentials\"}}"),
          "fields.c.blank: an empty \"current_password\"", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"absent\":\"wrong_word\"}"),
          "fields.p.absent: unknown outcome", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"absent\":"
                 "\"wrong_credentials\"}"),
          "fields.p.absent: \"wrong_credentials\" cannot come of the "
          "operation \"change\"", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"absent\":\"ok\"}"),
          "fields.p.absent: nothing is done", "remove \"absent\"" },
        { CHANGE("\"p\":{\"as\":\"password\",\"absent\":\"invalid\"}"),
          "fields.p.absent: nothing is done", "" },
        { A_ROUTE("POST", "enter", "\"fields\":{\"p\":{\"as\":\"password\","
                "\"required\":false,\"absent\":\"wrong_credentials\"}}"),
          "fields.p.required: \"absent\" says already", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"max\":1025}"),
          "fields.p.max: the \"password\" has 1 to 1024 characters", "" },
        { CHANGE("\"u\":{\"as\":\"username\",\"max\":151}"),
          "fields.u.max: the \"username\" has 1 to 150 characters", "" },
        { CHANGE("\"u\":{\"as\":\"username\",\"max\":0}"),
          "fields.u.max: the \"username\" has 1 to 150", "" },
        { CHANGE("\"u\":{\"as\":\"username\",\"max\":\"9\"}"),
          "fields.u.max: is a text", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"report\":[]}"),
          "fields.p.report: is neither a text nor an object", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"report\":\"\"}"),
          "fields.p.report: has no name", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"report\":{\"short\":\"x\"}}"),
          "fields.p.report.short: unknown problem", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"report\":"
                 "{\"too_short\":true}}"),
          "fields.p.report.too_short: is true", "" },
        { CHANGE("\"p\":{\"as\":\"password\",\"report\":"
                 "{\"mismatch\":\"x\"}}"),
          "fields.p.report.mismatch: \"mismatch\" cannot come of the field",
          "" },
        { CHANGE("\"user\":{\"email\":\"email\",\"pass\":\"password\"}"),
          "fields.user: a field is a text of the request's own members, or "
          "of an object's among them, which is named with a dot", "write \"user.email\": ... in place of \"user\"" },
        { CHANGE("\"user..email\":\"email\""),
          "a name between the dots is missing", "\"user.email\"" },
        { CHANGE("\".email\":\"email\""), "a name between the dots", "" },
        { CHANGE("\"email\":{\"as\":\"email\",\"aliases\":[\"user.\"]}"),
          "aliases[0]: a name between the dots is missing", "" },
        { CHANGE("\"user.email\":{\"as\":\"email\",\"aliases\":[\"email\"]},"
                 "\"email\":\"username\""),
          "the alias \"email\" is a field already", "remove one" },
        { CHANGE("\"p\":{\"as\":\"password\",\"problems\":\"some\"}"),
          "fields.p.problems: \"some\" of what is wrong cannot be told",
          "write \"first\" or \"all\"" },
        { "{\"extends\":\"base\",\"problems\":\"none\"}",
          "problems: \"none\" of what is wrong", "" },
        { "{\"extends\":\"base\",\"multipart\":\"yes\"}",
          "multipart: must be true or false", "" },
        { "{\"extends\":\"base\",\"attributes\":{\"x\":\"mail\"}}",
          "attributes.x: no password is like \"mail\"",
          "did you mean \"email\"?" },
        { "{\"extends\":\"base\",\"attributes\":{\"x\":1}}",
          "attributes.x: is a whole number", "" },
        { "{\"extends\":\"base\",\"attributes\":{\"x\":\"email\","
          "\"y\":\"email\"}}", "attributes.y: \"email\" is \"x\" already",
          "remove one" },
        { "{\"extends\":\"base\",\"messages\":{\"too_short\":"
          "\"{attribute}\"}}", "messages.too_short: \"{attribute}\" is not "
          "known in this message", "" },
        { CHANGE("\"u\":\"user_name\""), "unknown role \"user_name\"",
          "username" },
    };
    int i;

    for (i = 0; i < COUNT(cases); i++) {
        const char *told;
        const acct_dialect_t *dialect = load(*state, cases[i][0], &told);

        if (dialect != NULL || strstr(told, cases[i][1]) == NULL
            || strstr(told, cases[i][2]) == NULL) {
            fail_msg("%s\n  tells: %s\n  and not: %s ... %s", cases[i][0],
                     told, cases[i][1], cases[i][2]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(a_field_says_how_it_is_read),
        POOL_TEST(a_problem_is_told_under_the_name_the_field_says),
        POOL_TEST(a_nested_field_has_the_messages_of_its_last_name),
        POOL_TEST(an_alias_may_be_the_last_name_of_a_nested_field),
        POOL_TEST(a_patch_is_partial_unless_the_operation_needs_its_fields),
        POOL_TEST(a_field_may_tell_more_than_its_dialect),
        POOL_TEST(what_a_password_is_like_is_said_in_the_dialects_words),
        POOL_TEST(stages_have_their_turns),
        POOL_TEST(mistakes_are_told_with_what_to_write)
    };

    return cmocka_run_group_tests_name("dialect_field", tests, begin_apr,
                                       end_apr);
}
