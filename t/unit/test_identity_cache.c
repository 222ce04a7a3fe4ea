/* SPDX-License-Identifier: Apache-2.0 */
/* The identity cache: how large it is, and attaching to it. */
#include "identity_cache_fixture.h"
#include "between.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- geometry ---- */

static void as_many_slots_fit_as_their_bytes_say(void **state)
{
    size_t slots;

    (void)state;
    for (slots = ACCT_CACHE_WAYS; slots <= 65536; slots += 12) {
        size_t bytes = acct_cache_bytes(slots);

        assert_int_equal(slots % ACCT_CACHE_WAYS, 0);
        assert_int_equal(acct_cache_slots_in(bytes), slots);
        assert_int_equal(acct_cache_slots_in(bytes + 1), slots);
        assert_int_equal(acct_cache_slots_in(bytes - 1),
                         slots - ACCT_CACHE_WAYS);
    }
    assert_int_equal(acct_cache_slots_in(0), 0);
    assert_int_equal(acct_cache_slots_in(4096), 0);
}

static void sixteen_mebibytes_are_used_but_for_a_few_slots(void **state)
{
    size_t bytes = (size_t)16 << 20;
    size_t used = acct_cache_bytes(acct_cache_slots_in(bytes));

    (void)state;
    assert_true(used <= bytes);
    assert_true(bytes - used < ACCT_CACHE_WAYS * ACCT_CACHE_SLOT_BYTES + 64);
    assert_true(acct_cache_slots_in(bytes) > 64000);
}

/* Any number of sets: none is left out, and none is behind the end. */
static void tokens_spread_over_all_the_sets_there_are(void **state)
{
    size_t slots = ACCT_CACHE_WAYS * 3;
    unsigned char *block = calloc(1, acct_cache_bytes(slots) + 64);
    size_t head = acct_cache_bytes(slots) - slots * ACCT_CACHE_SLOT_BYTES;
    uint64_t n;
    size_t set;

    (void)state;
    memset(block + acct_cache_bytes(slots), 0x5a, 64);
    acct_cache_format(&cache, block, slots, secret);
    for (n = 1; n <= 200; n++) {
        store(n);
    }
    for (set = 0; set < 3; set++) {
        static const unsigned char empty[ACCT_CACHE_SLOT_BYTES];

        assert_memory_not_equal(block + head + set * ACCT_CACHE_WAYS
                                * ACCT_CACHE_SLOT_BYTES, empty,
                                sizeof(empty));
    }
    for (n = 0; n < 64; n++) {
        assert_int_equal(block[acct_cache_bytes(slots) + n], 0x5a);
    }
    free(block);
}

/* ---- attaching ---- */

static void who_attaches_sees_what_others_stored(void **state)
{
    acct_cache_t first = cache;

    (void)state;
    store(1);
    memset(&cache, 0, sizeof(cache));
    assert_int_equal(acct_cache_attach(&cache, memory, SLOTS, secret),
                     APR_SUCCESS);
    assert_true(finds(1));
    acct_cache_raise(&first, DB, identity_of(1).account);
    assert_false(finds(1));
}

static void a_view_can_be_attached_again_with_its_own_secret(void **state)
{
    (void)state;
    store(1);
    assert_int_equal(acct_cache_attach(&cache, memory, SLOTS, cache.secret),
                     APR_SUCCESS);
    assert_true(finds(1));
}

static void another_size_or_layout_is_refused(void **state)
{
    acct_cache_t view;
    uint64_t *head = (uint64_t *)cache.block;

    (void)state;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS / 2, secret),
                     APR_EINVAL);
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS * 2, secret),
                     APR_EINVAL);
    head[1]++;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
    head[1]--;
    head[0]++;
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
    memset(memory, 0, acct_cache_bytes(SLOTS));
    assert_int_equal(acct_cache_attach(&view, memory, SLOTS, secret),
                     APR_EINVAL);
}

/* ---- memory ---- */

/* So many bytes, with a page behind them that cannot be read. */
static unsigned char *before_a_wall(size_t bytes, void **start, size_t *all)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *first;

    *all = (bytes + page - 1) / page * page + page;
    first = mmap(NULL, *all, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(first != MAP_FAILED);
    assert_int_equal(mprotect(first + *all - page, page, PROT_NONE), 0);
    *start = first;
    return first + *all - page - bytes;
}

