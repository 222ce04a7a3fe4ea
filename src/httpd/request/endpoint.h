/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account endpoints: content handler of the locations that dialects
 * are mounted on.
 */
#ifndef ACCT_ENDPOINT_H
#define ACCT_ENDPOINT_H

#include <httpd.h>

/** Hooks fixups and handler. */
void acct_endpoint_hooks(void);

#endif
