/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards that do not hold what they seem to: what is right by httpd's own
 * rules and seldom meant. Reported when the configuration is checked, as a
 * warning; it never stops anything.
 */
#ifndef ACCT_CONFIG_GUARDS_H
#define ACCT_CONFIG_GUARDS_H

/** Hooks check_config, behind what loads the mounts. */
void acct_config_guards_hooks(void);

#endif
