/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies outside of the configuration when it is read: databases, key
 * files, files of connection strings. Whatever state they are in, httpd
 * starts, reloads and stops: the log says what is wrong and which command
 * mends it, what needs it is answered with 503, and it comes back by itself
 * (connections/creation.h, process/secret_watch.h).
 */
#ifndef ACCT_STATE_CHECK_H
#define ACCT_STATE_CHECK_H

/** For mod_acctauth.c. */
void acct_state_check_hooks(void);

#endif
