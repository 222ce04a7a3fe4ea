/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of limits: how often a name may be tried, and a network may try.
 * It may use the rooms store, database, text and base.
 *
 * The files:
 *   network.c         the network of a client's address
 */
#ifndef ACCT_LIMIT_H
#define ACCT_LIMIT_H

#include "limit/network.h"

#endif
