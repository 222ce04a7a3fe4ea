/* SPDX-License-Identifier: Apache-2.0 */
#include "request/body.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "config/config.h"

#define STEP 4096               /* bytes asked for at a time */

int acct_body_announced(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    if (apr_table_get(r->headers_in, "Transfer-Encoding") != NULL) {
        return 1;
    }
    if (length != NULL) {
        while (*length == '0') {
            length++;
        }
        return *length != '\0';
    }
    /* HTTP/2 may send a body without announcing it. */
    return 0;
}

apr_off_t acct_body_limit(const request_rec *r)
{
    const acct_dir_conf_t *conf = acct_dir_conf(r);

    return conf->max_body != 0 ? conf->max_body : ACCT_MAX_BODY_DEFAULT;
}

acct_outcome_e acct_body_accepts(const request_rec *r,
                                 const acct_fields_t *fields,
                                 acct_result_t *result)
{
    return acct_form_accepts(fields,
                             apr_table_get(r->headers_in, "Content-Type"),
                             apr_table_get(r->headers_in,
                                           "Content-Encoding"),
                             result, r->pool);
}

static apr_off_t declared_length(const request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t length;
    char *end;

    /* Digits alone, as httpd has seen to already. */
    if (text == NULL || !apr_isdigit(*text)
        || apr_strtoff(&length, text, &end, 10) != APR_SUCCESS
        || *end != '\0') {
        return 0;
    }
    return length;
}

static acct_body_e too_large(request_rec *r)
{
    /* What was not read is not read at all: it may have no end. */
    r->connection->keepalive = AP_CONN_CLOSE;
    return ACCT_BODY_TOO_LARGE;
}

typedef struct reader_t {
    apr_off_t limit;
    apr_off_t seen;
    char *bytes;                /* NULL: count only */
} reader_t;

/* Take in a brigade. APR_EOF at its end of stream, APR_ENOSPC over the
 * limit. */
static apr_status_t take_in(reader_t *reader, apr_bucket_brigade *bb)
{
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t length;
        apr_status_t status;

        if (APR_BUCKET_IS_EOS(b)) {
            return APR_EOF;
        }
        if (APR_BUCKET_IS_METADATA(b)) {
            continue;
        }
        status = apr_bucket_read(b, &data, &length, APR_BLOCK_READ);
        if (status != APR_SUCCESS) {
            return status;
        }
        if (reader->seen + (apr_off_t)length > reader->limit) {
            return APR_ENOSPC;
        }
        if (reader->bytes != NULL) {
            memcpy(reader->bytes + reader->seen, data, length);
        }
        reader->seen += (apr_off_t)length;
    }
    return APR_SUCCESS;
}

static acct_body_e read_all(request_rec *r, reader_t *reader)
{
    apr_bucket_brigade *bb;
    apr_status_t rv;

    if (declared_length(r) > reader->limit) {
        return too_large(r);
    }
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    do {
        rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES,
                            APR_BLOCK_READ, STEP);
        if (rv == APR_SUCCESS) {
            rv = take_in(reader, bb);
        }
        apr_brigade_cleanup(bb);
    } while (rv == APR_SUCCESS);
    apr_brigade_destroy(bb);

    if (rv == APR_EOF) {
        return ACCT_BODY_READ;
    }
    if (rv == APR_ENOSPC) {
        return too_large(r);
    }
    /* Cut off, stalled, garbage between chunks: the connection is of no
     * more use, and what arrived is no body. */
    r->connection->keepalive = AP_CONN_CLOSE;
    if (rv == AP_FILTER_ERROR) {
        return ACCT_BODY_ANSWERED;
    }
    if (APR_STATUS_IS_TIMEUP(rv)) {
        return ACCT_BODY_STALLED;
    }
    return ap_map_http_request_error(rv, HTTP_BAD_REQUEST)
        == HTTP_REQUEST_ENTITY_TOO_LARGE ? ACCT_BODY_TOO_LARGE
                                         : ACCT_BODY_MALFORMED;
}

acct_body_e acct_body_read(request_rec *r, apr_off_t limit, char **bytes,
                           apr_size_t *length)
{
    reader_t reader = { limit, 0, NULL };
    acct_body_e answer;

    reader.bytes = apr_palloc(r->pool, (apr_size_t)limit + 1);
    answer = read_all(r, &reader);
    reader.bytes[reader.seen] = '\0';
    *bytes = reader.bytes;
    *length = (apr_size_t)reader.seen;
    return answer;
}

acct_body_e acct_body_drop(request_rec *r, apr_off_t limit)
{
    reader_t reader = { limit, 0, NULL };

    return read_all(r, &reader);
}
