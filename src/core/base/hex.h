/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as hexadecimal digits (RFC 4648, section 8, but in lower case).
 * No state; safe from any thread.
 */
#ifndef ACCT_HEX_H
#define ACCT_HEX_H

#include <stddef.h>
#include <apr_pools.h>

/** Write @a count bytes as 2 * @a count lower-case digits and a NUL. */
void acct_hex_write(char *text, const unsigned char *bytes, size_t count);

/** The same as a new string in @a pool. */
const char *acct_hex_text(const unsigned char *bytes, size_t count,
                          apr_pool_t *pool);

/**
 * Read 2 * @a count lower-case digits, of which a NUL is none; what comes
 * behind them is not looked at.
 * @return 1, or 0 when one of them is something else; then what is in
 *         @a bytes is of no use
 */
int acct_hex_read(unsigned char *bytes, const char *text, size_t count);

#endif
