/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity cache under load, watched by an oracle.
 *
 *   identity_cache threads [OPERATIONS]   four threads of one process
 *   identity_cache kill [KILLS]           four processes over one mapping,
 *                                         killed with SIGKILL as they write
 *
 * The oracle is a pretended database: a version per account. Who revokes
 * raises the version (the commit), then the cache's epoch, then the
 * account's floor. Who stores takes a ticket, reads the version (the
 * SELECT) and writes it into the cached text. So whoever reads the floor
 * and then finds something must find no version below that floor: it was
 * revoked, and its revoker had returned, before the search began. And
 * what is found is whole: each byte follows from token and version, but
 * for the notes of use that are made, collected and struck out meanwhile.
 *
 * Three ways: threads, where no claim ever expires; "overrun", the same
 * with clocks so far apart that writers take each other's slots while they
 * write; and processes that are killed.
 *
 * Exit status 0: all held, and enough happened for that to mean anything.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "identity_cache_private.h"

#define WORKERS 4
#define ACCOUNTS 48
#define TOKENS (2 * ACCOUNTS)       /* two for each account */
#define SLOTS 64                    /* less than tokens: they compete */
#define DB UINT64_C(0x0123456789abcdef)
#define NOW INT64_C(1800000000000000)
#define BASE INT64_C(1000000000)    /* tick */
#define SECOND INT64_C(1000000)

/* Counts of one kind of event, and how many there must be at least. */
enum { FOUND, MISSED, STORED, NOT_STORED, STALE, TOUCHED, NOTED, RAISED,
       RAISED_ALL, EVENTS };

static const char *const event_name[EVENTS] = {
    "found", "missed", "stored", "not stored", "of them stale",
    "touched", "of the notes collected", "raised", "raised all"
};

/* All that the workers share, beside the cache. */
typedef struct shared_t {
    _Atomic uint64_t version[ACCOUNTS];
    _Atomic uint64_t floor[ACCOUNTS];
    _Atomic uint64_t events[EVENTS];
    _Atomic uint64_t operations;
    _Atomic uint64_t wrong;
    int64_t jitter;             /* ticks of stores vary by this much */
    int64_t speed;              /* ticks for a microsecond; 0: no clock */
    int64_t began;              /* clock, microseconds */
} shared_t;

typedef struct worker_t {
    shared_t *shared;
    acct_cache_t cache;
    uint64_t random;
    uint64_t operations;
} worker_t;

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(0x2545f4914f6cdd1d) >> 20;
}

static int64_t microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static int64_t tick_now(const shared_t *shared)
{
    return BASE + (microseconds() - shared->began) * shared->speed;
}

static void count(shared_t *shared, int event)
{
    atomic_fetch_add_explicit(&shared->events[event], 1,
                              memory_order_relaxed);
}

static uint64_t counted(shared_t *shared, int event)
{
    return atomic_load_explicit(&shared->events[event],
                                memory_order_relaxed);
}

static void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

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

static void do_find(worker_t *worker, uint64_t token, int64_t tick)
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

/* What a touch finds is revoked or whole, as for who searches. */
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

static void do_write_notes(worker_t *worker, int64_t tick)
{
    size_t from = next_random(&worker->random) % SLOTS;
    acct_cache_note_t notes[8];
    size_t collected = acct_cache_notes(&worker->cache, DB, 0, &from, notes,
                                        8);

    for (size_t i = 0; i < collected; i++) {
        acct_cache_noted(&worker->cache, &notes[i], tick);
        count(worker->shared, NOTED);
    }
}

/* Lets others in between what a request does in two steps. */
static void dawdle(worker_t *worker)
{
    if (next_random(&worker->random) % 8 == 0) {
        sched_yield();
    }
}

static void do_store(worker_t *worker, uint64_t token, int64_t tick)
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

static uint64_t commit(shared_t *shared, uint64_t account)
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

