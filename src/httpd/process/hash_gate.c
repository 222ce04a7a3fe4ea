/* SPDX-License-Identifier: Apache-2.0 */
/* The gate in front of the hasher: one for all virtual hosts, since they
 * share the processors; see process/services.h. */
#include "process/services.h"

#include <ap_mpm.h>
#include <http_log.h>
#include <limits.h>
#include <unistd.h>

#include "config/config.h"

APLOG_USE_MODULE(acctauth);

/* Places to wait in for each slot, and in all; a quarter is for one network.
 * So many stand open also where the server has few threads. */
#define PLACES_PER_SLOT 64
#define PLACES_AT_LEAST 16
#define MOST_PLACES 1024

/* The longest wait. */
#define WAIT apr_time_from_sec(2)

static int usual_slots(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 4 ? 1 : cores > 128 ? 64 : (int)(cores / 2);
}

static int within(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* How many requests the server can be at, at once. */
static int server_threads(void)
{
    int children = 1;
    int threads = 1;

    if (ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &children) != APR_SUCCESS
        || children < 1) {
        children = 1;
    }
    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS
        || threads < 1) {
        threads = 1;
    }
    return children > INT_MAX / threads ? INT_MAX : children * threads;
}

/* A thread that waits is lost to the rest of the site meanwhile: half of the
 * server's are not, where it has enough. */
static acct_gate_size_t size_of(int slots)
{
    int places = within(slots * PLACES_PER_SLOT, 1, MOST_PLACES);
    acct_gate_size_t size = {
        .slots = slots, .wait = WAIT, .share = places / 4,
        .places = within(server_threads() / 2, slots * PLACES_AT_LEAST,
                         places)
    };

    return size;
}

acct_gate_t *acct_hash_gate(int slots, acct_gates_t *gates, server_rec *s)
{
    acct_gate_size_t size = size_of(slots > 0 ? slots : usual_slots());
    acct_gate_t *gate;
    apr_status_t status = acct_gate_get(&gate, gates, "hash", &size);

    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, status, s,
                     "ACCT0210: cannot make the shared memory of the "
                     "password gate");
        return NULL;
    }
    return gate;
}
