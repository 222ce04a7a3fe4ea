/* SPDX-License-Identifier: Apache-2.0 */
#include "text/domain.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>
#include <idn2.h>
#include <utf8proc.h>

#include "text/identifier.h"

#define IDEOGRAPHIC_STOP "\xe3\x80\x82"     /* U+3002 */
#define CAPITAL_SHARP_S "\xe1\xba\x9e"      /* U+1E9E */
#define SMALL_SHARP_S "\xc3\x9f"            /* U+00DF */

/* RFC 3492, 5 */
#define BASE 36U
#define T_MIN 1U
#define T_MAX 26U
#define SKEW 38U
#define DAMP 700U
#define BIAS 72U
#define FIRST 128

#define LABEL_MAX 63            /* code points; its encoded form is longer */

static int is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

static const char *lower(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *at = copy; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at - 'A' + 'a');
        }
    }
    return copy;
}

/* Every @a from, which is not shorter than @a to, becomes that. */
static const char *replace(const char *text, const char *from,
                           const char *to, apr_pool_t *pool)
{
    size_t from_length = strlen(from), to_length = strlen(to);
    const char *found = strstr(text, from);
    char *copy, *end;

    if (found == NULL) {
        return text;
    }
    copy = end = apr_palloc(pool, strlen(text) + 1);
    for (; found != NULL; found = strstr(text, from)) {
        memcpy(end, text, (size_t)(found - text));
        end += found - text;
        memcpy(end, to, to_length);
        end += to_length;
        text = found + from_length;
    }
    strcpy(end, text);
    return copy;
}

apr_status_t acct_domain_fold(const char *domain, const char **folded,
                              apr_pool_t *pool)
{
    apr_status_t status = acct_fold(domain, folded, pool);

    if (status == APR_SUCCESS) {
        *folded = replace(*folded, IDEOGRAPHIC_STOP, ".", pool);
    }
    return status;
}

/* -------------------------------------------------- encoding (RFC 3492) */

static unsigned int adapt(unsigned int delta, unsigned int points,
                          int is_first)
{
    unsigned int k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2;
         k += BASE) {
        delta /= BASE - T_MIN;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char *put_number(char *out, unsigned int q, unsigned int bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (unsigned int k = BASE;; k += BASE) {
        unsigned int t = k <= bias ? T_MIN
                         : k >= bias + T_MAX ? T_MAX : k - bias;

        if (q < t) {
            break;
        }
        *out++ = digits[t + (q - t) % (BASE - t)];
        q = (q - t) / (BASE - t);
    }
    *out++ = digits[q];
    return out;
}

static utf8proc_int32_t smallest_from(const utf8proc_int32_t *points,
                                      unsigned int count,
                                      utf8proc_int32_t from)
{
    utf8proc_int32_t least = INT32_MAX;

    for (unsigned int i = 0; i < count; i++) {
        if (points[i] >= from && points[i] < least) {
            least = points[i];
        }
    }
    return least;
}

/* Not more than LABEL_MAX code points, so that nothing overflows and the
 * work is bounded. */
static char *encode(const utf8proc_int32_t *points, unsigned int count,
                    char *out)
{
    unsigned int basic = 0, done, delta = 0, bias = BIAS, i;
    utf8proc_int32_t n = FIRST, m;

    for (i = 0; i < count; i++) {
        if (points[i] < FIRST) {
            *out++ = (char)points[i];
            basic++;
        }
    }
    if (basic > 0) {
        *out++ = '-';
    }
    for (done = basic; done < count; delta++, n++) {
        m = smallest_from(points, count, n);
        delta += (unsigned int)(m - n) * (done + 1);
        n = m;
        for (i = 0; i < count; i++) {
            if (points[i] < n) {
                delta++;
            }
            else if (points[i] == n) {
                out = put_number(out, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
    }
    return out;
}

/* The label of @a length bytes, which is UTF-8. */
static const char *encode_label(const char *label, size_t length,
                                apr_pool_t *pool)
{
    utf8proc_int32_t *points = apr_palloc(pool, length * sizeof(*points));
    /* a delta below 2^27 has six digits at most, a byte or two before */
    char *text = apr_palloc(pool, sizeof("xn---") + 8 * length);
    char *end;
    unsigned int count = 0;

    for (const char *at = label; at < label + length; count++) {
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)at,
                             label + length - at, &points[count]);

        if (size <= 0) {
            return apr_pstrmemdup(pool, label, length);
        }
        at += size;
    }
    strcpy(text, "xn--");
    end = encode(points, count, text + 4);
    *end = '\0';
    return text;
}

static const char *encode_labels(const char *domain, apr_pool_t *pool)
{
    apr_array_header_t *labels = apr_array_make(pool, 8, sizeof(char *));

    for (;;) {
        size_t length = strcspn(domain, ".");
        const char *label = apr_pstrmemdup(pool, domain, length);

        if (!is_ascii(label) && acct_utf8_length(label) <= LABEL_MAX) {
            label = encode_label(label, length, pool);
        }
        APR_ARRAY_PUSH(labels, const char *) = label;
        if (domain[length] == '\0') {
            return apr_array_pstrcat(pool, labels, '.');
        }
        domain += length + 1;
    }
}

/* -------------------------------------------------------- the whole key */

/* By libidn2; APR_EINVAL where it refuses. Older versions of it have the
 * capital sharp s for "ss", as UTS 46 did before Unicode 15.1. */
static apr_status_t to_ascii(const char *domain, const char **key,
                             apr_pool_t *pool)
{
    uint8_t *name = NULL;
    int code;

    domain = replace(domain, CAPITAL_SHARP_S, SMALL_SHARP_S, pool);
    code = idn2_lookup_u8((const uint8_t *)domain, &name,
                          IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK) {
        *key = lower((const char *)name, pool);
    }
    idn2_free(name);
    return code == IDN2_OK ? APR_SUCCESS
           : code == IDN2_MALLOC ? APR_ENOMEM : APR_EINVAL;
}

apr_status_t acct_domain_key(const char *domain, const char **key,
                             apr_pool_t *pool)
{
    int length = acct_utf8_length(domain);
    apr_status_t status;

    if (length < 0) {
        return APR_EINVAL;
    }
    /* An A-label is its own; no account's name is so long. */
    if (is_ascii(domain)) {
        *key = lower(domain, pool);
        return APR_SUCCESS;
    }
    if (length > ACCT_FOLD_MAX) {
        *key = apr_pstrdup(pool, domain);
        return APR_SUCCESS;
    }
    status = to_ascii(domain, key, pool);
    if (status != APR_EINVAL) {
        return status;
    }
    status = acct_domain_fold(domain, key, pool);
    if (status == APR_SUCCESS) {
        *key = encode_labels(*key, pool);
    }
    return status;
}
