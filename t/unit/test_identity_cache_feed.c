/* SPDX-License-Identifier: Apache-2.0 */
/* What the identity cache knows of the feeds of revocations. */
#include "identity_cache_fixture.h"

static void a_feed_never_read_is_not_fresh(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    assert_int_equal(acct_cache_feed_last(&cache, feed), -1);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK, INT64_MAX));
    assert_false(acct_cache_is_fresh(&cache, feed, 0, INT64_MAX));
    assert_false(acct_cache_is_fresh(&cache, feed, 1, 2 * SECOND));
}

static void a_feed_is_fresh_for_the_bound_and_no_longer(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 42);
    assert_int_equal(acct_cache_feed_last(&cache, feed), 42);
    assert_true(acct_cache_is_fresh(&cache, feed, TICK, 2 * SECOND));
    assert_true(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND - 1,
                                    2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND,
                                     2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, INT64_MAX, 2 * SECOND));
    acct_cache_feed_read(&cache, feed, TICK + 2 * SECOND, 42);
    assert_true(acct_cache_is_fresh(&cache, feed, TICK + 2 * SECOND,
                                    2 * SECOND));
}

static void with_a_bound_of_zero_nothing_is_fresh(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 0);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK, 0));
}

static void a_clock_that_went_backwards_makes_a_feed_stale(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    acct_cache_feed_read(&cache, feed, TICK, 0);
    assert_false(acct_cache_is_fresh(&cache, feed, TICK - 1, 2 * SECOND));
    assert_false(acct_cache_is_fresh(&cache, feed, 1, 2 * SECOND));
}

static void each_database_has_a_feed_of_its_own(void **state)
{
    int one = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, OTHER_DB);

    (void)state;
    assert_int_not_equal(one, other);
    assert_int_equal(acct_cache_feed(&cache, DB), one);
    assert_int_equal(acct_cache_feed(&cache, OTHER_DB), other);
    acct_cache_feed_read(&cache, one, TICK, 7);
    assert_true(acct_cache_is_fresh(&cache, one, TICK, SECOND));
    assert_false(acct_cache_is_fresh(&cache, other, TICK, SECOND));
    assert_int_equal(acct_cache_feed_last(&cache, other), -1);
}

/* What a database's row said of its tokens' check. */
static void a_check_is_believed_of_its_key_for_the_bound(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, OTHER_DB);
    int64_t tick = TICK;

    (void)state;
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick, INT64_MAX));
    acct_cache_feed_checked(&cache, feed, 7, tick);
    assert_true(acct_cache_is_checked(&cache, feed, 7, tick, 2 * SECOND));
    assert_true(acct_cache_is_checked(&cache, feed, 7, tick + 2 * SECOND - 1,
                                      2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick + 2 * SECOND,
                                       2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick - 1,
                                       2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick, 0));
    assert_false(acct_cache_is_checked(&cache, feed, 8, tick, 2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, feed, 0, tick, 2 * SECOND));
    assert_false(acct_cache_is_checked(&cache, other, 7, tick, 2 * SECOND));
    acct_cache_feed_checked(&cache, feed, 0, tick + 1);
    assert_false(acct_cache_is_checked(&cache, feed, 7, tick + 1,
                                       2 * SECOND));
}

/* Two children that read the feed at once may leave halves of their
 * readings. */
static void halves_of_two_readings_are_not_believed(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    size_t bytes = acct_cache_bytes(0);     /* the head */
    unsigned char *before = malloc(bytes);
    unsigned char *after = malloc(bytes);
    unsigned char *block = (unsigned char *)cache.block;
    size_t i;
    int seen = 0;

    (void)state;
    acct_cache_feed_checked(&cache, feed, 7, TICK);
    memcpy(before, block, bytes);
    acct_cache_feed_checked(&cache, feed, 0, TICK + SECOND);
    memcpy(after, block, bytes);
    for (i = 0; i + 8 <= bytes; i += 8) {
        if (memcmp(before + i, after + i, 8) != 0) {
            memcpy(block + i, before + i, 8);
            assert_false(acct_cache_is_checked(&cache, feed, 7,
                                               TICK + SECOND, 2 * SECOND));
            memcpy(block + i, after + i, 8);
            seen++;
        }
    }
    assert_int_equal(seen, 2);
    free(before);
    free(after);
}

static void one_reads_and_another_takes_over(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int64_t one = 0;
    int64_t other = 0;

    (void)state;
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one, TICK,
                                           SECOND), 2);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other, TICK + 1,
                                           SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK + SECOND / 2, SECOND), 1);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + SECOND, SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + 3 * SECOND / 2, SECOND), 2);
    /* the old one comes back: the turn is the other's now */
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK + 3 * SECOND / 2, SECOND), 0);
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &other,
                                           TICK + 2 * SECOND, SECOND), 1);
    /* a claim out of nowhere does not stop the reading for ever */
    assert_int_equal(acct_cache_feed_claim(&cache, feed, &one,
                                           TICK - 9 * SECOND, SECOND), 2);
}

