/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of those that wait gives its place up, and what floods come to.
 */
#include "apr_fixture.h"
#include "turn_fixture.h"

/* ---- places ---- */

static void a_network_has_a_quarter_of_the_places(void **state)
{
    world_t w = world();

    (void)state;
    for (int i = 0; i < SHARE; i++) {
        assert_true(come(&w, asker(1, 66)) >= 0);
    }
    assert_int_equal(come(&w, asker(1, 66)), -1);
    assert_int_equal(come(&w, asker(2, 66)), -1);       /* on all hosts */
    assert_true(come(&w, asker(1, 7)) >= 0);
    next(&w);
    assert_true(come(&w, asker(1, 66)) >= 0);
    assert_int_equal(come(&w, asker(1, 66)), -1);
    assert_int_equal(gone(&w), 0);
}

static void a_known_owner_has_a_place_of_its_networks_share(void **state)
{
    world_t w = world();
    int last = 0;

    (void)state;
    for (int i = 0; i < SHARE; i++) {
        last = come(&w, asker(1, 66));
    }
    assert_true(come(&w, owner(1, 66)) >= 0);
    assert_int_equal(w.turn[last].state, ACCT_TURN_GAVE_WAY);
    assert_int_equal(gone(&w), 1);
    for (int i = 1; i < SHARE; i++) {
        assert_true(come(&w, owner(1, 66)) >= 0);
        assert_int_equal(gone(&w), 1);
    }
    assert_int_equal(come(&w, owner(1, 66)), -1);       /* all are known */
}

/* All places taken: by five networks of host 1, four and last one of them. */
static void fill(world_t *w)
{
    for (int i = 0; i < PLACES; i++) {
        assert_true(come(w, asker(1, 60 + (uint64_t)(i % 5))) >= 0);
    }
}

static void when_all_is_full_the_longest_queue_gives_way(void **state)
{
    world_t w = world();

    (void)state;
    fill(&w);
    assert_int_equal(waiting(&w, 60), 4);
    assert_true(come(&w, asker(1, 7)) >= 0);
    assert_int_equal(waiting(&w, 60), 3);
    assert_int_equal(gone(&w), 1);
    /* others have three each: until this one has two */
    assert_true(come(&w, asker(1, 7)) >= 0);
    assert_int_equal(come(&w, asker(1, 7)), -1);
    assert_int_equal(waiting(&w, 7), 2);
}

static void when_all_is_full_the_host_with_most_gives_way(void **state)
{
    world_t w = world();
    int had = 0;

    (void)state;
    fill(&w);
    for (uint64_t network = 100; network < 120; network++) {
        had += come(&w, asker(2, network)) >= 0;
        gone(&w);
    }
    assert_int_equal(had, PLACES / 2);
    assert_int_equal(come(&w, asker(1, 200)) >= 0, 1);  /* of 60 to 64 */
    assert_int_equal(come(&w, asker(3, 200)) >= 0, 1);
}

static void a_place_of_one_that_goes_is_given_once(void **state)
{
    world_t w = world();

    (void)state;
    fill(&w);
    /* four come before those that gave way have gone */
    for (uint64_t network = 1; network <= 4; network++) {
        assert_true(come(&w, owner(1, network)) >= 0);
    }
    assert_int_equal(gone(&w), 4);
    for (uint64_t network = 1; network <= 4; network++) {
        assert_int_equal(waiting(&w, network), 1);
    }
}

/* The first place has been left, and has the one that came last. */
static void of_those_alike_the_last_that_came_gives_way(void **state)
{
    world_t w = world();

    (void)state;
    for (uint64_t i = 0; i < PLACES; i++) {
        assert_true(come(&w, asker(1, 100 + i)) >= 0);
    }
    assert_int_equal(next(&w).network, 100);
    assert_int_equal(come(&w, asker(1, 200)), 0);
    assert_true(come(&w, owner(1, 7)) >= 0);
    assert_int_equal(w.turn[0].state, ACCT_TURN_GAVE_WAY);
    assert_int_equal(gone(&w), 1);
}

