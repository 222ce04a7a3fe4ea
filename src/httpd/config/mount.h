/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the APIs of a server begin, and which of its requests are for one.
 *
 * A mount is made while the configuration is checked (config/mounts.c) and
 * constant afterwards. It is a server's own: a virtual host that inherits
 * an AcctAuthAPI serves it by the dialect files of its own
 * AcctAuthDialectDir.
 */
#ifndef ACCT_MOUNT_H
#define ACCT_MOUNT_H

#include <httpd.h>

#include "config/config.h"

typedef struct acct_mount_t {
    const char *path;           /* ends in '/' */
    apr_size_t length;          /* of it */
    int bare;                   /* the path without that slash is below */
    int passes;                 /* AcctAuthUnknownPath Pass */
    apr_array_header_t *apis;   /* const acct_api_t *, as they were written;
                                 * all have this path */
    const acct_dialect_t **dialects;    /* of all of them; NULL until they
                                         * are loaded */
    const acct_api_t **owners;  /* of each dialect the AcctAuthAPI */
    int count;
} acct_mount_t;

/* Where in an API a request is. */
typedef struct acct_below_t {
    const acct_mount_t *mount;
    const char *path;           /* below the mount, no leading slash; part
                                 * of the request's */
    int has_route;              /* some route has the path, by whatever
                                 * method */
} acct_below_t;

/**
 * The mount a path of a server is below: the deepest that has a route for
 * it, else the deepest.
 * @param path as in request_rec.uri; NULL is below none
 * @return 1 when there is one, and @a below is filled in
 */
int acct_mount_find(const server_rec *server, const char *path,
                    acct_below_t *below);

/**
 * Whether an API answers a request, also with 404: not so where none is
 * mounted, nor where AcctAuthUnknownPath passes on what no route has.
 * Right at any time once httpd knows the request's path.
 */
int acct_mount_answers(const request_rec *r, acct_below_t *below);

/** Whether a request is for a route of an API: not for another path below
 *  a mount, and no part of a page. In hooks after map_to_storage. */
int acct_mount_is_route(const request_rec *r, acct_below_t *below);

#endif
