/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dialect's file, beside a copy of base.json; where it is taken, every
 * answer of it.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "account/operations.h"
#include "dialect/dialect.h"
#include "dialect/render.h"
#include "json_mutator.h"

#define BASE "conf/dialects/base.json"

/* A process's own, since several may run at once. */
static char folder[] = "/tmp/acct-fuzz-XXXXXX";
static char path[64];
static char base[64];

static void put(const char *name, const char *text, size_t length)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    HOLDS(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    HOLDS(close(fd) == 0);
}

static void tidy(void)
{
    unlink(path);
    unlink(base);
    rmdir(folder);
}

static void begin(apr_pool_t *pool)
{
    static char text[65536];
    FILE *file = fopen(BASE, "rb");
    size_t length;

    (void)pool;
    HOLDS(file != NULL && mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/api.json", folder);
    snprintf(base, sizeof(base), "%s/base.json", folder);
    length = fread(text, 1, sizeof(text), file);
    fclose(file);
    put(base, text, length);
    atexit(tidy);
}

/* ------------------------------------------------------------- what it says */

static void check_errors(const apr_array_header_t *errors)
{
    HOLDS(errors->nelts <= 101);
    for (int i = 0; i < errors->nelts; i++) {
        const char *error = APR_ARRAY_IDX(errors, i, const char *);

        HOLDS(strncmp(error, folder, strlen(folder)) == 0);
        HOLDS(acct_fuzz_is_utf8(error) && !acct_fuzz_has_control(error));
        HOLDS(strlen(error) < 8192);
    }
}

/* ------------------------------------------------------- what it answers */

static acct_result_t *some_result(acct_outcome_e outcome, apr_pool_t *pool)
{
    acct_result_t *result = acct_result_make(outcome, pool);
    acct_account_t *account = apr_pcalloc(pool, sizeof(*account));

    account->id = 7;
    account->username = "a\"nn\\";
    account->email = "ann@example.org";
    account->first_name = "";
    account->created_at = 1;
    result->account = account;
    result->token = "0123456789abcdef";
    result->token_id = "00112233445566778899aabbccddeeff";
    result->method = "GET";
    result->media_type = "a/b\r\nc";
    result->encoding = "gzip";
    result->format = "JSON";
    result->reason = "no";
    result->type = "list";
    result->retry_after = 3;
    return result;
}

static int no_line_break(void *baton, const char *name, const char *value)
{
    (void)baton;
    HOLDS(*name != '\0' && !acct_fuzz_has_control(name));
    HOLDS(strpbrk(value, "\r\n") == NULL);
    return 1;
}

static void check_answer(const acct_dialect_t *dialect,
                         const acct_route_t *route,
                         const acct_result_t *result, apr_pool_t *pool)
{
    acct_answer_t answer;
    json_t *json;

    acct_render(dialect, route, result, &answer, pool);
    HOLDS(answer.status >= 200 && answer.status < 600);
    HOLDS((answer.body == NULL) == (answer.content_type == NULL));
    apr_table_do(no_line_break, NULL, answer.headers, NULL);
    if (answer.body == NULL) {
        HOLDS(answer.length == 0);
        return;
    }
    HOLDS(strlen(answer.body) == answer.length);
    if (strcmp(answer.content_type, "application/json") == 0) {
        json = json_loadb(answer.body, answer.length,
                          JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        HOLDS(json != NULL);
        json_decref(json);
    }
}

/* One answer of four, which of them the input says: there are so many. */
#define SOME 4

static void check_problems(const acct_dialect_t *dialect,
                           const acct_route_t *route, unsigned int turn,
                           apr_pool_t *pool)
{
    for (int i = 0; i < route->fields.count; i++) {
        for (unsigned int what = turn % SOME; what < ACCT_PROBLEM__COUNT;
             what += SOME) {
            acct_result_t *result = some_result(ACCT_INVALID, pool);

            acct_result_add_problem(result, &route->fields.field[i],
                                    (acct_problem_e)what, 5, pool);
            check_answer(dialect, route, result, pool);
        }
    }
}

static void check_route(const acct_dialect_t *dialect,
                        const acct_route_t *route, unsigned int turn,
                        apr_pool_t *pool)
{
    acct_match_t match;

    for (unsigned int outcome = turn % SOME; outcome < ACCT_OUTCOME__COUNT;
         outcome += SOME) {
        if (outcome != ACCT_INVALID) {
            check_answer(dialect, route,
                         some_result((acct_outcome_e)outcome, pool), pool);
        }
    }
    check_problems(dialect, route, turn, pool);
    HOLDS(acct_dialect_has_path(&dialect, 1, route->path));
    HOLDS(acct_dialect_match(&dialect, 1, route->method, route->path, &match,
                             pool) == ACCT_OK
          && match.route != NULL && match.allow != NULL
          && strstr(match.allow, route->method) != NULL);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const acct_dialect_t *dialect = NULL;
    apr_array_header_t *errors = NULL;
    apr_status_t status;

    put(path, text, length);
    status = acct_dialect_load(path, &acct_operations, &dialect, &errors,
                               pool);
    HOLDS(errors != NULL);
    HOLDS((status == APR_SUCCESS) == (errors->nelts == 0));
    HOLDS((status == APR_SUCCESS) == (dialect != NULL));
    check_errors(errors);
    if (dialect == NULL) {
        return;
    }
    HOLDS(strcmp(dialect->name, "api") == 0);
    HOLDS(dialect->policy.bytes >= 16 && dialect->policy.bytes <= 64);
    for (int i = 0; i < dialect->nroutes; i++) {
        check_route(dialect, &dialect->routes[i],
                    (unsigned int)(length + (size_t)i), pool);
    }
    check_answer(dialect, NULL, some_result(ACCT_NOT_FOUND, pool), pool);
    (void)acct_dialect_conflict(&dialect, 1, pool);
}

static const char *const words[] = {
    "extends", "base", "api", "identifier", "username", "email", "token",
    "policy", "many", "reuse", "bytes", "lifetime", "sliding", "routes",
    "path", "method", "operation", "login", "logout", "logout_all",
    "register", "current", "fields", "as", "aliases", "required", "password",
    "password_again", "first_name", "messages", "responses", "ok", "status",
    "body", "headers", "invalid", "taken", "blocked", "wrong_credentials",
    "email.taken", "{token}", "{account.id}", "{errors}", "{message}",
    "{account.username ?? account.first_name}", "{account.created_at|%Y}",
    "{{", "}}", "{retry_after}", "users/{account.id}/", "GET", "POST", "",
    "X-Thing", "description", "error", "unavailable", "not_found", "30d"
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed)
{
    return seed % 4 == 0 ? LLVMFuzzerMutate(data, size, most)
        : acct_json_mutate(data, size, most, seed, words,
                           sizeof(words) / sizeof(*words));
}

/* base.json is read with it, and each answer of every route is made. */
const acct_fuzz_target_t acct_fuzz_target = {
    "dialect", begin, one, 16 << 20, 40000
};
