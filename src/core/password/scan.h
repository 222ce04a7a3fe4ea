/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a stored hash, each in its one right spelling: a number has
 * no sign and no leading zero, base64 no bits left over, hexadecimal digits
 * are in lower case. All of these return 0 where it is not spelled so, or is
 * more than may be. No state; safe from any thread.
 */
#ifndef ACCT_PASSWORD_SCAN_H
#define ACCT_PASSWORD_SCAN_H

#include <stddef.h>

#define ACCT_SCAN_BYTES 128

/* A salt or a hash. Secret; wipe it. */
typedef struct acct_scan_bytes_t {
    unsigned char at[ACCT_SCAN_BYTES];
    size_t length;
} acct_scan_bytes_t;

/** A decimal number up to @a most; @a at is moved behind it. */
int acct_scan_number(const char **at, unsigned int most,
                     unsigned int *number);

/** The same, and the word behind it. */
int acct_scan_number_word(const char **at, unsigned int most,
                          unsigned int *number, const char *word);

/** This very word; @a at is moved behind it. */
int acct_scan_word(const char **at, const char *word);

/** Text up to a '$', used as its bytes: from @a least to all that there is
 *  room for. @a at is moved behind the '$'. */
int acct_scan_text(const char **at, size_t least, acct_scan_bytes_t *bytes);

/** Base64 with padding (RFC 4648) up to the end of the text. */
int acct_scan_base64(const char *at, acct_scan_bytes_t *bytes);

/** Base64 without padding up to @a end, which may be '\0'; @a at is moved
 *  behind a '$'. */
int acct_scan_base64_bare(const char **at, char end,
                          acct_scan_bytes_t *bytes);

/** The same as passlib writes it (ab64): '.' stands for '+'. */
int acct_scan_ab64(const char **at, char end, acct_scan_bytes_t *bytes);

/** Hexadecimal digits up to the end of the text. */
int acct_scan_hex(const char *at, acct_scan_bytes_t *bytes);

/** The value of a digit of crypt(3), "./0-9A-Za-z"; -1 when it is none. */
int acct_scan_crypt64(char c);

/** How many such digits stand there, up to @a most. */
size_t acct_scan_crypt64_span(const char *at, size_t most);

#endif
