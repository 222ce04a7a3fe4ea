/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCT_DUMP_H
#define ACCT_DUMP_H

#include "config/config.h"

/** The module's hook for -t -D ACCTAUTH_DUMP. */
void acct_config_dump_hooks(void);

#endif