static void an_origin_and_a_failure_are_kept(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    assert_int_equal(acct_cache_feed_origin(&cache, feed), 0);
    acct_cache_feed_set_origin(&cache, feed, 77);
    assert_int_equal(acct_cache_feed_origin(&cache, feed), 77);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 1), 0);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 1), 1);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 0), 1);
    assert_int_equal(acct_cache_feed_failing(&cache, feed, 0), 0);
}

static void trouble_with_reading_and_with_writing_is_noted_apart(void **state)
{
    int feed = acct_cache_feed(&cache, DB);

    (void)state;
    assert_int_equal(acct_cache_feed_trouble(&cache, feed,
                                             ACCT_CACHE_NO_READING, 5), 0);
    assert_int_equal(acct_cache_feed_has_trouble(&cache, feed,
                                                 ACCT_CACHE_NO_WRITING), 0);
    assert_int_equal(acct_cache_feed_trouble(&cache, feed,
                                             ACCT_CACHE_NO_READING, 9), 5);
    assert_int_equal(acct_cache_feed_has_trouble(&cache, feed,
                                                 ACCT_CACHE_NO_READING), 9);
    assert_int_equal(acct_cache_feed_trouble(&cache, feed,
                                             ACCT_CACHE_NO_READING, 0), 9);
    assert_int_equal(acct_cache_feed_has_trouble(&cache, feed,
                                                 ACCT_CACHE_NO_READING), 0);
}

static void the_first_says_which_database_it_is_and_all_go_by_it(
    void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, DB + 1);

    (void)state;
    assert_int_equal(acct_cache_feed_bind(&cache, feed, 77), 77);
    assert_int_equal(acct_cache_feed_bind(&cache, feed, 78), 77);
    assert_int_equal(acct_cache_feed_bind(&cache, other, 78), 78);
    assert_int_equal(acct_cache_feed_bind(&cache, feed, 77), 77);
}

static void there_are_as_many_feeds_as_places_and_no_more(void **state)
{
    uint64_t i;

    (void)state;
    for (i = 0; i < ACCT_CACHE_FEEDS; i++) {
        assert_int_equal(acct_cache_feed(&cache, DB + i), (int)i);
    }
    assert_int_equal(acct_cache_feed(&cache, OTHER_DB), -1);
    assert_int_equal(acct_cache_feed(&cache, DB + 63), 63);
}

static void a_feed_is_wanted_for_longer_than_anything_is_believed(void **state)
{
    int feed = acct_cache_feed(&cache, DB);
    int other = acct_cache_feed(&cache, OTHER_DB);

    (void)state;
    assert_false(acct_cache_feed_is_wanted(&cache, feed, TICK));
    acct_cache_feed_want(&cache, feed, TICK);
    assert_true(acct_cache_feed_is_wanted(&cache, feed, TICK));
    assert_false(acct_cache_feed_is_wanted(&cache, other, TICK));
    assert_true(acct_cache_feed_is_wanted(&cache, feed,
                                          TICK + ACCT_CACHE_AGE + SECOND));
    assert_false(acct_cache_feed_is_wanted(&cache, feed,
                                           TICK + ACCT_CACHE_WANTED));
    acct_cache_feed_want(&cache, feed, TICK + ACCT_CACHE_WANTED);
    assert_true(acct_cache_feed_is_wanted(&cache, feed,
                                          TICK + ACCT_CACHE_WANTED));
}

/* Whatever word of the head is scribbled. */
static void no_scribbled_head_gives_a_feed_that_is_none(void **state)
{
    uint64_t *head = (uint64_t *)cache.block;
    int word;

    (void)state;
    for (word = 0; word < 8; word++) {
        int feed;

        format(SLOTS);
        head[word] = UINT64_C(1) << 40;
        feed = acct_cache_feed(&cache, DB);
        assert_true(feed >= -1 && feed < ACCT_CACHE_FEEDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_feed_never_read_is_not_fresh),
        T(a_feed_is_fresh_for_the_bound_and_no_longer),
        T(with_a_bound_of_zero_nothing_is_fresh),
        T(a_clock_that_went_backwards_makes_a_feed_stale),
        T(each_database_has_a_feed_of_its_own),
        T(a_check_is_believed_of_its_key_for_the_bound),
        T(halves_of_two_readings_are_not_believed),
        T(one_reads_and_another_takes_over),
        T(an_origin_and_a_failure_are_kept),
        T(trouble_with_reading_and_with_writing_is_noted_apart),
        T(the_first_says_which_database_it_is_and_all_go_by_it),
        T(there_are_as_many_feeds_as_places_and_no_more),
        T(a_feed_is_wanted_for_longer_than_anything_is_believed),
        T(no_scribbled_head_gives_a_feed_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
