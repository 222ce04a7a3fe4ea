/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of the configuration as a whole, in the check_config hook: the
 * one that runs at start and at configtest. Each failure names directive,
 * file and line, and what to write instead.
 */
#ifndef ACCT_CONFIGTEST_H
#define ACCT_CONFIGTEST_H

/** Hook check_config. */
void acct_config_check_hooks(void);

#endif
