/* SPDX-License-Identifier: Apache-2.0 */
#include "password/scan.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/base64.h"
#include "base/hex.h"

/* Digits of base64 for as many bytes as there is room for. */
#define DIGITS_MAX ((ACCT_SCAN_BYTES * 4 + 2) / 3)

int acct_scan_number(const char **at, unsigned int most,
                     unsigned int *number)
{
    const char *p = *at;
    unsigned int value = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9')) {
        return 0;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        unsigned int digit = (unsigned int)(*p - '0');

        if (value > most / 10 || digit > most - 10 * value) {
            return 0;
        }
        value = value * 10 + digit;
    }
    *at = p;
    *number = value;
    return 1;
}

int acct_scan_word(const char **at, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*at, word, length) != 0) {
        return 0;
    }
    *at += length;
    return 1;
}

int acct_scan_number_word(const char **at, unsigned int most,
                          unsigned int *number, const char *word)
{
    return acct_scan_number(at, most, number) && acct_scan_word(at, word);
}

int acct_scan_text(const char **at, size_t least, acct_scan_bytes_t *bytes)
{
    size_t length = strcspn(*at, "$");

    if (length < least || length > sizeof(bytes->at)
        || (*at)[length] != '$') {
        return 0;
    }
    memcpy(bytes->at, *at, length);
    bytes->length = length;
    *at += length + 1;
    return 1;
}

int acct_scan_base64(const char *at, acct_scan_bytes_t *bytes)
{
    return acct_base64_text(at, bytes->at, sizeof(bytes->at),
                            &bytes->length);
}

int acct_scan_base64_bare(const char **at, char end,
                          acct_scan_bytes_t *bytes)
{
    if (!acct_base64_digits(at, bytes->at, sizeof(bytes->at), &bytes->length)
        || **at != end) {
        return 0;
    }
    *at += end != '\0';
    return 1;
}

int acct_scan_ab64(const char **at, char end, acct_scan_bytes_t *bytes)
{
    char digits[DIGITS_MAX + 1];
    const char *from = digits;
    size_t length = strcspn(*at, "$");
    int is_read;

    if (length > DIGITS_MAX || memchr(*at, '+', length) != NULL
        || (*at)[length] != end) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        digits[i] = (*at)[i];
        if (digits[i] == '.') {
            digits[i] = '+';
        }
    }
    digits[length] = '\0';
    is_read = acct_scan_base64_bare(&from, '\0', bytes);
    OPENSSL_cleanse(digits, sizeof(digits));
    *at += length + (end != '\0');
    return is_read;
}

int acct_scan_hex(const char *at, acct_scan_bytes_t *bytes)
{
    size_t length = strlen(at);

    bytes->length = length / 2;
    return length % 2 == 0 && bytes->length <= sizeof(bytes->at)
        && acct_hex_read(bytes->at, at, bytes->length);
}

int acct_scan_crypt64(char c)
{
    static const char digits[] = "./0123456789"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

size_t acct_scan_crypt64_span(const char *at, size_t most)
{
    size_t length = 0;

    while (length < most && acct_scan_crypt64(at[length]) >= 0) {
        length++;
    }
    return length;
}
