/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages, and what others wrote made fit for a terminal.
 */
#include "console/cli.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* Characters that a terminal acts on, or that hide or turn others. */
static int is_invisible(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return 1;
    default:
        return 0;
    }
}

const char *acct_cli_visible(const char *text, apr_pool_t *pool)
{
    /* The longest escape, of four bytes, is \u{10ffff}. */
    char *out = apr_palloc(pool, 10 * strlen(text) + 1);
    char *to = out;

    while (*text != '\0') {
        utf8proc_int32_t c;
        utf8proc_ssize_t length = utf8proc_iterate(
            (const utf8proc_uint8_t *)text, -1, &c);

        if (length <= 0) {
            to += sprintf(to, "\\x%02x", (unsigned int)(unsigned char)*text);
            length = 1;
        }
        else if (is_invisible(c)) {
            to += sprintf(to, "\\u{%x}", (unsigned int)c);
        }
        else {
            memcpy(to, text, (size_t)length);
            to += length;
        }
        text += length;
    }
    *to = '\0';
    return out;
}

const char *acct_cli_time(apr_time_t when, apr_pool_t *pool)
{
    apr_time_exp_t t;

    if (when == 0 || apr_time_exp_gmt(&t, when) != APR_SUCCESS) {
        return NULL;
    }
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                        t.tm_hour, t.tm_min, t.tm_sec, t.tm_usec);
}

int acct_cli_fail(const acct_cli_t *cli, int how, const char *format, ...)
{
    const char *message;
    va_list args;

    va_start(args, format);
    message = apr_pvsprintf(cli->pool, format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "acctauth: %s\n", acct_cli_visible(message, cli->pool));
    return how;
}

const char *acct_cli_name(const acct_account_t *account, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s (#%" APR_INT64_T_FMT ")",
                        acct_cli_visible(account->username != NULL
                                         ? account->username
                                         : account->email, pool),
                        account->id);
}
