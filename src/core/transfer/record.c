/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/record.h"

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <time.h>

static const char *const forms[ACCT_SOURCE__COUNT] = {
    [ACCT_SOURCE_PLAIN] = "plain", [ACCT_SOURCE_SHA256] = "sha256",
    [ACCT_SOURCE_KNOX41] = "knox41", [ACCT_SOURCE_KNOX42] = "knox42",
    [ACCT_SOURCE_KNOX50] = "knox50", [ACCT_SOURCE_SANCTUM] = "sanctum"
};

const char *acct_source_form_name(acct_source_form_e form)
{
    return forms[form];
}

int acct_source_form_find(const char *name)
{
    for (int i = 0; i < ACCT_SOURCE__COUNT; i++) {
        if (strcmp(name, forms[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* So many digits; *at is NULL from the first that is none on. */
static int digits(const char **at, int count)
{
    int number = 0;

    for (; *at != NULL && count > 0; count--) {
        if (!apr_isdigit(**at)) {
            *at = NULL;
            return 0;
        }
        number = number * 10 + (*(*at)++ - '0');
    }
    return number;
}

static void separator(const char **at, const char *any)
{
    if (*at != NULL && (**at == '\0' || strchr(any, **at) == NULL)) {
        *at = NULL;
    }
    if (*at != NULL) {
        (*at)++;
    }
}

/* ".123456", of which more digits than six say nothing here */
static int fraction(const char **at)
{
    int micro = 0;
    int place = 100000;

    if (*at == NULL || **at != '.') {
        return 0;
    }
    if (!apr_isdigit(*++*at)) {
        *at = NULL;
        return 0;
    }
    for (; apr_isdigit(**at); (*at)++, place /= 10) {
        micro += (**at - '0') * place;
    }
    return micro;
}

/* Seconds east of Greenwich: Z, +hh, +hhmm, +hh:mm. */
static int zone(const char **at, int *is_bare)
{
    int sign;
    int offset;

    *is_bare = *at != NULL && **at == '\0';
    if (*at == NULL || *is_bare) {
        return 0;
    }
    if (**at == 'Z') {
        (*at)++;
        return 0;
    }
    sign = **at == '-' ? -1 : 1;
    separator(at, "+-");
    offset = digits(at, 2) * 3600;
    if (*at != NULL && **at == ':') {
        (*at)++;
    }
    if (*at != NULL && apr_isdigit(**at)) {
        offset += digits(at, 2) * 60;
    }
    return sign * offset;
}

int acct_source_time(const char *text, apr_time_t *when, int *is_bare)
{
    const char *at = text;
    struct tm tm;
    int bare;
    int micro;
    int east;
    time_t seconds;

    *when = 0;
    memset(&tm, 0, sizeof(tm));
    tm.tm_year = digits(&at, 4) - 1900;
    separator(&at, "-");
    tm.tm_mon = digits(&at, 2) - 1;
    separator(&at, "-");
    tm.tm_mday = digits(&at, 2);
    separator(&at, " T");
    tm.tm_hour = digits(&at, 2);
    separator(&at, ":");
    tm.tm_min = digits(&at, 2);
    separator(&at, ":");
    tm.tm_sec = digits(&at, 2);
    micro = fraction(&at);
    east = zone(&at, &bare);
    if (is_bare != NULL) {
        *is_bare = bare;
    }
    if (at == NULL || *at != '\0' || tm.tm_mon < 0 || tm.tm_mon > 11
        || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23
        || tm.tm_min > 59 || tm.tm_sec > 60) {
        return 0;
    }
    tm.tm_isdst = -1;
    seconds = bare ? mktime(&tm) : timegm(&tm) - east;
    if (seconds > 0) {
        *when = apr_time_make(seconds, micro);
    }
    return 1;
}

int acct_source_truth(const char *text)
{
    return text != NULL && (strcmp(text, "1") == 0
                            || apr_cstr_casecmp(text, "t") == 0
                            || apr_cstr_casecmp(text, "true") == 0);
}

apr_int64_t acct_source_id(const char *text)
{
    char *end;
    apr_int64_t id;

    if (text == NULL || !apr_isdigit(*text)) {
        return 0;
    }
    errno = 0;
    id = apr_strtoi64(text, &end, 10);
    return errno == 0 && *end == '\0' && id > 0 ? id : 0;
}
