/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes of last use: made in the identity cache, written to a database.
 * Where it plays memory that was scribbled, it knows that the slots are the
 * end of the block.
 */
#include "db_fixture.h"

#include "identity.h"
#include "last_used.h"
#include "store.h"
#include "ticks.h"
#include "token.h"

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

/* ---- the world ---- */

static int make_cache(world_t *world, size_t slots)
{
    free(world->memory);
    world->memory = aligned_alloc(64, acct_cache_bytes(slots));
    if (world->memory == NULL) {
        return -1;
    }
    acct_cache_format(&world->cache, world->memory, slots, secret);
    memset(&world->last_used, 0, sizeof(world->last_used));
    return 0;
}

static int start(void **state)
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
    statements = acct_store_statements(world->f->config.driver, &count);
    world->db = fixture_open(world->f, statements, count);
    if (acct_store_account_insert(world->db, &ann, world->f->pool)
        != APR_SUCCESS) {
        return -1;
    }
    world->account = ann.id;
    return make_cache(world, SLOTS);
}

static int stop(void **state)
{
    world_t *world = *state;
    void *fixture = world->f;

    acct_db_close(world->db);
    fixture_teardown(&fixture);
    free(world->memory);
    free(world);
    return 0;
}

static const char *text_of(world_t *world, int n)
{
    return apr_psprintf(world->f->pool, "%040x", n + 1);
}

static const unsigned char *digest_of(world_t *world, int n)
{
    unsigned char *digest = apr_palloc(world->f->pool, 32);

    assert_int_equal(acct_token_digest_bytes(text_of(world, n), digest), 0);
    return digest;
}

static const char *id_of(world_t *world, int n)
{
    return apr_psprintf(world->f->pool, "%032x", n + 1);
}

/* A token in the database, as it stands a moment before NOW. */
static acct_token_t put(world_t *world, int n, apr_time_t last_used,
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

static acct_cached_t cached_of(world_t *world, int n,
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

static int store(world_t *world, int n, const acct_token_t *token)
{
    acct_cached_t cached = cached_of(world, n, token);

    return acct_cache_store(&world->cache, DB, digest_of(world, n),
                            acct_cache_ticket(&world->cache), TICK, &cached);
}

static int finds(world_t *world, int n, int64_t now, acct_cached_t *found)
{
    return acct_cache_find(&world->cache, DB, digest_of(world, n), now, TICK,
                           found) == APR_SUCCESS;
}

static int touch(world_t *world, int n, int64_t now)
{
    acct_cached_t found;

    return acct_cache_touch(&world->cache, DB, digest_of(world, n), now,
                            TICK, &found);
}

static acct_notes_t collect(world_t *world)
{
    acct_notes_t notes;

    acct_last_used_collect(&world->last_used, &world->cache, DB, &notes,
                           world->f->pool);
    return notes;
}

static apr_status_t write_notes(world_t *world, const acct_notes_t *notes)
{
    return acct_last_used_write(notes, &world->cache, world->db,
                                world->f->pool);
}

/* Collect and write; how many there were. */
static int flush(world_t *world)
{
    acct_notes_t notes = collect(world);

    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    return notes.count;
}

static int64_t number(world_t *world, const char *column, int n)
{
    const char *cell = fixture_cell(world->f, world->db, apr_psprintf(
        world->f->pool, "SELECT COALESCE(MAX(%s), -1) FROM token WHERE "
        "id = '%s'", column, id_of(world, n)));

    return apr_atoi64(cell);
}

/* On a connection of its own; ours is opened anew once all is well. */
static void change_schema(world_t *world, const char *sql)
{
    acct_db_t *db = fixture_open(world->f, NULL, 0);
    const acct_statement_t *statements;
    int count;

    fixture_exec(world->f, db, sql);
    acct_db_close(db);
    if (strstr(sql, "TO token") != NULL) {
        acct_db_close(world->db);
        statements = acct_store_statements(world->f->config.driver, &count);
        world->db = fixture_open(world->f, statements, count);
    }
}

/* ---- touching ---- */

static void a_use_is_noted_once_a_minute(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, NOW, 0, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW + MINUTE - 1), 0);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_int_equal(touch(world, 1, NOW + 2 * MINUTE - 1), 0);
    assert_int_equal(touch(world, 1, NOW + 2 * MINUTE), 1);
    assert_true(finds(world, 1, NOW + 2 * MINUTE, &found));
    assert_int_equal(found.last_used, NOW + 2 * MINUTE);
    assert_int_equal(found.is_unwritten, 1);
    assert_int_equal(touch(world, 2, NOW), 0);
}

