/* SPDX-License-Identifier: Apache-2.0 */
#include "dialect_fixture.h"
#include "template.h"

/* ------------------------------------------------------------ bad dialects */

/* A file of its own folder, beside a copy of base.json. */
static const char *folder_with_base(apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, "/tmp/acct-dialect-XXXXXX");

    assert_non_null(mkdtemp(name));
    assert_int_equal(apr_file_copy("conf/dialects/base.json",
                                   apr_pstrcat(pool, name, "/base.json",
                                               NULL),
                                   APR_FPROT_OS_DEFAULT, pool),
                     APR_SUCCESS);
    return name;
}

static void remove_folder(const char *folder, apr_pool_t *pool)
{
    apr_dir_t *dir;
    apr_finfo_t info;

    assert_int_equal(apr_dir_open(&dir, folder, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] != '.') {
            apr_file_remove(apr_pstrcat(pool, folder, "/", info.name, NULL),
                            pool);
        }
    }
    apr_dir_close(dir);
    apr_dir_remove(folder, pool);
}

static const char *write_file(const char *folder, const char *name,
                              const char *bytes, apr_size_t length,
                              apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, folder, "/", name, NULL);
    apr_file_t *file;

    assert_int_equal(apr_file_open(&file, path, APR_FOPEN_WRITE
                                   | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                                   APR_FPROT_OS_DEFAULT, pool), APR_SUCCESS);
    assert_int_equal(apr_file_write_full(file, bytes, length, NULL),
                     APR_SUCCESS);
    apr_file_close(file);
    return path;
}

/* All errors of a file, a line each. */
static const char *errors_of(const char *path, apr_status_t *status,
                             apr_pool_t *pool)
{
    const acct_dialect_t *dialect = (const acct_dialect_t *)path;
    apr_array_header_t *errors;
    const char *text = "";
    int i;

    *status = acct_dialect_load(path, &dialect, &errors, pool);
    for (i = 0; i < errors->nelts; i++) {
        text = apr_pstrcat(pool, text, APR_ARRAY_IDX(errors, i, const char *),
                           "\n", NULL);
    }
    assert_true((*status == APR_SUCCESS) == (errors->nelts == 0));
    assert_true((*status == APR_SUCCESS) == (dialect != NULL));
    return text;
}

/* A whole dialect with something put in its places. */
#define TOP(members) "{\"extends\":\"base\"," members "," GOOD_ROUTES "}"
#define ROUTES(routes) "{\"extends\":\"base\",\"routes\":[" routes "]}"
#define GOOD_ROUTES "\"routes\":[" LOGIN("{\"u\":\"identifier\"," \
    "\"p\":\"password\"}", OK_TOKEN) "]"
#define OK_TOKEN "\"ok\":{\"status\":200,\"body\":\"{token}\"}"
#define LOGIN(fields, responses) ROUTE("in/", "POST", "login", \
    "\"fields\":" fields ",\"responses\":{" responses "}")
#define JOIN(fields, responses) ROUTE("up/", "POST", "register", \
    "\"fields\":" fields ",\"responses\":{" responses "}")
#define ROUTE(path, method, operation, rest) \
    "{\"path\":\"" path "\",\"method\":\"" method "\",\"operation\":\"" \
    operation "\"," rest "}"
#define OUT(path, method) ROUTE(path, method, "logout", \
    "\"responses\":{\"ok\":{\"status\":200}}")
#define UP "{\"u\":\"username\",\"e\":\"email\",\"p\":\"password\"}"
#define MEANT "\"messages\":{\"invalid\":\"No.\",\"taken\":\"No.\"}"
#define IN_OK(response) ROUTES(LOGIN( \
    "{\"u\":\"identifier\",\"p\":\"password\"}", "\"ok\":" response))
#define HEADER(header) IN_OK("{\"status\":200,\"body\":\"{token}\"," \
    "\"headers\":{" header "}}")

