/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmocka_header.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "database/database.h"
#include "database/params.h"

static apr_pool_t *pool;

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

static apr_array_header_t *parse(const char *text)
{
    apr_array_header_t *options;
    const char *error = NULL;

    if (acct_pg_parse(text, &options, pool, &error) != APR_SUCCESS) {
        fail_msg("%s: %s", text, error);
    }
    return options;
}

static const char *parse_error(const char *text)
{
    apr_array_header_t *options;
    const char *error = NULL;

    if (acct_pg_parse(text, &options, pool, &error) == APR_SUCCESS) {
        error = acct_pg_unknown(options, NULL, pool);
    }
    assert_non_null(error);
    return error;
}

static void values_are_read_as_libpq_reads_them(void **state)
{
    static const struct { const char *text, *value; } t[] = {
        { "dbname=a", "a" }, { "  dbname = a  ", "a" },
        { "dbname='a b'", "a b" }, { "dbname=''", "" },
        { "dbname=a\\ b", "a b" }, { "dbname='it\\'s'", "it's" },
        { "dbname='a\\\\b'", "a\\b" }, { "dbname=x\ndbname=y", "y" },
        { "dbname=", "" }, { "host=h\tdbname=a=b", "a=b" },
        { "dbname='a'host=h", "a" },
        /* a backslash that nothing follows is dropped */
        { "dbname=a\\", "a" }, { "dbname=\\", "" },
        { "dbname=a\\\\", "a\\" }, { "dbname=a\\\\\\", "a\\" },
        { "dbname='a\\'b'", "a'b" }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_string_equal(acct_pg_value(parse(t[i].text), "dbname"),
                            t[i].value);
    }
    assert_null(acct_pg_value(parse("host=h"), "dbname"));
}

static void a_backslash_does_not_end_a_quote(void **state)
{
    static const char *const open[] = {
        "dbname='a\\", "dbname='a\\'", "dbname='\\"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
        assert_non_null(strstr(parse_error(open[i]), "does not end"));
    }
}

static void what_is_joined_reads_the_same(void **state)
{
    const apr_array_header_t *options =
        parse("user='a b' password='it\\'s \\\\ secret' options=''");
    const apr_array_header_t *back = parse(acct_pg_join(options, pool));

    (void)state;
    assert_int_equal(back->nelts, 3);
    assert_string_equal(acct_pg_value(back, "user"), "a b");
    assert_string_equal(acct_pg_value(back, "password"), "it's \\ secret");
    assert_string_equal(acct_pg_value(back, "options"), "");
}

static void a_mistake_is_told_without_quoting_it(void **state)
{
    static const char *const wrong[] = {
        "", "   ", "hunter2", "host=h password=pass hunter2",
        "host=h password=pass hunter2=x", "password='hunter2",
        "hunter2 = x", "password=x y 'hunter2'",
        "postgresql://me:hunter2@host/db", "postgres://hunter2"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (strstr(parse_error(wrong[i]), "hunter2")) {
            fail_msg("%s: %s", wrong[i], parse_error(wrong[i]));
        }
    }
}

static void a_description_holds_no_secret(void **state)
{
    const apr_array_header_t *options =
        parse("password=hunter2 host=h,i port=1 user=u sslpassword=hunter2 "
              "dbname='a b' passfile=/p options='-c x=hunter2'");

    (void)state;
    assert_string_equal(acct_pg_describe(options, pool),
                        "host=h,i port=1 dbname=a b user=u");
    assert_true(acct_pg_holds_secret(options, NULL));
    assert_true(acct_pg_holds_secret(parse("sslpassword=x"), NULL));
    assert_true(acct_pg_holds_secret(parse("oauth_client_secret=x"), NULL));
    assert_false(acct_pg_holds_secret(parse("passfile=/p user=u"), NULL));
    assert_string_equal(acct_pg_describe(parse("password=x"), pool),
                        "(libpq's default)");
}

