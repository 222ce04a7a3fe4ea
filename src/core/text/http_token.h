/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of a token of HTTP (RFC 9110, 5.6.2). Safe from any thread. */
#ifndef ACCT_HTTP_TOKEN_H
#define ACCT_HTTP_TOKEN_H

#include <apr.h>

/** Whether so many bytes, one at least, are one. */
int acct_is_http_token(const char *text, apr_size_t length);

#endif
