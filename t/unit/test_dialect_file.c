/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read or cannot be, and what they extend. */
#include "dialect_files.h"
#include "dialect/mailing.h"

static void mistakes_are_told_together(void **state)
{
    static const char *const phrases[] = {
        "misspelt.json: routes[0].method: ",
        "misspelt.json: routes[0].operation: ",
        "misspelt.json: routes[0].path: ",
        "misspelt.json: routes[0].responses.ok.status: ",
        "misspelt.json: routes[0].responses.ok.body: ",
        "misspelt.json: identifer: ",
        "general.json: responses.ok: ",
        "general.json: responses.wrong_credential: ",
    };
    apr_status_t status;
    const char *errors = errors_of("t/fixtures/dialects/bad/misspelt.json",
                                   &status, *state);
    int i;

    for (i = 0; i < COUNT(phrases); i++) {
        if (strstr(errors, phrases[i]) == NULL) {
            fail_msg("no %s in %s", phrases[i], errors);
        }
    }
}

static void bad_files_say_so(void **state)
{
    static const struct {
        const char *file, *phrase;
    } files[] = {
        { "syntax", "bad/syntax.json: 3:26: " },
        { "duplicate", "bad/duplicate.json: 5:14: duplicate" },
        { "latin1", "bad/latin1.json: 1:21: unable to decode" },
        { "loop-a", "bad/loop-b.json: extends: \"loop-a\" extends itself" },
        { "loop-b", "bad/loop-a.json: extends: \"loop-b\" extends itself" },
    };
    apr_status_t status;
    const char *errors;
    int i;

    for (i = 0; i < COUNT(files); i++) {
        errors = errors_of(apr_pstrcat(*state, "t/fixtures/dialects/bad/",
                                       files[i].file, ".json", NULL),
                           &status, *state);
        assert_int_equal(status, APR_EINVAL);
        if (strstr(errors, files[i].phrase) == NULL
            || strchr(errors, '\n')[1] != '\0') {
            fail_msg("%s: %s", files[i].phrase, errors);
        }
    }
}

static void files_that_cannot_be_read(void **state)
{
    const char *folder = folder_with_base(*state);
    const char *path = apr_pstrcat(*state, folder, "/none.json", NULL);
    char *large = apr_palloc(*state, 1024 * 1024 + 2);
    apr_status_t status;
    const char *errors = errors_of(path, &status, *state);

    assert_true(APR_STATUS_IS_ENOENT(status));
    assert_non_null(strstr(errors, "none.json: cannot open the file: No such"
                           " file or directory; check its name"));
    errors = errors_of(folder, &status, *state);
    assert_int_equal(status, APR_EINVAL);
    assert_non_null(strstr(errors, "is no file"));
    memset(large, ' ', 1024 * 1024 + 1);
    path = write_file(folder, "large.json", large, 1024 * 1024 + 1, *state);
    errors = errors_of(path, &status, *state);
    assert_int_equal(status, APR_EINVAL);
    assert_non_null(strstr(errors, "larger than 1048576 bytes"));
    remove_folder(folder, *state);
}

static void files_may_extend_one_another_so_often(void **state)
{
    const char *folder = folder_with_base(*state), *path = NULL, *text;
    apr_status_t status;
    int i;

    for (i = 0; i < 8; i++) {
        text = i == 0 ? "{\"extends\":\"base\"," GOOD_ROUTES "}"
                      : apr_psprintf(*state, "{\"extends\":\"x%d\"}", i - 1);
        path = write_file(folder, apr_psprintf(*state, "x%d.json", i), text,
                          strlen(text), *state);
        text = errors_of(path, &status, *state);
        if ((status == APR_SUCCESS) != (i < 7)) {
            fail_msg("%d: %s", i, text);
        }
    }
    assert_non_null(strstr(text, "extends: more than 8 files"));
    remove_folder(folder, *state);
}

