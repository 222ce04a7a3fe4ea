/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <string.h>

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int acct_base64_digits(const char **at, unsigned char *bytes, size_t room,
                       size_t *length)
{
    const char *p = *at;
    unsigned int bits = 0;
    int have = 0;
    int value;
    size_t done = 0;

    for (; (value = value_of(*p)) >= 0; p++) {
        bits = (bits << 6 | (unsigned int)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            if (done == room) {
                return 0;
            }
            have -= 8;
            bytes[done++] = (unsigned char)(bits >> have & 0xff);
        }
    }
    if (have >= 6 || (bits & ((1U << have) - 1)) != 0) {
        return 0;
    }
    *at = p;
    *length = done;
    return 1;
}

int acct_base64_text(const char *text, unsigned char *bytes, size_t room,
                     size_t *length)
{
    static const char padding[] = "==";
    const char *end = text;
    size_t digits;

    if (!acct_base64_digits(&end, bytes, room, length)) {
        return 0;
    }
    digits = (size_t)(end - text);
    /* never three: so many digits would not have been right */
    return digits > 0
        && strcmp(end, padding + sizeof(padding) - 1 - (-digits & 3)) == 0;
}
