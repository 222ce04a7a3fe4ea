/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of notes of last use share: an identity cache, and a
 * database with an account, whose tokens are in both.
 */
#ifndef ACCT_LAST_USED_FIXTURE_H
#define ACCT_LAST_USED_FIXTURE_H

#include "db_fixture.h"

#include "token/identity.h"
#include "cache/last_used.h"
#include "store/store.h"
#include "base/ticks.h"
#include "token/token.h"

#define SLOTS 64
#define DB UINT64_C(0x1122334455667788)
#define NOW INT64_C(1800000000000000)
#define TICK INT64_C(5000000000)
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "0123456789abcde";

typedef struct world_t {
    fixture_t *f;
    acct_db_t *db;
    void *memory;
    acct_cache_t cache;
    acct_last_used_t last_used;
    apr_int64_t account;
} world_t;

static inline int make_cache(world_t *world, size_t slots)
{
    free(world->memory);
    world->memory = aligned_alloc(64, acct_cache_bytes(slots));
    if (world->memory == NULL) {
        return -1;
    }
    memset(world->memory, 0, acct_cache_bytes(slots));
    acct_cache_format(&world->cache, world->memory, slots, secret);
    memset(&world->last_used, 0, sizeof(world->last_used));
    return 0;
}

static inline int start(void **state)
{
    world_t *world = calloc(1, sizeof(*world));
    acct_account_t ann = { .username = "ann", .username_key = "ann",
                           .password = "!", .is_active = 1,
                           .created_at = 1 };
    const acct_statement_t *statements;
    void *fixture;
    int count;

    *state = world;
    fixture_setup(&fixture);
    world->f = fixture;
    world->db = fixture_open(world->f, NULL, 0);
    if (acct_store_create_schema(world->db, fixture_schema_sql(world->f),
                                 world->f->pool) != APR_SUCCESS) {
        return -1;
    }
    acct_db_close(world->db);
    statements = acct_store_statements(world->f->config.driver, &count,
                                       world->f->pool);
    world->db = fixture_open(world->f, statements, count);
    if (acct_store_account_insert(world->db, &ann, world->f->pool)
        != APR_SUCCESS) {
        return -1;
    }
    world->account = ann.id;
    return make_cache(world, SLOTS);
}

static inline int stop(void **state)
{
    world_t *world = *state;
    void *fixture = world->f;

    acct_db_close(world->db);
    fixture_teardown(&fixture);
    free(world->memory);
    free(world);
    return 0;
}

static inline const char *text_of(world_t *world, int n)
{
    return apr_psprintf(world->f->pool, "%040x", n + 1);
}

static inline const unsigned char *digest_of(world_t *world, int n)
{
    unsigned char *digest = apr_palloc(world->f->pool, 32);

    assert_int_equal(acct_token_digest_bytes(text_of(world, n), digest), 0);
    return digest;
}

static inline const char *id_of(world_t *world, int n)
{
    return apr_psprintf(world->f->pool, "%032x", n + 1);
}

/* A token in the database, as it stands a moment before NOW. */
static inline acct_token_t put(world_t *world, int n, apr_time_t last_used,
                               apr_interval_time_t sliding, apr_time_t ends_at)
{
    char digest[ACCT_DIGEST_HEX + 1];
    acct_token_t token = {
        .id = id_of(world, n), .account_id = world->account,
        .digest = digest, .created_at = 1, .last_used = last_used,
        .expires_at = sliding != 0 ? NOW + MINUTE : ends_at,
        .ends_at = ends_at, .sliding = sliding
    };

    acct_token_digest_hex(digest_of(world, n), digest);
    assert_int_equal(acct_store_token_insert(world->db, &token,
                                             world->f->pool), APR_SUCCESS);
    return token;
}

static inline acct_cached_t cached_of(world_t *world, int n,
                                      const acct_token_t *token)
{
    acct_cached_t cached;

    memset(&cached, 0, sizeof(cached));
    cached.account = world->account;
    cached.expires_at = token->expires_at;
    cached.last_used = token->last_used;
    cached.ends_at = token->ends_at;
    cached.sliding = token->sliding;
    cached.token_id[14] = (unsigned char)((n + 1) >> 8);
    cached.token_id[15] = (unsigned char)(n + 1);
    /* all the room there is, so that each byte of a slot counts */
    cached.username_length = 60;
    cached.email_length = ACCT_CACHE_TEXT_BYTES - 60;
    memset(cached.text, 'x', sizeof(cached.text));
    return cached;
}

static inline int store(world_t *world, int n, const acct_token_t *token)
{
    acct_cached_t cached = cached_of(world, n, token);

    return acct_cache_store(&world->cache, DB, digest_of(world, n),
                            acct_cache_ticket(&world->cache), TICK, &cached);
}

static inline int finds(world_t *world, int n, int64_t now,
                        acct_cached_t *found)
{
    return acct_cache_find(&world->cache, DB, digest_of(world, n), now, TICK,
                           found) == APR_SUCCESS;
}

static inline int touch(world_t *world, int n, int64_t now)
{
    acct_cached_t found;

    return acct_cache_touch(&world->cache, DB, digest_of(world, n), now,
                            TICK, &found);
}

static inline acct_notes_t collect(world_t *world)
{
    acct_notes_t notes = { DB, NULL, 0 };

    acct_last_used_collect(&world->last_used, &world->cache, &notes, 1,
                           world->f->pool);
    return notes;
}

static inline apr_status_t write_notes(world_t *world,
                                       const acct_notes_t *notes)
{
    return acct_last_used_write(notes, &world->cache, world->db,
                                world->f->pool);
}

/* Collect and write; how many there were. */
static inline int flush(world_t *world)
{
    acct_notes_t notes = collect(world);

    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    return notes.count;
}

static inline int64_t number(world_t *world, const char *column, int n)
{
    const char *cell = fixture_cell(world->f, world->db, apr_psprintf(
        world->f->pool, "SELECT COALESCE(MAX(%s), -1) FROM token WHERE "
        "id = '%s'", column, id_of(world, n)));

    return apr_atoi64(cell);
}

/* On a connection of its own; ours is opened anew once all is well. */
static inline void change_schema(world_t *world, const char *sql)
{
    acct_db_t *db = fixture_open(world->f, NULL, 0);
    const acct_statement_t *statements;
    int count;

    fixture_exec(world->f, db, sql);
    acct_db_close(db);
    if (strstr(sql, "TO token") != NULL) {
        acct_db_close(world->db);
        statements = acct_store_statements(world->f->config.driver, &count,
                                       world->f->pool);
        world->db = fixture_open(world->f, statements, count);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