static const struct bad_t {
    const char *json;
    const char *where;          /* behind "FILE: " */
    const char *remedy;
} bad[] = {
    /* the file */
    { "", "1:1: the file is empty", "write at least" },
    { "{\"extends\":\n  \"base\",\n}", "3:1: ", "no comma before" },
    { "{'extends':1}", "1:2: ", "double quotation marks" },
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
      "\"{token}\" is not known", "none can stand here" },
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
      "only \"{account.id}\" can stand" },
    { ROUTES(OUT("x{account.id}", "POST")), "routes[0].path: ",
      "as a whole segment" },
    { ROUTES(OUT("{account.email}", "POST")), "routes[0].path: ",
      "only \"{account.id}\" can stand" },
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
      "routes[0].fields: \"login\" needs one name", "\"identifier\" or" },
    { ROUTES(LOGIN("{\"u\":\"identifier\",\"e\":\"email\",\"p\":"
                   "\"password\"}", OK_TOKEN)),
      "routes[0].fields: \"login\" needs one name", "write one field" },
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
    const char *folder = folder_with_base(*state);
    const char *path, *errors, *line, *next;
    apr_status_t status;
    int i, failed = 0;

    for (i = 0; i < COUNT(bad); i++) {
        path = write_file(folder, "x.json", bad[i].json, strlen(bad[i].json),
                          *state);
        errors = errors_of(path, &status, *state);
        line = strstr(errors, apr_pstrcat(*state, path, ": ", bad[i].where,
                                          NULL));
        next = line != NULL ? strstr(line, bad[i].remedy) : NULL;
        if (!APR_STATUS_IS_EINVAL(status) || next == NULL
            || strchr(line, '\n') < next) {
            print_error("%s\n  expected %s...%s\n  got %s\n", bad[i].json,
                        bad[i].where, bad[i].remedy, errors);
            failed++;
        }
    }
    remove_folder(folder, *state);
    assert_int_equal(failed, 0);
}

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

/* ----------------------------------------------------------- good dialects */

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
    acct_result_add_problem(result, dialect->routes[0].fields,
                            ACCT_PROBLEM_NULL, 0, p);
    answers(dialect, dialect->routes, result, 400, JSON,
            "{\"u\":[\"Void.\"]}", p);
    dialect = load_file(p, apr_pstrcat(p, folder, "/far.json", NULL));
    assert_true(dialect->policy.lifetime == apr_time_from_sec(90 * 60));
    assert_true(dialect->policy.sliding == apr_time_from_sec(2 * 60));
    assert_int_equal(dialect->policy.bytes, 64);
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

    for (i = 0; i < ACCT_OP__COUNT; i++) {
        documented(document, "| `", acct_op_name((acct_op_e)i), "` |",
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
        documented(document, "`{", acct_value_name((acct_value_e)i), "}`",
                   *state);
    }
}

/* ---------------------------------------------------------------- matching */

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
        POOL_TEST(every_mistake_is_told_where_it_is),
        POOL_TEST(mistakes_are_told_together),
        POOL_TEST(bad_files_say_so),
        POOL_TEST(files_that_cannot_be_read),
        POOL_TEST(files_may_extend_one_another_so_often),
        POOL_TEST(there_is_an_end_of_errors),
        POOL_TEST(what_a_file_says_goes_over_what_it_extends),
        POOL_TEST(shared_answers_stay_the_same),
        POOL_TEST(the_dialects_are_as_documented),
        POOL_TEST(routes_know_whether_they_show_a_token),
        POOL_TEST(fields_are_as_written),
        POOL_TEST(the_documented_example_loads),
        POOL_TEST(every_name_is_documented),
        POOL_TEST(one_dialect_matches),
        POOL_TEST(dialects_share_a_location),
        POOL_TEST(methods_of_one_path_are_gathered),
        POOL_TEST(routes_nobody_can_reach_are_told)
    };

    return cmocka_run_group_tests(tests, begin_apr, end_apr);
}
