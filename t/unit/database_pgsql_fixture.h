/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of notes on a PostgreSQL.
 */
#ifndef ACCT_DATABASE_PGSQL_FIXTURE_H
#define ACCT_DATABASE_PGSQL_FIXTURE_H

#include "db_fixture.h"

#include <apr_thread_proc.h>
#include <apr_time.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/store.h"

enum { ADD, GET, PUT, WAIT, MINE, NSTATEMENTS };

static const acct_statement_t statements[NSTATEMENTS] = {
    [ADD] = { "add", "INSERT INTO note (text, number) VALUES (%s, %lld) "
                     "ON CONFLICT DO NOTHING" },
    [GET] = { "get", "SELECT text, number FROM note WHERE text = %s" },
    [PUT] = { "put", "UPDATE note SET number = number + %lld "
                     "WHERE text = %s" },
    [WAIT] = { "wait", "SELECT pg_sleep(%lld)" },
    [MINE] = { "mine", "SELECT CAST(%s AS BIGINT)" }
};

#define TABLE \
    "CREATE TABLE note (id BIGINT GENERATED ALWAYS AS IDENTITY, " \
    "text TEXT UNIQUE, number BIGINT CHECK (number <> 13))"

static inline int note_setup(void **state)
{
    acct_db_t *db;

    fixture_setup(state);
    db = fixture_open(*state, NULL, 0);
    fixture_exec(*state, db, TABLE);
    acct_db_close(db);
    return 0;
}

static inline acct_db_t *open_notes(fixture_t *f)
{
    return fixture_open(f, statements, NSTATEMENTS);
}

static inline apr_status_t add(fixture_t *f, acct_db_t *db, const char *text,
                        apr_int64_t number, int *changed)
{
    const acct_arg_t args[] = { ACCT_TEXT(text), ACCT_INT(number) };

    return acct_db_run(db, ADD, args, 2, changed, f->pool);
}

static inline apr_status_t put(fixture_t *f, acct_db_t *db, const char *text)
{
    const acct_arg_t args[] = { ACCT_INT(1), ACCT_TEXT(text) };

    return acct_db_run(db, PUT, args, 2, NULL, f->pool);
}

static inline apr_status_t get(fixture_t *f, acct_db_t *db, const char *text,
                        acct_rows_t *rows)
{
    const acct_arg_t args[] = { ACCT_TEXT(text) };

    return acct_db_select(db, GET, args, 1, rows, f->pool);
}

static inline void kill_backend(fixture_t *f, acct_db_t *db)
{
    const char *pid = fixture_cell(f, db, "SELECT pg_backend_pid()");

    fixture_on_server(f, apr_psprintf(f->pool, "DO $$ BEGIN PERFORM "
                                      "pg_terminate_backend(%s, 5000); "
                                      "END $$", pid));
}

#endif
