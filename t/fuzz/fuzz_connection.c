/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL's connection string, against libpq's own reading where there is
 * a libpq.
 */
#include "fuzz.h"

#include <apr_strings.h>
#include <dlfcn.h>

#include "database/params.h"

/* libpq-fe.h's, which need not be installed. */
typedef struct pq_option_t {
    char *keyword, *envvar, *compiled, *val, *label, *dispchar;
    int dispsize;
} pq_option_t;

static pq_option_t *(*pq_parse)(const char *text, char **error);
static void (*pq_free)(pq_option_t *options);
static void (*pq_freemem)(void *memory);

static void begin(apr_pool_t *pool)
{
    void *libpq = dlopen("libpq.so.5", RTLD_NOW);

    (void)pool;
    if (libpq != NULL) {
        *(void **)&pq_parse = dlsym(libpq, "PQconninfoParse");
        *(void **)&pq_free = dlsym(libpq, "PQconninfoFree");
        *(void **)&pq_freemem = dlsym(libpq, "PQfreemem");
    }
}

/* What one reading says of an option the other does too. */
static void check_libpq(const char *text, const apr_array_header_t *options)
{
    char *error = NULL;
    pq_option_t *theirs = pq_parse != NULL ? pq_parse(text, &error) : NULL;

    if (error != NULL) {
        pq_freemem(error);
    }
    if (theirs == NULL) {
        return;
    }
    for (pq_option_t *at = theirs; at->keyword != NULL; at++) {
        const char *ours = acct_pg_value(options, at->keyword);

        HOLDS((at->val == NULL) == (ours == NULL));
        HOLDS(ours == NULL || strcmp(at->val, ours) == 0);
    }
    pq_free(theirs);
}

static void check_joined(const apr_array_header_t *options, apr_pool_t *pool)
{
    const char *joined = acct_pg_join(options, pool), *error;
    apr_array_header_t *again;

    HOLDS(acct_pg_parse(joined, &again, pool, &error) == APR_SUCCESS
          && again->nelts == options->nelts);
    for (int i = 0; i < again->nelts; i++) {
        acct_pg_option_t *a = &APR_ARRAY_IDX(options, i, acct_pg_option_t);
        acct_pg_option_t *b = &APR_ARRAY_IDX(again, i, acct_pg_option_t);

        HOLDS(strcmp(a->name, b->name) == 0
              && strcmp(a->value, b->value) == 0);
    }
    check_libpq(joined, options);
}

static void check_addresses(const apr_array_header_t *options,
                            apr_pool_t *pool)
{
    int count = acct_pg_addresses(options);

    HOLDS(count >= 1);
    for (int i = 0; i < count && i < 4; i++) {
        apr_array_header_t *one = acct_pg_address(options, i, pool);

        HOLDS(one->nelts == options->nelts);
        HOLDS(count == 1 || acct_pg_addresses(one) == 1);
    }
}

/* A line without what is secret: the value of a password, of eight signs or
 * more that stand nowhere else, is not in it. */
static void check_describe(const apr_array_header_t *options,
                           apr_pool_t *pool)
{
    const char *said = acct_pg_describe(options, pool);
    const char *unknown = acct_pg_unknown(options, NULL, pool);
    const char *password = acct_pg_value(options, "password");
    int elsewhere = 0;

    HOLDS(password == NULL || acct_pg_holds_secret(options, NULL));
    HOLDS(unknown == NULL || strlen(unknown) < 100);
    if (password == NULL || strlen(password) < 8) {
        return;
    }
    for (int i = 0; i < options->nelts; i++) {
        const acct_pg_option_t *option =
            &APR_ARRAY_IDX(options, i, acct_pg_option_t);

        elsewhere |= strcmp(option->name, "password") != 0;
    }
    HOLDS(elsewhere || strstr(said, password) == NULL);
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const char *string = acct_fuzz_string(text, length, pool);
    apr_array_header_t *options;
    const char *error = NULL;

    if (acct_pg_parse(string, &options, pool, &error) != APR_SUCCESS) {
        HOLDS(error != NULL && strlen(error) < 200);
        return;
    }
    HOLDS(options->nelts > 0);
    check_libpq(string, options);
    /* a name may hold what only libpq's list of names rules out */
    if (acct_pg_unknown(options, NULL, pool) == NULL) {
        check_joined(options, pool);
    }
    check_addresses(options, pool);
    check_describe(options, pool);
}

/* Joining takes time and memory by the square: there are few options. */
const acct_fuzz_target_t acct_fuzz_target = {
    "connection", begin, one, 65536, 40000
};
