/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of operations: what a route of a dialect can name. Another
 * operation is a file of its own and a row here.
 */
#ifndef ACCT_OPERATIONS_H
#define ACCT_OPERATIONS_H

#include "base/operation.h"

extern const acct_operations_t acct_operations;

#endif
