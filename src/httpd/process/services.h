/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the runtime share (process/runtime.h lists them): what a
 * virtual host has, and what the virtual hosts of one database have together.
 */
#ifndef ACCT_SERVICES_H
#define ACCT_SERVICES_H

#include "process/runtime.h"

#include "connections/gate.h"
#include "connections/pool.h"
#include "limit/limit.h"
#include "memory/shared.h"
#include "memory/tries.h"
#include "process/feed.h"
#include "process/upkeep.h"

/* What all databases have together: memory that the children share. The
 * parent has it open while it makes the runtime, and each child from
 * child_init on. In pconf. */
typedef struct acct_estate_t {
    acct_shared_t *shared;      /* NULL: there is none for the cache */
    acct_cache_t cache;         /* the view of it */
    acct_gates_t *gates;
    acct_tries_t *tries;        /* NULL: each child counts for itself */
    apr_size_t tries_bytes;
    acct_counters_t counters;   /* a child's view of it */
} acct_estate_t;

/* Shared by the virtual hosts of one database. In pconf. */
typedef struct acct_database_t {
    acct_pool_t *pool;
    acct_outage_t outage;
    acct_feed_t *feed;          /* NULL: no shared memory for it */
    acct_upkeep_t upkeep;
    /* child only */
    struct acct_lookups_t *lookups;     /* token/lookup.h; NULL: there is
                                         * one thread */
    struct acct_dummies_t *dummies;     /* credential/dummy.h */
    int is_ready;               /* the child is, for this database */
} acct_database_t;

/* A virtual host's. In pconf; constant once a child's threads run. */
struct acct_runtime_t {
    acct_database_t *database;
    acct_gate_t *gate;          /* in front of the hasher; one for all */
    acct_limits_t limits;
    acct_service_t service;
};

/* process/hash_gate.c */

/**
 * The gate in front of the hasher.
 * @param slots how many passwords are hashed at once; 0 and less: as many as
 *              are usual on this machine
 * @return NULL when it cannot be had; the log of @a s says why
 * Parent, once the MPM has its settings.
 */
acct_gate_t *acct_hash_gate(int slots, acct_gates_t *gates, server_rec *s);

/* process/child.c */

/** Hook drop_privileges: get a hold of the memory that a child needs, which
 *  only the user may that made it. Of every process that is about to run as
 *  another user, which need not be a child of the MPM's. */
int acct_runtime_drop_privileges(apr_pool_t *pchild,
                                 server_rec *main_server);

/** Hook child_init: get ready for requests. A virtual host whose database the
 *  child cannot use has no runtime in it; the log says so. Once in each child,
 *  before its threads. */
void acct_runtime_child_init(apr_pool_t *pchild, server_rec *main_server);

#endif
