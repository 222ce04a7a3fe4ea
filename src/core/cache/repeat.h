/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the error log, at warn and above, that requests cause. A client
 * that can cause one can cause a million, so each kind is written once a
 * minute on the whole server, with how many it stands for. Lines at info are
 * events, one for each, and do not come by here.
 */
#ifndef ACCT_REPEAT_H
#define ACCT_REPEAT_H

#include <apr_time.h>

/* A kind of line that was written lately. Shared by all children, which take
 * no lock; before the first use all bytes are 0. */
typedef struct acct_repeat_slot_t {
    _Atomic(apr_uint64_t) key;  /* of what it tells; 0: nothing yet */
    _Atomic(apr_int64_t) last;      /* ticks: when it was written; 0: not
                                     * yet */
    _Atomic(apr_uint32_t) left_out; /* lines like it that were not written
                                     * since then */
} acct_repeat_slot_t;

#define ACCT_REPEAT_SLOTS 64

typedef struct acct_repeat_t {
    acct_repeat_slot_t slots[ACCT_REPEAT_SLOTS];
} acct_repeat_t;

/** How long one line stands for those like it. Microseconds. */
#define ACCT_REPEAT_AFTER ((apr_interval_time_t)60 * 1000000)

/**
 * Whether a line is due.
 * @param repeat shared by all threads that would write it
 * @param key    of its kind (acct_repeat_key())
 * @param now    ticks (core/base/ticks.h)
 * @param left_out with 1: how many were not written since the one before
 * @return 1 for one caller in a minute, 0 for the others, who are counted.
 *         When there are more kinds than slots those without one count as
 *         one kind.
 * Any thread of any process.
 */
int acct_repeat_is_due(acct_repeat_t *repeat, apr_uint64_t key,
                       apr_time_t now, apr_uint32_t *left_out);

/** The key of a kind: an id, what it is about (a name; may be
 *  NULL) and the words but for their digits (may be NULL: whatever they
 *  are). FNV-1a. */
apr_uint64_t acct_repeat_key(const char *id, const char *about,
                             const char *words);

#endif
