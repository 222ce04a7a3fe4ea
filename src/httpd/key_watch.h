/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload that went on without its key file: the parent looks for the
 * file now and then (children may not read it) and reloads the server once
 * it can be used.
 */
#ifndef ACCT_KEY_WATCH_H
#define ACCT_KEY_WATCH_H

/** Hook monitor. */
void acct_key_watch_hooks(void);

#endif