static void so_does_the_last_of_the_longest_queue(void **state)
{
    world_t w = world();

    (void)state;
    for (uint64_t i = 0; i < PLACES; i++) {
        assert_true(come(&w, asker(1, 100 + i)) >= 0);
    }
    assert_int_equal(next(&w).network, 100);
    assert_int_equal(come(&w, asker(1, 105)), 0);
    assert_true(come(&w, asker(1, 7)) >= 0);
    assert_int_equal(w.turn[0].state, ACCT_TURN_GAVE_WAY);
}

/* A place for each of many networks. */
static void fill_with_networks(world_t *w)
{
    for (uint64_t i = 0; i < PLACES; i++) {
        assert_true(come(w, asker(1, 100 + i)) >= 0);
    }
}

static void where_all_have_one_place_another_is_refused(void **state)
{
    world_t w = world();

    (void)state;
    fill_with_networks(&w);
    assert_int_equal(come(&w, asker(1, 7)), -1);
    assert_int_equal(come(&w, asker(1, 100)), -1);
}

static void where_all_have_one_place_a_known_owner_has_the_last(void **state)
{
    world_t w = world();

    (void)state;
    fill_with_networks(&w);
    for (uint64_t i = 1; i <= PLACES; i++) {
        assert_true(come(&w, owner(1, i)) >= 0);
        assert_int_equal(waiting(&w, 100 + PLACES - i), 0);
        gone(&w);
    }
    /* and none of another known owner */
    assert_int_equal(come(&w, owner(1, 50)), -1);
    assert_int_equal(come(&w, asker(1, 50)), -1);
}

static void a_known_owner_of_a_host_without_a_place_has_one(void **state)
{
    world_t w = world();

    (void)state;
    for (uint64_t host = 1; host <= PLACES; host++) {
        assert_true(come(&w, asker(host, 100 + host)) >= 0);
    }
    assert_int_equal(come(&w, asker(99, 7)), -1);
    assert_true(come(&w, owner(99, 7)) >= 0);
}

static void counts_are_mended(void **state)
{
    world_t w = world(), before;

    (void)state;
    fill(&w);
    come(&w, owner(2, 7));
    before = w;
    for (int i = 0; i < TABLE; i++) {
        w.turn[i].of_host = 77;
        w.turn[i].of_network = -1;
    }
    acct_turns_recount(w.turn, TABLE);
    for (int i = 0; i < TABLE; i++) {
        if (w.turn[i].state == ACCT_TURN_WAITS) {
            assert_int_equal(w.turn[i].of_host, before.turn[i].of_host);
            assert_int_equal(w.turn[i].of_network,
                             before.turn[i].of_network);
        }
    }
}

/* ---- floods: clients that come again the moment they were answered ---- */

/* One address, 24 connections, on host 2: all that find no place come again
 * after each turn. Another client comes now and then. */
static void one_address_delays_nobody(void **state)
{
    world_t w = world();

    (void)state;
    for (int visit = 0; visit < 100; visit++) {
        uint64_t host = visit % 2 ? 1 : 2;
        int turns = 0;

        for (int i = 0; i < 24; i++) {
            come(&w, asker(2, 66));
        }
        assert_true(come(&w, asker(host, 7)) >= 0);
        while (next(&w).network != 7) {
            come(&w, asker(2, 66));
            turns++;
        }
        assert_true(turns <= 1);
    }
}

/* 200 addresses. The owner comes again and again, and so had its turn later
 * than nearly all of them. */
static void two_hundred_addresses_do_not_delay_a_known_owner(void **state)
{
    world_t w = world();
    uint64_t network = 0;

    (void)state;
    for (int visit = 0; visit < 100; visit++) {
        int turns = 0;

        for (int i = 0; i < 200; i++) {
            come(&w, asker(2, 1000 + network++ % 200));
        }
        assert_true(come(&w, owner(2, 7)) >= 0);
        gone(&w);
        while (next(&w).network != 7) {
            come(&w, asker(2, 1000 + network++ % 200));
            turns++;
        }
        assert_true(turns <= 1);
    }
}

/* One with as many known accounts as it likes, from many networks. */
static void known_owners_do_not_starve_the_others(void **state)
{
    world_t w = world();
    uint64_t network = 0;
    int turns = 0;

    (void)state;
    for (int i = 0; i < PLACES - 1; i++) {
        come(&w, owner(1, 1000 + network++));
    }
    come(&w, asker(1, 7));
    while (next(&w).network != 7) {
        come(&w, owner(1, 1000 + network++));
        turns++;
        assert_true(turns <= 2);
    }
}

