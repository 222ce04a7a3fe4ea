/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of email addresses: what Django's EmailValidator takes (3.2
 * to 5.0), with these differences.
 *
 * Refused here, taken there:
 *   - a local part with a letter outside ASCII (by a slip of case-blind
 *     matching Django takes the dotless i, the dotted I and the long s);
 *   - a control character inside a quoted local part: addresses go into
 *     headers and logs;
 *   - a last label that begins with '-', and one outside ASCII that begins
 *     or ends with it (as Django since 5.1);
 *   - a domain with an invisible or unassigned character: IDNA drops the
 *     first, and what the second will be is not known.
 * Taken here, refused there: two conditions of IDNA are not computed, a
 * label's length in its encoded form ("xn--...", 63 code points are
 * counted instead, as Django does since 5.1) and the mixing of directions.
 *
 * How two addresses are compared is another matter: acct_email_key().
 */
#include "text/identifier.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>
#include <utf8proc.h>

#include "text/domain.h"

#define ADDRESS_MAX 320         /* code points; RFC 3696, 3 */
#define LABEL_MAX 63            /* RFC 1034, 3.1 */
#define LITERAL_MAX 39          /* the longest way to write an IPv6 address,
                                 * but for one that ends like an IPv4 one */

static int is_alnum(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z');
}

/* ---------------------------------------------------------- the local part */

/* Words of "atext" (RFC 5322, 3.2.3) between single dots. */
static int is_dot_atom(const char *at, const char *end)
{
    int empty = 1;

    for (; at < end; at++) {
        if (*at == '.') {
            if (empty) {
                return 0;
            }
            empty = 1;
        }
        else if (is_alnum(*at)
                 || strchr("!#$%&'*+-/=?^_`{|}~", *at) != NULL) {
            empty = 0;
        }
        else {
            return 0;
        }
    }
    return !empty;
}

/* "..." (RFC 5322, 3.2.4): visible ASCII, where '"', '\' and a blank stand
 * behind a '\'. */
static int is_quoted(const char *at, const char *end)
{
    if (end - at < 2 || *at != '"' || end[-1] != '"') {
        return 0;
    }
    for (at++, end--; at < end; at++) {
        if (*at == '\\') {
            if (++at == end || *at < ' ' || *at > '~') {
                return 0;
            }
        }
        else if (*at <= ' ' || *at > '~' || *at == '"') {
            return 0;
        }
    }
    return 1;
}

/* ------------------------------------------------------------- the domain */

/* Signs that can stand in a label: ASCII letters, digits and '-', and
 * anything with ink outside ASCII. */
static int is_label_char(utf8proc_int32_t c)
{
    const utf8proc_property_t *property;

    if (c < 0x80) {
        return is_alnum(c) || c == '-';
    }
    property = utf8proc_get_property(c);
    switch (property->category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return 0;
    default:
        return !property->ignorable;
    }
}

/* One label, without its dot. The last one has two signs or more; outside
 * ASCII one is enough, for its encoded form is longer. What looks encoded
 * has to be ASCII. */
static int is_label(const char *at, const char *end, int is_last)
{
    const char *start = at;
    int length = 0, wide = 0;
    utf8proc_int32_t c;
    utf8proc_ssize_t size;

    if (at == end || *at == '-' || end[-1] == '-') {
        return 0;
    }
    while (at < end) {
        size = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, &c);
        if (size <= 0 || !is_label_char(c)) {
            return 0;
        }
        at += size;
        wide |= c >= 0x80;
        length++;
    }
    return length <= LABEL_MAX && (!is_last || wide || length >= 2)
           && !(wide && strncmp(start, "xn--", 4) == 0);
}

/* Two labels or more. */
static int is_host_name(const char *domain)
{
    const char *dot;
    int labels = 1;

    for (; (dot = strchr(domain, '.')) != NULL; domain = dot + 1) {
        if (!is_label(domain, dot, 0)) {
            return 0;
        }
        labels++;
    }
    return labels > 1 && is_label(domain, domain + strlen(domain), 1);
}

/* [192.0.2.1] or [2001:db8::1] (RFC 5321, 4.1.3, without its tags). */
static int is_literal(const char *domain)
{
    char address[LITERAL_MAX + 1];
    unsigned char bytes[16];
    size_t length = strlen(domain);

    if (length < 3 || length > LITERAL_MAX + 2
        || domain[0] != '[' || domain[length - 1] != ']') {
        return 0;
    }
    apr_cpystrn(address, domain + 1, length - 1);
    return inet_pton(AF_INET, address, bytes) == 1
           || inet_pton(AF_INET6, address, bytes) == 1;
}

/* --------------------------------------------------------- the whole thing */

int acct_email_valid(const char *email, apr_pool_t *pool)
{
    const char *at, *domain, *key;
    int length;

    length = email == NULL ? -1 : acct_utf8_length(email);
    if (length < 0 || length > ADDRESS_MAX
        || (at = strrchr(email, '@')) == NULL
        || !(is_dot_atom(email, at) || is_quoted(email, at))) {
        return 0;
    }
    domain = at + 1;
    if (strcmp(domain, "localhost") == 0) {
        return 1;
    }
    /* A domain outside ASCII is judged by what it comes to. */
    if (acct_domain_fold(domain, &key, pool) != APR_SUCCESS) {
        return 0;
    }
    return is_host_name(key) || is_literal(key);
}

/* Letters of ASCII alone: what others come to in lower case can be another
 * domain. */
const char *acct_email_lower(const char *email, int whole, apr_pool_t *pool)
{
    char *lower = apr_pstrdup(pool, email);
    char *at = whole ? lower : strrchr(lower, '@');

    for (; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at - 'A' + 'a');
        }
    }
    return lower;
}

apr_status_t acct_address_key(const char *text, const char **key,
                              apr_pool_t *pool)
{
    const char *at = strrchr(text, '@'), *local, *domain;
    apr_status_t status;

    status = acct_fold(apr_pstrmemdup(pool, text, (apr_size_t)(at - text)),
                       &local, pool);
    if (status == APR_SUCCESS) {
        status = acct_domain_key(at + 1, &domain, pool);
    }
    if (status == APR_SUCCESS) {
        *key = apr_pstrcat(pool, local, "@", domain, NULL);
    }
    return status;
}

/* A name and an address are looked up by the same key, so that one is never
 * another's. */
apr_status_t acct_email_key(const char *email, const char **key,
                            apr_pool_t *pool)
{
    return acct_username_key(email, key, pool);
}
