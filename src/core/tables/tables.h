/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of the tables beside those of accounts and tokens: what is found,
 * written and cleared away there, a header for each. It may use the rooms
 * below (store database text base); the text of the statements is in store/.
 *
 * What store/store.h says of its functions holds for these: they know the
 * schema and nothing of policy, and run on one connection in the calling
 * thread; what they return lives in the pool passed.
 *
 * The files:
 *   known_networks.c  from which networks accounts were signed in to
 *   limited.c         what is refused now, and what was cleared
 *   name_holds.c      names that were given up
 *   links.c           what was mailed to be used once
 *   second_factors.c  secrets of codes, and recovery codes
 *   mails.c           what is to be mailed, and how much was
 *   stored.c          what else is stored of an account, to be shown to it
 *   purge.c           clearing away what is over, in steps
 */
#ifndef ACCT_TABLES_H
#define ACCT_TABLES_H

#include "tables/known_networks.h"
#include "tables/limited.h"
#include "tables/links.h"
#include "tables/mails.h"
#include "tables/name_holds.h"
#include "tables/purge.h"
#include "tables/second_factors.h"
#include "tables/stored.h"

#endif