/* Whatever comes, each that has a place and keeps it has its turn: the last
 * thread of a network at the latest when each host, kind and network had as
 * many turns as the network has threads. */
static void each_that_waits_has_its_turn(void **state)
{
    const uint64_t hosts = 2, kinds = 2, networks = 8;
    world_t w = world();
    unsigned int random = 1;
    uint64_t since[TABLE] = { 0 };

    (void)state;
    for (int i = 0; i < 20000; i++) {
        int place;

        for (int j = 0; j < 3; j++) {
            acct_asker_t who;

            random = random * 1103515245 + 12345;
            who = asker(random >> 16 & (hosts - 1),
                        random >> 17 & (networks - 1));
            who.is_known = random >> 20 & 1;
            place = come(&w, who);
            gone(&w);
            if (place >= 0) {
                since[place] = w.rota.turns;
            }
        }
        place = acct_turn_next(&w.rota, w.turn, TABLE, NULL);
        acct_turn_call(&w.rota, w.turn, TABLE, place);
        acct_turn_quit(w.turn, TABLE, place);
        for (int k = 0; k < TABLE; k++) {
            assert_true(w.turn[k].state == ACCT_TURN_NONE
                        || w.rota.turns - since[k]
                           <= hosts * kinds * networks * SHARE);
        }
    }
}

/* ---- networks ---- */

static uint64_t number_of(const char *text)
{
    acct_network_t network;

    assert_int_equal(acct_network_parse(text, &network), APR_SUCCESS);
    return acct_asker_network(&network);
}

static void each_network_has_a_number_of_its_own(void **state)
{
    acct_network_t none = acct_network_of("/run/s", 6);

    (void)state;
    assert_true(number_of("192.0.2.7") == UINT64_C(0x04000000c0000207));
    assert_true(number_of("2001:db8:1:2::1") == UINT64_C(0x20010db800010002));
    assert_int_equal(number_of("192.0.2.7"), number_of("::ffff:192.0.2.7"));
    assert_int_not_equal(number_of("192.0.2.7"), number_of("192.0.2.8"));
    assert_int_not_equal(number_of("192.0.2.7"), number_of("0.0.0.0"));
    assert_int_not_equal(number_of("0.0.0.0"), number_of("::1"));
    assert_int_not_equal(number_of("192.0.2.7"),
                         number_of("0:0:c000:207::1"));
    assert_int_equal(number_of("2001:db8:1:2::1"),
                     number_of("2001:db8:1:2:ffff::1"));
    assert_int_not_equal(number_of("2001:db8:1:2::1"),
                         number_of("2001:db8:1:3::1"));
    assert_int_not_equal(number_of("2001:db8::1"), number_of("2002:db8::1"));
    assert_int_equal(acct_asker_network(&none), 0);
    assert_int_not_equal(number_of("0.0.0.0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_has_a_quarter_of_the_places),
        cmocka_unit_test(a_known_owner_has_a_place_of_its_networks_share),
        cmocka_unit_test(when_all_is_full_the_longest_queue_gives_way),
        cmocka_unit_test(when_all_is_full_the_host_with_most_gives_way),
        cmocka_unit_test(a_place_of_one_that_goes_is_given_once),
        cmocka_unit_test(of_those_alike_the_last_that_came_gives_way),
        cmocka_unit_test(so_does_the_last_of_the_longest_queue),
        cmocka_unit_test(where_all_have_one_place_another_is_refused),
        cmocka_unit_test(where_all_have_one_place_a_known_owner_has_the_last),
        cmocka_unit_test(a_known_owner_of_a_host_without_a_place_has_one),
        cmocka_unit_test(counts_are_mended),
        cmocka_unit_test(one_address_delays_nobody),
        cmocka_unit_test(two_hundred_addresses_do_not_delay_a_known_owner),
        cmocka_unit_test(known_owners_do_not_starve_the_others),
        cmocka_unit_test(each_that_waits_has_its_turn),
        cmocka_unit_test(each_network_has_a_number_of_its_own)
    };

    return cmocka_run_group_tests_name("turn", tests, begin_apr, end_apr);
}