static void a_use_prolongs_a_sliding_token_alone_and_not_past_its_end(
    void **state)
{
    world_t *world = *state;
    acct_token_t endless = put(world, 1, 0, HOUR, 0);
    acct_token_t ends = put(world, 2, 0, HOUR, NOW + 30 * MINUTE);
    acct_token_t plain = put(world, 3, 0, 0, NOW + 30 * MINUTE);
    acct_cached_t found;
    int n;

    store(world, 1, &endless);
    store(world, 2, &ends);
    store(world, 3, &plain);
    for (n = 1; n <= 3; n++) {
        assert_int_equal(touch(world, n, NOW), 1);
    }
    assert_true(finds(world, 1, NOW + HOUR - 1, &found));
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_false(finds(world, 1, NOW + HOUR, &found));
    assert_true(finds(world, 2, NOW + 30 * MINUTE - 1, &found));
    assert_int_equal(found.expires_at, NOW + 30 * MINUTE);
    assert_false(finds(world, 2, NOW + 30 * MINUTE, &found));
    assert_true(finds(world, 3, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 30 * MINUTE);
}

static void what_was_revoked_or_has_expired_is_not_touched(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_false(finds(world, 1, NOW + MINUTE, &found));
    acct_cache_raise(&world->cache, DB, world->account);
    assert_int_equal(touch(world, 1, NOW), 0);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(collect(world).count, 0);
}

static void a_touch_does_not_undo_a_revocation_that_follows(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    assert_int_equal(touch(world, 1, NOW), 1);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(touch(world, 1, NOW + MINUTE), 0);
    assert_false(finds(world, 1, NOW + MINUTE, &found));
}

static void a_scribbled_slot_is_no_grant_no_note_and_not_touched(
    void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    unsigned char *bytes = world->memory;
    unsigned char *slot = NULL;
    acct_cached_t found;
    size_t i;

    for (i = 0; i < 8 * 31; i++) {
        make_cache(world, ACCT_CACHE_WAYS);
        bytes = world->memory;
        slot = bytes + acct_cache_bytes(ACCT_CACHE_WAYS)
             - ACCT_CACHE_WAYS * ACCT_CACHE_SLOT_BYTES;
        store(world, 1, &token);
        assert_int_equal(touch(world, 1, NOW), 1);
        if (i < 8) {
            continue;           /* the sequence word */
        }
        slot[i] ^= 0x80;
        assert_false(finds(world, 1, NOW, &found));
        assert_int_equal(touch(world, 1, NOW + 30 * MINUTE), 0);
        assert_int_equal(collect(world).count, 0);
    }
}

static void a_note_alone_is_collected_but_grants_nothing(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t cached = cached_of(world, 1, &token);
    acct_cached_t found;

    cached.is_note = 1;
    cached.is_unwritten = 1;
    cached.last_used = NOW;
    assert_false(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                     NOW));
    acct_cache_store(&world->cache, DB, digest_of(world, 1),
                     acct_cache_ticket(&world->cache), TICK, &cached);
    assert_false(finds(world, 1, NOW, &found));
    assert_true(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                    NOW + MINUTE - 1));
    assert_false(acct_cache_is_noted(&world->cache, DB, digest_of(world, 1),
                                     NOW + MINUTE));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

/* ---- keeping notes ---- */

static void filling_a_slot_again_keeps_its_note(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW);
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_int_equal(flush(world), 1);
    /* what the database says later is the better word */
    token.last_used = NOW + 1;
    token.expires_at = NOW + 2;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW + 1);
    assert_int_equal(found.expires_at, NOW + 2);
}