static void there_is_an_end_of_errors(void **state)
{
    const char *folder = folder_with_base(*state), *text = "{", *errors;
    apr_status_t status;
    int i, lines = 0;

    for (i = 0; i < 500; i++) {
        text = apr_psprintf(*state, "%s%s\"u%d\":1", text, i ? "," : "", i);
    }
    text = apr_pstrcat(*state, text, "}", NULL);
    errors = errors_of(write_file(folder, "x.json", text, strlen(text),
                                  *state), &status, *state);
    for (; (errors = strchr(errors, '\n')) != NULL; errors++) {
        lines++;
    }
    assert_int_equal(lines, 101);
    remove_folder(folder, *state);
}

static void each_member_of_a_mail_is_inherited_by_itself(void **state)
{
    static const char below[] = TOP("\"mails\":{\"password-reset\":{"
        "\"html\":false,\"subject\":\"A\"},"
        "\"activation\":{\"html\":false}}");
    static const char above[] = "{\"extends\":\"below\",\"mails\":{"
        "\"password-reset\":{\"subject\":\"B\"},"
        "\"activation\":{\"html\":true}}}";
    const char *folder = folder_with_base(*state), *path;
    const acct_dialect_mail_t *kinds;
    const acct_dialect_t *dialect;
    apr_array_header_t *errors;

    write_file(folder, "below.json", below, strlen(below), *state);
    path = write_file(folder, "above.json", above, strlen(above), *state);
    assert_int_equal(acct_dialect_load(path, &acct_operations, &dialect,
                                       &errors, *state), APR_SUCCESS);
    kinds = dialect->mails->kind;
    assert_true(kinds[ACCT_MAIL_PASSWORD_RESET].is_plain);
    assert_false(kinds[ACCT_MAIL_ACTIVATION].is_plain);
    assert_false(kinds[ACCT_MAIL_VERIFY_EMAIL].is_plain);
    remove_folder(folder, *state);
}

static void what_a_file_says_goes_over_what_it_extends(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    static const char near[] = "{\"extends\":\"far\",\"messages\":"
        "{\"not_found\":\"Near.\"},\"responses\":{\"error\":"
        "{\"status\":599}},\"token\":{\"policy\":\"many\"}}";
    static const char far[] = "{\"extends\":\"base\",\"identifier\":"
        "[\"email\",\"username\"],\"messages\":{\"not_found\":\"Far.\","
        "\"null\":\"Void.\"},\"token\":{\"policy\":\"many\",\"bytes\":64,"
        "\"lifetime\":\"90m\",\"sliding\":\"2m\"}," GOOD_ROUTES "}";
    const acct_dialect_t *dialect;
    acct_result_t *result;

    write_file(folder, "far.json", far, strlen(far), p);
    dialect = load_file(p, write_file(folder, "near.json", near,
                                      strlen(near), p));
    assert_string_equal(dialect->name, "near");
    assert_int_equal(dialect->by_email, 1);
    assert_int_equal(dialect->by_username, 2);
    assert_int_equal(dialect->policy.kind, ACCT_POLICY_MANY);
    assert_int_equal(dialect->policy.bytes, 20);
    assert_true(dialect->policy.lifetime == 0);
    assert_true(dialect->policy.sliding == 0);
    assert_int_equal(dialect->nroutes, 1);
    assert_ptr_equal(dialect->routes[0].dialect, dialect);
    answers(dialect, NULL, acct_result_make(ACCT_NOT_FOUND, p), 404, JSON,
            "{\"detail\":\"Near.\"}", p);
    answers(dialect, NULL, acct_result_make(ACCT_ERROR, p), 599, JSON, NULL,
            p);
    result = acct_result_make(ACCT_INVALID, p);
    acct_result_add_problem(result, dialect->routes[0].fields.field,
                            ACCT_PROBLEM_NULL, 0, p);
    answers(dialect, dialect->routes, result, 400, JSON,
            "{\"u\":[\"Void.\"]}", p);
    dialect = load_file(p, apr_pstrcat(p, folder, "/far.json", NULL));
    assert_true(dialect->policy.lifetime == apr_time_from_sec(90 * 60));
    assert_true(dialect->policy.sliding == apr_time_from_sec(2 * 60));
    assert_int_equal(dialect->policy.bytes, 64);
    remove_folder(folder, p);
}

