/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and values of a form, whatever its media type spells them like.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_PAIRS_H
#define ACCT_FORM_PAIRS_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct acct_pair_t {
    char *name;                 /* UTF-8 without NUL, once checked */
    apr_size_t name_length;
    char *value;                /* UTF-8, may hold NUL; another ends it */
    apr_size_t length;          /* of value, in bytes */
    int is_file;                /* it was sent as a file; the value is "" */
} acct_pair_t;

/**
 * Another pair, "" and "", in the list at once so that it gets wiped in any
 * case.
 * @return NULL: there are ACCT_FORM_MEMBERS already
 */
acct_pair_t *acct_pairs_add(apr_array_header_t *pairs);

/** What is wrong with the pair that was added last; NULL: nothing. */
const char *acct_pairs_check_last(const apr_array_header_t *pairs);

/** Overwrite names and values. */
void acct_pairs_wipe(apr_array_header_t *pairs);

#endif
