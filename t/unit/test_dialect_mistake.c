/* SPDX-License-Identifier: Apache-2.0 */
/* Each mistake in a file, its messages, responses and routes is told with its
 * place and what mends it; that of a field in test_dialect_field_mistake.c. */
#include "dialect_mistakes.h"

static const bad_t bad[] = {
    /* the file */
    { "", "1:1: the file is empty", "write at least" },
    { "{\"extends\":\n  \"base\",\n}", "3:1: ", "remove the comma in front" },
    { "{'extends':1}", "1:2: ", "double quotation marks" },
    { "{extends:1}", "1:8: ", "name in double quotation marks" },
    { "{\"extends\":\"base\"\n \"routes\":[]}", "2:9: ",
      "a comma is missing in front of this" },
    { "{\"routes\":[{} {}]}", "1:15: ", "a comma is missing in front" },
    { "{\"routes\":[1 2]}", "1:14: ", "a comma is missing in front" },
    { "{\"description\":\"a \"b\" c\"}", "1:20: ",
      "a quotation mark inside a text is not written as" },
    { "{\"routes\":[{},]}", "1:15: ", "remove the comma in front" },
    { "{\"routes\":[{}}", "1:14: ", "the last that was opened is a list" },
    { "{\"token\":{]}", "1:11: ", "" },
    { "{\"token\":{\"bytes\":1]}", "1:20: ",
      "the last that was opened is an object" },
    { "{\"extends\" \"base\"}", "1:17: ", "write a colon" },
    { "{}}", "1:3: ", "remove a bracket too many" },
    { "{\n \"messages\": {\n  \"null\": \"a\",\n  \"null\": \"b\"\n }\n}",
      "4:8: duplicate object key", "remove or rename one of the two" },
    { "{\"description\":\"\xe9\"}", "1:", "save the file as UTF-8" },
    { "\xef\xbb\xbf{}", "1:1: begins with a byte order mark",
      "without one" },
    { "{\"extends\":\"base\"", "1:17: ", "is not closed" },
    { "{\"description\":\"a\\u0000\"}", "1:", "remove the NUL" },
    { "[]", "1:1: is a list and must be an object", "write { ... }" },
    /* members of the top */
    { TOP("\"mesages\":{}"), "mesages: unknown member",
      "did you mean \"messages\"?" },
    { TOP("\"x y\":{}"), "[\"x y\"]: unknown member",
      "write one of extends, description" },
    { TOP("\"description\":1"), "description: is a whole number",
      "write \"...\"" },
    { "{\"extends\":\"nobody\"}", "extends: cannot open the file",
      "nobody.json: No such file or directory; check its name" },
    { "{\"extends\":\"../base\"}", "extends: \"../base\" is no name",
      "without folder" },
    { "{\"extends\":\"x\"}", "extends: \"x\" extends itself", "remove this" },
    { "{\"extends\":\"base\"}", "routes: there are no routes",
      "write what the dialect answers to" },
    { "{\"extends\":\"base\",\"routes\":[]}", "routes: is empty",
      "write at least one route" },
    { "{\"extends\":\"base\",\"routes\":{}}", "routes: is an object",
      "write [ ... ]" },
    { TOP("\"identifier\":\"email\""), "identifier: is a text",
      "write [ ... ]" },
    { TOP("\"identifier\":[]"), "identifier: is empty",
      "write [\"username\"]" },
    { TOP("\"identifier\":[\"emial\"]"), "identifier[0]: nobody is known by",
      "did you mean \"email\"?" },
    { TOP("\"identifier\":[\"email\",\"email\"]"), "identifier[1]: \"email\""
      " stands twice", "remove one" },
    { TOP("\"identifier\":[7]"), "identifier[0]: is a whole number",
      "write \"...\"" },
    /* the token */
    { TOP("\"token\":{}"), "token.policy: is missing", "write \"reuse\"" },
    { TOP("\"token\":{\"policy\":\"rouse\"}"), "token.policy: unknown policy",
      "did you mean \"reuse\"?" },
    { TOP("\"token\":{\"policy\":\"many\",\"byte\":20}"),
      "token.byte: unknown member", "did you mean \"bytes\"?" },
    { TOP("\"token\":{\"policy\":\"many\",\"bytes\":15}"),
      "token.bytes: a token of 15 bytes", "write 16 to 64" },
    { TOP("\"token\":{\"policy\":\"many\",\"bytes\":65}"),
      "token.bytes: a token of 65 bytes", "write 16 to 64" },
    { TOP("\"token\":{\"policy\":\"many\",\"bytes\":20.0}"),
      "token.bytes: is a number with a fraction", "write digits" },
    { TOP("\"token\":{\"policy\":\"reuse\",\"lifetime\":\"10h\"}"),
      "token.lifetime: ", "write \"policy\": \"many\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":\"59s\"}"),
      "token.lifetime: \"59s\" is no lifetime", "from \"60s\" to \"366d\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":\"367d\"}"),
      "token.lifetime: ", "from \"60s\" to \"366d\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":"
          "\"99999999999999999999d\"}"),
      "token.lifetime: ", "from \"60s\" to \"366d\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":\"10\"}"),
      "token.lifetime: ", "a whole number and a unit" },
    { TOP("\"token\":{\"policy\":\"many\",\"sliding\":\"119s\"}"),
      "token.sliding: \"119s\" is no time", "from \"2m\" to \"366d\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"sliding\":\"half an hour\"}"),
      "token.sliding: ", "a whole number and a unit" },
    { TOP("\"token\":{\"policy\":\"many\",\"sliding\":1800}"),
      "token.sliding: is a whole number", "write \"...\"" },
    { TOP("\"token\":{\"policy\":\"reuse\",\"sliding\":\"30m\"}"),
      "token.sliding: ", "write \"policy\": \"many\"" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":\"1h\","
          "\"sliding\":\"60m\"}"),
      "token.sliding: must be shorter than \"lifetime\"", "write less" },
    { TOP("\"token\":{\"policy\":\"many\",\"lifetime\":3600}"),
      "token.lifetime: is a whole number", "write \"...\"" },
    /* messages */
    { TOP("\"messages\":[]"), "messages: is a list", "write { ... }" },
    { TOP("\"messages\":{\"requierd\":\"x\"}"), "messages.requierd: nothing "
      "is called", "a problem (\"required\")" },
    { TOP("\"messages\":{\"u.requird\":\"x\"}"), "messages[\"u.requird\"]: "
      "unknown problem", "did you mean \"required\"?" },
    { TOP("\"messages\":{\"mail.required\":\"x\"}"),
      "messages[\"mail.required\"]: no route has a field \"mail\"",
      "or \"required\" for any field" },
    { TOP("\"messages\":{\"required\":3}"), "messages.required: is a whole",
      "write \"...\"" },
    { TOP("\"messages\":{\"required\":\"{token}\"}"), "messages.required: "
      "\"{token}\" is not known", "write one of site.name" },
    { TOP("\"messages\":{\"too_long\":\"{limt}\"}"), "messages.too_long: "
      "unknown placeholder", "did you mean \"limit\"?" },
    { TOP("\"messages\":{\"parse_error\":\"{type}\"}"),
      "messages.parse_error: \"{type}\" is not known",
      "write one of format, reason" },
    { TOP("\"messages\":{\"blank\":\"a } b\"}"), "messages.blank: \"}\" "
      "closes nothing", "write \"}}\"" },
    /* general responses */
    { TOP("\"responses\":{\"ok\":{\"status\":200}}"), "responses.ok: ",
      "into the \"responses\" of a route" },
    { TOP("\"responses\":{\"u.taken\":{\"status\":200}}"),
      "responses[\"u.taken\"]: ", "into the \"responses\" of one" },
    { TOP("\"responses\":{\"not_fuond\":{\"status\":404}}"),
      "responses.not_fuond: unknown outcome", "did you mean \"not_found\"?" },
    { TOP("\"responses\":{\"taken\":{\"status\":404}}"), "responses.taken: ",
      "\"FIELD.taken\"" },
    { TOP("\"responses\":{\"not_found\":404}"), "responses.not_found: is a "
      "whole number", "write { ... }" },
    { TOP("\"responses\":{\"not_found\":\"nowhere\"}"),
      "responses.not_found: there is no response \"nowhere\" to share", "" },
    { TOP("\"responses\":{\"not_found\":\"not_owner\",\"not_owner\":"
          "\"not_found\"}"), "responses.not_found: ",
      "give one of them a response of its own" },
    { TOP("\"responses\":{\"not_found\":\"method_not_allowed\","
          "\"method_not_allowed\":{\"status\":405,\"body\":\"{method}\"}}"),
      "responses.method_not_allowed.body: \"{method}\" is not known when "
      "\"not_found\"", "use it in \"method_not_allowed\"" },
    { "{\"responses\":{\"error\":{\"status\":500}}," GOOD_ROUTES "}",
      "responses: there is no response for \"not_found\", \"tls_required\", "
      "\"unavailable\"", "\"extends\": \"base\"" },
    { "{\"responses\":{\"error\":{\"status\":500,\"body\":\"{message}\"}},"
      GOOD_ROUTES "}", "responses.error.body: \"{message}\" stands for "
      "nothing", "add \"error\": \"...\" to \"messages\"" },
    { "{" GOOD_ROUTES "}", "routes[0].responses: there is no response for "
      "\"method_not_allowed\"", "\"extends\": \"base\"" },
    { "{" GOOD_ROUTES "}", "identifier: is missing", "[\"username\"]" },
    { "{" GOOD_ROUTES "}", "token: is missing", "{\"policy\": \"reuse\"}" },
    { "{" GOOD_ROUTES "}", "routes[0].fields.u: there is no message for "
      "\"u.required\"", "\"required\": \"...\" to \"messages\"" },
    /* a response */
    { IN_OK("{\"stauts\":200,\"status\":200,\"body\":\"{token}\"}"),
      "routes[0].responses.ok.stauts: unknown member",
      "did you mean \"status\"?" },
    { IN_OK("{\"body\":\"{token}\"}"), "routes[0].responses.ok.status: is "
      "missing", "\"status\": 200" },
    { IN_OK("{\"status\":199,\"body\":\"{token}\"}"),
      "routes[0].responses.ok.status: 199 is no final HTTP status",
      "from 200 to 599" },
    { IN_OK("{\"status\":600,\"body\":\"{token}\"}"),
      "routes[0].responses.ok.status: 600 ", "from 200 to 599" },
    { IN_OK("{\"status\":\"200\",\"body\":\"{token}\"}"),
      "routes[0].responses.ok.status: is a text", "write digits" },
    { IN_OK("{\"status\":204,\"body\":\"{token}\"}"),
      "routes[0].responses.ok.body: an answer with status 204 has no body",
      "write another status" },
    { IN_OK("{\"status\":200,\"body\":null}"), "routes[0].responses.ok.body: "
      "is null", "leave \"body\" out" },
    { IN_OK("{\"status\":200,\"body\":{\"a\":[\"{tokne}\"]}}"),
      "routes[0].responses.ok.body.a[0]: unknown placeholder \"{tokne}\"",
      "did you mean \"token\"?" },
    { IN_OK("{\"status\":200,\"body\":[\"{token}\",\"{reason}\"]}"),
      "routes[0].responses.ok.body[1]: \"{reason}\" is not known when "
      "\"ok\"", "use it in \"parse_error\"" },
    { IN_OK("{\"status\":200,\"body\":[\"{token}\",\"{message}\"]}"),
      "routes[0].responses.ok.body[1]: \"{message}\" stands for nothing",
      "add \"ok\"" },
    { IN_OK("{\"status\":200,\"body\":[\"{token}\",\"{token.expires|%T}\"]}"),
      "routes[0].responses.ok.body[1]: \"%T\" is no directive",
      "use %Y, %m" },
    { IN_OK("{\"status\":200,\"body\":\"{token\"}"),
      "routes[0].responses.ok.body: \"{\" is not closed", "\"{{\"" },
    { IN_OK("{\"status\":200}"), "routes[0].responses.ok: nobody learns the "
      "token", "write \"{token}\"" },
    { HEADER("\"X Y\":\"a\""), "routes[0].responses.ok.headers[\"X Y\"]: ",
      "write letters, digits" },
    { HEADER("\"set-cookie\":\"a\""), "routes[0].responses.ok.headers."
      "set-cookie: the server writes", "remove it" },
    { HEADER("\"Transfer-Encoding\":\"a\""), "routes[0].responses.ok.headers."
      "Transfer-Encoding: the server writes", "remove it" },
    { HEADER("\"X-A\":1"), "routes[0].responses.ok.headers.X-A: is a whole",
      "write \"...\"" },
    { HEADER("\"X-A\":\"a\\r\\nb\""), "routes[0].responses.ok.headers.X-A: ",
      "remove line ends" },
    { HEADER("\"X-A\":\"a\",\"x-a\":\"b\""), "routes[0].responses.ok.headers."
      "x-a: \"x-a\" stands twice", "remove one" },
    { HEADER("\"X-A\":\"{reason}\""), "routes[0].responses.ok.headers.X-A: "
      "\"{reason}\" is not known", "use it in \"parse_error\"" },
    { HEADER("\"Content-Type\":\"json\""), "routes[0].responses.ok.headers."
      "Content-Type: \"json\" is no media type", "application/problem+json" },
    { IN_OK("{\"status\":200,\"headers\":{\"Content-Type\":\"a/b\"}}"),
      "routes[0].responses.ok.headers.Content-Type: there is no body",
      "write a \"body\"" },
    { IN_OK("{\"status\":200,\"body\":\"{token}\",\"headers\":[]}"),
      "routes[0].responses.ok.headers: is a list", "write { ... }" },
    /* a route */
    { ROUTES("7"), "routes[0]: is a whole number", "write { ... }" },
    { ROUTES("{\"operation\":\"logout\",\"method\":\"POST\",\"responses\":"
             "{\"ok\":{\"status\":200}}}"), "routes[0].path: is missing",
      "\"path\": \"log-in/\"" },
    { ROUTES("{\"operation\":\"logout\",\"path\":\"o\",\"responses\":"
             "{\"ok\":{\"status\":200}}}"), "routes[0].method: is missing",
      "\"method\": \"POST\"" },
    { ROUTES("{\"method\":\"POST\",\"path\":\"o\",\"responses\":"
             "{\"ok\":{\"status\":200}}}"), "routes[0].operation: is missing",
      "\"operation\": \"login\"" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"x\":1")), "routes[0].x: unknown",
      "write one of path, method" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"description\":\"\"")),
      "routes[0].responses: is missing", "what \"ok\" is" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"responses\":{}")),
      "routes[0].responses: there is no response for \"ok\"",
      "write what the route answers" },
    { ROUTES(ROUTE("o", "POST", "log_out", "\"responses\":{}")),
      "routes[0].operation: unknown operation",
      "did you mean \"logout\"?" },
    { ROUTES(OUT("o", "post")), "routes[0].method: unknown method \"post\"",
      "did you mean \"POST\"?" },
    { ROUTES(OUT("o", "HEAD")), "routes[0].method: unknown method",
      "HEAD and OPTIONS are answered by themselves" },
    { ROUTES(ROUTE("in", "GET", "login", "\"fields\":{\"u\":\"identifier\","
                   "\"p\":\"password\"},\"responses\":{" OK_TOKEN "}")),
      "routes[0].method: \"login\" reads a body", "write \"POST\"" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"token\":\"needed\","
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].token: \"needed\" says nothing", "write \"optional\"" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"token\":true,"
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].token: is true", "write \"...\"" },
    { ROUTES(ROUTE("o", "POST", "logout_all", "\"token\":\"optional\","
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].token: \"logout_all\" acts for the account of a token",
      "remove this member" },
    { ROUTES(ROUTE("in", "POST", "login", "\"token\":\"optional\","
                   "\"fields\":{\"u\":\"identifier\",\"p\":\"password\"},"
                   "\"responses\":{" OK_TOKEN "}")),
      "routes[0].token: \"login\" looks at no token",
      "remove this member" },
    { ROUTES(ROUTE("{account.id}/o", "POST", "logout",
                   "\"token\":\"optional\","
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].path: the path \"{account.id}/o\" names an account, but "
      "the route does without a token", "remove" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"token\":\"optional\","
                   "\"responses\":{\"ok\":{\"status\":200,"
                   "\"body\":\"{account.username}\"}}")),
      "routes[0].responses.ok: shows something of the account", "remove" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"token\":\"optional\","
                   "\"responses\":{\"ok\":{\"status\":200},"
                   "\"not_authenticated\":{\"status\":200}}")),
      "routes[0].responses.not_authenticated: \"not_authenticated\" cannot "
      "come of the operation \"logout\" as this route has it", "remove" },
    { ROUTES(BASIC("POST", "\"credentials\":\"digest\"")),
      "routes[0].credentials: credentials do not come as \"digest\"",
      "write \"basic\"" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"credentials\":\"basic\","
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].credentials: \"logout\" takes no name and password",
      "remove this member" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\",\"fields\":"
                   "{\"u\":\"identifier\",\"p\":\"password\"}")),
      "routes[0].fields: the route takes name and password from the "
      "Authorization header", "remove \"fields\"" },
    { ROUTES(BASIC("GET", "\"credentials\":\"basic\"")),
      "routes[0].method: \"login\" makes something", "write \"POST\"" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"challenge\":\"Bearer\"")),
      "routes[0].challenge: the route takes HTTP Basic, and \"Bearer\"",
      "write \"Basic realm=" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"challenge\":\"Basic realm=api\"")),
      "routes[0].challenge: \"Basic realm=api\" is no challenge",
      "\"Basic realm=" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\",\"challenge\":"
                   "\"Basic realm=\\\"a\\\", charset=\\\"UTF-8\\\"\"")),
      "routes[0].challenge: ", "\"Basic realm=" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\",\"challenge\":"
                   "\"Basic realm=\\\"a\\r\\nX: y\\\"\"")),
      "routes[0].challenge: ", "\"Basic realm=" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"challenge\":\"\"")),
      "routes[0].challenge: \"\" is no challenge", "\"Basic realm=" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"second_factor_header\":\"Cookie\"")),
      "routes[0].second_factor_header: \"Cookie\" is no header for a code",
      "\"X-OTP\"" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"second_factor_header\":\"X OTP\"")),
      "routes[0].second_factor_header: ", "\"X-OTP\"" },
    { ROUTES("{\"path\":\"a\",\"method\":\"POST\",\"operation\":\"login\","
             "\"second_factor_header\":\"X-OTP\",\"fields\":"
             "{\"u\":\"identifier\",\"p\":\"password\"},\"responses\":{"
             "\"ok\":{\"status\":200,\"body\":\"{token}\"}}}"),
      "routes[0].second_factor_header: is for a route with \"credentials\"",
      "write a field that is the \"second_factor\"" },
    { ROUTES("{\"path\":\"a\",\"method\":\"POST\",\"operation\":"
             "\"totp_begin\",\"responses\":{\"ok\":{\"status\":204}}}"),
      "routes[0].responses.ok: nobody learns the secret",
      "write \"{totp.secret}\"" },
    { ROUTES("{\"path\":\"a\",\"method\":\"POST\",\"operation\":"
             "\"recovery_codes\",\"fields\":{\"otp\":\"second_factor\"},"
             "\"responses\":{\"ok\":{\"status\":204}}}"),
      "routes[0].responses.ok: nobody learns the recovery codes",
      "write \"{recovery_codes}\"" },
    { ROUTES("{\"path\":\"a\",\"method\":\"POST\",\"operation\":"
             "\"totp_confirm\",\"fields\":{\"otp\":{\"as\":"
             "\"second_factor\",\"required\":false}},"
             "\"responses\":{\"ok\":{\"status\":204}}}"),
      "routes[0].fields: \"totp_confirm\" needs a code",
      "let it be required" },
    { ROUTES("{\"path\":\"a\",\"method\":\"POST\",\"operation\":"
             "\"totp_disable\",\"fields\":{\"otp\":\"second_factor\"},"
             "\"responses\":{\"ok\":{\"status\":204}}}"),
      "routes[0].fields: \"totp_disable\" needs the password besides",
      "\"current_password\"" },
    { ROUTES("{\"path\":\"a\",\"method\":\"GET\",\"operation\":"
             "\"current\",\"responses\":{\"ok\":{\"status\":200,"
             "\"body\":\"{totp.secret}\"}}}"),
      "routes[0].responses.ok.body: \"{totp.secret}\" is not known",
      "in \"ok\" of totp_begin" },
    { ROUTES(BASIC("POST", "\"credentials\":\"basic\","
                   "\"messages\":{\"identifier_absent\":\"x\"}")),
      "routes[0].messages.identifier_absent: \"identifier_absent\" cannot "
      "come of", "as this route has it" },
    { "{\"extends\":\"base\"," GOOD_ROUTES ",\"add_routes\":["
      OUT("out", "POST") "]}", "add_routes: stands beside \"routes\"",
      "write its routes there" },
    { "{\"extends\":\"base\",\"add_routes\":[" OUT("out", "POST") ","
      OUT("out/", "POST") "]}", "add_routes[1]: \"POST out/\" is "
      "add_routes[0] already", "remove one of the two" },
    { "{\"extends\":\"base\",\"add_routes\":[" OUT("out", "BREW") "]}",
      "add_routes[0].method: unknown method", "write one of" },
    { TOP("\"token\":{\"policy\":\"many\",\"limit\":0}"),
      "token.limit: an account cannot have that many", "write 1 to" },
    { TOP("\"token\":{\"policy\":\"many\",\"limit\":\"2\"}"),
      "token.limit: is a text", "write digits" },
    { TOP("\"token\":{\"policy\":\"reuse\",\"limit\":2}"),
      "token.limit: an account has one token", "\"many\"" },
    { ROUTES(OUT("../out", "POST")), "routes[0].path: the path \"../out\" "
      "climbs", "write a path below" },
    { ROUTES(OUT("a/./b", "POST")), "routes[0].path: the path \"a/./b\" "
      "climbs", "write a path below" },
    { ROUTES(OUT("/out", "POST")), "routes[0].path: the path \"/out\" begins",
      "relative" },
    { ROUTES(OUT("a//b", "POST")), "routes[0].path: ", "remove the second" },
    { ROUTES(OUT("a%2fb", "POST")), "routes[0].path: ", "without blanks, %" },
    { ROUTES(OUT("a?b", "POST")), "routes[0].path: ", "without blanks, %, ?"
    },
    { ROUTES(OUT("a b", "POST")), "routes[0].path: ", "without blanks" },
    { ROUTES(OUT("{account.id", "POST")), "routes[0].path: ",
      "only \"{account.id}\" or" },
    { ROUTES(OUT("x{account.id}", "POST")), "routes[0].path: ",
      "as a whole segment" },
    { ROUTES(OUT("{account.email}", "POST")), "routes[0].path: ",
      "only \"{account.id}\" or" },
    { ROUTES(OUT("{account.id}/{account.id}", "POST")), "routes[0].path: ",
      "keep one" },
    { ROUTES(ROUTE("{account.id}", "POST", "login", "\"fields\":{\"u\":"
                   "\"identifier\",\"p\":\"password\"},\"responses\":{"
                   OK_TOKEN "}")), "routes[0].path: ",
      "remove \"{account.id}\"" },
    { ROUTES(OUT("out", "POST") "," OUT("out/", "POST")), "routes[1]: \"POST "
      "out/\" is routes[0] already", "write another path or method" },
    { ROUTES(OUT("{account.id}/out", "POST") "," OUT("12/out/", "DELETE")),
      "routes[1].path: \"12/out/\" stands where", "write another path" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"responses\":{\"ok\":"
             "{\"status\":200},\"blocked\":{\"status\":400}}")),
      "routes[0].responses.blocked: \"blocked\" cannot come of the operation "
      "\"logout\"", "\"responses\" of the whole dialect" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"messages\":{\"blocked\":\"\"},"
                   "\"responses\":{\"ok\":{\"status\":200}}")),
      "routes[0].messages.blocked: ", "cannot come of" },
    { ROUTES(ROUTE("o", "POST", "logout", "\"responses\":{\"ok\":"
             "{\"status\":200,\"body\":\"{token}\"}}")),
      "routes[0].responses.ok.body: \"{token}\" is not known when \"ok\"",
      "register, login and current" },
};