/* Another token of the account was signed out: this one's row is there. */
static void a_note_is_kept_though_the_epoch_is_another(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_false(finds(world, 1, NOW, &found));
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.last_used, NOW);
    assert_int_equal(found.expires_at, NOW + HOUR);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

static void what_a_kept_note_prolongs_the_new_row_says(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;

    store(world, 1, &token);
    touch(world, 1, NOW);
    token.ends_at = NOW + 2 * MINUTE;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 2 * MINUTE);
    token.ends_at = 0;
    token.sliding = 3 * MINUTE;
    store(world, 1, &token);
    assert_true(finds(world, 1, NOW, &found));
    assert_int_equal(found.expires_at, NOW + 3 * MINUTE);
}

static int64_t used(world_t *world, int n, int id, int *is_unwritten)
{
    acct_token_t none = { .id = "" };
    acct_cached_t cached = cached_of(world, id, &none);

    return acct_cache_used(&world->cache, DB, digest_of(world, n),
                           cached.token_id, is_unwritten);
}

static void a_slot_says_of_any_epoch_and_age_when_its_token_was_used(
    void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    int is_unwritten;

    assert_int_equal(used(world, 1, 1, &is_unwritten), 0);
    store(world, 1, &token);
    touch(world, 1, NOW);
    acct_cache_raise_all(&world->cache);
    assert_int_equal(used(world, 1, 1, &is_unwritten), NOW);
    assert_true(is_unwritten);
    assert_int_equal(flush(world), 1);
    assert_int_equal(used(world, 1, 1, &is_unwritten), NOW);
    assert_false(is_unwritten);
}

static void of_another_token_or_scribbled_it_says_nothing(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    unsigned char *slots = (unsigned char *)world->memory
        + acct_cache_bytes(SLOTS) - SLOTS * ACCT_CACHE_SLOT_BYTES;
    int is_unwritten;
    size_t i;

    store(world, 1, &token);
    touch(world, 1, NOW);
    assert_int_equal(used(world, 1, 2, &is_unwritten), 0);
    assert_int_equal(used(world, 2, 1, &is_unwritten), 0);
    assert_false(is_unwritten);
    for (i = 0; i < SLOTS; i++) {
        slots[i * ACCT_CACHE_SLOT_BYTES + ACCT_CACHE_SLOT_BYTES / 2] ^= 1;
    }
    assert_int_equal(used(world, 1, 1, &is_unwritten), 0);
}

/* ---- a row that has expired ---- */

static acct_identity_t identity_of(const acct_token_t *token)
{
    acct_identity_t identity;

    memset(&identity, 0, sizeof(identity));
    identity.account.id = token->account_id;
    identity.token = *token;
    return identity;
}

static void an_expired_row_is_prolonged_by_a_note_alone(void **state)
{
    world_t *world = *state;
    apr_time_t now = apr_time_now();
    acct_service_t service = { .cache = &world->cache,
                               .cache_database = DB };
    const unsigned char *digest = digest_of(world, 1);
    acct_token_t token = put(world, 1, now - 3 * MINUTE, 2 * MINUTE, 0);
    acct_identity_t identity;

    token.expires_at = now - MINUTE;
    identity = identity_of(&token);
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    token.expires_at = now + MINUTE;
    store(world, 1, &token);
    touch(world, 1, now - MINUTE);
    token.expires_at = now - MINUTE;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_NOTED);
    assert_int_equal(identity.token.expires_at, now + MINUTE);
    assert_int_equal(identity.token.last_used, now - MINUTE);
    /* past its end by now, or too long ago for what the row says */
    identity = identity_of(&token);
    identity.token.ends_at = now - 1;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    identity = identity_of(&token);
    identity.token.sliding = MINUTE / 2;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    identity.token.sliding = 0;
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_UNKNOWN);
    /* written after the row was read: the row has it now */
    assert_int_equal(flush(world), 1);
    identity = identity_of(&token);
    assert_int_equal(acct_identity_find_use(&service, digest, &identity),
                     ACCT_USE_WRITTEN);
}

