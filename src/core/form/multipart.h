/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart/form-data (RFC 7578 over RFC 2046, 5.1), read strictly: what a
 * lenient reader would guess at is an error here. It reads texts alone; a
 * part that is a file is there by its name, and its bytes are not kept.
 *
 * libapreq2's parser (apreq_parse_multipart()) is not used. It is made for
 * bodies that come in pieces and for files: buckets, temporary files, parts
 * inside of parts; a body is in memory here and of a few KiB. It takes text in
 * front of the first boundary, and any text behind one for the end; what it
 * copies cannot be wiped; and not every system that has httpd has it.
 *
 * No state; safe from any thread.
 */
#ifndef ACCT_FORM_MULTIPART_H
#define ACCT_FORM_MULTIPART_H

#include <apr_pools.h>
#include <apr_tables.h>
#include "form/pairs.h"

#define ACCT_BOUNDARY_MAX 70    /* bytes; RFC 2046, 5.1.1 */

/**
 * Decode a body.
 * @param content_type with the boundary
 * @param pairs acct_pair_t; never NULL, on an error those before it. In
 *              @a pool; may hold secrets: wipe them.
 * @return NULL, or what is wrong, in @a pool, without anything of the
 *         body: no boundary, or none where one should be; a part that is no
 *         form-data, has no name or is encoded; not UTF-8, a name that is
 *         there twice or holds NUL, more than ACCT_FORM_MEMBERS parts
 */
const char *acct_multipart_decode(const char *content_type, const char *body,
                                  apr_size_t length,
                                  apr_array_header_t **pairs,
                                  apr_pool_t *pool);

#endif