static void operate(worker_t *worker)
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

/* ---- what came of it ---- */

static int report(const char *title, shared_t *shared,
                  const acct_cache_t *cache)
{
    uint64_t wrong = atomic_load_explicit(&shared->wrong,
                                          memory_order_acquire);
    int i;

    printf("%s: %lu operations:", title,
           (unsigned long)atomic_load_explicit(&shared->operations,
                                               memory_order_acquire));
    for (i = 0; i < EVENTS; i++) {
        printf("%s %lu %s", i > 0 ? "," : "",
               (unsigned long)counted(shared, i), event_name[i]);
    }
    printf("; %lu discarded; %lu wrong\n",
           (unsigned long)acct_cache_discarded(cache), (unsigned long)wrong);
    fflush(stdout);
    for (i = 0; i < EVENTS; i++) {
        if (counted(shared, i) == 0) {
            printf("%s: nothing was %s: this proves nothing\n", title,
                   event_name[i]);
            return 1;
        }
    }
    return wrong != 0;
}

static void prepare(worker_t *worker, void *block, shared_t *shared)
{
    static const unsigned char secret[ACCT_CACHE_SECRET_BYTES] = "stress";
    uint64_t i;

    memset(shared, 0, sizeof(*shared));
    worker->shared = shared;
    worker->random = 1;
    acct_cache_format(&worker->cache, block, SLOTS, secret);
    shared->began = microseconds();
    shared->jitter = 1;
    for (i = 0; i < ACCOUNTS; i++) {
        commit(shared, i);
    }
}

/* ---- threads ---- */

static void *run_thread(void *data)
{
    worker_t *worker = data;
    uint64_t i;

    stops_every = 200;
    stop_random = (uint32_t)worker->random;
    for (i = 0; i < worker->operations; i++) {
        operate(worker);
    }
    return NULL;
}

/* @param jitter below a second no claim ever expires, and no slot's bytes
 * may be found mixed; above it writers overrun each other */
static int run_threads(const char *title, uint64_t operations,
                       int64_t jitter)
{
    void *block = shared_memory(acct_cache_bytes(SLOTS));
    shared_t *shared = shared_memory(sizeof(*shared));
    worker_t worker[WORKERS];
    pthread_t thread[WORKERS];
    worker_t first;
    int failed;
    int i;

    prepare(&first, block, shared);
    shared->jitter = jitter;
    for (i = 0; i < WORKERS; i++) {
        worker[i] = first;
        worker[i].random = (uint64_t)i + 77;
        worker[i].operations = operations / WORKERS;
        if (pthread_create(&thread[i], NULL, run_thread, &worker[i]) != 0) {
            perror("pthread_create");
            exit(2);
        }
    }
    for (i = 0; i < WORKERS; i++) {
        pthread_join(thread[i], NULL);
    }
    failed = report(title, shared, &first.cache);
    if (jitter < SECOND && acct_cache_discarded(&first.cache) != 0) {
        printf("%s: two wrote to one slot\n", title);
        failed = 1;
    }
    if (jitter > SECOND && acct_cache_discarded(&first.cache) == 0) {
        printf("%s: nobody was overrun: this proves nothing\n", title);
        failed = 1;
    }
    munmap(shared, sizeof(*shared));
    munmap(block, acct_cache_bytes(SLOTS));
    return failed;
}

/* ---- processes that are killed ---- */

static pid_t start_process(const worker_t *first, uint64_t seed)
{
    worker_t worker = *first;
    pid_t pid = fork();

    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    if (pid > 0) {
        return pid;
    }
    worker.random = seed;
    stops_every = 500;
    stop_random = (uint32_t)seed;
    stop_microseconds = 200;
    for (;;) {
        operate(&worker);
    }
}

