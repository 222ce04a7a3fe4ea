/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache over memory that any bytes are written to, while it is
 * used. An input is a list of steps of four bytes: what, a token or a place
 * (two bytes), a value.
 */
#include "fuzz.h"

#include <apr_strings.h>

#include "cache/cache.h"
#include "cache/last_used.h"

#define SLOTS 64
#define TOKENS 24
#define DB UINT64_C(0x1122334455667788)
#define NOW INT64_C(1800000000000000)
#define TICK INT64_C(5000000000)

static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] =
    "0123456789abcde";

static unsigned char *memory;
static unsigned char *fresh;
static size_t size;

static struct {
    acct_cache_t cache;
    int revoked[TOKENS];
    int64_t used[TOKENS];       /* latest note that was made; 0: none */
} world;

static void begin(apr_pool_t *pool)
{
    (void)pool;
    size = acct_cache_bytes(SLOTS);
    HOLDS(acct_cache_slots_in(size) == SLOTS);
    memory = aligned_alloc(64, size);
    fresh = malloc(size);
    HOLDS(memory != NULL && fresh != NULL);
    memset(memory, 0, size);
    acct_cache_format(&world.cache, memory, SLOTS, secret);
    memcpy(fresh, memory, size);
}

static const unsigned char *digest_of(int n, unsigned char digest[32])
{
    uint64_t x = (uint64_t)n + 1;

    for (int i = 0; i < 32; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        digest[i] = (unsigned char)(x >> 56);
    }
    return digest;
}

static acct_cached_t identity_of(int n)
{
    acct_cached_t identity;
    int length;

    memset(&identity, 0, sizeof(identity));
    identity.account = n + 1;
    identity.expires_at = NOW + 1000000000;
    memset(identity.token_id, n, sizeof(identity.token_id));
    identity.is_staff = n & 1;
    length = snprintf(identity.text, sizeof(identity.text),
                      "user%02duser%02d@example.org", n, n);
    identity.username_length = 6;
    identity.email_length = (uint16_t)(length - 6);
    return identity;
}

static void store(int n)
{
    acct_cached_t identity = identity_of(n);
    unsigned char digest[32];

    if (!world.revoked[n]) {
        acct_cache_store(&world.cache, DB, digest_of(n, digest),
                         acct_cache_ticket(&world.cache), TICK, &identity);
    }
}

/* The account's token has ended, for ever: what is stored again would be
 * another token's. */
static void end_token(int n)
{
    acct_cache_raise(&world.cache, DB, n + 1);
    world.revoked[n] = 1;
}

/* Exactly what was stored, and nothing that was revoked. */
static void find(int n)
{
    acct_cached_t expected = identity_of(n), found;
    unsigned char digest[32];

    memset(&found, 0, sizeof(found));
    if (acct_cache_find(&world.cache, DB, digest_of(n, digest), NOW, TICK,
                        &found) != APR_SUCCESS) {
        return;
    }
    HOLDS(!world.revoked[n]);
    HOLDS(found.account == expected.account
          && found.expires_at == expected.expires_at
          && found.is_staff == expected.is_staff
          && found.username_length == expected.username_length
          && found.email_length == expected.email_length);
    HOLDS(memcmp(found.token_id, expected.token_id, 16) == 0
          && memcmp(found.text, expected.text, sizeof(found.text)) == 0);
    HOLDS(found.last_used <= world.used[n]);
    HOLDS(acct_cache_is_current(&world.cache, DB, &found, NOW));
    /* another database knows no such token */
    HOLDS(acct_cache_find(&world.cache, DB + 1, digest, NOW, TICK, &found)
          != APR_SUCCESS);
}

static void touch(int n, int later)
{
    int64_t now = NOW + (int64_t)later * ACCT_CACHE_NOTE_AGE / 16;
    acct_cached_t identity;
    unsigned char digest[32];

    memset(&identity, 0, sizeof(identity));
    if (acct_cache_touch(&world.cache, DB, digest_of(n, digest), now, TICK,
                         &identity)) {
        HOLDS(!world.revoked[n] && identity.account == n + 1
              && identity.last_used == now);
        if (now > world.used[n]) {
            world.used[n] = now;
        }
    }
    (void)acct_cache_is_noted(&world.cache, DB, digest, now);
}

/* A note is one that was made. */
static void check_note(void *baton, const acct_cache_note_t *note)
{
    int n = note->token_id[0];
    int *count = baton;

    HOLDS(++*count <= SLOTS);
    HOLDS(note->database == DB && note->slot < SLOTS && n < TOKENS);
    HOLDS(note->used > 0 && note->used <= world.used[n]);
    acct_cache_noted(&world.cache, note, TICK);
}

static void look_about(void)
{
    int count = 0;

    HOLDS(acct_cache_in_use(&world.cache, TICK) <= SLOTS);
    acct_cache_notes(&world.cache, (size_t)TICK % SLOTS, check_note, &count);
    (void)acct_cache_is_fresh(&world.cache, 0, TICK, 1000000);
    (void)acct_cache_feed_find(&world.cache, DB);
    (void)acct_cache_discarded(&world.cache);
}

static void step(const unsigned char *at)
{
    size_t place = (size_t)at[1] << 8 | at[2];
    int n = at[1] % TOKENS;

    switch (at[0] % 8) {
    case 0:
        store(n);
        break;
    case 1:
        end_token(n);
        break;
    case 2:
        touch(n, at[3]);
        break;
    case 3:
        look_about();
        break;
    case 4:                     /* among the slots, which are the end */
        memory[size - SLOTS * ACCT_CACHE_SLOT_BYTES
               + place % (SLOTS * ACCT_CACHE_SLOT_BYTES)] ^= at[3];
        break;
    case 5:
        memory[place * 7 % size] = at[3];
        break;
    case 6:                     /* one slot over another */
        memmove(memory + size - (1 + at[1] % SLOTS)
                * (size_t)ACCT_CACHE_SLOT_BYTES,
                memory + size - (1 + at[2] % SLOTS)
                * (size_t)ACCT_CACHE_SLOT_BYTES,
                at[3] < 128 ? ACCT_CACHE_SLOT_BYTES : at[3]);
        break;
    default:
        find(n);
        break;
    }
}

static void one(const char *text, size_t length, apr_pool_t *pool)
{
    const unsigned char *bytes = (const unsigned char *)text;

    (void)pool;
    memcpy(memory, fresh, size);
    memset(world.revoked, 0, sizeof(world.revoked));
    memset(world.used, 0, sizeof(world.used));
    for (int n = 0; n < TOKENS; n += 2) {
        store(n);
    }
    for (size_t at = 0; at + 4 <= length && at < 4096; at += 4) {
        step(bytes + at);
    }
    for (int n = 0; n < TOKENS; n++) {
        find(n);
    }
    look_about();
}

const acct_fuzz_target_t acct_fuzz_target = {
    "cache", begin, one, 0, 0
};
