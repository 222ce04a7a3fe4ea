/* SPDX-License-Identifier: Apache-2.0 */
#include "connections/gate.h"

#include "base/ticks.h"
#include "connections/gate_table.h"

/* For gates at which all that ask are equal. */
static const acct_asker_t anyone = { 0, 0, 0 };

/* ---- without waiting ---- */

/* Whether none waits, so that a slot that is free is for whoever comes. */
static int is_calm(acct_gate_t *gate)
{
    /* relaxed: a thread that comes to wait in this moment may find the slot
     * that it is called for taken, and is called again. */
    return atomic_load_explicit(&gate->table->taken, memory_order_relaxed)
        == 0;
}

static int take_any(acct_gate_t *gate, const acct_asker_t *asker)
{
    for (int i = 0; i < gate->size.slots; i++) {
        if (acct_gate_take(&gate->slot[i].mutex)) {
            /* relaxed: another thread that reads it a moment too early has
             * the last one's. */
            atomic_store_explicit(&gate->slot[i].network, asker->network,
                                  memory_order_relaxed);
            return i;
        }
    }
    return -1;
}

/* ---- by turns ---- */

/* What came of the thread's waiting so far. @return APR_EINPROGRESS: it waits
 * on */
static apr_status_t look(acct_gate_t *gate, int place,
                         apr_interval_time_t end, int *slot)
{
    *slot = acct_gate_go(gate, place);
    if (*slot < 0) {
        acct_gate_call(gate);
        *slot = acct_gate_go(gate, place);
    }
    if (*slot >= 0) {
        return APR_SUCCESS;
    }
    if (gate->turn[place].state == ACCT_TURN_GAVE_WAY) {
        return APR_EAGAIN;
    }
    return acct_ticks() < end ? APR_EINPROGRESS : APR_TIMEUP;
}

/* With the lock held before, and not after. When its time has passed the
 * thread does not wait for the lock: where it cannot be had at once the place
 * is given up without, as if the thread had died. */
static apr_status_t wait_in(acct_gate_t *gate, int place,
                            apr_interval_time_t end, int *slot)
{
    apr_interval_time_t wait;
    apr_status_t status;

    for (;;) {
        status = look(gate, place, end, slot);
        if (status != APR_EINPROGRESS) {
            acct_gate_quit(gate, place);
            acct_gate_unlock(gate);
            return status;
        }
        acct_gate_unlock(gate);
        wait = acct_gate_sleep(gate, place, end)
            ? ACCT_GATE_LOOK + end - acct_ticks() : 0;
        status = acct_gate_lock(gate, wait);
        if (status != APR_SUCCESS) {
            pthread_mutex_unlock(&gate->place[place].mutex);
            return status;
        }
    }
}

apr_status_t acct_gate_enter_for(acct_gate_t *gate, const acct_asker_t *asker,
                                 int *slot)
{
    apr_interval_time_t end;
    apr_status_t status;
    int place;

    *slot = is_calm(gate) ? take_any(gate, asker) : -1;
    if (*slot >= 0) {
        return APR_SUCCESS;
    }
    end = acct_ticks() + gate->size.wait;
    status = acct_gate_lock(gate, gate->size.wait);
    if (status != APR_SUCCESS) {
        return status;
    }
    place = acct_gate_join(gate, asker);
    if (place < 0) {
        acct_gate_unlock(gate);
        return APR_EAGAIN;
    }
    return wait_in(gate, place, end, slot);
}

apr_status_t acct_gate_enter(acct_gate_t *gate, int *slot)
{
    return acct_gate_enter_for(gate, &anyone, slot);
}

void acct_gate_leave(acct_gate_t *gate, int slot)
{
    pthread_mutex_unlock(&gate->slot[slot].mutex);
    /* seq_cst: with the fence in acct_gate_call(). */
    atomic_thread_fence(memory_order_seq_cst);
    /* Where the lock cannot be had a thread that waits finds the slot by
     * itself. */
    if (!is_calm(gate)
        && acct_gate_lock(gate, ACCT_GATE_LOOK) == APR_SUCCESS) {
        acct_gate_call(gate);
        acct_gate_unlock(gate);
    }
}