static void nothing_behind_the_last_set_is_read(void **state)
{
    unsigned char last[ACCT_CACHE_DIGEST_BYTES];
    uint64_t word = ~DB;        /* the last of all, whatever their number */
    unsigned char id[16] = { 1 };
    acct_cached_t found;
    int is_unwritten;
    size_t slots;

    (void)state;
    memset(last, 7, sizeof(last));
    memcpy(last, &word, sizeof(word));
    for (slots = ACCT_CACHE_WAYS; slots <= 400; slots += ACCT_CACHE_WAYS) {
        acct_cached_t identity = identity_of(1);
        acct_cache_t view;
        size_t all;
        void *start;
        unsigned char *block = before_a_wall(acct_cache_bytes(slots), &start,
                                             &all);

        acct_cache_format(&view, block, slots, secret);
        assert_int_equal(acct_cache_find(&view, DB, last, NOW, TICK, &found),
                         APR_NOTFOUND);
        assert_int_equal(acct_cache_touch(&view, DB, last, NOW, TICK,
                                          &found), 0);
        assert_false(acct_cache_is_noted(&view, DB, last, NOW));
        assert_int_equal(acct_cache_used(&view, DB, last, id, &is_unwritten),
                         0);
        assert_int_equal(acct_cache_store(&view, DB, last, 0, TICK,
                                          &identity), 1);
        assert_memory_equal(block + acct_cache_bytes(slots)
                            - ACCT_CACHE_WAYS * ACCT_CACHE_SLOT_BYTES + 16,
                            last, sizeof(last));
        munmap(start, all);
    }
}

/* Bytes of memory that the system had to provide. */
static size_t provided(void *start, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = bytes / page;
    unsigned char *there = malloc(pages);
    size_t count = 0;
    size_t i;

    assert_non_null(there);
    assert_int_equal(mincore(start, bytes, there), 0);
    for (i = 0; i < pages; i++) {
        count += there[i] & 1;
    }
    free(there);
    return count * page;
}

static void ignore(void *baton, const acct_cache_note_t *note)
{
    (void)note;
    ++*(int *)baton;
}

/* By the code that makes it, collects notes, and asks how full it is. */
static void what_is_not_used_is_not_touched(void **state)
{
    size_t slots = acct_cache_slots_in((size_t)1 << 28);
    acct_cached_t identity = identity_of(1);
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    unsigned char *block;
    acct_cache_t view;
    size_t all;
    void *start;
    int notes = 0;

    (void)state;
    block = before_a_wall(acct_cache_bytes(slots), &start, &all);
    acct_cache_format(&view, block, slots, secret);
    assert_between(provided(start, all), 1, 512 * 1024);
    identity.is_unwritten = 1;
    assert_int_equal(acct_cache_store(&view, DB, digest_of(1, digest), 0,
                                      TICK, &identity), 1);
    acct_cache_notes(&view, 0, ignore, &notes);
    assert_int_equal(notes, 1);
    assert_int_equal(acct_cache_in_use(&view, TICK), 1);
    assert_between(provided(start, all), 1, 1024 * 1024);
    munmap(start, all);
}

/* Where it looks at some of them alone. */
static void how_many_answer_is_told_to_one_in_a_hundred(void **state)
{
    enum { MANY = 100000 };
    size_t slots = 4 * MANY;
    unsigned char digest[ACCT_CACHE_DIGEST_BYTES];
    acct_cache_t view;
    size_t all;
    void *start;
    uint64_t n;

    (void)state;
    acct_cache_format(&view, before_a_wall(acct_cache_bytes(slots), &start,
                                           &all), slots, secret);
    for (n = 0; n < MANY; n++) {
        acct_cached_t identity = identity_of(n);

        acct_cache_store(&view, DB, digest_of(n, digest), 0,
                         n % 4 != 0 ? TICK : TICK - ACCT_CACHE_AGE,
                         &identity);
    }
    assert_between(acct_cache_in_use(&view, TICK), MANY / 4 * 3 - MANY / 50,
                   MANY / 4 * 3 + MANY / 100);
    munmap(start, all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(as_many_slots_fit_as_their_bytes_say),
        T(sixteen_mebibytes_are_used_but_for_a_few_slots),
        T(tokens_spread_over_all_the_sets_there_are),
        T(who_attaches_sees_what_others_stored),
        T(a_view_can_be_attached_again_with_its_own_secret),
        T(another_size_or_layout_is_refused),
        T(nothing_behind_the_last_set_is_read),
        T(what_is_not_used_is_not_touched),
        T(how_many_answer_is_told_to_one_in_a_hundred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
