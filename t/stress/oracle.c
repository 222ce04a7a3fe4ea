/* SPDX-License-Identifier: Apache-2.0 */
#include "stress.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* ---- what is cached ---- */

static int64_t account_of(uint64_t token)
{
    return (int64_t)(token / 2);
}

static void make_digest(uint64_t token, unsigned char digest[32])
{
    uint64_t x = token * 2 + UINT64_C(0x9e3779b97f4a7c15);
    int i;

    for (i = 0; i < 32; i++) {
        digest[i] = (unsigned char)next_random(&x);
    }
}

/* The version stands in the first 16 digits of the text; all the rest is
 * made of it. */
static void make_identity(uint64_t token, uint64_t version,
                          acct_cached_t *identity)
{
    uint64_t x = token * UINT64_C(1000003) + version + 1;
    char digits[17];
    size_t i;

    memset(identity, 0, sizeof(*identity));
    identity->account = account_of(token);
    identity->expires_at = NOW + 1 + (int64_t)version;
    for (i = 0; i < sizeof(identity->token_id); i++) {
        identity->token_id[i] = (unsigned char)next_random(&x);
    }
    identity->is_staff = (uint16_t)(version & 1);
    identity->username_length = 16;
    identity->email_length = (uint16_t)(version % 97);
    snprintf(digits, sizeof(digits), "%016lx", (unsigned long)version);
    memcpy(identity->text, digits, 16);
    for (i = 16; i < 16u + identity->email_length; i++) {
        identity->text[i] = (char)('a' + next_random(&x) % 26);
    }
}

