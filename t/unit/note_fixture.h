/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of a connection to a file share: a table of notes and
 * statements on it.
 */
#ifndef ACCT_NOTE_FIXTURE_H
#define ACCT_NOTE_FIXTURE_H

#include "db_fixture.h"

enum { ADD, GET, ALL, CHANGE, NSTATEMENTS };

static const acct_statement_t statements[NSTATEMENTS] = {
    [ADD] = { "add", "INSERT INTO note (text, number) VALUES (%s, %lld) "
                     "ON CONFLICT DO NOTHING" },
    [GET] = { "get", "SELECT text, number FROM note WHERE text = %s" },
    [ALL] = { "all", "SELECT text, number FROM note ORDER BY id" },
    [CHANGE] = { "change", "UPDATE note SET number = %lld "
                           "WHERE text = %s" }
};

#define TABLE \
    "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, " \
    "number INTEGER CHECK (number <> 13))"

/* A second connection without statements, which makes the table. */
static inline acct_db_t *open_other(fixture_t *f)
{
    acct_db_t *other = fixture_open(f, NULL, 0);

    fixture_exec(f, other, TABLE);
    return other;
}

static inline apr_status_t add(fixture_t *f, acct_db_t *db, const char *text,
                               apr_int64_t number, int *changed)
{
    const acct_arg_t args[] = { ACCT_TEXT(text), ACCT_INT(number) };

    return acct_db_run(db, ADD, args, 2, changed, f->pool);
}

static inline apr_status_t get(fixture_t *f, acct_db_t *db, const char *text,
                               acct_rows_t *rows)
{
    const acct_arg_t args[] = { ACCT_TEXT(text) };

    return acct_db_select(db, GET, args, 1, rows, f->pool);
}

static inline void assert_adds(fixture_t *f, acct_db_t *db, const char *text)
{
    int changed = -1;

    if (add(f, db, text, 1, &changed) != APR_SUCCESS) {
        fail_msg("adding %s: %s", text, acct_db_error(db));
    }
    assert_int_equal(changed, 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
