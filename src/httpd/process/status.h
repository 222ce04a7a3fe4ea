/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mod_status tells of the identity cache and its feeds: how full it
 * is, how long ago each database's revocations were read, how many there
 * were. Nothing of any account or token.
 */
#ifndef ACCT_STATUS_H
#define ACCT_STATUS_H

/** Registers with mod_status where that is loaded. */
void acct_status_hooks(void);

#endif
