/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a database as they were last read, for the reloads that find
 * it away: the same database is expected then, and what is noted of its
 * tokens in the identity cache stays its own.
 *
 * In the process's pool, one for each database that was ever configured
 * since the start. Nothing there points into the module, which may be
 * loaded anew. Parent only.
 */
#ifndef ACCT_DATABASE_FACTS_H
#define ACCT_DATABASE_FACTS_H

#include "connections/pool.h"

/**
 * Note what a database has just said of itself.
 * @param process the process's pool
 * @param scratch for what is not kept
 */
void acct_database_facts_keep(const acct_db_config_t *config,
                              const acct_pool_facts_t *facts,
                              apr_pool_t *process, apr_pool_t *scratch);

/**
 * The same where the database's file is the one it was noted of, as it was
 * then, a moment ago: for the second of the two times that a start reads the
 * configuration.
 * @return 0 when the file has changed since, is none, or was not noted:
 *         then it is to be asked
 */
int acct_database_facts_same(const acct_db_config_t *config,
                             acct_pool_facts_t *facts, apr_pool_t *process,
                             apr_pool_t *p);

/** What was noted last: created_at and key_id of @a facts, in @a p; left
 *  as they are when nothing was. */
void acct_database_facts_recall(const acct_db_config_t *config,
                                acct_pool_facts_t *facts, apr_pool_t *process,
                                apr_pool_t *p);

#endif
