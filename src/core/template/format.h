/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a value is written, where a placeholder says it:
 * "{token.expires|epoch}".
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORMAT_H
#define ACCT_FORMAT_H

#include <apr_pools.h>
#include <apr_time.h>
#include "template/placeholder.h"

typedef enum {
    ACCT_FORMAT_PLAIN,          /* as the type is without a format */
    ACCT_FORMAT_PATTERN,        /* of a time: "%Y-%m-%d" */
    ACCT_FORMAT_EPOCH,          /* of a time: seconds since 1970 */
    ACCT_FORMAT_EPOCH_MS,       /* the same in milliseconds */
    ACCT_FORMAT_SECONDS_LEFT,   /* of a time: until then, 0 at least */
    ACCT_FORMAT_TEXT,           /* of a number: in quotation marks */
    ACCT_FORMAT_BASE36,         /* of a number: base/uid.h */
    ACCT_FORMAT_BASE64URL,
    ACCT_FORMAT_POINTER,        /* of a field: JSON Pointer (RFC 6901) */
    ACCT_FORMAT__COUNT
} acct_format_e;

/**
 * Read what stands behind the "|".
 * @param format out: ACCT_FORMAT_PATTERN where it is a pattern itself
 * @return NULL, or what is wrong with it; in @a pool
 */
const char *acct_format_read(acct_value_e value, const char *text,
                             acct_format_e *format, apr_pool_t *pool);

/** Whether what comes out is a JSON number. */
int acct_format_is_number(acct_format_e format);

/** Write a time, of which there is one.
 *  @param pattern of ACCT_FORMAT_PATTERN; of a plain one NULL
 *  @param now     in microseconds, for ACCT_FORMAT_SECONDS_LEFT
 *  @return in @a pool */
const char *acct_format_time(acct_format_e format, const char *pattern,
                             apr_time_t when, apr_time_t now,
                             apr_pool_t *pool);

/** Write a number. @return in @a pool */
const char *acct_format_number(acct_format_e format, apr_int64_t number,
                               apr_pool_t *pool);

/** The pointer to a field of a request, "/user/email" for "user.email";
 *  in @a pool. */
const char *acct_format_pointer(const char *field, apr_pool_t *pool);

#endif