/* A libpq of the future, and one that lacks what today's has. */
static void options_are_those_that_libpq_has(void **state)
{
    apr_array_header_t *names = apr_array_make(pool, 4,
                                               sizeof(acct_pg_name_t));
    apr_array_header_t *options = parse("host=h futuremode=on");
    const char *error;

    (void)state;
    APR_ARRAY_PUSH(names, acct_pg_name_t) = (acct_pg_name_t){ "host", 0 };
    APR_ARRAY_PUSH(names, acct_pg_name_t) =
        (acct_pg_name_t){ "futuremode", 0 };
    APR_ARRAY_PUSH(names, acct_pg_name_t) =
        (acct_pg_name_t){ "futurekey", 1 };
    assert_null(acct_pg_unknown(options, names, pool));
    assert_false(acct_pg_holds_secret(options, names));
    assert_true(acct_pg_holds_secret(parse("futurekey=x"), names));
    assert_non_null(acct_pg_unknown(options, NULL, pool));
    error = acct_pg_unknown(parse("host=h dbname=hunter2"), names, pool);
    assert_non_null(strstr(error, "option 2"));
    assert_null(strstr(error, "hunter2"));
}

/* As this machine's says itself. */
static void the_libpq_at_hand_is_asked(void **state)
{
    static const struct {
        const char *text;
        int since;              /* libpq's version */
    } t[] = {
        { "host=h", 0 }, { "sslcertmode=allow", 160000 },
        { "sslnegotiation=direct", 170000 }, { "oauth_scope=s", 180000 },
        { "replication=off", 0 },       /* not in the list of our own */
        { "hunter=2", 990000 }
    };
    int (*version)(void) = NULL;
    void *libpq = dlopen("libpq.so.5", RTLD_NOW);

    (void)state;
    if (!libpq) {
        skip_because("no libpq here");
    }
    *(void **)&version = dlsym(libpq, "PQlibVersion");
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        acct_db_config_t config = { .driver = "pgsql",
                                    .params = t[i].text };
        const char *error = NULL;
        int is_known = acct_db_resolve(&config, pool, &error)
            == APR_SUCCESS;

        if (is_known != (version() >= t[i].since)) {
            fail_msg("%s: %s", t[i].text, error ? error : "taken");
        }
    }
}

static void params_are_masked(void **state)
{
    static const struct { const char *params, *shown; int secret; } t[] = {
        { "host=h password=hunter2", "host=h password=...", 1 },
        { "host=h", "host=h", 0 },
        { "file:/etc/x", "file:/etc/x", 0 },
        { "host=h hunter2", "...", 1 }
    };
    int secret;

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_string_equal(acct_db_mask("pgsql", t[i].params, pool,
                                         &secret), t[i].shown);
        assert_int_equal(secret, t[i].secret);
    }
    assert_string_equal(acct_db_mask("sqlite3", "/a", pool, &secret), "/a");
    assert_false(secret);
}

static void a_default_does_not_replace(void **state)
{
    apr_array_header_t *options = parse("connect_timeout=9");

    (void)state;
    acct_pg_default(options, "connect_timeout", "2");
    acct_pg_default(options, "user", "u");
    assert_string_equal(acct_pg_value(options, "connect_timeout"), "9");
    assert_string_equal(acct_pg_value(options, "user"), "u");
}

/* the file */

static const char *write_file(const char *dir, const char *text, int mode)
{
    const char *path = apr_pstrcat(pool, dir, "/params", NULL);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, (mode_t)mode), 0);
    return path;
}

static const char *resolve_error(const char *params)
{
    acct_db_config_t config = { .driver = "pgsql", .params = params };
    const char *error = NULL;

    assert_int_not_equal(acct_db_resolve(&config, pool, &error),
                         APR_SUCCESS);
    assert_non_null(error);
    assert_null(strstr(error, "hunter2"));
    return error;
}

