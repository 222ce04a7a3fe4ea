/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking tokens up in the database, those that are wanted at the same
 * moment together.
 *
 * A look-up costs a database that is a server mostly what it costs to be
 * asked at all: messages, a snapshot, two changes of process. So while one
 * statement is under way those who come wait for each other, and the next
 * asks for all of them. Who comes alone is asked for alone, at once.
 *
 * A statement begins after everybody it asks for has come, so what it says
 * is as new as what each would have read by itself.
 */
#ifndef ACCT_TOKEN_LOOKUP_H
#define ACCT_TOKEN_LOOKUP_H

#include "service.h"
#include "store.h"

typedef struct acct_lookups_t acct_lookups_t;

/**
 * Make what the threads of a process share to look up tokens of one
 * database.
 * @param under_way how many statements may be under way before others wait
 *        for each other, at least 1
 * @param patience microseconds anybody waits for an answer that another
 *        asks for; who has waited longer does not know
 * @param pool has it for as long as threads may use it; not used by them
 */
apr_status_t acct_lookups_make(acct_lookups_t **lookups, int under_way,
                               apr_interval_time_t patience,
                               apr_pool_t *pool);

/**
 * A token and its account by digest, as acct_store_token_find() has them.
 * Together with others where service->lookups is set. Any thread.
 * @param digest 64 hex digits
 * @param pool for what is found
 * @return APR_NOTFOUND when there is none; another failure when it cannot
 *         be known now
 */
apr_status_t acct_token_look_up(const acct_service_t *service,
                                const char *digest, acct_token_t *token,
                                acct_account_t *account, apr_pool_t *pool);

#endif
