/* SPDX-License-Identifier: Apache-2.0 */
/* What scrypt (RFC 7914) may ask for. Safe from any thread. */
#ifndef ACCT_PASSWORD_SCRYPT_H
#define ACCT_PASSWORD_SCRYPT_H

/** Whether so much work and memory may be given: 128 * N * r up to 256 MiB,
 *  p up to 16, N * r * p up to 2^24. */
int acct_scrypt_in_bounds(unsigned int log2_n, unsigned int r,
                          unsigned int p);

#endif