/* The slot it was noted in may be given away before it is filled again. */
static void a_note_that_was_found_is_remembered(void **state)
{
    world_t *world = *state;
    apr_time_t now = apr_time_now();
    acct_service_t service = { .cache = &world->cache,
                               .cache_database = DB, .cache_answers = 1 };
    acct_token_t token = put(world, 1, now - MINUTE / 2, HOUR, 0);
    acct_identity_t identity = identity_of(&token);

    identity.is_noted = 1;
    acct_identity_remember(&service, digest_of(world, 1),
                           acct_cache_ticket(&world->cache), &identity);
    assert_int_equal(collect(world).count, 1);
}

static void slots_without_notes_are_given_away_first(void **state)
{
    world_t *world = *state;
    acct_token_t token[8];
    acct_cached_t found;
    int n;

    make_cache(world, ACCT_CACHE_WAYS);
    for (n = 0; n < 8; n++) {
        token[n] = put(world, n, 0, 0, 0);
    }
    for (n = 0; n < ACCT_CACHE_WAYS; n++) {
        store(world, n, &token[n]);
    }
    for (n = 0; n < ACCT_CACHE_WAYS - 1; n++) {
        assert_int_equal(touch(world, n, NOW), 1);
    }
    for (n = 0; n < 40; n++) {
        assert_int_equal(store(world, 4 + n % 4, &token[4 + n % 4]), 1);
    }
    for (n = 0; n < ACCT_CACHE_WAYS - 1; n++) {
        assert_true(finds(world, n, NOW, &found));
    }
    /* with nothing but notes there is still room for another */
    touch(world, 7, NOW);
    assert_int_equal(store(world, 5, &token[5]), 1);
    assert_true(finds(world, 5, NOW, &found));
}

/* ---- writing ---- */

static void what_was_noted_is_written_once(void **state)
{
    world_t *world = *state;
    acct_token_t sliding = put(world, 1, 0, HOUR, NOW + 30 * MINUTE);
    acct_token_t endless = put(world, 2, 0, HOUR, 0);
    acct_token_t plain = put(world, 3, 0, 0, NOW + 30 * MINUTE);
    acct_token_t unused = put(world, 4, NOW - 1, HOUR, 0);
    int n;

    store(world, 1, &sliding);
    store(world, 2, &endless);
    store(world, 3, &plain);
    store(world, 4, &unused);
    for (n = 1; n <= 4; n++) {
        touch(world, n, NOW);
    }
    assert_int_equal(flush(world), 3);
    for (n = 1; n <= 3; n++) {
        assert_int_equal(number(world, "last_used", n), NOW);
    }
    assert_int_equal(number(world, "expires_at", 1), NOW + 30 * MINUTE);
    assert_int_equal(number(world, "expires_at", 2), NOW + HOUR);
    assert_int_equal(number(world, "expires_at", 3), NOW + 30 * MINUTE);
    assert_int_equal(number(world, "last_used", 4), NOW - 1);
    assert_int_equal(number(world, "expires_at", 4), NOW + MINUTE);
    assert_int_equal(flush(world), 0);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(flush(world), 1);
}

static void a_revocation_before_the_writing_is_not_undone(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);
    acct_cached_t found;
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    notes = collect(world);
    assert_int_equal(notes.count, 1);
    assert_int_equal(acct_store_token_delete(world->db, token.id, NULL,
                                             world->f->pool), APR_SUCCESS);
    acct_cache_raise(&world->cache, DB, world->account);
    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    assert_int_equal(number(world, "last_used", 1), -1);
    assert_false(finds(world, 1, NOW, &found));
    assert_int_equal(flush(world), 0);
}

static void a_use_during_the_writing_is_written_the_next_time(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, 0, 0);
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    notes = collect(world);
    assert_int_equal(touch(world, 1, NOW + MINUTE), 1);
    assert_int_equal(write_notes(world, &notes), APR_SUCCESS);
    assert_int_equal(number(world, "last_used", 1), NOW);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW + MINUTE);
}

