/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mounts.h"

#include <apr_strings.h>
#include <stdlib.h>

static acct_mount_t *mount_at(const apr_array_header_t *mounts,
                              const char *path)
{
    int i;

    for (i = 0; i < mounts->nelts; i++) {
        acct_mount_t *mount = APR_ARRAY_IDX(mounts, i, acct_mount_t *);

        if (strcmp(mount->path, path) == 0) {
            return mount;
        }
    }
    return NULL;
}

static void add_api(apr_array_header_t *mounts, const acct_api_t *api,
                    const acct_server_conf_t *conf, apr_pool_t *pool)
{
    acct_mount_t *mount = mount_at(mounts, api->mount);
    acct_unknown_e unknown = api->section->unknown_path;

    if (mount == NULL) {
        mount = apr_pcalloc(pool, sizeof(*mount));
        mount->path = api->mount;
        mount->length = strlen(api->mount);
        mount->apis = apr_array_make(pool, 1, sizeof(const acct_api_t *));
        mount->passes = conf->unknown_path == ACCT_UNKNOWN_PASS;
        APR_ARRAY_PUSH(mounts, acct_mount_t *) = mount;
    }
    if (unknown != ACCT_UNKNOWN_UNSET) {
        mount->passes = unknown == ACCT_UNKNOWN_PASS;
    }
    mount->bare = mount->bare || api->bare;
    mount->count += api->names->nelts;
    APR_ARRAY_PUSH(mount->apis, const acct_api_t *) = api;
}

static void make_room(acct_mount_t *mount, apr_pool_t *pool)
{
    apr_size_t count = (apr_size_t)mount->count;
    int next = 0;
    int i, j;

    mount->dialects = apr_pcalloc(pool, count * sizeof(*mount->dialects));
    mount->owners = apr_pcalloc(pool, count * sizeof(*mount->owners));
    for (i = 0; i < mount->apis->nelts; i++) {
        const acct_api_t *api = APR_ARRAY_IDX(mount->apis, i,
                                              const acct_api_t *);

        for (j = 0; j < api->names->nelts; j++) {
            mount->owners[next++] = api;
        }
    }
}

static int deepest_first(const void *av, const void *bv)
{
    const acct_mount_t *a = *(const acct_mount_t *const *)av;
    const acct_mount_t *b = *(const acct_mount_t *const *)bv;

    if (a->length != b->length) {
        return a->length > b->length ? -1 : 1;
    }
    return strcmp(a->path, b->path);
}

apr_array_header_t *acct_config_mounts(const server_rec *server,
                                       apr_pool_t *pool)
{
    const acct_server_conf_t *conf = acct_server_conf(server);
    const apr_array_header_t *base = conf->base_apis;
    apr_array_header_t *mounts = apr_array_make(pool, 4,
                                                sizeof(acct_mount_t *));
    int own;
    int i;

    for (i = 0; i < conf->apis->nelts; i++) {
        add_api(mounts, APR_ARRAY_IDX(conf->apis, i, const acct_api_t *),
                conf, pool);
    }
    own = mounts->nelts;
    for (i = 0; base != NULL && i < base->nelts; i++) {
        const acct_api_t *api = APR_ARRAY_IDX(base, i, const acct_api_t *);
        const acct_mount_t *mount = mount_at(mounts, api->mount);
        int at;

        /* The host's own section of that path stands in its place. */
        for (at = 0; at < own; at++) {
            if (APR_ARRAY_IDX(mounts, at, const acct_mount_t *) == mount) {
                break;
            }
        }
        if (at == own) {
            add_api(mounts, api, conf, pool);
        }
    }
    for (i = 0; i < mounts->nelts; i++) {
        make_room(APR_ARRAY_IDX(mounts, i, acct_mount_t *), pool);
    }
    qsort(mounts->elts, (size_t)mounts->nelts, sizeof(acct_mount_t *),
          deepest_first);
    return mounts;
}

const char *acct_config_mount_dialect(const acct_mount_t *mount, int i)
{
    const acct_api_t *owner = mount->owners[i];
    int first = i;

    while (first > 0 && mount->owners[first - 1] == owner) {
        first--;
    }
    return APR_ARRAY_IDX(owner->names, i - first, const char *);
}

const acct_place_t *acct_config_mounts_astray(const server_rec *server)
{
    const apr_array_header_t *said = acct_server_conf(server)->unknown_paths;
    int i;

    for (i = 0; i < said->nelts; i++) {
        const acct_unknown_path_t *one =
            &APR_ARRAY_IDX(said, i, acct_unknown_path_t);

        if (one->section->api == NULL) {
            return &one->place;
        }
    }
    return NULL;
}

/* ---- one API within another ---- */

/* The first path of a mount's routes, as seen from an outer mount, that
 * the outer one has too. */
static const acct_route_t *shared_route(const acct_mount_t *outer,
                                        const acct_mount_t *inner,
                                        apr_pool_t *pool)
{
    const char *between = inner->path + outer->length;
    int i, j;

    for (i = 0; i < inner->count; i++) {
        for (j = 0; j < inner->dialects[i]->nroutes; j++) {
            const acct_route_t *route = &inner->dialects[i]->routes[j];

            if (acct_dialect_has_path(outer->dialects, outer->count,
                                      apr_pstrcat(pool, between, route->path,
                                                  NULL))) {
                return route;
            }
        }
    }
    return NULL;
}

const char *acct_config_mounts_conflict(const apr_array_header_t *mounts,
                                        const acct_api_t **outer_api,
                                        apr_pool_t *pool)
{
    int i, j;

    for (i = 0; i < mounts->nelts; i++) {
        const acct_mount_t *inner = APR_ARRAY_IDX(mounts, i,
                                                  const acct_mount_t *);

        for (j = i + 1; j < mounts->nelts; j++) {
            const acct_mount_t *outer = APR_ARRAY_IDX(mounts, j,
                                                      const acct_mount_t *);
            const acct_route_t *route;

            if (strncmp(inner->path, outer->path, outer->length) != 0) {
                continue;
            }
            route = shared_route(outer, inner, pool);
            if (route != NULL) {
                *outer_api = outer->owners[0];
                return apr_psprintf(pool, "what it has at %s%s is never "
                                    "reached: the AcctAuthAPI of %s (%s:%d) "
                                    "has that path too, and the deeper of "
                                    "the two answers; mount one of them "
                                    "elsewhere", inner->path, route->path,
                                    inner->path,
                                    inner->owners[0]->place.file,
                                    inner->owners[0]->place.line);
            }
        }
    }
    return NULL;
}
