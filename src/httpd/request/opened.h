/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the log that "AuthType Token" with a Require that wants a user was
 * passed by, by another line of the configuration: that is httpd's rule
 * for Require and Satisfy, and seldom what was meant. What shows in the
 * configuration as it is read config/guards.c says; this is for what only
 * shows on a request (.htaccess, <Directory> beside <Location>).
 */
#ifndef ACCT_GUARD_OPENED_H
#define ACCT_GUARD_OPENED_H

/** Hook fixups. */
void acct_guard_opened_hooks(void);

#endif