static const char *route_list(const acct_dialect_t *dialect,
                              apr_pool_t *pool)
{
    const char *list = "";
    int i;

    for (i = 0; i < dialect->nroutes; i++) {
        assert_ptr_equal(dialect->routes[i].dialect, dialect);
        list = apr_pstrcat(pool, list, i > 0 ? ", " : "",
                           dialect->routes[i].method, " ",
                           dialect->routes[i].path, " ",
                           dialect->routes[i].fields.operation->name, NULL);
    }
    return list;
}

/* In place of one with the same method and path, else behind all. */
static void routes_are_added_to_those_of_what_is_extended(void **state)
{
    static const struct {
        const char *name;
        const char *json;
        const char *routes;
    } files[] = {
        { "one.json", "{\"extends\":\"base\"," GOOD_ROUTES "}",
          "POST in/ login" },
        { "two.json", "{\"extends\":\"one\",\"add_routes\":["
          OUT("out", "POST") "," OUT("in", "DELETE") "]}",
          "POST in/ login, POST out logout, DELETE in logout" },
        { "three.json", "{\"extends\":\"two\",\"messages\":"
          "{\"w.required\":\"Who?\"},\"add_routes\":["
          OUT("end", "POST") ","
          ROUTE("in", "POST", "login", "\"fields\":{\"w\":\"identifier\","
                "\"p\":\"password\"},\"responses\":{" OK_TOKEN "}") "]}",
          "POST in login, POST out logout, DELETE in logout, "
          "POST end logout" },
        { "four.json", "{\"extends\":\"three\",\"routes\":["
          OUT("only", "POST") "]}", "POST only logout" },
        { "five.json", "{\"extends\":\"base\",\"add_routes\":["
          OUT("only", "POST") "]}", "POST only logout" }
    };
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    int i;

    for (i = 0; i < COUNT(files); i++) {
        const acct_dialect_t *dialect = load_file(p,
            write_file(folder, files[i].name, files[i].json,
                       strlen(files[i].json), p));

        assert_string_equal(route_list(dialect, p), files[i].routes);
    }
    remove_folder(folder, p);
}

static void a_route_takes_what_it_says_of_credentials(void **state)
{
    static const char json[] = ROUTES(
        BASIC("POST", "\"credentials\":\"basic\"") ","
        BASIC("PUT", "\"credentials\":\"basic\","
              "\"challenge\":\"basic realm=\\\"a b\\\"\"") ","
        ROUTE("out", "POST", "logout", "\"token\":\"optional\","
              "\"challenge\":\"Bearer\","
              "\"responses\":{\"ok\":{\"status\":200}}") ","
        OUT("out", "PUT"));
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    const acct_dialect_t *dialect = load_file(p,
        write_file(folder, "x.json", json, strlen(json), p));

    assert_true(dialect->routes[0].takes_basic);
    assert_false(dialect->routes[0].reads_fields);
    assert_int_equal(dialect->routes[0].token, ACCT_TOKEN_IGNORED);
    assert_string_equal(dialect->routes[0].challenge,
                        "Basic realm=\"accounts\"");
    assert_string_equal(dialect->routes[1].challenge,
                        "basic realm=\"a b\"");
    assert_int_equal(dialect->routes[2].token, ACCT_TOKEN_OPTIONAL);
    assert_string_equal(dialect->routes[2].challenge, "Bearer");
    assert_int_equal(dialect->routes[3].token, ACCT_TOKEN_NEEDED);
    assert_null(dialect->routes[3].challenge);
    remove_folder(folder, p);
}

