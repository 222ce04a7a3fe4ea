/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mount.h"

#include <string.h>

/* The part of a path that is below a mount, or NULL. */
static const char *path_below(const acct_mount_t *mount, const char *path)
{
    apr_size_t bare = mount->length - 1;

    /* Most requests are recognised by one letter. */
    if (path[0] != '/' || (bare > 1 && path[1] != mount->path[1])) {
        return NULL;
    }
    if (strncmp(path, mount->path, bare) != 0) {
        return NULL;
    }
    if (path[bare] == '/') {
        return path + mount->length;
    }
    return mount->bare && path[bare] == '\0' ? "" : NULL;
}

int acct_mount_find(const server_rec *server, const char *path,
                    acct_below_t *below)
{
    const apr_array_header_t *mounts = acct_server_conf(server)->mounts;
    int i;

    below->mount = NULL;
    for (i = 0; mounts != NULL && path != NULL && i < mounts->nelts; i++) {
        const acct_mount_t *mount = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);
        const char *rest = path_below(mount, path);

        if (rest == NULL) {
            continue;
        }
        if (acct_dialect_has_path(mount->dialects, mount->count, rest)) {
            *below = (acct_below_t) { mount, rest, 1 };
            return 1;
        }
        if (below->mount == NULL) {
            *below = (acct_below_t) { mount, rest, 0 };
        }
    }
    return below->mount != NULL;
}

int acct_mount_answers(const request_rec *r, acct_below_t *below)
{
    return acct_mount_find(r->server, r->uri, below)
        && (below->has_route || !below->mount->passes);
}

int acct_mount_is_route(const request_rec *r, acct_below_t *below)
{
    return acct_dir_conf(r)->api != NULL && r->main == NULL
        && acct_mount_find(r->server, r->uri, below) && below->has_route;
}
