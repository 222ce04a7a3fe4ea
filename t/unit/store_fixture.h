/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the store share: a database with its tables, accounts
 * and tokens in it. As db_fixture.h it is a file or a PostgreSQL.
 */
#ifndef ACCT_STORE_FIXTURE_H
#define ACCT_STORE_FIXTURE_H

#include "db_fixture.h"

#include "store/store.h"

#define DIGEST_A \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B \
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIGEST_C \
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define ID_A "0123456789abcdef0123456789abcdea"
#define ID_B "0123456789abcdef0123456789abcdeb"
#define ID_C "0123456789abcdef0123456789abcdec"
#define MISSING_ID 424242

static inline int store_setup(void **state)
{
    fixture_t *f;
    acct_db_t *db;

    fixture_setup(state);
    f = *state;
    db = fixture_open(f, NULL, 0);
    if (acct_store_create_schema(db, fixture_schema_sql(f), f->pool)
        != APR_SUCCESS) {
        fprintf(stderr, "%s\n", acct_db_error(db));
        return -1;
    }
    acct_db_close(db);
    return 0;
}

static inline acct_db_t *open_store(fixture_t *f)
{
    int count;
    const acct_statement_t *s = acct_store_statements(f->config.driver,
                                                      &count, f->pool);

    return fixture_open(f, s, count);
}

/* A store whose rows may make no sense. Skips the test where that cannot
 * be: a server's columns have types. */
static inline acct_db_t *open_unchecked(fixture_t *f)
{
    acct_db_t *db;

    if (f->schema) {
        skip_because("a server's columns have types");
    }
    db = open_store(f);
    fixture_exec(f, db, "PRAGMA ignore_check_constraints = ON");
    return db;
}

/* Look at the store after each damage by itself; it is whole again then. */
static inline void after_each(fixture_t *f, acct_db_t *db,
                              const char *const *damage, size_t count,
                              void (*look)(fixture_t *f, acct_db_t *db,
                                           const char *damage))
{
    for (size_t i = 0; i < count; i++) {
        fixture_exec(f, db, "SAVEPOINT s");
        fixture_exec(f, db, damage[i]);
        look(f, db, damage[i]);
        fixture_exec(f, db, "ROLLBACK TO s");
    }
}

static inline acct_account_t person(const char *username, const char *email)
{
    acct_account_t a = {
        .username = username, .username_key = username,
        .email = email, .email_key = email,
        .first_name = "", .last_name = "", .password = "hash",
        .is_active = 1, .created_at = 1700000000000001
    };

    return a;
}

static inline apr_int64_t add_person(fixture_t *f, acct_db_t *db,
                                     const char *username, const char *email)
{
    acct_account_t a = person(username, email);

    if (acct_store_account_insert(db, &a, f->pool) != APR_SUCCESS) {
        fail_msg("%s: %s", username ? username : email, acct_db_error(db));
    }
    assert_true(a.id > 0);
    return a.id;
}

static inline acct_token_t token(const char *id, apr_int64_t account,
                                 const char *digest, const char *sealed)
{
    acct_token_t t = {
        .id = id, .account_id = account, .digest = digest,
        .sealed = sealed, .label = "accounts", .created_at = 1,
        .expires_at = 2, .last_used = 3
    };

    return t;
}

static inline apr_status_t add_token(fixture_t *f, acct_db_t *db,
                                     const char *id, apr_int64_t account,
                                     const char *digest, const char *sealed)
{
    acct_token_t t = token(id, account, digest, sealed);

    return acct_store_token_insert(db, &t, f->pool);
}

/* A token whose id and digest begin with a number. */
static inline void add_numbered(fixture_t *f, acct_db_t *db,
                                apr_int64_t account, int number,
                                apr_time_t created, apr_time_t expires,
                                const char *sealed)
{
    acct_token_t t = token(apr_psprintf(f->pool, "%02d%030d", number, 0),
                           account,
                           apr_psprintf(f->pool, "%02d%062d", number, 0),
                           sealed);

    t.created_at = created;
    t.expires_at = expires;
    assert_int_equal(acct_store_token_insert(db, &t, f->pool), 0);
}

/* The first two digits of the tokens there are. */
static inline const char *ids_left(fixture_t *f, acct_db_t *db)
{
    acct_rows_t rows;
    const char *all = "";

    assert_int_equal(acct_db_query(db, "SELECT substr(id, 1, 2) FROM token "
                                   "ORDER BY id", &rows, f->pool), 0);
    for (int i = 0; i < rows.count; i++) {
        all = apr_pstrcat(f->pool, all, i ? " " : "", rows.cell[i][0], NULL);
    }
    return all;
}

static inline void add_revocation(fixture_t *f, acct_db_t *db,
                                  apr_int64_t account)
{
    assert_int_equal(acct_store_revocation_insert(db, account, f->pool), 0);
}

/* On a connection of its own. */
static inline void change_schema(fixture_t *f, const char *sql)
{
    acct_db_t *db = fixture_open(f, NULL, 0);

    fixture_exec(f, db, sql);
    acct_db_close(db);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, store_setup, fixture_teardown)

#endif
