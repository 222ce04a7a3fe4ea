/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate itself, over the threads of one process.
 */
#include "apr_fixture.h"
#include "gate_fixture.h"

/* ---- one process ---- */

static void as_many_as_there_are_slots_go_in_at_once(void **state)
{
    walker_t last;
    int first, second;

    (void)state;
    make_gate(2, 4, 1, 2000);
    have_gate();
    first = slot_of_test();
    second = slot_of_test();
    assert_int_not_equal(first, second);
    set_off(&last, asker(1, 1, 0));
    until_waiting(1);
    acct_gate_leave(w.gate, second);
    join(&last);
    assert_int_equal(last.status, APR_SUCCESS);
    acct_gate_leave(w.gate, first);
    all_is_free(2);
}

static void the_wait_is_bounded(void **state)
{
    walker_t walker;
    int slot;

    (void)state;
    make_gate(1, 4, 1, 250);
    have_gate();
    slot = slot_of_test();
    set_off(&walker, asker(1, 1, 0));
    join(&walker);
    assert_true(APR_STATUS_IS_TIMEUP(walker.status));
    assert_in_range(walker.took, MSEC(240), MSEC(1500));
    acct_gate_leave(w.gate, slot);
    all_is_free(1);
}

static void a_network_over_its_share_is_refused_at_once(void **state)
{
    walker_t walker[4], other;
    int slot;

    (void)state;
    make_gate(1, 8, 2, 5000);
    have_gate();
    slot = slot_of_test();
    set_off(&walker[0], asker(1, 66, 0));
    set_off(&walker[1], asker(1, 66, 0));
    until_waiting(2);
    set_off(&walker[2], asker(1, 66, 0));
    set_off(&walker[3], asker(2, 66, 0));
    join(&walker[2]);
    join(&walker[3]);
    for (int i = 2; i < 4; i++) {
        assert_true(APR_STATUS_IS_EAGAIN(walker[i].status));
        assert_in_range(walker[i].took, 0, MSEC(1000));
    }
    set_off(&other, asker(1, 7, 0));
    until_waiting(3);
    acct_gate_leave(w.gate, slot);
    join(&other);
    join(&walker[0]);
    join(&walker[1]);
    assert_int_equal(other.status, APR_SUCCESS);
    assert_int_equal(other.number, 1);  /* second: the networks have turns */
    all_is_free(1);
}

static void a_known_owner_has_the_place_of_another(void **state)
{
    walker_t one, another, owner;
    int slot;

    (void)state;
    make_gate(1, 2, 1, 5000);
    have_gate();
    slot = slot_of_test();
    set_off(&one, asker(1, 66, 0));
    until_waiting(1);
    set_off(&another, asker(1, 67, 0));
    until_waiting(2);
    set_off(&owner, asker(1, 7, 1));
    join(&another);             /* it is told at once */
    assert_true(APR_STATUS_IS_EAGAIN(another.status));
    acct_gate_leave(w.gate, slot);
    join(&owner);
    join(&one);
    assert_int_equal(owner.status, APR_SUCCESS);
    assert_int_equal(owner.number, 0);
    assert_int_equal(one.number, 1);
    all_is_free(1);
}

static void without_shares_it_is_one_queue(void **state)
{
    walker_t walker[6];
    int slot;

    (void)state;
    make_gate(1, 8, 0, 5000);
    have_gate();
    slot = slot_of_test();
    for (int i = 0; i < 6; i++) {
        set_off(&walker[i], asker((uint64_t)i % 2, 66, i % 3 == 0));
        until_waiting(i + 1);
    }
    acct_gate_leave(w.gate, slot);
    for (int i = 0; i < 6; i++) {
        join(&walker[i]);
        assert_int_equal(walker[i].number, i);
    }
    all_is_free(1);
}

static void one_network_never_has_all_slots_while_others_wait(void **state)
{
    walker_t same, other;
    acct_asker_t who = asker(1, 66, 1);
    int first, second;

    (void)state;
    make_gate(2, 8, 2, 5000);
    have_gate();
    assert_int_equal(acct_gate_enter_for(w.gate, &who, &first), APR_SUCCESS);
    assert_int_equal(acct_gate_enter_for(w.gate, &who, &second),
                     APR_SUCCESS);
    set_off(&same, who);
    until_waiting(1);
    set_off(&other, asker(1, 7, 0));
    until_waiting(2);
    acct_gate_leave(w.gate, second);
    join(&other);
    join(&same);
    assert_int_equal(other.number, 0);
    acct_gate_leave(w.gate, first);
    all_is_free(2);
}

#define gate_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(as_many_as_there_are_slots_go_in_at_once),
        gate_test(the_wait_is_bounded),
        gate_test(a_network_over_its_share_is_refused_at_once),
        gate_test(a_known_owner_has_the_place_of_another),
        gate_test(without_shares_it_is_one_queue),
        gate_test(one_network_never_has_all_slots_while_others_wait)
    };

    return cmocka_run_group_tests_name("gate", tests, begin_apr, end_apr);
}