/* Ends one, and says whether it was alive until then. */
static int end_process(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("waitpid");
            exit(2);
        }
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int claims_left(acct_cache_block_t *block)
{
    int claims = 0;
    int i;

    for (i = 0; i < SLOTS; i++) {
        uint64_t sequence = atomic_load_explicit(
            &block->slot[i].word[ACCT_W_SEQUENCE], memory_order_relaxed);

        claims += (sequence & ACCT_SEQUENCE_CLAIMED) != 0;
    }
    return claims;
}

/* When all are dead: after their claims' time all slots can be had again,
 * and a token stored is found. */
static int take_over(worker_t *worker, acct_cache_block_t *block)
{
    shared_t *shared = worker->shared;
    int64_t tick = tick_now(shared) + 10 * SECOND;
    uint64_t wrong = 0;
    uint64_t round;
    uint64_t token;

    for (round = 0; round < 200; round++) {
        for (token = 0; token < TOKENS; token++) {
            uint64_t stored = counted(shared, STORED);
            uint64_t found = counted(shared, FOUND);

            do_store(worker, token, tick);
            do_find(worker, token, tick);
            wrong += stored == counted(shared, STORED)
                || found == counted(shared, FOUND);
        }
    }
    printf("kill: all dead: %d claims left, %lu stores lost\n",
           claims_left(block), (unsigned long)wrong);
    return wrong != 0 || claims_left(block) != 0;
}

/* The clock runs 100 times as fast, so that a dead writer's claim is over
 * in 10 ms, and one who is kept from running that long is overrun. */
static int run_kill(uint64_t kills)
{
    acct_cache_block_t *block = shared_memory(acct_cache_bytes(SLOTS));
    shared_t *shared = shared_memory(sizeof(*shared));
    pid_t pid[WORKERS];
    worker_t first;
    uint64_t done;
    uint64_t left = 0;
    int failed = 0;
    int before;
    int i;

    prepare(&first, block, shared);
    shared->speed = 100;
    for (i = 0; i < WORKERS; i++) {
        pid[i] = start_process(&first, (uint64_t)i + 5);
    }
    for (done = 0; done < kills; done++) {
        uint64_t pause = next_random(&first.random) % 3000;

        usleep((useconds_t)pause);
        for (i = 0; i < 200; i++) {
            operate(&first);
        }
        i = (int)(next_random(&first.random) % WORKERS);
        failed |= !end_process(pid[i]);
        pid[i] = start_process(&first, 1000 + done);
    }
    /* At last, again and again, all at once: what is claimed then is a
     * dead one's. */
    for (done = 0; done < kills / 20 + 1; done++) {
        for (i = 0; i < WORKERS; i++) {
            failed |= !end_process(pid[i]);
        }
        before = claims_left(block);
        left += (uint64_t)before;
        for (i = 0; i < WORKERS; i++) {
            pid[i] = start_process(&first, 5000 + done * WORKERS
                                           + (uint64_t)i);
        }
        usleep(5000);
    }
    for (i = 0; i < WORKERS; i++) {
        failed |= !end_process(pid[i]);
    }
    if (left == 0) {
        printf("kill: nobody was killed as it wrote: this proves nothing\n");
        failed = 1;
    }
    printf("kill: %lu killed one by one, %lu all at once, which left %lu "
           "claims\n", (unsigned long)kills, (unsigned long)done * WORKERS,
           (unsigned long)left);
    failed |= take_over(&first, block);
    failed |= report("kill", shared, &first.cache);
    if (failed) {
        printf("kill: FAILED\n");
    }
    return failed;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    uint64_t number = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    if (strcmp(mode, "threads") == 0) {
        number = number > 0 ? number : 1000000;
        return run_threads("threads", number, SECOND / 2)
            | run_threads("overrun", number, 8 * SECOND);
    }
    if (strcmp(mode, "kill") == 0) {
        return run_kill(number > 0 ? number : 1000);
    }
    fprintf(stderr, "usage: %s threads [OPERATIONS] | kill [KILLS]\n",
            argv[0]);
    return 2;
}
