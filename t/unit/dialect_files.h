/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of dialects for a test: a folder for them, their errors, and the
 * text of a whole dialect with something put in its places.
 */
#ifndef ACCT_T_DIALECT_FILES_H
#define ACCT_T_DIALECT_FILES_H

#include "dialect_fixture.h"
#include "account/operations.h"

/* A file of its own folder, beside a copy of base.json. */
static inline const char *folder_with_base(apr_pool_t *pool)
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

static inline void remove_folder(const char *folder, apr_pool_t *pool)
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

static inline const char *write_file(const char *folder, const char *name,
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
static inline const char *errors_of(const char *path, apr_status_t *status,
                                    apr_pool_t *pool)
{
    const acct_dialect_t *dialect = (const acct_dialect_t *)path;
    apr_array_header_t *errors;
    const char *text = "";
    int i;

    *status = acct_dialect_load(path, &acct_operations, &dialect,
                                &errors, pool);
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
#define BASIC(method, rest) ROUTE("in", method, "login", rest \
    ",\"responses\":{" OK_TOKEN "}")
#define UP "{\"u\":\"username\",\"e\":\"email\",\"p\":\"password\"}"
#define MEANT "\"messages\":{\"invalid\":\"No.\",\"taken\":\"No.\"}"
#define IN_OK(response) ROUTES(LOGIN( \
    "{\"u\":\"identifier\",\"p\":\"password\"}", "\"ok\":" response))
#define HEADER(header) IN_OK("{\"status\":200,\"body\":\"{token}\"," \
    "\"headers\":{" header "}}")

#endif
