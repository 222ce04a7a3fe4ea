/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that gates lie in; see gate.h. */
#include <apr_strings.h>

#include "connections/gate_table.h"
#include "memory/segment.h"

/* Of the process's pool: the segments of gates, and where each gate lies in
 * one. With the layout's version, since another version of the module may
 * have another. */
#define ROOMS "acctauth:gates:2"
#define SPOT "acctauth:gates:2:%s:%d:%d:%d"

/* A segment that gates are put into one behind another, since a system has
 * only so many segments, and there may be a gate for each of many
 * databases. */
typedef struct room_t {
    acct_segment_t *segment;
    char *start;                /* while it is open */
    apr_size_t used;            /* bytes */
    struct room_t *next;
} room_t;

/* Five of the greatest gates; the writers' gates of 25 databases. */
#define ROOM_BYTES 1048576

/* Where a gate is. */
typedef struct acct_spot_t {
    room_t *room;
    apr_size_t first;
} acct_spot_t;

typedef struct rooms_t {
    room_t *first;              /* the one that is being filled */
} rooms_t;

struct acct_gates_t {
    rooms_t *rooms;
    acct_gate_t *first;
    apr_pool_t *process;
    apr_pool_t *pconf;
};

static apr_status_t open_room(room_t *room)
{
    void *start;
    apr_status_t status = acct_segment_open(room->segment, &start);

    room->start = status == APR_SUCCESS ? start : NULL;
    return status;
}

static apr_status_t add_room(acct_gates_t *gates)
{
    room_t *room = apr_pcalloc(gates->process, sizeof(*room));
    apr_status_t status = acct_segment_make(&room->segment, ROOM_BYTES,
                                            gates->process);

    if (status == APR_SUCCESS) {
        status = open_room(room);
    }
    if (status == APR_SUCCESS) {
        room->next = gates->rooms->first;
        gates->rooms->first = room;
    }
    return status;
}

static apr_status_t find_spot(acct_spot_t **spot, acct_gates_t *gates,
                              const char *key, const acct_gate_size_t *size)
{
    room_t *room = gates->rooms->first;
    apr_size_t bytes = acct_gate_bytes(size);
    apr_status_t status;
    void *found = NULL;

    apr_pool_userdata_get(&found, key, gates->process);
    *spot = found;
    if (found != NULL) {
        return APR_SUCCESS;
    }
    if (room == NULL || ROOM_BYTES - room->used < bytes) {
        status = add_room(gates);
        if (status != APR_SUCCESS) {
            return status;
        }
        room = gates->rooms->first;
    }
    status = acct_gate_table_make(size, room->start + room->used);
    if (status != APR_SUCCESS) {
        return status;
    }
    *spot = apr_palloc(gates->process, sizeof(**spot));
    (*spot)->room = room;
    (*spot)->first = room->used;
    room->used += bytes;
    return apr_pool_userdata_set(*spot, key, apr_pool_cleanup_null,
                                 gates->process);
}

static apr_status_t open_rooms(rooms_t *rooms)
{
    apr_status_t status = APR_SUCCESS;
    room_t *room;

    for (room = rooms->first; status == APR_SUCCESS && room != NULL;
         room = room->next) {
        status = open_room(room);
    }
    return status;
}

apr_status_t acct_gates_open(acct_gates_t **gates, apr_pool_t *process,
                             apr_pool_t *pconf)
{
    void *found = NULL;

    *gates = apr_pcalloc(pconf, sizeof(**gates));
    (*gates)->process = process;
    (*gates)->pconf = pconf;
    apr_pool_userdata_get(&found, ROOMS, process);
    (*gates)->rooms = found != NULL ? found
                                    : apr_pcalloc(process, sizeof(rooms_t));
    if (found == NULL) {
        return apr_pool_userdata_set((*gates)->rooms, ROOMS,
                                     apr_pool_cleanup_null, process);
    }
    return open_rooms((*gates)->rooms);
}

void acct_gates_close(acct_gates_t *gates)
{
    room_t *room;

    for (room = gates->rooms->first; room != NULL; room = room->next) {
        acct_segment_close(room->segment);
        room->start = NULL;
    }
}

apr_status_t acct_gates_enter(acct_gates_t *gates)
{
    apr_status_t status = APR_SUCCESS;
    room_t *room;

    for (room = gates->rooms->first; status == APR_SUCCESS && room != NULL;
         room = room->next) {
        status = acct_segment_enter(room->segment);
    }
    return status;
}

apr_status_t acct_gates_child_init(acct_gates_t *gates)
{
    apr_status_t status = open_rooms(gates->rooms);
    acct_gate_t *gate;

    for (gate = gates->first; status == APR_SUCCESS && gate != NULL;
         gate = gate->next) {
        acct_gate_table_view(gate, gate->spot->room->start
                             + gate->spot->first);
    }
    return status;
}

apr_status_t acct_gate_get(acct_gate_t **gate, acct_gates_t *gates,
                           const char *name, const acct_gate_size_t *size)
{
    const char *key = apr_psprintf(gates->pconf, SPOT, name, size->slots,
                                   size->places, size->share);
    acct_gate_t *made = apr_pcalloc(gates->pconf, sizeof(*made));
    apr_status_t status = find_spot(&made->spot, gates, key, size);

    if (status != APR_SUCCESS) {
        return status;
    }
    made->size = *size;
    made->next = gates->first;
    gates->first = made;
    *gate = made;
    return APR_SUCCESS;
}
