/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a database cannot be used the log has one line of it, with the cause,
 * from the child that finds out first, and one more when it can be used again.
 * Reading and writing are kept apart: with a full disk tokens are found and no
 * client can sign in.
 */
#ifndef ACCT_OUTAGE_H
#define ACCT_OUTAGE_H

#include <httpd.h>

#include "cache/cache.h"
#include "database/unit.h"

/* Causes whose lines are counted apart. */
#define ACCT_OUTAGE_CAUSES 8

/* A database's, in pconf. */
typedef struct acct_outage_t {
    const acct_db_config_t *config;
    acct_cache_t *cache;        /* where the children share it; NULL: each
                                 * child tells for itself */
    int place;                  /* acct_cache_feed() */
    _Atomic(uint32_t) own[ACCT_CACHE_TROUBLES];     /* without a cache */
    _Atomic(apr_int64_t) minute;    /* ticks: when the lines of this child
                                     * began to be counted */
    struct {
        _Atomic(uint32_t) trouble;
        _Atomic(int) lines;
    } cause[ACCT_OUTAGE_CAUSES];    /* the last is all others' */
} acct_outage_t;

/**
 * Nothing can be asked (ACCT_UNIT_READ), or nothing written. Any thread of
 * a child.
 * @param id    of the line, if this is the one to tell it
 * @param cause what the database or the pool said
 */
void acct_outage_begin(acct_outage_t *outage, acct_unit_e unit,
                       server_rec *s, const char *id, apr_status_t status,
                       const char *cause, apr_pool_t *p);

/** What was asked was answered; with ACCT_UNIT_WRITE: what was written is
 *  there, which a transaction that changed nothing does not show. Cheap
 *  when there was no outage. Any thread of a child. */
void acct_outage_over(acct_outage_t *outage, acct_unit_e unit,
                      server_rec *s);

/** Whether anything is known to fail. */
int acct_outage_is(const acct_outage_t *outage);

/** Whether writing is known to fail. */
int acct_outage_of_writing(const acct_outage_t *outage);

#endif
