/* SPDX-License-Identifier: Apache-2.0 */
/* Each mistake in a field, and in what is said of its problems, is told with
 * its place and what mends it. */
#include "dialect_mistakes.h"

static const bad_t bad[] = {
    /* fields */
    { ROUTES(ROUTE("o", "POST", "logout", "\"fields\":{\"p\":\"password\"},"
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].fields: \"logout\" acts for the token", "remove \"fields\""
    },
    { ROUTES(ROUTE("in", "POST", "login", "\"responses\":{" OK_TOKEN "}")),
      "routes[0].fields: is missing", "\"password\": \"password\"" },
    { ROUTES(LOGIN("[]", OK_TOKEN)), "routes[0].fields: is a list",
      "write { ... }" },
    { ROUTES(LOGIN("{\"u\":\"identifer\",\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields.u: unknown role", "did you mean \"identifier\"?" },
    { ROUTES(LOGIN("{\"u\":\"username\",\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields.u: a field of \"login\" cannot be the \"username\"",
      "write one of identifier, email, password" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":3}", OK_TOKEN)),
      "routes[0].fields.p: is a whole number", "write { ... }" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{}}", OK_TOKEN)),
      "routes[0].fields.p.as: is missing", "\"as\": \"email\"" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{\"as\":\"password\","
                   "\"alias\":[]}}", OK_TOKEN)),
      "routes[0].fields.p.alias: unknown member",
      "did you mean \"aliases\"?" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{\"as\":\"password\","
                   "\"required\":\"yes\"}}", OK_TOKEN)),
      "routes[0].fields.p.required: must be true or false",
      "without quotation marks" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{\"as\":\"password\","
                   "\"aliases\":\"pw\"}}", OK_TOKEN)),
      "routes[0].fields.p.aliases: is a text", "write [ ... ]" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{\"as\":\"password\","
                   "\"aliases\":[\"u\"]}}", OK_TOKEN)),
      "routes[0].fields.p: the alias \"u\" is a field already", "remove one"
    },
    { ROUTES(LOGIN("{\"u\":{\"as\":\"identifier\",\"aliases\":[\"x\"]},"
                   "\"p\":{\"as\":\"password\",\"aliases\":[\"x\"]}}",
                   OK_TOKEN)),
      "routes[0].fields.p: the alias \"x\" stands twice", "remove one" },
    { ROUTES(LOGIN("{\"u\":{\"as\":\"identifier\",\"aliases\":[\"x\","
                   "\"x\"]},\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields.u: the alias \"x\" stands twice", "remove one" },
    { ROUTES(LOGIN("{\"\":\"identifier\",\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields[\"\"]: a field has no name", "write the name" },
    { ROUTES(LOGIN("{\"u\":\"identifier\"}", OK_TOKEN)),
      "routes[0].fields: \"login\" needs a password", "add \"password\"" },
    { ROUTES(LOGIN("{\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields: \"login\" needs a name", "\"identifier\" or" },
    { ROUTES(LOGIN("{\"u\":{\"as\":\"identifier\",\"required\":false},"
                   "\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields: \"login\" needs a name", "or one of each" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"p\":{\"as\":\"password\","
                   "\"required\":false}}", OK_TOKEN)),
      "routes[0].fields: \"login\" needs a password", "let it be required" },
    { ROUTES(LOGIN("{\"e\":\"email\",\"p\":\"password\"}", OK_TOKEN)),
      "identifier: does not hold \"email\"", "add it" },
    { ROUTES(JOIN("{\"p\":\"password\"}", "\"ok\":{\"status\":200}")),
      "routes[0].fields: an account needs a name", "\"username\" or" },
    { ROUTES(JOIN("{\"u\":\"username\",\"v\":\"username\",\"p\":\"password\""
                  "}", "\"ok\":{\"status\":200}")),
      "routes[0].fields.v: \"u\" is the \"username\" already",
      "make it an alias" },
    { ROUTES(JOIN("{\"login\":\"username\",\"p\":\"password\"}",
                  "\"ok\":{\"status\":200}")),
      "routes[0].fields.login: there is no message for \"login.invalid\"",
      "add \"login.invalid\": \"...\" or \"invalid\": \"...\"" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200,\"body\":\"{token.id}\"}") "]}",
      "routes[0].responses.ok: shows something of a token",
      "add \"{token}\"" },
    /* problems with responses of their own */
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"x.taken\":{\"status\":400}") "]}",
      "routes[0].responses[\"x.taken\"]: the route has no field \"x\"",
      "u, e, p" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"e.tacken\":{\"status\":400}") "]}",
      "routes[0].responses[\"e.tacken\"]: unknown problem",
      "did you mean \"taken\"?" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"p.taken\":{\"status\":400}") "]}",
      "routes[0].responses[\"p.taken\"]: \"taken\" cannot come of the field",
      "remove this member" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"e.taken\":{\"status\":400,\"body\":"
      "\"{errors}\"}") "]}",
      "routes[0].responses[\"e.taken\"].body: \"{errors}\" is not known",
      "use it in \"invalid\"" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"e.*\":{\"status\":400,\"body\":"
      "\"{limit}\"}") "]}",
      "routes[0].responses[\"e.*\"].body: \"{limit}\" is not known when "
      "\"e.required\"", "\"too_long\" and \"too_short\"" },
    { "{\"extends\":\"base\"," MEANT ",\"routes\":[" JOIN(UP,
      "\"ok\":{\"status\":200},\"e.taken\":\"e.tken\"") "]}",
      "routes[0].responses[\"e.taken\"]: there is no response \"e.tken\"",
      "did you mean \"e.taken\"?" },
};

static void every_mistake_is_told_where_it_is(void **state)
{
    assert_told(bad, COUNT(bad), state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_mistake_is_told_where_it_is)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
