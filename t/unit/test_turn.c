/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of those that wait is the next.
 */
#include "apr_fixture.h"
#include "turn_fixture.h"

/* ---- turns ---- */

static void nobody_waits(void **state)
{
    world_t w = world();

    (void)state;
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, NULL), -1);
}

static void of_one_network_the_first_that_came_is_the_next(void **state)
{
    world_t w = world();
    int first = come(&w, asker(1, 10)), second = come(&w, asker(1, 10));

    (void)state;
    come(&w, asker(1, 10));
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, NULL), first);
    next(&w);
    assert_int_equal(come(&w, asker(1, 10)), first);    /* the same place */
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, NULL), second);
}

static void virtual_hosts_have_turns_however_many_wait_of_each(void **state)
{
    world_t w = world();
    int of[3] = { 0 };

    (void)state;
    for (uint64_t network = 1; network <= 10; network++) {
        come(&w, asker(1, network));
    }
    for (uint64_t network = 11; network <= 14; network++) {
        come(&w, asker(2, network));
    }
    for (int turn = 0; turn < 8; turn++) {
        of[next(&w).host]++;
    }
    assert_int_equal(of[1], 4);
    assert_int_equal(of[2], 4);
}

static void networks_of_a_host_have_turns(void **state)
{
    world_t w = world();

    (void)state;
    for (int i = 0; i < SHARE; i++) {
        come(&w, asker(1, 66));
    }
    come(&w, asker(1, 7));
    come(&w, asker(1, 8));
    assert_int_equal(next(&w).network, 66);
    assert_int_equal(next(&w).network, 7);
    assert_int_equal(next(&w).network, 8);
    assert_int_equal(next(&w).network, 66);
    come(&w, asker(1, 7));
    assert_int_equal(next(&w).network, 7);
}

static void a_network_has_had_its_turn_on_another_host_too(void **state)
{
    world_t w = world();

    (void)state;
    come(&w, asker(1, 66));
    come(&w, asker(2, 66));
    come(&w, asker(2, 7));
    assert_int_equal(next(&w).host, 1);
    assert_int_equal(next(&w).network, 7);
}

static void known_owners_go_first_and_leave_every_second_turn(void **state)
{
    world_t w = world();

    (void)state;
    for (uint64_t network = 1; network <= 3; network++) {
        come(&w, asker(1, network));
        come(&w, owner(1, 10 + network));
    }
    assert_int_equal(next(&w).network, 11);
    assert_int_equal(next(&w).network, 1);
    assert_int_equal(next(&w).network, 12);
    assert_int_equal(next(&w).network, 2);
    assert_int_equal(next(&w).network, 13);
    /* where none of them waits the others have all turns */
    come(&w, asker(1, 4));
    assert_int_equal(next(&w).network, 3);
    assert_int_equal(next(&w).network, 4);
}

static void known_owners_of_one_network_go_first_there_too(void **state)
{
    world_t w = world();

    (void)state;
    come(&w, asker(1, 66));
    come(&w, asker(1, 66));
    come(&w, owner(1, 66));
    assert_true(next(&w).is_known);
}

static void turns_long_past_are_forgotten(void **state)
{
    world_t w = world();

    (void)state;
    come(&w, asker(1, 7));
    next(&w);
    for (uint64_t i = 0; i < ACCT_TURNS_KEPT; i++) {
        come(&w, asker(1, 100 + i));
        next(&w);
    }
    /* 7 had its turn too long ago to come after one that is new */
    come(&w, asker(1, 7));
    come(&w, asker(1, 500));
    assert_int_equal(next(&w).network, 7);
}

static void a_network_with_all_other_slots_lets_others_go_first(void **state)
{
    world_t w = world();
    uint64_t apart = 66;
    int other;

    (void)state;
    come(&w, owner(1, 66));
    other = come(&w, asker(1, 7));
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, &apart), other);
    next(&w);
    next(&w);
    /* whichever place that other has */
    other = come(&w, asker(1, 7));
    assert_int_equal(other, 0);
    come(&w, owner(1, 66));
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, &apart), other);
    next(&w);
    next(&w);
    /* and has the last one too where no other waits */
    other = come(&w, asker(1, 66));
    assert_int_equal(acct_turn_next(&w.rota, w.turn, TABLE, &apart), other);
}

static void without_shares_it_is_one_queue(void **state)
{
    world_t w = world();

    (void)state;
    w.rota.share = 0;
    for (int i = 0; i < PLACES; i++) {
        assert_true(come(&w, owner(i < 8 ? 1 : 2, i < 12 ? 66 : 7)) >= 0);
    }
    assert_int_equal(come(&w, owner(3, 8)), -1);
    for (int i = 0; i < PLACES; i++) {
        acct_asker_t who = next(&w);

        assert_int_equal(who.host, i < 8 ? 1 : 2);
        assert_int_equal(who.network, i < 12 ? 66 : 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits),
        cmocka_unit_test(of_one_network_the_first_that_came_is_the_next),
        cmocka_unit_test(virtual_hosts_have_turns_however_many_wait_of_each),
        cmocka_unit_test(networks_of_a_host_have_turns),
        cmocka_unit_test(a_network_has_had_its_turn_on_another_host_too),
        cmocka_unit_test(known_owners_go_first_and_leave_every_second_turn),
        cmocka_unit_test(known_owners_of_one_network_go_first_there_too),
        cmocka_unit_test(turns_long_past_are_forgotten),
        cmocka_unit_test(a_network_with_all_other_slots_lets_others_go_first),
        cmocka_unit_test(without_shares_it_is_one_queue)
    };

    return cmocka_run_group_tests_name("turn", tests, begin_apr, end_apr);
}