static void a_writing_that_fails_leaves_the_notes(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, 0, 0);
    acct_notes_t notes;

    store(world, 1, &token);
    touch(world, 1, NOW);
    change_schema(world, "ALTER TABLE token RENAME TO away");
    notes = collect(world);
    assert_int_not_equal(write_notes(world, &notes), APR_SUCCESS);
    change_schema(world, "ALTER TABLE away RENAME TO token");
    assert_int_equal(number(world, "last_used", 1), 0);
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW);
}

static void a_later_use_elsewhere_stays(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);

    store(world, 1, &token);
    touch(world, 1, NOW);
    fixture_exec(world->f, world->db, apr_psprintf(
        world->f->pool, "UPDATE token SET last_used = %" APR_INT64_T_FMT
        ", expires_at = %" APR_INT64_T_FMT, NOW + MINUTE, NOW + 2 * HOUR));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "last_used", 1), NOW + MINUTE);
    assert_int_equal(number(world, "expires_at", 1), NOW + 2 * HOUR);
}

static void the_row_says_how_far_a_use_prolongs(void **state)
{
    world_t *world = *state;
    acct_token_t token = put(world, 1, 0, HOUR, 0);

    store(world, 1, &token);
    touch(world, 1, NOW);
    fixture_exec(world->f, world->db, apr_psprintf(
        world->f->pool, "UPDATE token SET ends_at = %" APR_INT64_T_FMT,
        NOW + 2 * MINUTE));
    assert_int_equal(flush(world), 1);
    assert_int_equal(number(world, "expires_at", 1), NOW + 2 * MINUTE);
}

static void collecting_goes_on_where_it_stopped_and_sliding_comes_first(
    void **state)
{
    world_t *world = *state;
    acct_cache_note_t notes[20];
    acct_token_t token;
    size_t from = 0;
    size_t seen = 0;
    size_t count;
    int n;

    for (n = 0; n < 20; n++) {
        token = put(world, n, 0, n % 2 ? HOUR : 0, 0);
        assert_int_equal(store(world, n, &token), 1);
        assert_int_equal(touch(world, n, NOW), 1);
    }
    while ((count = acct_cache_notes(&world->cache, DB, 1, &from, notes, 3))
           > 0) {
        for (n = 0; n < (int)count; n++) {
            assert_int_equal(notes[n].token_id[15] % 2, 0);
            acct_cache_noted(&world->cache, &notes[n], TICK);
        }
        seen += count;
    }
    assert_int_equal(seen, 10);
    assert_int_equal(acct_cache_notes(&world->cache, DB + 1, 0, &from, notes,
                                      20), 0);
    assert_int_equal(acct_cache_notes(&world->cache, DB, 0, &from, notes,
                                      20), 10);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_use_is_noted_once_a_minute),
        T(a_use_prolongs_a_sliding_token_alone_and_not_past_its_end),
        T(what_was_revoked_or_has_expired_is_not_touched),
        T(a_touch_does_not_undo_a_revocation_that_follows),
        T(a_scribbled_slot_is_no_grant_no_note_and_not_touched),
        T(a_note_alone_is_collected_but_grants_nothing),
        T(filling_a_slot_again_keeps_its_note),
        T(a_note_is_kept_though_the_epoch_is_another),
        T(what_a_kept_note_prolongs_the_new_row_says),
        T(a_slot_says_of_any_epoch_and_age_when_its_token_was_used),
        T(of_another_token_or_scribbled_it_says_nothing),
        T(an_expired_row_is_prolonged_by_a_note_alone),
        T(a_note_that_was_found_is_remembered),
        T(slots_without_notes_are_given_away_first),
        T(what_was_noted_is_written_once),
        T(a_revocation_before_the_writing_is_not_undone),
        T(a_use_during_the_writing_is_written_the_next_time),
        T(a_writing_that_fails_leaves_the_notes),
        T(a_later_use_elsewhere_stays),
        T(the_row_says_how_far_a_use_prolongs),
        T(collecting_goes_on_where_it_stopped_and_sliding_comes_first)
    };

    return cmocka_run_group_tests(tests, fixture_group_setup,
                                  fixture_group_teardown);
}
