/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRACE echoes a request's headers, tokens with them (RFC 9110, 9.3.8), so
 * a server that handles tokens has no such method: it is refused
 * everywhere, and no answer to OPTIONS names it.
 */
#ifndef ACCT_TRACE_H
#define ACCT_TRACE_H

/** Hooks post_config and map_to_storage. */
void acct_trace_hooks(void);

#endif