static void every_mistake_is_told_where_it_is(void **state)
{
    assert_told(bad, COUNT(bad), state);
}

/* A whole file that has one mistake, and all that is said of it. */
static const struct one_t {
    const char *json;
    const char *line;           /* behind "FILE: " */
} one[] = {
    { IN_OK("{\"status\":200,\"body\":{\"t\":\"{token}\",\"d\":\"{acount.id}\"}}"),
      "routes[0].responses.ok.body.d: unknown placeholder \"{acount.id}\"" },
    { IN_OK("{\"status\":200,\"body\":\"{token}}\"}"),
      "routes[0].responses.ok.body: " },
    { IN_OK("{\"status\":200,\"body\":null}"),
      "routes[0].responses.ok.body: is null" },
    { IN_OK("{\"status\":204,\"body\":\"{token}\"}"),
      "routes[0].responses.ok.body: an answer with status 204" },
    { IN_OK("{\"status\":200,\"body\":\"{tokn}\","
            "\"headers\":{\"Content-Type\":\"application/x+json\"}}"),
      "routes[0].responses.ok.body: unknown placeholder" },
    { IN_OK("{\"status\":204,\"headers\":{\"X-Token\":\"{tokn}\"}}"),
      "routes[0].responses.ok.headers.X-Token: unknown placeholder" },
    { IN_OK("{\"status\":204,\"headers\":[\"{token}\"]}"),
      "routes[0].responses.ok.headers: is a list" },
    { IN_OK("\"done\""),
      "routes[0].responses.ok: there is no response \"done\" to share" },
    { ROUTES(ROUTE("in/", "POST", "login", "\"fields\":{\"u\":\"identifier\","
                   "\"p\":\"password\"},\"responses\":[]")),
      "routes[0].responses: is a list" },
    { "{\"responses\":[]," GOOD_ROUTES "}", "responses: is a list" },
    { "{\"extends\":\"base\",\"messages\":[]," GOOD_ROUTES "}",
      "messages: is a list" },
    { ROUTES(LOGIN("{\"user\":{\"mail\":\"identifier\",\"pw\":\"password\"}}",
                   OK_TOKEN)),
      "routes[0].fields.user: a field is a text of the request's own" },
    { ROUTES(LOGIN("{\"user\":{\"mail\":{\"as\":\"identifier\"}}}", OK_TOKEN)),
      "routes[0].fields.user: a field is a text of the request's own" },
    { ROUTES(LOGIN("{\"u\":{\"as\":\"identifier\",\"alias\":\"v\"},"
                   "\"p\":\"password\"}", OK_TOKEN)),
      "routes[0].fields.u.alias: unknown member" },
};

static void a_mistake_has_no_followers(void **state)
{
    const char *folder = folder_with_base(*state);
    int i;

    for (i = 0; i < COUNT(one); i++) {
        const char *path = write_file(folder, "x.json", one[i].json,
                                      strlen(one[i].json), *state);
        apr_status_t status;
        const char *said = errors_of(path, &status, *state);
        const char *wanted = apr_pstrcat(*state, path, ": ", one[i].line,
                                         NULL);
        const char *end = strchr(said, '\n');

        if (strncmp(said, wanted, strlen(wanted)) != 0 || end == NULL
            || end[1] != '\0') {
            fail_msg("%s\nsays\n%swanted alone: %s", one[i].json, said,
                     one[i].line);
        }
    }
    remove_folder(folder, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_mistake_is_told_where_it_is),
        POOL_TEST(a_mistake_has_no_followers)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