static int is_same(const acct_cached_t *a, const acct_cached_t *b)
{
    return a->account == b->account && a->expires_at == b->expires_at
        && a->is_staff == b->is_staff
        && a->username_length == b->username_length
        && a->email_length == b->email_length
        && memcmp(a->token_id, b->token_id, sizeof(a->token_id)) == 0
        && memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

static void complain(shared_t *shared, const char *what, uint64_t token,
                     uint64_t version, uint64_t least)
{
    if (atomic_fetch_add_explicit(&shared->wrong, 1, memory_order_relaxed)
        < 10) {
        fprintf(stderr, "WRONG: %s: token %lu, version %lu, at least %lu\n",
                what, (unsigned long)token, (unsigned long)version,
                (unsigned long)least);
    }
}

/* ---- operations ---- */

void do_find(worker_t *worker, uint64_t token, int64_t tick)
{
    shared_t *shared = worker->shared;
    unsigned char digest[32];
    acct_cached_t found;
    acct_cached_t whole;
    uint64_t version;
    uint64_t least;

    make_digest(token, digest);
    /* acquire: what its revoker did before is seen */
    least = atomic_load_explicit(&shared->floor[account_of(token)],
                                 memory_order_acquire);
    if (acct_cache_find(&worker->cache, DB, digest, NOW, tick, &found)
        != APR_SUCCESS) {
        count(shared, MISSED);
        return;
    }
    count(shared, FOUND);
    version = (uint64_t)(found.expires_at - NOW - 1);
    make_identity(token, version, &whole);
    if (!is_same(&found, &whole)) {
        complain(shared, "not whole", token, version, least);
    }
    if (version < least) {
        complain(shared, "revoked", token, version, least);
    }
    if (version > atomic_load_explicit(&shared->version[account_of(token)],
                                       memory_order_acquire)) {
        complain(shared, "never was", token, version, least);
    }
}

/* Some minutes or other before the time that slots are searched at. */
static int64_t some_minute(worker_t *worker)
{
    return NOW - (int64_t)(next_random(&worker->random) % 8)
                 * ACCT_CACHE_NOTE_AGE;
}

/* What a touch finds is revoked or whole, as what a search finds. */
static void do_touch(worker_t *worker, uint64_t token, int64_t tick)
{
    shared_t *shared = worker->shared;
    unsigned char digest[32];
    acct_cached_t found;
    acct_cached_t whole;
    uint64_t version;
    uint64_t least;

    make_digest(token, digest);
    /* acquire: what its revoker did before is seen */
    least = atomic_load_explicit(&shared->floor[account_of(token)],
                                 memory_order_acquire);
    if (!acct_cache_touch(&worker->cache, DB, digest, some_minute(worker),
                          tick, &found)) {
        return;
    }
    count(shared, TOUCHED);
    version = (uint64_t)(found.expires_at - NOW - 1);
    make_identity(token, version, &whole);
    if (!is_same(&found, &whole)) {
        complain(shared, "touched what is not whole", token, version, least);
    }
    if (version < least) {
        complain(shared, "touched what was revoked", token, version, least);
    }
}

typedef struct noting_t {
    worker_t *worker;
    int64_t tick;
    int left;
} noting_t;

static void strike_out(void *baton, const acct_cache_note_t *note)
{
    noting_t *noting = baton;

    if (noting->left > 0) {
        noting->left--;
        acct_cache_noted(&noting->worker->cache, note, noting->tick);
        count(noting->worker->shared, NOTED);
    }
}

static void do_write_notes(worker_t *worker, int64_t tick)
{
    noting_t noting = { worker, tick, 8 };

    acct_cache_notes(&worker->cache, next_random(&worker->random) % SLOTS,
                     strike_out, &noting);
}

/* Lets others in between what a request does in two steps. */
static void dawdle(worker_t *worker)
{
    if (next_random(&worker->random) % 8 == 0) {
        sched_yield();
    }
}

void do_store(worker_t *worker, uint64_t token, int64_t tick)
{
    shared_t *shared = worker->shared;
    unsigned char digest[32];
    acct_cached_t identity;
    uint64_t version;
    uint64_t ticket;

    make_digest(token, digest);
    ticket = acct_cache_ticket(&worker->cache);
    dawdle(worker);
    version = atomic_load_explicit(&shared->version[account_of(token)],
                                   memory_order_acquire);
    make_identity(token, version, &identity);
    dawdle(worker);
    if (acct_cache_store(&worker->cache, DB, digest, ticket, tick,
                         &identity)) {
        count(shared, STORED);
        return;
    }
    count(shared, NOT_STORED);
    if (acct_cache_ticket(&worker->cache) != ticket) {
        count(shared, STALE);
    }
}

uint64_t commit(shared_t *shared, uint64_t account)
{
    return 1 + atomic_fetch_add_explicit(&shared->version[account], 1,
                                         memory_order_acq_rel);
}

static void lift_floor(shared_t *shared, uint64_t account, uint64_t version)
{
    uint64_t now = atomic_load_explicit(&shared->floor[account],
                                        memory_order_relaxed);

    while (now < version
           && !atomic_compare_exchange_weak_explicit(
                  &shared->floor[account], &now, version,
                  memory_order_acq_rel, memory_order_relaxed)) {
    }
}

static void do_raise(worker_t *worker, uint64_t account)
{
    uint64_t version = commit(worker->shared, account);

    dawdle(worker);
    acct_cache_raise(&worker->cache, DB, (int64_t)account);
    lift_floor(worker->shared, account, version);
    count(worker->shared, RAISED);
}

static void do_raise_all(worker_t *worker)
{
    uint64_t version[ACCOUNTS];
    uint64_t i;

    for (i = 0; i < ACCOUNTS; i++) {
        version[i] = commit(worker->shared, i);
    }
    acct_cache_raise_all(&worker->cache);
    for (i = 0; i < ACCOUNTS; i++) {
        lift_floor(worker->shared, i, version[i]);
    }
    count(worker->shared, RAISED_ALL);
}

void operate(worker_t *worker)
{
    shared_t *shared = worker->shared;
    uint64_t dice = next_random(&worker->random) % 2000;
    uint64_t token = next_random(&worker->random) % TOKENS;
    int64_t tick = tick_now(shared);

    if (dice < 1) {
        do_raise_all(worker);
    }
    else if (dice < 160) {
        do_raise(worker, (uint64_t)account_of(token));
    }
    else if (dice < 900) {
        do_store(worker, token,
                 tick + (int64_t)(next_random(&worker->random)
                                  % (uint64_t)shared->jitter));
    }
    else if (dice < 1200) {
        do_touch(worker, token,
                 tick + (int64_t)(next_random(&worker->random)
                                  % (uint64_t)shared->jitter));
    }
    else if (dice < 1250) {
        do_write_notes(worker, tick);
    }
    else {
        do_find(worker, token, tick + shared->jitter);
    }
    atomic_fetch_add_explicit(&shared->operations, 1, memory_order_relaxed);
}