/* An answer that is shared stays the same when a route or an extending
 * file writes it anew in one place: else "blocked" would begin to tell. */
static void shared_answers_stay_the_same(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    static const char json[] = ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":"
        "\"password\"}", OK_TOKEN ",\"wrong_credentials\":{\"status\":403,"
        "\"body\":\"No: {message}\"}"));
    const acct_dialect_t *dialect = load_file(p, write_file(folder, "x.json",
        json, strlen(json), p));

    answers(dialect, dialect->routes, acct_result_make(ACCT_BLOCKED, p), 403,
            JSON, "\"No: Unable to log in with provided credentials.\"", p);
    answers(dialect, dialect->routes,
            acct_result_make(ACCT_WRONG_CREDENTIALS, p), 403, JSON,
            "\"No: Unable to log in with provided credentials.\"", p);
    remove_folder(folder, p);
}

/* A response that is shared brings the message of its own name along, "ok"
 * like any other. */
static void a_shared_answer_brings_its_message(void **state)
{
    apr_pool_t *p = *state;
    const char *folder = folder_with_base(p);
    static const char json[] = ROUTES("{\"path\":\"out/\",\"method\":"
        "\"POST\",\"operation\":\"logout\",\"messages\":{\"ok\":\"Done.\"},"
        "\"responses\":{\"ok\":{\"status\":200,\"body\":\"{message}\"},"
        "\"options\":\"ok\"}}");
    const acct_dialect_t *dialect = load_file(p, write_file(folder, "x.json",
        json, strlen(json), p));

    answers(dialect, dialect->routes, acct_result_make(ACCT_OPTIONS, p), 200,
            JSON, "\"Done.\"", p);
    remove_folder(folder, p);
}

/* What signs nobody in has no answer to a wrong password, and need not get
 * one for what came later and shares that. */
static void a_file_of_version_1_need_not_sign_in(void **state)
{
    static const char text[] = "{\"responses\":{"
        "\"options\":{\"status\":200},\"not_found\":{\"status\":404},"
        "\"method_not_allowed\":{\"status\":405},"
        "\"tls_required\":{\"status\":403},\"too_large\":{\"status\":413},"
        "\"not_authenticated\":{\"status\":401},"
        "\"token_absent\":{\"status\":401},"
        "\"token_spaces\":{\"status\":401},"
        "\"token_characters\":{\"status\":401},"
        "\"invalid_token\":{\"status\":401},"
        "\"not_owner\":{\"status\":404},"
        "\"permission_denied\":{\"status\":403},"
        "\"throttled\":{\"status\":429},\"unavailable\":{\"status\":503},"
        "\"error\":{\"status\":500}},\"routes\":[{\"path\":\"me\","
        "\"method\":\"GET\",\"operation\":\"current\",\"responses\":"
        "{\"ok\":{\"status\":204}}}]}";
    const char *folder = folder_with_base(*state);

    assert_int_equal(load_file(*state, write_file(folder, "old.json", text,
        sizeof(text) - 1, *state))->nroutes, 1);
    remove_folder(folder, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(mistakes_are_told_together),
        POOL_TEST(bad_files_say_so),
        POOL_TEST(files_that_cannot_be_read),
        POOL_TEST(files_may_extend_one_another_so_often),
        POOL_TEST(there_is_an_end_of_errors),
        POOL_TEST(each_member_of_a_mail_is_inherited_by_itself),
        POOL_TEST(what_a_file_says_goes_over_what_it_extends),
        POOL_TEST(routes_are_added_to_those_of_what_is_extended),
        POOL_TEST(a_route_takes_what_it_says_of_credentials),
        POOL_TEST(shared_answers_stay_the_same),
        POOL_TEST(a_shared_answer_brings_its_message),
        POOL_TEST(a_file_of_version_1_need_not_sign_in)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