static void addresses_are_told_apart(void **state)
{
    static const struct { const char *text; int at; const char *joined; }
    t[] = {
        { "host=a,b dbname=d", 0, "host='a' dbname='d'" },
        { "host=a,b dbname=d", 1, "host='b' dbname='d'" },
        { "host=a,b port=1,2", 1, "host='b' port='2'" },
        { "host=a,b port=7", 1, "host='b' port='7'" },
        { "host=a,,c", 1, "host=''" },
        { "host=a,b hostaddr=,1.2.3.4", 1, "host='b' hostaddr='1.2.3.4'" },
        { "host=x host=a,b", 1, "host='x' host='b'" },
        { "host=a", 0, "host='a'" }
    };
    static const struct { const char *text; int count; } counts[] = {
        { "dbname=d", 1 }, { "host=a", 1 }, { "host=a,b,c", 3 },
        { "hostaddr=1.1.1.1,2.2.2.2", 2 }, { "host=a,b hostaddr=''", 2 },
        /* libpq's: it knows what is meant, or what is wrong */
        { "host=a,b port=1,2,3", 1 }, { "host=a hostaddr=1.1.1.1,2.2.2.2",
                                        1 },
        { "host=a,b load_balance_hosts=random", 1 },
        { "host=a,b target_session_attrs=prefer-standby", 1 },
        { "host=a,b target_session_attrs=read-write", 2 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        assert_string_equal(acct_pg_join(acct_pg_address(parse(t[i].text),
                                                         t[i].at, pool),
                                         pool), t[i].joined);
    }
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        assert_int_equal(acct_pg_addresses(parse(counts[i].text)),
                         counts[i].count);
    }
}

static void a_file_takes_the_place_of_its_name(void **state)
{
    char dir[] = "/tmp/acct-unit-XXXXXX";
    acct_db_config_t config = { .driver = "pgsql" };
    const char *error = NULL;
    const char *path;

    (void)state;
    assert_non_null(mkdtemp(dir));
    path = write_file(dir, "# hunter1\n  # and\nhost=h\ndbname=d\n"
                           "password=hunter2\n", 0600);
    config.params = apr_pstrcat(pool, "file:", path, NULL);
    assert_int_equal(acct_db_resolve(&config, pool, &error), APR_SUCCESS);
    assert_string_equal(acct_db_describe(&config), "host=h dbname=d");
    assert_string_equal(acct_pg_value(parse(config.params), "password"),
                        "hunter2");

    write_file(dir, "host=h hunter2", 0600);
    resolve_error(apr_pstrcat(pool, "file:", path, NULL));
    write_file(dir, "password=hunter2", 0640);
    assert_non_null(strstr(resolve_error(apr_pstrcat(pool, "file:", path,
                                                     NULL)), "chmod 600"));
    write_file(dir, "", 0600);
    assert_non_null(strstr(resolve_error(apr_pstrcat(pool, "file:", path,
                                                     NULL)), "empty"));
    assert_int_equal(unlink(path), 0);
    assert_non_null(strstr(resolve_error(apr_pstrcat(pool, "file:", path,
                                                     NULL)), "No such"));
    assert_non_null(strstr(resolve_error(apr_pstrcat(pool, "file:", dir,
                                                     NULL)), "plain file"));
    assert_non_null(strstr(resolve_error("file:params"), "absolute"));
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_as_libpq_reads_them),
        cmocka_unit_test(a_backslash_does_not_end_a_quote),
        cmocka_unit_test(what_is_joined_reads_the_same),
        cmocka_unit_test(a_mistake_is_told_without_quoting_it),
        cmocka_unit_test(a_description_holds_no_secret),
        cmocka_unit_test(options_are_those_that_libpq_has),
        cmocka_unit_test(the_libpq_at_hand_is_asked),
        cmocka_unit_test(params_are_masked),
        cmocka_unit_test(a_default_does_not_replace),
        cmocka_unit_test(addresses_are_told_apart),
        cmocka_unit_test(a_file_takes_the_place_of_its_name)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
