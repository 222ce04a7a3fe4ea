/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

void acct_hex_write(char *text, const unsigned char *bytes, size_t count)
{
    static const char digit[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < count; i++) {
        *text++ = digit[bytes[i] >> 4];
        *text++ = digit[bytes[i] & 15];
    }
    *text = '\0';
}

const char *acct_hex_text(const unsigned char *bytes, size_t count,
                          apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * count + 1);

    acct_hex_write(text, bytes, count);
    return text;
}

static int value_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int acct_hex_read(unsigned char *bytes, const char *text, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        int high = value_of(text[2 * i]);
        int low = high < 0 ? -1 : value_of(text[2 * i + 1]);

        if (low < 0) {
            return 0;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return 1;
}
