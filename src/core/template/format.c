/* SPDX-License-Identifier: Apache-2.0 */
#include "template/format.h"

#include <string.h>

#include <apr_strings.h>

#include "base/uid.h"
#include "template/suggest.h"

#define PLAIN_TIME "%Y-%m-%dT%H:%M:%S.%fZ"

/* Bytes of a time in its pattern; each directive comes to at most six
 * digits. */
#define GROWTH 6

static const struct {
    const char *name;           /* NULL: none is written */
    acct_kind_e kind;           /* of which it is */
    int is_number;
} known[ACCT_FORMAT__COUNT] = {
    [ACCT_FORMAT_EPOCH] = { "epoch", ACCT_KIND_TIME, 1 },
    [ACCT_FORMAT_EPOCH_MS] = { "epoch_ms", ACCT_KIND_TIME, 1 },
    [ACCT_FORMAT_SECONDS_LEFT] = { "seconds_left", ACCT_KIND_TIME, 1 },
    [ACCT_FORMAT_TEXT] = { "text", ACCT_KIND_INT, 0 },
    [ACCT_FORMAT_BASE36] = { "base36", ACCT_KIND_INT, 0 },
    [ACCT_FORMAT_BASE64URL] = { "base64url", ACCT_KIND_INT, 0 },
    [ACCT_FORMAT_POINTER] = { "pointer", ACCT_KIND_TEXT, 0 },
};

int acct_format_is_number(acct_format_e format)
{
    return known[format].is_number;
}

/* ---- reading ---- */

/* Whether a format is of a value; a pointer is of the one text that names a
 * field. */
static int is_of(acct_format_e format, acct_value_e value)
{
    return known[format].name != NULL
        && known[format].kind == acct_value_kind(value)
        && (format != ACCT_FORMAT_POINTER
            || value == ACCT_VALUE_PROBLEM_FIELD);
}

/* Bytes of a '%' and the character behind it. */
static apr_size_t directive_length(const char *s)
{
    apr_size_t length = s[1] != '\0' ? 2 : 1;

    while (((unsigned char)s[length] & 0xc0) == 0x80) {
        length++;
    }
    return length;
}

static const char *check_pattern(const char *pattern, apr_pool_t *pool)
{
    const char *s;

    for (s = strchr(pattern, '%'); s != NULL; s = strchr(s + 2, '%')) {
        if (s[1] == '\0' || strchr("YmdHMSf%", s[1]) == NULL) {
            return apr_psprintf(pool,
                  "\"%s\" is no directive of a time format; use %%Y, %%m, "
                  "%%d, %%H, %%M, %%S, %%f (microseconds) and %%%%",
                  acct_shown(apr_pstrndup(pool, s, directive_length(s)),
                             pool));
        }
    }
    return NULL;
}

/* "{token}" is no time … */
static const char *none_fits(acct_value_e value, const char *text,
                             apr_pool_t *pool)
{
    const char *names[ACCT_FORMAT__COUNT + 1] = { NULL };
    int i, count = 0;

    for (i = 0; i < ACCT_FORMAT__COUNT; i++) {
        if (is_of((acct_format_e)i, value)) {
            names[count++] = known[i].name;
        }
    }
    if (count == 0) {
        return apr_psprintf(pool, "\"{%s}\" is no time and no number, and "
                            "takes no format; remove what begins with "
                            "\"|\"", acct_value_name(value));
    }
    return apr_psprintf(pool, "\"%s\" is no format of \"{%s}\"; %s%s",
                        acct_shown(text, pool), acct_value_name(value),
                        acct_suggest(text, names, pool),
                        acct_value_kind(value) == ACCT_KIND_TIME
                        ? ", or directives such as %Y-%m-%d" : "");
}

const char *acct_format_read(acct_value_e value, const char *text,
                             acct_format_e *format, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < ACCT_FORMAT__COUNT; i++) {
        if (is_of((acct_format_e)i, value)
            && strcmp(known[i].name, text) == 0) {
            *format = (acct_format_e)i;
            return NULL;
        }
    }
    if (acct_value_kind(value) != ACCT_KIND_TIME
        || strchr(text, '%') == NULL) {
        return none_fits(value, text, pool);
    }
    *format = ACCT_FORMAT_PATTERN;
    return check_pattern(text, pool);
}

/* ---- writing ---- */

/* One directive; @return behind what was written. */
static char *put_directive(char *to, char directive,
                           const apr_time_exp_t *t)
{
    switch (directive) {
    case 'Y':
        return to + apr_snprintf(to, GROWTH + 1, "%04d", t->tm_year + 1900);
    case 'm':
        return to + apr_snprintf(to, GROWTH + 1, "%02d", t->tm_mon + 1);
    case 'd':
        return to + apr_snprintf(to, GROWTH + 1, "%02d", t->tm_mday);
    case 'H':
        return to + apr_snprintf(to, GROWTH + 1, "%02d", t->tm_hour);
    case 'M':
        return to + apr_snprintf(to, GROWTH + 1, "%02d", t->tm_min);
    case 'S':
        return to + apr_snprintf(to, GROWTH + 1, "%02d", t->tm_sec);
    case 'f':
        return to + apr_snprintf(to, GROWTH + 1, "%06d", t->tm_usec);
    default:
        *to = directive;
        return to + 1;
    }
}

static const char *by_pattern(const char *pattern, apr_time_t when,
                              apr_pool_t *pool)
{
    char *made = apr_palloc(pool, GROWTH * strlen(pattern) + 1);
    char *to = made;
    apr_time_exp_t t;

    if (apr_time_exp_gmt(&t, when) != APR_SUCCESS) {
        return "";
    }
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '%') {
            to = put_directive(to, *++pattern, &t);
        }
        else {
            *to++ = *pattern;
        }
    }
    *to = '\0';
    return made;
}

const char *acct_format_time(acct_format_e format, const char *pattern,
                             apr_time_t when, apr_time_t now,
                             apr_pool_t *pool)
{
    switch (format) {
    case ACCT_FORMAT_EPOCH:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, apr_time_sec(when));
    case ACCT_FORMAT_EPOCH_MS:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT,
                            apr_time_as_msec(when));
    case ACCT_FORMAT_SECONDS_LEFT:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT,
                            when > now ? apr_time_sec(when - now) : 0);
    case ACCT_FORMAT_PATTERN:
        return by_pattern(pattern, when, pool);
    default:
        return by_pattern(PLAIN_TIME, when, pool);
    }
}

const char *acct_format_number(acct_format_e format, apr_int64_t number,
                               apr_pool_t *pool)
{
    switch (format) {
    case ACCT_FORMAT_BASE36:
        return acct_uid_write(ACCT_UID_BASE36, number, pool);
    case ACCT_FORMAT_BASE64URL:
        return acct_uid_write(ACCT_UID_BASE64URL, number, pool);
    default:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
    }
}

const char *acct_format_pointer(const char *field, apr_pool_t *pool)
{
    char *made = apr_palloc(pool, 2 * strlen(field) + 2);
    char *to = made;

    *to++ = '/';
    for (; *field != '\0'; field++) {
        if (*field == '.') {
            *to++ = '/';
        }
        else if (*field == '~' || *field == '/') {
            *to++ = '~';
            *to++ = *field == '~' ? '0' : '1';
        }
        else {
            *to++ = *field;
        }
    }
    *to = '\0';
    return made;
}
