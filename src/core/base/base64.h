/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648, section 4) to bytes: its alphabet with + and /, in its one
 * right form. What is left over of the last digit has to be zero bits, and
 * nothing is skipped. EVP_DecodeBlock() would skip blanks at both ends, and
 * takes a "=" in the middle for an "A".
 */
#ifndef ACCT_BASE64_H
#define ACCT_BASE64_H

#include <stddef.h>

/**
 * Digits up to the first character that is none, without padding.
 * @param at     where they begin; where they have ended, when it succeeds
 * @param room   how many bytes there may be
 * @param length how many there are
 * @return 0 when they are not in the right form, or too many
 */
int acct_base64_digits(const char **at, unsigned char *bytes, size_t room,
                       size_t *length);

/** A whole text with its padding; none is too little. As above. */
int acct_base64_text(const char *text, unsigned char *bytes, size_t room,
                     size_t *length);

#endif
