/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies outside of the configuration when it is read: databases, key
 * files, files of connection strings. Whatever state they are in, httpd
 * starts, reloads and stops: the log is told what is wrong and which command
 * mends it, what needs it is answered with 503, and it comes back by itself
 * (connections/creation.h, process/secret_watch.h).
 */
#ifndef ACCT_STATE_CHECK_H
#define ACCT_STATE_CHECK_H

#include <httpd.h>

/** Look at the state of everything that servers name, once their
 *  configuration is known to be right; tell the log; fill in what the check
 *  leaves in acct_server_conf_t. Parent. */
void acct_state_check(server_rec *main_server, apr_pool_t *pconf,
                      apr_pool_t *ptemp);

#endif
