/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client may not pretend: request headers under names of ours, in
 * any spelling that a gateway or a CGI takes for one, and such names in
 * Connection, which would make mod_proxy drop ours (RFC 9110, 7.6.1).
 */
#ifndef ACCT_FORGED_H
#define ACCT_FORGED_H

/** Hook post_read_request. */
void acct_forged_hooks(void);

#endif
